//! Decisions with a token cache that is full.

use std::cell::RefCell;
use std::hint::black_box;

use supertokens_session::{
    AllowedDomainsClaim, EmailVerificationClaim, Gate, MultiFactorAuthClaim, PagePolicy,
    PermissionClaim, SessionDecision, TokenCache, UserRoleClaim,
};

use super::growth::{any_token, numbered};
use super::support::{NOW, PAYLOAD, Signer, at, jwks, keys};
use super::unchecked::UNCHECKED;
use super::{TOKEN, api, cookie, keys_of, reason};

/// Tokens of others in the cache.
const OTHERS: usize = 1_000;

/// Hits at a page, at an API, and where five claims are demanded; and a miss, for which a signature
/// is checked that does not hold.
pub fn count_all(count: &dyn Fn(&str, &dyn Fn())) {
    let held = keys(&jwks());
    let cache = RefCell::new(full());
    let page = Gate::page(PagePolicy::default());
    let forged = Signer::other().session(PAYLOAD);
    for (name, token, expected) in
        [("cached", TOKEN.trim(), None), ("cached-miss", forged.as_str(), Some("bad_signature"))]
    {
        let field = cookie(token);
        let decide = || {
            let request = page.request("GET", [black_box(&field).as_bytes()]);
            request.decide_with(&mut *cache.borrow_mut(), &held, at(NOW))
        };
        assert_eq!(reason(&decide()), expected, "{name}");
        count(name, &|| drop(black_box(decide())));
    }

    let mut payload = PAYLOAD.replace(r#""st-perm":{"v":[]"#, r#""st-perm":{"v":["post:read"]"#);
    payload.truncate(payload.len() - 1);
    payload.push_str(r#","st-mfa":{"c":{"emailpassword":1749999940},"v":true},"#);
    payload.push_str(r#""st-t-dmns":{"v":["acme.example.com"],"t":1749999940126}}"#);
    let five = api::policy()
        .claim(EmailVerificationClaim::is_verified())
        .claim(UserRoleClaim::includes("admin"))
        .claim(PermissionClaim::includes("post:read"))
        .claim(MultiFactorAuthClaim::has_completed_mfa_requirements_for_auth())
        .claim(AllowedDomainsClaim::includes("acme.example.com"));
    for (name, policy, token) in [
        ("cached-api", api::policy(), TOKEN.trim().to_owned()),
        ("cached-five-claims", five, Signer::dynamic().session(&payload)),
    ] {
        let (gate, field) = (Gate::api(policy), cookie(&token));
        let decide = || {
            let request = gate.request("GET", [black_box(&field).as_bytes()]);
            request.decide_with(&mut *cache.borrow_mut(), &held, at(NOW))
        };
        let decision = decide();
        assert!(matches!(decision, SessionDecision::Authenticated(_)), "{name}: {decision:?}");
        count(name, &|| drop(black_box(decide())));
    }
}

/// A cache in which each new token takes another's room.
fn full() -> TokenCache {
    let (gate, unchecked) = (Gate::page(PagePolicy::default()), keys_of(UNCHECKED, &jwks()));
    let mut cache = TokenCache::new(OTHERS, usize::MAX);
    for number in 0..OTHERS {
        let field = cookie(&numbered(&any_token(PAYLOAD), number));
        let request = gate.request("GET", [field.as_bytes()]);
        drop(request.decide_with(&mut cache, &unchecked, at(NOW)));
    }
    assert_eq!(cache.len(), OTHERS);
    cache
}
