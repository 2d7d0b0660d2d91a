//! What a hostile review of the store tried: orders of calls, clocks and origins by which a stranger
//! would keep a withdrawn key in use, or keep out a session whose key is new.

use std::time::Duration;

use supertokens_session::{
    FetchAnswer, FetchReason, Freshness, KeyPolicy, KeyStore, NextAction, Reason, SessionDecision,
    Ticket, UnixMillis,
};

use crate::support::{NOW, Signer, jwks, jwks_of, payload_with, provider, store_with};
use crate::*;

const HOUR: u64 = 3_600_000;

fn after(millis: i64) -> UnixMillis {
    UnixMillis::from_millis((NOW * 1000).saturating_add_signed(millis))
}

/// The wish of a decision on this token.
fn why(token: &str, store: &KeyStore, now: UnixMillis) -> FetchKeys {
    why_fetch(decide(token, &store.keys(), now))
}

/// A key that the issuer publishes later, and a session signed with it.
const NEW_KID: &str = "d-1750000000001";

fn new_token() -> String {
    let new = Signer::other();
    new.token(&new.header().replace(new.kid, NEW_KID), &payload_with("exp", "1781536000"))
}

/// The set with the new key.
fn rotated() -> String {
    let new = Signer::other().jwk().replace("d-1749990000000", NEW_KID);
    jwks_of(&[new, Signer::dynamic().jwk(), Signer::statik().jwk()])
}

/// The README's `page`, with a GET that takes `takes` milliseconds; gives the last decision and the
/// number of GETs.
fn page(
    store: &mut KeyStore,
    token: &str,
    now: &mut i64,
    takes: i64,
    mut get: impl FnMut(&str, i64) -> Option<String>,
) -> (SessionDecision, u32) {
    let mut keys = store.keys();
    let mut gets = 0;
    for _ in 0..100_000 {
        match decide(token, &keys, after(*now)) {
            SessionDecision::FetchKeys(why) => match store.begin_fetch(why, after(*now)) {
                Fetch::Ticket(ticket) => {
                    gets += 1;
                    let body = get(ticket.url(), *now);
                    *now += takes;
                    let answer = body
                        .as_ref()
                        .map_or(FetchAnswer::failed(), |b| FetchAnswer::http(200, b.as_bytes()));
                    keys = store.finish_fetch(ticket, answer, after(*now)).into_keys();
                }
                Fetch::Newer(newer) => keys = newer,
                Fetch::InFlight { .. } => {
                    *now += 20;
                    keys = store.keys();
                }
                Fetch::NotNow { .. } => return (SessionDecision::NoSession(Reason::NoToken), gets),
            },
            other => return (other, gets),
        }
    }
    panic!("the loop does not end");
}

fn is_session(decision: &SessionDecision) -> bool {
    matches!(decision, SessionDecision::Authenticated(_))
}

fn full(policy: KeyPolicy) -> KeyStore {
    store_with(policy, FetchAnswer::http(200, jwks().as_bytes()), after(0))
}

#[test]
fn a_lost_ticket_of_hours_ago_does_not_let_a_withdrawn_key_in() {
    let mut store = full(KeyPolicy::default());
    // Anybody's request (no valid signature needed) takes the ticket and is broken off.
    let why = why(&good_token(), &store, after(600_000));
    let _lost = ticket(&mut store, why, after(600_000));
    // The key is withdrawn; the origin answers all the time. Hours later a stolen key is used.
    let mut now = 3 * HOUR as i64;
    let (decision, gets) = page(&mut store, &good_token(), &mut now, 10, |_, _| {
        Some(jwks_of(&[Signer::statik().jwk()]))
    });
    assert!(!is_session(&decision), "accepted with a 3 h old set after {gets} fetches");
}

#[test]
fn a_lost_ticket_of_hours_ago_holds_nobody_up() {
    let mut store = KeyStore::new("https://one/", &[provider::RS256], KeyPolicy::default(), 7);
    let _lost = next_ticket(&mut store, after(0));
    let mut now = HOUR as i64;
    let (decision, gets) = page(&mut store, &good_token(), &mut now, 10, |_, _| Some(jwks()));
    assert!(is_session(&decision), "{decision:?} after {gets} fetches");
}

