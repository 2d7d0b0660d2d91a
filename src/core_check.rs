//! What the core is asked about a session, and what it may say: `POST /recipe/session/verify` of the
//! core driver interface, version 5.4.

use alloc::string::String;
use core::fmt::{self, Write};

use crate::claim_json::{self, Quoted};
use crate::json::Limits;
use crate::payload;
use crate::reason::Reason;

/// A question to the core. The token's signature, times and kind of key hold; what is asked is
/// whether the session still exists.
///
/// The caller sends a POST to [`path`](Self::path) below the core's address, with these
/// [`headers`](Self::headers) (and `api-key`, if the core has one) and this [`body`](Self::body), and
/// hands what comes back to [`ApiRequest::finish`](crate::ApiRequest::finish).
///
/// ```
/// use supertokens_session::{AskCore, CoreAnswer};
///
/// # struct Got { status: u16, body: Vec<u8> }
/// fn ask(check: &AskCore, post: impl Fn(&str, &[(&str, &str)], &str) -> Option<Got>) -> Option<Got> {
///     let url = format!("https://core.example{}", check.path());
///     post(&url, &check.headers(), check.body())
/// }
/// ```
#[must_use = "a core that is not asked has not agreed"]
#[derive(Clone, PartialEq, Eq)]
pub struct AskCore {
    reason: Reason,
    body: String,
}

impl AskCore {
    pub(crate) fn new(reason: Reason, question: &Question<'_>) -> Self {
        // The members but the two tokens are 106 bytes at most.
        let tokens = question.anti_csrf_token.map_or(0, <[u8]>::len);
        let room = question.access_token.len().saturating_add(tokens).saturating_add(106);
        let mut body = String::with_capacity(room);
        // Writing to a `String` does not fail.
        let _ = write!(body, "{question}");
        Self { reason, body }
    }

    /// Whether this question was that one.
    pub(crate) fn is(&self, question: &Question<'_>) -> bool {
        let mut rest = Rest(&self.body);
        write!(rest, "{question}").is_ok() && rest.0.is_empty()
    }

    /// [`Reason::CheckDatabase`] or [`Reason::FirstUseAfterRefresh`].
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// Where to send it, below the core's address (and its base path and `appid-`, if it has them).
    #[must_use]
    pub const fn path(&self) -> &'static str {
        "/recipe/session/verify"
    }

    /// The header fields to send.
    #[must_use]
    pub const fn headers(&self) -> [(&'static str, &'static str); 3] {
        [
            ("cdi-version", "5.4"),
            ("content-type", "application/json; charset=utf-8"),
            ("rid", "session"),
        ]
    }

    /// The body, JSON. It holds the access token: not for logs.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl fmt::Debug for AskCore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AskCore").field("reason", &self.reason).finish_non_exhaustive()
    }
}

/// The members of the question, with the SDK's names.
pub(crate) struct Question<'q> {
    pub(crate) access_token: &'q str,
    /// The `anti-csrf` header, one character a byte, as Node reads it.
    pub(crate) anti_csrf_token: Option<&'q [u8]>,
    pub(crate) do_anti_csrf_check: bool,
    pub(crate) enable_anti_csrf: bool,
    pub(crate) check_database: bool,
}

/// As JSON.
impl fmt::Display for Question<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, r#"{{"accessToken":{}"#, Quoted(self.access_token))?;
        if let Some(token) = self.anti_csrf_token {
            let text: String = token.iter().map(|byte| char::from(*byte)).collect();
            write!(f, r#","antiCsrfToken":{}"#, Quoted(&text))?;
        }
        write!(
            f,
            r#","doAntiCsrfCheck":{},"enableAntiCsrf":{},"checkDatabase":{}}}"#,
            self.do_anti_csrf_check, self.enable_anti_csrf, self.check_database
        )
    }
}

/// What is left of a text when what is written has been taken off its front: compares without a copy.
struct Rest<'t>(&'t str);

impl Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

/// What came of the POST.
///
/// ```
/// use supertokens_session::CoreAnswer;
///
/// let exists = CoreAnswer::http(200, br#"{"status":"OK","session":{"handle":"..."}}"#);
/// let replaced = CoreAnswer::http(200, br#"{"status":"OK","accessToken":{"token":"a.b.c"}}"#);
/// let is_over = CoreAnswer::http(200, br#"{"status":"UNAUTHORISED","message":"..."}"#);
/// let no_answer = CoreAnswer::failed();
/// ```
///
/// Of an `OK` the new token is read, and whether the answer is about the same session; who the user is
/// says the token alone.
#[derive(Clone, Copy)]
pub struct CoreAnswer<'a>(Option<(u16, &'a [u8])>);

impl<'a> CoreAnswer<'a> {
    /// An HTTP answer. The body is read up to 64 KiB; a longer one is none that a core gives.
    #[must_use]
    pub const fn http(status: u16, body: &'a [u8]) -> Self {
        Self(Some((status, body)))
    }

    /// There was no HTTP answer: no connection, a timeout.
    #[must_use]
    pub const fn failed() -> Self {
        Self(None)
    }

    pub(crate) fn verdict(self) -> Verdict {
        match self.0 {
            None => Verdict::Not(Reason::CoreUnavailable),
            Some((200, body)) => read(body).unwrap_or(Verdict::Not(Reason::CoreAnswer)),
            Some(_) => Verdict::Not(Reason::CoreAnswer),
        }
    }
}

impl fmt::Debug for CoreAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CoreAnswer")
            .field(&self.0.map(|(status, body)| (status, body.len())))
            .finish()
    }
}

/// What the core says.
#[derive(Clone)]
pub(crate) enum Verdict {
    /// The session with this handle exists, if the core says which.
    Exists { handle: Option<String>, replacement: Option<String> },
    /// Not a session that can be used, or nothing known of it.
    Not(Reason),
}

impl Verdict {
    /// The access token, as yet unverified, that takes the place of the request's.
    pub(crate) fn replacement(&self) -> Option<&str> {
        match self {
            Self::Exists { replacement, .. } => replacement.as_deref(),
            Self::Not(_) => None,
        }
    }
}

/// `None` if this is no answer of a core's.
fn read(body: &[u8]) -> Option<Verdict> {
    if body.len() > MAX_BODY {
        return None;
    }
    let answer = claim_json::read_strictly(body, LIMITS)?;
    match answer.get("status")?.as_text()? {
        "OK" => {
            let handle = match answer.get("session") {
                None => None,
                Some(session) => Some(session.get("handle")?.as_text()?.into()),
            };
            let replacement = match answer.get("accessToken") {
                Some(token) if !token.is_null() => Some(token.get("token")?.as_text()?.into()),
                _ => None,
            };
            Some(Verdict::Exists { handle, replacement })
        }
        "UNAUTHORISED" => Some(Verdict::Not(Reason::Revoked)),
        "TRY_REFRESH_TOKEN" => Some(Verdict::Not(Reason::CoreRefused)),
        _ => None,
    }
}

/// Bytes of an answer: eight times the longest token, which is the longest thing in it.
const MAX_BODY: usize = 64 * 1024;

/// The session's own data is in it as in a payload, two objects deeper, beside what else there is.
const LIMITS: Limits = Limits {
    members: payload::LIMITS.members,
    depth: payload::LIMITS.depth + 2,
    marks: payload::LIMITS.marks * 2,
};
