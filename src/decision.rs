//! What to do with a request: all outcomes, and which reason leads where.

use core::convert::Infallible;
use core::time::Duration;

use crate::core_check::AskCore;
use crate::invalid_claims::InvalidClaims;
use crate::key_set::FetchFailure;
use crate::reason::{Reason, words};
use crate::session::Session;
use crate::time::UnixMillis;

/// What a server should do with a request. Exhaustive on purpose: a new outcome must not compile
/// until every caller acts on it.
///
/// One enum for both gates, with the arms that each can answer: a page gate's never has `AskCore`,
/// an API gate's ([`ApiDecision`]) never has `RefreshLoop`. An arm that cannot be holds a value that
/// cannot be made ([`Infallible`]), and a `match` by value need not name it.
///
/// ```
/// use supertokens_session::SessionDecision;
///
/// /// The status and, for a redirect, the target of a page's answer.
/// fn answer(decision: SessionDecision) -> (u16, &'static str) {
///     match decision {
///         SessionDecision::Authenticated(_) => (200, ""),
///         SessionDecision::NoSession(_) => (303, "/auth"),
///         SessionDecision::TryRefresh(_) => (303, "/refresh"),
///         SessionDecision::InvalidClaims(_) => (303, "/auth/verify-email"),
///         SessionDecision::RefreshLoop(_) => (500, "a page whose link signs out first"),
///         SessionDecision::FetchKeys(_) => unreachable!("the loop fetches and decides again"),
///         SessionDecision::Unavailable(_) => (503, ""),
///     }
/// }
/// ```
#[must_use = "a decision that is not acted on protects nothing"]
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "the caller must act on every decision")]
pub enum SessionDecision<Loop = Reason, Ask = Infallible> {
    /// Go on for this user: signature, time, structure and claims hold.
    Authenticated(Session),
    /// Nobody is signed in. A page redirects (303) to the sign-in path, or shows what it has for
    /// strangers; an API answers 401, or carries on without a user where the policy lets it.
    NoSession(Reason),
    /// The token cannot be used now, but the browser may hold a refresh token. A page lets the
    /// browser refresh, and never redirects to the sign-in path: the front end believes in its
    /// session and would bounce back. An API answers 401.
    TryRefresh(Reason),
    /// The session holds, and its claims are not what the policy wants: a page goes to the claim's own
    /// page (verify the e-mail address, second factor), an API answers 403.
    InvalidClaims(InvalidClaims),
    /// Refreshing has not helped several times in a row: show an error page whose sign-in link signs
    /// out first. Never a bare redirect, which would bounce back. The reason is the one for which
    /// another refresh would have been tried.
    RefreshLoop(Loop),
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
    /// Ask the core, tell the request what came of it
    /// ([`ApiRequest::finish`](crate::ApiRequest::finish)) and decide again.
    AskCore(Ask),
    /// Answer 503: whether this visitor has a session cannot be known now. Never a refresh or a
    /// redirect, which would go round for ever.
    Unavailable(Unavailable),
}

impl<Loop, Ask> SessionDecision<Loop, Ask> {
    /// The stable name in snake case, for logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Authenticated(_) => "authenticated",
            Self::NoSession(_) => "no_session",
            Self::TryRefresh(_) => "try_refresh",
            Self::InvalidClaims(_) => "invalid_claims",
            Self::RefreshLoop(_) => "refresh_loop",
            Self::FetchKeys(_) => "fetch_keys",
            Self::AskCore(_) => "ask_core",
            Self::Unavailable(_) => "unavailable",
        }
    }

    const fn common_reason(&self) -> Option<Reason> {
        match self {
            Self::NoSession(why) | Self::TryRefresh(why) => Some(*why),
            Self::InvalidClaims(_) => Some(Reason::InvalidClaims),
            Self::Unavailable(why) => Some(why.reason()),
            Self::Authenticated(_)
            | Self::RefreshLoop(_)
            | Self::FetchKeys(_)
            | Self::AskCore(_) => None,
        }
    }
}

impl SessionDecision {
    /// Why, for logs and metrics; `None` where the answer is yes, or keys are to be fetched, for which
    /// there are reasons of another kind.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::RefreshLoop(why) => Some(*why),
            _ => self.common_reason(),
        }
    }
}

impl ApiDecision {
    /// Why, for logs and metrics; `None` where the answer is yes, or keys are to be fetched, for which
    /// there are reasons of another kind.
    #[must_use]
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::AskCore(check) => Some(check.reason()),
            _ => self.common_reason(),
        }
    }
}

/// What an API gate decides.
pub type ApiDecision = SessionDecision<Infallible, AskCore>;

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
/// fn log(why: &Unavailable, now: UnixMillis) {
///     println!("503, Retry-After: {}: {}", why.retry_after(now), why.reason());
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unavailable {
    reason: Reason,
    failure: Option<FetchFailure>,
    retry_at: UnixMillis,
}

