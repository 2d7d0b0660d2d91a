//! Invariant: an API's request is answered as a naive double says, before and after the core was asked.
//!
//! Input: a byte for the policy, one for the transfer and which fields are sent, one for the core's
//! status and what signs the tokens; then texts with NUL between them: method, `Cookie` fields (a line
//! each), `Authorization`, `anti-csrf`, the core's body, and header and payload of three tokens. A byte
//! 1, 2 or 3 in one of the fields or in the body stands for that token, encoded and signed.

use supertokens_session::{
    AntiCsrf, ApiDecision, ApiPolicy, ApiRequest, CoreAnswer, Gate, PagePolicy, Reason,
    SessionDecision, SigningKeyKind, TokenSource, TokenTransfer, UnixMillis,
};
use crate::doubles::api::{self, Outcome, Policy, Said, Sent};
use crate::doubles::held::{self, KEYS, NOW};
use crate::doubles::token::{self, Answer, Verdict};

pub fn run(data: &[u8]) {
    let [policy, fields, core, texts @ ..] = data else { return };
    let texts: Vec<&[u8]> = texts.splitn(11, |byte| *byte == 0).collect();
    let text = |at: usize| texts.get(at).copied().unwrap_or_default();
    let tokens = [(0, 5), (2, 7), (4, 9)]
        .map(|(shift, at)| held::signed(1 + (core >> shift) % 4, text(at), text(at + 1)));
    let filled = |at: usize| fill(text(at), &tokens);

    let method = String::from_utf8_lossy(text(0));
    let cookies = filled(1);
    let cookies: Vec<&[u8]> = cookies.split(|byte| *byte == b'\n').collect();
    let (authorization, anti_csrf, body) = (filled(2), filled(3), filled(4));
    let sent = Sent {
        method: &method,
        cookies: &cookies,
        authorization: (fields & 4 != 0).then_some(&authorization),
        anti_csrf: (fields & 8 != 0).then_some(&anti_csrf),
        has_rid: fields & 16 != 0,
    };
    let status = [None, Some(200), Some(201), Some(500)][usize::from(core >> 6)];
    check(&sent, &policy_of(*policy, *fields), status, &body);
}

/// The text with tokens in the place of their bytes.
fn fill(text: &[u8], tokens: &[String; 3]) -> Vec<u8> {
    let token = |byte: u8| tokens.get(usize::from(byte).wrapping_sub(1));
    text.iter()
        .flat_map(|byte| token(*byte).map_or_else(|| vec![*byte], |token| token.clone().into_bytes()))
        .collect()
}

fn policy_of(bits: u8, more: u8) -> Policy {
    let modes = [AntiCsrf::None, AntiCsrf::ViaToken, AntiCsrf::ViaCustomHeader, AntiCsrf::ViaToken];
    let transfers =
        [TokenTransfer::Any, TokenTransfer::Cookie, TokenTransfer::Header, TokenTransfer::Any];
    Policy {
        anti_csrf: modes[usize::from(bits % 4)],
        check: [None, Some(true), Some(false), None][usize::from(bits >> 2) % 4],
        transfer: transfers[usize::from(more % 4)],
        signing_keys: [SigningKeyKind::Dynamic, SigningKeyKind::Static][usize::from(bits >> 7)],
        session_required: bits & 16 == 0,
        check_database: bits & 32 != 0,
        ask_after_refresh: bits & 64 == 0,
    }
}

