//! The API gate: what the SDK's `verifySession` does, in its order.

use alloc::format;
use alloc::string::String;
use core::fmt;

use crate::api_policy::{AntiCsrf, ApiPolicy};
use crate::cookie;
use crate::core_check::{AskCore, CoreAnswer, Question, Verdict};
use crate::decision::{ApiDecision, Kind, RETRY, SessionDecision, Unavailable};
use crate::front_token::FrontToken;
use crate::gate::Gate;
use crate::keys::{Keys, NoKey};
use crate::pipeline::Pipeline;
use crate::policy::TokenTransfer;
use crate::proven::Proven;
use crate::reason::Reason;
use crate::request::{self, Cookies};
use crate::response::Response;
use crate::session::{Session, TokenSource};
use crate::time::UnixMillis;
use crate::token_cache::{CacheAccess, TokenCache};

impl Gate<ApiPolicy> {
    /// A gate for API routes.
    #[must_use]
    pub const fn api(policy: ApiPolicy) -> Self {
        Self { policy }
    }

    /// Reads a request. `method` is the HTTP method; `cookies` are the values of its `Cookie`
    /// fields as bytes, one item a field (HTTP/2 sends several). The other fields that count are
    /// added to what is returned; one that is not added is one that was not sent.
    ///
    /// Cost: one pass over the fields, nothing allocated.
    pub fn request<'r>(
        &'r self,
        method: &str,
        cookies: impl IntoIterator<Item = &'r [u8]>,
    ) -> ApiRequest<'r> {
        let is = |name: &str| name.eq_ignore_ascii_case(method);
        let cookies = if is("OPTIONS") || is("TRACE") {
            None
        } else {
            let name = &self.policy.token_cookies.access_name;
            Some(Cookies::of_api(name, cookies))
        };
        ApiRequest {
            policy: &self.policy,
            cookies,
            checks_csrf: self.policy.anti_csrf_check.unwrap_or_else(|| !is("GET")),
            bearer: None,
            anti_csrf: None,
            has_rid: false,
            core: None,
        }
    }

    /// What to answer, unless the request is to be carried out: with a user when it is
    /// [`Authenticated`](SessionDecision::Authenticated), without one where this gives `None` for
    /// [`NoSession`](SessionDecision::NoSession) (the session is optional, or the method is not
    /// checked). Who has keys to fetch or the core to ask does that first; what is said here of such a
    /// decision is 503.
    ///
    /// Status, body and the fields that clear tokens are the SDK's.
    #[must_use]
    pub fn response(&self, decision: &ApiDecision, now: UnixMillis) -> Option<Response> {
        let codes = self.policy.status_codes;
        match decision {
            SessionDecision::Authenticated(_) => None,
            SessionDecision::FetchKeys(_) | SessionDecision::AskCore(_) => {
                Some(Response::unavailable(now.saturating_add(RETRY), now))
            }
            SessionDecision::NoSession(reason) => match reason.kind() {
                Kind::NotChecked => None,
                Kind::Revoked => {
                    let response = Response::new(codes.session_expired).json(UNAUTHORISED);
                    Some(self.policy.token_cookies.clear_in(response))
                }
                _ if !self.policy.session_required => None,
                _ => Some(Response::new(codes.session_expired).json(UNAUTHORISED)),
            },
            SessionDecision::TryRefresh(_) => {
                Some(Response::new(codes.session_expired).json(TRY_REFRESH))
            }
            SessionDecision::InvalidClaims(failures) => {
                let failures = failures.to_json();
                let body =
                    format!(r#"{{"message":"invalid claim","claimValidationErrors":{failures}}}"#);
                Some(Response::new(codes.invalid_claim).json(body))
            }
            SessionDecision::Unavailable(why) => Some(Response::unavailable(why.retry_at(), now)),
            SessionDecision::RefreshLoop(never) => match *never {},
        }
    }
}

