//! Performs operations on a store, and holds it to the oracle and to the promises at every step.

use std::collections::VecDeque;
use std::time::Duration;

use supertokens_session::{
    Fetch, FetchAnswer, FetchFailure, FetchKeys, FetchOutcome, FetchReason, Gate, ImportError,
    KeyStore, Keys, NextAction, PagePolicy, SessionDecision, Ticket, UnixMillis,
};

use super::issuer::{Document, ROW, Token};
use super::log::{Event, Held, Log, Verdict, What, added, near};
use super::promises;
use super::rules::{Answer, Caching, Operation, Rules};

const ORIGINS: [&str; 2] = ["https://one.example/jwks.json", "https://two.example/jwks.json"];

/// When a run begins: room to set the clock back.
const START: u64 = 1_750_000_000_000;

/// A store, the world around it, and what has happened.
pub(crate) struct Run {
    rules: Rules,
    store: KeyStore,
    events: Vec<Event>,
    now: u64,
    /// Since when the clock has only gone on, and how much had happened then.
    pub(super) steady: (u64, usize),
    tickets: VecDeque<(usize, Ticket)>,
    /// Wishes for keys and snapshots, each with how much had happened when it was made.
    wishes: VecDeque<(FetchKeys, usize)>,
    snapshots: VecDeque<(Keys, usize)>,
    exported: VecDeque<(Vec<u8>, Held)>,
    dropped: u64,
    looks_refused: u64,
}

impl Run {
    pub(crate) fn new(rules: Rules, seed: u64) -> Self {
        let store = KeyStore::new(ORIGINS, &[ROW], rules.policy(), seed);
        Self {
            rules,
            store,
            events: Vec::new(),
            now: START,
            steady: (START, 0),
            tickets: VecDeque::new(),
            wishes: VecDeque::new(),
            snapshots: VecDeque::new(),
            exported: VecDeque::new(),
            dropped: 0,
            looks_refused: 0,
        }
    }

    pub(crate) fn perform(&mut self, operation: Operation) {
        let before = self.events.len();
        match operation {
            Operation::Pass(millis) => self.now += u64::from(millis),
            Operation::Back(millis) => {
                self.now = self.now.saturating_sub(u64::from(millis));
                self.steady = (self.now, self.events.len());
            }
            Operation::Decide(token, nth) => self.decide_with(token, nth),
            Operation::NextAction => {
                if let NextAction::Fetch(wish) = self.next_action() {
                    self.wishes.push_front((wish, self.events.len()));
                }
            }
            Operation::FetchNow => {
                self.wishes.push_front((self.store.fetch_now(), self.events.len()));
            }
            Operation::Begin(nth) => {
                let wish = self.wishes.get(usize::from(nth)).copied();
                let fetch = wish.map(|(wish, then)| self.begin(wish, then));
                if let Some(Fetch::Ticket(ticket)) = fetch {
                    self.tickets.push_front((self.events.len() - 1, ticket));
                }
            }
            Operation::Finish(nth, answer) => {
                if let Some((name, ticket)) = self.tickets.remove(usize::from(nth)) {
                    self.finish(name, ticket, answer);
                }
            }
            Operation::Abandon(nth) => {
                if let Some((name, ticket)) = self.tickets.remove(usize::from(nth)) {
                    self.abandon(name, ticket);
                }
            }
            Operation::Lose(nth) => drop(self.tickets.remove(usize::from(nth))),
            Operation::Export => self.export(),
            Operation::Import(nth) => match self.exported.get(usize::from(nth)).cloned() {
                Some((bytes, held)) => self.import(&bytes, held),
                None => self.import_garbage(nth),
            },
            Operation::ImportOther(document, age, caching) => {
                self.import_other(document, age, caching);
            }
            Operation::Foreign(answer) => self.foreign(answer),
            Operation::Request(token, latency, answer) => self.request(token, latency, answer),
        }
        self.check(before);
    }

