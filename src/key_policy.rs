//! What the operator chose for the keys: how long they are trusted, and how often the issuer may be
//! asked.

use core::time::Duration;

/// The operator's choices for a [`KeyStore`](crate::KeyStore). The README has a table of what to
/// change when.
///
/// A value outside of a method's range counts as the nearest one inside: the ranges are what the
/// promises of the store need. All times are rounded down to the millisecond.
///
/// ```
/// use std::time::Duration;
/// use supertokens_session::KeyPolicy;
///
/// // Keys are gone two minutes after they were withdrawn, also where the issuer cannot be reached:
/// // after two minutes of outage nobody is signed in.
/// let policy = KeyPolicy::default()
///     .fresh_for(Duration::from_secs(100))
///     .usable_for(Duration::from_secs(120));
/// assert_ne!(policy, KeyPolicy::default());
/// // For a platform on which one request may not wait for another's fetch.
/// let policy = KeyPolicy::default().tickets(8);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPolicy {
    pub(crate) fresh_for: Duration,
    pub(crate) refresh_ahead: Duration,
    pub(crate) usable_for: Duration,
    pub(crate) unknown_key_interval: Duration,
    pub(crate) longest_unknown_key_interval: Duration,
    pub(crate) looks: u8,
    pub(crate) look_window: Duration,
    pub(crate) shortest_back_off: Duration,
    pub(crate) longest_back_off: Duration,
    pub(crate) ticket_deadline: Duration,
    pub(crate) tickets: u8,
}

impl Default for KeyPolicy {
    fn default() -> Self {
        Self {
            // As panva/jose, which the SDK uses, and Envoy.
            fresh_for: Duration::from_secs(10 * 60),
            // As Nimbus: time for one fetch and another try.
            refresh_ahead: Duration::from_secs(30),
            // For how long the SDK trusts a set without asking again.
            usable_for: Duration::from_secs(4 * 60 * 60),
            // The core publishes a key 60 s before it signs with it, so neither misses one.
            unknown_key_interval: Duration::from_secs(15),
            longest_unknown_key_interval: Duration::from_secs(60),
            // As Nimbus: one, and one to spare for a rotation.
            looks: 2,
            look_window: Duration::from_secs(30),
            // Between the hasty and the patient of the others: Envoy's 1 s, Istio's minute.
            shortest_back_off: Duration::from_millis(500),
            longest_back_off: Duration::from_secs(60),
            // Twice the 5 s after which the SDK gives up on a JWKS request.
            ticket_deadline: Duration::from_secs(10),
            tickets: 1,
        }
    }
}

impl KeyPolicy {
    /// For how long a set is used without asking again, from when the fetch that brought it began:
    /// so long may a key that the issuer has withdrawn go on working. The `max-age` of an answer may
    /// shorten it, down to 30 seconds. Default: 10 minutes. Range: from 30 seconds.
    #[must_use]
    pub fn fresh_for(mut self, time: Duration) -> Self {
        self.fresh_for = time.max(SHORTEST_FRESH);
        self
    }

    /// How long before a set ceases to be fresh [`KeyStore::next_action`](crate::KeyStore::next_action)
    /// asks for the next, and up to as much again, so that a fleet started together does not ask
    /// together. Never more than half the time a set is fresh. Default: 30 seconds.
    #[must_use]
    pub const fn refresh_ahead(mut self, time: Duration) -> Self {
        self.refresh_ahead = time;
        self
    }

    /// For how long a set is used if the issuer cannot be asked: so long may an outage last without
    /// harm, and so long can whoever blocks the way to the issuer keep a withdrawn key working. A
    /// set is not fresh for longer than this. Default: 4 hours. Range: from 30 seconds.
    #[must_use]
    pub fn usable_for(mut self, time: Duration) -> Self {
        self.usable_for = time.max(SHORTEST_FRESH);
        self
    }

    /// For how long after a fetch the issuer's answer is final: a key that was not in it does not
    /// exist. It counts from the fetch's end. Looks that bring no new key double it, from the second
    /// in a row, up to `longest`, which counts from the fetch's beginning. With a `longest` of more
    /// than 60 seconds, or a `time` of more than 60 less the [`ticket_deadline`](Self::ticket_deadline),
    /// a new key of a SuperTokens core can be missed. Default: 15 and 60 seconds. Range: from 100 milliseconds, and `longest` from `time`.
    #[must_use]
    pub fn unknown_key_interval(mut self, time: Duration, longest: Duration) -> Self {
        self.unknown_key_interval = time.max(SHORTEST_WAIT);
        self.longest_unknown_key_interval = longest.max(self.unknown_key_interval);
        self
    }

    /// How many fetches tokens that name unknown keys may cause in a span of time. All others have
    /// no part in it. Default: 2 in 30 seconds. Range: from 1.
    #[must_use]
    pub fn looks(mut self, count: u8, window: Duration) -> Self {
        self.looks = count.max(1);
        self.look_window = window;
        self
    }

    /// The wait after a failed fetch, counted from its beginning. The first in a row is of a step of
    /// twice `shortest`, and the step doubles up to `longest`; each wait is between half and the whole
    /// of its step, drawn from the store's seed, and ends no sooner than `shortest` after the failure.
    /// A set is used while an outage lasts, so one that has become stale may be used for this much
    /// longer after its end. Default: 500 milliseconds and 60 seconds. Range: from 100 milliseconds,
    /// and `longest` from `shortest`.
    #[must_use]
    pub fn back_off(mut self, shortest: Duration, longest: Duration) -> Self {
        self.shortest_back_off = shortest.max(SHORTEST_WAIT);
        self.longest_back_off = longest.max(self.shortest_back_off);
        self
    }

    /// After how long a fetch that has not come back is given up. Default: 10 seconds. Range: 1 to
    /// 15 seconds.
    #[must_use]
    pub fn ticket_deadline(mut self, time: Duration) -> Self {
        self.ticket_deadline = time.clamp(SHORTEST_DEADLINE, LONGEST_DEADLINE);
        self
    }

    /// How many fetches may be under way at once. More than one is for platforms on which a request
    /// cannot wait for another's fetch, as in Cloudflare Workers; each then brings its own. Those
    /// that an answer has overtaken, or that are past their deadline, do not count any more,
    /// although their requests may still be running. Default and least: 1.
    #[must_use]
    pub const fn tickets(mut self, count: u8) -> Self {
        self.tickets = if count == 0 { 1 } else { count };
        self
    }

    /// For how long an answer with this `max-age` is fresh.
    pub(crate) fn fresh_with(&self, max_age: Option<Duration>) -> Duration {
        let time = max_age.map_or(self.fresh_for, |age| age.max(SHORTEST_FRESH));
        time.min(self.fresh_for).min(self.usable_for)
    }
}

/// A core says `max-age=1` when its next key is due; this is what it costs at most to believe it.
/// Twice the longest deadline, so that what a slow fetch brings is fresh.
const SHORTEST_FRESH: Duration = Duration::from_secs(30);

/// What keeps one request from fetching twice: between the answer and the next decision of its loop
/// pass microseconds.
const SHORTEST_WAIT: Duration = Duration::from_millis(100);

/// A TLS handshake across an ocean, and an answer.
const SHORTEST_DEADLINE: Duration = Duration::from_secs(1);

/// Half of [`SHORTEST_FRESH`].
const LONGEST_DEADLINE: Duration = Duration::from_secs(15);