const UNAUTHORISED: &str = r#"{"message":"unauthorised"}"#;
const TRY_REFRESH: &str = r#"{"message":"try refresh token"}"#;

/// A request as an API gate read it.
///
/// ```
/// use supertokens_session::{AntiCsrf, ApiPolicy, Gate};
///
/// let gate = Gate::api(ApiPolicy::new(AntiCsrf::ViaToken));
/// // The header fields as they came, those that did.
/// let request = gate
///     .request("POST", [b"theme=dark; sAccessToken=a.b.c".as_slice()])
///     .authorization(None)
///     .anti_csrf(Some(b"5f3c"))
///     .rid(None);
/// ```
#[derive(Clone)]
pub struct ApiRequest<'r> {
    policy: &'r ApiPolicy,
    /// `None`: the method is not checked.
    cookies: Option<Cookies<'r>>,
    /// Whether a token from a cookie is to be checked for cross-site requests.
    checks_csrf: bool,
    bearer: Option<&'r [u8]>,
    anti_csrf: Option<&'r [u8]>,
    has_rid: bool,
    /// What was asked of the core, and what it said.
    core: Option<(AskCore, Verdict)>,
}

impl<'r> ApiRequest<'r> {
    /// The value of the `Authorization` field, the first if there are several. Space and tab at its
    /// ends are no part of a value (RFC 9110 section 5.5), and most servers have removed them.
    #[must_use]
    pub fn authorization(mut self, value: Option<&'r [u8]>) -> Self {
        self.bearer = value.map(cookie::trim).and_then(request::bearer);
        self
    }

    /// The value of the `anti-csrf` field, read in the same way.
    #[must_use]
    pub fn anti_csrf(mut self, value: Option<&'r [u8]>) -> Self {
        self.anti_csrf = value.map(cookie::trim);
        self
    }

    /// The value of the `rid` field. It only counts that there is one.
    #[must_use]
    pub const fn rid(mut self, value: Option<&'r [u8]>) -> Self {
        self.has_rid = value.is_some();
        self
    }

    /// Decides this request with `keys` at `now`.
    ///
    /// A function of its arguments and of what the core has said ([`finish`](Self::finish)): it
    /// changes nothing, waits for nothing and may be called again, with newer keys after
    /// [`SessionDecision::FetchKeys`]. One signature is verified at most, and a second one where the
    /// core has replaced the token. Cost: as for a page, and for the question to the core its text.
    pub fn decide(&self, keys: &Keys, now: UnixMillis) -> ApiDecision {
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
    ) -> ApiDecision {
        let pipeline = Pipeline { keys, now, signing_keys: self.policy.signing_keys };
        let found = self.session(pipeline, &mut cache);
        let decision = found.and_then(|found| self.ask_core(pipeline, found, &mut cache));
        let (token, proven) = match decision {
            Ok(Ok(found)) => found,
            Ok(Err(check)) => return SessionDecision::AskCore(check),
            Err(NoKey::Fetch(why)) => return SessionDecision::FetchKeys(why),
            Err(NoKey::Because(reason, retry_at)) => {
                return refuse(Unavailable::new(reason, keys.failure(), retry_at));
            }
        };
        match pipeline.judge_claims(token, proven, &self.policy.claims, &mut cache) {
            Ok(session) => SessionDecision::Authenticated(session),
            Err(failures) => SessionDecision::InvalidClaims(failures),
        }
    }

