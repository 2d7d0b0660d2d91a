//! The API gate: which token counts, what keeps out other sites' requests, when the core is asked and
//! what its answers lead to, and what a client is told. Every token is truly signed unless its row
//! says otherwise.

mod support;

#[path = "api/core.rs"]
mod core;
#[path = "api/csrf.rs"]
mod csrf;
#[path = "api/sources.rs"]
mod sources;

use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, EmailVerificationClaim, FetchAnswer, Gate, Keys, PagePolicy,
    Reason, SessionDecision, StatusCodes, UserRoleClaim,
};
use support::{
    NOT_OF_A_PAGE_S_TOKEN, NOW, PAYLOAD, Signer, at, jwks, jwks_of, keys, payload_with, store_after,
};

/// One request to an API.
#[derive(Clone, Default)]
struct Sent {
    method: &'static str,
    cookies: Vec<String>,
    authorization: Option<String>,
    anti_csrf: Option<&'static str>,
    rid: Option<&'static str>,
}

impl Sent {
    /// A GET with this token in the access token cookie.
    fn cookie(token: &str) -> Self {
        Self::cookies(&[format!("sAccessToken={token}")])
    }

    fn cookies(fields: &[String]) -> Self {
        Self { method: "GET", cookies: fields.to_vec(), ..Self::default() }
    }

    fn bearer(token: &str) -> Self {
        Self { method: "GET", authorization: Some(format!("Bearer {token}")), ..Self::default() }
    }

    fn with_bearer(self, token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), ..self }
    }

    fn method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    fn read<'r>(&'r self, gate: &'r Gate<ApiPolicy>) -> supertokens_session::ApiRequest<'r> {
        gate.request(self.method, self.cookies.iter().map(|field| field.as_bytes()))
            .authorization(self.authorization.as_ref().map(|value| value.as_bytes()))
            .anti_csrf(self.anti_csrf.map(str::as_bytes))
            .rid(self.rid.map(str::as_bytes))
    }

    fn decide(&self, policy: ApiPolicy, keys: &Keys) -> ApiDecision {
        self.read(&Gate::api(policy)).decide(keys, at(NOW))
    }
}

fn policy() -> ApiPolicy {
    ApiPolicy::new(AntiCsrf::None)
}

fn ready() -> Keys {
    keys(&jwks())
}

/// A token of this user.
fn token_of(user: &str) -> String {
    Signer::dynamic().session(&payload_with("sub", &format!("{user:?}")))
}

/// The user, or the reason.
fn who(decision: &ApiDecision) -> Result<String, Reason> {
    match decision {
        SessionDecision::Authenticated(session) => Ok(session.user_id().to_owned()),
        other => Err(other.reason().unwrap_or_else(|| panic!("{other:?}"))),
    }
}

/// The reasons that no page's token has by itself, each by a request that has it: this is where a new
/// one is missed.
#[test]
fn every_reason_is_some_request_s() {
    let (keys, mut reached) = (ready(), Vec::new());
    let mut add = |decision: ApiDecision| reached.extend(decision.reason());
    for (_, policy, sent, _) in csrf::rows() {
        add(sent.decide(policy, &keys));
    }
    for (check_database, parent, _) in ASKED {
        let token = Signer::dynamic().session(&payload_with("parentRefreshTokenHash1", parent));
        add(Sent::cookie(&token).decide(policy().check_database(check_database), &keys));
    }
    for (status, body, ..) in core::ROWS {
        add(core::said(status, body));
    }
    let sent = Sent::cookie(&token_of("u"));
    add(sent.clone().method("OPTIONS").decide(policy(), &keys));
    add(sent.decide(policy().claim(UserRoleClaim::includes("owner")), &keys));

    // A page beside its API, and beside the front token.
    let gate = Gate::page(PagePolicy::default());
    let page = |cookie: &str, front: Option<&str>| {
        let request = gate.request("GET", [cookie.as_bytes()]);
        let decision = request.decide(&keys, at(NOW));
        request.with_front_token(decision, front.map(str::as_bytes), at(NOW))
    };
    let request = gate.request("GET", [sent.cookies[0].as_bytes()]);
    let SessionDecision::Authenticated(session) = request.decide(&keys, at(NOW)) else { panic!() };
    for status in [401, 500] {
        let decision = request.api_answered(session.clone(), status, b"", at(NOW));
        reached.extend(decision.reason());
    }
    // {"uid":"u","ate":1,"up":{}}, and the same of a later time.
    let (dead, other) =
        ("eyJ1aWQiOiJ1IiwiYXRlIjoxLCJ1cCI6e319", "eyJ1aWQiOiJ1IiwiYXRlIjo5ZTE1LCJ1cCI6e319");
    for (cookie, front) in [
        (sent.cookies[0].as_str(), None),
        (&sent.cookies[0], Some("garbage")),
        (&sent.cookies[0], Some(dead)),
        (&sent.cookies[0], Some(other)),
        ("", Some(other)),
    ] {
        reached.extend(page(cookie, front).reason());
    }
    for reason in NOT_OF_A_PAGE_S_TOKEN {
        assert!(reached.contains(&reason), "{reason:?}");
    }
}

