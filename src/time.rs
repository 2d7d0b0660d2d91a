//! Time as a number the caller gives. There is no clock in this crate.

use core::time::Duration;

/// Milliseconds since the Unix epoch (1970-01-01T00:00:00Z, leap seconds not counted).
///
/// The caller reads its own clock and passes the value in, so the crate runs where there is no
/// clock to read, and a test writes the time it wants.
///
/// ```
/// use std::time::{Duration, SystemTime, UNIX_EPOCH};
/// use supertokens_session::UnixMillis;
///
/// // A clock before 1970 is broken: then every token shall have expired.
/// let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX);
/// let now = UnixMillis::since_epoch(since_epoch);
/// assert!(now > UnixMillis::from_secs(1_600_000_000));
/// assert_eq!(UnixMillis::from_secs(2), UnixMillis::from_millis(2_000));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UnixMillis(u64);

impl UnixMillis {
    /// From whole milliseconds since the epoch.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// From whole seconds since the epoch; saturates at the largest number of milliseconds.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1_000))
    }

    /// From the span since the epoch, as `SystemTime::duration_since(UNIX_EPOCH)` gives it;
    /// rounds down to the millisecond and saturates.
    #[must_use]
    pub fn since_epoch(span: Duration) -> Self {
        Self(u64::try_from(span.as_millis()).unwrap_or(u64::MAX))
    }

    /// Whole milliseconds since the epoch.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0 / 1_000
    }

    /// How far apart the two are, whichever is the later.
    pub(crate) fn distance(self, other: Self) -> Duration {
        Duration::from_millis(self.0.abs_diff(other.0))
    }

    /// Whole seconds until `later`, rounded up, at least 1: a `Retry-After`.
    pub(crate) fn seconds_until(self, later: Self) -> u64 {
        later.0.saturating_sub(self.0).div_ceil(1_000).max(1)
    }

    /// How long ago `earlier` was; zero if it was not.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    /// This moment and `span` more, rounded down to the millisecond; saturates.
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(Self::since_epoch(span).0))
    }
}

/// A wait: from a moment on, for so long.
///
/// Threads that read the clock before they wait for a lock bring times that are a little out of
/// order, so a wait has begun a second before its start. If the clock is set back by more, the wait
/// is over: it must not become longer than it was meant to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) start: UnixMillis,
    pub(crate) length: Duration,
}

impl Window {
    pub(crate) const fn new(start: UnixMillis, length: Duration) -> Self {
        Self { start, length }
    }

    pub(crate) fn holds(self, now: UnixMillis) -> bool {
        now < self.end() && self.start < now.saturating_add(self.length.min(OUT_OF_ORDER))
    }

    pub(crate) fn end(self) -> UnixMillis {
        self.start.saturating_add(self.length)
    }

    /// The one that ends later; of two that end together, this one.
    pub(crate) fn or_longer(self, other: Self) -> Self {
        core::cmp::max_by_key(other, self, |window: &Self| window.end())
    }
}

/// A claim of the JWT type `NumericDate` (RFC 7519 section 2) in milliseconds: the issuer's word
/// for a moment, so unlike [`UnixMillis`] it may lie before the epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NumericDate(i64);

impl NumericDate {
    pub(crate) fn from_u64_secs(secs: u64) -> Option<Self> {
        i64::try_from(secs).ok().and_then(Self::from_i64_secs)
    }

    pub(crate) fn from_i64_secs(secs: i64) -> Option<Self> {
        secs.checked_mul(1_000).map(Self)
    }

    /// Seconds with a fraction, to the nearest millisecond: the sixteen digits of a double do not
    /// hold `1750000000.001` exactly, and its issuer meant the millisecond.
    pub(crate) fn from_f64_secs(secs: f64) -> Option<Self> {
        // 2^63 is a double, so the comparison is exact; a NaN is outside the range.
        const END: f64 = 9_223_372_036_854_775_808.0;
        let millis = secs * 1_000.0;
        if !(-END..END).contains(&millis) {
            return None;
        }
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_precision_loss,
            reason = "in range by the line above; no `From` exists and `as` drops just the fraction"
        )]
        let (whole, fraction) = (millis as i64, millis - (millis as i64) as f64);
        // Not half a millisecond added to all: beyond 2^52 that is another whole one.
        let up = i64::from(fraction >= 0.5).saturating_sub(i64::from(fraction <= -0.5));
        Some(Self(whole.saturating_add(up)))
    }

    /// Whether this moment lies strictly after `now`.
    pub(crate) fn is_after(self, now: UnixMillis) -> bool {
        u64::try_from(self.0).is_ok_and(|millis| millis > now.0)
    }

    /// The same moment as a time of ours, or the epoch where it lies before that.
    pub(crate) fn to_unix(self) -> UnixMillis {
        UnixMillis(u64::try_from(self.0).unwrap_or(0))
    }
}

/// By how much the times of two threads may be out of order.
const OUT_OF_ORDER: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_is_judged_at_the_millisecond() {
        for (secs, millis) in [
            (1_750_000_000.001, 1_750_000_000_001),
            (1_750_000_000.5, 1_750_000_000_500),
            (0.0004, 0),
            (-0.5, -500),
            (-0.0006, -1),
            (0.000_499_999_999_999_999_9, 0),
            (4_503_599_627_370.497, 4_503_599_627_370_497),
            (-4_503_599_627_370.497, -4_503_599_627_370_497),
            (1e15, 1_000_000_000_000_000_000),
        ] {
            assert_eq!(NumericDate::from_f64_secs(secs), Some(NumericDate(millis)), "{secs}");
        }
    }

    #[test]
    fn what_does_not_fit_64_bit_milliseconds_is_no_date() {
        for secs in [1e300, -1e300, 1e16, f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            assert_eq!(NumericDate::from_f64_secs(secs), None, "{secs}");
        }
        assert_eq!(NumericDate::from_u64_secs(u64::MAX), None);
        assert_eq!(NumericDate::from_i64_secs(i64::MIN), None);
    }

    #[test]
    fn a_date_before_the_epoch_is_never_after_now() {
        assert!(!NumericDate(-1).is_after(UnixMillis::from_millis(0)));
        assert!(!NumericDate(0).is_after(UnixMillis::from_millis(0)));
        assert!(NumericDate(1).is_after(UnixMillis::from_millis(0)));
    }

    #[test]
    fn a_wait_holds_from_a_second_before_its_start_or_from_its_length_before_it() {
        let holds = |length: u64, now: u64| {
            let start = UnixMillis::from_millis(100_000);
            Window::new(start, Duration::from_millis(length)).holds(UnixMillis::from_millis(now))
        };
        for (length, first, last) in [(10_000, 99_001, 109_999), (500, 99_501, 100_499)] {
            assert!(holds(length, first) && holds(length, last));
            assert!(!holds(length, first - 1) && !holds(length, last + 1));
        }
        assert!(!holds(0, 100_000));
    }
}
