//! Counts refreshes that did not help, so that a browser does not go round for ever.
//!
//! A page that answers "refresh" is asked again after the refresh, and where it still cannot accept
//! the token (a clock that is wrong, a policy that names the wrong kind of key) again and again. So
//! each such answer sets a cookie with the number of attempts so far, which lives for ten seconds
//! after the last, and the fifth is the last. `supertokens-auth-react` does the same with
//! `stSsrSessionRefreshAttempt`, and then signs the visitor out.
//!
//! The number is the browser's word. It is read only where the answer would be a refresh, so it hides
//! no valid session; and the mistake to avoid is to deny a refresh to somebody whom it would help.
//! Hence of several copies the lowest counts, and whatever is no number counts as none: a copy that
//! another site of the same domain has planted beside ours (a tossed cookie) cannot raise it. On
//! https no other site can set this name at all (`__Host-`, RFC 6265bis section 4.1.3.2). A browser
//! that lies about the number goes round by its own will.

use alloc::format;
use alloc::string::String;

use crate::cookie;

/// The name of the cookie: on https, and on plain http, where no browser takes the prefix.
pub(crate) const NAMES: [&str; 2] = ["__Host-stRefreshAttempts", "stRefreshAttempts"];

/// How often the browser has refreshed, as the copies of the cookie say that a request brings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    /// `None`: the request has no such cookie.
    lowest: Option<u8>,
}

impl Attempts {
    /// Which of [`NAMES`] counts.
    pub(crate) const fn name(is_https: bool) -> &'static str {
        let [https, http] = NAMES;
        if is_https { https } else { http }
    }

    /// Takes what stands behind the `=` of one copy. One digit is a number; above the limit it is
    /// still one, for a neighbour of another version may have written it.
    pub(crate) fn add(&mut self, text: &[u8]) {
        // Nobody writes a digit in more, and white space in each of many copies is work.
        let value = if text.len() > LONGEST { b"" } else { cookie::value(text) };
        let count = match value {
            [digit @ b'0'..=b'9'] => digit.saturating_sub(b'0'),
            _ => 0,
        };
        self.lowest = Some(self.lowest.map_or(count, |lowest| lowest.min(count)));
    }

    /// Whether there were as many attempts as there may be.
    pub(crate) fn are_spent(self) -> bool {
        self.count() >= LIMIT
    }

    /// The value of `Set-Cookie` beside an answer that refreshes.
    pub(crate) fn next_cookie(self, is_https: bool) -> String {
        let count = self.count().saturating_add(1).min(LIMIT);
        set_cookie(is_https, format_args!("{count}; Path=/; Max-Age={MAX_AGE}"))
    }

    /// The value of `Set-Cookie` beside a page that needed no refresh; `None` if there is nothing
    /// to clear.
    pub(crate) fn clearing_cookie(self, is_https: bool) -> Option<String> {
        self.lowest.map(|_| set_cookie(is_https, format_args!("; Path=/; Max-Age=0")))
    }

    fn count(self) -> u8 {
        self.lowest.unwrap_or(0)
    }
}

fn set_cookie(is_https: bool, value: core::fmt::Arguments<'_>) -> String {
    let secure = if is_https { "; Secure" } else { "" };
    format!("{}={value}; HttpOnly{secure}; SameSite=Lax", Attempts::name(is_https))
}

/// Attempts in a row; as many as `supertokens-auth-react` makes.
const LIMIT: u8 = 5;

/// Bytes behind the `=` that can be a number: the digit in quotes, and some white space around.
const LONGEST: usize = 16;

/// Seconds from one attempt to the next: a visitor who comes back later has not gone round. As
/// `supertokens-auth-react` has it.
const MAX_AGE: u8 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    fn attempts(copies: &[&[u8]]) -> Attempts {
        let mut attempts = Attempts::default();
        copies.iter().for_each(|copy| attempts.add(copy));
        attempts
    }

    /// What a browser does with `Set-Cookie`.
    fn sent_back(cookie: &str) -> &[u8] {
        cookie.split(';').next().unwrap().split_once('=').unwrap().1.as_bytes()
    }

    #[test]
    fn the_fifth_refresh_is_the_last() {
        let mut attempts = Attempts::default();
        for count in 1..=5 {
            assert!(!attempts.are_spent(), "{count}");
            let cookie = attempts.next_cookie(true);
            assert_eq!(sent_back(&cookie), [b'0' + count]);
            attempts = Attempts::default();
            attempts.add(sent_back(&cookie));
        }
        assert!(attempts.are_spent());
        assert_eq!(sent_back(&attempts.next_cookie(true)), b"5");
    }

    #[test]
    fn the_lowest_copy_counts_and_garbage_counts_as_none() {
        for (copies, spent) in [
            (&[b"5".as_slice()] as &[&[u8]], true),
            (&[b" \"5\" "], true),
            (&[b"9"], true),
            (&[b"             \"5\""], true),
            (&[b"              \"5\""], false),
            (&[b"4"], false),
            (&[b"5", b"9"], true),
            (&[b"5", b"1", b"9"], false),
            (&[b"5", b"x"], false),
            (&[b"5", b""], false),
            (&[b"55"], false),
            (&[b"-5"], false),
            (&[b"\xff"], false),
            (&[], false),
        ] {
            assert_eq!(attempts(copies).are_spent(), spent, "{copies:?}");
        }
    }

    #[test]
    fn the_cookie_is_bound_to_its_host_and_short_lived() {
        assert_eq!(
            attempts(&[b"2"]).next_cookie(true),
            "__Host-stRefreshAttempts=3; Path=/; Max-Age=10; HttpOnly; Secure; SameSite=Lax",
        );
        assert_eq!(
            attempts(&[b"2"]).next_cookie(false),
            "stRefreshAttempts=3; Path=/; Max-Age=10; HttpOnly; SameSite=Lax",
        );
        assert_eq!(
            attempts(&[b"garbage"]).clearing_cookie(true).as_deref(),
            Some("__Host-stRefreshAttempts=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"),
        );
        assert_eq!(Attempts::default().clearing_cookie(true), None);
    }
}
