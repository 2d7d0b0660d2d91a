//! Real threads at one store: one fetches for all, whoever it is, and nobody waits for ever.
//!
//! The clock is a number that the tests set, and each step begins when the one before is seen to be
//! done, so no speed of the machine makes a difference.

#[path = "waiters/site.rs"]
mod site;
mod support;

use std::collections::BTreeSet;
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use site::Site;
use supertokens_session::{
    Fetch, FetchAnswer, FetchFailure, FetchOutcome, KeyPolicy, KeyStore, Reason, SessionDecision,
    Ticket, UnixMillis,
};
use support::{NOW, PAYLOAD, Signer, base64url, jwks_of};

/// So many milliseconds after [`NOW`].
fn after(millis: u64) -> UnixMillis {
    UnixMillis::from_millis(NOW * 1000 + millis)
}

fn is_session(decision: &SessionDecision) -> bool {
    matches!(decision, SessionDecision::Authenticated(_))
}

/// Sends so many visitors at once, and returns what became of each.
fn visit_all<T: Send>(count: usize, visitor: impl Fn() -> T + Sync) -> Vec<T> {
    thread::scope(|scope| {
        let visitors: Vec<_> = (0..count).map(|_| scope.spawn(&visitor)).collect();
        visitors.into_iter().map(|visitor| visitor.join().unwrap()).collect()
    })
}

#[test]
fn a_thousand_waiters_at_a_cold_store_cause_one_fetch_and_all_are_authenticated() {
    let site = Site::new(KeyPolicy::default());
    let gets = AtomicUsize::new(0);
    let cold = Barrier::new(1000);
    let decisions = visit_all(1000, || {
        let keys = site.keys();
        // All of them find the store cold before the first asks for a ticket.
        assert!(matches!(site.decide(&keys), SessionDecision::FetchKeys(_)));
        cold.wait();
        site.visit(keys, |ticket| {
            assert_eq!(gets.fetch_add(1, Ordering::SeqCst), 0, "one fetches");
            site.until_waiting(999);
            Some(site.answer(ticket))
        })
    });
    assert!(decisions.iter().flatten().all(is_session));
    assert_eq!((decisions.iter().flatten().count(), gets.into_inner()), (1000, 1));
    let counts = site.status().counts;
    assert_eq!((counts.all_begun(), counts.changed, counts.dropped), (1, 1, 0));
}

#[test]
fn when_the_holder_of_the_ticket_gives_it_back_another_takes_over_at_once() {
    let site = Site::new(KeyPolicy::default());
    let gets = AtomicUsize::new(0);
    let decisions = visit_all(100, || {
        site.visit(site.keys(), |ticket| match gets.fetch_add(1, Ordering::SeqCst) {
            0 => {
                site.until_waiting(99);
                site.write(|store, now| store.abandon(ticket, now));
                None
            }
            1 => {
                site.until_waiting(98);
                Some(site.answer(ticket))
            }
            more => panic!("{more} have fetched"),
        })
    });
    // The clock has not moved. One visitor has gone away.
    assert!(decisions.iter().flatten().all(is_session));
    assert_eq!((decisions.iter().flatten().count(), gets.into_inner()), (99, 2));
    let counts = site.status().counts;
    assert_eq!((counts.all_begun(), counts.abandoned, counts.all_failed()), (2, 1, 0));
}

