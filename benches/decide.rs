//! How long a decision takes, of each kind, and beside it the bare signature check inside.

#[path = "cases/mod.rs"]
mod cases;

use std::hint::black_box;

use cases::cached::{Visitors, with_five_claims};
use cases::support::{NOW, Signer, at, jwks, jwks_of, keys};
use cases::{Bare, TOKEN, decide, reason};
use criterion::{Criterion, criterion_group, criterion_main};
use supertokens_session::{Gate, KeySet, PagePolicy, crypto};

fn decisions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    let bare = Bare::new(TOKEN.trim(), &jwks());
    group.bench_function("bare-ring", |bencher| bencher.iter(|| black_box(&bare).verify()));

    let gate = Gate::page(PagePolicy::default());
    let keys = keys(&jwks());
    for case in cases::cases() {
        let decision = decide(&gate, &case.cookie, &keys, at(NOW));
        assert_eq!(reason(&decision), case.reason, "{}", case.name);
        group.bench_function(case.name, |bencher| {
            bencher.iter(|| decide(&gate, black_box(&case.cookie), &keys, at(NOW)));
        });
    }
    for case in cases::api::cases() {
        let decision = case.sent.decide(&case.gate, &keys);
        assert_eq!(decision.name(), case.decision, "{}", case.name);
        group.bench_function(case.name, |bencher| {
            bencher.iter(|| black_box(&case.sent).decide(&case.gate, &keys));
        });
    }
    let five_claims = with_five_claims();
    for (name, gate) in [("cached", &gate), ("cached-five-claims", &five_claims)] {
        let mut visitors = Visitors::new("", gate, &keys);
        group.bench_function(name, |bencher| bencher.iter(|| visitors.decide(gate, &keys)));
    }
    group.finish();
}

fn key_sets(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("key-set");
    let signer = Signer::dynamic();
    for count in [2, 10, 100] {
        // One modulus under many names: none repeats another, and each is prepared.
        let members: Vec<String> =
            (0..count).map(|n| signer.jwk().replace(signer.kid, &format!("d-{n}"))).collect();
        let document = jwks_of(&members);
        let parse = |document: &str| {
            KeySet::parse(document.as_bytes(), &[crypto::ring::RS256]).expect("a key set")
        };
        assert_eq!(parse(&document).key_ids().count(), count);
        group.bench_function(format!("parse-{count}"), |bencher| {
            bencher.iter(|| parse(black_box(&document)));
        });
    }
    group.finish();
}

criterion_group!(benches, decisions, key_sets);
criterion_main!(benches);
