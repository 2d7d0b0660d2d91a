//! The cookies of a session's tokens, to be cleared and to be set anew, as the SDK does.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::percent;
use crate::response::Response;

/// How the backend sets its token cookies. A browser drops a cookie only where name, domain and
/// path are those it was set with, so these must be the backend's own settings.
///
/// What no browser would take in a name or an attribute (`;`, white space, what is not ASCII) is
/// percent-encoded. That clears no cookie, but no setting can add an attribute or a header field.
///
/// ```
/// use supertokens_session::TokenCookies;
///
/// let cookies = TokenCookies::default().domain(".example.com");
/// let fields: Vec<_> = cookies.clearing_headers().collect();
/// assert_eq!(fields[0].0, "set-cookie");
/// assert_eq!(
///     fields[0].1,
///     "sAccessToken=; Domain=.example.com; Path=/; \
///      Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax",
/// );
/// assert!(fields.contains(&("front-token", "remove".into())));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenCookies {
    pub(crate) access_name: Cow<'static, str>,
    refresh_name: Cow<'static, str>,
    domain: Option<Cow<'static, str>>,
    access_path: Cow<'static, str>,
    refresh_path: Cow<'static, str>,
    secure: bool,
    same_site: SameSite,
}

impl Default for TokenCookies {
    /// As the SDK sets them for a site on https whose API is on the same domain, at `/auth`.
    fn default() -> Self {
        Self {
            access_name: Cow::Borrowed("sAccessToken"),
            refresh_name: Cow::Borrowed("sRefreshToken"),
            domain: None,
            access_path: Cow::Borrowed("/"),
            refresh_path: Cow::Borrowed("/auth/session/refresh"),
            secure: true,
            same_site: SameSite::Lax,
        }
    }
}

impl TokenCookies {
    /// The name of the access token cookie (`getCookieNameForTokenType`). Default: `sAccessToken`.
    #[must_use]
    pub fn access_token_cookie(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.access_name = name.into();
        self
    }

    /// The name of the refresh token cookie (`getCookieNameForTokenType`). Default:
    /// `sRefreshToken`.
    #[must_use]
    pub fn refresh_token_cookie(mut self, name: impl Into<Cow<'static, str>>) -> Self {
        self.refresh_name = name.into();
        self
    }

    /// The cookies' domain (`cookieDomain`), as a bare host with or without a dot in front. Default:
    /// none, the host that sets them.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<Cow<'static, str>>) -> Self {
        self.domain = Some(domain.into());
        self
    }

    /// The path of the access token cookie (`accessTokenPath`). Default: `/`.
    #[must_use]
    pub fn access_token_path(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.access_path = path.into();
        self
    }

    /// The path of the refresh token cookie: `apiGatewayPath`, `apiBasePath` and
    /// `/session/refresh`, one after the other. Default: `/auth/session/refresh`.
    #[must_use]
    pub fn refresh_token_path(mut self, path: impl Into<Cow<'static, str>>) -> Self {
        self.refresh_path = path.into();
        self
    }

    /// Whether they go over https only (`cookieSecure`). Default: `true`, as the SDK has it where
    /// `apiDomain` is https.
    #[must_use]
    pub const fn secure(mut self, secure: bool) -> Self {
        self.secure = secure;
        self
    }

    /// With which requests of other sites they go (`cookieSameSite`). Default: [`SameSite::Lax`];
    /// the SDK has [`SameSite::None`] where API and website are of different sites.
    #[must_use]
    pub const fn same_site(mut self, same_site: SameSite) -> Self {
        self.same_site = same_site;
        self
    }

    /// The header fields that clear the tokens of both kinds of front end, with cookies and with
    /// header fields: the server cannot know which there are. Add each and replace none, but do not
    /// send a field `anti-csrf` beside them.
    ///
    /// The last of them lets a front end on another origin read the others (CORS); a server that
    /// sets `access-control-expose-headers` itself joins the two.
    pub fn clearing_headers(&self) -> impl Iterator<Item = (&'static str, Cow<'static, str>)> {
        let access = self.clearing_cookie(&self.access_name, &self.access_path);
        let refresh = self.clearing_cookie(&self.refresh_name, &self.refresh_path);
        [
            ("set-cookie", Cow::Owned(access)),
            ("set-cookie", Cow::Owned(refresh)),
            ("st-access-token", Cow::Borrowed("")),
            ("st-refresh-token", Cow::Borrowed("")),
            ("front-token", Cow::Borrowed("remove")),
            (
                "access-control-expose-headers",
                Cow::Borrowed("st-access-token, st-refresh-token, front-token"),
            ),
        ]
        .into_iter()
    }

    /// Adds them to an answer.
    pub(crate) fn clear_in(&self, response: Response) -> Response {
        self.clearing_headers()
            .fold(response, |response, (name, value)| response.header(name, value))
    }

    fn clearing_cookie(&self, name: &str, path: &str) -> String {
        self.cookie(name, "", path, "Expires=Thu, 01 Jan 1970 00:00:00 GMT")
    }

    /// The value of `Set-Cookie` for an access token that was verified. It outlives the token by far, as
    /// the SDK has it: that the cookie is there tells a server that there may be a refresh token.
    pub(crate) fn access_token(&self, token: &str) -> String {
        self.cookie(&self.access_name, token, &self.access_path, ONE_YEAR)
    }

    /// A cookie, its attributes in the SDK's order.
    fn cookie(&self, name: &str, value: &str, path: &str, until: &str) -> String {
        let mut cookie = String::new();
        percent::encode_into(&mut cookie, name.as_bytes(), |byte| is_plain(byte) && byte != b'=');
        cookie.push('=');
        cookie.push_str(value);
        for (attribute, text) in [("; Domain=", self.domain.as_deref()), ("; Path=", Some(path))] {
            if let Some(text) = text {
                cookie.push_str(attribute);
                percent::encode_into(&mut cookie, text.as_bytes(), is_plain);
            }
        }
        cookie.push_str("; ");
        cookie.push_str(until);
        cookie.push_str("; HttpOnly");
        if self.secure {
            cookie.push_str("; Secure");
        }
        cookie.push_str("; SameSite=");
        cookie.push_str(self.same_site.name());
        cookie
    }
}

/// A year, as the SDK's. Not as a date: that would want a clock.
const ONE_YEAR: &str = "Max-Age=31536000";

/// What may stand in a name or an attribute (RFC 6265 section 4.1.1).
fn is_plain(byte: u8) -> bool {
    percent::is_visible(byte) && byte != b';'
}

/// The attribute `SameSite` of a cookie.
///
/// ```
/// use supertokens_session::{SameSite, TokenCookies};
///
/// let cookies = TokenCookies::default().same_site(SameSite::None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the three there are")]
pub enum SameSite {
    /// With requests of this site only.
    Strict,
    /// Also with navigations from another.
    Lax,
    /// With all.
    None,
}

impl SameSite {
    /// As it stands in a cookie.
    const fn name(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn an_answer_gets_every_field_and_keeps_its_own() {
        let cookies = TokenCookies::default();
        let response = cookies.clear_in(Response::new(401).json("{}"));
        let fields: Vec<_> = response.headers().collect();
        assert_eq!(
            fields[..2].iter().map(|(name, _)| *name).collect::<Vec<_>>(),
            ["cache-control", "content-type"]
        );
        let cleared: Vec<_> = cookies.clearing_headers().collect();
        assert!(
            fields[2..].iter().copied().eq(cleared.iter().map(|(name, value)| (*name, &**value)))
        );
        assert_eq!(response.body(), "{}");
    }
}
