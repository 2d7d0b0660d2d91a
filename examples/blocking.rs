//! The canonical loop, with files for HTTP: `cargo run --example blocking -- JWKS COOKIE`.
//!
//! Without arguments it uses the test data, whose token has long expired.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, PagePolicy, SessionDecision, UnixMillis, crypto,
};

fn now() -> UnixMillis {
    UnixMillis::since_epoch(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::MAX))
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let root = env!("CARGO_MANIFEST_DIR");
    let url = arguments.next().unwrap_or_else(|| format!("{root}/tests/data/jwks.json"));
    let cookie = arguments.next().unwrap_or_else(|| {
        format!("sAccessToken={}", include_str!("../tests/data/v5.token").trim())
    });

    // At start-up.
    let gate = Gate::page(PagePolicy::default());
    let mut store = KeyStore::new(url.as_str(), &[crypto::ring::RS256], KeyPolicy::default(), 7);

    // For each request.
    let request = gate.request("GET", [cookie.as_bytes()]);
    let mut keys = store.keys();
    let answer = loop {
        match request.decide(&keys, now()) {
            SessionDecision::Authenticated(session) => {
                break format!("200, a page for {}", session.user_id());
            }
            SessionDecision::NoSession(why) => break format!("303 to /auth: {why}"),
            SessionDecision::TryRefresh(why) => break format!("200, a page that refreshes: {why}"),
            SessionDecision::InvalidClaims(why) => {
                break format!("303 to the page of {}", why.failures()[0].id());
            }
            SessionDecision::RefreshLoop(why) => break format!("500, a link to sign out: {why}"),
            SessionDecision::Unavailable(why) => break format!("503: {}", why.reason()),
            SessionDecision::FetchKeys(why) => match store.begin_fetch(why, now()) {
                Fetch::Ticket(ticket) => {
                    let body = std::fs::read(ticket.url());
                    let answer = match &body {
                        Ok(body) => FetchAnswer::http(200, body),
                        Err(_) => FetchAnswer::failed(),
                    };
                    keys = store.finish_fetch(ticket, answer, now()).into_keys();
                }
                Fetch::Newer(newer) => keys = newer,
                Fetch::InFlight { until } | Fetch::NotNow { until } => {
                    break format!("503, again at {until:?}");
                }
            },
        }
    };
    println!("{answer}");
}
