//! What one gate has remembered, at another and from another place; what the core has said.

use supertokens_session::{
    AntiCsrf, ApiPolicy, CoreAnswer, EmailVerificationClaim, Gate, PagePolicy, Reason,
    SessionDecision, SigningKeyKind, TokenCache, TokenSource,
};

use crate::issuer::{ROW, checks, store};
use crate::support::{NOW, PAYLOAD, at, payload_with};
use crate::{ONE, cookie, decide, page, session};

/// One cache for a page of dynamic keys, a page of static ones, one with a validator, and an API.
#[test]
fn gates_that_share_a_cache_keep_their_own_rules() {
    let keys = store(&ROW, &[ONE]).keys();
    let unverified = PAYLOAD.replace(r#""st-ev":{"v":true"#, r#""st-ev":{"v":false"#);
    let with_csrf = unverified.replace(r#""antiCsrfToken":null"#, r#""antiCsrfToken":"csrf""#);
    let token = ONE.token(&ROW, &with_csrf);
    let mut cache = TokenCache::new(10, 1 << 20);
    assert_eq!(decide(&page(), &token, &mut cache, &keys, at(NOW)).0, 1);

    let statik = Gate::page(PagePolicy::default().signing_keys(SigningKeyKind::Static));
    let refused = SessionDecision::TryRefresh(Reason::SigningKeyKind);
    assert_eq!(decide(&statik, &token, &mut cache, &keys, at(NOW)), (0, refused));

    let verified = EmailVerificationClaim::is_verified();
    let claims = Gate::page(PagePolicy::default().claim(verified));
    for _ in 0..2 {
        let (checked, decision) = decide(&claims, &token, &mut cache, &keys, at(NOW));
        assert_eq!((checked, decision.name()), (0, "invalid_claims"));
    }

    let api = Gate::api(ApiPolicy::new(AntiCsrf::ViaToken));
    let cookie = cookie(&token);
    let mut api_decides = |header: Option<&[u8]>| {
        let request = api.request("POST", [cookie.as_bytes()]).anti_csrf(header);
        checks(|| request.decide_with(&mut cache, &keys, at(NOW)))
    };
    for (header, expected) in [
        (None, Some(Reason::AntiCsrfHeaderMissing)),
        (Some(b"other".as_slice()), Some(Reason::AntiCsrfMismatch)),
        (Some(b"csrf".as_slice()), None),
    ] {
        let (checked, decision) = api_decides(header);
        assert_eq!((checked, decision.reason()), (0, expected), "{decision:?}");
    }
    assert_eq!(cache.len(), 1);
}

/// A session says where the token of its own request was, not of the one that was first.
#[test]
fn one_text_may_come_from_several_places() {
    let keys = store(&ROW, &[ONE]).keys();
    let token = ONE.token(&ROW, PAYLOAD);
    let mut cache = TokenCache::new(10, 1 << 20);
    let (page, api) = (page(), Gate::api(ApiPolicy::new(AntiCsrf::None)));
    let (cookie, header_mode) = (cookie(&token), format!("st-access-token={token}"));
    let bearer = format!("Bearer {token}");
    for _ in 0..2 {
        for (field, source) in
            [(&cookie, TokenSource::Cookie), (&header_mode, TokenSource::HeaderModeCookie)]
        {
            let request = page.request("GET", [field.as_bytes()]);
            let decision = request.decide_with(&mut cache, &keys, at(NOW));
            assert_eq!(session(decision).source(), source);
        }
        let request = api.request("GET", []).authorization(Some(bearer.as_bytes()));
        let SessionDecision::Authenticated(session) =
            request.decide_with(&mut cache, &keys, at(NOW))
        else {
            panic!()
        };
        assert_eq!(session.source(), TokenSource::Authorization);
    }
    assert_eq!(cache.len(), 1);
}

/// A token that the core has put in another's place, with its claims read, is afterwards a visitor's own:
/// nothing is to be handed on.
#[test]
fn what_the_core_has_said_is_not_remembered() {
    let keys = store(&ROW, &[ONE]).keys();
    let first = ONE.token(&ROW, &payload_with("parentRefreshTokenHash1", r#""hash""#));
    let second = ONE.token(&ROW, PAYLOAD);
    let verified = EmailVerificationClaim::is_verified();
    let gate = Gate::api(ApiPolicy::new(AntiCsrf::None).claim(verified));
    let mut cache = TokenCache::new(10, 1 << 20);

    let field = cookie(&first);
    let mut request = gate.request("GET", [field.as_bytes()]);
    let SessionDecision::AskCore(check) = request.decide_with(&mut cache, &keys, at(NOW)) else {
        panic!("it is the first after a refresh")
    };
    let answer = format!(r#"{{"status":"OK","accessToken":{{"token":"{second}"}}}}"#);
    request.finish(check, CoreAnswer::http(200, answer.as_bytes()));
    for _ in 0..2 {
        let decision = request.decide_with(&mut cache, &keys, at(NOW));
        assert_eq!(request.replacement_headers(&decision).count(), 3, "{decision:?}");
    }

    let field = cookie(&second);
    let request = gate.request("GET", [field.as_bytes()]);
    let decision = request.decide_with(&mut cache, &keys, at(NOW));
    assert_eq!(decision, request.decide(&keys, at(NOW)));
    assert_eq!(request.replacement_headers(&decision).count(), 0);
    let SessionDecision::Authenticated(session) = decision else { panic!("{decision:?}") };
    assert_eq!(request.token(&session), Some(second.as_str()));
}
