//! Holds the issuer's keys and says when to fetch them: a state machine without I/O.
//!
//! `begin_fetch` gives out tickets, `finish_fetch` takes answers, `next_action` says when to do
//! something unasked. Each change yields a new snapshot. Early, late and repeated calls are harmless.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use crate::answer::FetchAnswer;
use crate::back_off::{BackOff, half};
use crate::decision::{FetchKeys, FetchReason};
use crate::export::{Exported, ImportError};
use crate::fetch::{Fetch, FetchOutcome, FetchReport, InFlight, NextAction, Ticket};
use crate::key_policy::KeyPolicy;
use crate::key_set::{FetchFailure, KeySet, Skipped};
use crate::key_status::{FetchCounts, Freshness, KeyStatus};
use crate::keys::{Held, Keys, Snapshot};
use crate::looks::Looks;
use crate::origins::Origins;
use crate::signature::SignatureAlgorithm;
use crate::time::{UnixMillis, Window};

/// The writer of the keys: the only thing that changes. Servers keep it behind a lock that only
/// fetching takes, and hand [`Keys`] to the rest.
///
/// ```
/// use supertokens_session::{Fetch, FetchAnswer, KeyPolicy, KeyStore, NextAction, UnixMillis, crypto};
///
/// let origin = "https://core.example/.well-known/jwks.json";
/// let mut store = KeyStore::new(origin, &[crypto::ring::RS256], KeyPolicy::default(), 7);
/// let now = UnixMillis::from_secs(1_750_000_000);
/// // At start-up, and whenever a decision is `FetchKeys`.
/// let NextAction::Fetch(why) = store.next_action(now) else { unreachable!() };
/// let Fetch::Ticket(ticket) = store.begin_fetch(why, now) else { unreachable!() };
/// assert_eq!(ticket.url(), origin);
/// // ... the caller's GET ...
/// let answer = FetchAnswer::http(200, include_bytes!("../tests/data/jwks.json"));
/// let keys = store.finish_fetch(ticket, answer, now).into_keys();
/// assert_eq!(keys.set().map(|set| set.key_ids().count()), Some(2));
/// ```
pub struct KeyStore {
    origins: Origins,
    /// Index of the origin to ask.
    origin: usize,
    keys: Keys,
    in_flight: Vec<InFlight>,
    /// How many tickets have been given out.
    tickets: u64,
    back_off: BackOff,
    counts: FetchCounts,
    /// Tells this store's tickets from another's.
    identity: Arc<()>,
}

