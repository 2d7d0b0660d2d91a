//! The key store in virtual time: when it lets somebody fetch, what it makes of the answers, and
//! that nobody else can make it do either.

mod support;

use std::time::Duration;

use supertokens_session::{
    Fetch, FetchAnswer, FetchFailure, FetchKeys, FetchReason, Gate, KeyPolicy, KeyStore, Keys,
    Origins, PagePolicy, Reason, SessionDecision, Ticket, Unavailable, UnixMillis,
};
use support::{NOW, PAYLOAD, Signer, jwks, jwks_of, payload_with, provider, store_after};

/// So many milliseconds after [`NOW`].
fn after(millis: u64) -> UnixMillis {
    UnixMillis::from_millis(NOW * 1000 + millis)
}

fn new_store() -> KeyStore {
    KeyStore::new(
        ["https://one/", "https://two/", "https://three/"],
        &[provider::RS256],
        KeyPolicy::default(),
        7,
    )
}

fn decide(token: &str, keys: &Keys, now: UnixMillis) -> SessionDecision {
    let cookie = format!("sAccessToken={token}");
    Gate::page(PagePolicy::default()).request("GET", [cookie.as_bytes()]).decide(keys, now)
}

fn is_session(decision: SessionDecision) -> bool {
    matches!(decision, SessionDecision::Authenticated(_))
}

fn why_fetch(decision: SessionDecision) -> FetchKeys {
    match decision {
        SessionDecision::FetchKeys(why) => why,
        other => panic!("no fetch but {other:?}"),
    }
}

fn why_unavailable(decision: SessionDecision) -> Unavailable {
    match decision {
        SessionDecision::Unavailable(why) => why,
        other => panic!("available: {other:?}"),
    }
}

fn ticket(store: &mut KeyStore, why: FetchKeys, now: UnixMillis) -> Ticket {
    match store.begin_fetch(why, now) {
        Fetch::Ticket(ticket) => ticket,
        other => panic!("no ticket but {other:?}"),
    }
}

/// The ticket for the next fetch, as if asked for with the newest keys.
fn next_ticket(store: &mut KeyStore, now: UnixMillis) -> Ticket {
    let why = store.fetch_now();
    ticket(store, why, now)
}

fn is_in_flight(store: &mut KeyStore, now: UnixMillis, expected: UnixMillis) -> bool {
    let why = store.fetch_now();
    matches!(store.begin_fetch(why, now), Fetch::InFlight { until } if until == expected)
}

/// A store with the issuer's two keys, fetched at [`NOW`].
fn full_store() -> KeyStore {
    store_after(FetchAnswer::http(200, jwks().as_bytes()), after(0))
}

fn good_token() -> String {
    Signer::dynamic().session(PAYLOAD)
}

/// A token of a key the issuer does not have.
fn foreign_token(kid: &str) -> String {
    let issuer = Signer::dynamic();
    issuer.token(&issuer.header().replace(issuer.kid, kid), PAYLOAD)
}

#[test]
fn the_first_request_asks_for_keys_and_is_decided_with_them() {
    let (mut store, token) = (new_store(), good_token());
    let why = why_fetch(decide(&token, &store.keys(), after(0)));
    assert_eq!(why.reason(), FetchReason::NoKeys);
    let ticket = ticket(&mut store, why, after(0));
    assert_eq!(ticket.url(), "https://one/");
    let keys = store
        .finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(80))
        .into_keys();
    assert!(is_session(decide(&token, &keys, after(80))));
    assert!(is_session(decide(&token, &store.keys(), after(80))));
}

/// Sees a ticket expire at `now` and takes the next, a second later.
fn ticket_after_the_lost(store: &mut KeyStore, now: UnixMillis) -> Ticket {
    let why = store.fetch_now();
    assert!(matches!(store.begin_fetch(why, now), Fetch::Newer(_)));
    next_ticket(store, now.saturating_add(Duration::from_secs(1)))
}

