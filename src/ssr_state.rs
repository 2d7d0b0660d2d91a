//! What a server-rendered page of `supertokens-auth-react` does: two tokens in, one word out.
//!
//! Its `nextjs/ssr` looks at the front token and the access token and signs the visitor out, by
//! force, wherever the access token does not verify. That is also so where a key was rotated, where
//! the keys could not be fetched, and where only the access token has expired. Here nothing signs
//! anybody out that a refresh or a wait may mend; a refresh does end a session that has ended.

use crate::decision::SessionDecision;
use crate::front_token::FrontToken;
use crate::reason::words;
use crate::time::UnixMillis;

words! {
    /// How front end and server see one session, in the words of `supertokens-auth-react` where it
    /// has one. What to do is [`Self::action`].
    ///
    /// ```
    /// use supertokens_session::{FrontToken, Gate, Keys, PagePolicy, SsrAction, SsrState, UnixMillis};
    ///
    /// fn state(gate: &Gate, cookies: &[&[u8]], keys: &Keys, now: UnixMillis) -> SsrState {
    ///     let decision = gate.request("GET", cookies.iter().copied()).decide(keys, now);
    ///     SsrState::of(FrontToken::find(cookies.iter().copied()), &decision, now)
    /// }
    ///
    /// assert_eq!(SsrState::FrontTokenExpired.name(), "front-token-expired");
    /// assert_eq!(SsrState::FrontTokenExpired.action(), SsrAction::Refresh);
    /// ```
    pub enum SsrState {
        FrontTokenNotFound = "front-token-not-found", "the front end has no session";
        FrontTokenInvalid = "front-token-invalid", "the front end's token cannot be read";
        FrontTokenExpired = "front-token-expired", "the front end's token has expired";
        AccessTokenNotFound = "access-token-not-found", "the front end has a session but the request has no access token";
        AccessTokenInvalid = "access-token-invalid", "the access token has expired or is not valid";
        RefreshLoop = "refresh-loop", "the access token is not valid, and refreshing has not helped";
        InvalidClaims = "invalid-claims", "the session's claims are not what the policy wants";
        KeysNeeded = "keys-needed", "the issuer's keys are to be fetched first";
        KeysUnavailable = "keys-unavailable", "the issuer's keys cannot be had now";
        TokensDoNotMatch = "tokens-do-not-match", "the front end's token has another payload than the access token";
        TokensMatch = "tokens-match", "both tokens are of one session";
    }
}

/// What a page does for an [`SsrState`]. Exhaustive on purpose, as
/// [`SessionDecision`] is.
///
/// ```
/// use supertokens_session::SsrAction;
///
/// fn status(action: SsrAction) -> u16 {
///     match action {
///         SsrAction::Render => 200,
///         SsrAction::SignIn | SsrAction::Refresh => 303,
///         SsrAction::ClaimPage => 303,
///         SsrAction::SignOut => 500,
///         SsrAction::FetchKeys => unreachable!("the loop fetches and decides again"),
///         SsrAction::Unavailable => 503,
///     }
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the caller must act on each")]
pub enum SsrAction {
    /// Render for the session of [`SessionDecision::Authenticated`].
    Render,
    /// Redirect to the sign-in page, or render for a stranger.
    SignIn,
    /// Let the browser refresh. Bound how often: tokens that never match come back for ever.
    Refresh,
    /// Go to the claim's own page: [`SessionDecision::InvalidClaims`].
    ClaimPage,
    /// Show an error page whose sign-in link signs out first: [`SessionDecision::RefreshLoop`].
    SignOut,
    /// Fetch the keys, decide and ask again: [`SessionDecision::FetchKeys`].
    FetchKeys,
    /// Answer 503: [`SessionDecision::Unavailable`].
    Unavailable,
}

impl SsrState {
    /// The state of a request: its front token, as [`FrontToken::find`] finds it, and what a page
    /// gate decided on its access token at `now`. Where the gate does not decide the method
    /// ([`Reason::Method`](crate::Reason::Method)) nobody looked for one, and the state says there
    /// is none.
    #[must_use]
    pub fn of(front_token: Option<&[u8]>, access: &SessionDecision, now: UnixMillis) -> Self {
        let Some(text) = front_token.filter(|text| !text.is_empty()) else {
            return Self::FrontTokenNotFound;
        };
        let Ok(front_token) = FrontToken::parse(text) else {
            return Self::FrontTokenInvalid;
        };
        if front_token.expires_at() <= now {
            return Self::FrontTokenExpired;
        }
        match access {
            SessionDecision::NoSession(_) => Self::AccessTokenNotFound,
            SessionDecision::TryRefresh(_) => Self::AccessTokenInvalid,
            SessionDecision::RefreshLoop(_) => Self::RefreshLoop,
            SessionDecision::InvalidClaims(_) => Self::InvalidClaims,
            SessionDecision::AskCore(never) => match *never {},
            SessionDecision::FetchKeys(_) => Self::KeysNeeded,
            SessionDecision::Unavailable(_) => Self::KeysUnavailable,
            SessionDecision::Authenticated(session) if front_token.is_of(session) => {
                Self::TokensMatch
            }
            SessionDecision::Authenticated(_) => Self::TokensDoNotMatch,
        }
    }

    /// What a page does.
    ///
    /// Only without a front token does it go to the sign-in page: everywhere else the front end
    /// believes in its session, and would bounce back. A refresh mends each of these, or ends the
    /// session in the browser too.
    #[must_use]
    pub const fn action(self) -> SsrAction {
        match self {
            Self::FrontTokenNotFound => SsrAction::SignIn,
            Self::FrontTokenInvalid
            | Self::FrontTokenExpired
            | Self::AccessTokenNotFound
            | Self::AccessTokenInvalid
            | Self::TokensDoNotMatch => SsrAction::Refresh,
            Self::RefreshLoop => SsrAction::SignOut,
            Self::InvalidClaims => SsrAction::ClaimPage,
            Self::KeysNeeded => SsrAction::FetchKeys,
            Self::KeysUnavailable => SsrAction::Unavailable,
            Self::TokensMatch => SsrAction::Render,
        }
    }
}
