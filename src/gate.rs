//! The page gate. Read this file first, then `pipeline`: the two are the crate in fifty lines.

use alloc::string::String;
use core::fmt;

use crate::api_answer;
use crate::attempts::Attempts;
use crate::decision::{Kind, RETRY, SessionDecision, Unavailable};
use crate::keys::{Keys, NoKey};
use crate::pipeline::Pipeline;
use crate::policy::{PagePolicy, TokenTransfer};
use crate::reason::Reason;
use crate::request::{self, Cookies};
use crate::session::{Session, TokenSource};
use crate::time::UnixMillis;
use crate::token_cache::{CacheAccess, TokenCache};

/// Decides requests under one policy, which says whether it is a page's or an API's. Immutable: make
/// one at start-up and share it between threads without a lock.
///
/// ```
/// use supertokens_session::{AntiCsrf, ApiPolicy, Gate, PagePolicy};
///
/// let pages = Gate::page(PagePolicy::default());
/// let api = Gate::api(ApiPolicy::new(AntiCsrf::None));
/// # fn assert_bounds<T: Send + Sync + 'static>(_: T) {}
/// # assert_bounds((pages, api));
/// ```
#[derive(Clone, Debug)]
pub struct Gate<Policy = PagePolicy> {
    pub(crate) policy: Policy,
}

impl Gate<PagePolicy> {
    /// A gate for server-rendered pages: reads cookies only, checks no CSRF token.
    #[must_use]
    pub const fn page(policy: PagePolicy) -> Self {
        Self { policy }
    }

    /// Reads a request. `method` is the HTTP method; `cookies` are the values of its `Cookie`
    /// fields as bytes, one item a field (HTTP/2 sends several).
    ///
    /// Cost: one pass over the fields, nothing allocated. The result borrows them and can be
    /// decided as often as needed.
    pub fn request<'r>(
        &'r self,
        method: &str,
        cookies: impl IntoIterator<Item = &'r [u8]>,
    ) -> Request<'r> {
        if !self.decides(method) {
            return Request {
                policy: &self.policy,
                token: Err(Reason::Method),
                attempts: Attempts::default(),
            };
        }
        let attempts = Attempts::name(self.policy.https);
        let cookies = Cookies::of_page(&self.policy.access_token_cookie, attempts, cookies);
        Request { policy: &self.policy, token: self.token(&cookies), attempts: cookies.attempts }
    }

    fn decides(&self, method: &str) -> bool {
        ["GET", "HEAD"]
            .iter()
            .chain(self.policy.methods)
            .any(|name| name.eq_ignore_ascii_case(method))
    }

    /// The one token of a page request (the SDK's order: legacy cookie, token, duplicates).
    fn token<'r>(&self, cookies: &Cookies<'r>) -> Result<(&'r [u8], TokenSource), Reason> {
        cookies.refuse()?;
        let from_cookie = || Ok(cookies.access.only()?.map(|token| (token, TokenSource::Cookie)));
        let from_header_mode = || {
            let token = cookies.header_mode.only()?;
            Ok(token.map(|token| (token, TokenSource::HeaderModeCookie)))
        };
        let token = match self.policy.token_transfer {
            TokenTransfer::Cookie => from_cookie()?,
            TokenTransfer::Header => from_header_mode()?,
            TokenTransfer::Any => match from_cookie()? {
                None => from_header_mode()?,
                token => token,
            },
        };
        token.ok_or(Reason::NoToken)
    }
}

/// A request as a page gate read it: which token it carries, or why none.
///
/// ```
/// use supertokens_session::{Gate, PagePolicy};
///
/// let gate = Gate::page(PagePolicy::default());
/// let request = gate.request("GET", [b"theme=dark; sAccessToken=a.b.c".as_slice()]);
/// assert_eq!(request.token(), Some("a.b.c"));
/// ```
#[derive(Clone, Copy)]
pub struct Request<'r> {
    policy: &'r PagePolicy,
    token: Result<(&'r [u8], TokenSource), Reason>,
    attempts: Attempts,
}

impl<'r> Request<'r> {
    /// Decides this request with `keys` at `now`.
    ///
    /// A function of its arguments: it changes nothing, waits for nothing and may be called again,
    /// with newer keys after [`SessionDecision::FetchKeys`]. At most one signature is verified.
    /// Cost: an acceptance allocates once, a refusal not at all, but for what JSON escapes or
    /// broken JSON cost, and for what the policy's claim validators read; less than 32 KiB of stack
    /// in a release build, as the README measures it.
    pub fn decide(&self, keys: &Keys, now: UnixMillis) -> SessionDecision {
        self.decide_with(&mut TokenCache::new(0, 0), keys, now)
    }

