//! The dated key sets of two real issuers, replayed in virtual time: 46 of them, over four months.
//!
//! They come from the folder of third-party vectors; without it these tests say so and pass.

#[path = "rotations/issuer.rs"]
mod issuer;
mod support;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use issuer::Issuer;
use supertokens_session::{
    Fetch, FetchAnswer, FetchKeys, FetchOutcome, FetchReport, KeyKind, KeyPolicy, KeyRejected,
    KeyStore, Keys, NextAction, PublicKey, Reason, SessionDecision, SignatureAlgorithm, UnixMillis,
    VerifyingKey,
};
use support::{PAYLOAD, base64url, provider, vectors};

/// The provider's RS256, which counts the keys it has prepared.
#[derive(Debug, Default)]
struct Counted {
    prepared: AtomicUsize,
}

impl Counted {
    /// A table holds rows for ever.
    fn new() -> &'static Self {
        Box::leak(Box::default())
    }

    fn prepared(&self) -> usize {
        self.prepared.load(Ordering::Relaxed)
    }
}

impl SignatureAlgorithm for Counted {
    fn alg(&self) -> &'static str {
        provider::RS256.alg()
    }

    fn key_kind(&self) -> KeyKind {
        provider::RS256.key_kind()
    }

    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        self.prepared.fetch_add(1, Ordering::Relaxed);
        provider::RS256.prepare(key)
    }
}

fn store_with(row: &'static Counted) -> KeyStore {
    KeyStore::new("https://issuer.example/jwks.json", &[row], KeyPolicy::default(), 7)
}

/// What a visitor is told who names this key: a signature is refused only under a key that is known.
fn decide(kid: &str, keys: &Keys, now: UnixMillis) -> SessionDecision {
    let header = format!(r#"{{"kid":"{kid}","typ":"JWT","version":"5","alg":"RS256"}}"#);
    let token = format!("{}.{}.AAAA", base64url(header.as_bytes()), base64url(PAYLOAD.as_bytes()));
    support::decide(format!("sAccessToken={token}").as_bytes(), keys, now)
}

fn is_known(kid: &str, keys: &Keys, now: UnixMillis) -> bool {
    match decide(kid, keys, now) {
        SessionDecision::TryRefresh(Reason::BadSignature) => true,
        SessionDecision::TryRefresh(Reason::UnknownKey) => false,
        other => panic!("{kid}: {other:?}"),
    }
}

/// One GET: what the issuer publishes at `now` comes back after `delay`. With the report, which of
/// its sets that was.
fn fetch(
    store: &mut KeyStore,
    issuer: &Issuer,
    (why, now): (FetchKeys, UnixMillis),
    delay: Duration,
) -> (FetchReport, usize) {
    let Fetch::Ticket(ticket) = store.begin_fetch(why, now) else { panic!("no ticket") };
    let served = issuer.in_force(now);
    let etag = format!("\"{served}\"");
    let is_held = ticket.headers().any(|header| header == ("if-none-match", etag.as_str()));
    let answer = if is_held && issuer.has_etags {
        FetchAnswer::http(304, b"")
    } else {
        FetchAnswer::http(200, issuer.sets[served].document.as_bytes())
    };
    let answer = if issuer.has_etags { answer.header("etag", etag.as_bytes()) } else { answer };
    (store.finish_fetch(ticket, answer, now.saturating_add(delay)), served)
}

/// Just within the ticket's deadline, so that all that is promised is promised of the slowest.
const DELAY: Duration = Duration::from_millis(9_999);

/// For as long as the default policy has a withdrawn key work at most: `fresh_for` and a ticket.
const LONGEST: Duration = Duration::from_secs(610);

/// Every action of four months, jumping from one to the next.
fn follow(issuer: &Issuer) {
    let row = Counted::new();
    let mut store = store_with(row);
    let mut now = issuer.sets[0].from;
    let end = issuer.sets.last().unwrap().from.saturating_add(LONGEST);
    let mut held: Option<usize> = None;
    let (mut fetches, mut changes) = (0, 0);
    while now < end {
        let why = match store.next_action(now) {
            NextAction::Fetch(why) => why,
            NextAction::Wait { until } => {
                assert!(until > now);
                now = until;
                continue;
            }
        };
        let (before, prepared) = (store.keys(), row.prepared());
        let (report, served) = fetch(&mut store, issuer, (why, now), DELAY);
        now = now.saturating_add(DELAY);
        fetches += 1;
        let set = report.keys().set().unwrap();
        if held == Some(served) {
            // The very set: nothing was read again.
            assert!(std::ptr::eq(before.set().unwrap(), set), "{served}");
        }
        let (added, removed) = issuer.difference(held, served);
        assert_eq!(sorted(report.added()), added, "{served}");
        assert_eq!(sorted(report.removed()), removed, "{served}");
        assert_eq!(row.prepared() - prepared, added.len(), "{served}: only what is new");
        let is_change = !added.is_empty() || !removed.is_empty();
        changes += u64::from(is_change);
        let outcome = if is_change { FetchOutcome::Changed } else { FetchOutcome::Unchanged };
        assert_eq!(report.outcome(), outcome, "{served}");
        assert_eq!(report.keys().generation(), changes, "{served}");

        if held != Some(served) {
            // None was missed, and none came later than was promised.
            assert_eq!(held.map_or(0, |held| held + 1), served);
            assert!(now < issuer.sets[served].from.saturating_add(LONGEST), "{served}");
            assert_eq!(sorted(set.key_ids()), issuer.sets[served].kids(), "{served}");
            for kid in set.key_ids() {
                assert!(is_known(kid, report.keys(), now), "{served}: {kid}");
            }
            for kid in removed {
                assert!(!is_known(kid, report.keys(), now), "{served}: {kid}");
            }
        }
        held = Some(served);
    }
    assert_eq!(held, Some(issuer.sets.len() - 1));
    // Between 30 and 60 seconds ahead of ten minutes: no more GETs than that, and no fewer.
    let span = end.since(issuer.sets[0].from).as_secs();
    assert!((span / 600..=span / 540 + 1).contains(&fetches), "{fetches} in {span} s");
    let counts = store.status(now).counts;
    assert_eq!((counts.all_begun(), counts.changed), (fetches, changes));
    assert_eq!(counts.all_failed() + counts.dropped, 0);
}

fn sorted<'k>(kids: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let mut kids: Vec<_> = kids.collect();
    kids.sort_unstable();
    kids
}

