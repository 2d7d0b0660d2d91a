//! What to do with a request: all outcomes, and which reason leads where.

use crate::key_set::FetchFailure;
use crate::reason::{Reason, words};
use crate::session::Session;
use crate::time::UnixMillis;

/// What a server should do with a request. Exhaustive on purpose: a new outcome must not compile
/// until every caller acts on it.
///
/// ```
/// use supertokens_session::SessionDecision;
///
/// /// The status and, for a redirect, the target of a page's answer.
/// fn answer(decision: &SessionDecision) -> (u16, &'static str) {
///     match decision {
///         SessionDecision::Authenticated(_) => (200, ""),
///         SessionDecision::NoSession(_) => (303, "/auth"),
///         SessionDecision::TryRefresh(_) => (200, "a page that refreshes in the browser"),
///         SessionDecision::FetchKeys(_) => unreachable!("the loop fetches and decides again"),
///         SessionDecision::Unavailable(_) => (503, ""),
///     }
/// }
/// ```
#[must_use = "a decision that is not acted on protects nothing"]
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the caller must act on every decision")]
pub enum SessionDecision {
    /// Render for this user: signature, time and structure hold.
    Authenticated(Session),
    /// Nobody is signed in: redirect (303) to the sign-in path, or carry on anonymously.
    NoSession(Reason),
    /// The token cannot be used now, but the browser may hold a refresh token: answer with a page
    /// that refreshes in the browser, or redirect to the route that does. Never to the sign-in
    /// path: the front end believes in its session and would bounce back.
    TryRefresh(Reason),
    /// Get the issuer's keys and decide again:
    /// [`KeyStore::begin_fetch`](crate::KeyStore::begin_fetch).
    ///
    /// A promise of progress: with the snapshot that
    /// [`finish_fetch`](crate::KeyStore::finish_fetch) returns, the same request is not answered
    /// `FetchKeys` again after a failure before
    /// [`back_off`](crate::KeyPolicy::back_off) is over, nor after a success before
    /// [`unknown_key_interval`](crate::KeyPolicy::unknown_key_interval) is, or, where the set has the
    /// token's key, before the set is stale; unless the clock is set back.
    FetchKeys(FetchKeys),
    /// Answer 503: whether this visitor has a session cannot be known now. Never a refresh or a
    /// redirect, which would go round for ever.
    Unavailable(Unavailable),
}

/// Why keys are needed, and which snapshot showed it; goes to
/// [`KeyStore::begin_fetch`](crate::KeyStore::begin_fetch).
///
/// ```
/// use supertokens_session::{FetchReason, Gate, KeyPolicy, KeyStore, PagePolicy, SessionDecision, UnixMillis, crypto};
///
/// let gate = Gate::page(PagePolicy::default());
/// let store = KeyStore::new("https://core.example/.well-known/jwks.json", &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let cookies = concat!("sAccessToken=", include_str!("../tests/data/v5.token"));
/// let request = gate.request("GET", [cookies.trim().as_bytes()]);
/// match request.decide(&store.keys(), UnixMillis::from_secs(1_750_000_000)) {
///     SessionDecision::FetchKeys(why) => assert_eq!(why.reason(), FetchReason::NoKeys),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchKeys {
    reason: FetchReason,
    version: u64,
}

impl FetchKeys {
    pub(crate) const fn new(reason: FetchReason, version: u64) -> Self {
        Self { reason, version }
    }

    /// Why keys are needed.
    #[must_use]
    pub const fn reason(self) -> FetchReason {
        self.reason
    }

    /// Which of the store's snapshots showed that they are.
    pub(crate) const fn version(self) -> u64 {
        self.version
    }
}

words! {
    /// Why the keys are fetched.
    ///
    /// ```
    /// use supertokens_session::FetchReason;
    ///
    /// assert_eq!(FetchReason::Stale.name(), "stale");
    /// ```
    pub enum FetchReason {
        NoKeys = "no_keys", "there is no key set yet";
        Stale = "stale", "the key set has been used for as long as it may be without asking again";
        UnknownKey = "unknown_key", "a token names a key that the set lacks or cannot use";
        Ahead = "ahead", "the key set is about to become stale";
        ByHand = "by_hand", "the caller wanted it";
    }
}

