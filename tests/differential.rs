//! The gate and a second, slow and obvious verifier give the same verdict, both ways, on a hundred
//! thousand mutants; and the comparison sees it when the second breaks any one of its rules.

#[path = "differential/mutants.rs"]
mod mutants;
#[path = "differential/second.rs"]
mod second;
mod support;

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mutants::{Recipe, changed, recipe, wrapped};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{TestCaseError, TestRunner};
use second::{Class, Fault, Identity, Limit, Second, Verdict};
use supertokens_session::{
    FetchAnswer, Gate, KeyPolicy, Keys, PagePolicy, Reason, Session, SessionDecision,
    SigningKeyKind, TokenSource, UnixMillis,
};
use support::{NOW, Signer, at, jwks_of, new_store, store_with, unbase64url};

/// Mutants in all, and of one signed token.
const LEAST_MUTANTS: usize = 100_000;
const THREADS: u32 = 2;
const CHANGES: usize = 12;
/// The token itself, its changes, and two requests around it.
const CASES: u32 = (LEAST_MUTANTS / (CHANGES + 3) + 1) as u32;

/// What both verifiers know beside the request.
struct World {
    gate: Gate,
    keys: Keys,
    their_keys: second::Keys,
    dynamic: bool,
}

fn worlds(signers: &[Signer; 3]) -> Vec<World> {
    let [dynamic, statik, other] = signers;
    let usable = |signer: &Signer| {
        let (n, e) = signer.numbers();
        (signer.kid.to_owned(), unbase64url(&n), unbase64url(&e))
    };
    let document = jwks_of(&[
        dynamic.jwk(),
        statik.jwk(),
        dynamic.jwk().replace(dynamic.kid, "d-weak").replace("AQAB", "AQ"),
        statik.jwk().replace(statik.kid, "d-twice"),
        other.jwk().replace(other.kid, "d-twice"),
    ]);
    // One that never becomes stale, so that a token can; and every wait after a failure is a second.
    let second = Duration::from_secs(1);
    let policy = KeyPolicy::default().back_off(second, second);
    let ageless = policy.fresh_for(Duration::MAX).usable_for(Duration::MAX);
    let good = FetchAnswer::http(200, document.as_bytes());
    let [ready, ages, failed] = [(ageless, good), (policy, good), (policy, FetchAnswer::failed())]
        .map(|(policy, answer)| store_with(policy, answer, at(NOW)).keys());
    assert_eq!(ready.set().unwrap().key_ids().count(), 2);
    let new = new_store(policy).keys();
    let world = |keys: &Keys, has_keys: bool, was_asked: bool, kind| World {
        gate: Gate::page(PagePolicy::default().signing_keys(kind)),
        keys: keys.clone(),
        their_keys: second::Keys {
            usable: has_keys.then(|| vec![usable(dynamic), usable(statik)]),
            unusable: vec!["d-weak".to_owned(), "d-twice".to_owned()],
            asked_at: was_asked.then_some(NOW * 1000),
            ages: false,
        },
        dynamic: matches!(kind, SigningKeyKind::Dynamic),
    };
    // One that was there from the beginning of time, for tokens and clocks of long ago.
    let ancient = store_with(ageless, good, at(0)).keys();
    let mut ancient = world(&ancient, true, true, SigningKeyKind::Dynamic);
    ancient.their_keys.asked_at = Some(0);
    let mut aging = world(&ages, true, true, SigningKeyKind::Dynamic);
    aging.their_keys.ages = true;
    vec![
        world(&ready, true, true, SigningKeyKind::Dynamic),
        world(&ready, true, true, SigningKeyKind::Static),
        world(&failed, false, true, SigningKeyKind::Dynamic),
        world(&new, false, false, SigningKeyKind::Dynamic),
        aging,
        ancient,
    ]
}

/// What the gate decides, in the second verifier's words.
fn verdict_of(decision: &SessionDecision) -> Verdict {
    match decision {
        SessionDecision::Authenticated(session) => Verdict::Session(identity_of(session)),
        SessionDecision::NoSession(Reason::NoToken) => Verdict::NoSession,
        SessionDecision::TryRefresh(reason) => Verdict::TryRefresh(class_of(*reason)),
        SessionDecision::FetchKeys(_) => Verdict::FetchKeys,
        SessionDecision::Unavailable(_) => Verdict::Unavailable,
        other => panic!("{other:?} of a GET, without claims or attempts"),
    }
}

