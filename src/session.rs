//! A session, proven: who the visitor is.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use crate::header::TokenVersion;
use crate::time::UnixMillis;
use crate::verified::Verified;

/// A session whose token was signed by the issuer and was valid when it was decided.
///
/// It owns what it needs, in one allocation, so it outlives the request; it does not hold the
/// token. `Debug` prints nothing of the user.
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
    /// User id, recipe user id, tenant id, session handle and payload, one after the other.
    text: Box<str>,
    /// Where each but the payload ends in `text`.
    ends: [usize; 4],
    version: TokenVersion,
    source: TokenSource,
    /// Whether its token is the one that the core has put in the place of the request's.
    is_replaced: bool,
    expires_at: UnixMillis,
}

impl Session {
    pub(crate) fn new(token: &Verified<'_>, source: TokenSource) -> Self {
        let payload = &token.payload;
        let parts = [
            payload.user_id.as_ref(),
            payload.recipe_user_id.as_deref().unwrap_or(&payload.user_id),
            payload.tenant_id.as_deref().unwrap_or(DEFAULT_TENANT),
            payload.session_handle.as_ref(),
        ];
        let room =
            parts.iter().map(|part| part.len()).fold(payload.json.len(), usize::saturating_add);
        let mut text = String::with_capacity(room);
        let ends = parts.map(|part| {
            text.push_str(part);
            text.len()
        });
        text.push_str(payload.json);
        Self {
            text: text.into_boxed_str(),
            ends,
            version: token.version,
            source,
            is_replaced: false,
            expires_at: payload.expires_at.to_unix(),
        }
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
        let [end, ..] = self.ends;
        self.part(0, end)
    }

    /// The id of the login method's user, `rsub`; the user id where the token names none.
    #[must_use]
    pub fn recipe_user_id(&self) -> &str {
        let [start, end, ..] = self.ends;
        self.part(start, end)
    }

    /// The tenant, `tId`; `public` for tokens of version 3, which have none.
    #[must_use]
    pub fn tenant_id(&self) -> &str {
        let [_, start, end, _] = self.ends;
        self.part(start, end)
    }

    /// The session's own id, `sessionHandle`.
    #[must_use]
    pub fn session_handle(&self) -> &str {
        let [.., start, end] = self.ends;
        self.part(start, end)
    }

    /// The whole payload as JSON text, just as it was signed: valid UTF-8, an object, no name twice
    /// at any depth. Parse it for claims of your own.
    #[must_use]
    pub fn payload_json(&self) -> &str {
        let [.., start] = self.ends;
        self.part(start, self.text.len())
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

    fn part(&self, start: usize, end: usize) -> &str {
        // The ends are lengths this text had, so they are in it and between characters.
        self.text.get(start..end).unwrap_or_default()
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
