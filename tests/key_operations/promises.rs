//! The promises in plain words, over the list of what has happened. The oracle says what the store
//! does and may share a mistake with it; these say what nobody may do, however it comes about.
//!
//! Most are about spans of time, so they are held since the clock was last set back.

use supertokens_session::FetchReason;

use super::issuer::Token;
use super::log::{Event, Log, Verdict, What, near};

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
        is_ticket && near(event.at, rules.deadline, *now) && !has_ended(*ticket)
    });
    assert!(others.count() < rules.tickets, "more fetches at once than there are tickets");

    // After a failure nobody asks before the shortest wait is over; a success forgives it.
    for event in recent.iter().rev() {
        match event.what {
            What::Brought { .. } => break,
            What::Failed { wait: (_, until), .. } => {
                assert!(*now >= event.at + rules.shortest_back_off, "a ticket after a failure");
                assert!(*now >= until || has_shorter_wait(recent), "before the wait was over");
            }
            _ => {}
        }
    }

    // Progress: what has just been asked and answered is not asked again.
    let last = recent.iter().rev().find_map(|event| match &event.what {
        What::Brought { held, .. } | What::Imported(held) => Some(*held),
        _ => None,
    });
    if let Some(held) = last.filter(|_| *reason == FetchReason::UnknownKey) {
        assert!(*now >= held.finished + rules.interval, "an answer was not taken for final");
    }
}

/// Whether a later failure of the same trouble has drawn a shorter wait.
fn has_shorter_wait(recent: &[Event]) -> bool {
    let waits = recent.iter().rev().take_while(|event| !matches!(event.what, What::Brought { .. }));
    let waits = waits.filter(|event| matches!(event.what, What::Failed { .. }));
    waits.count() > 1
}

/// What must hold of a decision, with as much in `log` as the snapshot knew.
pub(crate) fn hold_of_decision(
    log: Log<'_>,
    steady: (u64, usize),
    token: Token,
    verdict: Verdict,
    now: u64,
) {
    let (kid, number) = token.key();
    let newest = log.events.iter().enumerate().rev().find_map(|(index, event)| match &event.what {
        What::Brought { held, .. } | What::Imported(held) => Some((index, *held)),
        _ => None,
    });
    let has = newest.is_some_and(|(_, held)| held.document.keys().contains(&(kid, number)));
    match verdict {
        // Trust: by a key of the newest set, never of one before, and not for longer than allowed.
        Verdict::Session => {
            assert!(has && !token.has_expired(), "a session by a key that is gone");
            let age = newest.map_or(u64::MAX, |(_, held)| held.began.abs_diff(now));
            assert!(age < log.rules.usable_for, "a set has been used for too long");
        }
        Verdict::Fetch(_) => {
            assert!(!token.has_expired(), "an expired token has caused a fetch");
            let recent = newest.filter(|(index, _)| *index >= steady.1);
            if let Some((_, held)) = recent {
                let names = held.document.keys().iter().any(|(name, _)| *name == kid);
                let end = if names {
                    held.began + held.fresh_for
                } else {
                    held.finished + log.rules.interval
                };
                assert!(now >= end, "no progress: {token:?}");
            }
            let failure =
                log.events.iter().skip(steady.1).rev().find_map(|event| {
                    matches!(event.what, What::Failed { .. }).then_some(event.at)
                });
            let succeeded = log.events.iter().skip(steady.1).any(|event| {
                matches!(event.what, What::Brought { .. }) && Some(event.at) >= failure
            });
            if let Some(at) = failure.filter(|_| !succeeded) {
                assert!(now >= at + log.rules.shortest_back_off, "no progress after a failure");
            }
        }
        Verdict::Unavailable { until, .. } => {
            assert!(until > now, "unavailable until before now");
            // Whatever the clock does: a wait lies at most as far ahead as it is long, twice.
            let rules = log.rules;
            let spans = [rules.longest_back_off, rules.look_window, rules.longest_interval];
            let longest = spans.into_iter().max().unwrap_or_default();
            assert!(until < now + 2 * longest, "a wait without an end in sight");
        }
        Verdict::Refused(_) => {}
    }
}
