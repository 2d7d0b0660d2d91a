//! What the store makes of answers: failures, documents, validators; and what it reports of them.

use std::sync::atomic::{AtomicUsize, Ordering};

use supertokens_session::{
    FetchAnswer, FetchFailure, FetchOutcome, KeyKind, KeyRejected, Origins, PublicKey, Reason,
    SignatureAlgorithm, SkipReason, VerifyingKey,
};

use crate::support::{jwks, jwks_of, new_store as store_of_one};
use crate::*;

#[test]
fn after_a_failure_the_next_origin_is_asked_when_the_wait_is_over() {
    let mut store = new_store();
    let origins = ["https://one/", "https://two/", "https://three/", "https://one/"];
    for (now, origin) in (0..).step_by(1_000).zip(origins) {
        let ticket = next_ticket(&mut store, after(now));
        assert_eq!(ticket.url(), origin);
        let answer = FetchAnswer::http(500, b"");
        let keys = store.finish_fetch(ticket, answer, after(now)).into_keys();
        for wait in [0, 999] {
            let why = store.fetch_now();
            let Fetch::NotNow { until } = store.begin_fetch(why, after(now + wait)) else {
                panic!("a fetch {wait} ms after a failure");
            };
            let decision = why_unavailable(decide(&good_token(), &keys, after(now + wait)));
            assert_eq!((decision.retry_at(), until), (after(now + 1_000), after(now + 1_000)));
            assert_eq!(decision.reason(), Reason::KeysUnavailable);
            assert_eq!(decision.failure(), Some(FetchFailure::Status));
        }
        why_fetch(decide(&good_token(), &keys, after(now + 1_000)));
    }
    // The origin that answers is stayed with.
    for now in [10_000, 30_000] {
        let ticket = next_ticket(&mut store, after(now));
        assert_eq!(ticket.url(), "https://two/");
        store.finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(now));
    }
}

#[test]
fn a_single_origin_is_asked_again_and_again() {
    let origins = [
        Origins::from("https://one/"),
        Origins::from(String::from("https://one/")),
        Origins::new("https://one/", Vec::<String>::new()),
    ];
    for origins in origins {
        let mut store = KeyStore::new(origins, &[provider::RS256], steady(), 7);
        for round in 0..3 {
            let ticket = next_ticket(&mut store, after(round * 1_000));
            assert_eq!(ticket.url(), "https://one/");
            store.finish_fetch(ticket, FetchAnswer::failed(), after(round * 1_000));
        }
    }
}

#[test]
fn each_wait_after_a_failure_is_longer_up_to_a_minute_and_an_answer_ends_them() {
    let mut store = KeyStore::new("https://one/", &[provider::RS256], KeyPolicy::default(), 7);
    let mut now = 0;
    let mut waits = || {
        let mut waits = Vec::new();
        for _ in 0..10 {
            let ticket = next_ticket(&mut store, after(now));
            store.finish_fetch(ticket, FetchAnswer::http(404, b""), after(now));
            let until = store.status(after(now)).retry_at.unwrap();
            waits.push(until.since(after(now)).as_millis());
            now = until.as_millis() - NOW * 1000;
        }
        let ticket = next_ticket(&mut store, after(now));
        store.finish_fetch(ticket, FetchAnswer::http(200, jwks().as_bytes()), after(now));
        assert_eq!(store.status(after(now)).retry_at, None);
        waits
    };
    let (first, second) = (waits(), waits());
    for waits in [&first, &second] {
        for (wait, step) in waits.iter().zip([1, 2, 4, 8, 16, 32, 60, 60, 60, 60]) {
            assert!((step * 500..=step * 1000).contains(wait), "{waits:?}");
        }
    }
    assert_ne!(first, second, "no jitter");
}