    /// The same with a cache of tokens whose signature held before: the same decision, without a
    /// signature check for a token that is in it. See [`TokenCache`]. `cache` is taken by value: in a loop
    /// lend a reference anew each time, as `&mut *cache`.
    pub fn decide_with(
        &self,
        mut cache: impl CacheAccess,
        keys: &Keys,
        now: UnixMillis,
    ) -> SessionDecision {
        let pipeline = Pipeline { keys, now, signing_keys: self.policy.signing_keys };
        let judged = self.token.map_err(NoKey::from).and_then(|(token, source)| {
            Ok((token, pipeline.judge(token, source, Ok(()), &mut cache)?))
        });
        let (token, proven) = match judged {
            Ok(judged) => judged,
            Err(NoKey::Fetch(why)) => return SessionDecision::FetchKeys(why),
            Err(NoKey::Because(reason, retry_at)) => {
                return self.refuse(Unavailable::new(reason, keys.failure(), retry_at));
            }
        };
        match pipeline.judge_claims(token, proven, &self.policy.claims, &mut cache) {
            Ok(session) => SessionDecision::Authenticated(session),
            Err(failures) => SessionDecision::InvalidClaims(failures),
        }
    }

    /// What a page does for each kind of reason. `why` has the reason, and when to try again if that
    /// is all there is to do.
    pub(crate) fn refuse(&self, why: Unavailable) -> SessionDecision {
        let reason = why.reason();
        match reason.kind() {
            // There is no cookie the browser could take for a session.
            Kind::Absent | Kind::NotChecked | Kind::Revoked => SessionDecision::NoSession(reason),
            Kind::Unavailable => SessionDecision::Unavailable(why),
            // There is a cookie (or too much to tell), so the browser believes that it has a session:
            // a refresh gives it a good token or signs it out.
            Kind::Malformed | Kind::Refused | Kind::Claims | Kind::Asked => {
                if self.attempts.are_spent() {
                    SessionDecision::RefreshLoop(reason)
                } else {
                    SessionDecision::TryRefresh(reason)
                }
            }
        }
    }

    /// Decides on with what the API behind the page answered to the token of this
    /// [`session`](SessionDecision::Authenticated): its status, and its body if that is 403.
    ///
    /// 2xx leaves the session as it is; 401 is [`SessionDecision::TryRefresh`], or the end of trying;
    /// 403 with the failures of claims is [`SessionDecision::InvalidClaims`]; anything else is
    /// [`SessionDecision::Unavailable`], and the page shows an error.
    pub fn api_answered(
        &self,
        session: Session,
        status: u16,
        body: &[u8],
        now: UnixMillis,
    ) -> SessionDecision {
        match api_answer::read(status, body, self.policy.status_codes) {
            Ok(None) => SessionDecision::Authenticated(session),
            Ok(Some(failures)) => SessionDecision::InvalidClaims(failures.of(session)),
            Err(reason) => self.refuse(Unavailable::new(reason, None, now.saturating_add(RETRY))),
        }
    }

    /// The `Set-Cookie` field that the answer to this request must carry, if any: it counts the
    /// attempt with [`SessionDecision::TryRefresh`] and ends the count when the session is good.
    ///
    /// Without it nothing ends the round of a browser whose refreshed token is refused again.
    #[must_use]
    pub fn set_cookie(&self, decision: &SessionDecision) -> Option<String> {
        match decision {
            SessionDecision::TryRefresh(_) => Some(self.attempts.next_cookie(self.policy.https)),
            SessionDecision::Authenticated(_) | SessionDecision::InvalidClaims(_) => {
                self.attempts.clearing_cookie(self.policy.https)
            }
            SessionDecision::NoSession(_)
            | SessionDecision::RefreshLoop(_)
            | SessionDecision::FetchKeys(_)
            | SessionDecision::Unavailable(_) => None,
            SessionDecision::AskCore(never) => match *never {},
        }
    }

    /// The text of the token that is decided on, to forward as `Authorization: Bearer` once it has
    /// been found [`Authenticated`](SessionDecision::Authenticated); `None` if there is none, or
    /// if it has a character no token has (RFC 6750 section 2.1 allows a few more).
    #[must_use]
    pub fn token(&self) -> Option<&'r str> {
        let (token, _) = self.token.ok()?;
        request::printable(token)
    }
}

impl From<Reason> for NoKey {
    fn from(reason: Reason) -> Self {
        Self::Because(reason, UnixMillis::default())
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("token", &self.token.map(|(token, source)| (token.len(), source)))
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::reason::Reason;
    use crate::request::{MAX_COOKIE_BYTES, MAX_COOKIES};
    use alloc::string::ToString;

    #[test]
    fn the_reasons_say_the_limits_as_they_are() {
        let kib = MAX_COOKIE_BYTES / 1024;
        for (reason, limit) in [
            (Reason::TooManyCookies, MAX_COOKIES),
            (Reason::CookieHeaderTooLong, kib),
            (Reason::HeaderTooComplex, crate::header::LIMITS.marks),
            (Reason::HeaderTooManyMembers, crate::header::LIMITS.members),
            (Reason::HeaderTooDeep, crate::header::LIMITS.depth),
            (Reason::PayloadTooComplex, crate::payload::LIMITS.marks),
            (Reason::PayloadTooManyMembers, crate::payload::LIMITS.members),
            (Reason::PayloadTooDeep, crate::payload::LIMITS.depth - 1),
        ] {
            let said = reason.to_string();
            let words: alloc::vec::Vec<_> = said.split([' ', ',']).collect();
            assert!(words.contains(&limit.to_string().as_str()), "{limit} in {said:?}");
        }
    }
}
