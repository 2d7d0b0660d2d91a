//! What changed versions of the library passed all tests with: each test here holds, and fails for one.

mod support;

use supertokens_session::{
    AntiCsrf, ApiPolicy, CoreAnswer, EmailVerificationClaim, FetchAnswer, Gate, KeyPolicy,
    PagePolicy, Reason, SessionDecision, StatusCodes,
};
use support::{NOW, PAYLOAD, Signer, at, jwks, keys, new_store, payload_with, store_after};

/// The count is over where the session is good, whatever its claims; and stays where nobody knows, or
/// an outage in every second round would keep a browser going round.
#[test]
fn the_counter_is_cleared_by_a_good_session_alone() {
    let gate = Gate::page(PagePolicy::default().claim(EmailVerificationClaim::is_verified()));
    let good = Signer::dynamic().session(PAYLOAD);
    let unverified =
        Signer::dynamic().session(&payload_with("st-ev", r#"{"v":false,"t":1749999995000}"#));
    let failed = store_after(FetchAnswer::failed(), at(NOW)).keys();
    let new = new_store(KeyPolicy::default()).keys();
    let ready = keys(&jwks());
    for (token, count, keys, name, clears) in [
        (good.as_str(), 5, &ready, "authenticated", true),
        (&unverified, 5, &ready, "invalid_claims", true),
        (&good, 3, &failed, "unavailable", false),
        (&good, 3, &new, "fetch_keys", false),
        ("x", 5, &ready, "refresh_loop", false),
        ("", 5, &ready, "no_session", false),
    ] {
        let field = format!("sAccessToken={token}; __Host-stRefreshAttempts={count}");
        let request = gate.request("GET", [field.as_bytes()]);
        let decision = request.decide(keys, at(NOW));
        assert_eq!(decision.name(), name);
        let set = request.set_cookie(&decision);
        assert_eq!(set.is_some(), clears, "{name}");
        assert!(set.is_none_or(|set| set.contains("Max-Age=0")));
    }
}

#[test]
fn the_counter_is_found_in_the_last_4_kib() {
    let gate = Gate::page(PagePolicy::default());
    let others = "x=y; ".repeat(200);
    let field = format!("{others}__Host-stRefreshAttempts=5; y={}", "z".repeat(4_000));
    let decision = gate.request("GET", [field.as_bytes()]).decide(&keys(&jwks()), at(NOW));
    assert_eq!(decision.name(), "refresh_loop");
}

#[test]
fn no_refusal_has_the_status_of_a_success() {
    for (expired, claims) in [(200, 403), (299, 403), (401, 200), (401, 204)] {
        assert_eq!(StatusCodes::new(expired, claims), None, "{expired} {claims}");
    }
}

/// `retry_at` is what a page shows and a proxy follows; `retry_after` alone would hide that it is now.
#[test]
fn an_answer_that_is_none_is_not_to_be_asked_for_again_at_once() {
    let cookie = format!("sAccessToken={}", Signer::dynamic().session(PAYLOAD));
    let ready = keys(&jwks());
    let api = Gate::api(ApiPolicy::new(AntiCsrf::None).check_database(true));
    let mut request = api.request("GET", [cookie.as_bytes()]);
    let SessionDecision::AskCore(check) = request.decide(&ready, at(NOW)) else { panic!() };
    request.finish(check, CoreAnswer::failed());
    let SessionDecision::Unavailable(why) = request.decide(&ready, at(NOW)) else { panic!() };
    assert_eq!(why.retry_at(), at(NOW + 1));

    let page = Gate::page(PagePolicy::default());
    let request = page.request("GET", [cookie.as_bytes()]);
    let SessionDecision::Authenticated(session) = request.decide(&ready, at(NOW)) else { panic!() };
    for status in [304, 302, 500, 100] {
        let decision = request.api_answered(session.clone(), status, b"", at(NOW));
        let SessionDecision::Unavailable(why) = decision else { panic!("{status} {decision:?}") };
        assert_eq!(why.retry_at(), at(NOW + 1));
    }
}

/// Of two flaws the one that the SDK sees first is told.
#[test]
fn of_two_flaws_the_first_is_told() {
    let gate = Gate::api(ApiPolicy::new(AntiCsrf::ViaCustomHeader));
    let issuer = Signer::dynamic();
    let unsigned = issuer.token(&issuer.header().replace("RS256", "none"), PAYLOAD);
    let statik = Signer::statik().session(&payload_with("exp", "1"));
    for (method, token, reason) in [
        ("POST", unsigned, Reason::CustomHeaderMissing),
        ("GET", statik, Reason::Expired),
    ] {
        let field = format!("sAccessToken={token}");
        let decision = gate.request(method, [field.as_bytes()]).decide(&keys(&jwks()), at(NOW));
        assert_eq!(decision.reason(), Some(reason));
    }
}
