//! Tokens of keys that the set does not have: what they can cause, and how often.

use std::time::Duration;

use supertokens_session::{Fetch, FetchAnswer, FetchFailure, FetchReason, Reason, SessionDecision};

use crate::support::{base64url, jwks, jwks_of};
use crate::*;

const UNKNOWN: SessionDecision = SessionDecision::TryRefresh(Reason::UnknownKey);

/// A look of a store: begun by a decision, answered at once.
fn look(store: &mut KeyStore, answer: FetchAnswer<'_>, now: u64) {
    let why = why_fetch(decide(&foreign_token("d-2"), &store.keys(), after(now)));
    assert_eq!(why.reason(), FetchReason::UnknownKey);
    let ticket = ticket(store, why, after(now));
    store.finish_fetch(ticket, answer, after(now));
}

#[test]
fn an_unknown_key_does_not_exist_until_the_set_is_15_seconds_old() {
    let (mut store, token) = (full_store(), foreign_token("d-2"));
    for now in [0, 1, 14_999] {
        assert_eq!(decide(&token, &store.keys(), after(now)), UNKNOWN);
    }
    let why = why_fetch(decide(&token, &store.keys(), after(15_000)));
    assert_eq!(why.reason(), FetchReason::UnknownKey);
    assert!(is_session(decide(&good_token(), &store.keys(), after(15_000))));

    // Progress: with the answer the same request is decided, and not sent to fetch again.
    let ticket = ticket(&mut store, why, after(15_000));
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let keys = store.finish_fetch(ticket, answer, after(24_999)).into_keys();
    for now in [24_999, 39_998] {
        assert_eq!(decide(&token, &keys, after(now)), UNKNOWN);
    }
    // By then the first look is 30 seconds ago, or the budget would still allow a second.
    why_fetch(decide(&token, &keys, after(39_999)));
}

#[test]
fn looks_that_bring_nothing_make_the_next_wait_longer_up_to_a_minute() {
    let (mut store, good) = (full_store(), jwks());
    let answer = FetchAnswer::http(200, good.as_bytes());
    let token = foreign_token("d-2");
    let mut now = 15_000;
    for wait in [15_000, 30_000, 60_000, 60_000, 60_000] {
        look(&mut store, answer, now);
        assert_eq!(decide(&token, &store.keys(), after(now + wait - 1)), UNKNOWN);
        now += wait;
    }
    // One that brings a key makes it short again.
    let other = Signer::other().jwk().replace("d-1749990000000", "d-3");
    let more = jwks_of(&[Signer::dynamic().jwk(), Signer::statik().jwk(), other]);
    look(&mut store, FetchAnswer::http(200, more.as_bytes()), now);
    assert_eq!(decide(&token, &store.keys(), after(now + 14_999)), UNKNOWN);
    now += 15_000;
    for wait in [15_000, 30_000, 60_000] {
        look(&mut store, answer, now);
        assert_eq!(decide(&token, &store.keys(), after(now + wait - 1)), UNKNOWN);
        now += wait;
    }
    // So does a time without any.
    fetch(&mut store, answer, after(now + 100_000));
    assert_eq!(decide(&token, &store.keys(), after(now + 114_999)), UNKNOWN);
    look(&mut store, answer, now + 115_000);
    assert_eq!(decide(&token, &store.keys(), after(now + 129_999)), UNKNOWN);
    look(&mut store, answer, now + 130_000);
}

#[test]
fn two_looks_may_be_begun_in_30_seconds_and_others_have_no_part_in_it() {
    let (mut store, token) = (full_store(), foreign_token("d-2"));
    look(&mut store, FetchAnswer::failed(), 15_000);
    look(&mut store, FetchAnswer::http(503, b""), 16_000);
    for now in [17_000, 44_999] {
        let why = why_unavailable(decide(&token, &store.keys(), after(now)));
        assert_eq!(why.reason(), Reason::KeysUnavailable);
        assert_eq!((why.failure(), why.retry_at()), (Some(FetchFailure::Status), after(45_000)));
        assert!(is_session(decide(&good_token(), &store.keys(), after(now))));
    }
    // A scheduled fetch in between is not among them, and ends the wait if it succeeds.
    let good = jwks();
    fetch(&mut store, FetchAnswer::failed(), after(18_000));
    fetch(&mut store, FetchAnswer::http(200, good.as_bytes()), after(19_000));
    assert_eq!(decide(&token, &store.keys(), after(33_999)), UNKNOWN);
    why_unavailable(decide(&token, &store.keys(), after(34_000)));
    look(&mut store, FetchAnswer::failed(), 45_000);
    look(&mut store, FetchAnswer::failed(), 46_000);
    why_unavailable(decide(&token, &store.keys(), after(47_000)));
}

