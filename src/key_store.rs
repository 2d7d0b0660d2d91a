//! Holds the issuer's keys and says when to fetch them: a state machine without I/O.
//!
//! `begin_fetch` gives out one ticket at a time, `finish_fetch` takes the answer; both yield a new
//! snapshot when something changed. Early, late and repeated calls are harmless.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::decision::{FetchKeys, FetchReason};
use crate::key_set::{FetchFailure, KeySet};
use crate::keys::{Keys, Snapshot};
use crate::signature::SignatureAlgorithm;
use crate::time::UnixMillis;

/// The writer of the keys: the only thing that changes. Servers keep it behind a lock that only
/// fetching takes, and hand [`Keys`] to the rest.
///
/// ```
/// use supertokens_session::{Fetch, FetchAnswer, FetchKeys, KeyStore, UnixMillis, crypto};
///
/// let mut store = KeyStore::new("https://core.example/.well-known/jwks.json", &[crypto::ring::RS256]);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// // At start-up; later, `why` comes out of a decision.
/// let Fetch::Ticket(ticket) = store.begin_fetch(store.first_fetch(), now) else { unreachable!() };
/// assert_eq!(ticket.url(), "https://core.example/.well-known/jwks.json");
/// // ... the caller's GET ...
/// let answer = FetchAnswer::http(200, include_bytes!("../tests/data/jwks.json"));
/// let keys = store.finish_fetch(ticket, answer, now);
/// assert_eq!(keys.set().map(|set| set.key_ids().count()), Some(2));
/// ```
pub struct KeyStore {
    origins: Origins,
    /// Index of the origin to ask next.
    origin: usize,
    keys: Keys,
    in_flight: Option<InFlight>,
    /// How many tickets have been given out.
    tickets: u64,
    /// Tells this store's tickets from another's.
    identity: Arc<()>,
}

#[derive(Clone, Copy, Debug)]
struct InFlight {
    ticket: u64,
    until: UnixMillis,
}

impl KeyStore {
    /// A store without keys. `origins` are the URLs of the issuer's JWKS document, of which the
    /// next is asked after a failure; `algorithms` is the table of rows that keys may be used
    /// with: for SuperTokens `&[crypto::ring::RS256]`, as the core signs with nothing else. With an
    /// empty table no token is ever accepted.
    #[must_use]
    pub fn new(
        origins: impl Into<Origins>,
        algorithms: &[&'static dyn SignatureAlgorithm],
    ) -> Self {
        Self {
            origins: origins.into(),
            origin: 0,
            keys: Keys::new(Snapshot {
                algorithms: algorithms.into(),
                set: None,
                failure: None,
                generation: 0,
            }),
            in_flight: None,
            tickets: 0,
            identity: Arc::new(()),
        }
    }

    /// The snapshot to decide with: one reference count.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// The reason to fetch before any request has come, so that the first need not wait, and again
    /// from a timer of the caller's, so that a key the issuer has withdrawn is dropped: by itself
    /// the store fetches only when a token names a key it lacks. Take it anew each time: once a
    /// fetch has finished it is answered [`Fetch::Newer`].
    #[must_use]
    pub fn first_fetch(&self) -> FetchKeys {
        FetchKeys::new(FetchReason::NoKeys, self.keys.snapshot().generation)
    }

    /// What to do about [`SessionDecision::FetchKeys`](crate::SessionDecision::FetchKeys).
    ///
    /// One ticket is out at a time. A fetch that has not come back after 10 seconds (its request
    /// was cancelled, or the issuer hangs) is a failed one, so that it holds nobody up for longer.
    pub fn begin_fetch(&mut self, why: FetchKeys, now: UnixMillis) -> Fetch {
        if let Some(in_flight) = self.in_flight {
            if !in_flight.has_expired(now) {
                return Fetch::InFlight { until: in_flight.until };
            }
            self.finish(Err(FetchFailure::NoAnswer), now);
        }
        let snapshot = self.keys.snapshot();
        if why.generation() < snapshot.generation {
            return Fetch::Newer(self.keys());
        }
        if snapshot.is_backing_off(now) {
            return Fetch::NotNow { until: snapshot.retry_at() };
        }
        self.tickets = self.tickets.saturating_add(1);
        let until = now.saturating_add(TICKET_DEADLINE);
        self.in_flight = Some(InFlight { ticket: self.tickets, until });
        Fetch::Ticket(Ticket {
            id: self.tickets,
            store: self.identity.clone(),
            url: self.origins.get(self.origin),
        })
    }

    /// Takes the answer to a ticket and returns the snapshot to go on with. A failure never harms
    /// the keys that are held. An answer that comes after the ticket's 10 seconds is a failure too,
    /// and one to a ticket that was given up meanwhile, or is another store's, is dropped.
    pub fn finish_fetch(
        &mut self,
        ticket: Ticket,
        answer: FetchAnswer<'_>,
        now: UnixMillis,
    ) -> Keys {
        if let Some(in_flight) = self.in_flight {
            if in_flight.ticket == ticket.id && Arc::ptr_eq(&self.identity, &ticket.store) {
                let read = if in_flight.has_expired(now) {
                    Err(FetchFailure::NoAnswer)
                } else {
                    answer.read(&self.keys.snapshot().algorithms)
                };
                self.finish(read, now);
            }
        }
        self.keys()
    }

    fn finish(&mut self, read: Result<KeySet, FetchFailure>, now: UnixMillis) {
        self.in_flight = None;
        let mut snapshot = self.keys.snapshot().clone();
        snapshot.generation = snapshot.generation.saturating_add(1);
        match read {
            Ok(set) => {
                snapshot.set = Some((Arc::new(set), now));
                snapshot.failure = None;
            }
            Err(failure) => {
                snapshot.failure = Some((failure, now));
                self.origin = self.origins.after(self.origin);
            }
        }
        self.keys = Keys::new(snapshot);
    }
}

impl InFlight {
    fn has_expired(self, now: UnixMillis) -> bool {
        // A deadline further off than a ticket's life was set by a clock that has since gone back.
        now >= self.until || self.until > now.saturating_add(TICKET_DEADLINE)
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore")
            .field("keys", &self.keys)
            .field("in_flight", &self.in_flight)
            .finish_non_exhaustive()
    }
}

/// The URLs of an issuer's JWKS document, at least one, in the order they are asked.
///
/// ```
/// use supertokens_session::Origins;
///
/// let one = Origins::from("https://core.example/.well-known/jwks.json");
/// let two = Origins::from(["https://core-1.example/jwks.json", "https://core-2.example/jwks.json"]);
/// let read_from_a_file = Origins::new("https://core-1.example/jwks.json", vec![String::from("…")]);
/// ```
///
/// None at all does not compile:
///
/// ```compile_fail
/// let none = supertokens_session::Origins::from([]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origins {
    first: Arc<str>,
    others: Vec<Arc<str>>,
}

