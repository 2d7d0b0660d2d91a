//! A server with worker threads that take no lock to decide: `cargo run --example threads`.
//!
//! Each worker has a snapshot of its own, and sees by one atomic load that there is a newer one; and a
//! token cache of its own. The lock around the store is taken for the newer one and for fetching only.
//! Run as it is, the program is its own issuer and its own visitors, offline: the issuer changes its key
//! between bursts of them.

#[path = "threads/http.rs"]
mod http;
#[path = "../tests/support/mod.rs"]
mod support;
#[path = "threads/world.rs"]
mod world;

use std::io;
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use supertokens_session::{
    Fetch, FetchAnswer, FetchKeys, Gate, KeyPolicy, KeyStore, Keys, NextAction, PagePolicy,
    SessionDecision, Ticket, TokenCache, UnixMillis, crypto,
};
use support::Signer;
use world::Issuer;

/// What the threads share.
struct Site {
    gate: Gate,
    store: Mutex<KeyStore>,
    /// How often the store has changed: counted up under its lock, read without.
    published: AtomicU64,
    /// Wakes whoever waits for that.
    changed: Condvar,
    started: Instant,
    decided: AtomicU64,
    /// How often a worker has taken the lock.
    locked: AtomicU64,
}

impl Site {
    /// The test data has tokens that were good in June 2025, so it is June 2025.
    fn now(&self) -> UnixMillis {
        UnixMillis::from_secs(support::NOW).saturating_add(self.started.elapsed())
    }

    /// Under the lock, so that nobody misses it who is about to wait.
    fn publish(&self, store: MutexGuard<'_, KeyStore>) {
        self.published.fetch_add(1, Ordering::Release);
        self.changed.notify_all();
        drop(store);
    }

    /// The GET has a thread of its own: a visitor who goes away, or a worker that fails, does not take
    /// the ticket along. Whoever asked for it waits as the others do.
    fn send(self: &Arc<Self>, store: MutexGuard<'_, KeyStore>, ticket: Ticket) {
        self.publish(store);
        let site = self.clone();
        thread::spawn(move || {
            let left = ticket.deadline().since(site.now());
            let got = http::get(ticket.url(), ticket.headers(), left);
            let answer = match &got {
                Ok((status, body)) => FetchAnswer::http(*status, body),
                Err(_) => FetchAnswer::failed(),
            };
            let mut store = site.store.lock().unwrap();
            store.finish_fetch(ticket, answer, site.now());
            site.publish(store);
        });
    }

    /// Fetches at start-up, and before a set becomes stale.
    fn keep(self: &Arc<Self>) {
        loop {
            let (mut store, now) = (self.store.lock().unwrap(), self.now());
            match store.next_action(now) {
                NextAction::Fetch(why) => {
                    if let Fetch::Ticket(ticket) = store.begin_fetch(why, now) {
                        self.send(store, ticket);
                    }
                }
                NextAction::Wait { until } => {
                    drop(self.changed.wait_timeout(store, until.since(now)));
                }
            }
        }
    }
}

struct Worker {
    site: Arc<Site>,
    keys: Keys,
    /// What `published` was before `keys` were taken.
    seen: u64,
    tokens: TokenCache,
}