impl KeyStore {
    /// A store without keys. `origins` are the URLs of the issuer's JWKS document, of which the
    /// next is asked after a failure; `algorithms` is the table of rows that keys may be used
    /// with: for SuperTokens `&[crypto::ring::RS256]`, as the core signs with nothing else. With an
    /// empty table no token is ever accepted.
    ///
    /// `seed` spreads the waits of a fleet, so it should differ between stores; it is no secret.
    #[must_use]
    pub fn new(
        origins: impl Into<Origins>,
        algorithms: &[&'static dyn SignatureAlgorithm],
        policy: KeyPolicy,
        seed: u64,
    ) -> Self {
        Self {
            origins: origins.into(),
            origin: 0,
            keys: Keys::new(Snapshot {
                algorithms: algorithms.into(),
                policy,
                held: None,
                failure: None,
                back_off: None,
                excuse: None,
                under_way: None,
                looks: Looks::new(),
                version: 0,
                generation: 0,
            }),
            in_flight: Vec::new(),
            tickets: 0,
            back_off: BackOff::new(seed),
            counts: FetchCounts::default(),
            identity: Arc::new(()),
        }
    }

    /// The snapshot to decide with: one reference count.
    #[must_use]
    pub fn keys(&self) -> Keys {
        self.keys.clone()
    }

    /// What to do when no request asks for anything: fetch, at start-up and shortly before a set
    /// becomes stale, or wait. A program that never asks is no less right; its visitors wait for
    /// the fetches.
    #[must_use]
    pub fn next_action(&self, now: UnixMillis) -> NextAction {
        let snapshot = self.keys.snapshot();
        if let Some(wait) = snapshot.under_way(now).or_else(|| snapshot.backing_off(now)) {
            return NextAction::Wait { until: wait.end() };
        }
        let why = match &snapshot.held {
            None => FetchReason::NoKeys,
            Some(held) if !held.is_fresh(now) => FetchReason::Stale,
            Some(held) => {
                let wait = Window::new(held.began, held.refresh_after);
                if wait.holds(now) {
                    return NextAction::Wait { until: wait.end() };
                }
                FetchReason::Ahead
            }
        };
        NextAction::Fetch(FetchKeys::new(why, snapshot.version))
    }

    /// The reason to fetch although nothing asks for it: because the caller knows that the issuer
    /// has withdrawn a key. Take it anew each time. A ticket for it is refused only while another is
    /// out and after failures.
    #[must_use]
    pub fn fetch_now(&self) -> FetchKeys {
        FetchKeys::new(FetchReason::ByHand, self.keys.snapshot().version)
    }

    /// What to do about [`SessionDecision::FetchKeys`](crate::SessionDecision::FetchKeys) and
    /// [`NextAction::Fetch`].
    ///
    /// A fetch that has not come back after
    /// [`ticket_deadline`](KeyPolicy::ticket_deadline) (its request was cancelled, or the issuer
    /// hangs) is a failed one, so that it holds nobody up for longer.
    pub fn begin_fetch(&mut self, why: FetchKeys, now: UnixMillis) -> Fetch {
        self.give_up_the_lost(now);
        let snapshot = self.keys.snapshot();
        // Another store's may be equal by chance: then it buys a GET that nobody needed.
        if why.version() != snapshot.version {
            return Fetch::Newer(self.keys());
        }
        if let Some(until) = self.refusal(why.reason(), now) {
            if why.reason() == FetchReason::UnknownKey {
                self.counts.looks_refused = self.counts.looks_refused.saturating_add(1);
            }
            // Where the issuer may not be asked again, who has asked before may still bring it.
            return match self.in_flight.first() {
                Some(first) => Fetch::InFlight { until: first.window.end() },
                None => Fetch::NotNow { until },
            };
        }
        Fetch::Ticket(self.ticket(why.reason(), now))
    }

    /// Until when there is no ticket, if there is none now.
    fn refusal(&self, why: FetchReason, now: UnixMillis) -> Option<UnixMillis> {
        let snapshot = self.keys.snapshot();
        if self.in_flight.len() >= usize::from(snapshot.policy.tickets) {
            return self.in_flight.first().map(|first| first.window.end());
        }
        if why == FetchReason::UnknownKey {
            snapshot.look_refused(now).max(snapshot.last_word(now))
        } else {
            snapshot.backing_off(now).map(Window::end)
        }
    }

    fn ticket(&mut self, reason: FetchReason, now: UnixMillis) -> Ticket {
        let mut snapshot = self.keys.snapshot().clone();
        if reason == FetchReason::UnknownKey {
            snapshot.looks.begin(&snapshot.policy, now);
        }
        self.tickets = self.tickets.saturating_add(1);
        self.counts.count_begun(reason);
        let (url, window) =
            (self.origins.get(self.origin), Window::new(now, snapshot.policy.ticket_deadline));
        // Who looks for what the set lacks does not take the issuer's word that nothing has changed.
        let scheduled = matches!(reason, FetchReason::Stale | FetchReason::Ahead);
        let condition = snapshot.held.clone().filter(|_| scheduled);
        let condition = condition.filter(|held| held.origin == url && !held.validators.are_none());
        self.in_flight.push(InFlight { id: self.tickets, origin: self.origin, window });
        self.publish(snapshot);
        Ticket {
            id: self.tickets,
            store: self.identity.clone(),
            url,
            origin: self.origin,
            reason,
            window,
            condition,
        }
    }

    /// Takes the answer to a ticket, and says what it changed and which snapshot to go on with.
    ///
    /// A failure never harms the keys that are held. An answer that comes after the ticket's time is
    /// a failure too, and one to a ticket that was given up meanwhile, or begun before the one that
    /// brought the set that is held, or another store's, is dropped.
    pub fn finish_fetch(
        &mut self,
        ticket: Ticket,
        answer: FetchAnswer<'_>,
        now: UnixMillis,
    ) -> FetchReport {
        if !self.take_back(&ticket) {
            self.counts.dropped = self.counts.dropped.saturating_add(1);
            return self.report(FetchOutcome::Dropped);
        }
        let was_look = ticket.reason == FetchReason::UnknownKey;
        let (id, origin, window) = (ticket.id, ticket.origin, ticket.window);
        let (held, skipped) = match self.read(ticket, answer, now) {
            Ok(held) => held,
            Err((failure, skipped)) => {
                self.fail(window, origin, failure, [now, now]);
                return FetchReport { skipped, ..self.report(FetchOutcome::Failed(failure)) };
            }
        };
        // Those that began earlier can only bring what is older.
        self.in_flight.retain(|other| other.id > id);
        self.back_off.succeeded();
        let mut snapshot = self.keys.snapshot().clone();
        let (added, removed) = snapshot.hold(held);
        (snapshot.failure, snapshot.back_off, snapshot.excuse) = (None, None, None);
        self.origin = origin;
        if was_look {
            snapshot.looks.ended(!added.is_empty());
        }
        let is_same = added.is_empty() && removed.is_empty();
        let (outcome, count) = if is_same {
            (FetchOutcome::Unchanged, &mut self.counts.unchanged)
        } else {
            (FetchOutcome::Changed, &mut self.counts.changed)
        };
        *count = count.saturating_add(1);
        self.publish(snapshot);
        FetchReport { added, removed, skipped, ..self.report(outcome) }
    }

    /// What an answer brings, if it is to be held.
    fn read(
        &mut self,
        ticket: Ticket,
        answer: FetchAnswer<'_>,
        now: UnixMillis,
    ) -> Result<(Held, Vec<Skipped>), (FetchFailure, Vec<Skipped>)> {
        let failed = |failure| (failure, Vec::new());
        if !ticket.window.holds(now) {
            return Err(failed(FetchFailure::Overdue));
        }
        let snapshot = self.keys.snapshot();
        let (body, validators) = match (answer.status_and_body(), &ticket.condition) {
            (None, _) => return Err(failed(FetchFailure::NoAnswer)),
            (Some((200, body)), _) => (body, answer.validators()),
            // Those of the 304 may be of a document that it does not send.
            (Some((304, _)), Some(same)) => (&*same.document, same.validators.clone()),
            (Some(_), _) => return Err(failed(FetchFailure::Status)),
        };
        // What a 304 confirms may have been replaced since, so it is read as if it had come.
        let (set, document) = match &snapshot.held {
            Some(held) if *held.document == *body => (held.set.clone(), held.document.clone()),
            held => {
                let before = held.as_ref().map(|held| &*held.set);
                let set = KeySet::read(body, &snapshot.algorithms, before);
                (Arc::new(set.map_err(failed)?), Arc::from(body))
            }
        };
        let skipped = set.skipped().to_vec();
        if set.is_empty() {
            return Err((FetchFailure::NoUsableKey, skipped));
        }
        let fresh_for = snapshot.policy.fresh_with(answer.max_age());
        let refresh_after = self.refresh_after(fresh_for);
        let (began, origin) = (ticket.window.start, ticket.url);
        let finished = now;
        let held =
            Held { set, document, origin, validators, began, finished, fresh_for, refresh_after };
        Ok((held, skipped))
    }

    /// Somewhat ahead of when a set becomes stale, and not all stores at once.
    fn refresh_after(&mut self, fresh_for: Duration) -> Duration {
        let ahead = self.keys.snapshot().policy.refresh_ahead;
        let ahead = ahead.saturating_add(self.back_off.part_of(ahead));
        fresh_for.saturating_sub(ahead.min(half(fresh_for)))
    }

    /// Gives a ticket back unused: its GET was broken off before there was an answer. Somebody else
    /// may fetch at once, unless the ticket before was given back as well. A ticket that is not out
    /// any more is of no account, as in [`finish_fetch`](Self::finish_fetch).
    pub fn abandon(&mut self, ticket: Ticket, now: UnixMillis) -> Keys {
        if !self.take_back(&ticket) {
            self.counts.dropped = self.counts.dropped.saturating_add(1);
        } else if ticket.window.holds(now) {
            self.counts.abandoned = self.counts.abandoned.saturating_add(1);
            let mut snapshot = self.keys.snapshot().clone();
            let wait = self.back_off.abandoned(&snapshot.policy, now);
            snapshot.back_off =
                wait.map(|wait| snapshot.longer_back_off(wait, now)).or(snapshot.back_off);
            self.publish(snapshot);
        } else {
            let then = now.min(ticket.window.end());
            self.fail(ticket.window, ticket.origin, FetchFailure::Overdue, [then, now]);
        }
        self.keys()
    }

    /// Takes keys that were [exported](Keys::export), perhaps by another store of the same issuer,
    /// as if they had been fetched when they were: tickets of before that are overtaken. Never in
    /// place of newer ones.
    ///
    /// # Errors
    ///
    /// [`ImportError`], and nothing has changed.
    pub fn import(&mut self, exported: &[u8], now: UnixMillis) -> Result<Keys, ImportError> {
        let exported = Exported::read(exported).ok_or(ImportError::NotASnapshot)?;
        let (began, mut snapshot) = (exported.fetched_at, self.keys.snapshot().clone());
        if began > now {
            return Err(ImportError::FromTheFuture);
        }
        if !Window::new(began, snapshot.policy.usable_for).holds(now) {
            return Err(ImportError::TooOld);
        }
        let origin = self.origins.find(exported.origin).ok_or(ImportError::OtherOrigin)?;
        let before = snapshot.held.as_ref().filter(|held| held.is_usable(&snapshot.policy, now));
        if before.is_some_and(|held| held.began >= began) {
            return Err(ImportError::NotNewer);
        }
        let before = snapshot.held.as_ref().map(|held| &*held.set);
        let set = KeySet::read(exported.document, &snapshot.algorithms, before);
        let set = Arc::new(set.map_err(ImportError::Document)?);
        if set.is_empty() {
            return Err(ImportError::Document(FetchFailure::NoUsableKey));
        }
        let fresh_for = snapshot.policy.fresh_with(Some(exported.fresh_for));
        snapshot.hold(Held {
            set,
            document: exported.document.into(),
            origin,
            validators: exported.validators,
            began,
            finished: began,
            fresh_for,
            refresh_after: self.refresh_after(fresh_for),
        });
        // What was begun before can only bring what is older.
        self.in_flight.retain(|ticket| ticket.window.start >= began);
        self.counts.imported = self.counts.imported.saturating_add(1);
        self.publish(snapshot);
        Ok(self.keys())
    }

    /// How the store is, in numbers, and as one line of text.
    #[must_use]
    pub fn status(&self, now: UnixMillis) -> KeyStatus {
        let snapshot = self.keys.snapshot();
        let held = snapshot.held.as_ref();
        KeyStatus {
            keys: held.map_or(0, |held| held.set.key_ids().count()),
            skipped: held.map_or(0, |held| held.set.skipped().len()),
            generation: snapshot.generation,
            freshness: match held {
                None => Freshness::NoKeys,
                Some(held) if held.is_fresh(now) => Freshness::Fresh,
                Some(held) if held.is_usable(&snapshot.policy, now) => Freshness::Stale,
                Some(_) => Freshness::Gone,
            },
            age: held.map(|held| now.distance(held.began)),
            in_flight: self.in_flight.iter().filter(|ticket| ticket.window.holds(now)).count(),
            failure: snapshot.failure,
            retry_at: snapshot.backing_off(now).map(Window::end),
            counts: self.counts.clone(),
            now,
        }
    }

    /// Whether the ticket was out; then it is not any more.
    fn take_back(&mut self, ticket: &Ticket) -> bool {
        let out = self.in_flight.len();
        if Arc::ptr_eq(&self.identity, &ticket.store) {
            self.in_flight.retain(|other| other.id != ticket.id);
        }
        self.in_flight.len() < out
    }

    /// Tickets whose time is over are failed fetches.
    fn give_up_the_lost(&mut self, now: UnixMillis) {
        while let Some(at) = self.in_flight.iter().position(|lost| !lost.window.holds(now)) {
            let lost = self.in_flight.remove(at);
            // Then, not now: nobody may have looked for hours.
            let then = now.min(lost.window.end());
            self.fail(lost.window, lost.origin, FetchFailure::Overdue, [then, now]);
        }
    }

    /// Notes `now` that the fetch of `window`, whose ticket is taken back, had failed `then`.
    fn fail(
        &mut self,
        window: Window,
        origin: usize,
        failure: FetchFailure,
        [then, now]: [UnixMillis; 2],
    ) {
        let mut snapshot = self.keys.snapshot().clone();
        // Several that were under way together are one sign of trouble.
        let together = self.back_off.is_same_trouble(window.start, now);
        let wait = self.back_off.failed(together, &snapshot.policy, window.start, then);
        // A ticket that comes back after its time says nothing of how the issuer is now.
        let excuse = wait.length.saturating_add(snapshot.policy.ticket_deadline);
        let excuse = Window::new(then.min(window.end()), excuse);
        let before = snapshot.excuse.filter(|before| before.holds(now));
        snapshot.excuse = Some(before.map_or(excuse, |before| excuse.or_longer(before)));
        // Not `then`: another may have failed in between.
        snapshot.back_off = Some(snapshot.longer_back_off(wait, now));
        snapshot.failure = Some(failure);
        self.counts.count_failed(failure);
        if self.origin == origin {
            self.origin = self.origins.after(origin);
        }
        self.publish(snapshot);
    }

    fn publish(&mut self, mut snapshot: Snapshot) {
        snapshot.version = snapshot.version.saturating_add(1);
        snapshot.under_way = self.in_flight.last().map(|ticket| ticket.window);
        self.keys = Keys::new(snapshot);
    }

    fn report(&self, outcome: FetchOutcome) -> FetchReport {
        let keys = self.keys();
        FetchReport { keys, outcome, added: Vec::new(), removed: Vec::new(), skipped: Vec::new() }
    }
}

impl fmt::Debug for KeyStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyStore")
            .field("keys", &self.keys)
            .field("in_flight", &self.in_flight.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "../tests/key_operations/model.rs"]
mod model;
