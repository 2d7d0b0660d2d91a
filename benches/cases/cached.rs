//! Tokens that come again: a thousand visitors, and what each sends.

use supertokens_session::{
    AllowedDomainsClaim, EmailVerificationClaim, Gate, Keys, MultiFactorAuthClaim, PagePolicy,
    PermissionClaim, SessionDecision, TokenCache, UserRoleClaim,
};

use super::support::{NOW, PAYLOAD, Signer, at};

/// As many as take turns.
pub const VISITORS: usize = 1_000;

/// Visitors whose tokens are in a cache, and who come one after the other.
pub struct Visitors {
    cookies: Vec<String>,
    cache: TokenCache,
    next: usize,
}

impl Visitors {
    /// Each has a token of their own in the last of these cookies.
    pub fn new(other_cookies: &str, gate: &Gate, keys: &Keys) -> Self {
        let issuer = Signer::dynamic();
        let payload = payload();
        let visitor = |number: usize| {
            let user = format!(r#""sub":"user-{number:04}""#);
            let token = issuer.session(&payload.replace(r#""sub":"user-1""#, &user));
            format!("{other_cookies}sAccessToken={token}")
        };
        let cookies = (0..VISITORS).map(visitor).collect();
        let cache = TokenCache::new(VISITORS, 16 << 20);
        let mut visitors = Self { cookies, cache, next: 0 };
        for _ in 0..VISITORS {
            let decision = visitors.decide(gate, keys);
            assert!(matches!(decision, SessionDecision::Authenticated(_)), "{decision:?}");
        }
        assert_eq!(visitors.cache.len(), VISITORS);
        visitors
    }

    /// What one token takes in the cache.
    pub fn bytes_each(&self) -> usize {
        self.cache.bytes() / VISITORS
    }

    /// The decision on the request of the next one, from the bytes of the `Cookie` field.
    pub fn decide(&mut self, gate: &Gate, keys: &Keys) -> SessionDecision {
        let cookie = &self.cookies[self.next];
        self.next = (self.next + 1) % VISITORS;
        gate.request("GET", [cookie.as_bytes()]).decide_with(&mut self.cache, keys, at(NOW))
    }
}

/// With all the claims that the SDK's own validators look at.
fn payload() -> String {
    let more = concat!(
        r#","st-mfa":{"c":{"emailpassword":1749999940,"totp":1749999950},"v":true},"#,
        r#""st-t-dmns":{"v":["a.example","b.example"],"t":1749999940126}}"#
    );
    let perm = r#""st-perm":{"v":["read","write"],"#;
    PAYLOAD.strip_suffix('}').unwrap_or_default().replace(r#""st-perm":{"v":[],"#, perm) + more
}

/// A page that asks for each of them.
pub fn with_five_claims() -> Gate {
    Gate::page(
        PagePolicy::default()
            .claim(EmailVerificationClaim::is_verified())
            .claim(UserRoleClaim::includes("admin"))
            .claim(PermissionClaim::includes("write"))
            .claim(MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth())
            .claim(AllowedDomainsClaim::includes("a.example")),
    )
}
