//! Requests to an API.

use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, EmailVerificationClaim, Gate, Keys, PermissionClaim, Reason,
    SessionDecision, UserRoleClaim,
};

use super::support::{NOW, PAYLOAD, Signer, at, payload_with};
use super::{TOKEN, cookie};

/// A request, a gate for it, and what is to be said of it.
pub struct ApiCase {
    pub name: &'static str,
    pub gate: Gate<ApiPolicy>,
    pub sent: Sent,
    /// The name of the decision.
    pub decision: &'static str,
}

/// The header fields of a GET.
#[derive(Clone, Default)]
pub struct Sent {
    pub authorization: Option<String>,
    pub cookies: Vec<String>,
}

impl Sent {
    fn cookie(token: &str) -> Self {
        Self { authorization: None, cookies: vec![cookie(token)] }
    }

    fn bearer(token: &str) -> Self {
        Self { authorization: Some(format!("Bearer {token}")), cookies: Vec::new() }
    }

    pub fn decide(&self, gate: &Gate<ApiPolicy>, keys: &Keys) -> ApiDecision {
        gate.request("GET", self.cookies.iter().map(|field| field.as_bytes()))
            .authorization(self.authorization.as_ref().map(|value| value.as_bytes()))
            .decide(keys, at(NOW))
    }
}

pub fn policy() -> ApiPolicy {
    ApiPolicy::new(AntiCsrf::None)
}

/// Each way to a signature, and each thing that is done behind one. Every case checks just one.
pub fn cases() -> Vec<ApiCase> {
    let issuer = Signer::dynamic();
    let good = TOKEN.trim();
    // Not a session's, as is seen when all of it was read.
    let no_session = issuer.session(&payload_with("sessionHandle", ""));
    let expired = issuer.session(&payload_with("exp", "1749999999"));
    let case =
        |name, policy, sent, decision| ApiCase { name, gate: Gate::api(policy), sent, decision };
    let three = policy()
        .claim(EmailVerificationClaim::is_verified())
        .claim(UserRoleClaim::includes("admin"))
        .claim(PermissionClaim::excludes("post:delete"));
    let both = Sent { cookies: vec![cookie(good)], ..Sent::bearer(&no_session) };
    vec![
        case("api-cookie", policy(), Sent::cookie(good), "authenticated"),
        case("api-bearer", policy(), Sent::bearer(good), "authenticated"),
        case("api-malformed-then-cookie", policy(), both, "authenticated"),
        case("api-expired-bearer", policy(), Sent::bearer(&expired), "try_refresh"),
        case("api-ask-core", policy().check_database(true), Sent::cookie(good), "ask_core"),
        case("api-three-claims", three, Sent::cookie(&issuer.session(PAYLOAD)), "authenticated"),
    ]
}

/// The name of the decision's reason.
pub fn reason(decision: &ApiDecision) -> Option<&'static str> {
    match decision {
        SessionDecision::FetchKeys(_) => Some("fetch_keys"),
        decision => decision.reason().map(Reason::name),
    }
}