#[test]
fn a_look_that_is_refused_says_until_when() {
    let (mut store, token) = (full_store(), foreign_token("d-2"));
    let why = why_fetch(decide(&token, &store.keys(), after(15_000)));
    // Same snapshot, but the caller's clock has gone back.
    let Fetch::NotNow { until } = store.begin_fetch(why, after(14_000)) else { panic!("a ticket") };
    assert_eq!(until, after(15_000));
    assert_eq!(store.status(after(15_000)).counts.looks_refused, 1);
    let _ticket = ticket(&mut store, why, after(15_000));
}

#[test]
fn who_brings_an_unknown_key_while_a_fetch_is_under_way_waits_for_it() {
    let (mut store, token) = (full_store(), foreign_token("d-2"));
    let scheduled = next_ticket(&mut store, after(20_000));
    let why = why_fetch(decide(&token, &store.keys(), after(20_000)));
    let Fetch::InFlight { until } = store.begin_fetch(why, after(20_000)) else { panic!() };
    assert_eq!(until, after(30_000));
    assert!(is_session(decide(&good_token(), &store.keys(), after(20_000))));
    store.finish_fetch(scheduled, FetchAnswer::http(200, jwks().as_bytes()), after(21_000));
    assert_eq!(decide(&token, &store.keys(), after(21_000)), UNKNOWN);
}

#[test]
fn a_look_asks_the_origin_of_the_set_and_another_only_after_a_failure() {
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let mut store = new_store();
    fetch(&mut store, answer, after(0));
    let next = |store: &mut KeyStore, now: u64, answer| {
        let why = why_fetch(decide(&foreign_token("d-2"), &store.keys(), after(now)));
        let ticket = ticket(store, why, after(now));
        let url = ticket.url().to_owned();
        store.finish_fetch(ticket, answer, after(now));
        url
    };
    // Strangers cause looks. If those went round the origins, one that is behind would take keys
    // away, or bring withdrawn ones back, whenever a stranger wanted.
    for now in [15_000, 30_000, 60_000, 120_000, 180_000] {
        assert_eq!(next(&mut store, now, answer), "https://one/");
    }
    assert_eq!(next(&mut store, 240_000, FetchAnswer::failed()), "https://one/");
    assert_eq!(next(&mut store, 241_000, answer), "https://two/");
    assert_eq!(next(&mut store, 301_000, answer), "https://two/");
}

#[test]
fn a_key_that_cannot_be_used_is_an_outage_and_looked_for() {
    let unusable =
        jwks_of(&[Signer::dynamic().jwk().replace("sig", "enc"), Signer::statik().jwk()]);
    let mut store = store_with(steady(), FetchAnswer::http(200, unusable.as_bytes()), after(0));
    let token = good_token();
    for now in [0, 14_999] {
        let why = why_unavailable(decide(&token, &store.keys(), after(now)));
        assert_eq!((why.reason(), why.failure()), (Reason::KeyUnusable, None));
        assert_eq!(why.retry_at(), after(15_000));
    }
    let why = why_fetch(decide(&token, &store.keys(), after(15_000)));
    assert_eq!(why.reason(), FetchReason::UnknownKey);
    let failing = ticket(&mut store, why, after(15_000));
    let keys = store.finish_fetch(failing, FetchAnswer::failed(), after(15_000)).into_keys();
    let why = why_unavailable(decide(&token, &keys, after(15_999)));
    assert_eq!(why.failure(), Some(FetchFailure::NoAnswer));
    assert_eq!((why.reason(), why.retry_at()), (Reason::KeyUnusable, after(16_000)));
    let why = why_fetch(decide(&token, &keys, after(16_000)));
    let mended = ticket(&mut store, why, after(16_000));
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let keys = store.finish_fetch(mended, answer, after(16_000)).into_keys();
    assert!(is_session(decide(&token, &keys, after(16_000))));
}

