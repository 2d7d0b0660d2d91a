//! Fresh, stale, gone; and who asks for the next set.

use std::time::Duration;

use supertokens_session::{
    Fetch, FetchAnswer, FetchFailure, FetchReason, Freshness, NextAction, Reason, SessionDecision,
};

use crate::support::{jwks, new_store as store_of_one};
use crate::*;

const MINUTES: u64 = 60_000;
const HOURS: u64 = 3_600_000;

/// The reason for which a fetch is wanted now; the time to wait for else.
fn wanted(store: &KeyStore, now: u64) -> Result<FetchReason, u64> {
    match store.next_action(after(now)) {
        NextAction::Fetch(why) => Ok(why.reason()),
        NextAction::Wait { until } => Err(until.as_millis() - NOW * 1000),
    }
}

#[test]
fn a_set_is_fresh_for_ten_minutes_and_then_asked_for_again() {
    let (mut store, token) = (full_store(), good_token());
    for now in [0, 1, 10 * MINUTES - 1] {
        assert!(is_session(decide(&token, &store.keys(), after(now))));
        assert_eq!(store.status(after(now)).freshness, Freshness::Fresh);
    }
    let stale = store.keys();
    assert_eq!(store.status(after(10 * MINUTES)).freshness, Freshness::Stale);
    let why = why_fetch(decide(&token, &stale, after(10 * MINUTES)));
    assert_eq!(why.reason(), FetchReason::Stale);
    let ticket = ticket(&mut store, why, after(10 * MINUTES));

    // Whoever fetches waits; all others go on with what there is, and with a snapshot of before
    // they are told so.
    let Fetch::Newer(keys) = store.begin_fetch(why, after(10 * MINUTES)) else { panic!("wait") };
    assert!(is_session(decide(&token, &keys, after(10 * MINUTES))));
    assert!(is_session(decide(&token, &store.keys(), after(10 * MINUTES + 9_999))));

    // The age counts from when the fetch began: 5 seconds ago.
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let keys = store.finish_fetch(ticket, answer, after(10 * MINUTES + 5_000)).into_keys();
    assert!(is_session(decide(&token, &keys, after(20 * MINUTES - 1))));
    why_fetch(decide(&token, &keys, after(20 * MINUTES)));
}

#[test]
fn in_an_outage_a_set_is_used_for_four_hours_and_no_longer() {
    let (mut store, token) = (full_store(), good_token());
    let mut now = 10 * MINUTES;
    let mut fetches = 0;
    while now < 4 * HOURS {
        match decide(&token, &store.keys(), after(now)) {
            SessionDecision::Authenticated(_) => {}
            SessionDecision::FetchKeys(why) => {
                let ticket = ticket(&mut store, why, after(now));
                let keys = store.finish_fetch(ticket, FetchAnswer::failed(), after(now));
                // Who has asked in vain is let in like the others.
                assert!(is_session(decide(&token, keys.keys(), after(now))));
                fetches += 1;
            }
            other => panic!("{now}: {other:?}"),
        }
        now += 700;
    }
    assert!(fetches > 5_000, "{fetches}");
    let end = after(4 * HOURS);
    assert_eq!(store.status(end).freshness, Freshness::Gone);
    let keys = store.keys();
    let decision = match decide(&token, &keys, end) {
        SessionDecision::FetchKeys(why) => {
            let ticket = ticket(&mut store, why, end);
            let keys = store.finish_fetch(ticket, FetchAnswer::failed(), end).into_keys();
            decide(&token, &keys, end)
        }
        other => other,
    };
    let why = why_unavailable(decision);
    assert_eq!(why.reason(), Reason::KeysUnavailable);
    assert_eq!(why.failure(), Some(FetchFailure::NoAnswer));
    // An expired token needs no key.
    let expired = SessionDecision::TryRefresh(Reason::Expired);
    assert_eq!(decide(&expired_token(), &store.keys(), end), expired);
    // With the first answer all is well.
    let end = after(4 * HOURS + 1_000);
    let keys = fetch(&mut store, FetchAnswer::http(200, jwks().as_bytes()), end);
    assert!(is_session(decide(&token, &keys, end)));
}

