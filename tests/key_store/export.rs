//! Snapshots that are stored and read back.

use supertokens_session::{
    FetchAnswer, FetchFailure, FetchOutcome, FetchReason, ImportError, NextAction, Reason,
    SessionDecision,
};

use crate::support::{jwks, jwks_of, new_store as store_of_one};
use crate::*;

const ORIGIN: &str = "https://core.example/.well-known/jwks.json";

const DATE: &str = "Tue, 24 Nov 2026 08:00:00 GMT";

fn exported() -> Vec<u8> {
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes())
        .header("etag", b"\"1\"")
        .header("last-modified", DATE.as_bytes())
        .header("date", b"Wed, 25 Nov 2026 08:00:00 GMT")
        .header("cache-control", b"max-age=300");
    store_with(steady(), answer, after(0)).keys().export().unwrap()
}

#[test]
fn a_stored_snapshot_is_as_old_as_it_was() {
    assert_eq!(new_store().keys().export(), None);
    let (stored, token) = (exported(), good_token());
    let mut store = store_of_one(steady());
    let keys = store.import(&stored, after(60_000)).unwrap();
    assert!(is_session(decide(&token, &keys, after(60_000))));
    assert_eq!((keys.generation(), keys.export().unwrap()), (1, stored));
    // Its answer's max-age and its validators are still known.
    assert!(is_session(decide(&token, &store.keys(), after(299_999))));
    let why = why_fetch(decide(&token, &store.keys(), after(300_000)));
    assert_eq!(why.reason(), FetchReason::Stale);
    let ticket = ticket(&mut store, why, after(300_000));
    let sent: Vec<_> = ticket.headers().skip(1).collect();
    assert_eq!(sent, [("if-none-match", "\"1\""), ("if-modified-since", DATE)]);
    let keys = store.finish_fetch(ticket, FetchAnswer::http(304, b""), after(300_000)).into_keys();
    assert!(is_session(decide(&token, &keys, after(899_999))));
}

#[test]
fn what_was_unknown_when_it_was_stored_may_be_looked_for_when_it_is_read() {
    let mut store = store_of_one(steady());
    let keys = store.import(&exported(), after(14_999)).unwrap();
    let unknown = SessionDecision::TryRefresh(Reason::UnknownKey);
    assert_eq!(decide(&foreign_token("d-2"), &keys, after(14_999)), unknown);
    why_fetch(decide(&foreign_token("d-2"), &keys, after(15_000)));
}

#[test]
fn a_snapshot_from_the_future_or_too_old_or_no_newer_is_refused() {
    let stored = exported();
    let refused = |now| store_of_one(steady()).import(&stored, now).err();
    let just_before = UnixMillis::from_millis(NOW * 1000 - 1);
    assert_eq!(refused(just_before), Some(ImportError::FromTheFuture));
    assert_eq!(refused(after(0)), None);
    assert_eq!(refused(after(14_399_999)), None);
    assert_eq!(refused(after(14_400_000)), Some(ImportError::TooOld));

    // A set that began as late, or later, stays.
    let mut store = full_store();
    assert_eq!(store.import(&stored, after(1)).err(), Some(ImportError::NotNewer));
    let one = jwks_of(&[Signer::statik().jwk()]);
    let keys = fetch(&mut store, FetchAnswer::http(200, one.as_bytes()), after(1));
    assert_eq!(store.import(&stored, after(2)).err(), Some(ImportError::NotNewer));
    assert_eq!(keys.set().unwrap().key_ids().count(), 1);
    // An older one goes, and it is no sign that the issuer can be asked again.
    let mut store = store_with(
        steady(),
        FetchAnswer::http(200, one.as_bytes()),
        UnixMillis::from_millis(NOW * 1000 - 1),
    );
    fetch(&mut store, FetchAnswer::failed(), after(100));
    assert_eq!(store.import(&stored, after(200)).unwrap().generation(), 2);
    assert!(is_session(decide(&good_token(), &store.keys(), after(200))));
    assert_eq!(store.next_action(after(200)), NextAction::Wait { until: after(1_100) });
    assert_eq!(store.status(after(200)).counts.imported, 1);
}

#[test]
fn an_answer_to_what_was_asked_before_the_snapshot_s_fetch_began_is_dropped() {
    let one = jwks_of(&[Signer::statik().jwk()]);
    let answer = FetchAnswer::http(200, one.as_bytes());
    let before = UnixMillis::from_millis(NOW * 1000 - 1);
    for (began, outcome) in [(before, FetchOutcome::Dropped), (after(0), FetchOutcome::Changed)] {
        let mut store = store_of_one(steady());
        let ticket = next_ticket(&mut store, began);
        store.import(&exported(), after(100)).unwrap();
        assert_eq!(store.finish_fetch(ticket, answer, after(200)).outcome(), outcome);
    }
}

