//! What is measured of this crate and of the libraries under it.

use aws_lc_rs::signature::ParsedPublicKey;
use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, SessionDecision,
    SignatureAlgorithm, crypto,
};

use crate::cases::support::{NOW, at, unbase64url};
use crate::cases::{TOKEN, cookie, decide};
use crate::peers::USER;

/// A page's decision on a token never seen before, by what verifies its signature.
pub const COLD_RING: &str = "decision, ring";
pub const COLD_AWS: &str = "decision, aws-lc-rs";
pub const ROWS: [(&str, &dyn SignatureAlgorithm); 2] =
    [(COLD_RING, crypto::ring::RS256), (COLD_AWS, crypto::aws_lc_rs::RS256)];

/// One verification by `aws-lc-rs`, all decoded and the key parsed before.
pub struct BareAws {
    key: ParsedPublicKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl BareAws {
    pub fn new(token: &str, key: ParsedPublicKey) -> Self {
        let (message, signature) = token.rsplit_once('.').expect("a token");
        Self { key, message: message.into(), signature: unbase64url(signature) }
    }

    pub fn verify(&self) {
        self.key.verify_sig(&self.message, &self.signature).expect("a good signature");
    }
}

/// A page's decision, from the bytes of the cookie.
pub struct Cold {
    gate: Gate,
    keys: Keys,
    cookie: String,
}

impl Cold {
    pub fn new(row: &'static dyn SignatureAlgorithm, document: &str) -> Self {
        let keys = keys(row, document);
        Self { gate: Gate::page(PagePolicy::default()), keys, cookie: cookie(TOKEN.trim()) }
    }

    /// The question that the peers are asked.
    pub fn decide(&self) -> bool {
        let decision = decide(&self.gate, &self.cookie, &self.keys, at(NOW));
        matches!(decision, SessionDecision::Authenticated(session) if session.user_id() == USER)
    }
}

/// Out of a document fetched at [`NOW`], for this row alone.
fn keys(row: &'static dyn SignatureAlgorithm, document: &str) -> Keys {
    let url = "https://core.example/.well-known/jwks.json";
    let mut store = KeyStore::new(url, &[row], KeyPolicy::default(), 7);
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), at(NOW)) else {
        panic!("a new store gives a ticket");
    };
    store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), at(NOW)).into_keys()
}

/// A name, how many decisions one call makes, and that call.
pub type CachedRow = (&'static str, u32, Box<dyn Fn()>);

/// Decisions on a thousand tokens in turn, all of them in the token cache. There is no such cache yet.
pub fn cached() -> Vec<CachedRow> {
    Vec::new()
}
