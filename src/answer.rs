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
    date: Option<&'a [u8]>,
    max_age: Option<Duration>,
}

impl<'a> FetchAnswer<'a> {
    /// The server answered with this status and this body. A body of more than 256 KiB is refused,
    /// so there is no need to read further.
    #[must_use]
    pub const fn http(status: u16, body: &'a [u8]) -> Self {
        Self { http: Some((status, body)), ..Self::failed() }
    }

    /// There was no HTTP answer: no connection, no time left, a broken body.
    #[must_use]
    pub const fn failed() -> Self {
        Self { http: None, etag: None, last_modified: None, date: None, max_age: None }
    }

    /// A header field of the answer. All may be handed over; what is read is:
    ///
    /// - `ETag` (RFC 9110 section 8.8.3), to be sent back with the next ticket for the same URL, if it
    ///   is one tag of at most 1024 bytes of visible ASCII;
    /// - `Last-Modified`, likewise, if there is a `Date` and it is another: a document that was changed
    ///   within the second may be changed in it once more (RFC 9110 section 8.8.2.2);
    /// - of `Cache-Control` (RFC 9111 section 5.2) `max-age`, which can only shorten the time for
    ///   which [`KeyPolicy::fresh_for`](crate::KeyPolicy::fresh_for) calls a set fresh; of several the
    ///   shortest counts.
    #[must_use]
    pub fn header(mut self, name: &str, value: &'a [u8]) -> Self {
        if name.eq_ignore_ascii_case("etag") {
            self.etag = Some(value);
        } else if name.eq_ignore_ascii_case("last-modified") {
            self.last_modified = Some(value);
        } else if name.eq_ignore_ascii_case("date") {
            self.date = Some(value);
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
        let date = self.date.and_then(echoable).filter(|date| is_date(date));
        let mut validators = Validators::new(self.etag, self.last_modified);
        validators.last_modified =
            validators.last_modified.filter(|modified| date.is_some_and(|date| date != *modified));
        validators
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
#[derive(Clone)]
pub(crate) struct Validators {
    pub(crate) etag: Option<Arc<str>>,
    pub(crate) last_modified: Option<Arc<str>>,
}

impl Validators {
    pub(crate) fn new(etag: Option<&[u8]>, last_modified: Option<&[u8]>) -> Self {
        Self {
            etag: etag.and_then(echoable).filter(|tag| is_entity_tag(tag)),
            last_modified: last_modified.and_then(echoable).filter(|date| is_date(date)),
        }
    }

    pub(crate) const fn are_none(&self) -> bool {
        self.etag.is_none() && self.last_modified.is_none()
    }
}

/// A value that may be sent back: it cannot begin another field, and costs little to keep.
fn echoable(value: &[u8]) -> Option<Arc<str>> {
    let value = value.trim_ascii();
    let is_visible = value.iter().all(|byte| matches!(byte, b' '..=b'~'));
    let may_be = is_visible && value.len() <= MAX_VALIDATOR;
    may_be.then(|| core::str::from_utf8(value).ok())?.map(Arc::from)
}

/// One entity-tag (RFC 9110 section 8.8.3): sent back, `*` or a list would match what it should not.
fn is_entity_tag(value: &str) -> bool {
    let opaque = value.strip_prefix("W/").unwrap_or(value);
    let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains(['"', ' ']))
}

/// The one form of dates that are still written (RFC 9110 section 5.6.7), so that one date is one
/// text.
fn is_date(value: &str) -> bool {
    value.len() == "Sun, 06 Nov 1994 08:49:37 GMT".len() && value.ends_with(" GMT")
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
    use alloc::{format, vec};

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
        let long = |length| [b"\"".as_slice(), &vec![b'a'; length - 2], b"\""].concat();
        for value in [r#""""#, r#" W/"a" "#, r#""a,b;*""#] {
            assert_eq!(etag(value.as_bytes()).as_deref(), Some(value.trim()));
        }
        assert!(etag(&long(MAX_VALIDATOR)).is_some());
        let too_long = long(MAX_VALIDATOR + 1);
        for value in [
            b"".as_slice(),
            b" ",
            b"\"",
            b"*",
            b"a",
            b"w/\"a\"",
            b"\"a\", \"b\"",
            b"\"a b\"",
            b"\"a\"b\"",
            b"\"a\r\nx: y\"",
            b"\"a\0\"",
            b"\"a\tb\"",
            b"\"\xe4\"",
            b"\"\x7f\"",
            &too_long,
        ] {
            assert_eq!(etag(value), None, "{}", value.escape_ascii());
        }
    }

    #[test]
    fn a_date_is_sent_back_only_if_the_document_was_not_of_that_second() {
        let [before, now] = ["Wed, 25 Nov 2026 08:00:00 GMT", "Wed, 25 Nov 2026 08:00:01 GMT"];
        let kept = |modified: &str, date: Option<&str>| {
            let answer = FetchAnswer::failed().header("Last-Modified", modified.as_bytes());
            let answer =
                date.iter().fold(answer, |answer, date| answer.header("Date", date.as_bytes()));
            answer.validators().last_modified.is_some()
        };
        assert!(kept(before, Some(now)));
        assert!(!kept(before, None));
        assert!(!kept(now, Some(now)));
        assert!(!kept(now, Some(&format!(" {now} "))));
        // A `Date` of another form may be of the same second.
        assert!(!kept(now, Some("Wed Nov 25 08:00:01 2026")));
        // Another form of the same date, or none.
        for modified in ["Wednesday, 25-Nov-26 08:00:01 GMT", "Wed Nov 25 08:00:01 2026", "0", ""] {
            assert!(!kept(modified, Some(now)), "{modified}");
        }
    }
}
