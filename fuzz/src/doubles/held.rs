//! The fixed keys, as the library holds them and as the oracle does, and tokens they sign.

use std::sync::LazyLock;
use std::time::Duration;

use supertokens_session::{Fetch, FetchAnswer, KeyPolicy, KeyStore, Keys, UnixMillis};

use crate::{null, token};

const JWKS: &str = include_str!("../../tests/data/jwks.json");

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
