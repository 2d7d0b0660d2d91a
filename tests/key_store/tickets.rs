//! Tickets: who gets one, and what becomes of those that are not brought back.

use supertokens_session::{
    Fetch, FetchAnswer, FetchFailure, FetchOutcome, FetchReason, KeyStore, NextAction, Reason,
    SessionDecision, Ticket, UnixMillis,
};

use crate::support::{NOW, Signer, jwks, jwks_of, new_store as store_of_one, provider};
use crate::*;

fn is_in_flight(store: &mut KeyStore, now: UnixMillis, expected: UnixMillis) -> bool {
    let why = store.fetch_now();
    matches!(store.begin_fetch(why, now), Fetch::InFlight { until } if until == expected)
}

/// Sees a ticket expire at `now` and takes the next, a second later.
fn ticket_after_the_lost(store: &mut KeyStore, now: UnixMillis) -> Ticket {
    let why = store.fetch_now();
    assert!(matches!(store.begin_fetch(why, now), Fetch::Newer(_)));
    next_ticket(store, now.saturating_add(SECOND))
}

#[test]
fn the_first_request_asks_for_keys_and_is_decided_with_them() {
    let (mut store, token) = (new_store(), good_token());
    let why = why_fetch(decide(&token, &store.keys(), after(0)));
    assert_eq!(why.reason(), FetchReason::NoKeys);
    let ticket = ticket(&mut store, why, after(0));
    assert_eq!((ticket.url(), ticket.reason()), ("https://one/", FetchReason::NoKeys));
    assert_eq!(ticket.deadline(), after(10_000));
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let keys = store.finish_fetch(ticket, answer, after(80)).into_keys();
    assert!(is_session(decide(&token, &keys, after(80))));
    assert!(is_session(decide(&token, &store.keys(), after(80))));
}

#[test]
fn one_ticket_is_out_at_a_time_and_one_that_is_lost_is_a_failure_after_ten_seconds() {
    let (mut store, token) = (new_store(), good_token());
    let first = next_ticket(&mut store, after(0));
    for now in [0, 1, 5_000, 9_999] {
        assert!(is_in_flight(&mut store, after(now), after(10_000)));
        // Who decides meanwhile is sent to wait as well.
        why_fetch(decide(&token, &store.keys(), after(now)));
    }
    // Who waited sees it end: with an answer, not with another wait.
    let why = why_fetch(decide(&token, &store.keys(), after(10_000)));
    let Fetch::Newer(keys) = store.begin_fetch(why, after(10_000)) else { panic!("not newer") };
    let unavailable = why_unavailable(decide(&token, &keys, after(10_000)));
    assert_eq!(unavailable.failure(), Some(FetchFailure::Overdue));
    assert_eq!(unavailable.retry_at(), after(11_000));
    let second = next_ticket(&mut store, after(11_000));
    assert_eq!(second.url(), "https://two/");

    // The answer to the first comes late: it is dropped, good or bad, and frees no one's place.
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let report = store.finish_fetch(first, answer, after(11_500));
    assert_eq!(report.outcome(), FetchOutcome::Dropped);
    assert!(report.keys().set().is_none());
    assert!(is_in_flight(&mut store, after(11_500), after(21_000)));
    let report = store.finish_fetch(second, answer, after(12_000));
    assert_eq!(report.outcome(), FetchOutcome::Changed);
}

#[test]
fn an_issuer_that_always_hangs_is_unavailable_and_not_an_endless_wait() {
    let (mut store, token) = (new_store(), good_token());
    let (mut tickets, mut unavailable) = (0, 0);
    for second in 0..600 {
        let now = after(second * 1000);
        match decide(&token, &store.keys(), now) {
            SessionDecision::FetchKeys(why) => match store.begin_fetch(why, now) {
                Fetch::Ticket(_lost) => tickets += 1,
                Fetch::Newer(keys) => {
                    why_unavailable(decide(&token, &keys, now));
                    unavailable += 1;
                }
                Fetch::InFlight { .. } => {}
                Fetch::NotNow { .. } => panic!("the snapshot knew"),
            },
            other => panic!("{other:?}"),
        }
    }
    // Each is given ten seconds, and then there is one of waiting.
    assert_eq!((tickets, unavailable), (55, 54));
}

