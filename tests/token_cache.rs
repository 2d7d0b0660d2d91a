//! The token cache: what enters it, what a hit still judges, and that no decision is another for it.

#[path = "token_cache/access.rs"]
mod access;
#[path = "token_cache/claims.rs"]
mod claims;
#[path = "token_cache/gates.rs"]
mod gates;
#[path = "token_cache/idle.rs"]
mod idle;
#[path = "token_cache/issuer.rs"]
mod issuer;
#[path = "token_cache/keys.rs"]
mod keys;
#[path = "token_cache/lock.rs"]
mod lock;
#[path = "token_cache/room.rs"]
mod room;
#[path = "token_cache/same.rs"]
mod same;
mod support;

use issuer::{Pair, ROW, Row, checks, store};
use supertokens_session::{
    Gate, Keys, PagePolicy, Reason, Session, SessionDecision, TokenCache, UnixMillis,
};
use support::{NOW, PAYLOAD, at, payload_with};

const ONE: Pair = Pair { kid: "d-1", number: 1 };
/// Another key under the same name.
const OTHER: Pair = Pair { kid: "d-1", number: 2 };
const STATIC: Pair = Pair { kid: "s-1", number: 3 };

fn page() -> Gate {
    Gate::page(PagePolicy::default())
}

fn cookie(token: &str) -> String {
    format!("theme=dark; sAccessToken={token}; lang=en")
}

/// The token of the user of this number, who is called `user-N`.
fn token_of(row: &Row, user: usize) -> String {
    ONE.token(row, &payload_with("sub", &format!(r#""user-{user}""#)))
}

/// A page's decision with the cache, and how many signatures were checked for it.
fn decide(
    gate: &Gate,
    token: &str,
    cache: &mut TokenCache,
    keys: &Keys,
    now: UnixMillis,
) -> (u32, SessionDecision) {
    let cookie = cookie(token);
    checks(|| gate.request("GET", [cookie.as_bytes()]).decide_with(cache, keys, now))
}

fn session(decision: SessionDecision) -> Session {
    let SessionDecision::Authenticated(session) = decision else { panic!("{decision:?}") };
    session
}

#[test]
fn a_token_is_checked_once_and_judged_every_time() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let token = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert!(cache.is_empty());

    let (checked, first) = decide(&gate, &token, &mut cache, &keys, at(NOW));
    assert_eq!(checked, 1);
    let end = session(first.clone()).expires_at();
    for seconds in [0, 1, 60, 3_539] {
        assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW + seconds)), (0, first.clone()));
    }
    // In the millisecond of its `exp` it has expired, in the one before it has not, whatever came first.
    let before = UnixMillis::from_millis(end.as_millis() - 1);
    let expired = SessionDecision::TryRefresh(Reason::Expired);
    assert_eq!(decide(&gate, &token, &mut cache, &keys, end), (0, expired));
    assert_eq!(decide(&gate, &token, &mut cache, &keys, before), (0, first));
    assert!(!cache.is_empty());
    assert_eq!(cache.len(), 1);

    cache.clear();
    assert_eq!((cache.len(), cache.bytes()), (0, 0));
    assert_eq!(decide(&gate, &token, &mut cache, &keys, before).0, 1);
}

/// `nbf` too is judged at each use.
#[test]
fn a_clock_that_is_set_back_finds_a_token_not_yet_valid() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let token = ONE.token(&ROW, &payload_with("nbf", &(NOW + 1).to_string()));
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW + 1)).0, 1);
    let early = SessionDecision::TryRefresh(Reason::NotYetValid);
    assert_eq!(decide(&gate, &token, &mut cache, &keys, at(NOW)), (0, early));
}

#[test]
fn only_tokens_that_hold_are_remembered() {
    let (keys, gate) = (store(&ROW, &[ONE, STATIC]).keys(), page());
    let good = ONE.token(&ROW, PAYLOAD);
    let (message, _) = good.rsplit_once('.').unwrap();
    let mut cache = TokenCache::new(10, 1 << 20);
    for (token, reason) in [
        (format!("{message}.AAAAAAAAAAA"), Reason::BadSignature),
        (OTHER.token(&ROW, PAYLOAD), Reason::BadSignature),
        (ONE.token(&ROW, &payload_with("exp", "1")), Reason::Expired),
        (ONE.token(&ROW, &payload_with("nbf", "1750000001")), Reason::NotYetValid),
        (STATIC.token(&ROW, PAYLOAD), Reason::SigningKeyKind),
        (Pair { kid: "d-2", ..ONE }.token(&ROW, PAYLOAD), Reason::UnknownKey),
        (ONE.token(&ROW, &payload_with("stt", "1")), Reason::WrongTokenType),
        (String::from("a.b"), Reason::SegmentCount),
    ] {
        for _ in 0..2 {
            let (_, decision) = decide(&gate, &token, &mut cache, &keys, at(NOW));
            assert_eq!(decision, SessionDecision::TryRefresh(reason));
            assert!(cache.is_empty(), "{reason}");
        }
    }
}

/// A text that differs in any one character from one that is remembered is not taken for it.
#[test]
fn the_whole_text_is_compared() {
    let (keys, gate) = (store(&ROW, &[ONE]).keys(), page());
    let good = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&gate, &good, &mut cache, &keys, at(NOW)).0, 1);
    for index in 0..good.len() {
        let mut changed = good.clone().into_bytes();
        changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        let (_, decision) = decide(&gate, &changed, &mut cache, &keys, at(NOW));
        assert!(matches!(decision, SessionDecision::TryRefresh(_)), "{index}: {decision:?}");
    }
    for changed in [&good[1..], &good[..good.len() - 1], &format!("A{good}")] {
        let (_, decision) = decide(&gate, changed, &mut cache, &keys, at(NOW));
        assert!(matches!(decision, SessionDecision::TryRefresh(_)), "{decision:?}");
    }
    assert_eq!((cache.len(), decide(&gate, &good, &mut cache, &keys, at(NOW)).0), (1, 0));
}
