//! Both tokens side by side: the states, in their order, and that none of what a refresh or a wait
//! mends signs anybody out.

use serde_json::Value;
use supertokens_session::{
    EmailVerificationClaim, FetchAnswer, FrontToken, Gate, KeyPolicy, Keys, PagePolicy, Reason,
    SessionDecision, UnixMillis,
};

use crate::support::{
    NOW, PAYLOAD, Signer, at, jwks, jwks_of, keys, new_store, payload_with, store_after,
};
use crate::{base64, session};

/// A fresh front token of [`PAYLOAD`].
fn fresh() -> String {
    FrontToken::header_value(&session(PAYLOAD))
}

/// The `Cookie` field with this payload, truly signed.
fn cookie(payload: &str) -> String {
    format!("sAccessToken={}", Signer::dynamic().session(payload))
}

/// What is decided on the access token, and then with this front token in another cookie.
fn both(
    cookie: &str,
    front: Option<&str>,
    keys: &Keys,
    now: UnixMillis,
) -> (SessionDecision, SessionDecision) {
    let gate = Gate::page(PagePolicy::default());
    let front = front.map(|front| format!("x=y; sFrontToken={front}"));
    let fields = || [Some(cookie), front.as_deref()].into_iter().flatten().map(str::as_bytes);
    let request = gate.request("GET", fields());
    let access = request.decide(keys, now);
    let decision = request.with_front_token(access.clone(), FrontToken::find(fields()), now);
    (access, decision)
}

fn with_front(cookie: &str, front: &str) -> SessionDecision {
    both(cookie, Some(front), &keys(&jwks()), at(NOW)).1
}

