//! Every sequence of a small alphabet of events, breadth first, equal states merged. A part of
//! `src/key_store.rs` when that is tested: two states are equal where all that is private is.
//!
//! The policy has no jitter (a shortest back-off that is the longest, nothing ahead), and all of its
//! times are multiples of one step, so that few steps lead from fresh to gone. Of time only
//! differences matter, so a state is written down as ages.

extern crate std;

use alloc::boxed::Box;
use alloc::string::String;
use core::panic::AssertUnwindSafe;
use std::collections::HashSet;
use std::io::Write;
use std::panic::catch_unwind;

use super::*;
use crate::keys::NoKey;
use crate::signature::{BadSignature, KeyKind, KeyRejected, PublicKey, VerifyingKey};

/// How many events there are in the longest sequences, for stores of one ticket and of two, and
/// fewer than how many states would mean that the search has become empty.
const SEARCHES: [(u8, usize, usize); 2] = [(1, 10, 60_000), (2, 8, 30_000)];

const STEP: Duration = Duration::from_secs(5);
const USABLE_FOR: Duration = Duration::from_secs(40);
const WAIT: Duration = Duration::from_secs(10);
const LOOK_WINDOW: Duration = Duration::from_secs(15);

/// Longer ago than anything matters: the longest time, and what the clock can be set back.
const OLDEST: u64 = 60_000;

fn policy(tickets: u8) -> KeyPolicy {
    KeyPolicy::default()
        .fresh_for(STEP * 6)
        .usable_for(USABLE_FOR)
        .refresh_ahead(Duration::ZERO)
        .unknown_key_interval(WAIT, STEP * 4)
        .looks(1, LOOK_WINDOW)
        .back_off(WAIT, WAIT)
        .ticket_deadline(WAIT)
        .tickets(tickets)
}