impl Unavailable {
    pub(crate) const fn new(
        reason: Reason,
        failure: Option<FetchFailure>,
        retry_at: UnixMillis,
    ) -> Self {
        Self { reason, failure, retry_at }
    }

    /// Of the keys [`Reason::KeysUnavailable`] or [`Reason::KeyUnusable`]; of the core
    /// [`Reason::CoreUnavailable`] or [`Reason::CoreAnswer`]; [`Reason::ApiAnswer`] of the API behind
    /// a page.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.reason
    }

    /// What was wrong with the last fetch of keys, if it failed.
    #[must_use]
    pub const fn failure(&self) -> Option<FetchFailure> {
        self.failure
    }

    /// When to try again. As long as it is keys that are missing, the answer will be the same before
    /// that.
    #[must_use]
    pub const fn retry_at(&self) -> UnixMillis {
        self.retry_at
    }

    /// The value of `Retry-After` (RFC 9110 section 10.2.3): whole seconds from `now` to
    /// [`retry_at`](Self::retry_at), rounded up, at least 1.
    #[must_use]
    pub fn retry_after(&self, now: UnixMillis) -> u64 {
        now.seconds_until(self.retry_at)
    }
}

/// When to try again where the core, or the API behind a page, gave no answer or nonsense. Nobody knows; a
/// second keeps whatever follows `Retry-After` from asking in a tight loop.
pub(crate) const RETRY: Duration = Duration::from_secs(1);

/// What a reason says of the request, for both gates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nobody looked.
    NotChecked,
    /// There is nothing that could be a session.
    Absent,
    /// What is there has not the shape of a session token.
    Malformed,
    /// A refresh gives the browser a good token or signs it out.
    Refused,
    /// The session is over.
    Revoked,
    /// Not the request's fault. Not a refresh: it would bring another token that nobody here can
    /// judge.
    Unavailable,
    /// Not the end: the core is to be asked.
    Asked,
    /// The session's own claims.
    Claims,
}

impl Reason {
    /// What each reason says: the only place that does so, and without a wildcard.
    pub(crate) const fn kind(self) -> Kind {
        match self {
            Self::Method | Self::NotChecked => Kind::NotChecked,
            Self::NoToken | Self::FrontTokenNotFound => Kind::Absent,
            Self::TokenTooLong
            | Self::SegmentCount
            | Self::HeaderTooLong
            | Self::HeaderNotBase64Url
            | Self::HeaderNotUtf8
            | Self::HeaderNotJson
            | Self::HeaderNotAnObject
            | Self::HeaderDuplicateMember
            | Self::HeaderTooManyMembers
            | Self::HeaderTooComplex
            | Self::HeaderTooDeep
            | Self::TokenType
            | Self::KeyId
            | Self::Version
            | Self::PayloadNotBase64Url
            | Self::PayloadNotUtf8
            | Self::PayloadNotJson
            | Self::PayloadNotAnObject
            | Self::PayloadDuplicateMember
            | Self::PayloadTooManyMembers
            | Self::PayloadTooComplex
            | Self::PayloadTooDeep
            | Self::WrongTokenType
            | Self::Sub
            | Self::TenantId
            | Self::RecipeUserId
            | Self::SessionHandle
            | Self::RefreshTokenHash1
            | Self::ExpiresAt
            | Self::ExpiresAtRange
            | Self::IssuedAt => Kind::Malformed,
            Self::CookieHeaderTooLong
            | Self::TooManyCookies
            | Self::LegacyCookie
            | Self::MultipleAccessTokens
            | Self::LegacyToken
            | Self::AlgorithmNotAllowed
            | Self::CriticalHeader
            | Self::SignatureNotBase64Url
            | Self::CustomHeaderMissing
            | Self::AntiCsrfHeaderMissing
            | Self::AntiCsrfTokenMissing
            | Self::AntiCsrfMismatch
            | Self::UnknownKey
            | Self::BadSignature
            | Self::NotYetValid
            | Self::Expired
            | Self::SigningKeyKind
            | Self::CoreRefused
            | Self::FrontTokenInvalid
            | Self::FrontTokenExpired
            | Self::AccessTokenNotFound
            | Self::TokensDoNotMatch
            | Self::ApiRefused => Kind::Refused,
            Self::Revoked => Kind::Revoked,
            Self::KeyUnusable
            | Self::KeysUnavailable
            | Self::CoreUnavailable
            | Self::CoreAnswer
            | Self::ApiAnswer => Kind::Unavailable,
            Self::CheckDatabase | Self::FirstUseAfterRefresh => Kind::Asked,
            Self::InvalidClaims => Kind::Claims,
        }
    }
}
