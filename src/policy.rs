//! What the operator chose.

use alloc::borrow::Cow;

/// The operator's choices for a page gate. The defaults are the SDK's.
///
/// ```
/// use supertokens_session::{PagePolicy, SigningKeyKind, TokenTransfer};
///
/// let policy = PagePolicy::default()
///     .access_token_cookie("__Host-session")
///     .signing_keys(SigningKeyKind::Static)
///     .token_transfer(TokenTransfer::Cookie)
///     .methods(&["QUERY"]);
/// assert_ne!(policy, PagePolicy::default());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePolicy {
    pub(crate) access_token_cookie: Cow<'static, str>,
    pub(crate) signing_keys: SigningKeyKind,
    pub(crate) token_transfer: TokenTransfer,
    pub(crate) methods: &'static [&'static str],
}

impl Default for PagePolicy {
    fn default() -> Self {
        Self {
            access_token_cookie: Cow::Borrowed("sAccessToken"),
            signing_keys: SigningKeyKind::Dynamic,
            token_transfer: TokenTransfer::Any,
            methods: &[],
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

/// Where a page looks for the token, as the SDK's `getTokenTransferMethod`. A page never reads the
/// `Authorization` header: a browser does not send one with a navigation.
///
/// ```
/// use supertokens_session::{PagePolicy, TokenTransfer};
///
/// let policy = PagePolicy::default().token_transfer(TokenTransfer::Cookie);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the three of the SDK")]
pub enum TokenTransfer {
    /// The access token cookie, or where there is none, as for [`Self::Header`].
    Any,
    /// The access token cookie only.
    Cookie,
    /// Only the cookie `st-access-token`, in which front ends in header mode keep their token.
    Header,
}