impl Origins {
    /// From a first URL and any others.
    #[must_use]
    pub fn new<O: Into<Arc<str>>>(
        first: impl Into<Arc<str>>,
        others: impl IntoIterator<Item = O>,
    ) -> Self {
        Self { first: first.into(), others: others.into_iter().map(Into::into).collect() }
    }

    fn get(&self, index: usize) -> Arc<str> {
        let other = index.checked_sub(1).and_then(|index| self.others.get(index));
        other.unwrap_or(&self.first).clone()
    }

    fn after(&self, index: usize) -> usize {
        if index < self.others.len() { index.saturating_add(1) } else { 0 }
    }
}

impl From<&str> for Origins {
    fn from(url: &str) -> Self {
        Self { first: url.into(), others: Vec::new() }
    }
}

impl From<String> for Origins {
    fn from(url: String) -> Self {
        Self::from(url.as_str())
    }
}

impl<const N: usize> From<[&str; N]> for Origins {
    fn from(urls: [&str; N]) -> Self {
        const { assert!(N > 0, "a key store needs an origin") };
        let mut urls = urls.into_iter().map(Arc::from);
        let first = urls.next().unwrap_or_default();
        Self { first, others: urls.collect() }
    }
}

/// What [`KeyStore::begin_fetch`] says; see the crate's own page for the loop that acts on it.
///
/// ```
/// use supertokens_session::{Fetch, KeyStore, UnixMillis, crypto};
///
/// let mut store = KeyStore::new("https://core.example/jwks.json", &[crypto::ring::RS256]);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// assert!(matches!(store.begin_fetch(store.first_fetch(), now), Fetch::Ticket(_)));
/// assert!(matches!(store.begin_fetch(store.first_fetch(), now), Fetch::InFlight { .. }));
/// ```
#[must_use = "a ticket that is dropped holds up every other fetch until it expires"]
#[derive(Debug)]
#[expect(clippy::exhaustive_enums, reason = "the caller must act on every answer")]
pub enum Fetch {
    /// Get [`Ticket::url`] and hand the answer to [`KeyStore::finish_fetch`].
    Ticket(Ticket),
    /// A fetch has finished since the decision was made: decide again with these.
    Newer(Keys),
    /// Somebody is fetching. Wait for them, or until then, and take [`KeyStore::keys`].
    InFlight {
        /// When the ticket that is out expires.
        until: UnixMillis,
    },
    /// The last fetch has failed within the last second: answer 503.
    NotNow {
        /// When a fetch will be allowed again.
        until: UnixMillis,
    },
}

/// The right to perform one GET; see [`KeyStore`] for an example.
#[must_use = "a ticket that is dropped holds up every other fetch until it expires"]
#[derive(Debug)]
pub struct Ticket {
    id: u64,
    store: Arc<()>,
    url: Arc<str>,
}

impl Ticket {
    /// What to get. Do not follow redirects to other origins, ask caches to revalidate
    /// (`Cache-Control: no-cache`; the core allows a week), and give up before the 10 seconds of
    /// the ticket are over.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }
}

/// What came of a GET, as data.
///
/// ```
/// use supertokens_session::FetchAnswer;
///
/// let answered = FetchAnswer::http(200, br#"{"keys":[]}"#);
/// let timed_out = FetchAnswer::failed();
/// ```
#[derive(Clone, Copy)]
pub struct FetchAnswer<'a> {
    /// Status and body, if there was an HTTP answer.
    http: Option<(u16, &'a [u8])>,
}

impl<'a> FetchAnswer<'a> {
    /// The server answered with this status and this body. A body of more than 256 KiB is refused,
    /// so there is no need to read further.
    #[must_use]
    pub const fn http(status: u16, body: &'a [u8]) -> Self {
        Self { http: Some((status, body)) }
    }

    /// There was no HTTP answer: no connection, no time left, a broken body.
    #[must_use]
    pub const fn failed() -> Self {
        Self { http: None }
    }

    fn read(self, algorithms: &[&'static dyn SignatureAlgorithm]) -> Result<KeySet, FetchFailure> {
        match self.http {
            None => Err(FetchFailure::NoAnswer),
            Some((200, body)) => KeySet::parse(body, algorithms),
            Some(_) => Err(FetchFailure::Status),
        }
    }
}

impl fmt::Debug for FetchAnswer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let http = self.http.map(|(status, body)| (status, body.len()));
        f.debug_struct("FetchAnswer").field("http", &http).finish()
    }
}

/// How long a ticket is good for: twice the 5 s after which the SDK gives up on a JWKS request.
const TICKET_DEADLINE: Duration = Duration::from_secs(10);