#[test]
fn a_lost_ticket_of_hours_ago_does_not_hold_up_a_rotation() {
    let mut store = full(KeyPolicy::default());
    let why = why(&foreign_token("d-2"), &store, after(100_000));
    let _lost = ticket(&mut store, why, after(100_000));
    // Published at 200 s, used from 260 s on.
    let mut now = 400_000;
    let (decision, gets) = page(&mut store, &new_token(), &mut now, 10, |_, _| Some(rotated()));
    assert!(is_session(&decision), "{decision:?} after {gets} fetches");
}

#[test]
fn tickets_given_back_do_not_keep_a_stale_set_in_use() {
    let mut store = full(KeyPolicy::default());
    // Nobody has asked the origin since, and it would answer: the set is past its time.
    let late = 3 * HOUR as i64;
    for now in [late, late + 1] {
        let why = why(&good_token(), &store, after(now));
        let broken_off = ticket(&mut store, why, after(now));
        store.abandon(broken_off, after(now));
    }
    let decision = decide(&good_token(), &store.keys(), after(late + 2));
    assert!(!is_session(&decision), "accepted with a 3 h old set, origin never seen to fail");
}

#[test]
fn tickets_given_back_do_not_shorten_the_wait_that_failures_have_earned() {
    let mut store =
        KeyStore::new("https://one/", &[provider::RS256], KeyPolicy::default().tickets(3), 7);
    let mut now = 0;
    for _ in 0..10 {
        let failing = next_ticket(&mut store, after(now));
        store.finish_fetch(failing, FetchAnswer::failed(), after(now));
        now = store.status(after(now)).retry_at.unwrap().as_millis() as i64 - (NOW * 1000) as i64;
    }
    let tickets: Vec<_> = (0..3).map(|_| next_ticket(&mut store, after(now))).collect();
    let mut tickets = tickets.into_iter();
    store.finish_fetch(tickets.next().unwrap(), FetchAnswer::failed(), after(now));
    let until = store.status(after(now)).retry_at.unwrap();
    for ticket in tickets {
        store.abandon(ticket, after(now));
    }
    let shorter = store.status(after(now)).retry_at.unwrap();
    assert!(
        shorter >= until,
        "{:?} became {:?}",
        until.since(after(now)),
        shorter.since(after(now))
    );
}

/// Nor are failures in a row taken for one because fetches were broken off or lost meanwhile.
#[test]
fn tickets_given_back_or_lost_do_not_keep_the_wait_at_its_first_step() {
    let policy = || KeyPolicy::default().tickets(3);
    let until = |store: &KeyStore, now| {
        let until = store.status(after(now)).retry_at.unwrap_or_else(|| after(now + 1_000));
        until.as_millis() as i64 - (NOW * 1000) as i64
    };
    for (is_lost, takes) in [(false, 100), (true, 5_000)] {
        let mut store = KeyStore::new("https://one/", &[provider::RS256], policy(), 7);
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..10 {
            // A lost one may be noticed now, and have failed later than the last.
            let failing = loop {
                match store.begin_fetch(store.fetch_now(), after(now)) {
                    Fetch::Ticket(ticket) => break ticket,
                    _ => now = until(&store, now),
                }
            };
            let other = next_ticket(&mut store, after(now + 1));
            if is_lost {
                drop(other);
            } else {
                let another = next_ticket(&mut store, after(now + 2));
                store.abandon(other, after(now + 1));
                store.abandon(another, after(now + 2));
            }
            now += takes;
            store.finish_fetch(failing, FetchAnswer::failed(), after(now));
            waits.push(until(&store, now) - now);
            now = until(&store, now);
        }
        // The last steps are of a minute, from the beginning of a fetch.
        assert!(waits[7..].iter().all(|wait| *wait >= 25_000), "{waits:?}");
    }
}

#[test]
fn a_second_origin_that_is_down_does_not_turn_away_a_rotation() {
    let mut store = KeyStore::new(
        ["https://one/", "https://two/"],
        &[provider::RS256],
        KeyPolicy::default(),
        7,
    );
    let first = next_ticket(&mut store, after(0));
    store.finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(0));
    let mut now = 300_000;
    let (decision, _) = page(&mut store, &new_token(), &mut now, 10, |url, _| {
        (url == "https://one/").then(rotated)
    });
    assert!(is_session(&decision), "{decision:?}");
}