#[test]
fn who_follows_next_action_has_each_change_in_time_and_reads_nothing_twice() {
    let Some(folder) = vectors() else { return };
    for has_etags in [true, false] {
        for issuer in Issuer::all(&folder, has_etags) {
            follow(&issuer);
        }
    }
}

/// A visitor's loop: whether the key is known in the end, and the GETs that took.
fn visit(store: &mut KeyStore, issuer: &Issuer, kid: &str, now: UnixMillis) -> (bool, usize) {
    let keys = store.keys();
    let SessionDecision::FetchKeys(why) = decide(kid, &keys, now) else {
        return (is_known(kid, &keys, now), 0);
    };
    let (report, _) = fetch(store, issuer, (why, now), DELAY);
    (is_known(kid, report.keys(), now.saturating_add(DELAY)), 1)
}

/// Between the changes the store sleeps, for up to a month.
#[test]
fn a_store_that_only_visitors_drive_learns_of_each_change_at_the_end_of_its_waits() {
    let Some(folder) = vectors() else { return };
    for issuer in Issuer::all(&folder, true) {
        let mut store = store_with(Counted::new());
        let mut changes = [0; 3];
        for changed in 1..issuer.sets.len() {
            let (added, removed) = issuer.difference(Some(changed - 1), changed);
            let stays = issuer.sets[changed - 1].kids();
            let stays = stays.iter().find(|kid| !removed.contains(kid)).unwrap();
            let last = issuer.sets[changed].from.as_millis() - 1;
            let after = |millis: u64| UnixMillis::from_millis(last + millis);
            let mut visit = |kid: &str, millis| visit(&mut store, &issuer, kid, after(millis));
            // The worst there is: the old set is asked for a millisecond before it is replaced.
            assert_eq!(visit(stays, 0), (true, 1), "{changed}");
            if let Some(new) = added.first() {
                changes[0] += 1;
                // 15 seconds from when the answer was there: less would be twice in one request.
                assert_eq!(visit(new, 24_998), (false, 0), "{changed}");
                assert_eq!(visit(new, 24_999), (true, 1), "{changed}");
                for gone in removed {
                    assert_eq!(visit(gone, 34_998), (false, 0), "{changed}");
                }
            } else if let Some(gone) = removed.first() {
                changes[1] += 1;
                assert_eq!(visit(gone, 599_999), (true, 0), "{changed}");
                assert_eq!(visit(gone, 600_000), (false, 1), "{changed}");
            } else {
                // The same keys in another order.
                changes[2] += 1;
                assert_eq!(visit(stays, 599_999), (true, 0), "{changed}");
                assert_eq!(visit(stays, 600_000), (true, 1), "{changed}");
            }
            assert_eq!(visit(stays, 610_000), (true, 0), "{changed}");
        }
        assert_eq!(changes, issuer.changes, "with a new key, with one gone, with neither");
    }
}
