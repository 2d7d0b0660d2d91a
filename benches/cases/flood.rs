//! One store's keys before a flood of forged tokens and in the middle of it.

use supertokens_session::{
    Fetch, FetchAnswer, FetchOutcome, FetchReason, KeyPolicy, KeyStore, Keys, Reason,
    SessionDecision, Ticket, UnixMillis,
};

use super::support::{NOW, PAYLOAD, Signer, at, decide_token, jwks};
use super::unchecked::UNCHECKED;

/// The same set twice, to decide with at [`NOW`]: when it had just come, and with all that a flood can
/// do to a store: the looks are spent, the wait for the next is stretched, one fetch has failed, and
/// another is under way.
pub fn quiet_and_flooded() -> (Keys, Keys) {
    // With one ticket no fetch is under way while another's failure is waited out.
    let policy = KeyPolicy::default().tickets(2);
    let mut store = KeyStore::new("https://core.example/", &[UNCHECKED], policy, 7);
    let document = jwks();
    let good = FetchAnswer::http(200, document.as_bytes());
    let begin = at(NOW - 200);
    let Fetch::Ticket(first) = store.begin_fetch(store.fetch_now(), begin) else {
        panic!("a new store gives a ticket");
    };
    let quiet = store.finish_fetch(first, good, begin).into_keys();

    let issuer = Signer::dynamic();
    let forged = issuer.token(&issuer.header().replace(issuer.kid, "d-1"), PAYLOAD);
    let look = |store: &mut KeyStore, now: UnixMillis| -> Ticket {
        let cookie = format!("sAccessToken={forged}");
        let decision = super::support::decide(cookie.as_bytes(), &store.keys(), now);
        let SessionDecision::FetchKeys(why) = decision else { panic!("{decision:?}") };
        assert_eq!(why.reason(), FetchReason::UnknownKey);
        let Fetch::Ticket(ticket) = store.begin_fetch(why, now) else { panic!("no ticket") };
        ticket
    };
    for ago in [180, 160, 100] {
        let now = at(NOW - ago);
        let ticket = look(&mut store, now);
        assert_eq!(store.finish_fetch(ticket, good, now).outcome(), FetchOutcome::Unchanged);
    }
    let now = at(NOW - 2);
    let under_way = look(&mut store, now);
    let fails = look(&mut store, now);
    store.finish_fetch(fails, FetchAnswer::failed(), at(NOW));
    // As lost as one whose GET hangs.
    drop(under_way);

    let (flooded, status) = (store.keys(), store.status(at(NOW)));
    assert_eq!(status.in_flight, 1);
    assert!(status.retry_at.is_some_and(|at| at > self::at(NOW)), "{status}");
    assert_eq!(status.counts.begun(FetchReason::UnknownKey), 5, "{status}");
    match decide_token(&forged, &flooded) {
        SessionDecision::Unavailable(why) => assert_eq!(why.reason(), Reason::KeysUnavailable),
        other => panic!("{other:?}"),
    }
    (quiet, flooded)
}
