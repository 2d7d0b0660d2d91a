//! The oracle: a list of all that has happened, and every expectation worked out from it anew. It
//! keeps no state, where the store keeps nothing else.

use supertokens_session::{FetchFailure, FetchReason, Reason};

use super::issuer::{Document, Token};
use super::rules::{Caching, Rules};

/// Something that changed the store, and when by the clock of then.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: u64,
    pub(crate) what: What,
}

/// A ticket goes by the place in the list at which it was given out.
#[derive(Clone, Debug)]
pub(crate) enum What {
    /// `condition` is what a 304 would bring back.
    Begun {
        reason: FetchReason,
        origin: usize,
        condition: Option<Held>,
    },
    /// With the wait that came of it, whose jitter only the store knows.
    Failed {
        ticket: usize,
        how: FetchFailure,
        wait: (u64, u64),
    },
    Brought {
        ticket: usize,
        held: Held,
    },
    GivenBack {
        ticket: usize,
        wait: Option<(u64, u64)>,
    },
    Imported(Held),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) document: Document,
    pub(crate) began: u64,
    pub(crate) finished: u64,
    pub(crate) fresh_for: u64,
    pub(crate) origin: usize,
    pub(crate) etag: bool,
}

impl Held {
    pub(crate) fn is_fresh(&self, now: u64) -> bool {
        near(self.began, self.fresh_for, now)
    }
}

/// A decision, without what is not the store's business.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Session,
    Refused(Reason),
    Fetch(FetchReason),
    Unavailable { reason: Reason, failure: Option<FetchFailure>, until: u64 },
}

/// How far from its start a span reaches, for a clock that may be set back.
pub(crate) fn near(start: u64, span: u64, now: u64) -> bool {
    start.abs_diff(now) < span
}

/// The events up to some moment.
#[derive(Clone, Copy)]
pub(crate) struct Log<'l> {
    pub(crate) rules: &'l Rules,
    pub(crate) events: &'l [Event],
}

