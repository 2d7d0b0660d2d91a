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
    /// `lost` if nobody has come with an answer, good or bad: the time of the ticket was found over.
    Failed {
        ticket: usize,
        how: FetchFailure,
        lost: bool,
    },
    /// `held` is what came, whether or not it was held.
    Brought {
        ticket: usize,
        held: Held,
    },
    GivenBack {
        ticket: usize,
    },
    Imported(Held),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) document: Document,
    pub(crate) began: u64,
    pub(crate) fresh_for: u64,
    pub(crate) origin: usize,
    pub(crate) etag: bool,
}

impl Held {
    pub(crate) fn is_fresh(&self, now: u64) -> bool {
        within(self.began, self.fresh_for, now)
    }

    /// Nobody knows the age of a set from the future: it counts as old by as much.
    pub(crate) fn is_usable(&self, rules: &Rules, now: u64) -> bool {
        self.began.abs_diff(now) < rules.usable_for
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

/// By how much clocks that are read side by side may be out of order.
pub(crate) const SLACK: u64 = 1_000;

/// Whether a wait of this length is on: until its end, and already when the clock shows a little
/// less than its start, but never by as much as it is long.
pub(crate) fn within(start: u64, length: u64, now: u64) -> bool {
    if now < start { start - now < SLACK.min(length) } else { now - start < length }
}

/// From when to when.
type Span = (u64, u64);

fn is_on((start, end): Span, now: u64) -> bool {
    within(start, end - start, now)
}

/// What failures and tickets given back have come to since a fetch last succeeded.
#[derive(Default)]
pub(crate) struct Trouble {
    /// How many failures in a row, those as one that were under way together.
    pub(crate) failures: u32,
    /// When the last of these was.
    last: Option<u64>,
    /// How many tickets in a row were given back.
    pub(crate) given_back: u32,
    /// How long the issuer is left alone.
    wait: Option<Span>,
    /// How long the last failure excuses an old set.
    excuse: Option<Span>,
    how: Option<FetchFailure>,
}

impl Trouble {
    /// One more wait, which is heard of at `at`: it does not end one that is on then and longer.
    fn wait(&mut self, at: u64, new: Span) {
        let old = self.wait.filter(|old| is_on(*old, at));
        self.wait = Some(old.filter(|old| old.1 > new.1).unwrap_or(new));
    }
}

/// The events up to some moment, and what the store was made with: its jitter is drawn from the
/// seed, once for each wait and each set.
#[derive(Clone, Copy)]
pub(crate) struct Log<'l> {
    pub(crate) rules: &'l Rules,
    pub(crate) seed: u64,
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
        self.last_brought().map(|(_, held)| held)
    }

    /// What is held, and the event that brought it.
    fn last_brought(self) -> Option<(usize, Held)> {
        self.events.iter().enumerate().rev().find_map(|(index, event)| match &event.what {
            What::Brought { held, .. } | What::Imported(held) => Some((index, *held)),
            _ => None,
        })
    }

    /// When the issuer was last asked with success, and when it answered. What is imported is an
    /// answer of the moment at which that fetch began.
    pub(crate) fn answered(self) -> Option<Span> {
        self.events.iter().rev().find_map(|Event { at, what }| match what {
            What::Brought { held, .. } => Some((held.began, *at)),
            What::Imported(held) => Some((held.began, held.began)),
            _ => None,
        })
    }

    /// When a ticket failed: a lost one when its time was over, whenever that was noticed.
    pub(crate) fn failed_at(self, index: usize) -> Option<u64> {
        match &self.events[index] {
            Event { at, what: What::Failed { ticket, lost: true, .. } } => {
                Some(self.begun(*ticket).0.saturating_add(self.rules.deadline).min(*at))
            }
            Event { at, what: What::Failed { .. } } => Some(*at),
            _ => None,
        }
    }