/// Why nothing can be decided now, and when it may be again.
///
/// ```
/// use supertokens_session::{Unavailable, UnixMillis};
///
/// /// The value of `Retry-After` (RFC 9110 section 10.2.3).
/// fn retry_after(why: &Unavailable, now: UnixMillis) -> u64 {
///     let wait = why.retry_at().since(now);
///     (wait.as_secs() + u64::from(wait.subsec_nanos() > 0)).max(1)
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    reason: Reason,
    failure: Option<FetchFailure>,
    retry_at: UnixMillis,
}

impl Unavailable {
    /// [`Reason::KeysUnavailable`] or [`Reason::KeyUnusable`].
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What was wrong with the last fetch, if it failed.
    #[must_use]
    pub const fn failure(&self) -> Option<FetchFailure> {
        self.failure
    }

    /// When the store may ask the issuer again; before that the answer will be the same.
    #[must_use]
    pub const fn retry_at(&self) -> UnixMillis {
        self.retry_at
    }
}

/// What the keys say of themselves, for [`Unavailable`].
#[derive(Clone, Copy)]
pub(crate) struct KeysState {
    pub(crate) failure: Option<FetchFailure>,
    pub(crate) retry_at: UnixMillis,
}

impl SessionDecision {
    /// What a page does for each reason: the only place that says so, and without a wildcard.
    pub(crate) fn of_page(reason: Reason, keys: KeysState) -> Self {
        match reason {
            // There is no cookie the browser could take for a session.
            Reason::NoToken | Reason::Method => Self::NoSession(reason),

            // The store may not or could not bring the key. Not a refresh: it would bring another
            // token that nobody here can check.
            Reason::KeyUnusable | Reason::KeysUnavailable => Self::Unavailable(Unavailable {
                reason,
                failure: keys.failure,
                retry_at: keys.retry_at,
            }),

            // There is a cookie (or too much to tell), so the browser believes that it has a
            // session: a refresh gives it a good token or signs it out.
            Reason::CookieHeaderTooLong
            | Reason::TooManyCookies
            | Reason::LegacyCookie
            | Reason::MultipleAccessTokens
            | Reason::TokenTooLong
            | Reason::SegmentCount
            | Reason::HeaderTooLong
            | Reason::HeaderNotBase64Url
            | Reason::HeaderNotUtf8
            | Reason::HeaderNotJson
            | Reason::HeaderNotAnObject
            | Reason::HeaderDuplicateMember
            | Reason::HeaderTooManyMembers
            | Reason::HeaderTooComplex
            | Reason::HeaderTooDeep
            | Reason::TokenType
            | Reason::KeyId
            | Reason::Version
            | Reason::PayloadNotBase64Url
            | Reason::PayloadNotUtf8
            | Reason::PayloadNotJson
            | Reason::PayloadNotAnObject
            | Reason::PayloadDuplicateMember
            | Reason::PayloadTooManyMembers
            | Reason::PayloadTooComplex
            | Reason::PayloadTooDeep
            | Reason::WrongTokenType
            | Reason::Sub
            | Reason::TenantId
            | Reason::RecipeUserId
            | Reason::SessionHandle
            | Reason::RefreshTokenHash1
            | Reason::ExpiresAt
            | Reason::ExpiresAtRange
            | Reason::IssuedAt
            | Reason::LegacyToken
            | Reason::AlgorithmNotAllowed
            | Reason::CriticalHeader
            | Reason::SignatureNotBase64Url
            | Reason::UnknownKey
            | Reason::BadSignature
            | Reason::NotYetValid
            | Reason::Expired
            | Reason::SigningKeyKind => Self::TryRefresh(reason),
        }
    }
}
