//! Which token counts, of those in the header and the cookies.

use supertokens_session::{Reason, TokenSource, TokenTransfer};

use crate::support::{PAYLOAD, Signer, at, payload_with};
use crate::{Sent, policy, ready, token_of, who};

use supertokens_session::{Gate, PagePolicy, SessionDecision, SigningKeyKind};

/// A table of what is sent, and who that is under each transfer.
#[test]
fn a_bearer_token_of_a_session_s_shape_goes_before_the_cookie() {
    use Reason::*;
    let (bearer, cookie) = (token_of("bearer"), token_of("cookie"));
    let expired = Signer::dynamic().session(&payload_with("exp", "1"));
    let forged = Signer::other().session(PAYLOAD);
    let oauth2 = Signer::dynamic().session(&payload_with("stt", "1"));
    let v2 = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0=.e30=.AA==";
    let both = |bearer: &str| Sent::cookie(&cookie).with_bearer(bearer);
    let raw = |authorization: &str| Sent {
        authorization: Some(authorization.to_owned()),
        ..Sent::cookie(&cookie)
    };
    let two = Sent::cookies(&[format!("sAccessToken={cookie}; sAccessToken={cookie}")]);
    // Sent; who it is with `any`, `cookie` and `header`.
    let (b, c) = (Ok("bearer"), Ok("cookie"));
    let rows = [
        ("nothing", Sent::cookies(&[]), [Err(NoToken), Err(NoToken), Err(NoToken)]),
        ("a bearer", Sent::bearer(&bearer), [b, Err(NoToken), b]),
        ("a cookie", Sent::cookie(&cookie), [c, c, Err(NoToken)]),
        ("both", both(&bearer), [b, c, b]),
        ("an expired bearer", both(&expired), [Err(Expired), c, Err(Expired)]),
        ("a forged bearer", both(&forged), [Err(BadSignature), c, Err(BadSignature)]),
        ("an old bearer", both(v2), [Err(LegacyToken), c, Err(LegacyToken)]),
        ("a garbled bearer", both("garbage"), [c, c, Err(SegmentCount)]),
        ("another's bearer", both(&oauth2), [c, c, Err(WrongTokenType)]),
        ("an empty bearer", both(""), [c, c, Err(NoToken)]),
        (
            "a bearer alone, garbled",
            Sent::bearer("x"),
            [Err(SegmentCount), Err(NoToken), Err(SegmentCount)],
        ),
        ("an expired cookie", Sent::cookie(&expired).with_bearer(&bearer), [b, Err(Expired), b]),
        (
            "a garbled cookie",
            Sent::cookie("a.b").with_bearer("x"),
            [Err(SegmentCount), Err(SegmentCount), Err(SegmentCount)],
        ),
        (
            "two cookies",
            two.clone(),
            [Err(MultipleAccessTokens), Err(MultipleAccessTokens), Err(NoToken)],
        ),
        (
            "two cookies, a bearer",
            two.clone().with_bearer(&bearer),
            [b, Err(MultipleAccessTokens), b],
        ),
        (
            "two cookies, a garbled bearer",
            two.with_bearer("x"),
            [Err(MultipleAccessTokens), Err(MultipleAccessTokens), Err(SegmentCount)],
        ),
        (
            "a legacy cookie",
            Sent::cookies(&["sIdRefreshToken=".into()]).with_bearer(&bearer),
            [Err(LegacyCookie), Err(LegacyCookie), Err(LegacyCookie)],
        ),
        (
            "header mode's cookie",
            Sent::cookies(&[format!("st-access-token={cookie}")]),
            [Err(NoToken), Err(NoToken), Err(NoToken)],
        ),
        // The scheme is spelled in one way, and white space around the token does not count.
        ("bearer", raw(&format!("bearer {bearer}")), [c, c, Err(NoToken)]),
        ("BEARER", raw(&format!("BEARER {bearer}")), [c, c, Err(NoToken)]),
        ("no space", raw(&format!("Bearer{bearer}")), [c, c, Err(NoToken)]),
        ("a tab", raw(&format!("Bearer\t{bearer}")), [c, c, Err(NoToken)]),
        ("a space before", raw(&format!(" \tBearer {bearer}")), [b, c, b]),
        ("spaces", raw(&format!("Bearer  \t{bearer} \t")), [b, c, b]),
        (
            "two tokens",
            raw(&format!("Bearer {bearer}, Bearer {bearer}")),
            [c, c, Err(SegmentCount)],
        ),
        ("Basic", raw("Basic dTpw"), [c, c, Err(NoToken)]),
        ("bytes", raw("Bearer \u{e9}\u{ff}"), [c, c, Err(SegmentCount)]),
    ];
    for (note, sent, expected) in rows {
        let transfers = [TokenTransfer::Any, TokenTransfer::Cookie, TokenTransfer::Header];
        for (transfer, expected) in transfers.into_iter().zip(expected) {
            let found = who(&sent.decide(policy().token_transfer(transfer), &ready()));
            assert_eq!(found.as_deref(), expected.as_ref().copied(), "{note}, {transfer:?}");
        }
    }
}

