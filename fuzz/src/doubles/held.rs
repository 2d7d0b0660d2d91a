//! The fixed keys, as the library holds them and as the oracle does, and tokens they sign.

use std::sync::LazyLock;
use std::time::Duration;

use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, Session, SessionDecision,
    UnixMillis,
};

use super::{null, token};

pub const JWKS: &str = include_str!("../../../tests/data/jwks.json");

/// The time of the fixed tokens, in milliseconds.
pub const NOW: u64 = 1_750_000_000_000;

/// The same keys twice: for the library and for the oracle.
pub static KEYS: LazyLock<(Keys, token::Keys)> = LazyLock::new(|| {
    // There from the beginning of time and never stale: it is tokens whose time is at issue.
    let policy = KeyPolicy::default().fresh_for(Duration::MAX).usable_for(Duration::MAX);
    let mut store = KeyStore::new("https://core.example/", &[null::RS256], policy, 7);
    let now = UnixMillis::default();
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else { unreachable!() };
    let keys = store.finish_fetch(ticket, FetchAnswer::http(200, JWKS.as_bytes()), now).into_keys();
    let jwks: serde_json::Value = serde_json::from_str(JWKS).unwrap();
    let text = |jwk: &serde_json::Value, name: &str| jwk[name].as_str().unwrap().to_owned();
    let numbers = jwks["keys"].as_array().unwrap().iter();
    let numbers = numbers
        .map(|jwk| (text(jwk, "kid"), token::decode(text(jwk, "n").as_bytes()).unwrap()))
        .collect();
    (keys, numbers)
});

/// A token of these two texts, signed by the dynamic key (1), the static key (2) or nobody.
pub fn signed(kind: u8, header: &[u8], payload: &[u8]) -> String {
    let message = format!("{}.{}", token::encode(header), token::encode(payload));
    let (_, numbers) = &*KEYS;
    let signature = match kind {
        1 => null::sign(&numbers[0].1, message.as_bytes()),
        2 => null::sign(&numbers[1].1, message.as_bytes()),
        _ => [0; 8],
    };
    format!("{message}.{}", token::encode(&signature))
}

/// [`NOW`] as the library has it.
pub fn now() -> UnixMillis {
    UnixMillis::from_millis(NOW)
}

/// The payload of [`SESSION`].
pub const PAYLOAD: &str = concat!(
    r#"{"iat":1749999940,"exp":1750003540,"sub":"user-1","tId":"public","rsub":"user-1","#,
    r#""sessionHandle":"h","refreshTokenHash1":"x","st-ev":{"v":true,"t":1749999940123}}"#
);

/// A session that holds.
pub static SESSION: LazyLock<Session> = LazyLock::new(|| {
    let header = br#"{"kid":"d-1749990000000","typ":"JWT","version":"5","alg":"RS256"}"#;
    let cookie = format!("sAccessToken={}", signed(1, header, PAYLOAD.as_bytes()));
    let gate = Gate::page(PagePolicy::default());
    match gate.request("GET", [cookie.as_bytes()]).decide(&KEYS.0, now()) {
        SessionDecision::Authenticated(session) => session,
        other => panic!("{other:?}"),
    }
});