#[test]
fn a_failure_never_harms_the_keys_that_are_held() {
    let (mut store, token) = (full_store(), good_token());
    let good = jwks();
    let with = |more: &str| format!("{good}{more}");
    let (trailing, long) = (with("x"), with(&" ".repeat(300_000)));
    let mut now = 20_000;
    for (answer, failure) in [
        (FetchAnswer::failed(), FetchFailure::NoAnswer),
        (FetchAnswer::http(500, good.as_bytes()), FetchFailure::Status),
        (FetchAnswer::http(201, good.as_bytes()), FetchFailure::Status),
        (FetchAnswer::http(0, good.as_bytes()), FetchFailure::Status),
        (FetchAnswer::http(u16::MAX, good.as_bytes()), FetchFailure::Status),
        // Nothing was asked that this could be the answer to.
        (FetchAnswer::http(304, b""), FetchFailure::Status),
        (FetchAnswer::http(200, b""), FetchFailure::NotJson),
        (FetchAnswer::http(200, b"\xff"), FetchFailure::NotUtf8),
        (FetchAnswer::http(200, br#"{"keys":[]}"#), FetchFailure::NoUsableKey),
        (FetchAnswer::http(200, trailing.as_bytes()), FetchFailure::NotJson),
        (FetchAnswer::http(200, long.as_bytes()), FetchFailure::TooLong),
        (FetchAnswer::http(200, b"[]"), FetchFailure::NotAnObject),
    ] {
        let answer = answer
            .header("etag", b"\"1\"")
            .header("last-modified", b"x")
            .header("cache-control", b"max-age=0");
        let ticket = next_ticket(&mut store, after(now));
        let report = store.finish_fetch(ticket, answer, after(now));
        assert_eq!(report.outcome(), FetchOutcome::Failed(failure));
        assert_eq!((report.added().count(), report.removed().count()), (0, 0));
        let keys = report.into_keys();
        assert!(is_session(decide(&token, &keys, after(now))));
        assert_eq!(keys.generation(), 1);
        // Who brings another key's token waits for the issuer, not the issuer's users.
        let why = why_unavailable(decide(&foreign_token("d-2"), &keys, after(now)));
        assert_eq!((why.reason(), why.failure()), (Reason::KeysUnavailable, Some(failure)));
        now += 2_000;
    }
}

#[test]
fn a_report_says_what_was_added_removed_and_skipped() {
    let [dynamic, statik] = [Signer::dynamic(), Signer::statik()];
    let mut store = store_of_one(steady());
    let mut now = 0;
    let mut fetched = |document: &str| {
        now += 1_000;
        let ticket = next_ticket(&mut store, after(now));
        let report =
            store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), after(now));
        let kids = |kids: &mut dyn Iterator<Item = &str>| kids.collect::<Vec<_>>().join(" ");
        let skipped: Vec<_> = report.skipped().iter().map(|one| one.reason()).collect();
        let (added, removed) = (kids(&mut report.added()), kids(&mut report.removed()));
        (report.outcome(), added, removed, skipped, report.keys().generation())
    };
    let none = String::new;
    let (d, s) = (dynamic.kid.to_owned(), statik.kid.to_owned());
    let both = format!("{d} {s}");
    let changed = FetchOutcome::Changed;
    let same = FetchOutcome::Unchanged;
    let failed = FetchOutcome::Failed(FetchFailure::NoUsableKey);
    let weak = dynamic.jwk().replace("AQAB", "AQ");

    assert_eq!(fetched(&jwks()), (changed, both, none(), vec![], 1));
    assert_eq!(fetched(&jwks()), (same, none(), none(), vec![], 1));
    // Another text of the same keys, in another order.
    let reordered = jwks_of(&[statik.jwk(), dynamic.jwk().replace(',', " , ")]);
    assert_eq!(fetched(&reordered), (same, none(), none(), vec![], 1));
    let weakened = jwks_of(&[statik.jwk(), weak.clone()]);
    let skipped = vec![SkipReason::Exponent];
    assert_eq!(fetched(&weakened), (changed, none(), d.clone(), skipped.clone(), 2));
    assert_eq!(fetched(&weakened), (same, none(), none(), skipped.clone(), 2));
    // Why there is no key is said even though nothing is taken from the document.
    assert_eq!(fetched(&jwks_of(&[weak])), (failed, none(), none(), skipped, 2));
    // Another key under the name of one that is held.
    let exchanged = jwks_of(&[Signer::other().jwk().replace(&d, &s)]);
    assert_eq!(fetched(&exchanged), (changed, s.clone(), s.clone(), vec![], 3));
    assert_eq!(fetched(&jwks_of(&[dynamic.jwk()])), (changed, d, s, vec![], 4));
}