impl Log<'_> {
    /// The log as it was before the event at `index`.
    fn before(self, index: usize) -> Self {
        Self { events: &self.events[..index], ..self }
    }

    pub(crate) fn begun(self, ticket: usize) -> (u64, FetchReason, usize, Option<Held>) {
        match &self.events[ticket] {
            Event { at, what: What::Begun { reason, origin, condition } } => {
                (*at, *reason, *origin, *condition)
            }
            other => panic!("no ticket: {other:?}"),
        }
    }

    /// The tickets whose answers would be looked at, the oldest first.
    pub(crate) fn out(self) -> Vec<usize> {
        let is_out = |ticket: usize| {
            let began = self.begun(ticket).0;
            self.events[ticket..].iter().all(|event| match &event.what {
                What::Failed { ticket: ended, .. } | What::GivenBack { ticket: ended, .. } => {
                    *ended != ticket
                }
                What::Brought { ticket: newer, .. } => *newer < ticket,
                What::Imported(held) => held.began <= began,
                What::Begun { .. } => true,
            })
        };
        let tickets = self.events.iter().enumerate();
        let tickets = tickets.filter(|(_, event)| matches!(event.what, What::Begun { .. }));
        tickets.map(|(ticket, _)| ticket).filter(|ticket| is_out(*ticket)).collect()
    }

    pub(crate) fn held(self) -> Option<Held> {
        self.events.iter().rev().find_map(|event| match &event.what {
            What::Brought { held, .. } | What::Imported(held) => Some(*held),
            _ => None,
        })
    }

    /// The events since a fetch last succeeded.
    fn since_success(self) -> std::ops::Range<usize> {
        let last = self.events.iter().rposition(|event| matches!(event.what, What::Brought { .. }));
        last.map_or(0, |last| last + 1)..self.events.len()
    }

    /// The wait that failures have earned, from when to when.
    pub(crate) fn back_off(self) -> Option<(u64, u64)> {
        self.events[self.since_success()].iter().rev().find_map(|event| match &event.what {
            What::Failed { wait, .. } => Some(*wait),
            What::GivenBack { wait, .. } => *wait,
            _ => None,
        })
    }

    /// The end of that wait, if it is not over.
    pub(crate) fn backing_off(self, now: u64) -> Option<u64> {
        let (start, end) = self.back_off()?;
        near(start, end - start, now).then_some(end)
    }

    pub(crate) fn failure(self) -> Option<FetchFailure> {
        self.events[self.since_success()].iter().rev().find_map(|event| match &event.what {
            What::Failed { how, .. } => Some(*how),
            _ => None,
        })
    }

    /// How many failures there were in a row, those as one that were under way together.
    pub(crate) fn failures(self) -> u32 {
        let mut count = 0;
        for index in self.since_success() {
            if let What::Failed { ticket, .. } = &self.events[index].what {
                let began = self.begun(*ticket).0;
                let wait = self.before(index).back_off();
                count += u32::from(wait.is_none_or(|(start, _)| began >= start));
            }
        }
        count
    }

    /// How many tickets were given back in a row.
    pub(crate) fn given_back(self) -> usize {
        let events = self.events[self.since_success()].iter().rev();
        let events = events.take_while(|event| !matches!(event.what, What::Failed { .. }));
        events.filter(|event| matches!(event.what, What::GivenBack { .. })).count()
    }

    /// When each look began.
    pub(crate) fn looks(self) -> Vec<u64> {
        let is_look = |event: &&Event| {
            matches!(event.what, What::Begun { reason: FetchReason::UnknownKey, .. })
        };
        self.events.iter().filter(is_look).map(|event| event.at).collect()
    }

    /// Until when the budget of looks is spent, if it is.
    pub(crate) fn spent(self, now: u64) -> Option<u64> {
        let looks = self.looks();
        let oldest = looks[looks.len().checked_sub(self.rules.looks)?];
        near(oldest, self.rules.look_window, now).then(|| oldest + self.rules.look_window)
    }

    fn last_look_is_recent(self, now: u64) -> bool {
        self.looks().last().is_some_and(|at| near(*at, 2 * self.rules.longest_interval, now))
    }

    /// How many looks in a row have brought no new key, without those of a flood that is over.
    fn fruitless(self, now: u64) -> u32 {
        let mut count = 0;
        for (index, event) in self.events.iter().enumerate() {
            match &event.what {
                What::Begun { reason: FetchReason::UnknownKey, .. } => {
                    count *= u32::from(self.before(index).last_look_is_recent(event.at));
                }
                What::Brought { ticket, held }
                    if self.begun(*ticket).1 == FetchReason::UnknownKey =>
                {
                    let is_new = !added(self.before(index).held(), held).is_empty();
                    count = if is_new { 0 } else { count + 1 };
                }
                _ => {}
            }
        }
        count * u32::from(self.last_look_is_recent(now))
    }

    /// Until when a key that is not in the set does not exist.
    fn last_word(self, held: &Held, now: u64) -> Option<u64> {
        let mut interval = self.rules.interval;
        for _ in 1..self.fruitless(now) {
            interval = (2 * interval).min(self.rules.longest_interval);
        }
        let spans = [(held.began, interval), (held.finished, self.rules.interval)];
        let spans = spans.into_iter().filter(|(start, span)| near(*start, *span, now));
        spans.map(|(start, span)| start + span).max()
    }

    /// The end of the newest ticket's time, if it is not over.
    pub(crate) fn under_way(self, now: u64) -> Option<u64> {
        let began = self.begun(*self.out().last()?).0;
        near(began, self.rules.deadline, now).then(|| began + self.rules.deadline)
    }

    /// The origin that the next ticket is for.
    pub(crate) fn next_origin(self, reason: FetchReason, origins: usize) -> usize {
        let (mut scheduled, mut asked) = (0, 0);
        for (index, event) in self.events.iter().enumerate() {
            match &event.what {
                What::Begun { origin, .. } => asked = *origin,
                What::Failed { ticket, .. } if self.begun(*ticket).2 == scheduled => {
                    scheduled = (scheduled + 1) % origins;
                }
                What::Brought { ticket, held } => {
                    let (_, reason, origin, _) = self.begun(*ticket);
                    let is_new = !added(self.before(index).held(), held).is_empty();
                    if reason != FetchReason::UnknownKey || is_new {
                        scheduled = origin;
                    }
                }
                _ => {}
            }
        }
        if reason == FetchReason::UnknownKey { (asked + 1) % origins } else { scheduled }
    }

    /// Until when there is no ticket for this reason, if there is none.
    pub(crate) fn refusal(self, reason: FetchReason, now: u64) -> Option<u64> {
        let mut waits = vec![self.backing_off(now)];
        if reason == FetchReason::UnknownKey {
            waits.push(self.held().and_then(|held| self.last_word(&held, now)));
            waits.push(self.spent(now));
        }
        waits.into_iter().flatten().max()
    }

    pub(crate) fn decide(self, token: Token, now: u64) -> Verdict {
        let ((kid, number), has_expired) = (token.key(), token.has_expired());
        let unavailable = |reason, until| {
            let failure = self.failure();
            Verdict::Unavailable { reason, failure, until }
        };
        let fetch = |reason| match self.backing_off(now) {
            Some(until) => unavailable(Reason::KeysUnavailable, until),
            None => Verdict::Fetch(reason),
        };
        let Some(held) = self.held() else {
            let wish = fetch(FetchReason::NoKeys);
            return if has_expired { Verdict::Refused(Reason::Expired) } else { wish };
        };
        let no_way = self.under_way(now).is_some() || self.backing_off(now).is_some();
        let may_use = near(held.began, self.rules.usable_for, now) && no_way;
        let key = held.document.keys().iter().find(|(name, _)| *name == kid);
        match key {
            _ if !held.is_fresh(now) && !may_use => {
                let wish = fetch(FetchReason::Stale);
                if has_expired { Verdict::Refused(Reason::Expired) } else { wish }
            }
            Some((_, other)) if *other != number => Verdict::Refused(Reason::BadSignature),
            _ if has_expired => Verdict::Refused(Reason::Expired),
            Some(_) => Verdict::Session,
            None => {
                let is_skipped = held.document.skips(kid);
                let not_now =
                    if is_skipped { Reason::KeyUnusable } else { Reason::KeysUnavailable };
                if let Some(until) = self.last_word(&held, now) {
                    return if is_skipped {
                        unavailable(Reason::KeyUnusable, until)
                    } else {
                        Verdict::Refused(Reason::UnknownKey)
                    };
                }
                let spent = self.spent(now).filter(|_| self.under_way(now).is_none());
                match self.backing_off(now).or(spent) {
                    Some(until) => unavailable(not_now, until),
                    None => Verdict::Fetch(FetchReason::UnknownKey),
                }
            }
        }
    }

    /// What becomes of a document that came with a ticket.
    pub(crate) fn brought(
        self,
        ticket: usize,
        document: Document,
        caching: Caching,
        now: u64,
    ) -> Held {
        let (began, _, origin, _) = self.begun(ticket);
        let fresh_for = self.rules.fresh_with(caching.max_age);
        Held { document, began, finished: now, fresh_for, origin, etag: caching.etag }
    }
}

/// The names of the keys that `after` has and `before` has not.
pub(crate) fn added(before: Option<Held>, after: &Held) -> Vec<&'static str> {
    let old = before.map_or(&[] as &[_], |held| held.document.keys());
    let new = after.document.keys().iter().filter(|key| !old.contains(key));
    new.map(|(kid, _)| *kid).collect()
}
