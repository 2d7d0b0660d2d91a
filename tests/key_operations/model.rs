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

/// Tickets and origins of a store, how many events there are in the longest sequences, and fewer
/// than how many states would mean that the search has become empty.
const SEARCHES: [(u8, usize, usize, usize); 3] =
    [(1, 1, 9, 60_000), (2, 1, 8, 45_000), (1, 3, 8, 25_000)];

const STEP: Duration = Duration::from_secs(5);
const FRESH_FOR: Duration = Duration::from_secs(30);
const USABLE_FOR: Duration = Duration::from_secs(60);
/// Every back-off, every ticket, and the plain interval.
const WAIT: Duration = Duration::from_secs(10);
const LOOK_WINDOW: Duration = Duration::from_secs(15);

/// Longer ago than anything matters: the longest time, and what the clock can be set back.
const OLDEST: u64 = 75_000;

fn policy(tickets: u8) -> KeyPolicy {
    KeyPolicy::default()
        .fresh_for(FRESH_FOR)
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
    for (tickets, origins, depth, least) in SEARCHES {
        let first = World::new(tickets, origins);
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
            "tickets {tickets}, origins {origins}: {states} states and {events} events between \
             them, to depth {depth}"
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
    held: Option<Brought>,
    /// From when to when the last fetch took that succeeded.
    answered: Option<(UnixMillis, UnixMillis)>,
    look: Option<UnixMillis>,
    /// The beginnings of the wait that keeps everybody from fetching, and of what excuses an old set.
    wait: Option<UnixMillis>,
    excuse: Option<UnixMillis>,
    /// Whether a fetch has failed since one succeeded.
    has_failed: bool,
    /// Tickets given back in a row: from the second on each earns a wait.
    given_back: u8,
    /// Tickets that have neither ended nor been overtaken, and when they began.
    out: Vec<(u64, UnixMillis)>,
    /// What the last ticket was given for: since then it is out of date.
    wish: Option<FetchKeys>,
    path: Vec<Event>,
}

/// A set: whether the first key is in it, when its fetch began, and where.
#[derive(Clone, Copy)]
struct Brought {
    has_first: bool,
    began: UnixMillis,
    origin: usize,
}

/// Whether a wait is on: a second before its start, or as long before as it is long.
fn is_on(start: UnixMillis, length: Duration, now: UnixMillis) -> bool {
    let (start, now, length) = (start.as_millis(), now.as_millis(), length.as_millis() as u64);
    start < now + length.min(1_000) && now < start + length
}

/// What the store said of a wish.
enum Said {
    Ticket,
    Newer,
    Wait(UnixMillis),
}

impl World {
    fn new(tickets: u8, origins: usize) -> Self {
        let others = ["https://one.example/", "https://two.example/"];
        let origins = Origins::new("https://core.example/", others.into_iter().take(origins - 1));
        Self {
            store: KeyStore::new(origins, &[ROW], policy(tickets), 7),
            now: UnixMillis::from_secs(1_750_000_000),
            hand: Vec::new(),
            was_back: false,
            held: None,
            answered: None,
            look: None,
            wait: None,
            excuse: None,
            has_failed: false,
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
            held.map_or(0, |held| u64::from(held.origin.contains("core"))),
            held.map_or(0, |held| u64::from(held.origin.contains("one"))),
            time(held.map(|held| held.finished)),
            start(snapshot.excuse),
            snapshot.excuse.map_or(0, |excuse| excuse.length.as_secs()),
            snapshot.back_off.map_or(0, |wait| wait.length.as_secs()),
            store.origin as u64,
            held.map_or(0, |held| u64::from(has_first(&held.set))),
            held.map_or(0, |held| u64::from(held.validators.are_none())),
            held.map_or(0, |held| held.fresh_for.as_secs()),
            time(snapshot.looks.begun.first().copied()),
            snapshot.looks.fruitless.min(2).into(),
            start(snapshot.back_off),
            start(snapshot.under_way),
            snapshot.failure.map_or(0, |failure| 1 + u64::from(failure == FetchFailure::Overdue)),
            time(store.back_off.last),
            store.back_off.abandoned.min(2).into(),
            self.was_back.into(),
            self.given_back.min(2).into(),
            self.wish.is_some().into(),
            time(self.held.map(|held| held.began)),
            time(self.look),
            time(self.wait),
            time(self.excuse),
            self.has_failed.into(),
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
            state.extend([u64::MAX - 1, place, is_look.into(), condition, ticket.origin as u64]);
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
                self.was_back = true;
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
        !is_on(began, WAIT, self.now)
    }

    fn is_waiting(&self) -> bool {
        self.wait.is_some_and(|start| is_on(start, WAIT, self.now))
    }

    /// The time of the newest ticket.
    fn under_way(&self) -> Option<UnixMillis> {
        self.out.last().map(|(_, began)| *began).filter(|began| !self.is_over(*began))
    }

    fn begin(&mut self, why: FetchKeys) -> Said {
        for (id, began) in self.out.clone() {
            if self.is_over(began) {
                self.out.retain(|(other, _)| *other != id);
                self.has_failed(began, began.saturating_add(WAIT).min(self.now));
            }
        }
        let (now, is_look) = (self.now, why.reason() == FetchReason::UnknownKey);
        let tickets = usize::from(self.store.keys.snapshot().policy.tickets);
        let (is_full, origin) = (self.out.len() >= tickets, self.store.origin);
        let spent = self.look.is_some_and(|at| is_on(at, LOOK_WINDOW, now));
        // The issuer's word is final for the plain interval; it may be for twice as long.
        let [is_final, may_be_final] = self.answered.map_or([false; 2], |(began, finished)| {
            let plain = is_on(began, WAIT, now) || is_on(finished, WAIT, now);
            [plain, plain || is_on(began, WAIT * 2, now)]
        });
        let must_wait = is_full || self.is_waiting() || is_look && (spent || is_final);
        let may_wait = must_wait || is_look && may_be_final;
        match self.store.begin_fetch(why, now) {
            Fetch::Newer(_) => Said::Newer,
            Fetch::InFlight { until } => {
                assert!(may_wait, "a refusal without a cause");
                assert_eq!(until, self.out[0].1.saturating_add(WAIT));
                Said::Wait(until)
            }
            Fetch::NotNow { until } => {
                assert!(may_wait && self.out.is_empty(), "a refusal without a cause");
                let longest = if is_look { WAIT * 2 } else { WAIT };
                assert!(until > now && until.since(now) <= longest, "a wait until {until:?}");
                Said::Wait(until)
            }
            Fetch::Ticket(ticket) => {
                assert!(!must_wait, "a ticket too many, or too soon, or a look beyond the budget");
                self.out.push((ticket.id, now));
                if is_look {
                    self.look = Some(now);
                }
                assert_eq!(ticket.origin, origin);
                let is_scheduled = matches!(ticket.reason, FetchReason::Stale | FetchReason::Ahead);
                let knows = self.held.is_some_and(|held| held.origin == ticket.origin);
                let condition = is_scheduled && knows && self.has_tag();
                let tag = condition.then_some(("if-none-match", "\"1\""));
                let headers = [("cache-control", "no-cache")].into_iter().chain(tag);
                assert!(ticket.headers().eq(headers), "{ticket:?} if not {tag:?}");
                self.hand.push(ticket);
                self.wish = Some(why);
                Said::Ticket
            }
        }
    }

    /// What another store has fetched comes without.
    fn has_tag(&self) -> bool {
        let held = self.store.keys.snapshot().held.as_ref();
        held.is_some_and(|held| !held.validators.are_none())
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
        let origin = ticket.origin;
        let had_first = ticket.condition.as_ref().map(|held| has_first(&held.set));
        let body = document(reply == Reply::Good);
        let answer = match reply {
            Reply::Good | Reply::Rotated => {
                FetchAnswer::http(200, body.as_bytes()).header("etag", b"\"1\"")
            }
            Reply::NotModified => FetchAnswer::http(304, b"").header("etag", b"\"2\""),
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
                self.has_failed(began, self.now);
            }
            (_, None) => panic!("an answer that was bad"),
            (outcome, Some(has_first)) => {
                assert!(is_out && !is_over, "an answer that was late");
                let old = self.held;
                let is_same = old.is_some_and(|old| old.has_first == has_first);
                assert_eq!(outcome == FetchOutcome::Unchanged, is_same);
                self.held = Some(Brought { has_first, began, origin });
                self.answered = Some((began, self.now));
                (self.wait, self.excuse, self.has_failed) = (None, None, false);
                self.given_back = 0;
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
        let (began, before) = (ticket.window.start, self.state());
        self.store.abandon(ticket, self.now);
        if !is_out {
            assert_eq!(self.state(), before, "a ticket that is not out changes nothing");
        } else if is_over {
            self.has_failed(began, began.saturating_add(WAIT).min(self.now));
        } else {
            self.given_back += 1;
            if self.given_back > 1 {
                self.waits(self.now);
            }
        }
    }

    /// A ticket of `began` has failed `at`, which is noticed now.
    fn has_failed(&mut self, began: UnixMillis, at: UnixMillis) {
        self.excuse = Some(began.saturating_add(WAIT).min(at));
        (self.has_failed, self.given_back) = (true, 0);
        self.waits(at);
    }

    /// All waits are of one length, so the later is the longer.
    fn waits(&mut self, start: UnixMillis) {
        let goes_on = self.is_waiting() && self.wait > Some(start);
        self.wait = self.wait.filter(|_| goes_on).or(Some(start));
    }

    fn import(&mut self) -> bool {
        let began = UnixMillis::from_millis(self.now.as_millis() - 5_000);
        let mut other = Self::new(1, 1).store;
        let Fetch::Ticket(ticket) = other.begin_fetch(other.fetch_now(), began) else { panic!() };
        let body = document(false);
        let report = other.finish_fetch(ticket, FetchAnswer::http(200, body.as_bytes()), began);
        let bytes = report.keys().export().unwrap();
        let is_newer = self.held.is_none_or(|held| {
            held.began < began || held.began.as_millis().abs_diff(self.now.as_millis()) >= 60_000
        });
        let imported = self.store.import(&bytes, self.now).is_ok();
        assert_eq!(imported, is_newer, "the newer of two sets is held");
        if is_newer {
            self.held = Some(Brought { has_first: false, began, origin: 0 });
            self.answered = Some((began, began));
            self.out.retain(|(_, at)| *at >= began);
        }
        is_newer
    }

    /// What must hold in every state.
    fn check(&self) {
        let (snapshot, now) = (self.store.keys.snapshot(), self.now);
        let ids = self.store.in_flight.iter().map(|ticket| ticket.id);
        assert!(ids.eq(self.out.iter().map(|(id, _)| *id)), "other tickets are out");
        let is_fresh = self.held.is_some_and(|held| is_on(held.began, FRESH_FOR, now));
        let wait = self.wait.filter(|_| self.is_waiting());
        let wait = self.under_way().or(wait).map(|start| start.saturating_add(WAIT));
        let fresh = self.held.filter(|_| is_fresh);
        let wait = wait.or_else(|| fresh.map(|held| held.began.saturating_add(FRESH_FOR)));
        let why = if self.held.is_some() { FetchReason::Stale } else { FetchReason::NoKeys };
        match self.store.next_action(now) {
            NextAction::Wait { until } => assert_eq!(Some(until), wait),
            NextAction::Fetch(said) => assert_eq!((said.reason(), wait), (why, None)),
        }
        let is_usable = self.held.is_some_and(|held| {
            let is_just_stale = is_on(held.began, FRESH_FOR + WAIT, now);
            let is_to_blame = self.excuse.is_some_and(|start| is_on(start, WAIT * 2, now));
            held.began.as_millis().abs_diff(now.as_millis()) < 60_000
                && (self.under_way().is_some() || self.is_waiting())
                && (is_just_stale || is_to_blame)
        });
        let has = self.held.is_some_and(|held| held.has_first);
        match snapshot_key(&self.store, "d-1", now) {
            Ok(()) => {
                assert!(has, "a key that is gone");
                assert!(is_fresh || is_usable, "a set that is stale");
                // In plain words: without a failure nothing is used for longer than this.
                let end = self.held.map(|held| held.began.saturating_add(FRESH_FOR + WAIT));
                assert!(self.has_failed || end > Some(now), "a withdrawn key works on");
            }
            Err(until) => {
                assert!(!has || !(is_fresh || is_usable), "a set is not used that will do");
                assert!(until.is_none_or(|until| until > now), "a wait that is over");
            }
        }
        assert_eq!(snapshot.failure.is_some(), self.has_failed);
        if let Err(Some(until)) = snapshot_key(&self.store, "d-0", now) {
            assert!(until > now && until.since(now) <= WAIT * 2, "a wait until {until:?}");
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
            assert!(waited <= FRESH_FOR + WAIT * 2, "wedged: {waited:?}");
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
