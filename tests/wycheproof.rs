//! One suite for every provider: Wycheproof's JOSE files, its files of bare signatures for the
//! algorithms there are, and the examples of the RFCs. Payloads there are no claims, so the texts
//! come in by `KeySet::verify_jws`, and bare signatures by the rows.
//!
//! Where the answer here is not the vectors', `wycheproof/exceptions.tsv` says so and why.

#[path = "wycheproof/cases.rs"]
mod cases;
#[path = "wycheproof/fields.rs"]
mod fields;
#[path = "wycheproof/files.rs"]
mod files;
#[path = "wycheproof/jose.rs"]
mod jose;
#[path = "wycheproof/judge.rs"]
mod judge;
#[cfg(any(feature = "ring", feature = "rust-crypto", feature = "aws-lc-rs"))]
#[path = "../examples/own_provider/rows.rs"]
mod own;
#[path = "wycheproof/providers.rs"]
mod providers;
#[path = "wycheproof/raw.rs"]
mod raw;
#[path = "wycheproof/rules.rs"]
mod rules;
mod support;

use std::panic::catch_unwind;

use cases::{Case, Kind};
use judge::{Counts, Report, disagreements, judge};
use providers::{Provider, Verdict};
use rules::{Rule, What};
/// Without any other, the tests' provider is that one already.
#[cfg(not(any(feature = "ring", feature = "rust-crypto", feature = "aws-lc-rs")))]
use support::provider as own;

#[test]
fn every_provider_is_right_about_every_vector_and_no_two_disagree() {
    let Some(vectors) = support::vectors() else { return };
    let rules = rules::all();
    let cases = files::cases(&vectors, &rules);
    let never_met = fields::never_met();
    assert!(never_met.is_empty(), "members that nothing has need no reason: {never_met:?}");

    let providers = providers::all();
    let verdicts: Vec<(&str, Vec<Verdict>)> = std::thread::scope(|scope| {
        let threads: Vec<_> = providers
            .iter()
            .map(|provider| (provider.name, scope.spawn(|| provider.verdicts(&cases))))
            .collect();
        threads.into_iter().map(|(name, thread)| (name, thread.join().unwrap())).collect()
    });
    let mut failures = Vec::new();
    for (name, verdicts) in &verdicts {
        let report = judge(&cases, verdicts, &rules);
        println!("{name}: {}", report.total.line());
        for (kind, counts) in &report.kinds {
            println!("  {kind:14} {}", counts.line());
        }
        failures.extend(report.failures().map(|failure| format!("{name}: {failure}")));
        check_counts(&report);
    }
    println!("explained:");
    for (rule, used) in &judge(&cases, &verdicts[0].1, &rules).used {
        println!("  {used:3} {:?} in {}: {}: {}", rule.what, rule.file, rule.here, rule.why);
    }
    let disagreements = disagreements(&cases, &verdicts);
    println!("{} disagreements of {} providers", disagreements.len(), providers.len());
    failures.extend(disagreements);
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
}

/// That something was tried at all, of each kind, and that each case went into one count.
fn check_counts(report: &Report) {
    assert!(report.kinds.keys().eq(&Kind::ALL), "{:?}", report.kinds);
    for (kind, counts) in &report.kinds {
        let Counts { cases, accepted, refused, exceptions, no_algorithm, .. } = *counts;
        let sum = accepted + refused + exceptions + no_algorithm;
        assert_eq!(sum + counts.wrong_accepts + counts.wrong_refusals, cases, "{kind}");
        let nothing_to_accept = matches!(kind, Kind::SymmetricJws | Kind::Jwe);
        assert_eq!(accepted == 0, nothing_to_accept, "{kind}: {counts:?}");
        assert_eq!(refused == 0, *kind == Kind::Jwk, "{kind}: {counts:?}");
    }
}

/// What a provider answers that is right about everything.
fn expected(cases: &[Case], rules: &[Rule]) -> Vec<Verdict> {
    let verdict = |case: &Case| match rules.iter().find(|rule| rule.is_about(case)) {
        Some(rule) => rule.verdict(),
        None => case.verdict_of_the_file(),
    };
    cases.iter().map(verdict).collect()
}

