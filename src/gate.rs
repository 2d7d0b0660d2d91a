//! The pipeline. Read this file first: [`Request::decide`] is the crate in thirty lines.

use core::fmt;

use crate::cookie;
use crate::decision::SessionDecision;
use crate::keys::{Keys, NoKey};
use crate::policy::{PagePolicy, SigningKeyKind, TokenTransfer};
use crate::reason::Reason;
use crate::session::{Session, TokenSource};
use crate::time::UnixMillis;
use crate::verified::{MAX_SIGNATURE, Room, SealedToken};

/// Decides requests under one policy. Immutable: make one at start-up and share it between threads
/// without a lock.
///
/// ```
/// use supertokens_session::{Gate, PagePolicy};
///
/// let gate = Gate::page(PagePolicy::default());
/// # fn assert_bounds<T: Send + Sync + 'static>(_: T) {}
/// # assert_bounds(gate);
/// ```
#[derive(Clone, Debug)]
pub struct Gate {
    policy: PagePolicy,
}

impl Gate {
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
        let token = if self.decides(method) {
            find_token(&self.policy, cookies)
        } else {
            Err(Reason::Method)
        };
        Request { policy: &self.policy, token }
    }

    fn decides(&self, method: &str) -> bool {
        ["GET", "HEAD"]
            .iter()
            .chain(self.policy.methods)
            .any(|name| name.eq_ignore_ascii_case(method))
    }
}

/// A request as a gate read it: which token it carries, or why none.
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
}

impl<'r> Request<'r> {
    /// Decides this request with `keys` at `now`.
    ///
    /// A function of its arguments: it changes nothing, waits for nothing and may be called again,
    /// with newer keys after [`SessionDecision::FetchKeys`]. At most one signature is verified.
    /// Cost: an acceptance allocates once, a refusal not at all, but for what JSON escapes or
    /// broken JSON cost; less than 32 KiB of stack in a release build, as the README measures it.
    pub fn decide(&self, keys: &Keys, now: UnixMillis) -> SessionDecision {
        match self.session(keys, now) {
            Ok(session) => SessionDecision::Authenticated(session),
            Err(NoKey::Fetch(why)) => SessionDecision::FetchKeys(why),
            Err(NoKey::Because(reason, retry_at)) => {
                SessionDecision::of_page(reason, keys.state(retry_at))
            }
        }
    }

    fn session(&self, keys: &Keys, now: UnixMillis) -> Result<Session, NoKey> {
        let (token, source) = self.token?;
        let mut room = Room::new();
        let sealed = SealedToken::take_apart(token, &mut room)?;
        let mut room = [0; MAX_SIGNATURE];
        let signature = sealed.refuse_by_name(|alg| keys.allows(alg), &mut room)?;
        let key = match keys.key(sealed.kid(), now) {
            Ok(key) => key,
            // Cookies outlive keys: whoever returns after a week brings a token whose key is gone.
            // That must cost the issuer no fetch and the visitor no error page.
            Err(_) if sealed.has_expired(now) => return Err(Reason::Expired.into()),
            Err(missing) => return Err(missing),
        };
        let verified = sealed.check(signature, key)?;
        verified.payload.judge_times(now)?;
        let dynamic = self.policy.signing_keys == SigningKeyKind::Dynamic;
        if verified.has_dynamic_key() != dynamic {
            return Err(Reason::SigningKeyKind.into());
        }
        Ok(Session::new(&verified, source))
    }

    /// The text of the token that is decided on, to forward as `Authorization: Bearer` once it has
    /// been found [`Authenticated`](SessionDecision::Authenticated); `None` if there is none, or
    /// if it has a character no token has (RFC 6750 section 2.1 allows a few more).
    #[must_use]
    pub fn token(&self) -> Option<&'r str> {
        let (token, _) = self.token.ok()?;
        let token = core::str::from_utf8(token).ok()?;
        token
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
            .then_some(token)
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

/// Finds the one token of a page request (the SDK's order: legacy cookie, token, duplicates).
fn find_token<'r>(
    policy: &PagePolicy,
    fields: impl IntoIterator<Item = &'r [u8]>,
) -> Result<(&'r [u8], TokenSource), Reason> {
    let names = [
        cookie::findable(policy.access_token_cookie.as_bytes()),
        HEADER_MODE_COOKIE,
        LEGACY_COOKIE,
    ];
    let (mut access, mut header_mode, mut legacy) = (Copies::default(), Copies::default(), false);
    let (mut room, mut parts, mut too_many) = (MAX_COOKIE_BYTES, MAX_COOKIES, false);
    for (index, field) in fields.into_iter().enumerate() {
        // As long as they would be where a server joins them with "; ".
        let length = field.len().saturating_add(if index == 0 { 0 } else { 2 });
        room = room.checked_sub(length).ok_or(Reason::CookieHeaderTooLong)?;
        too_many = too_many
            || cookie::scan(field, names, &mut parts, |name, value| match name {
                0 => access.add(value),
                1 => header_mode.add(value),
                _ => legacy = true,
            })
            .is_err();
    }
    if too_many {
        return Err(Reason::TooManyCookies);
    }
    if legacy {
        return Err(Reason::LegacyCookie);
    }
    let token = match policy.token_transfer {
        TokenTransfer::Cookie => access.only()?.map(|token| (token, TokenSource::Cookie)),
        TokenTransfer::Header => {
            header_mode.only()?.map(|token| (token, TokenSource::HeaderModeCookie))
        }
        TokenTransfer::Any => match access.only()? {
            Some(token) => Some((token, TokenSource::Cookie)),
            None => header_mode.only()?.map(|token| (token, TokenSource::HeaderModeCookie)),
        },
    };
    token.ok_or(Reason::NoToken)
}

/// The copies of one cookie.
#[derive(Clone, Copy, Default)]
enum Copies<'r> {
    #[default]
    None,
    One(&'r [u8]),
    Several,
}

impl<'r> Copies<'r> {
    fn add(&mut self, value: &'r [u8]) {
        *self = match self {
            Copies::None => Copies::One(value),
            Copies::One(_) | Copies::Several => Copies::Several,
        };
    }

    /// The value; `None` if there is no cookie or an empty one, as the SDK leaves behind when it
    /// clears a session. Several copies are refused even where they agree or are empty: which of
    /// them the browser sends first must not choose the user.
    fn only(self) -> Result<Option<&'r [u8]>, Reason> {
        match self {
            Copies::None => Ok(None),
            Copies::One(text) => Ok(Some(cookie::value(text)).filter(|value| !value.is_empty())),
            Copies::Several => Err(Reason::MultipleAccessTokens),
        }
    }
}

/// In which front ends in header mode keep their access token (supertokens-website).
const HEADER_MODE_COOKIE: &[u8] = b"st-access-token";

/// Which old SDKs set beside the access token; the SDK answers it with a refresh.
const LEGACY_COOKIE: &[u8] = b"sIdRefreshToken";

/// Bytes of all `Cookie` fields together: twice nginx's `large_client_header_buffers` of 4 x 8 KiB.
const MAX_COOKIE_BYTES: usize = 64 * 1024;

/// Cookies of all fields together. Browsers keep 180 a site at most (Chromium); without a limit,
/// 64 KiB of `;` would cost ten times a signature.
const MAX_COOKIES: usize = 180;

#[cfg(test)]
mod tests {
    use super::*;
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
