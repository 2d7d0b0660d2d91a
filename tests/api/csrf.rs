//! What keeps out the requests that other sites have a browser send.

use supertokens_session::{AntiCsrf, ApiPolicy, Reason};

use crate::support::{PAYLOAD, Signer, payload_with};
use crate::{Sent, ready, who};

/// A note, the policy, what is sent, and why it is refused if it is.
type Row = (String, ApiPolicy, Sent, Option<Reason>);

pub(crate) fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    let with_token = Signer::dynamic().session(&payload_with("antiCsrfToken", r#""csrf-1""#));
    let without = Signer::dynamic().session(PAYLOAD);
    // A mode, whether the policy says to check, the method, and whether that makes a check.
    for check in [None, Some(true), Some(false)] {
        for method in ["GET", "get", "HEAD", "POST", "PUT", "DELETE", "PATCH", "QUERY"] {
            let checks = check.unwrap_or_else(|| !method.eq_ignore_ascii_case("GET"));
            let policy = |mode| {
                let policy = ApiPolicy::new(mode);
                match check {
                    None => policy,
                    Some(check) => policy.anti_csrf_check(check),
                }
            };
            let mut add = |mode, sent: Sent, refused: Option<Reason>| {
                let note =
                    format!("{mode:?} {check:?} {method} {:?} {:?}", sent.anti_csrf, sent.rid);
                rows.push((note, policy(mode), sent.method(method), refused.filter(|_| checks)));
            };
            add(AntiCsrf::None, Sent::cookie(&without), None);
            for (anti_csrf, refused) in [
                (Some("csrf-1"), None),
                (Some(" csrf-1\t"), None),
                (Some("csrf-2"), Some(Reason::AntiCsrfMismatch)),
                (Some("CSRF-1"), Some(Reason::AntiCsrfMismatch)),
                (Some("csrf-"), Some(Reason::AntiCsrfMismatch)),
                (Some("csrf-11"), Some(Reason::AntiCsrfMismatch)),
                (Some(""), Some(Reason::AntiCsrfMismatch)),
                (None, Some(Reason::AntiCsrfHeaderMissing)),
            ] {
                let sent = Sent { anti_csrf, rid: Some("session"), ..Sent::cookie(&with_token) };
                add(AntiCsrf::ViaToken, sent, refused);
                let sent = Sent { anti_csrf, ..Sent::cookie(&without) };
                add(AntiCsrf::ViaToken, sent, Some(Reason::AntiCsrfTokenMissing));
            }
            for (rid, refused) in [
                (Some("session"), None),
                (Some("anti-csrf"), None),
                (Some(""), None),
                (None, Some(Reason::CustomHeaderMissing)),
            ] {
                let sent = Sent { rid, anti_csrf: Some("csrf-1"), ..Sent::cookie(&without) };
                add(AntiCsrf::ViaCustomHeader, sent, refused);
            }
            // No other site can set the header of a bearer token.
            for mode in [AntiCsrf::ViaToken, AntiCsrf::ViaCustomHeader] {
                add(mode, Sent::bearer(&without), None);
                add(mode, Sent::cookie(&with_token).with_bearer(&without), None);
            }
        }
    }
    rows
}

#[test]
fn each_mode_checks_what_the_sdk_checks() {
    let ready = ready();
    for (note, policy, sent, refused) in rows() {
        assert_eq!(who(&sent.decide(policy, &ready)).err(), refused, "{note}");
    }
}

/// Other types count as absent, as in the SDK.
#[test]
fn an_anti_csrf_token_is_a_text() {
    for value in ["null", "7", "true", "[]", r#"["csrf-1"]"#, ""] {
        let token = Signer::dynamic().session(&payload_with("antiCsrfToken", value));
        let sent = Sent { anti_csrf: Some("csrf-1"), ..Sent::cookie(&token) }.method("POST");
        let decision = sent.decide(ApiPolicy::new(AntiCsrf::ViaToken), &ready());
        assert_eq!(who(&decision).err(), Some(Reason::AntiCsrfTokenMissing), "{value}");
    }
}

/// The missing `rid` is the answer before the signature and the expiry are looked at, but after the
/// shape; the other mode's check is the last. This is the SDK's order.
#[test]
fn the_checks_have_the_sdk_s_order() {
    let expired = Signer::dynamic().session(&payload_with("exp", "1"));
    let forged = Signer::other().session(PAYLOAD);
    for (token, via_header, via_token) in [
        (&expired, Reason::CustomHeaderMissing, Reason::Expired),
        (&forged, Reason::CustomHeaderMissing, Reason::BadSignature),
        (&"a.b.c".to_owned(), Reason::HeaderNotBase64Url, Reason::HeaderNotBase64Url),
    ] {
        let sent = Sent::cookie(token).method("POST");
        let found = who(&sent.decide(ApiPolicy::new(AntiCsrf::ViaCustomHeader), &ready()));
        assert_eq!(found, Err(via_header));
        let found = who(&sent.decide(ApiPolicy::new(AntiCsrf::ViaToken), &ready()));
        assert_eq!(found, Err(via_token));
    }
}

/// A bearer token that is none spares the cookie behind it nothing: a page of another site may not set
/// the field, but a proxy or a browser's own sign-in does (`Basic`, another issuer's token).
#[test]
fn a_cookie_that_is_fallen_back_to_is_checked_as_any_other() {
    let cookie = Signer::dynamic().session(&payload_with("antiCsrfToken", r#""csrf-1""#));
    let oauth2 = Signer::dynamic().session(&payload_with("stt", "1"));
    for bearer in ["x", "a.b.c", oauth2.as_str()] {
        let sent = || Sent::cookie(&cookie).with_bearer(bearer).method("POST");
        for (mode, refused) in [
            (AntiCsrf::ViaToken, Reason::AntiCsrfHeaderMissing),
            (AntiCsrf::ViaCustomHeader, Reason::CustomHeaderMissing),
        ] {
            let found = who(&sent().decide(ApiPolicy::new(mode), &ready()));
            assert_eq!(found, Err(refused), "{bearer:.9}");
        }
    }
}

/// Of two flaws the one that the SDK sees first is told.
#[test]
fn of_two_flaws_the_first_is_told() {
    let policy = ApiPolicy::new(AntiCsrf::ViaCustomHeader);
    let issuer = Signer::dynamic();
    let unsigned = issuer.token(&issuer.header().replace("RS256", "none"), PAYLOAD);
    let statik = Signer::statik().session(&payload_with("exp", "1"));
    for (method, token, reason) in
        [("POST", unsigned, Reason::CustomHeaderMissing), ("GET", statik, Reason::Expired)]
    {
        let sent = Sent::cookie(&token).method(method);
        assert_eq!(who(&sent.decide(policy.clone(), &ready())), Err(reason));
    }
}