/// What a policy wants of the core, and the token's `parentRefreshTokenHash1`.
const ASKED: [(bool, &str, Reason); 3] = [
    (true, "null", Reason::CheckDatabase),
    (true, r#""x""#, Reason::CheckDatabase),
    (false, r#""x""#, Reason::FirstUseAfterRefresh),
];

#[test]
fn options_and_trace_are_not_checked_and_have_no_answer() {
    let gate = Gate::api(policy());
    for (method, is_checked) in [
        ("OPTIONS", false),
        ("options", false),
        ("TRACE", false),
        ("GET", true),
        ("HEAD", true),
        ("POST", true),
        ("QUERY", true),
        ("", true),
    ] {
        for sent in [Sent::cookie(&token_of("u")), Sent::cookie("garbage"), Sent::cookies(&[])] {
            let decision = sent.method(method).read(&gate).decide(&ready(), at(NOW));
            let is_not = decision == SessionDecision::NoSession(Reason::NotChecked);
            assert_eq!(is_not, !is_checked, "{method}");
            if is_not {
                assert_eq!(gate.response(&decision, at(NOW)), None);
            }
        }
    }
}

/// Each decision, as a client gets it: the SDK's status and body, and the fields that clear tokens
/// only where the session is over.
#[test]
fn a_client_is_told_what_the_sdk_tells_it() {
    let unauthorised = r#"{"message":"unauthorised"}"#;
    let refresh = r#"{"message":"try refresh token"}"#;
    let codes = StatusCodes::new(440, 418).unwrap();
    let expired = Signer::dynamic().session(&payload_with("exp", "1"));
    let failed = store_after(FetchAnswer::failed(), at(NOW)).keys();
    let is_verified = || policy().claim(EmailVerificationClaim::is_verified());
    let unverified =
        Signer::dynamic().session(&payload_with("st-ev", r#"{"v":false,"t":1749999995000}"#));
    let claims = concat!(
        r#"{"message":"invalid claim","claimValidationErrors":[{"id":"st-ev","reason":"#,
        r#"{"message":"wrong value","expectedValue":true,"actualValue":false}}]}"#
    );
    type Row<'r> = (&'r str, ApiPolicy, Sent, Keys, Option<(u16, &'r str)>);
    let rows: [Row<'_>; 12] = [
        ("good", policy(), Sent::cookie(&token_of("u")), ready(), None),
        ("none", policy(), Sent::cookies(&[]), ready(), Some((401, unauthorised))),
        ("garbage", policy(), Sent::cookie("x"), ready(), Some((401, unauthorised))),
        ("expired", policy(), Sent::cookie(&expired), ready(), Some((401, refresh))),
        (
            "codes",
            policy().status_codes(codes),
            Sent::cookie(&expired),
            ready(),
            Some((440, refresh)),
        ),
        ("optional", policy().session_required(false), Sent::cookies(&[]), ready(), None),
        ("optional, garbage", policy().session_required(false), Sent::bearer("x"), ready(), None),
        (
            "optional, expired",
            policy().session_required(false),
            Sent::cookie(&expired),
            ready(),
            Some((401, refresh)),
        ),
        ("claims", is_verified(), Sent::cookie(&unverified), ready(), Some((403, claims))),
        (
            "codes of claims",
            is_verified().status_codes(codes),
            Sent::cookie(&unverified),
            ready(),
            Some((418, claims)),
        ),
        (
            "outage",
            policy(),
            Sent::cookie(&token_of("u")),
            failed.clone(),
            Some((503, r#"{"message":"service unavailable"}"#)),
        ),
        ("outage, nobody", policy(), Sent::cookies(&[]), failed, Some((401, unauthorised))),
    ];
    for (note, policy, sent, keys, expected) in rows {
        let gate = Gate::api(policy);
        let decision = sent.read(&gate).decide(&keys, at(NOW));
        let response = gate.response(&decision, at(NOW));
        let found = response.as_ref().map(|response| (response.status(), response.body()));
        assert_eq!(found, expected, "{note}: {decision:?}");
        let Some(response) = response else { continue };
        let headers: Vec<_> = response.headers().collect();
        let mut fields = vec![
            ("cache-control", "no-store"),
            ("content-type", "application/json; charset=utf-8"),
        ];
        if response.status() == 503 {
            fields.insert(1, ("retry-after", "1"));
        }
        assert_eq!(headers, fields, "{note}");
    }
}

/// All failures, in the order of the validators, and not one that holds.
/// Whoever makes a decision of their own out of a reason is told the same: no session.
#[test]
fn no_session_for_whatever_reason_is_an_answer_401() {
    let gate = Gate::api(policy());
    // Those whose method is not looked at have no answer.
    let unchecked = [Reason::NotChecked, Reason::Method];
    for reason in Reason::ALL.iter().filter(|reason| !unchecked.contains(reason)) {
        let response = gate.response(&SessionDecision::NoSession(*reason), at(NOW)).unwrap();
        let clears = response.headers().any(|(name, _)| name == "set-cookie");
        let told = (response.status(), response.body(), clears);
        let is_cleared = *reason == Reason::Revoked;
        assert_eq!(told, (401, r#"{"message":"unauthorised"}"#, is_cleared), "{reason:?}");
    }
}

#[test]
fn a_client_is_told_of_every_invalid_claim_in_order() {
    let policy = policy()
        .claim(UserRoleClaim::includes("owner"))
        .claim(EmailVerificationClaim::is_verified())
        .claim(UserRoleClaim::excludes("admin").with_id("not-admin"));
    let gate = Gate::api(policy);
    let sent = Sent::bearer(&token_of("u"));
    let decision = sent.read(&gate).decide(&ready(), at(NOW));
    let SessionDecision::InvalidClaims(failures) = &decision else { panic!("{decision:?}") };
    let ids: Vec<_> = failures.failures().iter().map(|failure| failure.id()).collect();
    assert_eq!(ids, ["st-role", "not-admin"]);
    assert_eq!(decision.reason(), Some(Reason::InvalidClaims));
}

/// Claims are judged only of a session that holds.
#[test]
fn whoever_is_not_signed_in_is_not_told_of_claims() {
    let policy = policy().claim(UserRoleClaim::includes("owner"));
    let expired = Signer::dynamic().session(&payload_with("exp", "1"));
    let forged = Signer::other().session(PAYLOAD);
    for (token, reason) in [(expired, Reason::Expired), (forged, Reason::BadSignature)] {
        let decision = Sent::cookie(&token).decide(policy.clone(), &ready());
        assert_eq!(who(&decision), Err(reason));
    }
}

/// A key that the set lacks is asked for, and what cannot be had is not the client's fault.
#[test]
fn keys_are_fetched_or_unavailable_as_for_a_page() {
    let sent = Sent::bearer(&token_of("u"));
    let new = support::new_store(supertokens_session::KeyPolicy::default()).keys();
    assert!(matches!(sent.decide(policy(), &new), SessionDecision::FetchKeys(_)));
    let unusable =
        keys(&jwks_of(&[Signer::dynamic().jwk().replace("sig", "enc"), Signer::statik().jwk()]));
    assert_eq!(who(&sent.decide(policy(), &unusable)), Err(Reason::KeyUnusable));
}

/// `response` is "what to answer, unless the request is to be carried out". Where keys or the core have
/// not been asked it must not be carried out: a caller who forgets these arms must be safe.
#[test]
fn whoever_forgets_to_ask_the_core_or_to_fetch_refuses() {
    let cookie = format!("sAccessToken={}", token_of("u"));
    for keys in [ready(), support::new_store(supertokens_session::KeyPolicy::default()).keys()] {
        let gate = Gate::api(policy().check_database(true));
        let decision = gate.request("POST", [cookie.as_bytes()]).decide(&keys, at(NOW));
        assert!(matches!(decision.name(), "ask_core" | "fetch_keys"), "{decision:?}");
        let response = gate.response(&decision, at(NOW));
        assert_eq!(response.map(|response| response.status()), Some(503), "{decision:?}");
    }
}

/// A core that is down says 503, and so does the API behind a page; and what is no status at all makes
/// frameworks panic.
#[test]
fn a_status_of_an_outage_or_none_at_all_stands_for_no_refusal() {
    for (expired, claims) in [
        (503, 403),
        (401, 503),
        (0, 403),
        (401, 99),
        (1000, 403),
        (301, 403),
        (200, 403),
        (401, 204),
        (401, 401),
        (399, 403),
        (401, 500),
    ] {
        assert_eq!(StatusCodes::new(expired, claims), None, "{expired} {claims}");
    }
    for (expired, claims) in [(400, 499), (499, 400)] {
        assert!(StatusCodes::new(expired, claims).is_some(), "{expired} {claims}");
    }
}