fn check(sent: &Sent<'_>, policy: &Policy, status: Option<u16>, body: &[u8]) {
    let (keys, numbers) = &*KEYS;
    let now = UnixMillis::from_millis(NOW);
    let mut own = ApiPolicy::new(policy.anti_csrf)
        .signing_keys(policy.signing_keys)
        .token_transfer(policy.transfer)
        .session_required(policy.session_required)
        .check_database(policy.check_database)
        .ask_after_refresh(policy.ask_after_refresh);
    if let Some(check) = policy.check {
        own = own.anti_csrf_check(check);
    }
    let gate = Gate::api(own);
    let mut request = gate
        .request(sent.method, sent.cookies.iter().copied())
        .authorization(sent.authorization)
        .anti_csrf(sent.anti_csrf)
        .rid(sent.has_rid.then_some(b"x"));
    let expected = api::decide(sent, policy, numbers, NOW);
    let decision = request.decide(keys, now);
    assert_eq!(request.decide(keys, now), decision, "deciding twice");
    answers(&gate, policy, &decision, now);
    assert_eq!(request.replacement_headers(&decision).count(), 0, "the core has said nothing");

    match (expected, decision) {
        (Outcome::Session(answer), SessionDecision::Authenticated(session)) => {
            assert_eq!(answer_of(&session), answer);
            same_user_on_a_page(sent, policy, &answer, now);
            assert!(request.token(&session).is_some());
        }
        (Outcome::Ask(reason, answer), SessionDecision::AskCore(check)) => {
            assert_eq!(check.reason(), reason);
            same_user_on_a_page(sent, policy, &answer, now);
            let question: serde_json::Value =
                serde_json::from_str(check.body()).expect("the question is JSON");
            assert_eq!(question["checkDatabase"], policy.check_database);
            let asked = question["accessToken"].as_str().expect("the token");
            assert_eq!(judged(asked, answer.source, policy), Verdict::Holds(answer.clone()));
            let core_answer =
                status.map_or(CoreAnswer::failed(), |status| CoreAnswer::http(status, body));
            request.finish(check, core_answer);
            let said = status.map(|status| api::said(status, body));
            answered(&gate, &request, policy, answer, said);
        }
        (Outcome::Nobody, SessionDecision::NoSession(_)) => {}
        (Outcome::Refresh(None), SessionDecision::TryRefresh(_)) => {}
        (Outcome::Refresh(Some(reason)), SessionDecision::TryRefresh(found)) => {
            assert_eq!(found, reason);
        }
        (Outcome::Fetch, SessionDecision::FetchKeys(_)) => {}
        (expected, decision) => panic!("{expected:?} expected: {decision:?}"),
    }
}

/// What the core's word leads to; `None` if it said nothing.
fn answered(
    gate: &Gate<ApiPolicy>,
    request: &ApiRequest<'_>,
    policy: &Policy,
    answer: Answer,
    said: Option<Said>,
) {
    let now = UnixMillis::from_millis(NOW);
    let decision = request.decide(&KEYS.0, now);
    assert_eq!(request.decide(&KEYS.0, now), decision, "deciding twice");
    answers(gate, policy, &decision, now);
    let unavailable = |decision: &ApiDecision, reason: Reason| {
        let SessionDecision::Unavailable(why) = decision else { panic!("{decision:?}") };
        assert_eq!((why.reason(), why.retry_after(now)), (reason, 1));
    };
    let is_other = |handle: &Option<String>| {
        handle.as_ref().is_some_and(|handle| *handle != answer.session_handle)
    };
    let mut replaced = false;
    match said {
        None => unavailable(&decision, Reason::CoreUnavailable),
        Some(Said::Nothing) => unavailable(&decision, Reason::CoreAnswer),
        Some(Said::Revoked) => assert_eq!(decision, SessionDecision::NoSession(Reason::Revoked)),
        Some(Said::Refresh) => {
            assert_eq!(decision, SessionDecision::TryRefresh(Reason::CoreRefused));
        }
        Some(Said::Exists(handle) | Said::Replaced(handle, _)) if is_other(&handle) => {
            unavailable(&decision, Reason::CoreAnswer);
        }
        Some(Said::Exists(_)) => {
            let SessionDecision::Authenticated(session) = &decision else { panic!("{decision:?}") };
            assert_eq!(answer_of(session), answer);
        }
        Some(Said::Replaced(_, token)) => match judged(&token, answer.source, policy) {
            Verdict::Holds(new) if new.session_handle == answer.session_handle => {
                let SessionDecision::Authenticated(session) = &decision else {
                    panic!("{decision:?}")
                };
                assert_eq!(answer_of(session), new);
                assert_eq!(request.token(session), Some(token.as_str()));
                replaced = true;
            }
            Verdict::UnknownKey => assert!(matches!(decision, SessionDecision::FetchKeys(_))),
            _ => unavailable(&decision, Reason::CoreAnswer),
        },
    }
    if let SessionDecision::Authenticated(_) = &decision {
        let fields: Vec<_> = request.replacement_headers(&decision).collect();
        assert_eq!(fields.len(), if replaced { 3 } else { 0 });
        let is_field =
            |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        assert!(fields.iter().all(|(_, value)| is_field(value)), "{fields:?}");
    }
}