#[test]
fn one_ticket_is_out_at_a_time_and_one_that_is_lost_is_a_failure_after_ten_seconds() {
    let (mut store, token) = (new_store(), good_token());
    let first = next_ticket(&mut store, after(0));
    for now in [0, 1, 5_000, 9_999] {
        assert!(is_in_flight(&mut store, after(now), after(10_000)));
    }
    // Who waited sees it end: with an answer, not with another wait.
    let why = why_fetch(decide(&token, &store.keys(), after(10_000)));
    let Fetch::Newer(keys) = store.begin_fetch(why, after(10_000)) else { panic!("not newer") };
    let unavailable = why_unavailable(decide(&token, &keys, after(10_000)));
    assert_eq!(unavailable.failure(), Some(FetchFailure::NoAnswer));
    assert_eq!(unavailable.retry_at(), after(11_000));
    let second = next_ticket(&mut store, after(11_000));
    assert_eq!(second.url(), "https://two/");

    // The answer to the first comes late: it is dropped, good or bad, and frees no one's place.
    let keys = store
        .finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(11_500))
        .into_keys();
    assert!(keys.set().is_none());
    assert!(is_in_flight(&mut store, after(11_500), after(21_000)));
    let keys = store
        .finish_fetch(second, FetchAnswer::http(200, jwks().as_bytes()), after(12_000))
        .into_keys();
    assert!(keys.set().is_some());
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
    let ticket = next_ticket(&mut store, after(6_000));
    let newer = jwks_of(&[Signer::statik().jwk()]);
    let keys = store
        .finish_fetch(ticket, FetchAnswer::http(200, newer.as_bytes()), after(16_000))
        .into_keys();
    assert!(is_session(decide(&good_token(), &keys, after(16_000))));
    let unknown = why_unavailable(decide(&foreign_token("d-2"), &keys, after(16_999)));
    assert_eq!(unknown.failure(), Some(FetchFailure::NoAnswer));
}

#[test]
fn a_ticket_of_another_store_brings_nothing() {
    let (mut ours, mut theirs) = (new_store(), new_store());
    let our_ticket = next_ticket(&mut ours, after(0));
    let their_ticket = next_ticket(&mut theirs, after(0));
    let answer = FetchAnswer::http(200, b"{}");
    assert!(ours.finish_fetch(their_ticket, answer, after(1)).into_keys().set().is_none());
    assert!(is_in_flight(&mut ours, after(2), after(10_000)));
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    assert!(ours.finish_fetch(our_ticket, answer, after(3)).into_keys().set().is_some());
}

#[test]
fn who_decided_with_older_keys_gets_the_newer_ones_and_no_ticket() {
    let (mut store, token) = (new_store(), good_token());
    let why = why_fetch(decide(&token, &store.keys(), after(0)));
    let first = ticket(&mut store, why, after(0));
    store.finish_fetch(first, FetchAnswer::http(200, jwks().as_bytes()), after(100));
    let Fetch::Newer(keys) = store.begin_fetch(why, after(100)) else { panic!("not newer") };
    assert!(is_session(decide(&token, &keys, after(100))));

    // A failure is news too: it says not to try again just yet.
    let mut store = new_store();
    let first = ticket(&mut store, why, after(0));
    store.finish_fetch(first, FetchAnswer::failed(), after(100));
    let Fetch::Newer(keys) = store.begin_fetch(why, after(100)) else { panic!("not newer") };
    let why = why_unavailable(decide(&token, &keys, after(100)));
    assert_eq!(why.failure(), Some(FetchFailure::NoAnswer));
}

#[test]
fn after_a_failure_the_next_origin_is_asked_a_second_later() {
    let mut store = new_store();
    let origins = ["https://one/", "https://two/", "https://three/", "https://one/"];
    for (round, origin) in origins.into_iter().enumerate() {
        let now = u64::try_from(round).unwrap() * 1_000;
        let ticket = next_ticket(&mut store, after(now));
        assert_eq!(ticket.url(), origin);
        let keys = store.finish_fetch(ticket, FetchAnswer::http(500, b""), after(now)).into_keys();
        for wait in [0, 999] {
            let why = store.fetch_now();
            let Fetch::NotNow { until } = store.begin_fetch(why, after(now + wait)) else {
                panic!("a fetch {wait} ms after a failure");
            };
            let decision = why_unavailable(decide(&good_token(), &keys, after(now + wait)));
            assert_eq!((decision.retry_at(), until), (after(now + 1_000), after(now + 1_000)));
            assert_eq!(decision.reason(), Reason::KeysUnavailable);
            assert_eq!(decision.failure(), Some(FetchFailure::Status));
        }
        let why = why_fetch(decide(&good_token(), &keys, after(now + 1_000)));
        assert_eq!(why.reason(), FetchReason::NoKeys);
    }
    // The origin that answers is stayed with.
    for now in [10_000, 30_000] {
        let ticket = next_ticket(&mut store, after(now));
        assert_eq!(ticket.url(), "https://two/");
        store.finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(now));
    }
}

