//! What the operator chose.

use alloc::borrow::Cow;

use crate::claim_validator::ClaimValidator;
use crate::validators::Validators;

/// The operator's choices for a page gate. The defaults are the SDK's.
///
/// ```
/// use supertokens_session::{EmailVerificationClaim, Gate, PagePolicy, SigningKeyKind, TokenTransfer};
///
/// let policy = PagePolicy::default()
///     .access_token_cookie("__Host-session")
///     .signing_keys(SigningKeyKind::Static)
///     .token_transfer(TokenTransfer::Cookie)
///     .claim(EmailVerificationClaim::is_verified())
///     .methods(&["QUERY"]);
/// let gate = Gate::page(policy);
/// ```
#[derive(Clone, Debug)]
pub struct PagePolicy {
    pub(crate) access_token_cookie: Cow<'static, str>,
    pub(crate) signing_keys: SigningKeyKind,
    pub(crate) token_transfer: TokenTransfer,
    pub(crate) methods: &'static [&'static str],
    pub(crate) claims: Validators,
    pub(crate) status_codes: StatusCodes,
    pub(crate) https: bool,
}

impl Default for PagePolicy {
    fn default() -> Self {
        Self {
            access_token_cookie: Cow::Borrowed("sAccessToken"),
            signing_keys: SigningKeyKind::Dynamic,
            token_transfer: TokenTransfer::Any,
            methods: &[],
            claims: Validators::NONE,
            status_codes: StatusCodes::default(),
            https: true,
        }
    }
}

impl PagePolicy {
    /// The name of the access token cookie, where the backend overrides it with
    /// `getCookieNameForTokenType`. Default: `sAccessToken`.
    ///
    /// A name no browser would send (empty, or with `=`, `;` or outer white space) is never found.
    #[must_use]
    pub fn access_token_cookie(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.access_token_cookie = name.into();
        self
    }

    /// The kind of key the backend has its sessions signed with, `useDynamicAccessTokenSigningKey`.
    /// Default: [`SigningKeyKind::Dynamic`].
    #[must_use]
    pub const fn signing_keys(mut self, kind: SigningKeyKind) -> Self {
        self.signing_keys = kind;
        self
    }

    /// The cookies a token may come in. Default: [`TokenTransfer::Any`].
    #[must_use]
    pub const fn token_transfer(mut self, transfer: TokenTransfer) -> Self {
        self.token_transfer = transfer;
        self
    }

    /// Methods to decide besides GET and HEAD, compared without regard to ASCII case. Default: none.
    ///
    /// A page gate checks no CSRF token: name a method only where it changes nothing.
    #[must_use]
    pub const fn methods(mut self, methods: &'static [&'static str]) -> Self {
        self.methods = methods;
        self
    }

    /// Adds a rule about the session's claims. All are judged, in the order in which they were added.
    /// Default: none, as the SDK judges claims in the browser.
    #[must_use]
    pub fn claim(mut self, validator: impl ClaimValidator + 'static) -> Self {
        self.claims.add(validator);
        self
    }

    /// The status codes with which the API behind the page refuses. Default: 401 and 403.
    #[must_use]
    pub const fn status_codes(mut self, codes: StatusCodes) -> Self {
        self.status_codes = codes;
        self
    }

    /// Whether browsers reach the page by https. Default: they do. If not, as in development, the
    /// cookie that counts attempts is one that browsers take over plain http.
    #[must_use]
    pub const fn https(mut self, https: bool) -> Self {
        self.https = https;
        self
    }
}

/// The two kinds of signing key a core has, told apart by their `kid`: `d-` begins a dynamic
/// key's, anything else a static key's.
///
/// ```
/// use supertokens_session::{PagePolicy, SigningKeyKind};
///
/// let policy = PagePolicy::default().signing_keys(SigningKeyKind::Static);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a key is one or the other")]
pub enum SigningKeyKind {
    /// Rotated by the core, every 168 hours unless configured otherwise.
    Dynamic,
    /// Never rotated by itself.
    Static,
}

/// Where a gate looks for the token, as the SDK's `getTokenTransferMethod`.
///
/// An API reads the `Authorization` header and the access token cookie. A page never reads the
/// header, as a browser does not send one with a navigation; for a front end in header mode it
/// reads the cookie `st-access-token`, in which that keeps its token.
///
/// ```
/// use supertokens_session::{PagePolicy, TokenTransfer};
///
/// let policy = PagePolicy::default().token_transfer(TokenTransfer::Cookie);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the three of the SDK")]
pub enum TokenTransfer {
    /// Both. A page takes the access token cookie first; an API a bearer token that has the shape of
    /// a session's.
    Any,
    /// The access token cookie only.
    Cookie,
    /// An API: the `Authorization` header only. A page: only the cookie `st-access-token`.
    Header,
}

/// The status codes of refusals, `sessionExpiredStatusCode` and `invalidClaimStatusCode`.
///
/// ```
/// use supertokens_session::StatusCodes;
///
/// let codes = StatusCodes::new(440, 403).expect("they differ");
/// assert_eq!(StatusCodes::new(401, 401), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StatusCodes {
    pub(crate) session_expired: u16,
    pub(crate) invalid_claim: u16,
}

impl StatusCodes {
    /// The status for a session that is missing, over or to be refreshed, and the one for invalid
    /// claims: two different ones from 400 to 499. `None` otherwise: a front end could not tell them
    /// apart, or from an outage.
    #[must_use]
    pub const fn new(session_expired: u16, invalid_claim: u16) -> Option<Self> {
        if session_expired == invalid_claim
            || session_expired / 100 != 4
            || invalid_claim / 100 != 4
        {
            return None;
        }
        Some(Self { session_expired, invalid_claim })
    }
}

impl Default for StatusCodes {
    /// 401 and 403.
    fn default() -> Self {
        Self { session_expired: 401, invalid_claim: 403 }
    }
}
