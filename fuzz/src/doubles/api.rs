//! Decides a request to an API as one would on paper: which token counts, what keeps other sites out,
//! whether the core must be asked, what its answer means.

use serde_json::Value;
use supertokens_session::{AntiCsrf, Reason, SigningKeyKind, TokenSource, TokenTransfer};

use super::cookies;
use super::json::{self, Limits};
use super::token::{self, Answer, Verdict};

/// What the operator chose.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub anti_csrf: AntiCsrf,
    pub check: Option<bool>,
    pub transfer: TokenTransfer,
    pub signing_keys: SigningKeyKind,
    pub session_required: bool,
    pub check_database: bool,
    pub ask_after_refresh: bool,
}

/// What came.
pub struct Sent<'s> {
    pub method: &'s str,
    pub cookies: &'s [&'s [u8]],
    pub authorization: Option<&'s [u8]>,
    pub anti_csrf: Option<&'s [u8]>,
    pub has_rid: bool,
}

/// What is to be done.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    Session(Answer),
    /// The core is to be asked about this session.
    Ask(Reason, Answer),
    /// Nobody is signed in: nothing that could be a session, or not looked at.
    Nobody,
    /// For this reason, if the double knows it.
    Refresh(Option<Reason>),
    Fetch,
}

pub fn decide(sent: &Sent<'_>, policy: &Policy, keys: &token::Keys, now: u64) -> Outcome {
    if ["OPTIONS", "TRACE"].contains(&sent.method.to_ascii_uppercase().as_str()) {
        return Outcome::Nobody;
    }
    // What makes all cookies doubtful counts whether or not they are read.
    let cookie = cookies::find(sent.cookies, TokenTransfer::Cookie);
    if let Err(
        reason @ (Reason::CookieHeaderTooLong | Reason::TooManyCookies | Reason::LegacyCookie),
    ) = cookie
    {
        return Outcome::Refresh(Some(reason));
    }
    let dynamic = policy.signing_keys == SigningKeyKind::Dynamic;
    let judge = |token: &[u8], source| token::judge(token, source, keys, now, dynamic);

    if policy.transfer != TokenTransfer::Cookie
        && let Some(bearer) = sent.authorization.and_then(bearer)
    {
        match judge(bearer, TokenSource::Authorization) {
            Verdict::Malformed => {}
            Verdict::Refused => return Outcome::Refresh(None),
            Verdict::UnknownKey => return Outcome::Fetch,
            Verdict::Holds(answer) => return ask(answer, policy),
        }
    }
    if policy.transfer == TokenTransfer::Header {
        return Outcome::Nobody;
    }
    let token = match cookie {
        Ok((token, _)) => token,
        Err(Reason::NoToken) => return Outcome::Nobody,
        Err(reason) => return Outcome::Refresh(Some(reason)),
    };
    let is_checked = policy.check.unwrap_or_else(|| !sent.method.eq_ignore_ascii_case("GET"));
    let needs_header = is_checked && policy.anti_csrf == AntiCsrf::ViaCustomHeader;
    let needs_token = is_checked && policy.anti_csrf == AntiCsrf::ViaToken;
    match judge(&token, TokenSource::Cookie) {
        Verdict::Malformed => Outcome::Nobody,
        _ if needs_header && !sent.has_rid => Outcome::Refresh(Some(Reason::CustomHeaderMissing)),
        Verdict::Refused => Outcome::Refresh(None),
        Verdict::UnknownKey => Outcome::Fetch,
        Verdict::Holds(answer) => {
            let own = claims(&answer)["antiCsrfToken"].as_str().map(str::to_owned);
            let wrong = match (own, sent.anti_csrf) {
                (None, _) => Some(Reason::AntiCsrfTokenMissing),
                (_, None) => Some(Reason::AntiCsrfHeaderMissing),
                (Some(own), Some(sent)) => {
                    (own.as_bytes() != trimmed(sent)).then_some(Reason::AntiCsrfMismatch)
                }
            };
            match wrong.filter(|_| needs_token) {
                Some(reason) => Outcome::Refresh(Some(reason)),
                None => ask(answer, policy),
            }
        }
    }
}

fn ask(answer: Answer, policy: &Policy) -> Outcome {
    let is_first = claims(&answer)["parentRefreshTokenHash1"].is_string();
    if policy.check_database {
        Outcome::Ask(Reason::CheckDatabase, answer)
    } else if is_first && policy.ask_after_refresh {
        Outcome::Ask(Reason::FirstUseAfterRefresh, answer)
    } else {
        Outcome::Session(answer)
    }
}

fn claims(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.payload).expect("a payload is JSON")
}

fn bearer(field: &[u8]) -> Option<&[u8]> {
    let token = trimmed(trimmed(field).strip_prefix(b"Bearer ")?);
    (!token.is_empty()).then_some(token)
}

fn trimmed(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] | [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

/// What the core said.
#[derive(Debug, PartialEq)]
pub enum Said {
    /// The session of this handle exists, if it says which.
    Exists(Option<String>),
    /// The same, and this token is in the place of the other.
    Replaced(Option<String>, String),
    Revoked,
    Refresh,
    Nothing,
}

pub fn said(status: u16, body: &[u8]) -> Said {
    if status != 200 || body.len() > 64 * 1024 {
        return Said::Nothing;
    }
    let limits = Limits { depth: 67, marks: 1120, ..json::PAYLOAD };
    let Some(answer) = json::strict(body, limits) else { return Said::Nothing };
    let handle = answer["session"]["handle"].as_str().map(str::to_owned);
    if answer["status"] == "OK" && answer.get("session").is_some() && handle.is_none() {
        return Said::Nothing;
    }
    match (answer["status"].as_str(), &answer["accessToken"]) {
        (Some("OK"), Value::Null) => Said::Exists(handle),
        (Some("OK"), token) => match token["token"].as_str() {
            Some(token) => Said::Replaced(handle, token.to_owned()),
            None => Said::Nothing,
        },
        (Some("UNAUTHORISED"), _) => Said::Revoked,
        (Some("TRY_REFRESH_TOKEN"), _) => Said::Refresh,
        _ => Said::Nothing,
    }
}