#[derive(Clone, Copy, Debug)]
enum Event {
    Pass(u32),
    /// The clock is set back by three steps; once in a sequence.
    Back,
    /// A request with a token of this key, and its wish if it has one.
    Request(&'static str),
    Unasked,
    ByHand,
    /// The wish that the last ticket was given for, once more.
    Again,
    /// To the ticket in hand that is the newest, or the oldest if there are more.
    Answer(Which, Reply),
    Abandon(Which),
    Lose(Which),
    /// Of what another store fetched a step ago.
    Import,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Newest,
    Oldest,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Reply {
    /// Both keys.
    Good,
    /// The first is gone.
    Rotated,
    NotModified,
    Nothing,
}

const ALPHABET: [Event; 18] = [
    Event::Pass(1),
    Event::Pass(4),
    Event::Back,
    Event::Request("d-1"),
    Event::Request("d-0"),
    Event::Unasked,
    Event::ByHand,
    Event::Again,
    Event::Answer(Which::Newest, Reply::Good),
    Event::Answer(Which::Newest, Reply::Rotated),
    Event::Answer(Which::Newest, Reply::NotModified),
    Event::Answer(Which::Newest, Reply::Nothing),
    Event::Answer(Which::Oldest, Reply::Good),
    Event::Answer(Which::Oldest, Reply::Nothing),
    Event::Abandon(Which::Newest),
    Event::Lose(Which::Newest),
    Event::Lose(Which::Oldest),
    Event::Import,
];

#[test]
fn no_short_sequence_of_events_leads_the_store_astray() {
    for (tickets, depth, least) in SEARCHES {
        let first = World::new(tickets);
        let mut seen = HashSet::from([first.state()]);
        let (mut level, mut events) = (Vec::from([first]), 0_usize);
        for _ in 0..depth {
            let mut next = Vec::new();
            for world in &level {
                for event in ALPHABET {
                    let mut after = world.copy();
                    after.path.push(event);
                    let happened = catch_unwind(AssertUnwindSafe(|| after.happen(event)));
                    let happened = happened.unwrap_or_else(|_| panic!("{:?}", after.path));
                    events += usize::from(happened);
                    if happened && seen.insert(after.state()) {
                        let checked = catch_unwind(AssertUnwindSafe(|| after.check()));
                        checked.unwrap_or_else(|_| panic!("after {:?}", after.path));
                        next.push(after);
                    }
                }
            }
            level = next;
        }
        let states = seen.len();
        // Not `eprintln!`: the harness would capture it.
        let _ = std::writeln!(
            std::io::stderr(),
            "tickets {tickets}: {states} states and {events} events between them, to depth {depth}"
        );
        assert!(states >= least, "only {states} states");
    }
}

/// A store and its world: the tickets in hand, and what the checks remember.
struct World {
    store: KeyStore,
    now: UnixMillis,
    hand: Vec<Ticket>,
    was_back: bool,
    /// Whether the first key is in what was brought last, and when the fetch of that began.
    brought: Option<(bool, UnixMillis)>,
    /// The last look and the last failure since a success, while the clock goes on.
    look: Option<UnixMillis>,
    failed: Option<UnixMillis>,
    /// Tickets given back in a row: from the second on each is as bad as a failure.
    given_back: u8,
    /// Tickets that have neither ended nor been overtaken, and when they began.
    out: Vec<(u64, UnixMillis)>,
    /// What the last ticket was given for: since then it is out of date.
    wish: Option<FetchKeys>,
    path: Vec<Event>,
}

/// What the store said of a wish.
enum Said {
    Ticket,
    Newer,
    Wait(UnixMillis),
}

impl World {
    fn new(tickets: u8) -> Self {
        Self {
            store: KeyStore::new("https://core.example/", &[ROW], policy(tickets), 7),
            now: UnixMillis::from_secs(1_750_000_000),
            hand: Vec::new(),
            was_back: false,
            brought: None,
            look: None,
            failed: None,
            given_back: 0,
            out: Vec::new(),
            wish: None,
            path: Vec::new(),
        }
    }

    /// Neither a store nor a ticket can be cloned but here: those of a copy belong together.
    fn copy(&self) -> Self {
        let store = &self.store;
        let hand = self.hand.iter().map(|ticket| Ticket {
            store: ticket.store.clone(),
            url: ticket.url.clone(),
            condition: ticket.condition.clone(),
            ..*ticket
        });
        Self {
            store: KeyStore {
                origins: store.origins.clone(),
                keys: store.keys.clone(),
                in_flight: store.in_flight.clone(),
                back_off: store.back_off.clone(),
                counts: store.counts.clone(),
                identity: store.identity.clone(),
                ..*store
            },
            hand: hand.collect(),
            out: self.out.clone(),
            path: self.path.clone(),
            ..*self
        }
    }

    /// All that the future depends on, as ages; what is older than matters is as old as that.
    fn state(&self) -> Vec<u64> {
        let (store, snapshot) = (&self.store, self.store.keys.snapshot());
        let now = self.now.as_millis();
        let age = |at: UnixMillis| (now + OLDEST).saturating_sub(at.as_millis()).min(2 * OLDEST);
        let time = |at: Option<UnixMillis>| at.map_or(u64::MAX, age);
        let start = |window: Option<Window>| time(window.map(|window| window.start));
        let held = snapshot.held.as_ref();
        // Counts beyond two make no difference to this policy.
        let mut state = Vec::from([
            time(held.map(|held| held.began)),
            time(held.map(|held| held.finished)),
            held.map_or(0, |held| u64::from(has_first(&held.set))),
            held.map_or(0, |held| u64::from(held.validators.are_none())),
            held.map_or(0, |held| held.fresh_for.as_secs()),
            time(snapshot.looks.begun.first().copied()),
            snapshot.looks.fruitless.min(2).into(),
            start(snapshot.back_off),
            start(snapshot.under_way),
            snapshot.failure.map_or(0, |failure| 1 + u64::from(failure == FetchFailure::Overdue)),
            store.back_off.abandoned.min(2).into(),
            self.was_back.into(),
            self.given_back.min(2).into(),
            self.wish.is_some().into(),
            time(self.brought.map(|(_, began)| began)),
            time(self.look),
            time(self.failed),
        ]);
        state.extend(store.in_flight.iter().map(|ticket| age(ticket.window.start)));
        for ticket in &self.hand {
            let place = store.in_flight.iter().position(|out| out.id == ticket.id);
            // One that is not out any more is like any other of those.
            let Some(place) = place.and_then(|place| u64::try_from(place).ok()) else {
                state.push(u64::MAX);
                continue;
            };
            let is_look = ticket.reason == FetchReason::UnknownKey;
            let condition = ticket.condition.as_ref().map(|held| has_first(&held.set));
            let condition = condition.map_or(0, |has_first| 1 + u64::from(has_first));
            state.extend([u64::MAX - 1, place, is_look.into(), condition]);
        }
        state
    }

    /// Does what `event` says; whether there was anything to do.
    fn happen(&mut self, event: Event) -> bool {
        match event {
            Event::Pass(steps) => self.now = self.now.saturating_add(STEP * steps),
            Event::Back if self.was_back => return false,
            Event::Back => {
                self.now = UnixMillis::from_millis(self.now.as_millis() - 15_000);
                // What is promised of spans of time is promised while the clock goes on.
                (self.was_back, self.look, self.failed) = (true, None, None);
            }
            Event::Request(kid) => {
                let mut rounds = 0..3;
                while let Err(NoKey::Fetch(why)) = self.store.keys().key(kid, self.now) {
                    assert!(rounds.next().is_some(), "a request goes round and round");
                    if !matches!(self.begin(why), Said::Newer) {
                        break;
                    }
                }
                return rounds.start > 0;
            }
            Event::Unasked => match self.store.next_action(self.now) {
                NextAction::Fetch(why) => drop(self.begin(why)),
                NextAction::Wait { .. } => return false,
            },
            Event::ByHand => drop(self.begin(self.store.fetch_now())),
            Event::Again => {
                let Some(why) = self.wish else { return false };
                assert!(matches!(self.begin(why), Said::Newer), "a ticket for an old wish");
            }
            Event::Import => return self.import(),
            Event::Answer(which, _) | Event::Abandon(which) | Event::Lose(which) => {
                let ticket = match which {
                    Which::Newest => self.hand.pop(),
                    Which::Oldest => (self.hand.len() > 1).then(|| self.hand.remove(0)),
                };
                let Some(ticket) = ticket else { return false };
                match event {
                    Event::Answer(_, reply) => self.answer(ticket, reply),
                    Event::Abandon(_) => self.abandon(ticket),
                    _ => {}
                }
            }
        }
        true
    }

    fn is_over(&self, began: UnixMillis) -> bool {
        began.as_millis().abs_diff(self.now.as_millis()) >= 10_000
    }

    fn begin(&mut self, why: FetchKeys) -> Said {
        let lost = self.out.iter().filter(|(_, began)| self.is_over(*began)).count();
        if lost > 0 {
            self.has_failed();
        }
        let now = self.now;
        self.out.retain(|(_, began)| began.as_millis().abs_diff(now.as_millis()) < 10_000);
        let has_failed = self.failed.is_some_and(|at| now.since(at) < WAIT);
        match self.store.begin_fetch(why, now) {
            Fetch::Newer(_) => Said::Newer,
            Fetch::NotNow { .. } if why.reason() != FetchReason::UnknownKey && !has_failed => {
                assert!(self.was_back, "a refusal without a failure");
                Said::Wait(now.saturating_add(WAIT))
            }
            Fetch::InFlight { until } | Fetch::NotNow { until } => {
                assert!(until > now, "a wait that is over");
                Said::Wait(until)
            }
            Fetch::Ticket(ticket) => {
                self.out.push((ticket.id, now));
                let tickets = self.store.keys.snapshot().policy.tickets;
                assert!(self.out.len() <= tickets.into(), "too many tickets");
                assert!(self.failed.is_none_or(|at| now.since(at) >= WAIT), "after a failure");
                if ticket.reason == FetchReason::UnknownKey {
                    let spent = self.look.is_some_and(|at| now.since(at) < LOOK_WINDOW);
                    assert!(!spent, "a look beyond the budget");
                    self.look = Some(now);
                }
                self.hand.push(ticket);
                self.wish = Some(why);
                Said::Ticket
            }
        }
    }

    /// Whether the ticket was out; then it is no more.
    fn ends(&mut self, ticket: &Ticket) -> bool {
        let out = self.out.len();
        self.out.retain(|(id, _)| *id != ticket.id);
        self.out.len() < out
    }

    fn answer(&mut self, ticket: Ticket, reply: Reply) {
        let (is_out, is_over) = (self.ends(&ticket), self.is_over(ticket.window.start));
        let (id, began, before) = (ticket.id, ticket.window.start, self.state());
        let had_first = ticket.condition.as_ref().map(|held| has_first(&held.set));
        let body = document(reply == Reply::Good);
        let answer = match reply {
            Reply::Good | Reply::Rotated => {
                FetchAnswer::http(200, body.as_bytes()).header("etag", b"1")
            }
            Reply::NotModified => FetchAnswer::http(304, b""),
            Reply::Nothing => FetchAnswer::failed(),
        };
        let brings = match reply {
            Reply::Good | Reply::Rotated => Some(reply == Reply::Good),
            Reply::NotModified => had_first,
            Reply::Nothing => None,
        };
        let report = self.store.finish_fetch(ticket, answer, self.now);
        match (report.outcome(), brings) {
            (FetchOutcome::Dropped, _) => {
                assert!(!is_out, "dropped an answer that was due");
                assert_eq!(self.state(), before, "what is dropped changes nothing");
                return;
            }
            (FetchOutcome::Failed(_), _) => {
                assert!(is_out && (is_over || brings.is_none()), "an answer that was good");
                self.has_failed();
            }
            (_, None) => panic!("an answer that was bad"),
            (outcome, Some(has_first)) => {
                assert!(is_out && !is_over, "an answer that was late");
                let is_same = self.brought.is_some_and(|(had_first, _)| had_first == has_first);
                assert_eq!(outcome == FetchOutcome::Unchanged, is_same);
                self.brought = Some((has_first, began));
                (self.failed, self.given_back) = (None, 0);
                self.out.retain(|(other, _)| *other > id);
            }
        }
        // Progress: who has waited for the answer is not sent for another.
        let keys = report.keys();
        assert!(!matches!(keys.key("d-0", self.now), Err(NoKey::Fetch(_))), "no progress");
        let is_again = matches!(keys.key("d-1", self.now), Err(NoKey::Fetch(_)));
        assert!(!is_again, "no progress for a known key");
    }

    fn abandon(&mut self, ticket: Ticket) {
        let (is_out, is_over) = (self.ends(&ticket), self.is_over(ticket.window.start));
        let before = self.state();
        self.store.abandon(ticket, self.now);
        if !is_out {
            assert_eq!(self.state(), before, "a ticket that is not out changes nothing");
        } else if is_over {
            self.has_failed();
        } else {
            self.given_back += 1;
            if self.given_back > 1 {
                self.failed = Some(self.now);
            }
        }
    }

    fn has_failed(&mut self) {
        (self.failed, self.given_back) = (Some(self.now), 0);
    }

    fn import(&mut self) -> bool {
        let began = UnixMillis::from_millis(self.now.as_millis() - 5_000);
        let mut other = Self::new(1).store;
        let Fetch::Ticket(ticket) = other.begin_fetch(other.fetch_now(), began) else { panic!() };
        let body = document(false);
        let report = other.finish_fetch(ticket, FetchAnswer::http(200, body.as_bytes()), began);
        let bytes = report.keys().export().unwrap();
        let is_newer = self.brought.is_none_or(|(_, before)| before < began);
        let imported = self.store.import(&bytes, self.now).is_ok();
        assert_eq!(imported, is_newer, "the newer of two sets is held");
        if is_newer {
            self.brought = Some((false, began));
            self.out.retain(|(_, at)| *at >= began);
        }
        is_newer
    }

    /// What must hold in every state.
    fn check(&self) {
        let (snapshot, now) = (self.store.keys.snapshot(), self.now);
        let ids = self.store.in_flight.iter().map(|ticket| ticket.id);
        assert!(ids.eq(self.out.iter().map(|(id, _)| *id)), "other tickets are out");
        if let NextAction::Wait { until } = self.store.next_action(now) {
            assert!(until > now && until.since(now) <= STEP * 12, "a wait until {until:?}");
            // Without a failure or a ticket that is out, nothing keeps the store from a fetch.
            let is_fresh = self.brought.is_some_and(|(_, at)| now.since(at) < STEP * 6);
            let has_cause = self.out.iter().any(|(_, at)| !self.is_over(*at))
                || self.failed.is_some_and(|at| now.since(at) < WAIT);
            assert!(is_fresh || has_cause || self.was_back, "a wait without a cause");
        }
        let age = |(_, began): (bool, UnixMillis)| began.as_millis().abs_diff(now.as_millis());
        let (has, age) = (self.brought.is_some_and(|(has, _)| has), self.brought.map(age));
        match snapshot_key(&self.store, "d-1", now) {
            Ok(()) => {
                assert!(has, "a key that is gone");
                assert!(age.is_some_and(|age| age < 40_000), "a set that is too old");
                let is_under_way = self.out.last().is_some_and(|(_, at)| !self.is_over(*at));
                let has_no_way = is_under_way || snapshot.backing_off(now).is_some();
                assert!(has_no_way || age.is_some_and(|age| age < 30_000), "a set that is stale");
            }
            Err(until) => {
                assert!(!has || age.is_none_or(|age| age >= 30_000), "a fresh set is not used");
                assert!(until.is_none_or(|until| until > now), "a wait that is over");
            }
        }
        assert!(snapshot_key(&self.store, "d-0", now).is_err(), "a key that never was");
        assert!(snapshot.looks.begun.len() <= 1, "the looks have grown");
        self.copy().recover();
    }

    /// From here on the origin answers: whoever does what the store says has a fresh set soon.
    fn recover(&mut self) {
        let start = self.now;
        loop {
            let waited = self.now.since(start);
            assert!(waited <= STEP * 24, "wedged: {waited:?}");
            let until = match self.store.next_action(self.now) {
                NextAction::Wait { until } => until,
                NextAction::Fetch(why) => match self.begin(why) {
                    Said::Newer => continue,
                    Said::Wait(until) => until,
                    Said::Ticket => {
                        let ticket = self.hand.pop().unwrap();
                        self.answer(ticket, Reply::Good);
                        let keys = self.store.keys();
                        assert!(keys.key("d-1", self.now).is_ok(), "no key after an answer");
                        return;
                    }
                },
            };
            assert!(until > self.now, "a wait that is over");
            self.now = until;
        }
    }
}

/// Whether there is a key, and until when not, if that is known.
fn snapshot_key(store: &KeyStore, kid: &str, now: UnixMillis) -> Result<(), Option<UnixMillis>> {
    match store.keys.key(kid, now) {
        Ok(_) => Ok(()),
        Err(NoKey::Fetch(_)) => Err(None),
        Err(NoKey::Because(_, until)) => Err(Some(until)),
    }
}

fn has_first(set: &KeySet) -> bool {
    set.key_ids().any(|kid| kid == "d-1")
}

/// Both keys, or the second alone. The point is that of RFC 7515 appendix A.3.
fn document(with_first: bool) -> String {
    let jwk = |kid: &str| {
        alloc::format!(
            r#"{{"kty":"EC","crv":"P-256","kid":"{kid}","x":"{}","y":"{}"}}"#,
            "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
            "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"
        )
    };
    let first = if with_first { jwk("d-1") + "," } else { String::new() };
    alloc::format!(r#"{{"keys":[{first}{}]}}"#, jwk("d-2"))
}

/// A row that prepares a key and is never asked to verify.
static ROW: &dyn SignatureAlgorithm = &Row;

#[derive(Debug)]
struct Row;

impl SignatureAlgorithm for Row {
    fn alg(&self) -> &'static str {
        "ES256"
    }

    fn key_kind(&self) -> KeyKind {
        KeyKind::P256
    }

    fn prepare(&self, _: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        Ok(Box::new(Self))
    }
}

impl VerifyingKey for Row {
    fn verify(&self, _: &[u8], _: &[u8]) -> Result<(), BadSignature> {
        Err(BadSignature)
    }
}
