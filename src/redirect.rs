//! Redirects to sign-in, to the refresh route and back, with a way back that is of the same origin.
//!
//! The path to return to is a stranger's word twice: as the target of the request, and again when
//! it comes back in a query. Both times it is judged here, by the same rules.

use alloc::borrow::{Cow, ToOwned};
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use crate::percent;
use crate::response::Response;

/// Where to go on after signing in or refreshing: a path of this site, with its query.
///
/// It is of the same origin by construction: [`Routes`] makes it, and puts `/` in the place of
/// whatever is not so. A path begins with one `/`; up to the first `?` or `#` it has no `//`, no
/// backslash, and no segment `.` or `..` (`%2e` counts as a dot, as it does in browsers); all of it
/// is visible ASCII, 2048 bytes at most; and it is not one of the routes or below one. `Debug`
/// prints its length.
///
/// ```
/// use supertokens_session::{ReturnPath, Routes};
///
/// let routes = Routes::new("/auth", "/session/refresh-page");
/// assert_eq!(routes.return_path(b"/orders?page=2").as_str(), "/orders?page=2");
/// for hostile in ["//evil.example", "/\\evil.example", "https://evil.example", "/auth"] {
///     assert_eq!(routes.return_path(hostile.as_bytes()), ReturnPath::default());
/// }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ReturnPath(Cow<'static, str>);

impl ReturnPath {
    /// The path and query, to be used as they stand.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ReturnPath {
    fn default() -> Self {
        Self(Cow::Borrowed("/"))
    }
}

impl fmt::Debug for ReturnPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ReturnPath").field(&self.0.len()).finish()
    }
}

/// Where this site signs in and refreshes, in the operator's own words.
///
/// A route is a path (`/auth`) or an absolute URL of another site, and may have a query and a
/// fragment. What is not visible ASCII in it is percent-encoded, and what is neither an `http` or
/// `https` URL nor begins with `/` gets a `/` in front.
///
/// ```
/// use supertokens_session::Routes;
///
/// let routes = Routes::new("/auth", "/session/refresh-page").refresh_parameter("stRedirectTo");
/// let path = routes.return_path(b"/orders?page=2");
/// let response = routes.to_refresh(&path);
/// assert_eq!(response.status(), 303);
/// assert!(response.headers().any(|field| field
///     == ("location", "/session/refresh-page?stRedirectTo=%2Forders%3Fpage%3D2")));
///
/// // What the refresh route does when its turn comes.
/// let path = routes.return_path_in(b"stRedirectTo=%2Forders%3Fpage%3D2");
/// assert!(routes.to(&path).headers().any(|field| field == ("location", "/orders?page=2")));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    sign_in: Route,
    refresh: Route,
}

impl Routes {
    /// The route of the sign-in page (the SDK's `websiteBasePath`) and the one that refreshes.
    #[must_use]
    pub fn new(sign_in: &str, refresh: &str) -> Self {
        Self { sign_in: Route::new(sign_in), refresh: Route::new(refresh) }
    }

    /// The query parameter in which the sign-in page finds the way back. Default:
    /// `redirectToPath`, which the page of `supertokens-auth-react` reads.
    #[must_use]
    pub fn sign_in_parameter(mut self, name: &str) -> Self {
        self.sign_in.parameter = name.to_owned();
        self
    }

    /// The query parameter in which the refresh route finds it. Default: `redirectToPath`; the
    /// middleware of `supertokens-auth-react` reads `stRedirectTo`.
    #[must_use]
    pub fn refresh_parameter(mut self, name: &str) -> Self {
        self.refresh.parameter = name.to_owned();
        self
    }

    /// The path and query of a request, if they are fit to return to; otherwise `/`.
    #[must_use]
    pub fn return_path(&self, target: &[u8]) -> ReturnPath {
        let is_route = || {
            let path = unfolded(path_of(target));
            [&self.sign_in, &self.refresh].iter().any(|route| route.holds(&path))
        };
        let text = core::str::from_utf8(target).ok();
        match text.filter(|_| is_local(target) && !is_route()) {
            Some(text) => ReturnPath(Cow::Owned(text.to_owned())),
            None => ReturnPath::default(),
        }
    }

    /// The way back out of the raw query of a request to the refresh route or the sign-in page.
    ///
    /// One layer of percent-encoding is taken off, and the rest is judged as in
    /// [`Self::return_path`]. There must be one such parameter: of several, two readers could take
    /// different ones. A bare `+` is a space to browsers and itself to others; no path has a
    /// space, and [`Self::to_refresh`] writes `%2B`, so it is taken for neither and gives `/`.
    #[must_use]
    pub fn return_path_in(&self, query: &[u8]) -> ReturnPath {
        let query = query.strip_prefix(b"?").unwrap_or(query);
        let mut values = query.split(|byte| *byte == b'&').filter_map(|part| {
            let mut halves = part.splitn(2, |byte| *byte == b'=');
            let name = halves.next().unwrap_or_default();
            let is_name = |route: &Route| percent::decode(name).eq(route.parameter.bytes());
            let is_ours = is_name(&self.sign_in) || is_name(&self.refresh);
            is_ours.then(|| halves.next().unwrap_or_default())
        });
        match (values.next(), values.next()) {
            (Some(value), None) if !value.contains(&b'+') => {
                // One byte more than there may be, for it to be refused and not cut short.
                let most = MAX_PATH.saturating_add(1);
                self.return_path(&percent::decode(value).take(most).collect::<Vec<u8>>())
            }
            _ => ReturnPath::default(),
        }
    }

