//! A snapshot of the key store: the key set and what a decision must know of its age.

use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;

use crate::decision::{FetchKeys, FetchReason, KeysState};
use crate::key_set::{FetchFailure, Key, KeySet, Selection};
use crate::reason::Reason;
use crate::signature::SignatureAlgorithm;
use crate::time::UnixMillis;

/// An immutable snapshot of a [`KeyStore`](crate::KeyStore). Cloning it is one reference count;
/// readers take no lock and never see half a change.
///
/// ```
/// use supertokens_session::{FetchAnswer, Fetch, FetchKeys, KeyStore, UnixMillis, crypto};
///
/// let store = KeyStore::new("https://core.example/.well-known/jwks.json", &[crypto::ring::RS256]);
/// let keys = store.keys();
/// assert!(keys.set().is_none());
/// # fn assert_bounds<T: Clone + Send + Sync + 'static>(_: T) {}
/// # assert_bounds(keys);
/// ```
#[derive(Clone)]
pub struct Keys(Arc<Snapshot>);

/// What the store knows; a new one with every change.
#[derive(Clone)]
pub(crate) struct Snapshot {
    pub(crate) algorithms: Arc<[&'static dyn SignatureAlgorithm]>,
    /// The set, and when the fetch that brought it had finished.
    pub(crate) set: Option<(Arc<KeySet>, UnixMillis)>,
    /// The last fetch, if it failed, and when it had.
    pub(crate) failure: Option<(FetchFailure, UnixMillis)>,
    /// How many fetches have finished.
    pub(crate) generation: u64,
}

/// Why there is no key.
pub(crate) enum NoKey {
    Fetch(FetchKeys),
    Because(Reason),
}

impl Keys {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(snapshot))
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.0
    }

    /// The key set, if there is one: what is in it, and what was skipped.
    #[must_use]
    pub fn set(&self) -> Option<&KeySet> {
        self.0.set.as_ref().map(|(set, _)| &**set)
    }

    /// Whether the table has `alg`.
    pub(crate) fn allows(&self, alg: &str) -> bool {
        self.0.algorithms.iter().any(|row| row.alg() == alg)
    }

    /// The one key that `kid` names.
    pub(crate) fn key(&self, kid: &str, now: UnixMillis) -> Result<&Key, NoKey> {
        let Some((set, finished_at)) = &self.0.set else {
            return Err(self.look(FetchReason::NoKeys, Reason::KeysUnavailable, now));
        };
        let (if_fresh, if_failing) = match set.select(kid) {
            Selection::Key(key) => return Ok(key),
            Selection::Unusable => (Reason::KeyUnusable, Reason::KeyUnusable),
            Selection::Unknown => (Reason::UnknownKey, Reason::KeysUnavailable),
        };
        if is_within(UNKNOWN_KEY_INTERVAL, *finished_at, now) {
            return Err(NoKey::Because(if_fresh));
        }
        Err(self.look(FetchReason::UnknownKey, if_failing, now))
    }

    /// Asks for a fetch, unless the last one has only just failed.
    fn look(&self, why: FetchReason, if_failing: Reason, now: UnixMillis) -> NoKey {
        if self.0.is_backing_off(now) {
            NoKey::Because(if_failing)
        } else {
            NoKey::Fetch(FetchKeys::new(why, self.0.generation))
        }
    }

    pub(crate) fn state(&self) -> KeysState {
        KeysState {
            failure: self.0.failure.map(|(failure, _)| failure),
            retry_at: self.0.retry_at(),
        }
    }
}

impl Snapshot {
    pub(crate) fn is_backing_off(&self, now: UnixMillis) -> bool {
        self.failure.is_some_and(|(_, failed_at)| is_within(RETRY_AFTER_FAILURE, failed_at, now))
    }

    pub(crate) fn retry_at(&self) -> UnixMillis {
        let after_failure = self.failure.map(|(_, at)| at.saturating_add(RETRY_AFTER_FAILURE));
        let after_look = self.set.as_ref().map(|(_, at)| at.saturating_add(UNKNOWN_KEY_INTERVAL));
        after_failure.max(after_look).unwrap_or_default()
    }
}

/// Whether `now` is less than `span` away from `then`, on either side: a clock that is set back
/// must not make a wait longer.
fn is_within(span: Duration, then: UnixMillis, now: UnixMillis) -> bool {
    now < then.saturating_add(span) && then < now.saturating_add(span)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys")
            .field("set", &self.set())
            .field("failure", &self.0.failure)
            .field("generation", &self.0.generation)
            .finish_non_exhaustive()
    }
}

/// For this long after a fetch the issuer's answer is taken as final: a key that was not in it does
/// not exist. The core publishes a key 60 s before it signs with it, so 15 s miss none.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(15);

/// For this long after a failed fetch no other is asked for; Envoy's `failed_refetch_duration`.
const RETRY_AFTER_FAILURE: Duration = Duration::from_secs(1);
