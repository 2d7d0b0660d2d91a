//! The store's numbers, and its one line of text.

use supertokens_session::{FetchAnswer, FetchFailure, FetchReason, Freshness};

use crate::support::{jwks, jwks_of, new_store as store_of_one};
use crate::*;

#[test]
fn the_line_of_a_store_s_life() {
    let line = |store: &KeyStore, now| store.status(after(now)).to_string();
    let mut store = store_of_one(steady());
    assert_eq!(line(&store, 0), "no keys; no fetch yet");
    let first = next_ticket(&mut store, after(0));
    let begun = "1 fetch, 0 changes, 0 failures, 0 looks";
    assert_eq!(line(&store, 100), format!("no keys; fetching; {begun}"));
    store.finish_fetch(first, FetchAnswer::failed(), after(100));
    assert_eq!(
        line(&store, 300),
        "no keys; the last fetch failed: there was no HTTP answer; again in 800 ms; \
         1 fetch, 0 changes, 1 failure, 0 looks"
    );
    let weak = Signer::dynamic().jwk().replace("AQAB", "AQ");
    let document = jwks_of(&[Signer::statik().jwk(), weak]);
    fetch(&mut store, FetchAnswer::http(200, document.as_bytes()), after(2_000));
    let counts = "2 fetches, 1 change, 1 failure, 0 looks";
    let keys = "1 key (1 skipped) of generation 1";
    assert_eq!(line(&store, 62_000), format!("{keys}, fresh, 60 s old; {counts}"));
    assert_eq!(line(&store, 902_000), format!("{keys}, stale, 900 s old; {counts}"));
    assert_eq!(line(&store, 18_002_000), format!("{keys}, too old, 18000 s old; {counts}"));
    fetch(&mut store, FetchAnswer::http(200, jwks().as_bytes()), after(18_002_000));
    let counts = "3 fetches, 2 changes, 1 failure, 0 looks";
    let line = line(&store, 18_002_000);
    assert_eq!(line, format!("2 keys of generation 2, fresh, 0 s old; {counts}"));
}

#[test]
fn the_line_says_how_many_fetches_are_under_way() {
    let mut store = store_of_one(steady().tickets(3));
    let tickets: Vec<_> = (0..3).map(|now| next_ticket(&mut store, after(now))).collect();
    let line = |now| store.status(after(now)).to_string();
    let begun = "3 fetches, 0 changes, 0 failures, 0 looks";
    assert_eq!(line(10), format!("no keys; fetching 3 times; {begun}"));
    // Each until its own deadline.
    let last = tickets[2].deadline();
    assert_eq!(line(10_001), format!("no keys; fetching; {begun}"));
    assert_eq!(store.status(last).to_string(), format!("no keys; {begun}"));
}

#[test]
fn every_fetch_is_counted_once_by_its_reason_and_once_by_its_end() {
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let mut store = store_of_one(steady());
    let end = |store: &mut KeyStore, why, answer, now| {
        let ticket = ticket(store, why, after(now));
        assert_eq!(store.status(after(now)).in_flight, 1);
        store.finish_fetch(ticket, answer, after(now));
    };
    let driven = |store: &KeyStore, now| match store.next_action(after(now)) {
        supertokens_session::NextAction::Fetch(why) => why,
        wait => panic!("{wait:?}"),
    };
    let why = driven(&store, 0);
    end(&mut store, why, answer, 0);
    let why = driven(&store, 599_000);
    end(&mut store, why, answer, 599_000);
    let why = why_fetch(decide(&foreign_token("d-2"), &store.keys(), after(620_000)));
    end(&mut store, why, answer, 620_000);
    let why = driven(&store, 2_000_000);
    end(&mut store, why, FetchAnswer::http(500, b""), 2_000_000);
    let why = store.fetch_now();
    end(&mut store, why, FetchAnswer::http(200, b"?"), 2_001_000);
    let lost = next_ticket(&mut store, after(2_003_000));
    let _newer = store.begin_fetch(store.fetch_now(), after(2_013_000));
    store.finish_fetch(lost, answer, after(2_013_000));
    let abandoned = next_ticket(&mut store, after(2_014_000));
    store.abandon(abandoned, after(2_014_000));

    let status = store.status(after(2_014_000));
    let counts = &status.counts;
    let begun = FetchReason::ALL.iter().map(|why| counts.begun(*why)).collect::<Vec<_>>();
    assert_eq!(begun, [1, 1, 1, 1, 3], "{:?}", FetchReason::ALL);
    let failed: Vec<_> = FetchFailure::ALL
        .iter()
        .filter(|how| counts.failed(**how) > 0)
        .map(|how| (*how, counts.failed(*how)))
        .collect();
    assert_eq!(
        failed,
        [(FetchFailure::Overdue, 1), (FetchFailure::Status, 1), (FetchFailure::NotJson, 1)]
    );
    let ends = [counts.changed, counts.unchanged, counts.all_failed(), counts.abandoned];
    assert_eq!((counts.all_begun(), ends), (7, [1, 2, 3, 1]));
    assert_eq!((counts.dropped, counts.looks_refused, counts.imported), (1, 0, 0));
    assert_eq!((status.keys, status.generation), (2, 1));
    assert_eq!((status.freshness, status.in_flight), (Freshness::Stale, 0));
    assert_eq!(status.age.unwrap().as_millis(), 2_014_000 - 620_000);
}
