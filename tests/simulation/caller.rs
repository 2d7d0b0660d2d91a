//! One store and the program around it: the loop of the README, with virtual time for waiting.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

use supertokens_session::{
    Fetch, FetchAnswer, FetchOutcome, FetchReason, KeyStore, Keys, NextAction, SessionDecision,
    Ticket, UnixMillis,
};

use crate::issuer::Served;
use crate::key::ROW;
use crate::plan::Plan;
use crate::random::Random;
use crate::span::{MINUTE, SECOND, START};
use crate::tally::{End, Tally};
use crate::world::{Sender, Token, World};

/// Something that happens at a time of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// The next request of a sender.
    Request(Sender),
    /// A visitor on a busy server: somebody comes right after the set has become stale.
    Prompt,
    /// The driver asks `next_action`.
    Tick,
    /// Whoever waits for a fetch looks whether it is over.
    Wake,
    /// The GET of this number is over.
    Over(u64),
}

/// A request that is not answered yet.
#[derive(Clone, Copy)]
struct Visit<'w> {
    sender: Sender,
    token: &'w Token,
    came: u64,
}

/// A GET under way.
struct Get<'w> {
    ticket: Ticket,
    /// Whose request performs it; the driver's if none does.
    visit: Option<Visit<'w>>,
    /// When it reaches the issuer; never, if the caller has given up.
    reaches: Option<u64>,
}

pub(crate) struct Caller<'w, 't> {
    world: &'w World,
    plan: &'w Plan,
    tally: &'t mut Tally,
    store: KeyStore,
    random: Random,
    /// True time, and how far the store's clock is ahead of it.
    now: u64,
    ahead: i64,
    queue: BinaryHeap<Reverse<(u64, Event)>>,
    gets: BTreeMap<u64, Get<'w>>,
    begun: u64,
    next_tick: u64,
    waiting: Vec<Visit<'w>>,
    /// The last half minute's GETs, and whether each is a look.
    recent: VecDeque<(u64, bool)>,
    /// The key with which thieves have been caught here, so that they no longer try.
    caught: Option<usize>,
}

/// Clocks are wrong by up to so much, either way.
const SKEW: u64 = 2 * MINUTE;

impl<'w, 't> Caller<'w, 't> {
    /// Runs the store of this number to the end.
    pub(crate) fn run(world: &'w World, plan: &'w Plan, seed: u64, tally: &'t mut Tally) {
        let mut random = Random::new(seed);
        let ahead = i64::try_from(random.between(0, 2 * SKEW)).unwrap();
        let ahead = ahead - i64::try_from(SKEW).unwrap();
        let url = "https://core.example/.well-known/jwks.json";
        let store = KeyStore::new(url, &[ROW], plan.policy(), random.number());
        let now = START + random.between(0, 10 * MINUTE);
        tally.stores += 1;
        let mut caller = Self {
            world,
            plan,
            tally,
            store,
            random,
            now,
            ahead,
            queue: BinaryHeap::new(),
            gets: BTreeMap::new(),
            begun: 0,
            next_tick: now,
            waiting: Vec::new(),
            recent: VecDeque::new(),
            caught: None,
        };
        for sender in [Sender::Visitor, Sender::Thief, Sender::Stranger] {
            caller.expect(sender);
        }
        caller.at(now, if plan.is_driven { Event::Tick } else { Event::Prompt });
        while let Some(Reverse((at, event))) = caller.queue.pop() {
            if at >= world.end {
                break;
            }
            caller.now = at;
            caller.happen(event);
        }
    }

    /// Earlier than now is as soon as possible.
    fn at(&mut self, time: u64, event: Event) {
        self.queue.push(Reverse((time.max(self.now), event)));
    }

    fn expect(&mut self, sender: Sender) {
        if let Some(at) = self.world.pace(sender).next(self.now, &mut self.random) {
            self.at(at, Event::Request(sender));
        }
    }

    fn tick_at(&mut self, time: u64) {
        self.next_tick = time.max(self.now);
        self.at(time, Event::Tick);
    }

