//! Single steps, whose need of stack and heap a program can measure.

use alloc::format;
use alloc::string::String;

use base64ct::{Base64UrlUnpadded, Encoding};
use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, Reason, SessionDecision,
    UnixMillis,
};

/// The time at which the token is good.
const NOW: UnixMillis = UnixMillis::from_secs(1_750_000_000);

const TOKEN: &str = include_str!("../../../tests/data/v5.token");
const JWKS: &[u8] = include_bytes!("../../../tests/data/jwks.json");

/// Parses the key set.
pub fn key_set() -> Keys {
    let mut store = KeyStore::new("the test data", &super::algorithms(), KeyPolicy::default(), 7);
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), NOW) else {
        unreachable!("nobody else fetches")
    };
    store.finish_fetch(ticket, FetchAnswer::http(200, JWKS), NOW).into_keys()
}

/// The `Cookie` field with a token that is accepted.
pub fn accepted() -> String {
    format!("sAccessToken={}", TOKEN.trim())
}

/// The `Cookie` field with a token whose payload is nested as deep as it may be, under the signature
/// of another: it is parsed to the end, and then the signature is checked. Innermost is a text with
/// escapes, for which the parser goes deepest.
pub fn deepest() -> String {
    let mut segments = TOKEN.trim().split('.');
    let mut segment = || segments.next().unwrap_or_default();
    let (header, payload, signature) = (segment(), segment(), segment());
    let payload = Base64UrlUnpadded::decode_vec(payload).unwrap_or_default();
    let payload = String::from_utf8(payload).unwrap_or_default();
    let (open, close) = (r#"{"":"#.repeat(DEPTH), "}".repeat(DEPTH));
    let claim = format!(r#"{open}"\u00e9\ud83d\ude00"{close}"#);
    let payload = payload.replacen('{', &format!(r#"{{"deep":{claim},"#), 1);
    let payload = Base64UrlUnpadded::encode_string(payload.as_bytes());
    format!("sAccessToken={header}.{payload}.{signature}")
}

/// How deep a claim may be nested.
const DEPTH: usize = 64;

/// Decides a page request with this `Cookie` field.
pub fn decide(cookies: &str, keys: &Keys) -> SessionDecision {
    Gate::page(PagePolicy::default()).request("GET", [cookies.as_bytes()]).decide(keys, NOW)
}

/// The reason of a decision, in a word; empty for an acceptance.
pub fn reason(decision: &SessionDecision) -> &'static str {
    decision.reason().map_or("", Reason::name)
}