/// The suite itself must be able to fail: two fakes, each wrong about half of it.
#[test]
fn a_provider_that_always_answers_the_same_fails_the_suite() {
    let Some(vectors) = support::vectors() else { return };
    let rules = rules::all();
    let cases = files::cases(&vectors, &rules);
    let expected = expected(&cases, &rules);
    let count = |kind: Kind, is_ok: bool| {
        let of_kind = cases.iter().zip(&expected).filter(|(case, _)| case.kind == kind);
        of_kind.filter(|(_, verdict)| verdict.is_ok() == is_ok).count()
    };
    const SIGNATURES: [Kind; 4] = [Kind::Pkcs1, Kind::Pss, Kind::Ecdsa, Kind::Ed25519];

    let accepting = Provider::accepting_everything().verdicts(&cases);
    let report = judge(&cases, &accepting, &rules);
    assert_eq!(report.total.wrong_refusals, 0, "{:?}", report.wrong);
    for kind in SIGNATURES {
        let wrong = report.kinds[&kind].wrong_accepts;
        assert!(wrong > 0 && wrong == count(kind, false), "{kind}: {wrong}");
    }
    assert!(report.kinds[&Kind::Jws].wrong_accepts > 200, "{:?}", report.kinds);
    // What is refused whatever the signature.
    for kind in [Kind::SymmetricJws, Kind::Jwe] {
        assert_eq!(report.kinds[&kind].wrong_accepts, 0, "{kind}");
    }

    let refusing = Provider::refusing_everything().verdicts(&cases);
    let report = judge(&cases, &refusing, &rules);
    assert_eq!(report.total.wrong_accepts, 0, "{:?}", report.wrong);
    for kind in SIGNATURES.into_iter().chain([Kind::Jws, Kind::Rfc]) {
        let wrong = report.kinds[&kind].wrong_refusals;
        assert!(wrong > 0 && wrong == count(kind, true), "{kind}: {wrong}");
    }

    let differing = accepting.iter().zip(&refusing).filter(|(a, b)| a.is_ok() != b.is_ok()).count();
    let found = disagreements(&cases, &[("accepts", accepting), ("refuses", refusing)]);
    assert!(differing > 1000 && found.len() == differing, "{differing}, {}", found.len());
}

/// Every line of the exceptions is needed, and one that is not would be found.
#[test]
fn an_exception_that_does_not_apply_fails_the_suite() {
    let Some(vectors) = support::vectors() else { return };
    let rules = rules::all();
    let cases = files::cases(&vectors, &rules);
    let verdicts = expected(&cases, &rules);
    assert_eq!(judge(&cases, &verdicts, &rules).failures().count(), 0);
    for without in 0..rules.len() {
        let mut fewer = rules.clone();
        let rule = fewer.remove(without);
        if rule.what == What::NotRead {
            assert!(catch_unwind(|| files::cases(&vectors, &fewer)).is_err(), "{rule:?}");
        } else {
            assert!(!judge(&cases, &verdicts, &fewer).wrong.is_empty(), "not needed: {rule:?}");
        }
    }
    for line in [
        // No such case, one that is as the line says anyway, and cases that another line explains.
        "exception\ted25519_test.json\tid=100000\tbad_signature\twhy",
        "exception\tjson_web_key_test.json\tid=6\tkey_unusable\twhy",
        "exception\ted25519_test.json\tid=1\taccepted\twhy",
        "exception\trsa_pss_misc_test.json\tsha=SHA-1\tbad_signature\twhy",
        // One that is accepted, and one that is refused.
        "exception\ted25519_test.json\tid=1\tbad_signature\twhy",
        "exception\tjson_web_key_test.json\tid=6\taccepted\twhy",
    ] {
        let more = [rules.as_slice(), &[Rule::parse(line).unwrap()]].concat();
        assert_eq!(judge(&cases, &verdicts, &more).failures().count(), 1, "{line}");
    }
    // A refusal for another reason than the line's is not explained by it.
    let mut other: Vec<_> = rules.iter().filter(|rule| rule.verdict().is_err()).cloned().collect();
    for rule in &mut other {
        rule.here = "typ".to_owned();
    }
    let total = judge(&cases, &verdicts, &other).total;
    assert_eq!((total.exceptions, total.no_algorithm), (0, 0));
}

#[test]
fn a_member_that_nobody_reads_and_a_count_that_is_wrong_fail_the_suite() {
    let file = |file: &str, group: &str, test: &str, count: u8| {
        let text = format!(
            r#"{{"schema":"json_web_key_schema_v1.json","numberOfTests":{count}{file},
            "testGroups":[{{"type":"JsonWebKey","comment":"","public":{{"kty":"RSA"}}{group},
            "tests":[{{"tcId":1,"comment":"","flags":[],"jws":"","result":"valid"{test}}}]}}]}}"#
        );
        catch_unwind(move || {
            let mut cases: Vec<Case> = Vec::new();
            files::wycheproof("a file", text.as_bytes(), &mut cases);
            cases.len()
        })
        .ok()
    };
    assert_eq!(file("", "", "", 1), Some(1));
    assert_eq!(file("", "", "", 2), None);
    for (of_file, of_group, of_test) in [
        (r#","new":1"#, "", ""),
        ("", r#","new":1"#, ""),
        ("", "", r#","new":1"#),
        // Not read there.
        (r#","source":{}"#, "", ""),
        ("", r#","header":[]"#, ""),
        ("", "", r#","header":[]"#),
    ] {
        assert_eq!(file(of_file, of_group, of_test, 1), None, "{of_file}{of_group}{of_test}");
    }
}