#[test]
fn when_the_holder_of_the_ticket_drops_it_the_others_see_it_end_at_its_deadline() {
    let site = Site::new(KeyPolicy::default());
    let gets = AtomicUsize::new(0);
    let decisions = visit_all(100, || {
        site.visit(site.keys(), |ticket| {
            assert_eq!(gets.fetch_add(1, Ordering::SeqCst), 0, "one fetches");
            site.until_waiting(99);
            assert_eq!(ticket.deadline(), after(10_000));
            drop(ticket);
            // A millisecond before, whoever looks goes on waiting.
            let looked = site.looked();
            site.set_clock(after(9_999));
            site.until(|| site.looked() >= looked + 99);
            site.until_waiting(99);
            site.set_clock(after(10_000));
            None
        })
    });
    let mut retry_at = None;
    for decision in decisions.iter().flatten() {
        let SessionDecision::Unavailable(why) = decision else { panic!("{decision:?}") };
        assert_eq!(why.reason(), Reason::KeysUnavailable);
        assert_eq!(why.failure(), Some(FetchFailure::Overdue));
        assert_eq!(why.retry_at(), *retry_at.get_or_insert_with(|| why.retry_at()));
    }
    assert_eq!(decisions.iter().flatten().count(), 99);
    let counts = site.status().counts;
    assert_eq!((counts.all_begun(), counts.failed(FetchFailure::Overdue)), (1, 1));
    // Nothing is wedged: whoever comes back when they were told to fetches.
    site.set_clock(retry_at.unwrap());
    let decisions = visit_all(100, || site.visit(site.keys(), |ticket| Some(site.answer(ticket))));
    assert!(decisions.iter().flatten().all(is_session));
    assert_eq!(site.status().counts.all_begun(), 2);
}

/// As in Cloudflare Workers: nobody can wait for another's fetch.
#[test]
fn eight_requests_that_cannot_share_a_fetch_get_a_ticket_each_and_the_ninth_none() {
    let site = Site::new(KeyPolicy::default().tickets(8));
    let (gets, together) = (AtomicUsize::new(0), Barrier::new(8));
    let decisions = visit_all(9, || {
        site.visit(site.keys(), |ticket| {
            assert!(gets.fetch_add(1, Ordering::SeqCst) < 8, "a ninth ticket");
            site.until_waiting(1);
            together.wait();
            Some(site.answer(ticket))
        })
    });
    assert!(decisions.iter().flatten().all(is_session));
    assert_eq!((decisions.iter().flatten().count(), gets.into_inner()), (9, 8));
    let counts = site.status().counts;
    // Which of the eight came first is for the scheduler to say.
    assert_eq!((counts.changed, counts.unchanged + counts.dropped), (1, 7));
}

/// Tickets of one store, all out.
fn tickets(store: &mut KeyStore, count: usize) -> Vec<Ticket> {
    let mut next = || match store.begin_fetch(store.fetch_now(), after(0)) {
        Fetch::Ticket(ticket) => ticket,
        other => panic!("no ticket but {other:?}"),
    };
    (0..count).map(|_| next()).collect()
}

/// All orders of so many.
fn orders(count: usize) -> Vec<Vec<usize>> {
    if count == 0 {
        return vec![Vec::new()];
    }
    let insert = |order: Vec<usize>| {
        (0..count).map(move |at| {
            let mut order = order.clone();
            order.insert(at, count - 1);
            order
        })
    };
    orders(count - 1).into_iter().flat_map(insert).collect()
}

/// Five fetches of five different sets, in all orders, and each of them failing or not.
#[test]
fn answers_may_come_in_any_order_and_an_older_one_never_replaces_a_newer() {
    let jwk = Signer::dynamic().jwk();
    let document = |n: usize| jwks_of(&[jwk.replace(Signer::dynamic().kid, &format!("d-{n}"))]);
    let documents: Vec<_> = (0..5).map(document).collect();
    let orders = BTreeSet::from_iter(orders(5));
    assert_eq!(orders.len(), 120);
    for order in orders {
        for failing in 0..1_u32 << 5 {
            let mut store = Site::store(KeyPolicy::default().tickets(5));
            let mut out: Vec<_> = tickets(&mut store, 5).into_iter().map(Some).collect();
            assert!(matches!(
                store.begin_fetch(store.fetch_now(), after(0)),
                Fetch::InFlight { until } if until == after(10_000)
            ));
            let mut newest = None;
            for (nth, which) in order.iter().enumerate() {
                let answer = match failing >> which & 1 {
                    0 => FetchAnswer::http(200, documents[*which].as_bytes()),
                    _ => FetchAnswer::failed(),
                };
                let now = after(1 + u64::try_from(nth).unwrap());
                let report = store.finish_fetch(out[*which].take().unwrap(), answer, now);
                let is_overtaken = newest.is_some_and(|newest| newest > *which);
                let expected = match failing >> which & 1 {
                    _ if is_overtaken => FetchOutcome::Dropped,
                    0 => FetchOutcome::Changed,
                    _ => FetchOutcome::Failed(FetchFailure::NoAnswer),
                };
                assert_eq!(report.outcome(), expected, "{order:?} {failing:b} {which}");
                if expected == FetchOutcome::Changed {
                    newest = Some(*which);
                }
                let held =
                    report.keys().set().map(|set| set.key_ids().collect::<Vec<_>>().concat());
                assert_eq!(held, newest.map(|n| format!("d-{n}")), "{order:?} {failing:b}");
            }
            assert_eq!(store.status(after(10)).in_flight, 0);
        }
    }
}