#[test]
fn the_states_come_in_their_order() {
    let dead = base64(&format!(r#"{{"uid":"user-1","ate":1,"up":{PAYLOAD}}}"#));
    let good = cookie(PAYLOAD);
    let expired = cookie(&payload_with("exp", "1"));
    let refresh = SessionDecision::TryRefresh;
    for access in [good.as_str(), "", &expired, "sAccessToken=x"] {
        // The front token is judged first, whatever the access token is.
        let nobody = SessionDecision::NoSession(Reason::FrontTokenNotFound);
        assert_eq!(both(access, None, &keys(&jwks()), at(NOW)).1, nobody);
        assert_eq!(with_front(access, ""), nobody);
        assert_eq!(with_front(access, "garbage"), refresh(Reason::FrontTokenInvalid));
        assert_eq!(with_front(access, &dead), refresh(Reason::FrontTokenExpired));
    }
    assert_eq!(with_front("", &fresh()), refresh(Reason::AccessTokenNotFound));
    assert_eq!(with_front("sAccessToken=", &fresh()), refresh(Reason::AccessTokenNotFound));
    assert_eq!(with_front(&good, &fresh()), SessionDecision::Authenticated(session(PAYLOAD)));
    // To the millisecond, as an access token expires.
    for (now, expected) in [
        (1_750_003_539_999, SessionDecision::Authenticated(session(PAYLOAD))),
        (1_750_003_540_000, refresh(Reason::FrontTokenExpired)),
    ] {
        let now = UnixMillis::from_millis(now);
        let late = store_after(FetchAnswer::http(200, jwks().as_bytes()), now).keys();
        assert_eq!(both(&good, Some(&fresh()), &late, now).1, expected);
    }
}

#[test]
fn an_access_token_that_does_not_hold_is_refreshed_and_signs_nobody_out() {
    let good = cookie(PAYLOAD);
    let (ready, others) = (keys(&jwks()), keys(&jwks_of(&[Signer::statik().jwk()])));
    for (access, keys) in [
        (cookie(&payload_with("exp", "1750000000")), &ready),
        (cookie(&payload_with("nbf", "1750000001")), &ready),
        ("sAccessToken=garbage".into(), &ready),
        (format!("sAccessToken={}", Signer::other().session(PAYLOAD)), &ready),
        // Rotated, and the issuer was just asked.
        (good.clone(), &others),
        (format!("{good}; {good}"), &ready),
        (format!("{good}; sIdRefreshToken=x"), &ready),
    ] {
        let (access, decision) = both(&access, Some(&fresh()), keys, at(NOW));
        assert!(matches!(access, SessionDecision::TryRefresh(_)), "{access:?}");
        assert_eq!(decision, access);
    }
}

#[test]
fn keys_that_are_missing_are_waited_for_and_sign_nobody_out() {
    let failed = store_after(FetchAnswer::failed(), at(NOW)).keys();
    for (keys, now, name) in [
        (new_store(KeyPolicy::default()).keys(), at(NOW), "fetch_keys"),
        // A key that the set has not had, a minute later.
        (keys(&jwks_of(&[Signer::statik().jwk()])), at(NOW + 61), "fetch_keys"),
        (failed, at(NOW), "unavailable"),
    ] {
        let (access, decision) = both(&cookie(PAYLOAD), Some(&fresh()), &keys, now);
        assert_eq!(decision.name(), name);
        assert_eq!(decision, access);
    }
}

/// As Go and Python write it: members sorted, numbers and characters in other spellings.
#[test]
fn payloads_are_compared_as_values() {
    let payload = payload_with("x", r#"{"z":1,"a":[1.0,"\u00e9<",{"c":0.1,"b":null}]}"#);
    let access = cookie(&payload);
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
        let decision = with_front(&access, &front(same));
        assert_eq!(decision, SessionDecision::Authenticated(session(&payload)), "{same}");
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
        let decision = with_front(&access, &front(&other));
        assert_eq!(decision, SessionDecision::TryRefresh(Reason::TokensDoNotMatch), "{to}");
    }
}

/// Tokens that never match end the round as any other refusal does.
#[test]
fn refreshing_for_the_front_token_s_sake_is_counted_too() {
    let gate = Gate::page(PagePolicy::default());
    let (access, front) = (cookie(PAYLOAD), base64(r#"{"uid":"u","ate":9e15,"up":{}}"#));
    for (attempts, expected) in [(4, "try_refresh"), (5, "refresh_loop")] {
        let field = format!("{access}; sFrontToken={front}; __Host-stRefreshAttempts={attempts}");
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide(&keys(&jwks()), at(NOW));
        assert_eq!(decision.name(), "authenticated");
        let found = FrontToken::find([field.as_bytes()]);
        let decision = request.with_front_token(decision, found, at(NOW));
        assert_eq!(
            (decision.name(), decision.reason()),
            (expected, Some(Reason::TokensDoNotMatch))
        );
    }
}

/// The table of `with_front_token` has no exception for a session whose claims are invalid: of another
/// payload than the front end's it is refreshed, which may be all that its claims need.
#[test]
fn tokens_that_do_not_match_are_refreshed_before_claims_are_looked_at() {
    let gate =
        Gate::page(PagePolicy::default().claim(supertokens_session::UserRoleClaim::includes("x")));
    let newer = PAYLOAD.replace("admin", "x");
    assert_ne!(newer, PAYLOAD);
    let front = FrontToken::header_value(&session(&newer));
    let field = format!("{}; sFrontToken={front}", cookie(PAYLOAD));
    let request = gate.request("GET", [field.as_bytes()]);
    let access = request.decide(&keys(&jwks()), at(NOW));
    assert_eq!(access.name(), "invalid_claims");
    let decision = request.with_front_token(access, FrontToken::find([field.as_bytes()]), at(NOW));
    assert_eq!(decision, SessionDecision::TryRefresh(Reason::TokensDoNotMatch));
}

/// A page gate that did not look at the request has nothing to compare.
#[test]
fn a_method_that_is_not_decided_stays_so() {
    let gate = Gate::page(PagePolicy::default());
    let request = gate.request("POST", []);
    let not = SessionDecision::NoSession(Reason::Method);
    assert_eq!(request.with_front_token(not.clone(), Some(fresh().as_bytes()), at(NOW)), not);
}

/// The front end believes that the address is verified, the access token says that it is not (its
/// cookie was not replaced). The claim's page asks the front end, which sends the visitor straight back:
/// a round that nothing counts. The table of `with_front_token` says "another payload: `TryRefresh`".
#[test]
fn tokens_that_do_not_match_are_refreshed_whatever_the_claims_are() {
    let gate = Gate::page(PagePolicy::default().claim(EmailVerificationClaim::is_verified()));
    let unverified = payload_with("st-ev", r#"{"v":false,"t":1749999995000}"#);
    let front = fresh();
    let mut field = format!("sAccessToken={}", Signer::dynamic().session(&unverified));
    field = format!("{field}; sFrontToken={front}");
    let request = gate.request("GET", [field.as_bytes()]);
    let decision = request.decide(&keys(&jwks()), at(NOW));
    let decision =
        request.with_front_token(decision, FrontToken::find([field.as_bytes()]), at(NOW));
    assert_eq!(decision, SessionDecision::TryRefresh(Reason::TokensDoNotMatch));
}

/// Whoever can fill the jar must not be able to send a visitor to the sign-in page and back for ever.
#[test]
fn no_front_token_is_missed_where_not_all_was_read() {
    let gate = Gate::page(PagePolicy::default());
    for (before, reason) in [
        ("x=1; ".repeat(181), Reason::TooManyCookies),
        (format!("x={}; ", "y".repeat(64 * 1024)), Reason::CookieHeaderTooLong),
    ] {
        for (attempts, expected) in [(4, "try_refresh"), (5, "refresh_loop")] {
            let counter = format!("__Host-stRefreshAttempts={attempts}");
            let field = format!("{before}sFrontToken={}; {counter}", fresh());
            let request = gate.request("GET", [field.as_bytes()]);
            let decision = request.decide(&keys(&jwks()), at(NOW));
            let found = FrontToken::find([field.as_bytes()]);
            let decision = request.with_front_token(decision, found, at(NOW));
            assert_eq!((decision.name(), decision.reason()), (expected, Some(reason)));
        }
    }
}