impl Worker {
    fn lock<'s>(site: &'s Site) -> MutexGuard<'s, KeyStore> {
        site.locked.fetch_add(1, Ordering::Relaxed);
        site.store.lock().unwrap()
    }

    fn serve(mut self, listener: &TcpListener) {
        loop {
            // A visitor who has gone away is no reason to stop.
            let _ = listener.accept().and_then(|(stream, _)| self.answer(&stream));
        }
    }

    fn answer(&mut self, stream: &TcpStream) -> io::Result<()> {
        let head = http::Head::read(stream)?;
        let (status, body) = self.page(&head);
        self.site.decided.fetch_add(1, Ordering::Relaxed);
        http::respond(stream, status, &body)
    }

    /// The loop.
    fn page(&mut self, head: &http::Head) -> (&'static str, String) {
        let site = self.site.clone();
        let request = site.gate.request(&head.method, head.cookies());
        loop {
            let published = site.published.load(Ordering::Acquire);
            if published != self.seen {
                self.keys = Self::lock(&site).keys();
                self.seen = published;
            }
            let decision = request.decide_with(&mut self.tokens, &self.keys, site.now());
            let unavailable = match decision {
                SessionDecision::Authenticated(session) => {
                    return ("200 OK", format!("a page for {}", session.user_id()));
                }
                SessionDecision::NoSession(why) => return ("303 See Other", why.to_string()),
                SessionDecision::TryRefresh(why) => {
                    return ("200 OK", format!("a page that refreshes: {why}"));
                }
                SessionDecision::InvalidClaims(_) => {
                    return ("303 See Other", "to the claim's own page".to_owned());
                }
                SessionDecision::RefreshLoop(why) => {
                    return ("500 Internal Server Error", format!("a link to sign out: {why}"));
                }
                SessionDecision::Unavailable(why) => Some(why.retry_at()),
                SessionDecision::FetchKeys(why) => self.fetch(&site, why),
            };
            if let Some(retry_at) = unavailable {
                return ("503 Service Unavailable", format!("again at {retry_at:?}"));
            }
        }
    }

    /// Sees to it that there is something new to decide with, unless there will not be before then.
    fn fetch(&mut self, site: &Arc<Site>, why: FetchKeys) -> Option<UnixMillis> {
        let (mut store, now) = (Self::lock(site), site.now());
        match store.begin_fetch(why, now) {
            Fetch::Ticket(ticket) => site.send(store, ticket),
            Fetch::Newer(newer) => self.keys = newer,
            Fetch::InFlight { until } => {
                let is_old = |_: &mut _| site.published.load(Ordering::Acquire) == self.seen;
                drop(site.changed.wait_timeout_while(store, until.since(now), is_old));
            }
            Fetch::NotNow { until } => return Some(until),
        }
        None
    }
}

const WORKERS: u64 = 8;

/// The default is 15 seconds, for which this program should not run. An issuer signs with a key some
/// time after publishing it, so nobody has to wait for it.
const UNKNOWN_KEY_INTERVAL: Duration = Duration::from_secs(1);

fn main() -> io::Result<ExitCode> {
    let issuer = Issuer::start()?;
    let policy =
        KeyPolicy::default().unknown_key_interval(UNKNOWN_KEY_INTERVAL, UNKNOWN_KEY_INTERVAL);
    let store = KeyStore::new(issuer.url.as_str(), &[crypto::ring::RS256], policy, 7);
    let keys = store.keys();
    let site = Arc::new(Site {
        gate: Gate::page(PagePolicy::default()),
        store: Mutex::new(store),
        published: AtomicU64::new(0),
        changed: Condvar::new(),
        started: Instant::now(),
        decided: AtomicU64::new(0),
        locked: AtomicU64::new(0),
    });
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("http://{}/", listener.local_addr()?);
    for _ in 0..WORKERS {
        // As many visitors as one worker sees in an hour.
        let tokens = TokenCache::new(1_000, 4 << 20);
        let worker = Worker { site: site.clone(), keys: keys.clone(), seen: 0, tokens };
        let listener = listener.try_clone()?;
        thread::spawn(move || worker.serve(&listener));
    }
    let keeper = site.clone();
    thread::spawn(move || keeper.keep());

    // What a burst was for, and the most GETs and locks it may take.
    let burst = |name, token: &str, each, gets, locks| {
        let numbers = || {
            let load = |number: &AtomicU64| number.load(Ordering::Relaxed);
            [load(&site.decided), load(&issuer.gets), load(&site.locked)]
        };
        let before = numbers();
        let (visitors, let_in) = world::burst(&url, token, each);
        let [decided, got, locked] = numbers();
        let (got, locked) = (got - before[1], locked - before[2]);
        let decided = decided - before[0];
        println!(
            "{name}: requests {decided}, visitors let in {let_in} of {visitors}, GETs {got}, \
             locks by workers {locked}"
        );
        let_in == visitors && got <= gets && locked <= locks
    };
    let [old, new] =
        [Signer::dynamic(), world::next_key()].map(|signer| signer.session(support::PAYLOAD));
    // Those who come while the first set is fetched may have to take the lock.
    let mut good = burst("cold start", &old, 10, 1, u64::MAX);
    // A worker that has not met a visitor since has the last snapshot to take, and that is all.
    good &= burst("every day ", &old, 60, 0, WORKERS);
    issuer.rotate();
    thread::sleep(UNKNOWN_KEY_INTERVAL);
    world::go_away(&url, &new)?;
    good &= burst("new key   ", &new, 10, 1, u64::MAX);
    good &= burst("both keys ", &old, 60, 0, WORKERS);
    println!("{}", site.store.lock().unwrap().status(site.now()));
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
