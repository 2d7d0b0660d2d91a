//! What the tests share: fixed keys, a signer, tokens, and the loop's first two steps.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use base64ct::{Base64UrlUnpadded, Encoding};
use ring::rand::SystemRandom;
use ring::rsa::KeyPair;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaPublicKeyComponents};
use supertokens_session::{
    Fetch, FetchAnswer, Gate, KeyPolicy, KeyStore, Keys, PagePolicy, Reason, SessionDecision,
    UnixMillis,
};

pub mod counting;
pub mod marks;
pub mod provider;

/// The time of all fixed tokens.
pub const NOW: u64 = 1_750_000_000;

pub fn at(secs: u64) -> UnixMillis {
    UnixMillis::from_secs(secs)
}

/// One of the fixed private keys.
pub struct Signer {
    pub kid: &'static str,
    pair: KeyPair,
}

impl Signer {
    pub fn dynamic() -> Self {
        Self::new("d-1749990000000", include_bytes!("../data/dynamic.pk8"))
    }

    pub fn statik() -> Self {
        Self::new("s-2de612a5-1c1f-4a3e-9f0e-2c1d2b3a4f5e", include_bytes!("../data/static.pk8"))
    }

    /// An attacker's key, under the name of the issuer's dynamic key.
    pub fn other() -> Self {
        Self::new("d-1749990000000", include_bytes!("../data/other.pk8"))
    }

    fn new(kid: &'static str, pkcs8: &[u8]) -> Self {
        Self { kid, pair: KeyPair::from_pkcs8(pkcs8).unwrap() }
    }

    /// A signature by RS256, base64url.
    pub fn sign(&self, message: &[u8]) -> String {
        let mut signature = vec![0; self.pair.public().modulus_len()];
        // PKCS #1 v1.5 takes no randomness; ring asks for it to blind the private operation.
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
        base64url(&signature)
    }

    /// A token of any two texts, truly signed.
    pub fn token(&self, header: &str, payload: &str) -> String {
        let message = [base64url(header.as_bytes()), base64url(payload.as_bytes())].join(".");
        let signature = self.sign(message.as_bytes());
        format!("{message}.{signature}")
    }

    /// A version 5 header with this signer's `kid`.
    pub fn header(&self) -> String {
        format!(r#"{{"kid":"{}","typ":"JWT","version":"5","alg":"RS256"}}"#, self.kid)
    }

    /// A token with the usual header.
    pub fn session(&self, payload: &str) -> String {
        self.token(&self.header(), payload)
    }

    /// The public modulus and exponent, base64url.
    pub fn numbers(&self) -> (String, String) {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.pair.public_key());
        (base64url(&public.n), base64url(&public.e))
    }

    /// The public key as the core serves it.
    pub fn jwk(&self) -> String {
        let (n, e) = self.numbers();
        format!(
            r#"{{"kty":"RSA","kid":"{}","n":"{n}","e":"{e}","alg":"RS256","use":"sig"}}"#,
            self.kid
        )
    }
}

/// What the core puts into a version 5 token, an hour long from a minute ago.
pub const PAYLOAD: &str = concat!(
    r#"{"iat":1749999940,"exp":1750003540,"sub":"user-1","tId":"public","rsub":"recipe-1","#,
    r#""sessionHandle":"handle-1","#,
    r#""refreshTokenHash1":"a3f1c2d4e5b60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f90","#,
    r#""parentRefreshTokenHash1":null,"antiCsrfToken":null,"iss":"https://api.example.com/auth","#,
    r#""st-ev":{"v":true,"t":1749999940123},"st-role":{"v":["admin"],"t":1749999940124},"#,
    r#""st-perm":{"v":[],"t":1749999940125}}"#
);

