//! A session, proven: who the visitor is.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::header::TokenVersion;
use crate::time::UnixMillis;
use crate::verified::Verified;

/// A session whose token was signed by the issuer and was valid when it was decided.
///
/// It owns what it needs, in one allocation that clones share, so it outlives the request; it does
/// not hold the token. `Debug` prints nothing of the user.
///
/// ```
/// use supertokens_session::{Session, TokenVersion};
///
/// fn greeting(session: &Session) -> String {
///     format!("hello {} of {}", session.user_id(), session.tenant_id())
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// The payload as JSON, and behind it what in it has escapes, undone.
    text: Arc<str>,
    payload: Part,
    user_id: Part,
    recipe_user_id: Part,
    /// `None`: the version has none.
    tenant_id: Option<Part>,
    session_handle: Part,
    anti_csrf_token: Option<Part>,
    is_first_after_refresh: bool,
    version: TokenVersion,
    source: TokenSource,
    /// Whether its token is the one that the core has put in the place of the request's.
    is_replaced: bool,
    expires_at: UnixMillis,
}

/// A part of a session's text, which is no longer than a few tokens.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Part {
    start: u32,
    end: u32,
}

impl Part {
    fn new(start: usize, length: usize) -> Self {
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: place(start), end: place(start.saturating_add(length)) }
    }

    fn of(self, text: &str) -> Option<&str> {
        let place = |at: u32| usize::try_from(at).ok();
        text.get(place(self.start)?..place(self.end)?)
    }
}

impl Session {
    pub(crate) fn new(token: &Verified<'_>, source: TokenSource) -> Self {
        let payload = &token.payload;
        let mut text = Text { json: payload.json, longer: String::new() };
        let user_id = text.part(&payload.user_id);
        let recipe_user_id = payload.recipe_user_id.as_deref();
        let recipe_user_id = recipe_user_id.map_or(user_id, |id| text.part(id));
        let tenant_id = payload.tenant_id.as_deref().map(|id| text.part(id));
        let session_handle = text.part(&payload.session_handle);
        let anti_csrf_token = payload.anti_csrf_token.as_deref().map(|token| text.part(token));
        Self {
            payload: Part::new(0, payload.json.len()),
            text: text.finish(),
            user_id,
            recipe_user_id,
            tenant_id,
            session_handle,
            anti_csrf_token,
            is_first_after_refresh: payload.is_first_after_refresh,
            version: token.version,
            source,
            is_replaced: false,
            expires_at: payload.times.expires_at(),
        }
    }

    /// The same, of a token that this request has there.
    pub(crate) fn found_at(self, source: TokenSource) -> Self {
        Self { source, ..self }
    }

    /// The same, of a token that has taken the place of a request's.
    pub(crate) fn replaced(self) -> Self {
        Self { is_replaced: true, ..self }
    }

    pub(crate) const fn is_replaced(&self) -> bool {
        self.is_replaced
    }

    /// The user id, `sub`, as it stands in the token. In version 5 the primary user's.
    #[must_use]
    pub fn user_id(&self) -> &str {
        self.part(self.user_id)
    }

    /// The id of the login method's user, `rsub`; the user id where the token names none.
    #[must_use]
    pub fn recipe_user_id(&self) -> &str {
        self.part(self.recipe_user_id)
    }

    /// The tenant, `tId`; `public` for tokens of version 3, which have none.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        self.tenant_id.map_or(DEFAULT_TENANT, |part| self.part(part))
    }

    /// The session's own id, `sessionHandle`.
    #[must_use]
    pub fn session_handle(&self) -> &str {
        self.part(self.session_handle)
    }

    /// The whole payload as JSON text, just as it was signed: valid UTF-8, an object, no name twice
    /// at any depth. Parse it for claims of your own.
    #[must_use]
    pub fn payload_json(&self) -> &str {
        self.part(self.payload)
    }

    /// `antiCsrfToken`, where it is a text.
    pub(crate) fn anti_csrf_token(&self) -> Option<&str> {
        self.anti_csrf_token.map(|part| self.part(part))
    }

    /// Whether the token is the first after a refresh, and the core has not heard of its use.
    pub(crate) const fn is_first_after_refresh(&self) -> bool {
        self.is_first_after_refresh
    }

    /// Bytes of what it has on the heap: the text behind all of these.
    pub(crate) fn heap_bytes(&self) -> usize {
        self.text.len()
    }

    /// The version of the token.
    #[must_use]
    pub const fn version(&self) -> TokenVersion {
        self.version
    }

    /// Where the token was.
    #[must_use]
    pub const fn source(&self) -> TokenSource {
        self.source
    }

    /// When the token expires, `exp`: from that very millisecond on it is expired.
    #[must_use]
    pub const fn expires_at(&self) -> UnixMillis {
        self.expires_at
    }

    fn part(&self, part: Part) -> &str {
        // It was a part of this text when it was made.
        part.of(&self.text).unwrap_or_default()
    }
}

/// The text of a session while it is put together.
struct Text<'t> {
    json: &'t str,
    /// The payload and what of it had to be undone; empty while nothing had to be.
    longer: String,
}

impl Text<'_> {
    /// Where `part` is: in the payload if it was read from there as it stands.
    fn part(&mut self, part: &str) -> Part {
        let start = part.as_ptr().addr().wrapping_sub(self.json.as_ptr().addr());
        let there = Part::new(start, part.len());
        if there.of(self.json) == Some(part) {
            return there;
        }
        if self.longer.is_empty() {
            // Most often there is one.
            self.longer.reserve(self.json.len().saturating_add(part.len()));
            self.longer.push_str(self.json);
        }
        let start = self.longer.len();
        self.longer.push_str(part);
        Part::new(start, part.len())
    }

    fn finish(&self) -> Arc<str> {
        if self.longer.is_empty() { self.json.into() } else { self.longer.as_str().into() }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("version", &self.version)
            .field("source", &self.source)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// Where a request's token was found. One that the core has put in its place belongs there too.
///
/// ```
/// assert_eq!(supertokens_session::TokenSource::Cookie.name(), "cookie");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TokenSource {
    /// The access token cookie, which the backend sets.
    Cookie,
    /// The cookie `st-access-token`, which a front end in header mode sets.
    HeaderModeCookie,
    /// The `Authorization` header, with the scheme `Bearer`.
    Authorization,
}

impl TokenSource {
    /// The stable name in snake case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cookie => "cookie",
            Self::HeaderModeCookie => "header_mode_cookie",
            Self::Authorization => "authorization",
        }
    }
}

/// The tenant of every core, and the one of tokens that cannot name another.
const DEFAULT_TENANT: &str = "public";