#[test]
fn strangers_cannot_spend_the_looks_on_origins_that_are_down() {
    let origins = ["https://one/", "https://two/", "https://three/"];
    let mut store = KeyStore::new(origins, &[provider::RS256], KeyPolicy::default(), 7);
    let first = next_ticket(&mut store, after(0));
    store.finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(0));
    let mut get = |url: &str, _: i64| (url == "https://one/").then(rotated);
    // Published at 200 s, used from 260 s on; the first origin answers all the time.
    for now in [270_000, 272_000] {
        let mut now = now;
        let _ = page(&mut store, &foreign_token("d-2"), &mut now, 10, &mut get);
    }
    for at in (275_000..299_000).step_by(1_000) {
        let mut now = at;
        let (decision, _) = page(&mut store, &new_token(), &mut now, 10, &mut get);
        assert!(is_session(&decision), "{at}: {decision:?}");
    }
}

/// Another origin that still has a key which the first has withdrawn, and lacks the new one: neither
/// a token of the one nor of the other has it asked.
#[test]
fn strangers_cannot_bring_a_withdrawn_key_back_from_an_origin_that_lags() {
    let origins = ["https://one/", "https://two/"];
    let mut store = KeyStore::new(origins, &[provider::RS256], KeyPolicy::default(), 7);
    let new = Signer::other().jwk().replace("d-1749990000000", NEW_KID);
    let ahead = jwks_of(&[new, Signer::statik().jwk()]);
    let mut get =
        |url: &str, _: i64| Some(if url == "https://one/" { ahead.clone() } else { jwks() });
    let mut now = 0;
    for round in 0..200 {
        now += 3_000;
        // The thief, whose key is unknown now, and somebody with an invented one.
        for token in [good_token(), foreign_token("d-2")] {
            let (decision, _) = page(&mut store, &token, &mut now, 10, &mut get);
            let refused = SessionDecision::TryRefresh(Reason::UnknownKey);
            assert_eq!(decision, refused, "{round}");
        }
        let (decision, _) = page(&mut store, &new_token(), &mut now, 10, &mut get);
        assert!(is_session(&decision), "{round}: {decision:?}");
    }
}

#[test]
fn a_ticket_lost_earlier_does_not_take_back_the_excuse_of_a_later_failure() {
    for seed in 0..50 {
        let policy = KeyPolicy::default().tickets(2);
        let mut store = KeyStore::new("https://one/", &[provider::RS256], policy, seed);
        let first = next_ticket(&mut store, after(0));
        store.finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(0));
        let retry_at = |store: &KeyStore, now| {
            let until = store.status(after(now)).retry_at.unwrap();
            i64::try_from(until.as_millis() - NOW * 1000).unwrap()
        };
        // In an outage failures pile up. Two hang; the first is never heard of again.
        let mut now = 600_000;
        for _ in 0..9 {
            let failing = next_ticket(&mut store, after(now));
            store.finish_fetch(failing, FetchAnswer::failed(), after(now));
            now = retry_at(&store, now);
        }
        let _lost = next_ticket(&mut store, after(now));
        let second = next_ticket(&mut store, after(now + 9_000));
        store.finish_fetch(second, FetchAnswer::failed(), after(now + 18_000));
        let why = store.fetch_now();
        let _newer = store.begin_fetch(why, after(now + 18_001));
        let until = retry_at(&store, now + 18_001);
        for at in (now + 18_001..until).step_by(500) {
            let decision = decide(&good_token(), &store.keys(), after(at));
            assert!(is_session(&decision), "seed {seed}, {at}: {decision:?}");
        }
    }
}

#[test]
fn strangers_cannot_take_a_key_away_with_looks_at_an_origin_that_lags() {
    let mut store = KeyStore::new(
        ["https://one/", "https://two/"],
        &[provider::RS256],
        KeyPolicy::default(),
        7,
    );
    let first = next_ticket(&mut store, after(0));
    store.finish_fetch(first, FetchAnswer::http(200, rotated().as_bytes()), after(0));
    assert!(is_session(&decide(&new_token(), &store.keys(), after(1))));
    let mut now = 20_000;
    let _ = page(&mut store, &foreign_token("d-2"), &mut now, 10, |url, _| {
        Some(if url == "https://one/" { rotated() } else { jwks() })
    });
    let decision = decide(&new_token(), &store.keys(), after(21_000));
    assert!(is_session(&decision), "{decision:?}");
}

#[test]
fn a_clock_that_is_set_back_makes_no_wait_longer() {
    let minute = Duration::from_secs(60);
    let policy = KeyPolicy::default().back_off(minute, minute);
    let mut store = KeyStore::new("https://one/", &[provider::RS256], policy, 7);
    let failing = next_ticket(&mut store, after(0));
    store.finish_fetch(failing, FetchAnswer::failed(), after(0));
    // 59 s later the clock is set back by 118 s; there is 1 s left of the wait.
    let now = after(-59_000);
    let NextAction::Wait { until } = store.next_action(now) else { return };
    assert!(until.since(now) <= minute, "waits {:?} more", until.since(now));
}