/// A request that is sent to wait for another's ticket.
fn waits(store: &mut KeyStore, now: u64) -> bool {
    match decide(&good_token(), &store.keys(), after(now)) {
        SessionDecision::FetchKeys(why) => {
            matches!(store.begin_fetch(why, after(now)), Fetch::InFlight { .. })
        }
        SessionDecision::Authenticated(_) => false,
        other => panic!("{now}: {other:?}"),
    }
}

#[test]
fn after_a_quiet_night_all_wait_for_the_first_fetch() {
    let (mut store, token) = (full_store(), good_token());
    let morning = 3 * HOURS;
    let why = why_fetch(decide(&token, &store.keys(), after(morning)));
    let first = ticket(&mut store, why, after(morning));
    assert!(waits(&mut store, morning + 1));
    // It is the issuer that fails: then what there is must do, and does while the next one tries.
    store.finish_fetch(first, FetchAnswer::failed(), after(morning + 5_000));
    assert!(is_session(decide(&token, &store.keys(), after(morning + 5_000))));
    let why = why_fetch(decide(&token, &store.keys(), after(morning + 6_000)));
    let _second = ticket(&mut store, why, after(morning + 6_000));
    assert!(!waits(&mut store, morning + 15_999));
    // But not for ever after, if nobody has tried.
    let mut store = full_store();
    let failed = next_ticket(&mut store, after(morning));
    store.finish_fetch(failed, FetchAnswer::failed(), after(morning));
    let _much_later = next_ticket(&mut store, after(morning + 10_999));
    assert!(!waits(&mut store, morning + 10_999));
    assert!(waits(&mut store, morning + 11_000));
}

#[test]
fn a_set_that_has_just_become_stale_is_used_for_the_time_of_one_ticket() {
    let mut store = full_store();
    let lost = next_ticket(&mut store, after(10 * MINUTES - 1));
    assert!(!waits(&mut store, 10 * MINUTES + 9_998));
    // Given back, it is another's; that is no sign of an outage.
    store.abandon(lost, after(10 * MINUTES + 9_998));
    let _next = next_ticket(&mut store, after(10 * MINUTES + 9_999));
    assert!(!waits(&mut store, 10 * MINUTES + 9_999));
    assert!(waits(&mut store, 10 * MINUTES + 10_000));
}

#[test]
fn the_next_set_is_asked_for_from_30_to_60_seconds_ahead() {
    let good = jwks();
    let mut seen = [u64::MAX, 0];
    for seed in 0..200 {
        let mut store = KeyStore::new("https://one/", &[provider::RS256], steady(), seed);
        assert_eq!(wanted(&store, 0), Ok(FetchReason::NoKeys));
        let under_way = next_ticket(&mut store, after(0));
        assert_eq!(wanted(&store, 0), Err(10_000));
        store.finish_fetch(under_way, FetchAnswer::http(200, good.as_bytes()), after(1_000));
        let at = wanted(&store, 1_000).unwrap_err();
        seen = [seen[0].min(at), seen[1].max(at)];
        assert_eq!(wanted(&store, at - 1), Err(at));
        assert_eq!(wanted(&store, at), Ok(FetchReason::Ahead));
        assert_eq!(wanted(&store, 10 * MINUTES - 1), Ok(FetchReason::Ahead));
        assert_eq!(wanted(&store, 10 * MINUTES), Ok(FetchReason::Stale));
        // A failure is waited out, and does not make the set any less fresh.
        fetch(&mut store, FetchAnswer::failed(), after(at));
        assert_eq!(wanted(&store, at), Err(at + 1_000));
        assert_eq!(wanted(&store, at + 1_000), Ok(FetchReason::Ahead));
    }
    let ahead = seen.map(|at| 10 * MINUTES - at);
    assert!((58_000..=60_000).contains(&ahead[0]), "{ahead:?}");
    assert!((30_000..=32_000).contains(&ahead[1]), "{ahead:?}");
}

