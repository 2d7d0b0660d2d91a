//! Invariant: the usable keys are those a naive reader finds, in any order; all else is reported.
//!
//! Input: the document.

use std::collections::BTreeSet;

use supertokens_session::{FetchFailure, KeySet, SkipReason};
use crate::doubles::{keys, null};

pub fn run(document: &[u8]) {
    let read = parse(document);
    let again = parse(document);
    assert_eq!(outcome(&read), outcome(&again), "parsing twice");
    is_json(document, &read);

    let Some(members) = keys::members(document) else {
        assert!(read.is_err(), "not an object with one array `keys`");
        return;
    };
    if read.as_ref().is_err_and(|failure| *failure == FetchFailure::NotJson) {
        return;
    }
    let mut expected = Ok(keys::usable_kids(&members));
    if members.len() > 128 {
        expected = Err(FetchFailure::TooManyKeys);
    } else if expected.as_ref().is_ok_and(BTreeSet::is_empty) {
        expected = Err(FetchFailure::NoUsableKey);
    }
    if document.len() > 256 * 1024 {
        expected = Err(FetchFailure::TooLong);
    }
    assert_eq!(kids(&read), expected);

    if let Ok(set) = &read {
        account_for_all(&members, set);
    }
    let reversed: Vec<&str> = members.iter().rev().map(String::as_str).collect();
    let reversed = format!(r#"{{"keys":[{}]}}"#, reversed.join(","));
    // Shorter than the document, for all that is beside `keys` is gone; but not always, by a comma
    // and a brace or so, where the document was at the limit.
    if document.len() < 256 * 1024 - 64 {
        assert_eq!(kids(&parse(reversed.as_bytes())), expected, "reversed");
    }
}

fn parse(document: &[u8]) -> Result<KeySet, FetchFailure> {
    let rows = [null::RS256, null::RS384, null::ES256, null::ES384, null::EDDSA];
    KeySet::parse(document, &rows)
}

fn outcome(read: &Result<KeySet, FetchFailure>) -> String {
    let ids = read.as_ref().map(|set| set.key_ids().collect::<Vec<_>>());
    format!("{ids:?} {read:?}")
}

/// The usable `kid`s, none of them twice.
fn kids(read: &Result<KeySet, FetchFailure>) -> Result<BTreeSet<String>, FetchFailure> {
    let set = read.as_ref().map_err(|failure| *failure)?;
    let kids: BTreeSet<String> = set.key_ids().map(str::to_owned).collect();
    assert_eq!(kids.len(), set.key_ids().count(), "a kid twice");
    Ok(kids)
}

/// What is accepted is JSON, and what is JSON is never called something else.
fn is_json(document: &[u8], read: &Result<KeySet, FetchFailure>) {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    match (serde_json::from_slice::<serde_json::Value>(text), read) {
        (Ok(value), Ok(_)) => assert!(value["keys"].is_array()),
        (Ok(_), Err(failure)) => assert_ne!(*failure, FetchFailure::NotJson),
        // In what it skips, serde_json takes a number of any size, any depth and half a pair of
        // surrogates: grammatical JSON (RFC 8259) that its `Value` cannot hold.
        (Err(error), Ok(_)) => {
            let error = error.to_string();
            let known = ["number out of range", "recursion limit", "surrogate", "hex escape"];
            assert!(known.iter().any(|known| error.contains(known)), "{error}");
        }
        (Err(_), Err(_)) => {}
    }
}

/// Every member is usable, skipped once, or a repeat of a usable one.
fn account_for_all(members: &[String], set: &KeySet) {
    let skipped: BTreeSet<usize> = set.skipped().iter().map(|member| member.index()).collect();
    assert_eq!(skipped.len(), set.skipped().len(), "a member skipped twice");
    assert!(skipped.iter().all(|index| *index < members.len()));
    for member in set.skipped() {
        let usable = keys::usable(&members[member.index()]);
        assert_eq!(usable.is_some(), member.reason() == SkipReason::Ambiguous, "{member:?}");
    }
    for (index, member) in members.iter().enumerate() {
        if !skipped.contains(&index) {
            let key = keys::usable(member).expect("neither usable nor skipped");
            assert!(set.key_ids().any(|kid| kid == key.kid), "{index} is nowhere");
        }
    }
}