    /// The session of the token that counts: of a bearer token if it has the shape of a session's,
    /// else of the cookie.
    fn session(
        &self,
        pipeline: Pipeline<'_>,
        cache: &mut impl CacheAccess,
    ) -> Result<Found<'r>, NoKey> {
        let cookies = self.cookies.as_ref().ok_or(Reason::NotChecked)?;
        cookies.refuse()?;
        let mut absent = Reason::NoToken;
        if let (Some(token), true) = (self.bearer, self.reads(TokenTransfer::Header)) {
            match pipeline.judge(token, TokenSource::Authorization, Ok(()), cache) {
                Err(NoKey::Because(reason, _)) if reason.kind() == Kind::Malformed => {
                    absent = reason
                }
                found => return found.map(|proven| self.found(token, proven)),
            }
        }
        if self.reads(TokenTransfer::Cookie) {
            if let Some(token) = cookies.access.only()? {
                let objection = self.check_rid();
                let proven = pipeline.judge(token, TokenSource::Cookie, objection, cache)?;
                self.check_anti_csrf_token(&proven.session)?;
                return Ok(self.found(token, proven));
            }
        }
        Err(absent.into())
    }

    fn reads(&self, transfer: TokenTransfer) -> bool {
        [TokenTransfer::Any, transfer].contains(&self.policy.token_transfer)
    }

    fn found(&self, token: &'r [u8], proven: Proven) -> Found<'r> {
        let first_after_refresh =
            proven.session.is_first_after_refresh() && self.policy.ask_after_refresh;
        let ask = if self.policy.check_database {
            Some(Reason::CheckDatabase)
        } else {
            first_after_refresh.then_some(Reason::FirstUseAfterRefresh)
        };
        Found { token, proven, ask }
    }

    /// Before the signature, as in the SDK.
    fn check_rid(&self) -> Result<(), Reason> {
        let checks = self.checks_csrf && self.policy.anti_csrf == AntiCsrf::ViaCustomHeader;
        if checks && !self.has_rid { Err(Reason::CustomHeaderMissing) } else { Ok(()) }
    }

    /// After all else, as in the SDK.
    fn check_anti_csrf_token(&self, session: &Session) -> Result<(), Reason> {
        if !self.checks_csrf || self.policy.anti_csrf != AntiCsrf::ViaToken {
            return Ok(());
        }
        let token = session.anti_csrf_token().ok_or(Reason::AntiCsrfTokenMissing)?;
        let header = self.anti_csrf.ok_or(Reason::AntiCsrfHeaderMissing)?;
        // Not in constant time: whoever could measure this from another site cannot set the header.
        if header == token.as_bytes() { Ok(()) } else { Err(Reason::AntiCsrfMismatch) }
    }

    /// Asks the core where that is due, or goes by what it has said: the token that counts, and what was
    /// proven of it.
    fn ask_core(
        &self,
        pipeline: Pipeline<'_>,
        found: Found<'r>,
        cache: &mut impl CacheAccess,
    ) -> Result<Result<(&[u8], Proven), AskCore>, NoKey> {
        let Some(why) = found.ask else { return Ok(Ok((found.token, found.proven))) };
        let at = pipeline.now.saturating_add(RETRY);
        let question = self.question(&found);
        let (handle, replacement) = match &self.core {
            Some((asked, verdict)) if asked.is(&question) => match verdict {
                Verdict::Not(reason) => return Err(NoKey::Because(*reason, at)),
                Verdict::Exists { handle, replacement } => (handle, replacement),
            },
            // Nobody has asked, or something else.
            _ => return Ok(Err(AskCore::new(why, &question))),
        };
        let session = &found.proven.session;
        let own = session.session_handle();
        if handle.as_ref().is_some_and(|handle| handle != own) {
            return Err(NoKey::Because(Reason::CoreAnswer, at));
        }
        let Some(token) = replacement.as_ref().map(|token| token.as_bytes()) else {
            return Ok(Ok((found.token, found.proven)));
        };
        let nonsense = NoKey::Because(Reason::CoreAnswer, at);
        match pipeline.judge(token, session.source(), Ok(()), cache) {
            // A replacement is of the same session, or the answer is to somebody else.
            Ok(proven) if proven.session.session_handle() != own => Err(nonsense),
            Ok(proven) => Ok(Ok((token, proven.replaced()))),
            // Whatever is wrong with it, no refresh mends what the core makes.
            Err(NoKey::Because(reason, _)) if reason.kind() != Kind::Unavailable => Err(nonsense),
            Err(no_key) => Err(no_key),
        }
    }

    fn question(&self, found: &Found<'r>) -> Question<'r> {
        let enable_anti_csrf = self.policy.anti_csrf == AntiCsrf::ViaToken;
        Question {
            // What was accepted is base64url and dots.
            access_token: request::printable(found.token).unwrap_or_default(),
            anti_csrf_token: self.anti_csrf,
            do_anti_csrf_check: self.checks_csrf
                && found.proven.session.source() == TokenSource::Cookie
                && self.policy.anti_csrf != AntiCsrf::ViaCustomHeader,
            enable_anti_csrf,
            check_database: self.policy.check_database,
        }
    }

    /// Takes what came of a question to the core. Then decide again: the token is judged once more,
    /// as time has passed, and a token that the core sends in its place is judged like any other. An
    /// answer to another question than this request's counts for nothing.
    pub fn finish(&mut self, check: AskCore, answer: CoreAnswer<'_>) {
        self.core = Some((check, answer.verdict()));
    }

    /// The text of the token of this request's session, to forward as `Authorization: Bearer`: where the
    /// core has put another in the place of the request's, that one.
    #[must_use]
    pub fn token(&self, session: &Session) -> Option<&str> {
        self.replacement(session).or_else(|| {
            request::printable(match session.source() {
                TokenSource::Authorization => self.bearer?,
                TokenSource::Cookie => self.cookies?.access.only().ok()??,
                TokenSource::HeaderModeCookie => return None,
            })
        })
    }

    fn replacement(&self, session: &Session) -> Option<&str> {
        let (_, verdict) = self.core.as_ref().filter(|_| session.is_replaced())?;
        verdict.replacement()
    }

    /// The header fields for the answer to this request, of whatever kind that is: none, unless the
    /// core has put another token in the place of the request's, and that was found good in this
    /// `decision`. Then they hand it on to the browser, in a cookie where the request's was in one and
    /// else in the field `st-access-token`, with the `front-token` that goes with it. Add each and
    /// replace none.
    ///
    /// The one before stays good. But each request with it is one more question to the core.
    pub fn replacement_headers(
        &self,
        decision: &ApiDecision,
    ) -> impl Iterator<Item = (&'static str, String)> {
        let session = match decision {
            SessionDecision::Authenticated(session) => Some(session),
            SessionDecision::InvalidClaims(invalid) => invalid.session(),
            _ => None,
        };
        let replaced = session.and_then(|session| Some((session, self.replacement(session)?)));
        let fields = replaced.map(|(session, token)| {
            let (token, exposed) = match session.source() {
                TokenSource::Cookie => {
                    let cookie = self.policy.token_cookies.access_token(token);
                    (("set-cookie", cookie), "front-token")
                }
                _ => (("st-access-token", token.into()), "st-access-token, front-token"),
            };
            let front_token = ("front-token", FrontToken::header_value(session));
            [token, front_token, ("access-control-expose-headers", exposed.into())]
        });
        fields.into_iter().flatten()
    }
}

/// A token, what was proven of it, and why the core is to be asked about it, if it is.
struct Found<'r> {
    token: &'r [u8],
    proven: Proven,
    ask: Option<Reason>,
}

/// What an API does for each kind of reason.
fn refuse(why: Unavailable) -> ApiDecision {
    let reason = why.reason();
    match reason.kind() {
        // The SDK takes a token that is none of a session for absent.
        Kind::NotChecked | Kind::Absent | Kind::Malformed | Kind::Revoked => {
            SessionDecision::NoSession(reason)
        }
        Kind::Unavailable => SessionDecision::Unavailable(why),
        Kind::Refused | Kind::Claims | Kind::Asked => SessionDecision::TryRefresh(reason),
    }
}

impl fmt::Debug for ApiRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiRequest")
            .field("bearer", &self.bearer.map(<[u8]>::len))
            .field("checks_csrf", &self.checks_csrf)
            .finish_non_exhaustive()
    }
}
