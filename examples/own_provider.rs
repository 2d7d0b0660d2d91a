//! A provider of the caller's own: what a program with another cryptography library writes. Its
//! rows pass the same vectors as those of this crate (`tests/wycheproof.rs`), and this decides one
//! request with them.
#![allow(dead_code, reason = "the example needs one of the rows")]

#[path = "own_provider/rows.rs"]
mod rows;

use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, PagePolicy, SessionDecision, UnixMillis,
};

fn main() {
    let now = UnixMillis::from_secs(1_750_000_000);
    let mut store = KeyStore::new(
        "https://core.example/.well-known/jwks.json",
        &[rows::RS256],
        KeyPolicy::default(),
        7,
    );
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else {
        panic!("a new store gives a ticket");
    };
    let jwks = FetchAnswer::http(200, include_bytes!("../tests/data/jwks.json"));
    let keys = store.finish_fetch(ticket, jwks, now).into_keys();

    let gate = Gate::page(PagePolicy::default());
    let cookie = format!("sAccessToken={}", include_str!("../tests/data/v5.token").trim());
    for cookie in [cookie.as_str(), &cookie[..cookie.len() - 2], "theme=dark"] {
        match gate.request("GET", [cookie.as_bytes()]).decide(&keys, now) {
            SessionDecision::Authenticated(session) => println!("signed in: {}", session.user_id()),
            other => println!("{other:?}"),
        }
    }
}