/// What a cache on the way, and the origin itself, are asked.
fn headers(ticket: &Ticket) -> Vec<(String, String)> {
    ticket.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// The ticket that a decision on this token asks for.
fn asked_for(store: &mut KeyStore, token: &str, now: u64) -> Ticket {
    let why = why_fetch(decide(token, &store.keys(), after(now)));
    ticket(store, why, after(now))
}

#[test]
fn validators_are_sent_back_to_where_they_came_from_and_304_confirms_the_set() {
    let good = jwks();
    let (mut store, token) = (new_store(), good_token());
    let no_cache = || pair("cache-control", "no-cache");
    let ticket = asked_for(&mut store, &token, 0);
    assert_eq!(headers(&ticket), [no_cache()]);
    let date = "Tue, 24 Nov 2026 08:00:00 GMT";
    let answer = FetchAnswer::http(200, good.as_bytes()).header("ETag", b"W/\"1\"");
    let answer = answer.header("Last-Modified", date.as_bytes());
    let answer = answer.header("Date", b"Wed, 25 Nov 2026 08:00:00 GMT");
    store.finish_fetch(ticket, answer, after(0));

    // Ten minutes later the origin has nothing new, and does not repeat what it is that it has.
    let ticket = asked_for(&mut store, &token, 600_000);
    let asked = [no_cache(), pair("if-none-match", "W/\"1\""), pair("if-modified-since", date)];
    assert_eq!(headers(&ticket), asked);
    let answer = FetchAnswer::http(304, b"ignored").header("cache-control", b"max-age=100");
    let report = store.finish_fetch(ticket, answer, after(601_000));
    assert_eq!(report.outcome(), FetchOutcome::Unchanged);
    let keys = report.into_keys();
    assert!(is_session(decide(&token, &keys, after(699_999))));

    // The second origin has never been asked: it is not told of the first's validators.
    let ticket = asked_for(&mut store, &token, 700_000);
    assert_eq!(headers(&ticket), asked);
    store.finish_fetch(ticket, FetchAnswer::failed(), after(700_000));
    let ticket = asked_for(&mut store, &token, 701_000);
    assert_eq!((ticket.url(), headers(&ticket)), ("https://two/", vec![no_cache()]));
    let report = store.finish_fetch(ticket, FetchAnswer::http(304, b""), after(701_000));
    assert_eq!(report.outcome(), FetchOutcome::Failed(FetchFailure::Status));
    let ticket = asked_for(&mut store, &token, 702_000);
    assert_eq!((ticket.url(), headers(&ticket)), ("https://three/", vec![no_cache()]));
    let other = FetchAnswer::http(200, good.as_bytes()).header("etag", b"\"3\"");
    store.finish_fetch(ticket, other, after(702_000));

    // Whoever looks for a key, or fetches by hand, is not content to hear that nothing has changed.
    let by_hand = next_ticket(&mut store, after(720_000));
    assert_eq!(headers(&by_hand), [no_cache()]);
    store.abandon(by_hand, after(720_000));
    let look = asked_for(&mut store, &foreign_token("d-2"), 720_000);
    assert_eq!(headers(&look), [no_cache()]);
    store.abandon(look, after(720_000));
    let ticket = asked_for(&mut store, &token, 1_302_000);
    assert_eq!(headers(&ticket), [no_cache(), pair("if-none-match", "\"3\"")]);
    // An answer without any has none.
    store.finish_fetch(ticket, FetchAnswer::http(200, good.as_bytes()), after(1_302_000));
    let ticket = asked_for(&mut store, &token, 1_902_000);
    assert_eq!(headers(&ticket), [no_cache()]);
    // And then 304 is no answer.
    let report = store.finish_fetch(ticket, FetchAnswer::http(304, b""), after(1_902_000));
    assert_eq!(report.outcome(), FetchOutcome::Failed(FetchFailure::Status));
}

#[test]
fn a_304_brings_back_a_set_that_was_too_old() {
    let good = jwks();
    let answer = FetchAnswer::http(200, good.as_bytes()).header("etag", b"\"1\"");
    let (mut store, token) = (store_with(steady(), answer, after(0)), good_token());
    let late = 20_000_000;
    let ticket = asked_for(&mut store, &token, late);
    let keys = store.finish_fetch(ticket, FetchAnswer::http(304, b""), after(late)).into_keys();
    assert!(is_session(decide(&token, &keys, after(late))));
}

#[test]
fn no_header_of_an_answer_is_sent_back_that_could_begin_another() {
    let good = jwks();
    for value in ["\"1\"\r\nx: y", "\"1\"\n", "\u{0}", "ä", " "] {
        let answer = FetchAnswer::http(200, good.as_bytes())
            .header("etag", value.as_bytes())
            .header("last-modified", value.as_bytes());
        let mut store = store_with(steady(), answer, after(0));
        for (name, value) in headers(&asked_for(&mut store, &good_token(), 600_000)) {
            assert!(value.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{name}: {value}");
        }
    }
}

/// Counts the keys that it has prepared.
#[derive(Debug)]
struct Counted;

static PREPARED: AtomicUsize = AtomicUsize::new(0);
static COUNTED: &dyn SignatureAlgorithm = &Counted;

impl SignatureAlgorithm for Counted {
    fn alg(&self) -> &'static str {
        "RS256"
    }
    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }
    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        PREPARED.fetch_add(1, Ordering::Relaxed);
        provider::RS256.prepare(key)
    }
}