fn identity_of(session: &Session) -> Identity {
    Identity {
        user_id: session.user_id().to_owned(),
        recipe_user_id: session.recipe_user_id().to_owned(),
        tenant_id: session.tenant_id().to_owned(),
        session_handle: session.session_handle().to_owned(),
        payload: session.payload_json().to_owned(),
        version: session.version().number(),
        header_mode: session.source() == TokenSource::HeaderModeCookie,
        expires_at: session.expires_at().as_millis(),
    }
}

fn class_of(reason: Reason) -> Class {
    match reason {
        Reason::CookieHeaderTooLong
        | Reason::TooManyCookies
        | Reason::LegacyCookie
        | Reason::MultipleAccessTokens => Class::Cookies,
        Reason::LegacyToken => Class::Legacy,
        Reason::AlgorithmNotAllowed | Reason::CriticalHeader | Reason::SignatureNotBase64Url => {
            Class::ByName
        }
        Reason::UnknownKey => Class::UnknownKey,
        Reason::BadSignature => Class::BadSignature,
        Reason::NotYetValid => Class::NotYetValid,
        Reason::Expired => Class::Expired,
        Reason::SigningKeyKind => Class::KeyKind,
        _ => Class::Malformed,
    }
}

/// What was seen.
#[derive(Clone, Default)]
struct Tally {
    mutants: usize,
    verdicts: BTreeMap<String, usize>,
    /// Faults of the second verifier that made a difference.
    seen: BTreeSet<Fault>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.mutants += other.mutants;
        for (verdict, count) in other.verdicts {
            *self.verdicts.entry(verdict).or_default() += count;
        }
        self.seen.extend(other.seen);
    }

    fn count(&mut self, verdict: &Verdict) {
        let name = match verdict {
            Verdict::Session(_) => "Session".to_owned(),
            other => format!("{other:?}"),
        };
        *self.verdicts.entry(name).or_default() += 1;
    }
}

/// Compares the two on one request. `Err` tells them apart.
fn compare(field: &[u8], world: &World, now: u64, tally: &mut Tally) -> Result<Verdict, String> {
    let request = world.gate.request("GET", [field]);
    let first = verdict_of(&request.decide(&world.keys, UnixMillis::from_millis(now)));
    let judge = |fault| Second { fault }.judge(field, &world.their_keys, world.dynamic, now);
    let (second, broken) = judge(None);
    if first != second {
        return Err(format!(
            "the gate: {first:?}\nthe second: {second:?}, {broken:?}\nat {now}, {}: {}",
            if world.dynamic { "dynamic" } else { "static" },
            field.escape_ascii()
        ));
    }
    // With which faults would that have been different?
    let mut faults = Vec::new();
    match broken {
        Some(rule) => {
            faults.extend(rule.is_removable().then_some(Fault::Without(rule)));
            faults.extend(rule.limits().iter().map(|limit| Fault::OneMore(*limit)));
            faults.extend(rule.limits().iter().map(|limit| Fault::OneLess(*limit)));
        }
        None => {
            faults.extend(Limit::ALL.iter().map(|limit| Fault::OneLess(*limit)));
            faults.push(Fault::OneMore(Limit::Expiry));
        }
    }
    faults.retain(|fault| !tally.seen.contains(fault));
    tally.seen.extend(faults.into_iter().filter(|fault| judge(Some(*fault)).0 != first));
    Ok(first)
}