/// A token of this key that is not signed: refused for its signature, or for its key.
fn unsigned(kid: &str) -> String {
    let header = format!(r#"{{"kid":"{kid}","typ":"JWT","version":"5","alg":"RS256"}}"#);
    format!("{}.{}.AAAA", base64url(header.as_bytes()), base64url(PAYLOAD.as_bytes()))
}

/// A writer replaces both keys of the issuer a hundred times, and before each has a failure.
#[test]
fn a_snapshot_is_wholly_before_a_change_or_wholly_after_it() {
    const LAST: usize = 100;
    const READERS: usize = 4;
    let kids = |generation: usize| ["a", "b"].map(|key| format!("d-{generation}-{key}"));
    let issuer = Signer::dynamic();
    let document =
        |generation| jwks_of(&kids(generation).map(|kid| issuer.jwk().replace(issuer.kid, &kid)));
    let site = Site::new(KeyPolicy::default());
    let read = AtomicUsize::new(0);
    let write = |generation: usize| {
        for (is_good, millis) in [(false, 0), (true, 2_000)] {
            // Far enough from the last for no wait to be left, and each reader reads in between.
            site.set_clock(after(u64::try_from(generation).unwrap() * 60_000 + millis));
            let ticket = site.write(|store, now| match store.begin_fetch(store.fetch_now(), now) {
                Fetch::Ticket(ticket) => ticket,
                other => panic!("{other:?}"),
            });
            let seen = read.load(Ordering::SeqCst);
            site.until(|| read.load(Ordering::SeqCst) >= seen + 2 * READERS);
            let document = document(generation);
            let answer = match is_good {
                true => FetchAnswer::http(200, document.as_bytes()),
                false => FetchAnswer::failed(),
            };
            site.write(|store, now| store.finish_fetch(ticket, answer, now));
        }
    };
    let reader = || {
        let _alarm = site.alarm();
        let mut generations = vec![0];
        while *generations.last().unwrap() < LAST {
            // Decided at the time of the snapshot: whoever comes late to a thread's turn must not find
            // the set stale.
            let (keys, now) = site.keys_and_now();
            read.fetch_add(1, Ordering::SeqCst);
            let generation = usize::try_from(keys.generation()).unwrap();
            assert!(generation >= *generations.last().unwrap(), "back in time");
            generations.push(generation);
            let Some(set) = keys.set() else { continue };
            // Twice, as the writer goes on in the meantime.
            for _ in 0..2 {
                assert_eq!(set.key_ids().collect::<Vec<_>>(), kids(generation));
                for (of, known) in
                    [(generation, true), (generation - 1, false), (generation + 1, false)]
                {
                    for kid in kids(of) {
                        let cookie = format!("sAccessToken={}", unsigned(&kid));
                        let decision = support::decide(cookie.as_bytes(), &keys, now);
                        let is_known =
                            decision == SessionDecision::TryRefresh(Reason::BadSignature);
                        assert_eq!(is_known, known, "{kid} of {generation}: {decision:?}");
                    }
                }
            }
        }
        generations.dedup();
        generations.len()
    };
    thread::scope(|scope| {
        let _alarm = site.alarm();
        let readers: Vec<_> = (0..READERS).map(|_| scope.spawn(reader)).collect();
        (1..=LAST).for_each(write);
        let seen: Vec<_> = readers.into_iter().map(|reader| reader.join().unwrap()).collect();
        assert!(seen.iter().all(|generations| *generations > 2), "{seen:?}");
    });
}