#[test]
fn what_next_action_asks_for_is_given_a_ticket_once() {
    let mut store = store_of_one(steady());
    let NextAction::Fetch(why) = store.next_action(after(0)) else { panic!("no keys") };
    let ticket = ticket(&mut store, why, after(0));
    assert!(matches!(store.begin_fetch(why, after(0)), Fetch::Newer(_)));
    store.finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(0));
    assert!(matches!(store.begin_fetch(why, after(0)), Fetch::Newer(_)));
}

#[test]
fn max_age_makes_a_set_fresh_for_less_but_not_for_less_than_30_seconds() {
    let (good, token) = (jwks(), good_token());
    for (field, seconds) in [
        ("max-age=60, must-revalidate", 60),
        ("max-age=30", 30),
        ("max-age=29", 30),
        ("max-age=0", 30),
        ("max-age=604740", 600),
        ("max-age=99999999999999999999", 600),
        ("no-store", 600),
        ("max-age=x", 600),
    ] {
        let answer =
            FetchAnswer::http(200, good.as_bytes()).header("cache-control", field.as_bytes());
        let store = store_with(steady(), answer, after(0));
        let end = seconds * 1000;
        assert!(is_session(decide(&token, &store.keys(), after(end - 1))), "{field}");
        why_fetch(decide(&token, &store.keys(), after(end)));
        // Ahead of that, but not from the beginning on.
        let at = wanted(&store, 0).unwrap_err();
        assert!((end / 2..end).contains(&at), "{field}: {at}");
    }
}

#[test]
fn a_policy_s_times_are_kept_within_what_the_promises_need() {
    let (good, token) = (jwks(), good_token());
    let answer = FetchAnswer::http(200, good.as_bytes());
    // Fresh for no longer than usable; neither for less than 30 seconds.
    let hour = Duration::from_secs(3_600);
    for (policy, end) in [
        (KeyPolicy::default().fresh_for(hour), 3_600_000),
        (KeyPolicy::default().fresh_for(hour).usable_for(hour / 2), 1_800_000),
        (KeyPolicy::default().usable_for(Duration::ZERO), 30_000),
        (KeyPolicy::default().fresh_for(Duration::ZERO), 30_000),
    ] {
        let store = store_with(policy, answer, after(0));
        assert!(is_session(decide(&token, &store.keys(), after(end - 1))), "{policy:?}");
        why_fetch(decide(&token, &store.keys(), after(end)));
    }
    // No ticket for nobody, and none for ever.
    for (asked, given) in [(0, 1_000), (1_000, 1_000), (15_000, 15_000), (60_000, 15_000)] {
        let policy = KeyPolicy::default().ticket_deadline(Duration::from_millis(asked)).tickets(0);
        let ticket = next_ticket(&mut store_of_one(policy), after(0));
        assert_eq!(ticket.deadline(), after(given));
    }
    // No request can fetch twice at once.
    let none = Duration::ZERO;
    let hasty = KeyPolicy::default().back_off(none, none).unknown_key_interval(none, none);
    let store = store_with(hasty.looks(0, none), answer, after(0));
    let unknown = SessionDecision::TryRefresh(Reason::UnknownKey);
    assert_eq!(decide(&foreign_token("d-2"), &store.keys(), after(99)), unknown);
    why_fetch(decide(&foreign_token("d-2"), &store.keys(), after(100)));
    let store = store_with(hasty, FetchAnswer::failed(), after(0));
    why_unavailable(decide(&token, &store.keys(), after(99)));
    why_fetch(decide(&token, &store.keys(), after(100)));
}