    fn local(&self) -> UnixMillis {
        UnixMillis::from_millis(self.now.saturating_add_signed(self.ahead))
    }

    /// The true time at which the store's clock shows `local`.
    fn true_time(&self, local: UnixMillis) -> u64 {
        local.as_millis().saturating_add_signed(-self.ahead)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Request(sender) => {
                self.expect(sender);
                self.come(sender);
            }
            Event::Prompt => self.come(Sender::Visitor),
            // All but the last that was arranged are of no account.
            Event::Tick if self.now == self.next_tick => self.tick(),
            Event::Tick => {}
            Event::Wake => self.wake(),
            Event::Over(number) => self.over(number),
        }
    }

    fn come(&mut self, sender: Sender) {
        let local = self.local().as_millis();
        let Some(token) = self.world.token(sender, self.now, local, &mut self.random) else {
            return;
        };
        if sender == Sender::Thief && self.caught == token.key {
            return;
        }
        self.go_on(Visit { sender, token, came: self.now }, self.store.keys());
    }

    /// The loop of the README. Where it would wait, it ends, and is entered again.
    fn go_on(&mut self, visit: Visit<'w>, mut keys: Keys) {
        let request = self.world.gate.request("GET", [visit.token.cookie.as_slice()]);
        loop {
            let end = match request.decide(&keys, self.local()) {
                SessionDecision::Authenticated(_) => End::Authenticated,
                SessionDecision::TryRefresh(_) => End::TryRefresh,
                SessionDecision::Unavailable(_) => End::Unavailable,
                decision @ (SessionDecision::NoSession(_)
                | SessionDecision::InvalidClaims(_)
                | SessionDecision::RefreshLoop(_)) => panic!("there is a token, yet {decision:?}"),
                SessionDecision::FetchKeys(why) => {
                    match self.store.begin_fetch(why, self.local()) {
                        Fetch::Ticket(ticket) => return self.get(ticket, Some(visit)),
                        Fetch::Newer(newer) => {
                            keys = newer;
                            continue;
                        }
                        Fetch::InFlight { until } => {
                            self.waiting.push(visit);
                            let until = self.true_time(until);
                            return self.at(until, Event::Wake);
                        }
                        Fetch::NotNow { .. } => End::Unavailable,
                    }
                }
            };
            return self.answer(visit, end);
        }
    }

    fn wake(&mut self) {
        for visit in std::mem::take(&mut self.waiting) {
            self.go_on(visit, self.store.keys());
        }
    }

    /// What drives the store beside its requests.
    fn tick(&mut self) {
        let again = match self.store.next_action(self.local()) {
            NextAction::Wait { until } => until,
            NextAction::Fetch(why) => match self.store.begin_fetch(why, self.local()) {
                Fetch::Ticket(ticket) => {
                    // Or when the answer is there.
                    let deadline = ticket.deadline();
                    self.get(ticket, None);
                    deadline
                }
                Fetch::Newer(_) => self.local(),
                Fetch::InFlight { until } | Fetch::NotNow { until } => until,
            },
        };
        let again = self.true_time(again);
        self.tick_at(again);
    }

    /// Performs a GET. One in three of those that hang is given up in time, one too late, and one
    /// never: whoever made it went away.
    fn get(&mut self, ticket: Ticket, visit: Option<Visit<'w>>) {
        self.tally.count_get(self.now);
        self.count_recent(ticket.reason() == FetchReason::UnknownKey);
        let takes = self.random.between(20, 400);
        let reaches = self.now + takes / 2;
        let deadline = self.true_time(ticket.deadline());
        let (reaches, over) = match self.world.issuer.serve(reaches) {
            Served::Answer { .. } => (Some(reaches), self.now + takes),
            Served::Nothing => match self.random.between(0, 3) {
                0 => (None, self.now + (deadline - self.now) * 4 / 5),
                1 => (None, deadline + 2 * SECOND),
                _ => return,
            },
        };
        self.begun += 1;
        self.gets.insert(self.begun, Get { ticket, visit, reaches });
        self.at(over, Event::Over(self.begun));
    }

    fn count_recent(&mut self, is_look: bool) {
        self.recent.retain(|(at, _)| self.now < at + 30 * SECOND);
        self.recent.push_back((self.now, is_look));
        let looks = self.recent.iter().filter(|(_, is_look)| *is_look).count();
        let all = u64::try_from(self.recent.len()).unwrap();
        self.tally.busiest_store = self.tally.busiest_store.max(all);
        self.tally.most_looks = self.tally.most_looks.max(u64::try_from(looks).unwrap());
    }

    fn over(&mut self, number: u64) {
        let Some(Get { ticket, visit, reaches }) = self.gets.remove(&number) else {
            return;
        };
        let cache_control;
        let answer = match reaches.map(|at| self.world.issuer.serve(at)) {
            Some(Served::Answer { status, body, max_age }) => {
                let answer = FetchAnswer::http(status, body);
                if self.plan.is_driven {
                    cache_control = format!("max-age={max_age}, must-revalidate");
                    answer.header("Cache-Control", cache_control.as_bytes())
                } else {
                    answer
                }
            }
            Some(Served::Nothing) | None => FetchAnswer::failed(),
        };
        let report = self.store.finish_fetch(ticket, answer, self.local());
        // Who has no driver fetches again when the first request finds the set stale. After a failure
        // the next request is as good as any.
        let failed = matches!(report.outcome(), FetchOutcome::Failed(_) | FetchOutcome::Dropped);
        if let (false, false, NextAction::Wait { until }) =
            (self.plan.is_driven, failed, self.store.next_action(self.local()))
        {
            let soon = self.random.between(0, 2 * SECOND);
            let until = self.true_time(until) + soon;
            self.at(until, Event::Prompt);
        }
        match visit {
            Some(visit) => self.go_on(visit, report.into_keys()),
            None => self.tick_at(self.now),
        }
        self.wake();
    }

    fn answer(&mut self, visit: Visit<'w>, end: End) {
        let Visit { sender, token, came } = visit;
        let (now, tally) = (self.now, &mut *self.tally);
        let issuer = &self.world.issuer;
        if let (Some(key), End::Authenticated) = (token.key, end) {
            let gone = now.checked_sub(issuer.keys[key].withdrawn);
            tally.withdrawn_lived = tally.withdrawn_lived.max(gone);
        }
        match sender {
            Sender::Thief => {
                tally.thieves += 1;
                if end == End::TryRefresh {
                    self.caught = token.key;
                }
                return;
            }
            Sender::Stranger => {
                tally.strangers += 1;
                tally.strangers_authenticated += u64::from(end == End::Authenticated);
                return;
            }
            Sender::Visitor => {}
        }
        tally.longest_wait = tally.longest_wait.max(now - came);
        let local = now.saturating_add_signed(self.ahead);
        if !self.world.is_valid(token, now, local) {
            return;
        }
        let used = token.key.map_or(0, |key| issuer.keys[key].used);
        // Until it is over, and the store has noticed.
        let noticed = self.plan.longest_back_off + self.plan.ticket_deadline;
        let mut outages = issuer.spells.iter().filter(|spell| spell.is_outage());
        if outages
            .any(|spell| spell.from <= used && used < spell.until && now < spell.until + noticed)
        {
            tally.new_in_outage += 1;
            tally.new_in_outage_unavailable += u64::from(end == End::Unavailable);
            tally.new_in_outage_try_refresh += u64::from(end == End::TryRefresh);
            return;
        }
        tally.valid += 1;
        match end {
            End::Authenticated => return,
            End::TryRefresh => tally.try_refresh += 1,
            End::Unavailable => tally.unavailable += 1,
        }
        tally.refused_per_minute[usize::try_from((now - START) / MINUTE).unwrap()] += 1;
        tally.refused_longest = tally.refused_longest.max(Some(now - used));
        let outage = issuer.spell(now).filter(|spell| spell.is_outage());
        let lasted = outage.map(|spell| now - spell.from);
        tally.try_refresh_in_outage += u64::from(end == End::TryRefresh && lasted.is_some());
        tally.refused_soonest = [tally.refused_soonest, lasted].into_iter().flatten().min();
    }
}