#[test]
fn a_key_that_is_gone_authenticates_nobody_from_the_next_decision_on() {
    let (mut store, token) = (full_store(), good_token());
    assert!(is_session(decide(&token, &store.keys(), after(0))));
    let rotated = jwks_of(&[Signer::statik().jwk()]);
    let keys = fetch(&mut store, FetchAnswer::http(200, rotated.as_bytes()), after(1));
    assert_eq!(decide(&token, &keys, after(1)), UNKNOWN);
    assert_eq!(decide(&token, &store.keys(), after(1)), UNKNOWN);
}

#[test]
fn an_expired_token_whose_key_is_gone_is_expired_whatever_the_origin_does() {
    let expired = SessionDecision::TryRefresh(Reason::Expired);
    let token = expired_token();
    let good = jwks();
    let up = FetchAnswer::http(200, good.as_bytes());
    let unusable =
        jwks_of(&[Signer::dynamic().jwk().replace("sig", "enc"), Signer::statik().jwk()]);
    let mut flooded = full_store();
    look(&mut flooded, FetchAnswer::failed(), 15_000);
    look(&mut flooded, FetchAnswer::failed(), 16_000);
    let mut hanging = new_store();
    let _ticket = next_ticket(&mut hanging, after(0));
    for store in [
        new_store(),
        hanging,
        flooded,
        full_store(),
        store_with(KeyPolicy::default(), up, after(0)),
        store_with(steady(), FetchAnswer::failed(), after(0)),
        store_with(steady(), FetchAnswer::http(200, unusable.as_bytes()), after(0)),
    ] {
        for now in [0, 500, 15_000, 17_000, 45_000, 600_000, 14_400_000, 1_000_000_000] {
            assert_eq!(decide(&token, &store.keys(), after(now)), expired, "{now}, {store:?}");
        }
    }
}

#[test]
fn ten_thousand_made_up_keys_cost_what_the_budget_allows() {
    let (good, token) = (jwks(), good_token());
    // The signature need not hold: the key is looked for first.
    let (_, rest) = token.split_once('.').unwrap();
    // In ten minutes. While it answers: at 15, 30, 60, 120, … seconds, while fetches on schedule and
    // the set's own age play no part. While it fails: two every 30 seconds at most.
    for (status, expected) in [(200, 11), (503, 40)] {
        let mut store = full_store();
        let mut looks: Vec<u64> = Vec::new();
        for forged in 0..10_000_u64 {
            let now = forged * 60;
            let header =
                format!(r#"{{"kid":"d-{forged}","typ":"JWT","version":"5","alg":"RS256"}}"#);
            let forgery = format!("{}.{rest}", base64url(header.as_bytes()));
            if let SessionDecision::FetchKeys(why) = decide(&forgery, &store.keys(), after(now)) {
                if let Fetch::Ticket(ticket) = store.begin_fetch(why, after(now)) {
                    assert_eq!(ticket.reason(), FetchReason::UnknownKey);
                    looks.push(now);
                    store.finish_fetch(
                        ticket,
                        FetchAnswer::http(status, good.as_bytes()),
                        after(now),
                    );
                }
            }
        }
        assert!(is_session(decide(&token, &store.keys(), after(599_940))));
        assert!(looks.windows(3).all(|three| three[2] - three[0] >= 30_000), "{looks:?}");
        assert!((expected - 2..=expected).contains(&looks.len()), "{status}: {looks:?}");
        assert_eq!(
            store.status(after(0)).counts.begun(FetchReason::UnknownKey),
            looks.len() as u64
        );
    }
}

#[test]
fn the_budget_is_the_policy_s() {
    let policy = steady().looks(3, Duration::from_secs(100));
    let mut store = store_with(policy, FetchAnswer::http(200, jwks().as_bytes()), after(0));
    for now in [15_000, 16_000, 17_000] {
        look(&mut store, FetchAnswer::failed(), now);
    }
    for now in [18_000, 114_999] {
        let why = why_unavailable(decide(&foreign_token("d-2"), &store.keys(), after(now)));
        assert_eq!(why.retry_at(), after(115_000));
    }
    look(&mut store, FetchAnswer::failed(), 115_000);
    look(&mut store, FetchAnswer::failed(), 116_000);
}