#[test]
fn a_single_origin_is_asked_again_and_again() {
    let origins =
        [Origins::from("https://one/"), Origins::new("https://one/", Vec::<String>::new())];
    for origins in origins {
        let mut store = KeyStore::new(origins, &[provider::RS256], KeyPolicy::default(), 7);
        for round in 0..3 {
            let ticket = next_ticket(&mut store, after(round * 1_000));
            assert_eq!(ticket.url(), "https://one/");
            store.finish_fetch(ticket, FetchAnswer::failed(), after(round * 1_000));
        }
    }
}

#[test]
fn a_failure_never_harms_the_keys_that_are_held() {
    let (mut store, token) = (full_store(), good_token());
    let good = jwks();
    let with = |more: &str| format!("{good}{more}");
    for (round, answer) in [
        FetchAnswer::failed(),
        FetchAnswer::http(500, good.as_bytes()),
        FetchAnswer::http(304, b""),
        FetchAnswer::http(200, b""),
        FetchAnswer::http(200, br#"{"keys":[]}"#),
        FetchAnswer::http(200, with("x").as_bytes()),
        FetchAnswer::http(200, with(&" ".repeat(300_000)).as_bytes()),
        FetchAnswer::http(200, b"[]"),
    ]
    .into_iter()
    .enumerate()
    {
        let now = after(20_000 + 2_000 * u64::try_from(round).unwrap());
        let ticket = next_ticket(&mut store, now);
        let keys = store.finish_fetch(ticket, answer, now).into_keys();
        assert!(is_session(decide(&token, &keys, now)));
        // Who brings another key's token waits for the issuer, not the issuer's users.
        let why = why_unavailable(decide(&foreign_token("d-2"), &keys, now));
        assert_eq!(why.reason(), Reason::KeysUnavailable);
    }
}

#[test]
fn an_unknown_key_does_not_exist_until_the_set_is_15_seconds_old() {
    let (mut store, token) = (full_store(), foreign_token("d-2"));
    let unknown = SessionDecision::TryRefresh(Reason::UnknownKey);
    for now in [0, 1, 14_999] {
        assert_eq!(decide(&token, &store.keys(), after(now)), unknown);
    }
    let why = why_fetch(decide(&token, &store.keys(), after(15_000)));
    assert_eq!(why.reason(), FetchReason::UnknownKey);
    assert!(is_session(decide(&good_token(), &store.keys(), after(15_000))));

    // Progress: with the answer the same request is decided, and not sent to fetch again.
    let ticket = ticket(&mut store, why, after(15_000));
    let keys = store
        .finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(15_500))
        .into_keys();
    for now in [15_500, 30_499] {
        assert_eq!(decide(&token, &keys, after(now)), unknown);
    }
    why_fetch(decide(&token, &keys, after(30_500)));
}

#[test]
fn a_key_that_cannot_be_used_is_an_outage_and_looked_for_every_15_seconds() {
    let unusable =
        jwks_of(&[Signer::dynamic().jwk().replace("sig", "enc"), Signer::statik().jwk()]);
    let mut store = store_after(FetchAnswer::http(200, unusable.as_bytes()), after(0));
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
    let keys = store
        .finish_fetch(mended, FetchAnswer::http(200, jwks().as_bytes()), after(16_000))
        .into_keys();
    assert!(is_session(decide(&token, &keys, after(16_000))));
}

#[test]
fn a_key_that_is_gone_authenticates_nobody_from_the_next_decision_on() {
    let (mut store, token) = (full_store(), good_token());
    assert!(is_session(decide(&token, &store.keys(), after(0))));
    let ticket = next_ticket(&mut store, after(1));
    let rotated = jwks_of(&[Signer::statik().jwk()]);
    let keys = store
        .finish_fetch(ticket, FetchAnswer::http(200, rotated.as_bytes()), after(1))
        .into_keys();
    let gone = SessionDecision::TryRefresh(Reason::UnknownKey);
    assert_eq!(decide(&token, &keys, after(1)), gone);
    assert_eq!(decide(&token, &store.keys(), after(1)), gone);
}

