//! What the operator chose for an API.

use alloc::borrow::Cow;

use crate::claim_validator::ClaimValidator;
use crate::policy::{SigningKeyKind, StatusCodes, TokenTransfer};
use crate::token_cookies::TokenCookies;
use crate::validators::Validators;

/// The operator's choices for an API gate. The defaults are the SDK's, but that how cross-site
/// requests are kept out has none: somebody has to write it down.
///
/// ```
/// use supertokens_session::{AntiCsrf, ApiPolicy, EmailVerificationClaim, Gate};
///
/// let policy = ApiPolicy::new(AntiCsrf::ViaCustomHeader)
///     .session_required(false)
///     .claim(EmailVerificationClaim::is_verified());
/// let gate = Gate::api(policy);
/// ```
#[derive(Clone, Debug)]
pub struct ApiPolicy {
    pub(crate) anti_csrf: AntiCsrf,
    pub(crate) anti_csrf_check: Option<bool>,
    pub(crate) signing_keys: SigningKeyKind,
    pub(crate) token_transfer: TokenTransfer,
    pub(crate) session_required: bool,
    pub(crate) check_database: bool,
    pub(crate) ask_after_refresh: bool,
    pub(crate) claims: Validators,
    pub(crate) status_codes: StatusCodes,
    pub(crate) token_cookies: TokenCookies,
}

/// How an API keeps out the requests that other sites have a browser send, `antiCsrf`. It matters
/// for tokens in cookies only; no other site can set an `Authorization` header.
///
/// ```
/// use supertokens_session::{AntiCsrf, ApiPolicy};
///
/// let policy = ApiPolicy::new(AntiCsrf::ViaToken);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the three of the SDK")]
pub enum AntiCsrf {
    /// Nothing is checked: for session cookies with `SameSite=Lax` or `Strict`, which browsers do
    /// not send along. The SDK's choice where API and website are of one site.
    None,
    /// The `anti-csrf` header must be the access token's `antiCsrfToken`. Not checked of GET, unless
    /// [`ApiPolicy::anti_csrf_check`] says so.
    ViaToken,
    /// There must be a `rid` header, whatever its value: another site cannot send one without the
    /// API's consent (CORS). The SDK's choice for cookies with `SameSite=None`. Not checked of GET,
    /// as above.
    ViaCustomHeader,
}

impl ApiPolicy {
    /// A policy with the SDK's defaults.
    #[must_use]
    pub fn new(anti_csrf: AntiCsrf) -> Self {
        Self {
            anti_csrf,
            anti_csrf_check: None,
            signing_keys: SigningKeyKind::Dynamic,
            token_transfer: TokenTransfer::Any,
            session_required: true,
            check_database: false,
            ask_after_refresh: true,
            claims: Validators::NONE,
            status_codes: StatusCodes::default(),
            token_cookies: TokenCookies::default(),
        }
    }

    /// Whether to make the check that [`AntiCsrf`] names, whatever the method: `antiCsrfCheck`.
    /// Default: for every method but GET (HEAD included, as in the SDK).
    #[must_use]
    pub const fn anti_csrf_check(mut self, check: bool) -> Self {
        self.anti_csrf_check = Some(check);
        self
    }

    /// The name of the access token cookie, where the backend overrides it with
    /// `getCookieNameForTokenType`. Default: `sAccessToken`. The same as
    /// [`TokenCookies::access_token_cookie`] of [`token_cookies`](Self::token_cookies).
    ///
    /// A name no browser would send (empty, or with `=`, `;` or outer white space) is never found.
    #[must_use]
    pub fn access_token_cookie(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.token_cookies = self.token_cookies.access_token_cookie(name);
        self
    }

    /// The kind of key the backend has its sessions signed with, `useDynamicAccessTokenSigningKey`.
    /// Default: [`SigningKeyKind::Dynamic`].
    #[must_use]
    pub const fn signing_keys(mut self, kind: SigningKeyKind) -> Self {
        self.signing_keys = kind;
        self
    }

    /// Where a token may be, `getTokenTransferMethod`. Default: [`TokenTransfer::Any`], in which a
    /// bearer token that has the shape of a session's goes before the cookie.
    #[must_use]
    pub const fn token_transfer(mut self, transfer: TokenTransfer) -> Self {
        self.token_transfer = transfer;
        self
    }

    /// Whether a request without a session is refused, `sessionRequired`. Default: it is. If not,
    /// [`NoSession`](crate::SessionDecision::NoSession) has no response but for a session that is
    /// [`Revoked`](crate::Reason::Revoked): carry on without a user. A token that is there and does
    /// not hold is refused either way.
    #[must_use]
    pub const fn session_required(mut self, required: bool) -> Self {
        self.session_required = required;
        self
    }

    /// Whether to ask the core about every session, `checkDatabase`: so that one that was revoked is
    /// known at once and not when its token expires. Default: no.
    #[must_use]
    pub const fn check_database(mut self, check: bool) -> Self {
        self.check_database = check;
        self
    }

    /// Whether to ask the core at the first use of a token after a refresh, as the SDK does: only
    /// then does the core let go of the refresh token before, and only then can it know a stolen one
    /// by its use. Default: yes. Where another server of the site asks (the SDK's, for most calls),
    /// this one need not.
    #[must_use]
    pub const fn ask_after_refresh(mut self, ask: bool) -> Self {
        self.ask_after_refresh = ask;
        self
    }

    /// Adds a rule about the session's claims. All are judged, in the order in which they were added.
    #[must_use]
    pub fn claim(mut self, validator: impl ClaimValidator + 'static) -> Self {
        self.claims.add(validator);
        self
    }

    /// The status codes of refusals. Default: 401 and 403.
    #[must_use]
    pub const fn status_codes(mut self, codes: StatusCodes) -> Self {
        self.status_codes = codes;
        self
    }

    /// How the backend sets its cookies: which to read, and how to clear them when the core says that
    /// the session is over.
    #[must_use]
    pub fn token_cookies(mut self, cookies: TokenCookies) -> Self {
        self.token_cookies = cookies;
        self
    }
}