#[test]
fn a_ticket_holds_nobody_up_for_longer_though_the_clock_is_set_back() {
    let mut store = KeyStore::new("https://one/", &[provider::RS256], KeyPolicy::default(), 7);
    let _lost = next_ticket(&mut store, after(0));
    let now = after(-9_900);
    let why = store.fetch_now();
    if let Fetch::InFlight { until } = store.begin_fetch(why, now) {
        assert!(until.since(now) <= SECOND * 10, "waits {:?}", until.since(now));
    }
}

#[test]
fn a_set_from_the_future_is_reported_as_old_as_it_counts() {
    let store = full(KeyPolicy::default());
    let status = store.status(after(-5 * HOUR as i64));
    assert_eq!(status.freshness, Freshness::Gone);
    assert_ne!(status.age, Some(Duration::ZERO), "{status}");
}

#[test]
fn retry_at_is_when_the_answer_can_be_another() {
    let mut store = full(KeyPolicy::default().back_off(SECOND, SECOND));
    for now in [15_000, 16_000] {
        let why = why(&foreign_token("d-2"), &store, after(now));
        let failing = ticket(&mut store, why, after(now));
        store.finish_fetch(failing, FetchAnswer::failed(), after(now));
    }
    let retry_at = |now| match decide(&foreign_token("d-2"), &store.keys(), after(now)) {
        SessionDecision::Unavailable(why) => why.retry_at(),
        other => panic!("{other:?}"),
    };
    assert_eq!(retry_at(16_500), retry_at(17_500));
}

/// The longest that its documentation allows.
#[test]
fn with_60_seconds_less_a_ticket_s_deadline_no_new_key_is_missed() {
    let (longest, minute) = (Duration::from_secs(50), Duration::from_secs(60));
    let mut store = full(KeyPolicy::default().unknown_key_interval(longest, minute));
    // Begins just before the key is published, and takes as long as it may.
    let slow = next_ticket(&mut store, after(199_999));
    store.finish_fetch(slow, FetchAnswer::http(200, jwks().as_bytes()), after(209_998));
    let mut now = 260_000;
    let (decision, _) = page(&mut store, &new_token(), &mut now, 10, |_, _| Some(rotated()));
    assert!(is_session(&decision), "{decision:?}");
}

#[test]
fn a_validator_that_matches_everything_is_not_sent_back() {
    for etag in ["*", "\"1\", \"2\", *", "\"1\", \"2\""] {
        let good = jwks();
        let answer = FetchAnswer::http(200, good.as_bytes()).header("etag", etag.as_bytes());
        let mut store = store_with(KeyPolicy::default(), answer, after(0));
        let why = why(&good_token(), &store, after(600_000));
        let ticket = ticket(&mut store, why, after(600_000));
        let sent: Vec<_> = ticket.headers().skip(1).collect();
        assert!(sent.is_empty(), "{sent:?}: the origin must say 304 whatever it has");
    }
}

#[test]
fn a_304_does_not_give_the_held_document_another_s_validator() {
    let good = jwks();
    // Last-Modified has seconds: a document written in the same second is "not modified".
    let date = b"Sun, 15 Jun 2025 15:06:40 GMT";
    let answer = FetchAnswer::http(200, good.as_bytes()).header("last-modified", date);
    let mut store = store_with(KeyPolicy::default(), answer, after(0));
    let because = why(&good_token(), &store, after(600_000));
    let first = ticket(&mut store, because, after(600_000));
    let not_modified = FetchAnswer::http(304, b"").header("etag", b"\"of another document\"");
    store.finish_fetch(first, not_modified, after(600_000));
    let because = why(&good_token(), &store, after(1_200_000));
    let second = ticket(&mut store, because, after(1_200_000));
    assert!(second.headers().all(|(name, _)| name != "if-none-match"));
}