fn judged(token: &str, source: TokenSource, policy: &Policy) -> Verdict {
    let dynamic = policy.signing_keys == SigningKeyKind::Dynamic;
    token::judge(token.as_bytes(), source, &KEYS.1, NOW, dynamic)
}

/// A token in the cookie alone is on a page whoever it is here.
fn same_user_on_a_page(sent: &Sent<'_>, policy: &Policy, answer: &Answer, now: UnixMillis) {
    if answer.source != TokenSource::Cookie {
        return;
    }
    let page = PagePolicy::default()
        .signing_keys(policy.signing_keys)
        .token_transfer(TokenTransfer::Cookie);
    let page = Gate::page(page);
    match page.request("GET", sent.cookies.iter().copied()).decide(&KEYS.0, now) {
        SessionDecision::Authenticated(session) => assert_eq!(&answer_of(&session), answer),
        other => panic!("a page says {other:?}"),
    }
}

/// Status and body are a table's, and only the end of a session takes its tokens away.
fn answers(gate: &Gate<ApiPolicy>, policy: &Policy, decision: &ApiDecision, now: UnixMillis) {
    let expected = match decision {
        SessionDecision::Authenticated(_) | SessionDecision::NoSession(Reason::NotChecked) => None,
        SessionDecision::NoSession(reason) => (policy.session_required
            || *reason == Reason::Revoked)
            .then_some((401, r#"{"message":"unauthorised"}"#)),
        SessionDecision::TryRefresh(_) => Some((401, r#"{"message":"try refresh token"}"#)),
        SessionDecision::Unavailable(_)
        | SessionDecision::FetchKeys(_)
        | SessionDecision::AskCore(_) => Some((503, r#"{"message":"service unavailable"}"#)),
        other => panic!("there are no validators: {other:?}"),
    };
    let response = gate.response(decision, now);
    let found = response.as_ref().map(|response| (response.status(), response.body()));
    assert_eq!(found, expected, "{decision:?}");
    let Some(response) = response else { return };
    let has = |field: (&str, &str)| response.headers().any(|this| this == field);
    assert!(has(("cache-control", "no-store")));
    let is_over = *decision == SessionDecision::NoSession(Reason::Revoked);
    assert_eq!(has(("front-token", "remove")), is_over);
    assert_eq!(response.headers().any(|(name, _)| name == "set-cookie"), is_over);
}

fn answer_of(session: &supertokens_session::Session) -> Answer {
    Answer {
        user_id: session.user_id().to_owned(),
        recipe_user_id: session.recipe_user_id().to_owned(),
        tenant_id: session.tenant_id().to_owned(),
        session_handle: session.session_handle().to_owned(),
        payload: session.payload_json().as_bytes().to_vec(),
        version: session.version().number(),
        source: session.source(),
        // Beyond 2^52 milliseconds a double has no halves, and how it is rounded is nobody's business.
        expires_at: Some(session.expires_at().as_millis()).filter(|millis| *millis < 1 << 52),
    }
}
