//! What is around the server: an issuer that changes its key, and visitors.

use std::io;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use crate::http;
use crate::support::{Signer, jwks_of};

pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) gets: AtomicU64,
    has_next: AtomicBool,
}

impl Issuer {
    pub(crate) fn start() -> io::Result<Arc<Self>> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/.well-known/jwks.json", listener.local_addr()?);
        let issuer =
            Arc::new(Self { url, gets: AtomicU64::new(0), has_next: AtomicBool::new(false) });
        let shared = issuer.clone();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Whoever has gone away gets no answer.
                let _ = shared.answer(&stream);
            }
        });
        Ok(issuer)
    }

    fn answer(&self, stream: &TcpStream) -> io::Result<()> {
        http::Head::read(stream)?;
        self.gets.fetch_add(1, Ordering::Relaxed);
        let mut keys = vec![Signer::dynamic().jwk(), Signer::statik().jwk()];
        if self.has_next.load(Ordering::Relaxed) {
            keys.push(next_key().jwk());
        }
        // Far enough away for many to meet while they wait.
        thread::sleep(Duration::from_millis(100));
        http::respond(stream, "200 OK", &jwks_of(&keys))
    }

    /// Publishes the next key beside the others.
    pub(crate) fn rotate(&self) {
        self.has_next.store(true, Ordering::Relaxed);
    }
}

pub(crate) fn next_key() -> Signer {
    let mut signer = Signer::other();
    signer.kid = "d-1749999990000";
    signer
}

/// 32 browsers at once, each of which asks so many times: how many visits, and how many of them were
/// shown the user's page.
pub(crate) fn burst(url: &str, token: &str, each: usize) -> (usize, usize) {
    let cookie = format!("theme=dark; sAccessToken={token}");
    let visit = |_: &usize| {
        let fields = [("cookie", cookie.as_str())].into_iter();
        let page = http::get(url, fields, Duration::from_secs(20));
        page.is_ok_and(|(status, body)| status == 200 && body == b"a page for user-1")
    };
    let let_in = thread::scope(|scope| {
        let browser = || (0..each).filter(visit).count();
        let browsers: Vec<_> = (0..32).map(|_| scope.spawn(browser)).collect();
        browsers.into_iter().map(|browser| browser.join().unwrap_or(0)).sum()
    });
    (32 * each, let_in)
}

/// One visitor who does not wait for the answer.
pub(crate) fn go_away(url: &str, token: &str) -> io::Result<()> {
    let cookie = format!("sAccessToken={token}");
    http::send(url, [("cookie", cookie.as_str())].into_iter()).map(drop)
}
