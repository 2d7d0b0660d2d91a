//! An answer to the browser, as data: status, header fields, body.

use alloc::borrow::Cow;
use alloc::string::ToString;
use alloc::vec::Vec;
use core::fmt;

use crate::time::UnixMillis;

/// What to send instead of a page or a result. The caller's framework sends it.
///
/// Every one of them carries `Cache-Control: no-store`: none is for a cache to keep and hand to
/// somebody else (RFC 9111 section 5.2.2.5). `Debug` prints no value and no body.
///
/// ```
/// use supertokens_session::Response;
///
/// /// As `http::Response` and its kin want it.
/// fn send(response: &Response) {
///     println!("{}", response.status());
///     for (name, value) in response.headers() {
///         println!("{name}: {value}");
///     }
///     println!("{}", response.body());
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    status: u16,
    headers: Vec<(&'static str, Cow<'static, str>)>,
    body: Cow<'static, str>,
}

impl Response {
    pub(crate) fn new(status: u16) -> Self {
        let headers = Vec::from([("cache-control", Cow::Borrowed("no-store"))]);
        Self { status, headers, body: Cow::Borrowed("") }
    }

    /// 503 with `Retry-After` (RFC 9110 section 10.2.3): whole seconds from `now` to `retry_at`, rounded
    /// up, at least 1. For an API that may not ask for keys before then
    /// ([`Fetch::NotNow`](crate::Fetch::NotNow)); where the decision itself is
    /// [`Unavailable`](crate::SessionDecision::Unavailable), `Gate::response` makes the same of it.
    #[must_use]
    pub fn unavailable(retry_at: UnixMillis, now: UnixMillis) -> Self {
        let body = r#"{"message":"service unavailable"}"#;
        Self::new(503).header("retry-after", now.seconds_until(retry_at).to_string()).json(body)
    }

    /// Adds a header field. The name is in lower case, as HTTP/2 wants it; the value must be visible
    /// ASCII and spaces.
    pub(crate) fn header(
        mut self,
        name: &'static str,
        value: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Gives it a body of JSON, with the content type that the SDK sends.
    pub(crate) fn json(mut self, body: impl Into<Cow<'static, str>>) -> Self {
        self.body = body.into();
        self.header("content-type", "application/json; charset=utf-8")
    }

    /// The HTTP status code.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The header fields, names in lower case, in order. `set-cookie` may be there several times, so
    /// add each and replace none.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.headers.iter().map(|(name, value)| (*name, value.as_ref()))
    }

    /// The body; empty for a redirect.
    #[must_use]
    pub fn body(&self) -> &str {
        &self.body
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response")
            .field("status", &self.status)
            .field("headers", &self.headers.iter().map(|(name, _)| *name).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}