/// [`PAYLOAD`] with one member changed, added (`value` is JSON) or, with an empty `value`, removed.
pub fn payload_with(name: &str, value: &str) -> String {
    let mut payload: serde_json::Value = serde_json::from_str(PAYLOAD).unwrap();
    let members = payload.as_object_mut().unwrap();
    if value.is_empty() {
        members.remove(name);
        return payload.to_string();
    }
    // As text: the value may be one that serde_json would not carry, such as 1e400.
    members.insert(name.into(), "here".into());
    payload.to_string().replacen(r#":"here""#, &format!(":{value}"), 1)
}

/// A set of these JWKs.
pub fn jwks_of(jwks: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, jwks.join(","))
}

/// The issuer's set: dynamic and static key.
pub fn jwks() -> String {
    jwks_of(&[Signer::dynamic().jwk(), Signer::statik().jwk()])
}

pub fn base64url(bytes: &[u8]) -> String {
    let mut room = vec![0; bytes.len() * 4 / 3 + 3];
    Base64UrlUnpadded::encode(bytes, &mut room).unwrap().to_owned()
}

pub fn unbase64url(text: &str) -> Vec<u8> {
    let mut room = vec![0; text.len()];
    Base64UrlUnpadded::decode(text, &mut room).unwrap().to_vec()
}

/// A store that has never fetched.
pub fn new_store(policy: KeyPolicy) -> KeyStore {
    KeyStore::new("https://core.example/.well-known/jwks.json", &[provider::RS256], policy, 7)
}

/// A store whose first fetch brought `answer` at `now`.
pub fn store_with(policy: KeyPolicy, answer: FetchAnswer<'_>, now: UnixMillis) -> KeyStore {
    let mut store = new_store(policy);
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now) else {
        panic!("a new store gives a ticket");
    };
    store.finish_fetch(ticket, answer, now);
    store
}

/// The same, with the default policy.
pub fn store_after(answer: FetchAnswer<'_>, now: UnixMillis) -> KeyStore {
    store_with(KeyPolicy::default(), answer, now)
}

/// Keys out of a document fetched at [`NOW`].
pub fn keys(jwks: &str) -> Keys {
    store_after(FetchAnswer::http(200, jwks.as_bytes()), at(NOW)).keys()
}

/// The page gate's decision on a request with this `Cookie` field.
pub fn decide(cookie: &[u8], keys: &Keys, now: UnixMillis) -> SessionDecision {
    Gate::page(PagePolicy::default()).request("GET", [cookie]).decide(keys, now)
}

/// The page gate's decision on a token in the access token cookie, at [`NOW`].
pub fn decide_token(token: &str, keys: &Keys) -> SessionDecision {
    decide(format!("sAccessToken={token}").as_bytes(), keys, at(NOW))
}

/// The reasons that no page's token has by itself: they are an API's, the core's, the claims'.
pub const NOT_OF_A_PAGE_S_TOKEN: [Reason; 19] = [
    Reason::NotChecked,
    Reason::CustomHeaderMissing,
    Reason::AntiCsrfHeaderMissing,
    Reason::AntiCsrfTokenMissing,
    Reason::AntiCsrfMismatch,
    Reason::InvalidClaims,
    Reason::CheckDatabase,
    Reason::FirstUseAfterRefresh,
    Reason::Revoked,
    Reason::CoreRefused,
    Reason::CoreUnavailable,
    Reason::CoreAnswer,
    Reason::FrontTokenNotFound,
    Reason::FrontTokenInvalid,
    Reason::FrontTokenExpired,
    Reason::AccessTokenNotFound,
    Reason::TokensDoNotMatch,
    Reason::ApiRefused,
    Reason::ApiAnswer,
];

/// The folder of third-party vectors; where there is none, says so and the test is over.
pub fn vectors() -> Option<std::path::PathBuf> {
    use std::io::Write;
    let folder = std::env::var_os("SESSION_VECTORS").map(std::path::PathBuf::from);
    if folder.is_none() {
        // Not `eprintln!`: the harness would capture it.
        let _ = writeln!(std::io::stderr(), "skipped: SESSION_VECTORS is not set");
    }
    folder
}

/// The lines of a file that must be there.
pub fn lines(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.lines().map(str::to_owned).collect()
}