#[test]
fn a_flood_during_an_outage_does_not_hold_up_a_rotation_after_it() {
    let forgery = foreign_token("d-2");
    for flood in [false, true] {
        for seed in 0..20 {
            let mut store =
                KeyStore::new("https://one/", &[provider::RS256], KeyPolicy::default(), seed);
            let first = next_ticket(&mut store, after(0));
            store.finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(0));
            // In the outage every GET hangs and fails after 9 s. It ends, and the key is published,
            // just after a look has begun.
            let (mut now, mut last_look) = (20_000, 400_000);
            while flood && now < 400_000 {
                let _ = page(&mut store, &forgery, &mut now, 9_000, |_, now| {
                    last_look = now;
                    None
                });
                now += 100;
            }
            let published = last_look + 1;
            let mut now = published + 60_000;
            let (decision, _) =
                page(&mut store, &new_token(), &mut now, 10, |_, _| Some(rotated()));
            assert!(is_session(&decision), "flood {flood}, seed {seed}: {decision:?}");
        }
    }
}

/// A healthy origin that takes any time up to the deadline, a flood, and every honest call: a new
/// key works from 60 s after it was published, a withdrawn one is gone after `fresh_for` and a
/// deadline, and looks stay within the budget.
#[test]
fn a_flood_does_not_delay_a_rotation_while_the_origin_answers() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: i64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random % below as u64) as i64
    };
    let (old, forgery, new) = (good_token(), foreign_token("d-2"), new_token());
    let before = jwks();
    let during = rotated();
    let new_jwk = Signer::other().jwk().replace("d-1749990000000", NEW_KID);
    let gone = jwks_of(&[new_jwk, Signer::statik().jwk()]);
    for round in 0..18_i64 {
        let policy = KeyPolicy::default().tickets(1 + (round % 3) as u8);
        let mut store = KeyStore::new("https://one/", &[provider::RS256], policy, round as u64);
        let published = 100_000 + next(700_000);
        let used = published + 60_000;
        let withdrawn = used + next(200_000);
        let driven = round % 2 == 0;
        let slow = [50, 1_000, 9_999][next(3) as usize];
        let flood = [500, 1_500, 3_000][next(3) as usize];
        let max_age: &[u8] = [&b"max-age=1"[..], b"max-age=99999", b""][next(3) as usize];
        // Tickets with when they are answered and when the origin looked.
        let mut out: Vec<(i64, i64, Ticket)> = Vec::new();
        let mut looks = Vec::new();
        let (mut waiting, mut waited) = (false, 0);
        let mut now = 0;
        while now < withdrawn + 700_000 {
            now += 1 + next(flood);
            out.sort_by_key(|(at, ..)| *at);
            while out.first().is_some_and(|(at, ..)| *at <= now) {
                let (at, looked, ticket) = out.remove(0);
                let body = match looked {
                    _ if looked < published => &before,
                    _ if looked < withdrawn => &during,
                    _ => &gone,
                };
                let answer =
                    FetchAnswer::http(200, body.as_bytes()).header("cache-control", max_age);
                store.finish_fetch(ticket, answer, after(at));
            }
            let mut act =
                |store: &mut KeyStore, why: FetchKeys| match store.begin_fetch(why, after(now)) {
                    Fetch::Ticket(ticket) => {
                        if ticket.reason() == FetchReason::UnknownKey {
                            looks.push(now);
                        }
                        let takes = 1 + next(slow);
                        out.push((now + takes, now + next(takes), ticket));
                    }
                    Fetch::Newer(_) | Fetch::InFlight { .. } => {}
                    Fetch::NotNow { .. } => panic!("{now}: not now"),
                };
            if driven {
                if let NextAction::Fetch(why) = store.next_action(after(now)) {
                    act(&mut store, why);
                }
            }
            for token in [&forgery, &old] {
                match decide(token, &store.keys(), after(now)) {
                    SessionDecision::FetchKeys(why) => act(&mut store, why),
                    SessionDecision::Authenticated(_) => {
                        assert!(now < withdrawn + 610_000, "{round}: {now} {withdrawn}");
                    }
                    _ => {}
                }
            }
            if now >= used {
                match decide(&new, &store.keys(), after(now)) {
                    SessionDecision::Authenticated(_) => (waiting, waited) = (false, 0),
                    SessionDecision::FetchKeys(why) => {
                        act(&mut store, why);
                        if !waiting {
                            (waiting, waited) = (true, now);
                        }
                        assert!(now - waited <= 20_000 + flood, "{round}: waits {}", now - waited);
                    }
                    other => panic!("{round}: {now}, published {published}: {other:?}"),
                }
            }
        }
        assert!(looks.windows(3).all(|three| three[2] - three[0] >= 30_000), "{round}: {looks:?}");
    }
}