    pub(crate) fn trouble(self) -> Trouble {
        let (rules, mut trouble, mut draws) = (self.rules, Trouble::default(), 0);
        for (index, Event { at, what }) in self.events.iter().enumerate() {
            match what {
                What::Begun { .. } => {}
                What::Brought { .. } => {
                    trouble = Trouble::default();
                    draws += 1;
                }
                What::Imported(_) => draws += 1,
                What::Failed { ticket, how, .. } => {
                    let (began, noticed) = (self.begun(*ticket).0, *at);
                    let at = self.failed_at(index).unwrap_or(noticed);
                    let last = trouble.last;
                    if last.is_none_or(|last| last <= began || noticed < last) {
                        (trouble.failures, trouble.last) = (trouble.failures + 1, Some(at));
                    }
                    trouble.given_back = 0;
                    // From the beginning, but with a pause after the end.
                    let length = self.wait(trouble.failures, draws);
                    let end = (began.min(at) + length).max(at + rules.shortest_back_off);
                    let excused_from = at.min(began + rules.deadline);
                    let excuse = (excused_from, excused_from + end - at + rules.deadline);
                    let before = trouble.excuse.filter(|before| is_on(*before, noticed));
                    trouble.excuse = before.filter(|before| before.1 > excuse.1).or(Some(excuse));
                    trouble.wait(noticed, (at, end));
                    trouble.how = Some(*how);
                    draws += 1;
                }
                What::GivenBack { .. } => {
                    trouble.given_back += 1;
                    if trouble.given_back > 1 {
                        trouble.wait(*at, (*at, *at + self.wait(1, draws)));
                        draws += 1;
                    }
                }
            }
        }
        trouble
    }

    /// The wait after so many failures: half of a step and some of the other half.
    fn wait(self, failures: u32, draws: u64) -> u64 {
        let (shortest, longest) = (self.rules.shortest_back_off, self.rules.longest_back_off);
        let step = (0..failures).fold(shortest, |step, _| (2 * step).min(longest));
        (step / 2 + self.part_of(step / 2, draws)).max(shortest)
    }

