//! The requests that are measured, shared by the benchmark and the examples that measure.
#![allow(dead_code, unreachable_pub, reason = "each file that measures uses its own part")]

pub mod api;
pub mod cached;
pub mod flood;
pub mod full_cache;
pub mod growth;
pub mod ratio;
pub mod stages;
pub mod unchecked;
pub mod worst;
#[path = "../../tests/support/mod.rs"]
pub mod support;

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};
use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, Reason, SessionDecision,
    SignatureAlgorithm, UnixMillis,
};
use support::{NOW, PAYLOAD, Signer, at, payload_with, unbase64url};

/// The fixed token that every measurement accepts.
pub const TOKEN: &str = include_str!("../../tests/data/v5.token");

/// A request and what is to be said of it.
pub struct Case {
    pub name: &'static str,
    pub cookie: String,
    /// The name of the reason; `None` accepts.
    pub reason: Option<&'static str>,
}

/// Acceptance, each kind of refusal, and a request without a token.
pub fn cases() -> Vec<Case> {
    let issuer = Signer::dynamic();
    let good = TOKEN.trim();
    let unknown = issuer.token(&issuer.header().replace("d-1749990000000", "d-1"), PAYLOAD);
    let unsigned = issuer.token(&issuer.header().replace("RS256", "none"), PAYLOAD);
    let truncated = good.rsplit_once('.').map_or(good, |(head, _)| head);
    let no_handle = issuer.session(&payload_with("sessionHandle", ""));
    let case = |name, token: &str, reason| Case { name, cookie: cookie(token), reason };
    vec![
        case("accept", good, None),
        case("malformed", truncated, Some("segment_count")),
        case("malformed-late", &no_handle, Some("session_handle")),
        case("refused-by-name", &unsigned, Some("algorithm_not_allowed")),
        case("unknown-key", &unknown, Some("unknown_key")),
        case("bad-signature", &Signer::other().session(PAYLOAD), Some("bad_signature")),
        case("expired", &issuer.session(&payload_with("exp", "1749999999")), Some("expired")),
        Case { name: "no-token", cookie: twelve_cookies(), reason: Some("no_token") },
    ]
}

pub fn cookie(token: &str) -> String {
    format!("sAccessToken={token}")
}

/// Keys out of this document, prepared by this row, that have just come.
pub fn keys_of(row: &'static dyn SignatureAlgorithm, jwks: &str) -> Keys {
    let mut store = KeyStore::new("https://core.example/", &[row], KeyPolicy::default(), 7);
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), at(NOW)) else {
        panic!("a new store gives a ticket");
    };
    store.finish_fetch(ticket, FetchAnswer::http(200, jwks.as_bytes()), at(NOW)).into_keys()
}

/// What the browser of somebody sends who never signed in: 500 bytes of other people's cookies.
pub fn twelve_cookies() -> String {
    let mut cookies: Vec<String> =
        (1..=12).map(|index| format!("_cookie_{index:02}={}", "v".repeat(28))).collect();
    let length = cookies.join("; ").len();
    cookies[11].push_str(&"v".repeat(500 - length));
    cookies.join("; ")
}

/// From the bytes of the `Cookie` field to the decision.
pub fn decide(gate: &Gate, cookie: &str, keys: &Keys, now: UnixMillis) -> SessionDecision {
    gate.request("GET", [cookie.as_bytes()]).decide(keys, now)
}

/// The name of the decision's reason.
pub fn reason(decision: &SessionDecision) -> Option<&'static str> {
    match decision {
        SessionDecision::FetchKeys(_) => Some("fetch_keys"),
        decision => decision.reason().map(Reason::name),
    }
}

/// What no session check can do without: one verification by `ring` itself, all decoded before.
pub struct Bare {
    key: RsaPublicKeyComponents<Vec<u8>>,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Bare {
    /// For `token` under the key it names in `jwks`.
    pub fn new(token: &str, jwks: &str) -> Self {
        let (message, signature) = token.rsplit_once('.').expect("a token");
        let (header, _) = message.split_once('.').expect("a token");
        let header: serde_json::Value =
            serde_json::from_slice(&unbase64url(header)).expect("a header");
        let jwks: serde_json::Value = serde_json::from_str(jwks).expect("a JWK set");
        let mut keys = jwks["keys"].as_array().expect("keys").iter();
        let jwk = keys.find(|jwk| jwk["kid"] == header["kid"]).expect("the token's key");
        let number = |name: &str| unbase64url(jwk[name].as_str().expect("a number"));
        Self {
            key: RsaPublicKeyComponents { n: number("n"), e: number("e") },
            message: message.into(),
            signature: unbase64url(signature),
        }
    }

    pub fn verify(&self) {
        let Self { key, message, signature } = self;
        let verdict = key.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature);
        verdict.expect("a good signature");
    }
}
