//! Both tokens side by side: the states, in their order, and that none of what a refresh or a wait
//! mends signs anybody out.

use serde_json::Value;
use supertokens_session::{
    FetchAnswer, FrontToken, KeyPolicy, SessionDecision, SsrAction, SsrState, UnixMillis,
};

use crate::support::{
    NOW, PAYLOAD, Signer, at, decide, jwks, jwks_of, keys, new_store, payload_with, store_after,
};
use crate::{base64, session};

/// A fresh front token of [`PAYLOAD`].
fn fresh() -> String {
    FrontToken::header_value(&session(PAYLOAD))
}

/// What the page gate decides on this payload, truly signed, with the issuer's keys at [`NOW`].
fn decided(payload: &str) -> SessionDecision {
    let cookie = format!("sAccessToken={}", Signer::dynamic().session(payload));
    decide(cookie.as_bytes(), &keys(&jwks()), at(NOW))
}

fn state(front: &str, access: &SessionDecision) -> SsrState {
    SsrState::of(Some(front.as_bytes()), access, at(NOW))
}

#[test]
fn the_states_come_in_their_order() {
    let good = decided(PAYLOAD);
    assert_eq!(SsrState::of(None, &good, at(NOW)), SsrState::FrontTokenNotFound);
    assert_eq!(state("", &good), SsrState::FrontTokenNotFound);
    assert_eq!(state("garbage", &good), SsrState::FrontTokenInvalid);
    let none = decide(b"", &keys(&jwks()), at(NOW));
    assert_eq!(state(&fresh(), &none), SsrState::AccessTokenNotFound);
    assert_eq!(state(&fresh(), &good), SsrState::TokensMatch);
    // The front token is judged first, whatever the access token is.
    let dead = base64(&format!(r#"{{"uid":"user-1","ate":1,"up":{PAYLOAD}}}"#));
    for access in [&good, &none, &decided(&payload_with("exp", "1"))] {
        assert_eq!(state(&dead, access), SsrState::FrontTokenExpired);
        assert_eq!(SsrState::of(None, access, at(NOW)), SsrState::FrontTokenNotFound);
    }
    // To the millisecond, as an access token expires.
    let at_its_end = UnixMillis::from_millis(1_750_003_540_000);
    let before = UnixMillis::from_millis(1_750_003_539_999);
    let at_time = |now| SsrState::of(Some(fresh().as_bytes()), &good, now);
    assert_eq!(at_time(at_its_end), SsrState::FrontTokenExpired);
    assert_eq!(at_time(before), SsrState::TokensMatch);
}

#[test]
fn an_access_token_that_does_not_hold_is_refreshed_and_signs_nobody_out() {
    let issuer = Signer::dynamic();
    let cookie = |token: &str| format!("sAccessToken={token}").into_bytes();
    let others = keys(&jwks_of(&[Signer::statik().jwk()]));
    let good = issuer.session(PAYLOAD);
    for access in [
        decided(&payload_with("exp", "1750000000")),
        decided(&payload_with("nbf", "1750000001")),
        decide(&cookie("garbage"), &keys(&jwks()), at(NOW)),
        decide(&cookie(&Signer::other().session(PAYLOAD)), &keys(&jwks()), at(NOW)),
        // Rotated, and the issuer was just asked.
        decide(&cookie(&good), &others, at(NOW)),
        decide(&[cookie(&good), cookie(&good)].join(&b';'), &keys(&jwks()), at(NOW)),
        decide(
            &[cookie(&good), b"sIdRefreshToken=x".to_vec()].join(&b';'),
            &keys(&jwks()),
            at(NOW),
        ),
    ] {
        assert!(matches!(access, SessionDecision::TryRefresh(_)), "{access:?}");
        let state = state(&fresh(), &access);
        assert_eq!((state, state.action()), (SsrState::AccessTokenInvalid, SsrAction::Refresh));
    }
}

#[test]
fn keys_that_are_missing_are_waited_for_and_sign_nobody_out() {
    let cookie = format!("sAccessToken={}", Signer::dynamic().session(PAYLOAD));
    let state_with = |keys, now| {
        let access = decide(cookie.as_bytes(), &keys, now);
        let state = SsrState::of(Some(fresh().as_bytes()), &access, now);
        (state, state.action())
    };
    let needed = (SsrState::KeysNeeded, SsrAction::FetchKeys);
    assert_eq!(state_with(new_store(KeyPolicy::default()).keys(), at(NOW)), needed);
    // A key that the set has not had, a minute later.
    assert_eq!(state_with(keys(&jwks_of(&[Signer::statik().jwk()])), at(NOW + 61)), needed);
    let failed = store_after(FetchAnswer::failed(), at(NOW)).keys();
    let unavailable = (SsrState::KeysUnavailable, SsrAction::Unavailable);
    assert_eq!(state_with(failed, at(NOW)), unavailable);
}

/// As Go and Python write it: members sorted, numbers and characters in other spellings.
#[test]
fn payloads_are_compared_as_values() {
    let payload = payload_with("x", r#"{"z":1,"a":[1.0,"\u00e9<",{"c":0.1,"b":null}]}"#);
    let access = decided(&payload);
    let front = |up: &str| base64(&format!(r#"{{"up":{up},"uid":"user-1","ate":1750003540000}}"#));
    // serde_json sorts.
    let sorted = serde_json::from_str::<Value>(&payload).unwrap().to_string();
    assert_ne!(sorted, payload);
    let spelt = sorted
        .replace("1.0", "1")
        .replace("é<", "\\u00e9\\u003c")
        .replace(",\"", ", \"")
        .replace("1750003540,", "1.75000354e9,");
    for same in [&payload, &sorted, &spelt] {
        assert_eq!(state(&front(same), &access), SsrState::TokensMatch, "{same}");
    }
    for (from, to) in [
        ("\"z\":1", "\"z\":2"),
        ("\"z\":1", "\"y\":1"),
        ("null", "false"),
        ("é<", "e<"),
        ("\"st-role\"", "\"st-roles\""),
        ("\"admin\"", "\"admin\",\"admin\""),
        ("1749999940123", "1749999940124"),
    ] {
        let other = sorted.replacen(from, to, 1);
        assert_ne!(other, sorted);
        let state = state(&front(&other), &access);
        assert_eq!(
            (state, state.action()),
            (SsrState::TokensDoNotMatch, SsrAction::Refresh),
            "{to}"
        );
    }
}

#[test]
fn only_without_a_front_token_is_there_a_sign_in() {
    for state in SsrState::ALL {
        let signs_in = state.action() == SsrAction::SignIn;
        assert_eq!(signs_in, *state == SsrState::FrontTokenNotFound, "{state:?}");
        let renders = state.action() == SsrAction::Render;
        assert_eq!(renders, *state == SsrState::TokensMatch, "{state:?}");
    }
}