#[test]
fn an_expired_token_never_causes_a_fetch() {
    let expired = Signer::dynamic().session(&payload_with("exp", "1749999999"));
    let foreign = {
        let issuer = Signer::dynamic();
        issuer.token(&issuer.header().replace("d-17", "d-0"), &payload_with("exp", "1"))
    };
    let unusable =
        jwks_of(&[Signer::dynamic().jwk().replace("sig", "enc"), Signer::statik().jwk()]);
    let stores = [
        new_store(),
        store_after(FetchAnswer::failed(), after(0)),
        store_after(FetchAnswer::http(200, unusable.as_bytes()), after(0)),
        full_store(),
    ];
    for store in stores {
        for now in [0, 500, 15_000, 1_000_000_000] {
            for token in [&expired, &foreign] {
                let decision = decide(token, &store.keys(), after(now));
                assert_eq!(decision, SessionDecision::TryRefresh(Reason::Expired), "{store:?}");
            }
        }
    }
}

#[test]
fn ten_thousand_made_up_keys_cost_one_fetch_a_window() {
    let (mut store, token) = (full_store(), good_token());
    // The signature need not hold: the key is looked for first.
    let (_, rest) = token.split_once('.').unwrap();
    let good = jwks();
    let (mut fetches, mut now) = (0, 0);
    for forged in 0..10_000_u64 {
        now = forged * 6;
        let header = format!(r#"{{"kid":"d-{forged}","typ":"JWT","version":"5","alg":"RS256"}}"#);
        let forgery = format!("{}.{rest}", support::base64url(header.as_bytes()));
        if let SessionDecision::FetchKeys(why) = decide(&forgery, &store.keys(), after(now)) {
            if let Fetch::Ticket(ticket) = store.begin_fetch(why, after(now)) {
                fetches += 1;
                // Even where the issuer breaks under it: one try a second, and the keys stay.
                let status = if fetches % 2 == 0 { 200 } else { 503 };
                let answer = FetchAnswer::http(status, good.as_bytes());
                store.finish_fetch(ticket, answer, after(now));
            }
        }
    }
    assert!(is_session(decide(&token, &store.keys(), after(now))));
    // In a minute: at 15 and 16 s a failed one and a good one, so again at 31 and 32, 47 and 48.
    assert_eq!((fetches, now), (6, 59_994));
}

#[test]
fn a_clock_that_is_set_back_makes_nobody_wait_longer() {
    const BACK: u64 = 100_000_000;
    let earlier = |millis: u64| UnixMillis::from_millis(NOW * 1000 - BACK + millis);
    let long_valid = Signer::dynamic().session(&payload_with("iat", "1"));

    // A ticket given out before the clock went back.
    let mut store = new_store();
    let lost = next_ticket(&mut store, after(0));
    let ticket = ticket_after_the_lost(&mut store, earlier(0));
    store.finish_fetch(lost, FetchAnswer::failed(), earlier(1_001));
    // A failure: the second of waiting is over at once.
    store.finish_fetch(ticket, FetchAnswer::failed(), after(0));
    why_fetch(decide(&long_valid, &store.keys(), earlier(0)));
    let ticket = next_ticket(&mut store, after(1_000));
    // A set: it is old, and the key that is in it goes on verifying.
    let keys = store
        .finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(1_001))
        .into_keys();
    assert!(is_session(decide(&long_valid, &keys, earlier(0))));
    why_fetch(decide(&foreign_token("d-2"), &keys, earlier(0)));
    // A little way back is within the same window, as a little way on is.
    let near = UnixMillis::from_millis(NOW * 1000 - 13_998);
    let unknown = SessionDecision::TryRefresh(Reason::UnknownKey);
    assert_eq!(decide(&foreign_token("d-2"), &keys, near), unknown);
}

#[test]
fn the_ends_of_time_are_harmless() {
    let ends = [UnixMillis::default(), UnixMillis::from_millis(u64::MAX), after(0)];
    for began in ends {
        for finished in ends {
            for now in ends {
                for answer in [FetchAnswer::failed(), FetchAnswer::http(200, b"{}")] {
                    let mut store = new_store();
                    let ticket = next_ticket(&mut store, began);
                    let keys = store.finish_fetch(ticket, answer, finished).into_keys();
                    let _ = decide(&good_token(), &keys, now);
                    let why = store.fetch_now();
                    let _ = store.begin_fetch(why, now);
                }
            }
        }
    }
}