#[test]
fn bytes_that_are_no_snapshot_are_refused_and_change_nothing() {
    let stored = String::from_utf8(exported()).unwrap();
    let (head, document) = stored.split_once("\n\n").unwrap();
    assert_eq!(
        head,
        format!(
            "supertokens-session keys 1\nfetched-at {}\nfresh-for 300000\norigin {ORIGIN}\n\
             etag \"1\"\nlast-modified {DATE}",
            NOW * 1000
        )
    );
    let with = |from: &str, to: &str| {
        assert!(stored.contains(from), "{from}");
        stored.replacen(from, to, 1).into_bytes()
    };
    let not = ImportError::NotASnapshot;
    let refused = |bytes: &[u8]| {
        let mut store = full_store();
        let error = store.import(bytes, after(60_000)).err();
        assert!(is_session(decide(&good_token(), &store.keys(), after(60_000))));
        let mut empty = store_of_one(steady());
        let too = empty.import(bytes, after(60_000)).err();
        assert!(too.is_none() || empty.keys().set().is_none());
        assert!(too == error || error == Some(ImportError::NotNewer), "{error:?} {too:?}");
        too
    };
    for cut in 0..head.len() + 1 {
        assert_eq!(refused(&stored.as_bytes()[..cut]), Some(not), "{cut}");
    }
    for (bytes, error) in [
        (b"".to_vec(), not),
        (with("keys 1", "keys 2"), not),
        (with("fetched-at", "fetched"), not),
        (with("fetched-at ", "fetched-at"), not),
        (with("fetched-at ", "fetched-at +"), not),
        (with("fetched-at ", "fetched-at  "), not),
        (with("fetched-at 1", "fetched-at 99999999999999999991"), not),
        (with("fetched-at ", "fetched-at 1\nfetched-at "), not),
        (with("etag ", "etag \"2\"\netag "), not),
        (with("etag ", "x "), not),
        (with("fresh-for 300000\n", ""), not),
        (with(&format!("origin {ORIGIN}\n"), ""), not),
        (with(ORIGIN, "https://staging.example/jwks.json"), ImportError::OtherOrigin),
        (with(ORIGIN, ""), ImportError::OtherOrigin),
        (with("\n\n", "\n"), not),
        (with(document, ""), ImportError::Document(FetchFailure::NotJson)),
        (with(document, r#"{"keys":[]}"#), ImportError::Document(FetchFailure::NoUsableKey)),
        (with(document, &" ".repeat(300_000)), ImportError::Document(FetchFailure::TooLong)),
    ] {
        assert_eq!(refused(&bytes), Some(error), "{}", String::from_utf8_lossy(&bytes));
    }
    // What may be left out, and what only shortens.
    for bytes in [
        with("etag \"1\"\n", ""),
        with("fresh-for 300000", "fresh-for 0"),
        with("fresh-for 300000", &format!("fresh-for {}", u64::MAX)),
    ] {
        assert_eq!(refused(&bytes), None);
        let mut store = store_of_one(steady());
        store.import(&bytes, after(0)).unwrap();
        assert!(is_session(decide(&good_token(), &store.keys(), after(29_999))));
        why_fetch(decide(&good_token(), &store.keys(), after(600_000)));
    }
}

#[test]
fn a_set_of_an_origin_that_would_not_be_read_back_is_not_exported() {
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes());
    let mut store = KeyStore::new("https://one/\netag x", &[provider::RS256], steady(), 7);
    assert_eq!(fetch(&mut store, answer, after(0)).export(), None);
}

#[test]
fn a_set_of_any_of_a_store_s_origins_is_taken() {
    let good = jwks();
    let mut first = new_store();
    fetch(&mut first, FetchAnswer::failed(), after(0));
    let ticket = next_ticket(&mut first, after(1_000));
    assert_eq!(ticket.url(), "https://two/");
    let answer = FetchAnswer::http(200, good.as_bytes());
    let stored = first.finish_fetch(ticket, answer, after(1_000)).into_keys().export().unwrap();
    assert!(new_store().import(&stored, after(2_000)).is_ok());
}

#[test]
fn every_refusal_has_its_sentence() {
    let document = FetchFailure::NotJson;
    for (refused, sentence) in [
        (ImportError::NotASnapshot, "these are not the bytes of an exported snapshot"),
        (ImportError::FromTheFuture, "the snapshot lies in the future"),
        (ImportError::TooOld, "the snapshot is too old to be used"),
        (ImportError::OtherOrigin, "the snapshot was fetched from another origin"),
        (ImportError::NotNewer, "the store has keys that are as new"),
        (ImportError::Document(document), &document.to_string()),
    ] {
        assert_eq!(refused.to_string(), sentence);
    }
}