    fn log(&self) -> Log<'_> {
        Log { rules: &self.rules, events: &self.events }
    }

    fn time(&self) -> UnixMillis {
        UnixMillis::from_millis(self.now)
    }

    fn happened(&mut self, what: What) {
        self.events.push(Event { at: self.now, what });
    }

    /// Decides, and compares with what the oracle says of as much as had happened `then`.
    fn decide(&self, token: Token, keys: &Keys, then: usize) -> SessionDecision {
        let gate = Gate::page(PagePolicy::default());
        let decision = gate.request("GET", [token.cookie().as_bytes()]).decide(keys, self.time());
        let verdict = match &decision {
            SessionDecision::Authenticated(_) => Verdict::Session,
            SessionDecision::NoSession(reason) | SessionDecision::TryRefresh(reason) => {
                Verdict::Refused(*reason)
            }
            SessionDecision::FetchKeys(why) => Verdict::Fetch(why.reason()),
            SessionDecision::Unavailable(why) => Verdict::Unavailable {
                reason: why.reason(),
                failure: why.failure(),
                until: why.retry_at().as_millis(),
            },
        };
        let log = Log { rules: &self.rules, events: &self.events[..then] };
        assert_eq!(verdict, log.decide(token, self.now), "{token:?} at {}", self.now);
        promises::hold_of_decision(log, self.steady, token, verdict, self.now);
        decision
    }

    fn decide_with(&mut self, token: Token, nth: u8) {
        let newest = (self.store.keys(), self.events.len());
        self.snapshots.push_front(newest);
        self.snapshots.truncate(8);
        let at = usize::from(nth).min(self.snapshots.len() - 1);
        let (keys, then) = self.snapshots[at].clone();
        if let SessionDecision::FetchKeys(wish) = self.decide(token, &keys, then) {
            self.wishes.push_front((wish, then));
        }
    }

    fn next_action(&self) -> NextAction {
        let (action, log) = (self.store.next_action(self.time()), self.log());
        let wait = log.under_way(self.now).or_else(|| log.backing_off(self.now));
        match (action, wait, log.held()) {
            (NextAction::Wait { until }, ..) if until <= self.time() => {
                panic!("a wait that is over: {until:?} at {}", self.now)
            }
            (NextAction::Wait { until }, Some(wait), _) => assert_eq!(until.as_millis(), wait),
            (NextAction::Fetch(why), None, None) => assert_eq!(why.reason(), FetchReason::NoKeys),
            (NextAction::Fetch(why), None, Some(held)) if !held.is_fresh(self.now) => {
                assert_eq!(why.reason(), FetchReason::Stale);
            }
            (action, None, Some(held)) => {
                let (least, most) = self.refresh(&held);
                match action {
                    NextAction::Wait { until } => {
                        let span = until.as_millis() - held.began;
                        assert!(least <= span && span <= most, "{span}: {least} to {most}");
                        assert!(near(held.began, span, self.now));
                    }
                    NextAction::Fetch(why) => {
                        assert_eq!(why.reason(), FetchReason::Ahead);
                        assert!(!near(held.began, least, self.now), "too early");
                    }
                }
            }
            (action, wait, held) => panic!("{action:?}, but {wait:?} and {held:?}"),
        }
        action
    }

    /// The least and the most time after which a set is to be refreshed.
    fn refresh(&self, held: &Held) -> (u64, u64) {
        let (ahead, half) = (self.rules.refresh_ahead, held.fresh_for / 2);
        (held.fresh_for - half.min(2 * ahead), held.fresh_for - half.min(ahead))
    }

    /// Takes a wish to the store; `then` is how much had happened when it was made.
    fn begin(&mut self, wish: FetchKeys, then: usize) -> Fetch {
        let deadline = self.rules.deadline;
        let out = self.log().out();
        let lost: Vec<usize> = out
            .into_iter()
            .filter(|ticket| !near(self.log().begun(*ticket).0, deadline, self.now))
            .collect();
        let (reason, refused_before) = (wish.reason(), self.looks_refused);
        let fetch = self.store.begin_fetch(wish, self.time());
        self.failed(&lost, FetchFailure::Overdue);
        let log = self.log();
        let first = log.out().first().map(|ticket| log.begun(*ticket).0 + deadline);
        let is_full = log.out().len() >= self.rules.tickets;
        let refusal = if is_full { first } else { log.refusal(reason, self.now) };
        match &fetch {
            Fetch::Newer(_) => assert_ne!(then, log.events.len(), "nothing is newer"),
            _ => assert_eq!(then, log.events.len(), "{fetch:?} at a wish that is out of date"),
        }
        match &fetch {
            Fetch::Newer(_) => {}
            Fetch::InFlight { until } => {
                assert!(refusal.is_some(), "a refusal without a reason");
                assert_eq!(Some(until.as_millis()), first);
                assert!(*until > self.time());
            }
            Fetch::NotNow { until } => {
                assert_eq!((Some(until.as_millis()), first), (refusal, None));
                assert!(*until > self.time());
            }
            Fetch::Ticket(ticket) => {
                assert_eq!(refusal, None, "no ticket was due");
                let origin = log.next_origin(reason, ORIGINS.len());
                assert_eq!((ticket.url(), ticket.reason()), (ORIGINS[origin], reason));
                assert_eq!(ticket.deadline().as_millis(), self.now + deadline);
                let condition = log.held().filter(|held| held.origin == origin && held.etag);
                let asks = ticket.headers().any(|(name, _)| name == "if-none-match");
                assert_eq!(asks, condition.is_some());
                self.happened(What::Begun { reason, origin, condition });
                return fetch;
            }
        }
        let is_refused_look =
            reason == FetchReason::UnknownKey && !matches!(fetch, Fetch::Newer(_));
        self.looks_refused = refused_before + u64::from(is_refused_look);
        fetch
    }

    /// Writes failures down, and checks the wait that came of the last.
    fn failed(&mut self, tickets: &[usize], how: FetchFailure) {
        for &ticket in tickets {
            // What another has followed at once is never seen but for its start.
            self.happened(What::Failed { ticket, how, wait: (self.now, self.now) });
        }
        if tickets.is_empty() {
            return;
        }
        let until = self.store.status(self.time()).retry_at.expect("a failure earns a wait");
        let wait = until.as_millis() - self.now;
        let steps = self.log().failures();
        let longest = self.rules.longest_back_off;
        let double = |step: u64, _| (2 * step).min(longest);
        let step = (0..steps).fold(self.rules.shortest_back_off.min(longest), double);
        self.waits(wait, step);
        if let Some(Event { what: What::Failed { wait, .. }, .. }) = self.events.last_mut() {
            wait.1 = until.as_millis();
        }
    }

    fn waits(&self, wait: u64, step: u64) {
        let least = (step / 2).max(self.rules.shortest_back_off);
        assert!(least <= wait && wait <= step.max(least), "{wait}: {least} to {step}");
    }

    fn finish(&mut self, name: usize, ticket: Ticket, answer: Answer) {
        let (body, log) = (texts_of(answer), self.log());
        let (began, reason, _, condition) = log.begun(name);
        let expected = if !log.out().contains(&name) {
            None
        } else if !near(began, self.rules.deadline, self.now) {
            Some(Err(FetchFailure::Overdue))
        } else {
            Some(match (answer, condition) {
                (Answer::Nothing, _) => Err(FetchFailure::NoAnswer),
                (Answer::Document(document, caching), _) => match document.flaw() {
                    Some(flaw) => Err(flaw),
                    None => Ok(log.brought(name, document, caching, self.now)),
                },
                (Answer::NotModified(caching), Some(old)) => {
                    let caching = Caching { etag: true, ..caching };
                    Ok(log.brought(name, old.document, caching, self.now))
                }
                (Answer::NotModified(_) | Answer::Status(_), _) => Err(FetchFailure::Status),
            })
        };
        let (before, looks) = (self.state(), reason == FetchReason::UnknownKey);
        let old = log.held();
        let report = self.store.finish_fetch(ticket, answer_of(answer, &body), self.time());
        let said = [report.added().collect::<Vec<_>>(), report.removed().collect()];
        match expected {
            None => {
                assert_eq!(report.outcome(), FetchOutcome::Dropped);
                self.dropped += 1;
                assert_eq!(self.state(), before, "what is dropped changes nothing");
            }
            Some(Err(failure)) => {
                assert_eq!(report.outcome(), FetchOutcome::Failed(failure));
                self.failed(&[name], failure);
            }
            Some(Ok(held)) => {
                let new = added(old, &held);
                let gone = old.map_or_else(Vec::new, |old| added(Some(held), &old));
                let is_same = new.is_empty() && gone.is_empty();
                let outcome = if is_same { FetchOutcome::Unchanged } else { FetchOutcome::Changed };
                assert_eq!((report.outcome(), said), (outcome, [new, gone]), "look: {looks}");
                self.happened(What::Brought { ticket: name, held });
            }
        }
        if !matches!(expected, Some(Ok(_))) {
            assert_eq!(report.added().count() + report.removed().count(), 0);
        }
        assert_eq!(report.into_keys().generation(), self.store.keys().generation());
    }

    fn abandon(&mut self, name: usize, ticket: Ticket) {
        let log = self.log();
        let (is_out, began) = (log.out().contains(&name), log.begun(name).0);
        let (old, is_first) = (log.back_off(), log.given_back() == 0);
        let before = self.state();
        self.store.abandon(ticket, self.time());
        if !is_out {
            self.dropped += 1;
            assert_eq!(self.state(), before, "a ticket that is not out changes nothing");
        } else if !near(began, self.rules.deadline, self.now) {
            self.failed(&[name], FetchFailure::Overdue);
        } else if is_first {
            self.happened(What::GivenBack { ticket: name, wait: None });
        } else {
            let until = self.store.status(self.time()).retry_at.expect("a wait").as_millis();
            let goes_on = old.filter(|(_, end)| *end == until);
            if goes_on.is_none() {
                let step = 2 * self.rules.shortest_back_off;
                self.waits(until - self.now, step.min(self.rules.longest_back_off));
                let is_later = old
                    .is_none_or(|(start, end)| !near(start, end - start, self.now) || until >= end);
                assert!(is_later, "giving tickets back has cut a wait short");
            }
            let wait = goes_on.unwrap_or((self.now, until));
            self.happened(What::GivenBack { ticket: name, wait: Some(wait) });
        }
    }

    fn export(&mut self) {
        let held = self.log().held();
        let bytes = self.store.keys().export();
        assert_eq!(bytes.is_some(), held.is_some());
        self.exported.extend(bytes.zip(held));
    }

    fn import(&mut self, bytes: &[u8], exported: Held) {
        let (before, held) = (self.state(), self.log().held());
        let fresh_for = exported.fresh_for.max(30_000);
        let fresh_for = fresh_for.min(self.rules.fresh_for).min(self.rules.usable_for);
        let new = Held { finished: exported.began, fresh_for, ..exported };
        let expected = if exported.began > self.now {
            Err(ImportError::FromTheFuture)
        } else if !near(exported.began, self.rules.usable_for, self.now) {
            Err(ImportError::TooOld)
        } else if held.is_some_and(|held| held.began >= exported.began) {
            Err(ImportError::NotNewer)
        } else {
            Ok(())
        };
        assert_eq!(self.store.import(bytes, self.time()).map(drop), expected);
        match expected {
            Ok(()) => self.happened(What::Imported(new)),
            Err(_) => assert_eq!(self.state(), before, "a refused import changes nothing"),
        }
    }

    fn import_garbage(&mut self, nth: u8) {
        let before = self.state();
        let mut bytes = self.exported.front().map_or_else(Vec::new, |(bytes, _)| bytes.clone());
        if let Some(byte) = bytes.get_mut(usize::from(nth) % 26) {
            *byte ^= 1;
        }
        assert_eq!(self.store.import(&bytes, self.time()).err(), Some(ImportError::NotASnapshot));
        assert_eq!(self.state(), before);
    }

    fn import_other(&mut self, document: Document, age: i32, caching: Caching) {
        if document.flaw().is_some() {
            return;
        }
        let mut other = KeyStore::new(ORIGINS, &[ROW], self.rules.policy(), 1);
        let began = self.now.saturating_add_signed(-i64::from(age));
        let at = UnixMillis::from_millis(began);
        let Fetch::Ticket(ticket) = other.begin_fetch(other.fetch_now(), at) else { panic!() };
        let answer = Answer::Document(document, caching);
        let keys = other.finish_fetch(ticket, answer_of(answer, &texts_of(answer)), at).into_keys();
        let fresh_for = self.rules.fresh_with(caching.max_age);
        let held =
            Held { document, began, finished: began, fresh_for, origin: 0, etag: caching.etag };
        self.import(&keys.export().expect("it has keys"), held);
    }

    /// Another store's ticket, of the same number and time as ours may be.
    fn foreign(&mut self, answer: Option<Answer>) {
        let mut other = KeyStore::new(ORIGINS, &[ROW], self.rules.policy(), 1);
        let before = self.state();
        let wish = other.fetch_now();
        let Fetch::Ticket(ticket) = other.begin_fetch(wish, self.time()) else { panic!() };
        match answer {
            None => drop(self.store.abandon(ticket, self.time())),
            Some(answer) => {
                let body = texts_of(answer);
                let answer = answer_of(answer, &body);
                let report = self.store.finish_fetch(ticket, answer, self.time());
                assert_eq!(report.outcome(), FetchOutcome::Dropped);
            }
        }
        self.dropped += 1;
        assert_eq!(self.state(), before, "another store's ticket changes nothing");
    }

    /// The loop of one request, which makes one GET at most.
    fn request(&mut self, token: Token, latency: u16, answer: Answer) {
        let (mut keys, mut gets, mut rounds) = (self.store.keys(), 0, 0);
        let mut then = self.events.len();
        while let SessionDecision::FetchKeys(wish) = self.decide(token, &keys, then) {
            rounds += 1;
            assert!(rounds < 4, "a request goes round and round");
            match self.begin(wish, then) {
                Fetch::Ticket(ticket) => {
                    gets += 1;
                    assert_eq!(gets, 1, "one request has fetched twice");
                    let name = self.events.len() - 1;
                    self.now += u64::from(latency);
                    self.finish(name, ticket, answer);
                }
                Fetch::Newer(_) => {}
                Fetch::InFlight { .. } | Fetch::NotNow { .. } => return,
            }
            (keys, then) = (self.store.keys(), self.events.len());
        }
    }

    /// All that can be seen of the store: its version by a wish, and the rest by its words.
    fn state(&self) -> String {
        let (store, wish) = (&self.store, self.store.fetch_now());
        let next = store.next_action(self.time());
        let retry_at = store.status(self.time()).retry_at;
        let export = store.keys().export();
        format!("{store:?} {wish:?} {next:?} {retry_at:?} {export:?}")
    }

    /// What must hold after every operation; `before` is how much had happened before it.
    fn check(&self, before: usize) {
        let (log, status) = (self.log(), self.store.status(self.time()));
        for count in before + 1..=self.events.len() {
            promises::hold_of_event(
                Log { rules: &self.rules, events: &self.events[..count] },
                self.steady,
            );
        }
        let count = |is: fn(&What) -> bool| {
            let found = self.events.iter().filter(|event| is(&event.what)).count();
            u64::try_from(found).unwrap_or(u64::MAX)
        };
        let counts = &status.counts;
        assert_eq!(counts.all_begun(), count(|what| matches!(what, What::Begun { .. })));
        assert_eq!(counts.begun(FetchReason::UnknownKey), log.looks().len() as u64);
        assert_eq!(counts.all_failed(), count(|what| matches!(what, What::Failed { .. })));
        assert_eq!(counts.abandoned, count(|what| matches!(what, What::GivenBack { .. })));
        assert_eq!(counts.imported, count(|what| matches!(what, What::Imported(_))));
        let brought = count(|what| matches!(what, What::Brought { .. }));
        assert_eq!(counts.changed + counts.unchanged, brought);
        assert_eq!((counts.dropped, counts.looks_refused), (self.dropped, self.looks_refused));
        assert_eq!(status.failure, log.failure());
        let (held, keys) = (log.held(), self.store.keys());
        let age = held.map(|held| Duration::from_millis(self.now.saturating_sub(held.began)));
        assert_eq!(status.age, age, "age counts from when the fetch began");
        let expected = held.map_or(0, |held| held.document.keys().len());
        assert_eq!(keys.set().map_or(0, |set| set.key_ids().count()), expected);
        self.next_action();
        // What strangers send does not grow anything here but what these tests keep.
        assert!(log.out().len() <= self.rules.tickets);
    }

    /// From here on the origin answers: a driver that does what the store says has a fresh set
    /// within bounded time, whether it asks unasked or for a request. All that has happened.
    pub(crate) fn recover(mut self, by_request: bool) -> Vec<Event> {
        let answer = Answer::Document(Document::Both, Caching { etag: false, max_age: None });
        // Each ticket that is out may be lost and earn a wait; a clock that was set back doubles both.
        let rounds = self.rules.tickets as u64 + 1;
        let bound = 2 * rounds * (self.rules.deadline + self.rules.longest_back_off);
        let (start, before) = (self.now, self.events.len());
        for _ in 0..100 {
            let wish = if by_request {
                match self.decide(Token::First, &self.store.keys(), self.events.len()) {
                    SessionDecision::FetchKeys(wish) => wish,
                    SessionDecision::Unavailable(why) => {
                        self.now = why.retry_at().as_millis();
                        continue;
                    }
                    // Its answer is one, and may be of a set that is stale or another.
                    _ => self.store.fetch_now(),
                }
            } else {
                match self.next_action() {
                    NextAction::Fetch(wish) => wish,
                    NextAction::Wait { until } => {
                        let is_fresh =
                            self.log().held().is_some_and(|held| held.is_fresh(self.now));
                        if is_fresh && self.log().under_way(self.now).is_none() {
                            break;
                        }
                        self.now = until.as_millis();
                        continue;
                    }
                }
            };
            match self.begin(wish, self.events.len()) {
                Fetch::Ticket(ticket) => {
                    let name = self.events.len() - 1;
                    self.now += 100;
                    self.finish(name, ticket, answer);
                    break;
                }
                Fetch::Newer(_) => {}
                Fetch::InFlight { until } | Fetch::NotNow { until } => {
                    self.now = until.as_millis();
                }
            }
        }
        self.check(before);
        let held = self.log().held();
        assert!(held.is_some_and(|held| held.is_fresh(self.now)), "the store is wedged");
        assert!(self.now - start <= bound + 100, "{} ms, not {bound}", self.now - start);
        self.events
    }
}

/// The body, and the value of `Cache-Control`.
fn texts_of(answer: Answer) -> [String; 2] {
    let (body, caching) = match answer {
        Answer::Document(document, caching) => (document.text(), Some(caching)),
        Answer::NotModified(caching) => (String::new(), Some(caching)),
        Answer::Status(_) => (Document::Both.text(), None),
        Answer::Nothing => (String::new(), None),
    };
    let max_age = caching.and_then(|caching| caching.max_age);
    [body, max_age.map_or_else(String::new, |secs| format!("max-age={secs}"))]
}

fn answer_of(answer: Answer, [body, cache_control]: &[String; 2]) -> FetchAnswer<'_> {
    let (status, caching) = match answer {
        Answer::Document(_, caching) => (200, caching),
        Answer::NotModified(caching) => (304, caching),
        Answer::Status(status) => {
            // Those two are answers of another kind.
            let status = if [200, 304].contains(&status) { 500 } else { status };
            (status, Caching { etag: false, max_age: None })
        }
        Answer::Nothing => return FetchAnswer::failed(),
    };
    let mut http = FetchAnswer::http(status, body.as_bytes());
    if caching.etag {
        http = http.header("etag", b"\"1\"");
    }
    http.header("cache-control", cache_control.as_bytes())
}
