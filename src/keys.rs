//! A snapshot of the key store: the key set and all that a decision must know of its age.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::answer::Validators;
use crate::decision::{FetchKeys, FetchReason};
use crate::key_policy::KeyPolicy;
use crate::key_set::{FetchFailure, Key, KeySet, Selection};
use crate::looks::Looks;
use crate::reason::Reason;
use crate::signature::{SignatureAlgorithm, VerifyingKey};
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
    /// The wait that failures have earned, or tickets that were given back.
    pub(crate) back_off: Option<Window>,
    /// For how long the last failure lets a set be used that is not fresh: for its wait, and the time
    /// of the ticket that follows.
    pub(crate) excuse: Option<Window>,
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

    /// A set from the future counts as old by as much as it lies ahead: the clock was set back, and
    /// how old it is cannot be known.
    pub(crate) fn is_usable(&self, policy: &KeyPolicy, now: UnixMillis) -> bool {
        self.began.distance(now) < policy.usable_for
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
        match snapshot.set(now)?.select(kid) {
            Selection::Key(key) => Ok(key),
            Selection::Unusable => {
                Err(snapshot.look(Reason::KeyUnusable, Reason::KeyUnusable, now))
            }
            Selection::Unknown => {
                Err(snapshot.look(Reason::UnknownKey, Reason::KeysUnavailable, now))
            }
        }
    }

    /// Whether the one key that some `kid` names is this very prepared one.
    pub(crate) fn select(&self, prepared: &Arc<dyn VerifyingKey>, now: UnixMillis) -> bool {
        self.0.set(now).is_ok_and(|set| set.selects(prepared))
    }

    /// What was wrong with the last fetch, if it failed.
    pub(crate) fn failure(&self) -> Option<FetchFailure> {
        self.0.failure
    }
}

impl Snapshot {
    /// The set to decide with.
    fn set(&self, now: UnixMillis) -> Result<&KeySet, NoKey> {
        let held = self.held.as_ref().ok_or_else(|| self.fetch(FetchReason::NoKeys, now))?;
        if held.is_fresh(now) || self.must_do_with(held, now) {
            Ok(&held.set)
        } else {
            Err(self.fetch(FetchReason::Stale, now))
        }
    }

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

    /// The wait until a fetch is allowed again, while it lasts.
    pub(crate) fn backing_off(&self, now: UnixMillis) -> Option<Window> {
        self.back_off.filter(|window| window.holds(now))
    }

    /// The one of two waits that ends later: none cuts another short.
    pub(crate) fn longer_back_off(&self, wait: Window, now: UnixMillis) -> Window {
        self.backing_off(now).map_or(wait, |before| wait.or_longer(before))
    }

    /// The time of the latest ticket, while it lasts.
    pub(crate) fn under_way(&self, now: UnixMillis) -> Option<Window> {
        self.under_way.filter(|window| window.holds(now))
    }

    /// Whether a set that is not fresh is used nevertheless: while there is no way to a fresher, for
    /// the time of one ticket, or for longer if it is the issuer that fails. Without that bound a set
    /// of hours ago would be used, by all but the first who come after a quiet night.
    fn must_do_with(&self, held: &Held, now: UnixMillis) -> bool {
        let grace = held.fresh_for.saturating_add(self.policy.ticket_deadline);
        held.is_usable(&self.policy, now)
            && (self.under_way(now).is_some() || self.backing_off(now).is_some())
            && (Window::new(held.began, grace).holds(now)
                || self.excuse.is_some_and(|excuse| excuse.holds(now)))
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
    fn look(&self, if_final: Reason, if_not: Reason, now: UnixMillis) -> NoKey {
        if let Some(until) = self.last_word(now) {
            return NoKey::Because(if_final, until);
        }
        // Whoever may not ask may still wait for an answer.
        let is_asked = self.backing_off(now).is_none() && self.under_way(now).is_some();
        match self.look_refused(now).filter(|_| !is_asked) {
            Some(until) => NoKey::Because(if_not, until),
            None => NoKey::Fetch(FetchKeys::new(FetchReason::UnknownKey, self.version)),
        }
    }

    /// Until when a look is not allowed, if it is not now.
    pub(crate) fn look_refused(&self, now: UnixMillis) -> Option<UnixMillis> {
        let spent = self.looks.spent(&self.policy, now);
        [self.backing_off(now), spent].into_iter().flatten().map(Window::end).max()
    }

    /// Until when a key that is not held does not exist, if it does not now: for the longer of the
    /// stretched interval since the issuer was last asked, as its word is of then, and the plain one
    /// since it answered, so that no request fetches twice.
    pub(crate) fn last_word(&self, now: UnixMillis) -> Option<UnixMillis> {
        let held = self.held.as_ref()?;
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
