//! A snapshot of the key store: the key set and all that a decision must know of its age.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::answer::Validators;
use crate::decision::{FetchKeys, FetchReason, KeysState};
use crate::key_policy::KeyPolicy;
use crate::key_set::{FetchFailure, Key, KeySet, Selection};
use crate::looks::Looks;
use crate::reason::Reason;
use crate::signature::SignatureAlgorithm;
use crate::time::{UnixMillis, Window};

/// An immutable snapshot of a [`KeyStore`](crate::KeyStore). Cloning it is one reference count;
/// readers take no lock and never see half a change.
///
/// A snapshot ages by itself: however old it is, it authenticates nobody for longer than the
/// [`KeyPolicy`] says, and sends to the store for a newer one in time.
///
/// ```
/// use supertokens_session::{KeyPolicy, KeyStore, crypto};
///
/// let origin = "https://core.example/.well-known/jwks.json";
/// let store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
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
    pub(crate) policy: KeyPolicy,
    pub(crate) held: Option<Held>,
    /// The last fetch, if it failed.
    pub(crate) failure: Option<FetchFailure>,
    /// The wait that failures have earned.
    pub(crate) back_off: Option<Window>,
    /// The time of the latest ticket that is out.
    pub(crate) under_way: Option<Window>,
    pub(crate) looks: Looks,
    /// How many snapshots came before this one.
    pub(crate) version: u64,
    /// How often the keys themselves have changed.
    pub(crate) generation: u64,
}

/// A set, and where and when it came from.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) set: Arc<KeySet>,
    pub(crate) document: Arc<[u8]>,
    pub(crate) origin: Arc<str>,
    pub(crate) validators: Validators,
    /// When the fetch began that brought it, or that last found it unchanged: what the issuer has
    /// withdrawn since may be in it.
    pub(crate) began: UnixMillis,
    pub(crate) finished: UnixMillis,
    pub(crate) fresh_for: Duration,
    /// How long after `began` to ask for the next.
    pub(crate) refresh_after: Duration,
}

impl Held {
    pub(crate) fn is_fresh(&self, now: UnixMillis) -> bool {
        Window::new(self.began, self.fresh_for).holds(now)
    }

    pub(crate) fn is_usable(&self, policy: &KeyPolicy, now: UnixMillis) -> bool {
        Window::new(self.began, policy.usable_for).holds(now)
    }
}

/// Why there is no key.
pub(crate) enum NoKey {
    Fetch(FetchKeys),
    /// With the time at which the answer may be another, where that depends on the store.
    Because(Reason, UnixMillis),
}

impl Keys {
    pub(crate) fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(snapshot))
    }

    pub(crate) fn snapshot(&self) -> &Snapshot {
        &self.0
    }

    /// The key set, if there is one: what is in it, and what was skipped. It may have become too old
    /// to be used.
    #[must_use]
    pub fn set(&self) -> Option<&KeySet> {
        self.0.held.as_ref().map(|held| &*held.set)
    }

    /// How often the issuer's keys have changed: the same for two snapshots of one store if their
    /// keys are the same.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation
    }

    /// Whether the table has `alg`.
    pub(crate) fn allows(&self, alg: &str) -> bool {
        self.0.algorithms.iter().any(|row| row.alg() == alg)
    }

    /// The one key that `kid` names.
    pub(crate) fn key(&self, kid: &str, now: UnixMillis) -> Result<&Key, NoKey> {
        let snapshot = &*self.0;
        let Some(held) = &snapshot.held else {
            return Err(snapshot.fetch(FetchReason::NoKeys, now));
        };
        if !held.is_fresh(now) && !snapshot.must_do_with(held, now) {
            return Err(snapshot.fetch(FetchReason::Stale, now));
        }
        match held.set.select(kid) {
            Selection::Key(key) => Ok(key),
            Selection::Unusable => {
                Err(snapshot.look(held, Reason::KeyUnusable, Reason::KeyUnusable, now))
            }
            Selection::Unknown => {
                Err(snapshot.look(held, Reason::UnknownKey, Reason::KeysUnavailable, now))
            }
        }
    }

    pub(crate) fn state(&self, retry_at: UnixMillis) -> KeysState {
        KeysState { failure: self.0.failure, retry_at }
    }
}

impl Snapshot {
    /// Takes a set in place of the one before. The `kid` of each key that is new, and that is gone.
    pub(crate) fn hold(&mut self, held: Held) -> (Vec<Box<str>>, Vec<Box<str>>) {
        let before = self.held.as_ref().map(|before| &*before.set);
        let added = held.set.keys_not_in(before);
        let removed = before.map_or_else(Vec::new, |set| set.keys_not_in(Some(&held.set)));
        self.held = Some(held);
        if !added.is_empty() || !removed.is_empty() {
            self.generation = self.generation.saturating_add(1);
        }
        (added, removed)
    }

    /// The wait that failures have earned, while it lasts.
    pub(crate) fn backing_off(&self, now: UnixMillis) -> Option<Window> {
        self.back_off.filter(|window| window.holds(now))
    }

    /// The time of the latest ticket, while it lasts.
    pub(crate) fn under_way(&self, now: UnixMillis) -> Option<Window> {
        self.under_way.filter(|window| window.holds(now))
    }

    /// Whether a set that is not fresh is used nevertheless: while there is no way to a fresher.
    fn must_do_with(&self, held: &Held, now: UnixMillis) -> bool {
        held.is_usable(&self.policy, now)
            && (self.under_way(now).is_some() || self.backing_off(now).is_some())
    }

    /// Asks for a set to decide with.
    fn fetch(&self, why: FetchReason, now: UnixMillis) -> NoKey {
        match self.backing_off(now) {
            Some(wait) => NoKey::Because(Reason::KeysUnavailable, wait.end()),
            None => NoKey::Fetch(FetchKeys::new(why, self.version)),
        }
    }

    /// Asks for a set with a key that this one lacks; not where the issuer's last word is `final`,
    /// nor where it may not be asked.
    fn look(&self, held: &Held, if_final: Reason, if_not: Reason, now: UnixMillis) -> NoKey {
        if let Some(wait) = self.last_word(held, now) {
            NoKey::Because(if_final, wait)
        } else if let Some(wait) = self.backing_off(now) {
            NoKey::Because(if_not, wait.end())
        } else if self.under_way(now).is_some() {
            NoKey::Fetch(FetchKeys::new(FetchReason::UnknownKey, self.version))
        } else if let Some(wait) = self.looks.spent(&self.policy, now) {
            NoKey::Because(if_not, wait.end())
        } else {
            NoKey::Fetch(FetchKeys::new(FetchReason::UnknownKey, self.version))
        }
    }

    /// Until when what `held` lacks does not exist, if it does not now: for the longer of the
    /// stretched interval since the fetch began, as the issuer's word is of then, and the plain one
    /// since it finished, so that no request fetches twice.
    pub(crate) fn last_word(&self, held: &Held, now: UnixMillis) -> Option<UnixMillis> {
        let stretched = Window::new(held.began, self.looks.interval(&self.policy, now));
        let plain = Window::new(held.finished, self.policy.unknown_key_interval);
        [stretched, plain].into_iter().filter(|w| w.holds(now)).map(Window::end).max()
    }
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