#[test]
fn a_late_failure_does_not_harm_a_newer_answer() {
    let mut store = new_store();
    let first = next_ticket(&mut store, after(0));
    let second = ticket_after_the_lost(&mut store, after(10_000));
    store.finish_fetch(second, FetchAnswer::http(200, jwks().as_bytes()), after(11_100));
    let keys = store.finish_fetch(first, FetchAnswer::failed(), after(11_200)).into_keys();
    assert!(is_session(decide(&good_token(), &keys, after(11_200))));
    // Nor does it count as a failure that others would have to wait for, or move the origin on.
    assert_eq!(next_ticket(&mut store, after(11_200)).url(), "https://two/");
}

#[test]
fn an_answer_after_the_ticket_s_time_is_a_failure() {
    let mut store = full_store();
    let ticket = next_ticket(&mut store, after(20_000));
    let newer = jwks_of(&[Signer::statik().jwk()]);
    let answer = FetchAnswer::http(200, newer.as_bytes());
    let report = store.finish_fetch(ticket, answer, after(30_000));
    assert_eq!(report.outcome(), FetchOutcome::Failed(FetchFailure::Overdue));
    let keys = report.into_keys();
    assert!(is_session(decide(&good_token(), &keys, after(30_000))));
    let unknown = why_unavailable(decide(&foreign_token("d-2"), &keys, after(30_999)));
    assert_eq!(unknown.failure(), Some(FetchFailure::Overdue));
}

#[test]
fn a_ticket_of_another_store_brings_nothing() {
    let (mut ours, mut theirs) = (new_store(), new_store());
    let our_ticket = next_ticket(&mut ours, after(0));
    let their_ticket = next_ticket(&mut theirs, after(0));
    let other_ticket = next_ticket(&mut new_store(), after(0));
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let report = ours.finish_fetch(their_ticket, answer, after(1));
    assert_eq!(report.outcome(), FetchOutcome::Dropped);
    assert!(ours.abandon(other_ticket, after(1)).set().is_none());
    assert!(is_in_flight(&mut ours, after(2), after(10_000)));
    assert!(ours.finish_fetch(our_ticket, answer, after(3)).keys().set().is_some());
}

#[test]
fn who_decided_with_older_keys_gets_the_newer_ones_and_no_ticket() {
    let (mut store, token) = (new_store(), good_token());
    let why = why_fetch(decide(&token, &store.keys(), after(0)));
    let first = ticket(&mut store, why, after(0));
    // That somebody is fetching is news, too.
    let Fetch::Newer(keys) = store.begin_fetch(why, after(50)) else { panic!("not newer") };
    let newer = why_fetch(decide(&token, &keys, after(50)));
    assert!(matches!(store.begin_fetch(newer, after(50)), Fetch::InFlight { .. }));
    store.finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(100));
    for why in [why, newer] {
        let Fetch::Newer(keys) = store.begin_fetch(why, after(100)) else { panic!("not newer") };
        assert!(is_session(decide(&token, &keys, after(100))));
    }

    // A failure is news: it says not to try again just yet.
    let mut store = new_store();
    let first = ticket(&mut store, why, after(0));
    store.finish_fetch(first, FetchAnswer::failed(), after(100));
    let Fetch::Newer(keys) = store.begin_fetch(why, after(100)) else { panic!("not newer") };
    let why = why_unavailable(decide(&token, &keys, after(100)));
    assert_eq!(why.failure(), Some(FetchFailure::NoAnswer));
}

