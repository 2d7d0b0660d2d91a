//! The promises in plain words, over the list of what has happened. The oracle says what the store
//! does and may share a mistake with it; these say what nobody may do, however it comes about.
//!
//! Most are about spans of time, so they are held since the clock was last set back.

use supertokens_session::FetchReason;

use super::issuer::Token;
use super::log::{Event, Log, SLACK, Verdict, What, within};

/// What must hold now that the last event of `log` has happened. `steady` is since when the clock
/// has only gone on, and how much had happened then.
pub(crate) fn hold_of_event(log: Log<'_>, steady: (u64, usize)) {
    let (rules, events) = (log.rules, log.events);
    let Some((Event { at: now, what }, before)) = events.split_last() else { return };
    let What::Begun { reason, .. } = what else { return };
    let recent = before.get(steady.1..).unwrap_or_default();

    // The budget: in no span as long as the window are there more looks than it allows.
    let looks = recent.iter().filter(|event| {
        let is_look = matches!(event.what, What::Begun { reason: FetchReason::UnknownKey, .. });
        is_look && event.at + rules.look_window > *now
    });
    if *reason == FetchReason::UnknownKey {
        assert!(looks.count() < rules.looks, "a look beyond the budget");
    }

    // Single flight: of the fetches that have neither ended, been overtaken nor run out of time,
    // there are as many as there are tickets at most.
    let has_ended = |ticket: usize| {
        before[ticket..].iter().any(|event| match &event.what {
            What::Failed { ticket: ended, .. } | What::GivenBack { ticket: ended, .. } => {
                *ended == ticket
            }
            What::Brought { ticket: ended, .. } => *ended >= ticket,
            What::Imported(held) => held.began > before[ticket].at,
            What::Begun { .. } => false,
        })
    };
    let others = before.iter().enumerate().filter(|(ticket, event)| {
        let is_ticket = matches!(event.what, What::Begun { .. });
        is_ticket && within(event.at, rules.deadline, *now) && !has_ended(*ticket)
    });
    assert!(others.count() < rules.tickets, "more fetches at once than there are tickets");

    // After a failure nobody asks before the shortest wait is over; a success forgives it.
    for index in (steady.1..before.len()).rev() {
        if matches!(before[index].what, What::Brought { .. }) {
            break;
        }
        if let Some(at) = log.failed_at(index) {
            assert!(*now >= at + rules.shortest_back_off, "a ticket after a failure");
        }
    }

    if *reason != FetchReason::UnknownKey {
        return;
    }
    // Progress: what has just been asked and answered is not asked again.
    let last = last_answer(log, steady.1);
    assert!(last.is_none_or(|at| *now >= at + rules.interval), "an answer was not taken for final");
}

/// When there was last an answer with a usable set, if that was not before the event at `first`. An
/// import is one if its fetch began later than all before; if not, nothing is said.
fn last_answer(log: Log<'_>, first: usize) -> Option<u64> {
    let began = |event: &Event| match &event.what {
        What::Brought { held, .. } | What::Imported(held) => Some(held.began),
        _ => None,
    };
    let last =
        (first..log.events.len()).rev().find(|index| began(&log.events[*index]).is_some())?;
    match &log.events[last] {
        Event { what: What::Imported(held), .. } => {
            let mut before = log.events[..last].iter().filter_map(began);
            before.all(|before| before < held.began).then_some(held.began)
        }
        Event { at, .. } => Some(*at),
    }
}

/// What must hold of a time until which to wait, if what is waited for takes so long at most:
/// whatever the clock does, no wait is longer than that, but by how much clocks differ.
pub(crate) fn hold_of_wait(lengths: &[u64], until: u64, now: u64) {
    let longest = lengths.iter().copied().max().unwrap_or_default();
    assert!(now < until, "a wait that is over");
    assert!(until < now + longest + SLACK, "a wait of {} ms: {longest}", until - now);
}

/// What must hold of a decision, with as much in `log` as the snapshot knew.
pub(crate) fn hold_of_decision(
    log: Log<'_>,
    steady: (u64, usize),
    token: Token,
    verdict: Verdict,
    now: u64,
) {
    let (rules, (kid, number)) = (log.rules, token.key());
    let held = log.held();
    let has = held.is_some_and(|held| held.document.keys().contains(&(kid, number)));
    match verdict {
        Verdict::Session => {
            // Trust: by a key of the set that is held, never of one before.
            let held = held.filter(|_| has && !token.has_expired());
            let held = held.expect("a session by a key that is gone");
            // Not for longer than allowed, and not by one that nobody knows the age of.
            assert!(held.began.abs_diff(now) < rules.usable_for, "a set was used for too long");
            // Withdrawal: a key that the issuer has withdrawn works until its set is stale, and as
            // long as one fetch takes; longer only while the issuer fails, and for one wait and one
            // fetch after that.
            let failures = (0..log.events.len())
                .rev()
                .take_while(|index| !matches!(log.events[*index].what, What::Brought { .. }));
            let excuse = failures.filter_map(|index| match log.events[index].what {
                What::Failed { ticket, .. } => {
                    let over = log.events[ticket].at + rules.deadline;
                    Some(log.events[index].at.min(over) + rules.longest_back_off)
                }
                _ => None,
            });
            let stale = held.began + held.fresh_for;
            let end = excuse.chain([stale]).max().unwrap_or(stale) + rules.deadline;
            assert!(now < end, "a withdrawn key works on");
        }
        Verdict::Fetch(reason) => {
            assert!(!token.has_expired(), "an expired token has caused a fetch");
            // Progress: nobody is sent for what has just come, or has just failed to come.
            let is_recent = log.events.iter().skip(steady.1).any(|event| match &event.what {
                What::Brought { held: new, .. } | What::Imported(new) => Some(*new) == held,
                _ => false,
            });
            if let (FetchReason::Stale, Some(held), true) = (reason, held, is_recent) {
                assert!(now >= held.began + held.fresh_for, "no progress: {token:?}");
            }
            if reason == FetchReason::UnknownKey {
                assert!(
                    held.is_some_and(|held| held.document.keys().iter().all(|key| key.0 != kid))
                );
                let last = last_answer(log, steady.1);
                assert!(last.is_none_or(|at| now >= at + rules.interval), "no progress: {token:?}");
            }
            let last = (steady.1..log.events.len()).rev().find(|index| {
                matches!(log.events[*index].what, What::Failed { .. } | What::Brought { .. })
            });
            if let Some(at) = last.and_then(|index| log.failed_at(index)) {
                assert!(now >= at + rules.shortest_back_off, "no progress after a failure");
            }
        }
        Verdict::Unavailable { until, .. } => {
            let of_looks = [rules.look_window, rules.interval, rules.longest_interval];
            let may_look =
                held.is_some_and(|held| held.document.keys().iter().all(|(name, _)| *name != kid));
            let of_looks = if may_look { &of_looks[..] } else { &[] };
            hold_of_wait(&[of_looks, &[rules.longest_back_off]].concat(), until, now);
        }
        Verdict::Refused(_) => {}
    }
}
