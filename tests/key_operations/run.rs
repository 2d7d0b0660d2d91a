//! Performs operations on a store, and holds it to the oracle and to the promises at every step.

use std::collections::VecDeque;
use std::time::Duration;

use supertokens_session::{
    Fetch, FetchAnswer, FetchFailure, FetchKeys, FetchOutcome, FetchReason, Gate, ImportError,
    KeyStore, Keys, NextAction, PagePolicy, SessionDecision, Ticket, UnixMillis,
};

use super::issuer::{Document, ROW, Token};
use super::log::{Event, Held, Log, SLACK, Verdict, What, added, within};
use super::promises;
use super::rules::{Answer, Caching, Operation, Rules};

pub(crate) const ORIGINS: [&str; 3] = [
    "https://one.example/jwks.json",
    "https://two.example/jwks.json",
    "https://three.example/jwks.json",
];

/// When a run begins: room to set the clock back.
const START: u64 = 1_750_000_000_000;

/// A store, the world around it, and what has happened.
pub(crate) struct Run {
    rules: Rules,
    seed: u64,
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
            seed,
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
        self.log_of(self.events.len())
    }

    fn log_of(&self, count: usize) -> Log<'_> {
        Log { rules: &self.rules, seed: self.seed, events: &self.events[..count] }
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
            other => panic!("without claims or attempts: {other:?}"),
        };
        let log = self.log_of(then);
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
        let refresh = log.refresh().filter(|(start, end)| within(*start, end - start, self.now));
        let wait = log.under_way(self.now).or_else(|| log.backing_off(self.now));
        let expected = match (wait, log.held(), refresh) {
            (Some(until), ..) => Err(until),
            (None, None, _) => Ok(FetchReason::NoKeys),
            (None, Some(held), _) if !held.is_fresh(self.now) => Ok(FetchReason::Stale),
            (None, Some(_), Some((_, until))) => Err(until),
            (None, Some(_), None) => Ok(FetchReason::Ahead),
        };
        let said = match action {
            NextAction::Fetch(why) => Ok(why.reason()),
            NextAction::Wait { until } => {
                let rules = &self.rules;
                let lengths = [rules.deadline, rules.longest_back_off, rules.fresh_for];
                promises::hold_of_wait(&lengths, until.as_millis(), self.now);
                Err(until.as_millis())
            }
        };
        assert_eq!(said, expected, "at {}", self.now);
        action
    }

    /// Takes a wish to the store; `then` is how much had happened when it was made.
    fn begin(&mut self, wish: FetchKeys, then: usize) -> Fetch {
        let deadline = self.rules.deadline;
        let out = self.log().out();
        let lost: Vec<usize> = out
            .into_iter()
            .filter(|ticket| !within(self.log().begun(*ticket).0, deadline, self.now))
            .collect();
        let (reason, refused_before) = (wish.reason(), self.looks_refused);
        let fetch = self.store.begin_fetch(wish, self.time());
        for ticket in lost {
            self.failed(ticket, FetchFailure::Overdue, true);
        }
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
                promises::hold_of_wait(&[deadline], until.as_millis(), self.now);
            }
            Fetch::NotNow { until } => {
                assert_eq!((Some(until.as_millis()), first), (refusal, None));
                let rules = &self.rules;
                let of_looks = [rules.look_window, rules.interval, rules.longest_interval];
                let of_looks = if reason == FetchReason::UnknownKey { &of_looks[..] } else { &[] };
                let lengths = [of_looks, &[rules.longest_back_off]].concat();
                promises::hold_of_wait(&lengths, until.as_millis(), self.now);
            }
            Fetch::Ticket(ticket) => {
                assert_eq!(refusal, None, "no ticket was due");
                let origin = log.next_origin(ORIGINS.len());
                assert_eq!((ticket.url(), ticket.reason()), (ORIGINS[origin], reason));
                assert_eq!(ticket.deadline().as_millis(), self.now + deadline);
                // Who does not believe that nothing has changed does not ask whether it has.
                let is_scheduled = matches!(reason, FetchReason::Stale | FetchReason::Ahead);
                let condition =
                    log.held().filter(|held| is_scheduled && held.origin == origin && held.etag);
                let tag = condition.map(|held| tag_of(held.document));
                let tag = tag.as_deref().map(|tag| ("if-none-match", tag));
                let headers = [("cache-control", "no-cache")].into_iter().chain(tag);
                assert!(ticket.headers().eq(headers), "{ticket:?} if not {tag:?}");
                self.happened(What::Begun { reason, origin, condition });
                return fetch;
            }
        }
        let is_refused_look =
            reason == FetchReason::UnknownKey && !matches!(fetch, Fetch::Newer(_));
        self.looks_refused = refused_before + u64::from(is_refused_look);
        fetch
    }

    fn failed(&mut self, ticket: usize, how: FetchFailure, lost: bool) {
        self.happened(What::Failed { ticket, how, lost });
    }

    fn finish(&mut self, name: usize, ticket: Ticket, answer: Answer) {
        let (body, log) = (texts_of(answer), self.log());
        let (began, reason, _, condition) = log.begun(name);
        let expected = if !log.out().contains(&name) {
            None
        } else if !within(began, self.rules.deadline, self.now) {
            Some(Err(FetchFailure::Overdue))
        } else {
            Some(match (answer, condition) {
                (Answer::Nothing, _) => Err(FetchFailure::NoAnswer),
                (Answer::Document(document, caching), _) => match document.flaw() {
                    Some(flaw) => Err(flaw),
                    None => Ok(log.brought(name, document, caching)),
                },
                (Answer::NotModified(caching), Some(old)) => {
                    let caching = Caching { etag: old.etag, ..caching };
                    Ok(log.brought(name, old.document, caching))
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
                self.failed(name, failure, false);
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
        let before = self.state();
        self.store.abandon(ticket, self.time());
        if !is_out {
            self.dropped += 1;
            assert_eq!(self.state(), before, "a ticket that is not out changes nothing");
        } else if within(began, self.rules.deadline, self.now) {
            self.happened(What::GivenBack { ticket: name });
        } else {
            self.failed(name, FetchFailure::Overdue, true);
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
        let new = Held { fresh_for, ..exported };
        let expected = if exported.began > self.now {
            Err(ImportError::FromTheFuture)
        } else if self.now - exported.began >= self.rules.usable_for {
            Err(ImportError::TooOld)
        } else if held
            .filter(|held| held.is_usable(&self.rules, self.now))
            .is_some_and(|held| held.began >= exported.began)
        {
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
        let held = Held { document, began, fresh_for, origin: 0, etag: caching.etag };
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

    /// The loop of one request, which makes one GET at most; a second only where it has looked at
    /// another origin, in vain, until the set was stale.
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
            promises::hold_of_event(self.log_of(count), self.steady);
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
        let retry_at = status.retry_at.map(UnixMillis::as_millis);
        assert_eq!(retry_at, log.backing_off(self.now));
        if let Some(until) = retry_at {
            promises::hold_of_wait(&[self.rules.longest_back_off], until, self.now);
        }
        let (held, keys) = (log.held(), self.store.keys());
        let age = held.map(|held| Duration::from_millis(self.now.abs_diff(held.began)));
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
        // Each ticket that is out may be lost and earn a wait; the clock may be a little before both.
        let rounds = self.rules.tickets as u64 + 1;
        let bound = rounds * (self.rules.deadline + self.rules.longest_back_off + 2 * SLACK);
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

/// The body, and the values of `Cache-Control` and `ETag`.
fn texts_of(answer: Answer) -> [String; 3] {
    let (body, caching) = match answer {
        Answer::Document(document, caching) => (document.text(), Some(caching)),
        Answer::NotModified(caching) => (String::new(), Some(caching)),
        Answer::Status(_) => (Document::Both.text(), None),
        Answer::Nothing => (String::new(), None),
    };
    let max_age = caching.and_then(|caching| caching.max_age);
    let tag = match answer {
        Answer::Document(document, _) => tag_of(document),
        // That of another document: one that was replaced between the two.
        _ => "\"another\"".into(),
    };
    [body, max_age.map_or_else(String::new, |secs| format!("max-age={secs}")), tag]
}

/// By what an origin knows a document.
fn tag_of(document: Document) -> String {
    format!("\"{document:?}\"")
}

fn answer_of(answer: Answer, [body, cache_control, tag]: &[String; 3]) -> FetchAnswer<'_> {
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
        http = http.header("etag", tag.as_bytes());
    }
    http.header("cache-control", cache_control.as_bytes())
}