    /// Sends the browser to the sign-in page, with the way back.
    #[must_use]
    pub fn to_sign_in(&self, back: &ReturnPath) -> Response {
        see_other(self.sign_in.location(back))
    }

    /// Sends the browser to the route that refreshes, with the way back.
    #[must_use]
    pub fn to_refresh(&self, back: &ReturnPath) -> Response {
        see_other(self.refresh.location(back))
    }

    /// Sends the browser on its way back, after a refresh.
    #[must_use]
    pub fn to(&self, back: &ReturnPath) -> Response {
        see_other(back.as_str().to_owned())
    }
}

/// 303, not 302 or 307: whatever the method was, what follows is a GET (RFC 9110 section 15.4.4).
fn see_other(location: String) -> Response {
    Response::new(303).header("location", location)
}

/// A route, cut where the parameter goes.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Route {
    /// Up to the fragment.
    front: String,
    /// From the `#` on, or nothing.
    fragment: String,
    parameter: String,
}

impl Route {
    fn new(text: &str) -> Self {
        let mut whole = String::new();
        if !text.starts_with('/') && after_scheme(text).is_none() {
            whole.push('/');
        }
        percent::encode_into(&mut whole, text.as_bytes(), percent::is_visible);
        let at = whole.find('#').unwrap_or(whole.len());
        let fragment = whole.split_off(at);
        Self { front: whole, fragment, parameter: "redirectToPath".to_owned() }
    }

    fn location(&self, back: &ReturnPath) -> String {
        let mut location = self.front.clone();
        if !location.contains('?') {
            location.push('?');
        } else if !location.ends_with(['?', '&']) {
            location.push('&');
        }
        percent::encode_into(&mut location, self.parameter.as_bytes(), percent::is_unreserved);
        location.push('=');
        percent::encode_into(&mut location, back.as_str().as_bytes(), percent::is_unreserved);
        location.push_str(&self.fragment);
        location
    }

    /// Whether an [`unfolded`] path is this route's or below it, or gets there on its way, as the most
    /// tolerant router would say: what follows a `;` in a segment is dropped, and dots and doubled
    /// slashes are taken out after that. To return to a route would go round; what is below sign-in
    /// (a callback, a second factor) is a step on the way here and no place to return to. Of a
    /// route on another site the path counts too: it may be this site under its full name.
    fn holds(&self, path: &[u8]) -> bool {
        let front = self.front.as_str();
        let own = match after_scheme(front) {
            Some(rest) => rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default(),
            None => front,
        };
        let own = unfolded(str_before(own, '?').as_bytes());
        let own: Vec<&[u8]> = segments(&own).collect();
        // Everything is below `/`, and to return to `/` is the last resort.
        if own.is_empty() {
            return false;
        }
        let mut walked: Vec<&[u8]> = Vec::new();
        segments(path).any(|segment| {
            if segment == b".." {
                walked.pop();
            } else {
                walked.push(segment);
            }
            walked == own
        })
    }
}

/// A path with its escapes decoded, in lower case.
fn unfolded(path: &[u8]) -> Vec<u8> {
    percent::decode(path).map(|byte| byte.to_ascii_lowercase()).collect()
}

/// The segments that lead anywhere, without what follows a `;`.
fn segments(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| matches!(byte, b'/' | b'\\'))
        .filter_map(|segment| segment.split(|byte| *byte == b';').next())
        .filter(|segment| !matches!(*segment, b"" | b"."))
}

/// What follows `https://` or `http://`.
fn after_scheme(text: &str) -> Option<&str> {
    let (scheme, rest) = text.split_once("://")?;
    ["https", "http"].iter().any(|name| name.eq_ignore_ascii_case(scheme)).then_some(rest)
}

fn str_before(text: &str, end: char) -> &str {
    text.split(end).next().unwrap_or_default()
}

/// Up to the query and the fragment.
fn path_of(target: &[u8]) -> &[u8] {
    target.split(|byte| matches!(byte, b'?' | b'#')).next().unwrap_or_default()
}

/// Whether a browser that reads `target` (WHATWG URL) stays on its origin and asks for just this
/// path. White space and control characters, which it would drop, are not visible ASCII; escapes it
/// leaves alone, so `%2f` is no slash and `%5c` no backslash, but `%2e` is a dot. A fragment, which
/// `supertokens-auth-react` writes into its own `redirectToPath`, is kept: it goes nowhere.
fn is_local(target: &[u8]) -> bool {
    let path = path_of(target);
    target.len() <= MAX_PATH
        && target.iter().all(|byte| percent::is_visible(*byte))
        && path.starts_with(b"/")
        && !path.windows(2).any(|pair| pair == b"//")
        && !path.contains(&b'\\')
        && !path.split(|byte| *byte == b'/').any(is_dots)
}

fn is_dots(segment: &[u8]) -> bool {
    percent::decode(segment).eq(*b".") || percent::decode(segment).eq(*b"..")
}

/// Bytes of a path and query, as in the middleware of `supertokens-auth-react`. Encoded it is three
/// times as long at most, and still fits the 8 KiB that proxies have for a response's header fields.
const MAX_PATH: usize = 2048;
