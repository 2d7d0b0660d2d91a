//! What the header fields of a request carry: which cookies there are, and the bearer token.

use crate::attempts::Attempts;
use crate::cookie;
use crate::reason::Reason;

/// The cookies that matter, out of all `Cookie` fields.
#[derive(Clone, Copy)]
pub(crate) struct Cookies<'r> {
    pub(crate) access: Copies<'r>,
    pub(crate) header_mode: Copies<'r>,
    pub(crate) attempts: Attempts,
    /// Whether a legacy SDK's cookie is there.
    legacy: bool,
    /// Which limit is exceeded: then what else is known is not all there is.
    over: Option<Reason>,
}

impl<'r> Cookies<'r> {
    /// Reads the fields in one pass. `access_token` and `attempts` are names of cookies.
    pub(crate) fn read(
        access_token: &str,
        attempts: &str,
        fields: impl IntoIterator<Item = &'r [u8]>,
    ) -> Self {
        let names = [
            cookie::findable(access_token.as_bytes()),
            HEADER_MODE_COOKIE,
            LEGACY_COOKIE,
            attempts.as_bytes(),
        ];
        let mut found = Self {
            access: Copies::None,
            header_mode: Copies::None,
            attempts: Attempts::default(),
            legacy: false,
            over: None,
        };
        let (mut room, mut parts) = (MAX_COOKIE_BYTES, MAX_COOKIES);
        for (index, field) in fields.into_iter().enumerate() {
            // As long as they would be where a server joins them with "; ".
            let length = field.len().saturating_add(if index == 0 { 0 } else { 2 });
            let left = room.checked_sub(length);
            room = left.unwrap_or(0);
            if left.is_none() {
                found.over = Some(Reason::CookieHeaderTooLong);
            }
            if found.over.is_none() {
                let scanned = cookie::scan(field, names, &mut parts, |name, value| match name {
                    0 => found.access.add(value),
                    1 => found.header_mode.add(value),
                    2 => found.legacy = true,
                    _ => found.attempts.add(value),
                });
                if scanned.is_err() {
                    found.over = Some(Reason::TooManyCookies);
                }
            }
            if found.over.is_some() {
                if let Some(count) = cookie::last(field, attempts.as_bytes()) {
                    found.attempts.add(count);
                }
            }
        }
        found
    }

    /// Refuses for what makes every token in the cookies doubtful.
    pub(crate) fn refuse(&self) -> Result<(), Reason> {
        match self.over {
            Some(reason) => Err(reason),
            None if self.legacy => Err(Reason::LegacyCookie),
            None => Ok(()),
        }
    }
}

/// The copies of one cookie.
#[derive(Clone, Copy)]
pub(crate) enum Copies<'r> {
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
    pub(crate) fn only(self) -> Result<Option<&'r [u8]>, Reason> {
        match self {
            Copies::None => Ok(None),
            Copies::One(text) => Ok(Some(cookie::value(text)).filter(|value| !value.is_empty())),
            Copies::Several => Err(Reason::MultipleAccessTokens),
        }
    }
}

/// The token of an `Authorization` field: what follows `Bearer `, in just that spelling as in the
/// SDK (RFC 9110 section 11.1 would let the case vary), without white space around it.
pub(crate) fn bearer(authorization: &[u8]) -> Option<&[u8]> {
    let token = cookie::trim(authorization.strip_prefix(b"Bearer ")?);
    (!token.is_empty()).then_some(token)
}

/// The token as text, if each of its characters is one that tokens have (RFC 6750 section 2.1 allows
/// a few more): fit to be sent on in a header field.
pub(crate) fn printable(token: &[u8]) -> Option<&str> {
    let is_of_a_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    core::str::from_utf8(token).ok().filter(|token| token.as_bytes().iter().all(is_of_a_token))
}

/// In which front ends in header mode keep their access token (supertokens-website).
const HEADER_MODE_COOKIE: &[u8] = b"st-access-token";

/// Which old SDKs set beside the access token; the SDK answers it with a refresh.
const LEGACY_COOKIE: &[u8] = b"sIdRefreshToken";

/// Bytes of all `Cookie` fields together: twice nginx's `large_client_header_buffers` of 4 x 8 KiB.
pub(crate) const MAX_COOKIE_BYTES: usize = 64 * 1024;

/// Cookies of all fields together. Browsers keep 180 a site at most (Chromium); without a limit,
/// 64 KiB of `;` would cost ten times a signature.
pub(crate) const MAX_COOKIES: usize = 180;