#[test]
fn a_session_says_where_its_token_was_and_the_request_lends_it() {
    let gate = Gate::api(policy());
    for (sent, source, token) in [
        (Sent::bearer(&token_of("b")), TokenSource::Authorization, token_of("b")),
        (Sent::cookie(&token_of("c")), TokenSource::Cookie, token_of("c")),
        (
            Sent::cookie(&token_of("c")).with_bearer(&token_of("b")),
            TokenSource::Authorization,
            token_of("b"),
        ),
        (Sent::cookie(&token_of("c")).with_bearer("x"), TokenSource::Cookie, token_of("c")),
    ] {
        let request = sent.read(&gate);
        let decision = request.decide(&ready(), at(crate::NOW));
        let SessionDecision::Authenticated(session) = &decision else { panic!("{decision:?}") };
        assert_eq!(session.source(), source);
        // Its name is that of the variant, in snake case.
        assert_eq!(session.source().name(), format!("{source:?}").to_lowercase());
        assert_eq!(request.token(session), Some(token.as_str()));
        assert_eq!(request.replacement_headers(&decision).count(), 0);
    }
}

/// Of a page's session whose token was where no API looks, an API's request has nothing to lend.
#[test]
fn a_token_that_was_in_a_page_s_cookie_only_is_not_lent() {
    let field = format!("st-access-token={}", token_of("p"));
    let page = Gate::page(PagePolicy::default());
    let decision = page.request("GET", [field.as_bytes()]).decide(&ready(), at(crate::NOW));
    let SessionDecision::Authenticated(session) = decision else { panic!("{decision:?}") };
    assert_eq!(session.source(), TokenSource::HeaderModeCookie);
    let (gate, both) = (Gate::api(policy()), Sent::cookie(&token_of("c")));
    assert_eq!(both.with_bearer(&token_of("b")).read(&gate).token(&session), None);
}

#[test]
fn the_policy_names_the_cookie_and_the_kind_of_key() {
    let token = token_of("u");
    let named = policy().access_token_cookie("mine");
    let sent = Sent::cookies(&[format!("mine={token}")]);
    assert_eq!(who(&sent.decide(named.clone(), &ready())), Ok("u".into()));
    assert_eq!(who(&sent.decide(policy(), &ready())), Err(Reason::NoToken));
    assert_eq!(who(&Sent::cookie(&token).decide(named, &ready())), Err(Reason::NoToken));
    let statik = Signer::statik().session(PAYLOAD);
    for (kind, token, expected) in [
        (SigningKeyKind::Dynamic, &token, Ok("u")),
        (SigningKeyKind::Static, &token, Err(Reason::SigningKeyKind)),
        (SigningKeyKind::Dynamic, &statik, Err(Reason::SigningKeyKind)),
        (SigningKeyKind::Static, &statik, Ok("user-1")),
    ] {
        let found = who(&Sent::bearer(token).decide(policy().signing_keys(kind), &ready()));
        assert_eq!(found.as_deref(), expected.as_ref().copied(), "{kind:?}");
    }
}
