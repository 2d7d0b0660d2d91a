//! Remembers tokens whose signature held, so that a token that comes again, as it does with every
//! request for an hour, costs a comparison and no cryptography.
//!
//! What is remembered of a token is that one prepared key has verified it, and what stands in it.
//! Nothing else: its times and every rule are judged at each request anew, and a key that the set
//! no longer selects ends what it has verified.
//!
//! * Only tokens whose signature held, and whose times did, enter. So who has no signing key adds
//!   nothing, and who owns valid tokens removes as many entries with each that is new here as it takes
//!   the place of, its claims included once they are read, at the price of a signature check of their own.
//! * The whole text is compared, in time that depends on its length alone. It is found by its last
//!   eight characters, which are of the signature: 44 to 48 of its bits, of an RSA signature's 2048 and
//!   more, are all that the time of a look-up could ever tell.
//! * The tree behind it is balanced whatever is put in, so no choice of tokens makes it slow. (A hash
//!   table would want a secret to hash with, and this crate has no randomness.)
//! * Room is made by the clock algorithm: a hand goes round, takes what was not used since it came
//!   by last, and gives the rest another chance; after 32 such chances it takes the next.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use core::fmt;

use constant_time_eq::constant_time_eq;

use crate::proven::Proven;
use crate::signature::VerifyingKey;
use crate::time::UnixMillis;

/// A bounded memory of tokens whose signature held. The caller owns it: one a worker thread, which
/// needs no lock, or one for all behind a lock of the caller's ([`CacheAccess`]).
///
/// A decision is the same with a cache and without: with
/// [`Request::decide_with`](crate::Request::decide_with) and
/// [`ApiRequest::decide_with`](crate::ApiRequest::decide_with) a token that is remembered costs a
/// hundredth of its signature check, or some more with claim validators, and allocates nothing, unless
/// its claims are too many to be remembered (8 KiB as read, or half of the cache). Expiry
/// and every rule of the policy are judged anew at each use, and an entry counts only while the key set
/// selects the very prepared key that verified it. So one cache may serve several gates, and stores of
/// several issuers; two stores of one issuer push each other's entries out.
///
/// ```
/// use supertokens_session::{Gate, PagePolicy, SessionDecision, TokenCache, UnixMillis};
/// # use supertokens_session::{Fetch, FetchAnswer, KeyPolicy, KeyStore, crypto};
/// # let now = UnixMillis::from_secs(1_750_000_000);
/// # let jwks = include_bytes!("../tests/data/jwks.json");
/// # let mut store = KeyStore::new("https://core.example/", &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// # let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { panic!() };
/// # let keys = store.finish_fetch(ticket, FetchAnswer::http(200, jwks), now).into_keys();
///
/// // As many visitors as are expected within an hour; four megabytes at most.
/// let mut cache = TokenCache::new(1_000, 4 << 20);
///
/// let gate = Gate::page(PagePolicy::default());
/// let cookie = format!("sAccessToken={}", include_str!("../tests/data/v5.token").trim());
/// let request = gate.request("GET", [cookie.as_bytes()]);
/// for _ in 0..2 {
///     let decision = request.decide_with(&mut cache, &keys, now);
///     assert!(matches!(decision, SessionDecision::Authenticated(_)));
/// }
/// assert_eq!(cache.len(), 1);
/// # fn assert_bounds<T: Send + Sync + 'static>(_: T) {}
/// # assert_bounds(cache);
/// ```
pub struct TokenCache {
    entries: BTreeMap<u64, Entry>,
    /// What the entries take.
    bytes: usize,
    max_entries: usize,
    max_bytes: usize,
    /// Where the next room is made.
    hand: u64,
}

/// A token whose signature held.
struct Entry {
    token: Box<[u8]>,
    /// Which key verified it.
    key: Arc<dyn VerifyingKey>,
    proven: Proven,
    /// Since the hand came by.
    used: bool,
}

impl TokenCache {
    /// An empty cache of at most `entries` tokens that take at most `bytes` together. No memory is set
    /// aside for them. With 0 of one it remembers nothing.
    ///
    /// A token takes its own length, that of its payload, and some 300 bytes: for one of a core with
    /// the usual claims two kilobytes in all, and five once a claim validator has had them read. A token
    /// that alone takes more than `bytes` is not remembered.
    #[must_use]
    pub const fn new(entries: usize, bytes: usize) -> Self {
        Self { entries: BTreeMap::new(), bytes: 0, max_entries: entries, max_bytes: bytes, hand: 0 }
    }

    /// How many tokens are remembered, those included that have expired since and whose room was not
    /// needed yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What they take, in bytes asked of the allocator; what it adds to many small ones, as claims may
    /// be, it knows alone. A [`Session`](crate::Session) shares its text with the entry it came
    /// from; one that is kept for longer is not counted. Nor are prepared keys, of which entries keep
    /// the ones alive that verified them: as many as rotations while they were remembered.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all of them. Nothing wants this for a decision to be right.
    pub fn clear(&mut self) {
        // First the number: what is dropped is a caller's, and may panic.
        self.bytes = 0;
        self.entries.clear();
    }

