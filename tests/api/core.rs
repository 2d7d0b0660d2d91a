//! The question to the core, and its answers.

use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, ApiRequest, AskCore, CoreAnswer, EmailVerificationClaim,
    Fetch, FrontToken, Gate, Keys, Reason, SameSite, SessionDecision, TokenCookies, TokenSource,
    UnixMillis,
};

use crate::support::{NOW, PAYLOAD, Signer, at, jwks, jwks_of, keys, payload_with};
use crate::{ASKED, Sent, policy, ready, token_of, who};

/// Asks, and answers.
fn ask(request: &ApiRequest<'_>, keys: &Keys) -> AskCore {
    match request.decide(keys, at(NOW)) {
        SessionDecision::AskCore(check) => check,
        other => panic!("{other:?}"),
    }
}

/// What is decided after the core has given this answer.
fn answered(
    gate: &Gate<ApiPolicy>,
    sent: &Sent,
    answer: CoreAnswer<'_>,
    keys: &Keys,
    now: UnixMillis,
) -> ApiDecision {
    let mut request = sent.read(gate);
    let check = ask(&request, &ready());
    request.finish(check, answer);
    request.decide(keys, now)
}

#[test]
fn the_core_is_asked_where_the_policy_or_the_token_says_so() {
    for (check_database, parent, reason) in ASKED {
        let token = Signer::dynamic().session(&payload_with("parentRefreshTokenHash1", parent));
        for sent in [Sent::cookie(&token), Sent::bearer(&token)] {
            let gate = Gate::api(policy().check_database(check_database));
            let request = sent.read(&gate);
            assert_eq!(ask(&request, &ready()).reason(), reason);
            let trusting = policy().check_database(check_database).ask_after_refresh(false);
            let is_asked = matches!(sent.decide(trusting, &ready()), SessionDecision::AskCore(_));
            assert_eq!(is_asked, check_database);
        }
    }
    // An empty text is one; what is no text is absent: the SDK's reading.
    for (parent, is_asked) in
        [(r#""""#, true), ("null", false), ("7", false), ("[]", false), ("{}", false), ("", false)]
    {
        let token = Signer::dynamic().session(&payload_with("parentRefreshTokenHash1", parent));
        let decision = Sent::cookie(&token).decide(policy(), &ready());
        assert_eq!(matches!(decision, SessionDecision::AskCore(_)), is_asked, "{parent}");
    }
}

/// Whoever has no session of the issuer's cannot make the core do anything.
#[test]
fn the_core_is_not_asked_about_what_does_not_hold() {
    let expired = Signer::dynamic().session(&payload_with("exp", "1"));
    let forged = Signer::other().session(PAYLOAD);
    let gate = policy().check_database(true);
    for sent in [
        Sent::cookies(&[]),
        Sent::cookie("garbage"),
        Sent::cookie(&expired),
        Sent::cookie(&forged),
        Sent::cookie(&Signer::statik().session(PAYLOAD)),
        Sent::cookies(&[format!("sAccessToken={0}; sAccessToken={0}", token_of("u"))]),
    ] {
        let decision = sent.decide(gate.clone(), &ready());
        assert!(!matches!(decision, SessionDecision::AskCore(_)), "{decision:?}");
    }
    let via_token = ApiPolicy::new(AntiCsrf::ViaToken).check_database(true);
    let decision = Sent::cookie(&token_of("u")).method("POST").decide(via_token, &ready());
    assert_eq!(who(&decision), Err(Reason::AntiCsrfTokenMissing));
}

#[test]
fn the_question_is_the_sdk_s() {
    let token = Signer::dynamic().session(&payload_with("antiCsrfToken", r#""csrf""#));
    let body = |rest: &str| format!(r#"{{"accessToken":"{token}",{rest}}}"#);
    for (mode, sent, expected) in [
        (
            AntiCsrf::None,
            Sent::cookie(&token),
            body(r#""doAntiCsrfCheck":false,"enableAntiCsrf":false,"checkDatabase":true"#),
        ),
        (
            AntiCsrf::ViaToken,
            Sent { anti_csrf: Some("csrf"), ..Sent::cookie(&token) }.method("POST"),
            body(
                r#""antiCsrfToken":"csrf","doAntiCsrfCheck":true,"enableAntiCsrf":true,"checkDatabase":true"#,
            ),
        ),
        (
            AntiCsrf::ViaToken,
            Sent { anti_csrf: Some("q\"\\\u{7}"), ..Sent::bearer(&token) }.method("POST"),
            body(
                r#""antiCsrfToken":"q\"\\\u0007","doAntiCsrfCheck":false,"enableAntiCsrf":true,"checkDatabase":true"#,
            ),
        ),
        (
            AntiCsrf::ViaCustomHeader,
            Sent { rid: Some("session"), ..Sent::cookie(&token) }.method("POST"),
            body(r#""doAntiCsrfCheck":false,"enableAntiCsrf":false,"checkDatabase":true"#),
        ),
    ] {
        let gate = Gate::api(ApiPolicy::new(mode).check_database(true));
        let check = ask(&sent.read(&gate), &ready());
        assert_eq!(check.body(), expected);
        assert_eq!(check.path(), "/recipe/session/verify");
        assert_eq!(
            check.headers(),
            [
                ("cdi-version", "5.4"),
                ("content-type", "application/json; charset=utf-8"),
                ("rid", "session"),
            ]
        );
    }
}

/// An answer, and what is decided: the name of the decision, the reason.
pub(crate) const ROWS: [(u16, &str, &str, Reason); 23] = [
    (200, r#"{"status":"UNAUTHORISED","message":"x"}"#, "no_session", Reason::Revoked),
    (200, r#"{"status":"TRY_REFRESH_TOKEN"}"#, "try_refresh", Reason::CoreRefused),
    (200, "", "unavailable", Reason::CoreAnswer),
    (200, "<html>", "unavailable", Reason::CoreAnswer),
    (200, "null", "unavailable", Reason::CoreAnswer),
    (200, "[]", "unavailable", Reason::CoreAnswer),
    (200, "{}", "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":null}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"ok"}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","status":"OK"}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK"} x"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","session":{"handle":"x"}}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","session":{"handle":7}}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","session":{}}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","session":null}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","session":[]}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","accessToken":7}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","accessToken":{}}"#, "unavailable", Reason::CoreAnswer),
    (200, r#"{"status":"OK","accessToken":{"token":"a.b.c"}}"#, "unavailable", Reason::CoreAnswer),
    (201, r#"{"status":"OK"}"#, "unavailable", Reason::CoreAnswer),
    (401, "Invalid API key", "unavailable", Reason::CoreAnswer),
    (500, "Internal Error", "unavailable", Reason::CoreAnswer),
    // A status of 0 stands for no answer at all, below.
    (0, "", "unavailable", Reason::CoreUnavailable),
];

/// What is decided on a good token when the core has answered so; a status of 0 is no answer.
pub(crate) fn said(status: u16, body: &str) -> ApiDecision {
    let answer = match status {
        0 => CoreAnswer::failed(),
        status => CoreAnswer::http(status, body.as_bytes()),
    };
    let (gate, sent) = (asking(), Sent::cookie(&token_of("u")));
    answered(&gate, &sent, answer, &ready(), at(NOW))
}

#[test]
fn no_answer_but_ok_lets_a_session_pass() {
    let gate = Gate::api(policy().check_database(true));
    let sent = Sent::cookie(&token_of("u"));
    for (status, body, name, reason) in ROWS {
        let decision = said(status, body);
        assert_eq!((decision.name(), decision.reason()), (name, Some(reason)), "{status} {body}");
        if let SessionDecision::Unavailable(why) = decision {
            assert_eq!(why.retry_after(at(NOW)), 1);
        }
    }
    for body in [
        r#"{"status":"OK"}"#,
        r#"{"status":"OK","session":{"handle":"handle-1","userDataInJWT":{"a":[1,{"b":null}]}}}"#,
        r#"{"accessToken":null,"status":"OK"}"#,
    ] {
        let answer = CoreAnswer::http(200, body.as_bytes());
        assert_eq!(who(&answered(&gate, &sent, answer, &ready(), at(NOW))), Ok("u".into()));
    }
    for (length, expected) in
        [(64 * 1024, Ok("u".into())), (64 * 1024 + 1, Err(Reason::CoreAnswer))]
    {
        let rest = length - r#"{"status":"OK","x":""}"#.len();
        let long = format!(r#"{{"status":"OK","x":"{}"}}"#, "x".repeat(rest));
        let answer = CoreAnswer::http(200, long.as_bytes());
        assert_eq!(who(&answered(&gate, &sent, answer, &ready(), at(NOW))), expected, "{length}");
    }
    // As deep as a payload two objects further in, and with the marks of two: three are around these.
    let deep = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
    let marked = |count: usize| format!("[{}1]", "1,".repeat(count));
    for (data, expected) in [
        (deep(66), Ok("u".into())),
        (deep(67), Err(Reason::CoreAnswer)),
        (marked(573), Ok("u".into())),
        (marked(574), Err(Reason::CoreAnswer)),
    ] {
        let body = format!(r#"{{"status":"OK","x":{data}}}"#);
        let answer = CoreAnswer::http(200, body.as_bytes());
        assert_eq!(who(&answered(&gate, &sent, answer, &ready(), at(NOW))), expected, "{data}");
    }
}

/// A session that is over is cleared in the browser, whether or not one was required.
#[test]
fn a_revoked_session_s_tokens_are_cleared() {
    for required in [true, false] {
        let gate = Gate::api(policy().check_database(true).session_required(required));
        let answer = CoreAnswer::http(200, br#"{"status":"UNAUTHORISED"}"#);
        let sent = Sent::cookie(&token_of("u"));
        let decision = answered(&gate, &sent, answer, &ready(), at(NOW));
        let response = gate.response(&decision, at(NOW)).unwrap();
        assert_eq!((response.status(), response.body()), (401, r#"{"message":"unauthorised"}"#));
        let headers: Vec<_> = response.headers().collect();
        assert!(headers.contains(&("front-token", "remove")));
        let cookies = headers.iter().filter(|(name, _)| *name == "set-cookie");
        assert_eq!(cookies.count(), 2);
    }
}

/// What the core says does not outlive the token: time passes while it is asked.
#[test]
fn the_token_is_judged_again_when_the_core_has_answered() {
    let gate = Gate::api(policy().check_database(true));
    let sent = Sent::cookie(&token_of("u"));
    let ok = CoreAnswer::http(200, br#"{"status":"OK"}"#);
    let expires = 1_750_003_540;
    assert!(who(&answered(&gate, &sent, ok, &keys_at(expires - 1), at(expires - 1))).is_ok());
    let decision = answered(&gate, &sent, ok, &keys_at(expires), at(expires));
    assert_eq!(who(&decision), Err(Reason::Expired));
    // Nor the key: it may have been withdrawn meanwhile.
    let gone = keys(&jwks_of(&[Signer::statik().jwk()]));
    assert_eq!(who(&answered(&gate, &sent, ok, &gone, at(NOW))), Err(Reason::UnknownKey));
}

fn keys_at(secs: u64) -> Keys {
    let answer = jwks();
    crate::store_after(crate::FetchAnswer::http(200, answer.as_bytes()), at(secs)).keys()
}

/// Replacement tokens, and what they lead to.
#[test]
fn a_replacement_is_verified_like_any_other_token() {
    let gate =
        Gate::api(policy().check_database(true).claim(EmailVerificationClaim::is_verified()));
    let unverified = payload_with("st-ev", r#"{"v":false,"t":1749999995000}"#);
    let (sent, issuer) = (Sent::cookie(&Signer::dynamic().session(&unverified)), Signer::dynamic());
    let change = |name: &str, value: &str| issuer.session(&payload_with(name, value));
    let unknown = issuer.token(&issuer.header().replace("d-174", "d-175"), PAYLOAD);
    for (note, token, expected) in [
        // The claims of the replacement are judged, not those of the request.
        ("good", issuer.session(PAYLOAD), None),
        ("another user id", change("sub", r#""user-2""#), None),
        ("bad claims", issuer.session(&unverified), Some(Reason::InvalidClaims)),
        ("another session", change("sessionHandle", r#""x""#), Some(Reason::CoreAnswer)),
        ("expired", change("exp", "1"), Some(Reason::CoreAnswer)),
        ("not yet", change("nbf", "1750000001"), Some(Reason::CoreAnswer)),
        ("no session", change("stt", "1"), Some(Reason::CoreAnswer)),
        ("forged", Signer::other().session(PAYLOAD), Some(Reason::CoreAnswer)),
        ("static", Signer::statik().session(PAYLOAD), Some(Reason::CoreAnswer)),
        ("unknown key", unknown, Some(Reason::CoreAnswer)),
        ("empty", String::new(), Some(Reason::CoreAnswer)),
    ] {
        let mut request = sent.read(&gate);
        let check = ask(&request, &ready());
        let body = format!(
            r#"{{"status":"OK","session":{{"handle":"handle-1"}},"accessToken":{{"token":"{token}","expiry":1}}}}"#
        );
        request.finish(check, CoreAnswer::http(200, body.as_bytes()));
        let decision = request.decide(&ready(), at(NOW));
        assert_eq!(decision.reason(), expected, "{note}");
        if let SessionDecision::Unavailable(why) = &decision {
            assert_eq!(why.retry_at(), at(NOW + 1), "{note}");
        }
        let is_proven = matches!(expected, None | Some(Reason::InvalidClaims));
        let fields = request.replacement_headers(&decision).count();
        assert_eq!(fields, if is_proven { 3 } else { 0 }, "{note}");
        if let SessionDecision::Authenticated(session) = &decision {
            assert_eq!(session.source(), TokenSource::Cookie);
            assert_eq!(request.token(session), Some(token.as_str()));
        }
    }
}

/// The core may sign with a key that is newer than our set: then the loop has a GET to make, and no
/// second POST.
#[test]
fn a_replacement_of_an_unknown_key_causes_a_fetch_and_no_other_question() {
    let gate = Gate::api(policy().check_database(true));
    let (sent, issuer) = (Sent::cookie(&token_of("u")), Signer::dynamic());
    let newer = issuer.header().replace("d-174", "d-175");
    let token = issuer.token(&newer, PAYLOAD);
    let body = format!(r#"{{"status":"OK","accessToken":{{"token":"{token}"}}}}"#);
    let late = at(NOW + 20);
    let answer = CoreAnswer::http(200, body.as_bytes());
    let mut request = sent.read(&gate);
    let check = ask(&request, &ready());
    request.finish(check, answer);
    let decision = request.decide(&ready(), late);
    assert!(matches!(decision, SessionDecision::FetchKeys(_)), "{decision:?}");
    let both = jwks_of(&[issuer.jwk(), issuer.jwk().replace("d-174", "d-175")]);
    let fetched = crate::store_after(crate::FetchAnswer::http(200, both.as_bytes()), late).keys();
    let decision = request.decide(&fetched, late);
    assert_eq!(who(&decision), Ok("user-1".into()));

    // While the issuer fails, it is that and not the core's answer that is amiss.
    let mut store = crate::store_after(crate::FetchAnswer::http(200, jwks().as_bytes()), at(NOW));
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), late) else {
        panic!("nothing else is under way")
    };
    let failed = store.finish_fetch(ticket, crate::FetchAnswer::failed(), late).into_keys();
    assert_eq!(request.decide(&failed, late).reason(), Some(Reason::KeysUnavailable));
}

/// That the set has it, but not so that it could be used, is not the core's fault.
#[test]
fn a_replacement_of_an_unusable_key_waits_for_the_set() {
    let gate = Gate::api(policy().check_database(true));
    let (sent, issuer) = (Sent::cookie(&token_of("u")), Signer::dynamic());
    let weak = issuer.jwk().replace("d-174", "d-175").replace("AQAB", "AQ");
    let keys = keys(&jwks_of(&[issuer.jwk(), weak]));
    let token = issuer.token(&issuer.header().replace("d-174", "d-175"), PAYLOAD);
    let body = format!(r#"{{"status":"OK","accessToken":{{"token":"{token}"}}}}"#);
    let answer = CoreAnswer::http(200, body.as_bytes());
    let decision = answered(&gate, &sent, answer, &keys, at(NOW));
    assert_eq!((decision.name(), who(&decision)), ("unavailable", Err(Reason::KeyUnusable)));
}

/// A request has a replacement by the word of its own answer, whatever session it is asked about.
#[test]
fn what_was_replaced_for_another_request_is_not_this_one_s() {
    let gate = Gate::api(policy().check_database(true));
    let sent = Sent::cookie(&token_of("u"));
    let replaced = Signer::dynamic().session(&payload_with("sub", r#""user-2""#));
    let decide = |body: &str| {
        let mut request = sent.read(&gate);
        let check = ask(&request, &ready());
        request.finish(check, CoreAnswer::http(200, body.as_bytes()));
        let decision = request.decide(&ready(), at(NOW));
        (request, decision)
    };
    let (_, decision) =
        decide(&format!(r#"{{"status":"OK","accessToken":{{"token":"{replaced}"}}}}"#));
    let SessionDecision::Authenticated(session) = &decision else { panic!("{decision:?}") };
    for body in [r#"{"status":"UNAUTHORISED"}"#, "", r#"{"status":"OK"}"#] {
        let (request, _) = decide(body);
        assert_eq!(request.token(session), Some(token_of("u").as_str()), "{body}");
        assert_eq!(request.replacement_headers(&decision).count(), 0, "{body}");
    }
}

/// In the way the request's came, and only where there is one.
#[test]
fn a_replacement_is_handed_on_in_the_way_the_request_s_token_came() {
    let cookies = TokenCookies::default().domain("example.com").same_site(SameSite::None);
    let gate = Gate::api(policy().check_database(true).token_cookies(cookies));
    let token = Signer::dynamic().session(&payload_with("sub", r#""user-2""#));
    let replaced = format!(r#"{{"status":"OK","accessToken":{{"token":"{token}"}}}}"#);
    let cookie = format!(
        "sAccessToken={token}; Domain=example.com; Path=/; Max-Age=31536000; HttpOnly; Secure; SameSite=None"
    );
    for (sent, own, exposed) in [
        (Sent::cookie(&token_of("u")), ("set-cookie", cookie), "front-token"),
        (
            Sent::bearer(&token_of("u")),
            ("st-access-token", token.clone()),
            "st-access-token, front-token",
        ),
    ] {
        for (body, is_replaced) in [(replaced.as_str(), true), (r#"{"status":"OK"}"#, false)] {
            let mut request = sent.read(&gate);
            let check = ask(&request, &ready());
            request.finish(check, CoreAnswer::http(200, body.as_bytes()));
            let decision = request.decide(&ready(), at(NOW));
            let SessionDecision::Authenticated(session) = &decision else { panic!("{decision:?}") };
            let fields: Vec<_> = request.replacement_headers(&decision).collect();
            let front_token = FrontToken::header_value(session);
            let expected = [
                own.clone(),
                ("front-token", front_token),
                ("access-control-expose-headers", exposed.into()),
            ];
            assert_eq!(fields, if is_replaced { expected.to_vec() } else { Vec::new() });
            assert_eq!(session.user_id(), if is_replaced { "user-2" } else { "u" });
        }
    }
}

fn asking() -> Gate<ApiPolicy> {
    Gate::api(policy().check_database(true))
}

/// A token of this user's session.
fn token_in(user: &str, handle: &str) -> String {
    let payload = payload_with("sub", &format!("{user:?}"));
    Signer::dynamic().session(&payload.replace("handle-1", handle))
}

/// Two requests in flight, as in any async server or one that asks the core in a batch. The answer is
/// to a question, and the question is of one token.
#[test]
fn an_answer_to_another_request_s_question_lets_nobody_pass() {
    let (gate, ready) = (asking(), ready());
    let (revoked, good) = (token_in("revoked", "handle-1"), token_in("good", "handle-2"));
    let cookies = [&revoked, &good].map(|token| format!("sAccessToken={token}"));
    let mut revoked = gate.request("GET", [cookies[0].as_bytes()]);
    let good = gate.request("GET", [cookies[1].as_bytes()]);
    let SessionDecision::AskCore(_) = revoked.decide(&ready, at(NOW)) else { panic!() };
    let SessionDecision::AskCore(of_good) = good.decide(&ready, at(NOW)) else { panic!() };
    assert!(of_good.body().contains(cookies[1].strip_prefix("sAccessToken=").unwrap()));
    // The core has said that `good` exists; nobody asked about `revoked`.
    revoked.finish(of_good, CoreAnswer::http(200, br#"{"status":"OK"}"#));
    let decision = revoked.decide(&ready, at(NOW));
    assert!(!matches!(decision, SessionDecision::Authenticated(_)), "{decision:?}");
}

/// The header fields can be set after the answer: then it is another token that is judged.
#[test]
fn an_answer_about_the_cookie_is_none_about_a_bearer_token_that_is_added_later() {
    let (gate, ready) = (asking(), ready());
    let cookie = format!("sAccessToken={}", token_in("good", "handle-1"));
    let bearer = format!("Bearer {}", token_in("revoked", "handle-2"));
    let mut request = gate.request("GET", [cookie.as_bytes()]);
    let SessionDecision::AskCore(check) = request.decide(&ready, at(NOW)) else { panic!() };
    request.finish(check, CoreAnswer::http(200, br#"{"status":"OK"}"#));
    let request = request.authorization(Some(bearer.as_bytes()));
    let decision = request.decide(&ready, at(NOW));
    assert!(matches!(decision, SessionDecision::AskCore(_)), "{decision:?}");
}

/// And a token that the core never sent for this session is not one to hand on.
#[test]
fn what_was_not_verified_is_no_replacement() {
    let (asks, trusts, ready) = (asking(), Gate::api(policy()), ready());
    let cookie = format!("sAccessToken={}", token_in("u", "handle-1"));
    let SessionDecision::AskCore(check) =
        asks.request("GET", [cookie.as_bytes()]).decide(&ready, at(NOW))
    else {
        panic!()
    };
    let mut request = trusts.request("GET", [cookie.as_bytes()]);
    let body = br#"{"status":"OK","accessToken":{"token":"x\r\nset-cookie: a=b"}}"#;
    request.finish(check, CoreAnswer::http(200, body));
    let decision = request.decide(&ready, at(NOW));
    assert_eq!(decision.name(), "authenticated");
    assert_eq!(request.replacement_headers(&decision).count(), 0);
}

/// Nor one that was asked for less: under a policy that wants no look into the database.
#[test]
fn an_answer_to_a_lesser_question_is_none_to_this() {
    let token = Signer::dynamic().session(&payload_with("parentRefreshTokenHash1", r#""x""#));
    let (sent, less) = (Sent::cookie(&token), Gate::api(policy()));
    let check = ask(&sent.read(&less), &ready());
    let gate = asking();
    let mut request = sent.read(&gate);
    request.finish(check, CoreAnswer::http(200, br#"{"status":"OK"}"#));
    assert_eq!(ask(&request, &ready()).reason(), Reason::CheckDatabase);
    // Nor one without a field that has come to light since.
    let mut request = sent.read(&gate);
    let check = ask(&request, &ready());
    request.finish(check, CoreAnswer::http(200, br#"{"status":"OK"}"#));
    assert_eq!(request.decide(&ready(), at(NOW)).name(), "authenticated");
    let request = request.anti_csrf(Some(b"x"));
    assert_eq!(ask(&request, &ready()).reason(), Reason::CheckDatabase);
}