    /// A part of `span`, by the number after so many of the sequence SplitMix64 of the seed.
    fn part_of(self, span: u64, draws: u64) -> u64 {
        let state = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(draws + 1));
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let product = u128::from(mixed ^ (mixed >> 31)) * u128::from(span);
        u64::try_from(product >> 64).unwrap_or(u64::MAX)
    }

    /// How many numbers were drawn before the event at `index`: for each set, and each wait.
    fn draws(self, index: usize) -> u64 {
        let (mut draws, mut after_one_given_back) = (0, false);
        for event in &self.events[..index] {
            let is_given_back = matches!(event.what, What::GivenBack { .. });
            let draws_none = match event.what {
                What::Begun { .. } => continue,
                // It says nothing of fetches: the row goes on.
                What::Imported(_) => {
                    draws += 1;
                    continue;
                }
                _ => is_given_back && !after_one_given_back,
            };
            draws += u64::from(!draws_none);
            after_one_given_back = is_given_back;
        }
        draws
    }

    /// When to ask for the next set unasked: somewhat before the one that is held is stale.
    pub(crate) fn refresh(self) -> Option<Span> {
        let (index, held) = self.last_brought()?;
        let ahead = self.rules.refresh_ahead;
        let ahead = ahead + self.part_of(ahead, self.draws(index));
        Some((held.began, held.began + held.fresh_for - ahead.min(held.fresh_for / 2)))
    }

    /// The end of the wait that failures have earned, or tickets given back, if it is not over.
    pub(crate) fn backing_off(self, now: u64) -> Option<u64> {
        self.trouble().wait.filter(|wait| is_on(*wait, now)).map(|(_, end)| end)
    }

    pub(crate) fn failure(self) -> Option<FetchFailure> {
        self.trouble().how
    }

    /// Whether the set that is held will do although it is not fresh: somebody is asking or nobody
    /// may, and that is so for no longer than a ticket takes, or the issuer is to blame.
    pub(crate) fn is_excused(self, held: &Held, now: u64) -> bool {
        let no_way = self.under_way(now).is_some() || self.backing_off(now).is_some();
        let is_just_stale = within(held.began, held.fresh_for + self.rules.deadline, now);
        let is_to_blame = self.trouble().excuse.is_some_and(|excuse| is_on(excuse, now));
        held.is_usable(self.rules, now) && no_way && (is_just_stale || is_to_blame)
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
        within(oldest, self.rules.look_window, now).then(|| oldest + self.rules.look_window)
    }

    /// How many looks in a row have brought no new key, without those of a flood that is over.
    fn fruitless(self, now: u64) -> u32 {
        let (mut count, mut last) = (0, None);
        let is_recent = |last: Option<u64>, now| {
            last.is_some_and(|at| within(at, 2 * self.rules.longest_interval, now))
        };
        for (index, event) in self.events.iter().enumerate() {
            match &event.what {
                What::Begun { reason: FetchReason::UnknownKey, .. } => {
                    count *= u32::from(is_recent(last, event.at));
                    last = Some(event.at);
                }
                What::Brought { ticket, held }
                    if self.begun(*ticket).1 == FetchReason::UnknownKey =>
                {
                    let before = self.before(index).held();
                    count = if added(before, held).is_empty() { count + 1 } else { 0 };
                }
                _ => {}
            }
        }
        count * u32::from(is_recent(last, now))
    }

    /// Until when a key that is not in the set does not exist.
    pub(crate) fn last_word(self, now: u64) -> Option<u64> {
        let (began, finished) = self.answered()?;
        let mut interval = self.rules.interval;
        for _ in 1..self.fruitless(now) {
            interval = (2 * interval).min(self.rules.longest_interval);
        }
        let spans = [(began, began + interval), (finished, finished + self.rules.interval)];
        spans.into_iter().filter(|span| is_on(*span, now)).map(|(_, end)| end).max()
    }

    /// The end of the newest ticket's time, if it is not over.
    pub(crate) fn under_way(self, now: u64) -> Option<u64> {
        let began = self.begun(*self.out().last()?).0;
        within(began, self.rules.deadline, now).then(|| began + self.rules.deadline)
    }

    /// The origin that the next ticket is for: the one that has brought the set, or the next after
    /// one that has failed.
    pub(crate) fn next_origin(self, origins: usize) -> usize {
        let mut next = 0;
        for event in self.events {
            match &event.what {
                What::Failed { ticket, .. } if self.begun(*ticket).2 == next => {
                    next = (next + 1) % origins;
                }
                What::Brought { ticket, .. } => next = self.begun(*ticket).2,
                _ => {}
            }
        }
        next
    }

    /// Until when there is no ticket for this reason, if there is none.
    pub(crate) fn refusal(self, reason: FetchReason, now: u64) -> Option<u64> {
        let mut waits = vec![self.backing_off(now)];
        if reason == FetchReason::UnknownKey {
            waits.push(self.last_word(now));
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
        let key = held.document.keys().iter().find(|(name, _)| *name == kid);
        match key {
            _ if !held.is_fresh(now) && !self.is_excused(&held, now) => {
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
                if let Some(until) = self.last_word(now) {
                    return if is_skipped {
                        unavailable(Reason::KeyUnusable, until)
                    } else {
                        Verdict::Refused(Reason::UnknownKey)
                    };
                }
                // Somebody else's answer is worth waiting for, unless they have failed already.
                let waits = [self.backing_off(now), self.spent(now)];
                let is_asked = waits[0].is_none() && self.under_way(now).is_some();
                match waits.into_iter().flatten().max().filter(|_| !is_asked) {
                    Some(until) => unavailable(not_now, until),
                    None => Verdict::Fetch(FetchReason::UnknownKey),
                }
            }
        }
    }

    /// What becomes of a document that came with a ticket.
    pub(crate) fn brought(self, ticket: usize, document: Document, caching: Caching) -> Held {
        let (began, _, origin, _) = self.begun(ticket);
        let fresh_for = self.rules.fresh_with(caching.max_age);
        Held { document, began, fresh_for, origin, etag: caching.etag }
    }
}

/// The names of the keys that `after` has and `before` has not.
pub(crate) fn added(before: Option<Held>, after: &Held) -> Vec<&'static str> {
    let old = before.map_or(&[] as &[_], |held| held.document.keys());
    let new = after.document.keys().iter().filter(|key| !old.contains(key));
    new.map(|(kid, _)| *kid).collect()
}
