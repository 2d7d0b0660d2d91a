//! A server: a store behind a lock, and a clock that is set.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread;

use supertokens_session::{
    Fetch, FetchAnswer, KeyPolicy, KeyStatus, KeyStore, Keys, SessionDecision, Ticket, UnixMillis,
};

use crate::support::{self, NOW, jwks, provider};

pub(crate) struct Site {
    store: Mutex<KeyStore>,
    /// Tells those who wait that the store or the clock has changed.
    changed: Condvar,
    clock: AtomicU64,
    /// Those who wait now.
    waiting: AtomicUsize,
    /// How often somebody has waited and looked at the clock again.
    looked: AtomicUsize,
    /// Whether a thread has failed: then nobody need wait for it.
    failed: AtomicBool,
}

/// Tells the other threads that this one fails, if it does while this is held.
pub(crate) struct Alarm<'s>(&'s Site);

impl Drop for Alarm<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.failed.store(true, Ordering::SeqCst);
            // Whoever is about to wait has the lock, which may be poisoned.
            drop(self.0.store.lock());
            self.0.changed.notify_all();
        }
    }
}

impl Site {
    pub(crate) fn new(policy: KeyPolicy) -> Self {
        Self {
            store: Mutex::new(Self::store(policy)),
            changed: Condvar::new(),
            clock: AtomicU64::new(NOW * 1000),
            waiting: AtomicUsize::new(0),
            looked: AtomicUsize::new(0),
            failed: AtomicBool::new(false),
        }
    }

    pub(crate) fn store(policy: KeyPolicy) -> KeyStore {
        KeyStore::new("https://core.example/jwks.json", &[provider::RS256], policy, 7)
    }

    pub(crate) fn now(&self) -> UnixMillis {
        UnixMillis::from_millis(self.clock.load(Ordering::SeqCst))
    }

    /// Under the lock, so that nobody misses it who is about to wait.
    pub(crate) fn set_clock(&self, now: UnixMillis) {
        let _store = self.store.lock().unwrap();
        self.clock.store(now.as_millis(), Ordering::SeqCst);
        self.changed.notify_all();
    }

    pub(crate) fn keys(&self) -> Keys {
        self.keys_and_now().0
    }

    /// The keys, and the time it was when they were read.
    pub(crate) fn keys_and_now(&self) -> (Keys, UnixMillis) {
        // The clock is set under the same lock.
        let store = self.store.lock().unwrap();
        (store.keys(), self.now())
    }

    pub(crate) fn status(&self) -> KeyStatus {
        self.store.lock().unwrap().status(self.now())
    }

    /// Does something to the store, and tells everybody.
    pub(crate) fn write<T>(&self, change: impl FnOnce(&mut KeyStore, UnixMillis) -> T) -> T {
        let result = change(&mut self.store.lock().unwrap(), self.now());
        self.changed.notify_all();
        result
    }

    /// Brings the issuer's set.
    pub(crate) fn answer(&self, ticket: Ticket) -> Keys {
        let document = jwks();
        let answer = FetchAnswer::http(200, document.as_bytes());
        self.write(|store, now| store.finish_fetch(ticket, answer, now)).into_keys()
    }

    /// On the fixed token.
    pub(crate) fn decide(&self, keys: &Keys) -> SessionDecision {
        let token = include_str!("../data/v5.token").trim();
        support::decide(format!("sAccessToken={token}").as_bytes(), keys, self.now())
    }

    /// The loop. `get` is what the visitor does who has the ticket; `None` if it goes away.
    pub(crate) fn visit(
        &self,
        mut keys: Keys,
        get: impl Fn(Ticket) -> Option<Keys>,
    ) -> Option<SessionDecision> {
        let _alarm = self.alarm();
        loop {
            let why = match self.decide(&keys) {
                SessionDecision::FetchKeys(why) => why,
                decision => return Some(decision),
            };
            let mut store = self.store.lock().unwrap();
            keys = match store.begin_fetch(why, self.now()) {
                Fetch::Ticket(ticket) => {
                    drop(store);
                    get(ticket)?
                }
                Fetch::Newer(newer) => newer,
                Fetch::InFlight { until } => {
                    // Under the same lock in which it was said, so that nothing comes in between.
                    assert!(self.now() < until, "a ticket is out that is over");
                    self.waiting.fetch_add(1, Ordering::SeqCst);
                    let begun = store.status(self.now()).counts;
                    while self.now() < until && store.status(self.now()).counts == begun {
                        store = self.changed.wait(store).unwrap();
                        assert!(!self.failed.load(Ordering::SeqCst), "another thread has failed");
                        self.looked.fetch_add(1, Ordering::SeqCst);
                    }
                    self.waiting.fetch_sub(1, Ordering::SeqCst);
                    store.keys()
                }
                Fetch::NotNow { until } => panic!("told to ask, and then not before {until:?}"),
            };
        }
    }

    pub(crate) const fn alarm(&self) -> Alarm<'_> {
        Alarm(self)
    }

    /// Returns when this has come about; fails if a thread has failed, as then it never may.
    pub(crate) fn until(&self, is_so: impl Fn() -> bool) {
        while !is_so() {
            assert!(!self.failed.load(Ordering::SeqCst), "another thread has failed");
            thread::yield_now();
        }
    }

    /// Returns when so many wait.
    pub(crate) fn until_waiting(&self, count: usize) {
        self.until(|| self.waiting.load(Ordering::SeqCst) == count);
        // Whoever has said so under the lock lets go of it by waiting.
        drop(self.store.lock().unwrap());
    }

    pub(crate) fn looked(&self) -> usize {
        self.looked.load(Ordering::SeqCst)
    }
}
