//! The key store in virtual time: when it lets somebody fetch, what it makes of the answers, and
//! that nobody else can make it do either.

#[path = "key_store/age.rs"]
mod age;
#[path = "key_store/answers.rs"]
mod answers;
#[path = "key_store/attacks.rs"]
mod attacks;
#[path = "key_store/export.rs"]
mod export;
#[path = "key_store/looks.rs"]
mod looks;
#[path = "key_store/status.rs"]
mod status;
mod support;
#[path = "key_store/tickets.rs"]
mod tickets;

use std::time::Duration;

use supertokens_session::{
    Fetch, FetchAnswer, FetchKeys, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, SessionDecision,
    Ticket, Unavailable, UnixMillis,
};
use support::{NOW, PAYLOAD, Signer, jwks, payload_with, provider, store_with};

/// So many milliseconds after [`NOW`].
fn after(millis: u64) -> UnixMillis {
    UnixMillis::from_millis(NOW * 1000 + millis)
}

const SECOND: Duration = Duration::from_secs(1);

/// The default, but that each wait after a failure is a second, and refreshing is asked for exactly
/// 30 seconds ahead.
fn steady() -> KeyPolicy {
    KeyPolicy::default().back_off(SECOND, SECOND)
}

fn new_store() -> KeyStore {
    let origins = ["https://one/", "https://two/", "https://three/"];
    KeyStore::new(origins, &[provider::RS256], steady(), 7)
}

/// A store with the issuer's two keys, fetched at [`NOW`].
fn full_store() -> KeyStore {
    store_with(steady(), FetchAnswer::http(200, jwks().as_bytes()), after(0))
}

fn decide(token: &str, keys: &Keys, now: UnixMillis) -> SessionDecision {
    let cookie = format!("sAccessToken={token}");
    Gate::page(PagePolicy::default()).request("GET", [cookie.as_bytes()]).decide(keys, now)
}

fn is_session(decision: SessionDecision) -> bool {
    matches!(decision, SessionDecision::Authenticated(_))
}

fn why_fetch(decision: SessionDecision) -> FetchKeys {
    match decision {
        SessionDecision::FetchKeys(why) => why,
        other => panic!("no fetch but {other:?}"),
    }
}

fn why_unavailable(decision: SessionDecision) -> Unavailable {
    match decision {
        SessionDecision::Unavailable(why) => why,
        other => panic!("available: {other:?}"),
    }
}

fn ticket(store: &mut KeyStore, why: FetchKeys, now: UnixMillis) -> Ticket {
    match store.begin_fetch(why, now) {
        Fetch::Ticket(ticket) => ticket,
        other => panic!("no ticket but {other:?}"),
    }
}

/// The ticket for the next fetch, as if asked for with the newest keys.
fn next_ticket(store: &mut KeyStore, now: UnixMillis) -> Ticket {
    let why = store.fetch_now();
    ticket(store, why, now)
}

/// A whole fetch.
fn fetch(store: &mut KeyStore, answer: FetchAnswer<'_>, now: UnixMillis) -> Keys {
    let ticket = next_ticket(store, now);
    store.finish_fetch(ticket, answer, now).into_keys()
}

/// The token of a year, so that it is the keys that are too old.
fn good_token() -> String {
    Signer::dynamic().session(&payload_with("exp", "1781536000"))
}

/// A token of a key the issuer does not have.
fn foreign_token(kid: &str) -> String {
    let issuer = Signer::dynamic();
    let payload = payload_with("exp", "1781536000");
    issuer.token(&issuer.header().replace(issuer.kid, kid), &payload)
}

fn expired_token() -> String {
    let issuer = Signer::dynamic();
    issuer.token(&issuer.header().replace(issuer.kid, "d-0"), &PAYLOAD.replace("1750003540", "1"))
}

#[test]
fn the_ends_of_time_are_harmless() {
    let good = jwks();
    let ends = [UnixMillis::default(), UnixMillis::from_millis(u64::MAX), after(0)];
    for began in ends {
        for finished in ends {
            for now in ends {
                for answer in [
                    FetchAnswer::failed(),
                    FetchAnswer::http(200, b"{}"),
                    FetchAnswer::http(200, good.as_bytes()),
                ] {
                    let mut store = new_store();
                    let keys = {
                        let ticket = next_ticket(&mut store, began);
                        store.finish_fetch(ticket, answer, finished).into_keys()
                    };
                    for token in [good_token(), foreign_token("d-2")] {
                        let _ = decide(&token, &keys, now);
                    }
                    let _ = store.next_action(now);
                    let why = store.fetch_now();
                    if let Fetch::Ticket(ticket) = store.begin_fetch(why, now) {
                        let _ = store.abandon(ticket, finished);
                    }
                    let _ = store.status(now).to_string();
                    if let Some(exported) = keys.export() {
                        let _ = new_store().import(&exported, now);
                    }
                }
            }
        }
    }
}