/// Compares the two on one signed token and its mutants.
fn compare_all(
    recipe: &Recipe,
    signers: &[Signer; 3],
    worlds: &[World],
    tally: &mut Tally,
) -> Result<(), String> {
    let signer = &signers[recipe.signer];
    let message = recipe.message(signer);
    let token = [&message, &b"."[..], signer.sign(&message).as_bytes()].concat();
    let in_cookie = |token: &[u8]| [b"sAccessToken=", token].concat();

    let field = in_cookie(&token);
    for (index, world) in worlds.iter().enumerate() {
        let verdict = compare(&field, world, recipe.now, tally)?;
        if index == 0 {
            tally.mutants += 1;
            tally.count(&verdict);
        }
        // Around the very moments.
        let asked_at = NOW * 1000;
        let moments = match verdict {
            Verdict::Session(identity) => {
                let expiry =
                    [identity.expires_at - 1, identity.expires_at, identity.expires_at + 1];
                let stale =
                    [asked_at + 599_999, asked_at + 600_000, asked_at - 999, asked_at - 1000];
                [expiry.as_slice(), &stale].concat()
            }
            Verdict::FetchKeys | Verdict::Unavailable | Verdict::TryRefresh(Class::UnknownKey) => {
                vec![
                    asked_at + 999,
                    asked_at + 1000,
                    asked_at - 999,
                    asked_at - 1000,
                    asked_at + 14_999,
                    asked_at + 15_000,
                ]
            }
            _ => Vec::new(),
        };
        for now in moments {
            compare(&field, world, now, tally)?;
        }
    }
    let forge = |message: &[u8]| signers[2].sign(message);
    let changed = recipe.changes.iter().map(|change| in_cookie(&changed(change, &token, &forge)));
    let wrapped = recipe.wraps.iter().map(|wrap| wrapped(wrap, &token));
    for (index, field) in changed.chain(wrapped).enumerate() {
        // Most where a token can be accepted.
        let world = &worlds[if index % 5 == 0 { index % worlds.len() } else { 0 }];
        let verdict = compare(&field, world, recipe.now, tally)?;
        tally.mutants += 1;
        tally.count(&verdict);
    }
    Ok(())
}

fn run(cases: u32) -> Tally {
    let now = prop_oneof![
        8 => Just(NOW * 1000),
        4 => select(vec![-15_000, -1000, -999, -1, 1, 999, 1000, 14_999, 15_000, 3_540_000, 3_540_250])
            .prop_map(|offset| (NOW * 1000).saturating_add_signed(offset)),
        1 => select(vec![0, 1, u64::MAX - 1, 1 << 52, 1 << 63]),
    ];
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        max_shrink_iters: 1000,
        ..ProptestConfig::default()
    };
    let signers = [Signer::dynamic(), Signer::statik(), Signer::other()];
    let worlds = worlds(&signers);
    let tally = RefCell::new(Tally::default());
    // Where one thread has failed, the other need not go on.
    static FAILED: AtomicBool = AtomicBool::new(false);
    let failed_here = Cell::new(false);
    let result = TestRunner::new(config).run(&recipe(CHANGES, now), |recipe| {
        if FAILED.load(Ordering::Relaxed) && !failed_here.get() {
            return Ok(());
        }
        compare_all(&recipe, &signers, &worlds, &mut tally.borrow_mut())
            .inspect_err(|_| {
                failed_here.set(true);
                FAILED.store(true, Ordering::Relaxed);
            })
            .map_err(TestCaseError::fail)
    });
    if let Err(failure) = result {
        panic!("{failure}");
    }
    tally.into_inner()
}

/// One run for all tests of this file.
fn tally() -> &'static Tally {
    static TALLY: OnceLock<Tally> = OnceLock::new();
    TALLY.get_or_init(|| {
        let mut tally = Tally::default();
        std::thread::scope(|scope| {
            let runs: Vec<_> =
                (0..THREADS).map(|_| scope.spawn(|| run(CASES.div_ceil(THREADS)))).collect();
            for run in runs {
                match run.join() {
                    Ok(part) => tally.add(part),
                    Err(failure) => std::panic::resume_unwind(failure),
                }
            }
        });
        tally
    })
}

#[test]
fn the_gate_and_a_second_verifier_agree_on_every_mutant() {
    let Tally { mutants, verdicts, .. } = tally();
    println!("{mutants} mutants");
    for (verdict, count) in verdicts {
        println!("{count:7} {verdict}");
    }
    assert!(*mutants >= LEAST_MUTANTS, "{mutants}");
    let accepted = verdicts["Session"];
    assert!(accepted * 20 >= *mutants, "{accepted} of {mutants} accepted");
    assert_eq!(verdicts.len(), 13, "a verdict that no mutant met: {verdicts:?}");
}

#[test]
fn a_rule_removed_from_the_second_verifier_is_seen() {
    let missed: Vec<_> =
        Fault::all().into_iter().filter(|fault| !tally().seen.contains(fault)).collect();
    assert_eq!(missed, [], "faults that no mutant would show");
}