    /// What is remembered of `token`, if it was verified by a key that `is_selected` now.
    pub(crate) fn find(
        &mut self,
        token: &[u8],
        is_selected: impl FnOnce(&Arc<dyn VerifyingKey>) -> bool,
    ) -> Option<Proven> {
        let entry = self.entries.get_mut(&tag(token))?;
        if !constant_time_eq(&entry.token, token) || !is_selected(&entry.key) {
            return None;
        }
        entry.used = true;
        Some(entry.proven.clone())
    }

    /// Remembers `token`, which `key` has verified and which is valid `now`.
    pub(crate) fn remember(
        &mut self,
        token: &[u8],
        key: &Arc<dyn VerifyingKey>,
        proven: &Proven,
        now: UnixMillis,
    ) {
        if self.max_entries > 0 {
            let (key, proven) = (key.clone(), proven.clone());
            self.insert(Entry { token: token.into(), key, proven, used: false }, now);
        }
    }

    /// Remembers the claims of `token` too, if it is still there and they are not out of proportion.
    pub(crate) fn remember_claims(&mut self, token: &[u8], proven: &Proven, now: UnixMillis) {
        let claims = proven.claims_bytes();
        if claims > MOST_CLAIMS || claims > self.max_bytes / 2 {
            return;
        }
        if let Some(mut entry) = self.remove(tag(token)) {
            // Behind a lock another token may have taken the place since. And claims that leave no room
            // for their own token would cost it its place.
            let whole = entry.size().saturating_add(claims);
            if constant_time_eq(&entry.token, token) && whole <= self.max_bytes {
                entry.proven.share_claims(proven);
            }
            self.insert(entry, now);
        }
    }

    fn insert(&mut self, entry: Entry, now: UnixMillis) {
        let (tag, size) = (tag(&entry.token), entry.size());
        // What is known of it, or of another token with its tag.
        self.remove(tag);
        if size > self.max_bytes {
            return;
        }
        let mut chances = CHANCES;
        while (self.entries.len() >= self.max_entries
            || self.bytes.saturating_add(size) > self.max_bytes)
            && self.make_room(&mut chances, now)
        {}
        self.bytes = self.bytes.saturating_add(size);
        self.entries.insert(tag, entry);
    }

    /// Removes one entry: the first from the hand on that was not used since it came by last or that
    /// has expired, or, when there are no `chances` left, the first. `false` if there is none.
    fn make_room(&mut self, chances: &mut u32, now: UnixMillis) -> bool {
        loop {
            if self.entries.range(self.hand..).next().is_none() {
                // After the last tag comes the first.
                self.hand = 0;
            }
            let next = self.entries.range_mut(self.hand..).next();
            let Some((&tag, entry)) = next else { return false };
            self.hand = tag.wrapping_add(1);
            let may_stay = entry.used && !entry.proven.terms.times.has_expired(now);
            match chances.checked_sub(1) {
                Some(left) if may_stay => *chances = left,
                _ => return self.remove(tag).is_some(),
            }
            entry.used = false;
        }
    }

    fn remove(&mut self, tag: u64) -> Option<Entry> {
        let entry = self.entries.remove(&tag)?;
        self.bytes = self.bytes.saturating_sub(entry.size());
        Some(entry)
    }
}

/// By what a token is found: its last characters. A text that is shorter is no token.
fn tag(token: &[u8]) -> u64 {
    token.last_chunk().map_or(0, |last| u64::from_be_bytes(*last))
}

impl Entry {
    /// What it takes, in bytes.
    fn size(&self) -> usize {
        OVERHEAD.saturating_add(self.token.len()).saturating_add(self.proven.heap_bytes())
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache")
            .field("entries", &self.entries.len())
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

/// A way to a [`TokenCache`] for a moment: an exclusive reference, or a lock of the caller's.
///
/// A decision reaches for the cache once to look for a token, once more to remember one whose signature
/// it has checked in between, and once more for claims that it has read. So a lock is held for a look-up
/// and never for a signature check.
///
/// ```
/// use std::sync::{Mutex, PoisonError};
/// use supertokens_session::{CacheAccess, TokenCache};
///
/// struct Shared(Mutex<TokenCache>);
///
/// impl CacheAccess for &Shared {
///     fn access<T>(&mut self, work: impl FnOnce(&mut TokenCache) -> T) -> T {
///         work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
///     }
/// }
///
/// let shared = Shared(Mutex::new(TokenCache::new(10_000, 32 << 20)));
/// // Then, on any thread: request.decide_with(&shared, &keys, now)
/// # let mut access = &shared;
/// # assert!(access.access(|cache| cache.is_empty()));
/// ```
pub trait CacheAccess {
    /// Calls `work` with the cache.
    fn access<T>(&mut self, work: impl FnOnce(&mut TokenCache) -> T) -> T;
}

impl CacheAccess for &mut TokenCache {
    fn access<T>(&mut self, work: impl FnOnce(&mut TokenCache) -> T) -> T {
        work(self)
    }
}

/// How many entries in use are passed over for one that comes, so that no request waits for the hand to
/// go round.
const CHANCES: u32 = 32;

/// Bytes of claims that are remembered as they were read: twice what those of a core with the usual ones take
/// (`examples/cost.rs`). What a user may write into a claim can take ten times its text.
const MOST_CLAIMS: usize = 8 * 1024;

/// Bytes of an entry beside its texts: itself, a share of a node of the tree, which is two thirds full
/// on average, and the heads of two allocations and of the text's counts.
const OVERHEAD: usize = size_of::<Entry>() / 2 * 3 + 64;
