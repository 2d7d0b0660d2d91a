//! What came of a GET, as data: the status, the body, and what HTTP says of caching.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

/// What came of a GET, as data.
///
/// ```
/// use supertokens_session::FetchAnswer;
///
/// let answered = FetchAnswer::http(200, br#"{"keys":[]}"#)
///     .header("ETag", br#""33a64df5""#)
///     .header("Cache-Control", b"max-age=600, must-revalidate");
/// let timed_out = FetchAnswer::failed();
/// ```
#[derive(Clone, Copy)]
pub struct FetchAnswer<'a> {
    /// Status and body, if there was an HTTP answer.
    http: Option<(u16, &'a [u8])>,
    etag: Option<&'a [u8]>,
    last_modified: Option<&'a [u8]>,
    max_age: Option<Duration>,
}

impl<'a> FetchAnswer<'a> {
    /// The server answered with this status and this body. A body of more than 256 KiB is refused,
    /// so there is no need to read further.
    #[must_use]
    pub const fn http(status: u16, body: &'a [u8]) -> Self {
        Self { http: Some((status, body)), etag: None, last_modified: None, max_age: None }
    }

    /// There was no HTTP answer: no connection, no time left, a broken body.
    #[must_use]
    pub const fn failed() -> Self {
        Self { http: None, etag: None, last_modified: None, max_age: None }
    }

    /// A header field of the answer. All may be handed over; what is read is:
    ///
    /// - `ETag` and `Last-Modified` (RFC 9110 section 8.8), to be sent back with the next ticket for
    ///   the same URL; a value of more than 1024 bytes, or that is not visible ASCII, is left alone;
    /// - of `Cache-Control` (RFC 9111 section 5.2) `max-age`, which can only shorten the time for
    ///   which [`KeyPolicy::fresh_for`](crate::KeyPolicy::fresh_for) calls a set fresh; of several the
    ///   shortest counts.
    #[must_use]
    pub fn header(mut self, name: &str, value: &'a [u8]) -> Self {
        if name.eq_ignore_ascii_case("etag") {
            self.etag = Some(value);
        } else if name.eq_ignore_ascii_case("last-modified") {
            self.last_modified = Some(value);
        } else if name.eq_ignore_ascii_case("cache-control") {
            let ages = value.split(|byte| *byte == b',').filter_map(max_age);
            self.max_age = ages.chain(self.max_age).min();
        }
        self
    }

    pub(crate) const fn status_and_body(&self) -> Option<(u16, &'a [u8])> {
        self.http
    }

    pub(crate) const fn max_age(&self) -> Option<Duration> {
        self.max_age
    }

    pub(crate) fn validators(&self) -> Validators {
        Validators::new(self.etag, self.last_modified)
    }
}

/// The seconds of a directive, if it is `max-age`; more than fit are as many as there are.
fn max_age(directive: &[u8]) -> Option<Duration> {
    let mut halves = directive.splitn(2, |byte| *byte == b'=');
    let (name, value) = (halves.next()?.trim_ascii(), halves.next()?.trim_ascii());
    // RFC 9111 section 5.2 has recipients accept the quoted form as well.
    let quoted = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
    let digits = quoted.unwrap_or(value);
    let is_number = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    (name.eq_ignore_ascii_case(b"max-age") && is_number).then(|| {
        let digits = digits.iter().map(|digit| u64::from(digit.saturating_sub(b'0')));
        Duration::from_secs(
            digits.fold(0, |sum: u64, digit| sum.saturating_mul(10).saturating_add(digit)),
        )
    })
}

/// What an origin knows a document by, to ask it whether there is another.
#[derive(Clone, Default)]
pub(crate) struct Validators {
    pub(crate) etag: Option<Arc<str>>,
    pub(crate) last_modified: Option<Arc<str>>,
}

impl Validators {
    pub(crate) fn new(etag: Option<&[u8]>, last_modified: Option<&[u8]>) -> Self {
        Self { etag: etag.and_then(echoable), last_modified: last_modified.and_then(echoable) }
    }

    pub(crate) const fn are_none(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A value that may be sent back: it cannot begin another field, and costs little to keep.
fn echoable(value: &[u8]) -> Option<Arc<str>> {
    let value = value.trim_ascii();
    let is_visible = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let may_be = is_visible && (1..=MAX_VALIDATOR).contains(&value.len());
    may_be.then(|| core::str::from_utf8(value).ok())?.map(Arc::from)
}

impl fmt::Debug for FetchAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let http = self.http.map(|(status, body)| (status, body.len()));
        f.debug_struct("FetchAnswer").field("http", &http).finish_non_exhaustive()
    }
}

/// Bytes of an `ETag` or a date: those in use have about forty.
const MAX_VALIDATOR: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_max_age_is_read_and_nothing_else() {
        for (fields, secs) in [
            (&["max-age=60"] as &[&str], Some(60)),
            (&["Max-Age = 60 , must-revalidate"], Some(60)),
            (&["public, max-age=\"60\""], Some(60)),
            (&["max-age=61,max-age=60"], Some(60)),
            (&["max-age=60", "max-age=61"], Some(60)),
            (&["max-age=99999999999999999999999"], Some(u64::MAX)),
            (&["max-age=0"], Some(0)),
            (&["max-age"], None),
            (&["max-age="], None),
            (&["max-age=-1"], None),
            (&["max-age=1.5"], None),
            (&["max-age=\"1"], None),
            (&["s-maxage=60, xmax-age=1, no-store"], None),
            (&["", ",,=,=1"], None),
        ] {
            let answer = fields.iter().fold(FetchAnswer::failed(), |answer, field| {
                answer.header("cache-control", field.as_bytes())
            });
            assert_eq!(answer.max_age(), secs.map(Duration::from_secs), "{fields:?}");
        }
        assert_eq!(FetchAnswer::failed().header("cache-control", b"max-age=\xff").max_age(), None);
    }

    #[test]
    fn only_what_may_be_sent_back_is_kept() {
        let etag = |value: &[u8]| Validators::new(Some(value), None).etag;
        assert_eq!(etag(br#" W/"a b" "#).as_deref(), Some(r#"W/"a b""#));
        let long = [b'a'; MAX_VALIDATOR];
        assert!(etag(&long).is_some());
        let too_long = [b'a'; MAX_VALIDATOR + 1];
        for value in
            [b"".as_slice(), b" ", b"a\r\nx: y", b"a\0", b"a\tb", b"\xe4", b"\x7f", &too_long]
        {
            assert_eq!(etag(value), None, "{value:?}");
        }
    }
}
