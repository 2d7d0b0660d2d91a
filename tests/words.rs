//! What the crate says to browsers and front ends, and reads from them, as data.

#[path = "words/token_cookies.rs"]
mod token_cookies;
#[path = "words/front_token.rs"]
mod front_token;
#[path = "words/redirect.rs"]
mod redirect;
mod support;
#[path = "words/two_tokens.rs"]
mod two_tokens;

use base64ct::{Base64, Encoding};
use proptest::prelude::*;
use supertokens_session::{Response, Session, SessionDecision};
use support::{Signer, decide_token, jwks, keys};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

/// The one value of a header field.
fn only<'r>(response: &'r Response, name: &str) -> &'r str {
    let values: Vec<_> = response.headers().filter(|field| field.0 == name).collect();
    assert_eq!(values.len(), 1, "{name}");
    values[0].1
}

/// Whether a text is one line that an HTTP field may have for its value.
fn is_field_value(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
}

/// The session of a token of this payload.
fn session(payload: &str) -> Session {
    match decide_token(&Signer::dynamic().session(payload), &keys(&jwks())) {
        SessionDecision::Authenticated(session) => session,
        other => panic!("{other:?}"),
    }
}

fn base64(text: &str) -> String {
    let mut room = vec![0; Base64::encoded_len(text.as_bytes())];
    Base64::encode(text.as_bytes(), &mut room).unwrap().to_owned()
}

fn unbase64(text: &str) -> String {
    let mut room = vec![0; text.len()];
    String::from_utf8(Base64::decode(text, &mut room).unwrap().to_vec()).unwrap()
}
