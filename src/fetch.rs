//! The words between a key store and whoever performs its GETs.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use crate::decision::{FetchKeys, FetchReason};
use crate::key_set::{FetchFailure, Skipped};
use crate::keys::{Held, Keys};
use crate::time::{UnixMillis, Window};

/// What [`KeyStore::begin_fetch`](crate::KeyStore::begin_fetch) says; see the crate's own page for
/// the loop that acts on it.
///
/// ```
/// use supertokens_session::{Fetch, KeyPolicy, KeyStore, UnixMillis, crypto};
///
/// let origin = "https://core.example/jwks.json";
/// let mut store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// assert!(matches!(store.begin_fetch(store.fetch_now(), now), Fetch::Ticket(_)));
/// assert!(matches!(store.begin_fetch(store.fetch_now(), now), Fetch::InFlight { .. }));
/// ```
#[must_use = "a ticket that is dropped holds up every other fetch until it expires"]
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the caller must act on every answer")]
pub enum Fetch {
    /// Get [`Ticket::url`] and hand the answer to
    /// [`KeyStore::finish_fetch`](crate::KeyStore::finish_fetch).
    Ticket(Ticket),
    /// The store has changed since the decision was made: decide again with these.
    Newer(Keys),
    /// Somebody is fetching. Wait for them, or until then, and take
    /// [`KeyStore::keys`](crate::KeyStore::keys).
    InFlight {
        /// When the ticket that is out expires.
        until: UnixMillis,
    },
    /// The issuer may not be asked now: answer 503.
    NotNow {
        /// When a fetch will be allowed again.
        until: UnixMillis,
    },
}

/// The right to perform one GET; see [`KeyStore`](crate::KeyStore) for an example.
#[must_use = "a ticket that is dropped holds up every other fetch until it expires"]
pub struct Ticket {
    pub(crate) id: u64,
    /// Tells one store's tickets from another's.
    pub(crate) store: Arc<()>,
    pub(crate) url: Arc<str>,
    /// Index of the origin.
    pub(crate) origin: usize,
    pub(crate) reason: FetchReason,
    pub(crate) window: Window,
    /// What is to be sent only if it is not this.
    pub(crate) condition: Option<Held>,
}

impl Ticket {
    /// What to get. Send [`headers`](Self::headers) along, do not follow redirects to other origins,
    /// and give up somewhat before the [`deadline`](Self::deadline).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The fields to send, name and value. A cache on the way is asked to revalidate
    /// (`cache-control: no-cache`; a core lets it keep the document for a week). A scheduled fetch
    /// from where the set came from has `if-none-match` and `if-modified-since`, if that answer had
    /// what they need: then the origin may answer 304 without a body.
    ///
    /// ```
    /// use supertokens_session::{Fetch, KeyPolicy, KeyStore, UnixMillis, crypto};
    ///
    /// let origin = "https://core.example/jwks.json";
    /// let mut store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
    /// let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), UnixMillis::default()) else {
    ///     unreachable!()
    /// };
    /// assert!(ticket.headers().eq([("cache-control", "no-cache")]));
    /// ```
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let validators = self.condition.as_ref().map(|condition| &condition.validators);
        let etag = validators.and_then(|v| v.etag.as_deref());
        let date = validators.and_then(|v| v.last_modified.as_deref());
        [
            Some(("cache-control", "no-cache")),
            etag.map(|value| ("if-none-match", value)),
            date.map(|value| ("if-modified-since", value)),
        ]
        .into_iter()
        .flatten()
    }

    /// Why the fetch was asked for.
    #[must_use]
    pub const fn reason(&self) -> FetchReason {
        self.reason
    }

    /// When the ticket expires: an answer that is handed in then or later is a failed fetch.
    #[must_use]
    pub fn deadline(&self) -> UnixMillis {
        self.window.end()
    }
}

impl fmt::Debug for Ticket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticket")
            .field("url", &self.url)
            .field("reason", &self.reason)
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

/// A ticket that is out, as the store remembers it.
#[derive(Clone, Copy)]
pub(crate) struct InFlight {
    pub(crate) id: u64,
    pub(crate) origin: usize,
    pub(crate) window: Window,
}

/// What a key store wants next; see [`KeyStore::next_action`](crate::KeyStore::next_action).
///
/// ```
/// use supertokens_session::{KeyPolicy, KeyStore, NextAction, UnixMillis, crypto};
///
/// let origin = "https://core.example/jwks.json";
/// let store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// assert!(matches!(store.next_action(now), NextAction::Fetch(_)));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "there is nothing else to do but these")]
pub enum NextAction {
    /// A fetch: hand this to [`KeyStore::begin_fetch`](crate::KeyStore::begin_fetch).
    Fetch(FetchKeys),
    /// Nothing, until then, unless something else changes the store.
    Wait {
        /// When to ask again. Always later than now, but at the end of time.
        until: UnixMillis,
    },
}

/// What became of a fetch.
///
/// ```
/// use supertokens_session::{Fetch, FetchAnswer, FetchOutcome, KeyPolicy, KeyStore, UnixMillis, crypto};
///
/// let origin = "https://core.example/jwks.json";
/// let mut store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { unreachable!() };
/// let answer = FetchAnswer::http(200, include_bytes!("../tests/data/jwks.json"));
/// let report = store.finish_fetch(ticket, answer, now);
/// assert_eq!(report.outcome(), FetchOutcome::Changed);
/// assert_eq!((report.added().count(), report.removed().count()), (2, 0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FetchOutcome {
    /// The set has other keys than before, or is the first.
    Changed,
    /// The issuer's keys are what they were: 304, the same document, or another that has the same
    /// keys.
    Unchanged,
    /// Nothing usable came. What is held is held on to.
    Failed(FetchFailure),
    /// The ticket had been given up, overtaken by a newer one, or was another store's: nothing was
    /// looked at and nothing has changed.
    Dropped,
}

/// What a fetch changed, and the snapshot to go on with; see [`FetchOutcome`] for an example.
#[derive(Clone, Debug)]
pub struct FetchReport {
    pub(crate) keys: Keys,
    pub(crate) outcome: FetchOutcome,
    pub(crate) added: Vec<Box<str>>,
    pub(crate) removed: Vec<Box<str>>,
    pub(crate) skipped: Vec<Skipped>,
}

impl FetchReport {
    /// The snapshot to go on with.
    #[must_use]
    pub fn into_keys(self) -> Keys {
        self.keys
    }

    /// The same, on loan.
    #[must_use]
    pub const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// What became of the fetch.
    #[must_use]
    pub const fn outcome(&self) -> FetchOutcome {
        self.outcome
    }

    /// The `kid` of each key that was not there before. One whose key was exchanged under the same
    /// `kid` is both here and among the removed.
    pub fn added(&self) -> impl Iterator<Item = &str> {
        self.added.iter().map(|kid| &**kid)
    }

    /// The `kid` of each key that is not there any more.
    pub fn removed(&self) -> impl Iterator<Item = &str> {
        self.removed.iter().map(|kid| &**kid)
    }

    /// The members of the document that were skipped, also where that left no key and the fetch
    /// failed for it.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }
}
