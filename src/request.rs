//! What the header fields of a request carry: which cookies there are, and the bearer token.

use crate::attempts::Attempts;
use crate::cookie::{self, TooMany};
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
    /// Reads the fields in one pass, for a page.
    pub(crate) fn of_page(
        access_token: &str,
        attempts: &str,
        fields: impl IntoIterator<Item = &'r [u8]>,
    ) -> Self {
        let access_token = cookie::findable(access_token.as_bytes());
        let names = [access_token, LEGACY_COOKIE, HEADER_MODE_COOKIE, attempts.as_bytes()];
        Self::read(names, fields)
    }

    /// The same for an API, which has no use for the others: each name costs a look at each cookie.
    pub(crate) fn of_api(access_token: &str, fields: impl IntoIterator<Item = &'r [u8]>) -> Self {
        Self::read([cookie::findable(access_token.as_bytes()), LEGACY_COOKIE], fields)
    }

    /// The names are those of the access token and of the legacy cookie, of header mode's and of the
    /// counter of attempts.
    fn read<const N: usize>(names: [&[u8]; N], fields: impl IntoIterator<Item = &'r [u8]>) -> Self {
        let mut found = Self {
            access: Copies::None,
            header_mode: Copies::None,
            attempts: Attempts::default(),
            legacy: false,
            over: None,
        };
        let (mut room, mut parts) = (MAX_COOKIE_BYTES, MAX_COOKIES);
        let (mut more_room, mut more_parts) = (MAX_COOKIE_BYTES, MORE_COOKIES);
        for (index, field) in fields.into_iter().enumerate() {
            // As long as they would be where a server joins them with "; ".
            let length = field.len().saturating_add(if index == 0 { 0 } else { 2 });
            let left = room.checked_sub(length);
            room = left.unwrap_or(0);
            if left.is_none() {
                found.over = Some(Reason::CookieHeaderTooLong);
            }
            let mut unread = field;
            if found.over.is_none() {
                let scanned = cookie::scan(field, names, &mut parts, |name, value| match name {
                    0 => found.access.add(value),
                    1 => found.legacy = true,
                    2 => found.header_mode.add(value),
                    _ => found.attempts.add(value),
                });
                let Err(TooMany(rest)) = scanned else { continue };
                found.over = Some(Reason::TooManyCookies);
                unread = rest;
            }
            if let Some(attempts) = names.get(3).filter(|_| more_parts > 0) {
                let add = |value| found.attempts.add(value);
                cookie::scan_back(unread, attempts, &mut more_parts, &mut more_room, add);
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

/// Where the limits are exceeded: among how many more cookies, and in as many bytes again, the counter of
/// attempts is looked for. Several times what any browser keeps for a site.
const MORE_COOKIES: usize = 1024;
