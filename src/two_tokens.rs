//! What a server-rendered page of `supertokens-auth-react` does: front token and access token in, one
//! decision out.
//!
//! Its `nextjs/ssr` signs the visitor out, by force, wherever the access token does not verify. That is
//! also so where a key was rotated, where the keys could not be fetched, and where only the access
//! token has expired. Here nothing signs anybody out that a refresh or a wait may mend; a refresh does
//! end a session that has ended.

use crate::decision::{SessionDecision, Unavailable};
use crate::front_token::FrontToken;
use crate::gate::Request;
use crate::reason::Reason;
use crate::time::UnixMillis;

impl Request<'_> {
    /// Decides on with the front token beside the access token, for a site whose pages must show the
    /// session that the front end believes in, and no other.
    ///
    /// `decision` is what [`decide`](Self::decide) made of the access token, `front_token` what
    /// [`FrontToken::find`] finds. The states are those of `supertokens-auth-react`, in its order:
    ///
    /// | state | decision |
    /// |---|---|
    /// | a method that is not decided, or more cookies than are read | as decided |
    /// | no front token: the front end has no session | `NoSession` |
    /// | a front token that cannot be read, or has expired | `TryRefresh` |
    /// | no access token | `TryRefresh` |
    /// | an access token that does not hold | as decided |
    /// | another payload than the access token's | `TryRefresh` |
    /// | the same payload | as decided |
    ///
    /// What is decided on a front token that is there only ever sends the browser to refresh: nobody
    /// has signed it. The payloads are compared as values, for backends in Go and Python sort the
    /// members and spell numbers and escapes in their own ways.
    ///
    /// ```
    /// use supertokens_session::{FrontToken, Gate, Keys, PagePolicy, SessionDecision, UnixMillis};
    ///
    /// fn decide(gate: &Gate, cookies: &[&[u8]], keys: &Keys, now: UnixMillis) -> SessionDecision {
    ///     let request = gate.request("GET", cookies.iter().copied());
    ///     let front_token = FrontToken::find(cookies.iter().copied());
    ///     request.with_front_token(request.decide(keys, now), front_token, now)
    /// }
    /// ```
    pub fn with_front_token(
        &self,
        decision: SessionDecision,
        front_token: Option<&[u8]>,
        now: UnixMillis,
    ) -> SessionDecision {
        // Whether there is a front token is known only of a request that was read, and to the end.
        let unread = [Reason::Method, Reason::CookieHeaderTooLong, Reason::TooManyCookies];
        if decision.reason().is_some_and(|reason| unread.contains(&reason)) {
            return decision;
        }
        let refresh = |reason| self.refuse(Unavailable::new(reason, None, now));
        let Some(text) = front_token.filter(|text| !text.is_empty()) else {
            return refresh(Reason::FrontTokenNotFound);
        };
        let session = match &decision {
            SessionDecision::Authenticated(session) => Some(session),
            SessionDecision::InvalidClaims(invalid) => invalid.session(),
            _ => None,
        };
        let read =
            if session.is_some() { FrontToken::parse(text) } else { FrontToken::glance(text) };
        let Ok(front_token) = read else {
            return refresh(Reason::FrontTokenInvalid);
        };
        // To the millisecond, as an access token expires.
        if front_token.expires_at() <= now {
            return refresh(Reason::FrontTokenExpired);
        }
        if matches!(decision, SessionDecision::NoSession(_)) {
            return refresh(Reason::AccessTokenNotFound);
        }
        if session.is_some_and(|session| !front_token.is_of(session)) {
            return refresh(Reason::TokensDoNotMatch);
        }
        decision
    }
}