#[test]
fn a_ticket_that_is_given_back_is_another_s_at_once() {
    let (mut store, token) = (new_store(), good_token());
    let first = next_ticket(&mut store, after(0));
    let keys = store.abandon(first, after(100));
    let why = why_fetch(decide(&token, &keys, after(100)));
    let second = ticket(&mut store, why, after(100));
    // It says nothing of the origin.
    assert_eq!(second.url(), "https://one/");
    // Whoever can break off requests does not set the rate: from the second in a row on, each costs
    // a wait, but still says nothing of the origin.
    let mut now = 200;
    let mut next = second;
    for _ in 0..5 {
        let keys = store.abandon(next, after(now));
        assert_eq!(store.next_action(after(now)), NextAction::Wait { until: after(now + 1000) });
        assert_eq!(why_unavailable(decide(&token, &keys, after(now))).failure(), None);
        now += 1000;
        next = next_ticket(&mut store, after(now));
        assert_eq!(next.url(), "https://one/");
        now += 100;
    }
    // An answer makes up for them.
    store.finish_fetch(next, FetchAnswer::http(200, jwks().as_bytes()), after(now));
    let next = next_ticket(&mut store, after(now));
    store.abandon(next, after(now));
    assert!(is_session(decide(&token, &store.keys(), after(now))));
    let _now_at_once = next_ticket(&mut store, after(now));
    assert_eq!(store.status(after(now)).counts.abandoned, 7);
}

#[test]
fn a_ticket_given_back_too_late_is_a_failure_or_nothing() {
    let mut store = new_store();
    let late = next_ticket(&mut store, after(0));
    store.abandon(late, after(10_000));
    assert_eq!(store.status(after(10_000)).failure, Some(FetchFailure::Overdue));
    let lost = next_ticket(&mut store, after(11_000));
    let third = ticket_after_the_lost(&mut store, after(21_000));
    store.abandon(lost, after(22_500));
    assert!(is_in_flight(&mut store, after(22_500), third.deadline()));
}

#[test]
fn where_requests_cannot_share_a_fetch_each_brings_its_own() {
    let token = good_token();
    let mut store = KeyStore::new("https://one/", &[provider::RS256], steady().tickets(3), 7);
    let mut tickets = Vec::new();
    for now in 0..3 {
        let why = why_fetch(decide(&token, &store.keys(), after(now)));
        tickets.push(ticket(&mut store, why, after(now)));
    }
    // The fourth waits until there is room again.
    assert!(is_in_flight(&mut store, after(3), after(10_000)));
    let third = tickets.pop().unwrap();
    let second = tickets.pop().unwrap();
    let first = tickets.pop().unwrap();
    let both = jwks();
    let report = store.finish_fetch(second, FetchAnswer::http(200, both.as_bytes()), after(100));
    assert_eq!(report.outcome(), FetchOutcome::Changed);
    // What began earlier can only bring what is older; what began later is newer.
    let one = jwks_of(&[Signer::statik().jwk()]);
    let report = store.finish_fetch(first, FetchAnswer::http(200, one.as_bytes()), after(200));
    assert_eq!(report.outcome(), FetchOutcome::Dropped);
    assert!(is_session(decide(&token, report.keys(), after(200))));
    let report = store.finish_fetch(third, FetchAnswer::http(200, one.as_bytes()), after(300));
    assert_eq!(report.outcome(), FetchOutcome::Changed);
    let gone = SessionDecision::TryRefresh(Reason::UnknownKey);
    assert_eq!(decide(&token, report.keys(), after(300)), gone);
}