#[test]
fn a_key_that_stays_the_same_is_prepared_once() {
    let [dynamic, statik] = [Signer::dynamic(), Signer::statik()];
    let mut store = KeyStore::new("https://one/", &[COUNTED], steady(), 7);
    let mut now = 0;
    let mut prepared = |document: &str| {
        let before = PREPARED.load(Ordering::Relaxed);
        now += 1_000;
        let keys = fetch(&mut store, FetchAnswer::http(200, document.as_bytes()), after(now));
        let is_known = is_session(decide(&good_token(), &keys, after(now)));
        (PREPARED.load(Ordering::Relaxed) - before, is_known)
    };
    assert_eq!(prepared(&jwks()), (2, true));
    assert_eq!(prepared(&jwks()), (0, true));
    let reordered = jwks_of(&[statik.jwk(), dynamic.jwk().replace(',', " , ")]);
    assert_eq!(prepared(&reordered), (0, true));
    assert_eq!(prepared(&jwks_of(&[statik.jwk()])), (0, false));
    // It has been gone: who remembers anything of it must not take it for the same.
    assert_eq!(prepared(&reordered), (1, true));
    // Under another name it is another key; another key under its name is, too.
    let renamed = dynamic.jwk().replace(dynamic.kid, "d-2");
    assert_eq!(prepared(&jwks_of(&[statik.jwk(), renamed])), (1, false));
    let exchanged = Signer::other().jwk();
    assert_eq!(prepared(&jwks_of(&[statik.jwk(), exchanged])), (1, false));
    assert_eq!(prepared(&reordered), (1, true));
}
