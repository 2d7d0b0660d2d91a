//! The numbers of a key store, for a person or a metrics system.

use core::fmt;
use core::time::Duration;

use crate::decision::FetchReason;
use crate::key_set::FetchFailure;
use crate::time::UnixMillis;

/// How a [`KeyStore`](crate::KeyStore) is, at one moment; as text, one line.
///
/// ```
/// use supertokens_session::{Fetch, FetchAnswer, FetchReason, KeyPolicy, KeyStore, UnixMillis, crypto};
///
/// let origin = "https://core.example/jwks.json";
/// let mut store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// assert_eq!(store.status(now).to_string(), "no keys; no fetch yet");
/// let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { unreachable!() };
/// let answer = FetchAnswer::http(200, include_bytes!("../tests/data/jwks.json"));
/// store.finish_fetch(ticket, answer, now);
///
/// let status = store.status(UnixMillis::from_secs(1_750_000_060));
/// assert_eq!(status.counts.begun(FetchReason::ByHand), 1);
/// assert_eq!(
///     status.to_string(),
///     "2 keys of generation 1, fresh, 60 s old; 1 fetch, 1 change, 0 failures, 0 looks"
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeyStatus {
    /// Usable keys of the set that is held.
    pub keys: usize,
    /// Members of it that were skipped.
    pub skipped: usize,
    /// How often the keys have changed.
    pub generation: u64,
    /// How the set that is held may be used.
    pub freshness: Freshness,
    /// The time since the fetch began that brought the set or last confirmed it; where the clock has
    /// been set back since, the time until then.
    pub age: Option<Duration>,
    /// How many tickets are out.
    pub in_flight: usize,
    /// What was wrong with the last fetch, if it failed.
    pub failure: Option<FetchFailure>,
    /// When the issuer may be asked again, if a failure keeps the store from it now, or tickets that
    /// were given back do.
    pub retry_at: Option<UnixMillis>,
    /// What has been counted since the store was made.
    pub counts: FetchCounts,
    pub(crate) now: UnixMillis,
}

/// How a set may be used; see [`KeyPolicy`](crate::KeyPolicy).
///
/// ```
/// use supertokens_session::{Freshness, KeyPolicy, KeyStore, UnixMillis, crypto};
///
/// let store = KeyStore::new("https://core.example/", &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// assert_eq!(store.status(UnixMillis::default()).freshness, Freshness::NoKeys);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "the whole life of a set")]
pub enum Freshness {
    /// There is none.
    NoKeys,
    /// Without asking again.
    Fresh,
    /// Only while a fetch is under way or failing.
    Stale,
    /// Not at all: it is too old.
    Gone,
}

/// What a [`KeyStore`](crate::KeyStore) has counted; each number stops at the greatest there is. See
/// [`KeyStatus`] for an example.
///
/// What decisions refuse is not among it: deciding changes nothing, so it counts nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct FetchCounts {
    begun: [u64; FetchReason::ALL.len()],
    failed: [u64; FetchFailure::ALL.len()],
    /// Fetches that brought other keys.
    pub changed: u64,
    /// Fetches that found the same keys.
    pub unchanged: u64,
    /// Tickets that were given back.
    pub abandoned: u64,
    /// Tickets that came back with an answer or without and were of no account: given up before,
    /// overtaken, or another store's.
    pub dropped: u64,
    /// Looks for an unknown key that [`begin_fetch`](crate::KeyStore::begin_fetch) refused. Most are
    /// refused before, by decisions.
    pub looks_refused: u64,
    /// Snapshots that were imported.
    pub imported: u64,
}

impl FetchCounts {
    /// Tickets given out for this reason. For [`FetchReason::UnknownKey`] this is the number of
    /// looks that were spent.
    #[must_use]
    pub fn begun(&self, why: FetchReason) -> u64 {
        let reasons = FetchReason::ALL.iter().zip(self.begun);
        reasons.filter(|(reason, _)| **reason == why).map(|(_, count)| count).sum()
    }

    /// Tickets given out.
    #[must_use]
    pub fn all_begun(&self) -> u64 {
        self.begun.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Fetches that failed in this way.
    #[must_use]
    pub fn failed(&self, how: FetchFailure) -> u64 {
        let kinds = FetchFailure::ALL.iter().zip(self.failed);
        kinds.filter(|(kind, _)| **kind == how).map(|(_, count)| count).sum()
    }

    /// Fetches that failed.
    #[must_use]
    pub fn all_failed(&self) -> u64 {
        self.failed.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(crate) fn count_begun(&mut self, why: FetchReason) {
        for (reason, count) in FetchReason::ALL.iter().zip(&mut self.begun) {
            *count = count.saturating_add(u64::from(*reason == why));
        }
    }

    pub(crate) fn count_failed(&mut self, how: FetchFailure) {
        for (kind, count) in FetchFailure::ALL.iter().zip(&mut self.failed) {
            *count = count.saturating_add(u64::from(*kind == how));
        }
    }
}

impl fmt::Display for KeyStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(age) = self.age else {
            f.write_str("no keys")?;
            return self.fmt_fetches(f);
        };
        let keys = u64::try_from(self.keys).unwrap_or(u64::MAX);
        write!(f, "{}", Count(keys, "key", "keys"))?;
        if self.skipped > 0 {
            write!(f, " ({} skipped)", self.skipped)?;
        }
        let freshness = match self.freshness {
            Freshness::NoKeys => "none",
            Freshness::Fresh => "fresh",
            Freshness::Stale => "stale",
            Freshness::Gone => "too old",
        };
        write!(f, " of generation {}, {freshness}, {} s old", self.generation, age.as_secs())?;
        self.fmt_fetches(f)
    }
}

impl KeyStatus {
    fn fmt_fetches(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.in_flight {
            0 => {}
            1 => f.write_str("; fetching")?,
            many => write!(f, "; fetching {many} times")?,
        }
        if let Some(failure) = self.failure {
            write!(f, "; the last fetch failed: {failure}")?;
        }
        if let Some(at) = self.retry_at {
            write!(f, "; again in {} ms", at.since(self.now).as_millis())?;
        }
        let counts = &self.counts;
        if counts.all_begun() == 0 {
            return f.write_str("; no fetch yet");
        }
        write!(
            f,
            "; {}, {}, {}, {}",
            Count(counts.all_begun(), "fetch", "fetches"),
            Count(counts.changed, "change", "changes"),
            Count(counts.all_failed(), "failure", "failures"),
            Count(counts.begun(FetchReason::UnknownKey), "look", "looks"),
        )
    }
}

/// So many of something: its name for one, and for more.
struct Count(u64, &'static str, &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, one, more) = self;
        write!(f, "{count} {}", if *count == 1 { one } else { more })
    }
}