#[test]
fn fetches_that_fail_together_are_one_failure_to_wait_for() {
    let policy = KeyPolicy::default().tickets(8);
    let token = good_token();
    let mut store = KeyStore::new("https://one/", &[provider::RS256], policy, 7);
    let tickets: Vec<_> = (0..8).map(|now| next_ticket(&mut store, after(now))).collect();
    for (failed, ticket) in (100..).zip(tickets) {
        let keys = store.finish_fetch(ticket, FetchAnswer::failed(), after(failed)).into_keys();
        // Who has just fetched in vain does not fetch again.
        let wait = why_unavailable(decide(&token, &keys, after(failed))).retry_at();
        assert!((500..=1000).contains(&wait.since(after(failed)).as_millis()), "{wait:?}");
    }
    // The next one to fail is the second.
    let ticket = next_ticket(&mut store, after(2_000));
    let keys = store.finish_fetch(ticket, FetchAnswer::failed(), after(2_000)).into_keys();
    let wait = why_unavailable(decide(&token, &keys, after(2_000))).retry_at();
    assert!((1000..=2000).contains(&wait.since(after(2_000)).as_millis()), "{wait:?}");
}

#[test]
fn a_thousand_who_ask_at_once_make_one_fetch() {
    let token = good_token();
    let mut store = store_of_one(steady());
    let before = store.keys();
    let mut tickets = Vec::new();
    for _ in 0..1_000 {
        let mut why = why_fetch(decide(&token, &before, after(0)));
        loop {
            match store.begin_fetch(why, after(0)) {
                Fetch::Ticket(ticket) => tickets.push(ticket),
                Fetch::Newer(keys) => {
                    why = why_fetch(decide(&token, &keys, after(0)));
                    continue;
                }
                Fetch::InFlight { until } => assert_eq!(until, after(10_000)),
                other @ Fetch::NotNow { .. } => panic!("{other:?}"),
            }
            break;
        }
    }
    assert_eq!(tickets.len(), 1);
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    store.finish_fetch(tickets.pop().unwrap(), answer, after(100));
    assert!(is_session(decide(&token, &store.keys(), after(100))));
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_longer() {
    const BACK: u64 = 100_000_000;
    let earlier = |millis: u64| UnixMillis::from_millis(NOW * 1000 - BACK + millis);
    let token = good_token();

    // A ticket given out before the clock went back.
    let mut store = new_store();
    let lost = next_ticket(&mut store, after(0));
    let ticket = ticket_after_the_lost(&mut store, earlier(0));
    store.finish_fetch(lost, FetchAnswer::failed(), earlier(1_001));
    // A failure: the wait is over at once.
    store.finish_fetch(ticket, FetchAnswer::failed(), earlier(1_001));
    let long_before = UnixMillis::from_millis(1_749_000_000_000 - BACK);
    why_fetch(decide(&token, &store.keys(), long_before));
    let ticket = next_ticket(&mut store, after(1_000));
    // A set: how old it is cannot be known, so it is asked for anew, and used meanwhile only if that
    // can be no longer than it may be used.
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let keys = store.finish_fetch(ticket, answer, after(1_001)).into_keys();
    let why = why_fetch(decide(&token, &keys, earlier(0)));
    assert_eq!(why.reason(), FetchReason::Stale);
    let an_hour_back = UnixMillis::from_millis(NOW * 1000 - 3_600_000);
    let keys = fetch(&mut store, FetchAnswer::failed(), an_hour_back);
    assert!(is_session(decide(&token, &keys, an_hour_back)));
    // A second back is two threads that are out of order.
    let mut store = full_store();
    let unknown = SessionDecision::TryRefresh(Reason::UnknownKey);
    for (back, is_same) in [(999, true), (1_000, false)] {
        let now = UnixMillis::from_millis(NOW * 1000 - back);
        assert_eq!(decide(&foreign_token("d-2"), &store.keys(), now) == unknown, is_same);
        assert_eq!(is_session(decide(&token, &store.keys(), now)), is_same);
    }
    let _out = next_ticket(&mut store, after(0));
    let why = store.fetch_now();
    let near = UnixMillis::from_millis(NOW * 1000 - 999);
    assert!(matches!(store.begin_fetch(why, near), Fetch::InFlight { .. }));
}
