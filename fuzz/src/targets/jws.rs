//! Invariant: a JWS is good, and its payload which, exactly where a naive verifier says so; base64 by another's word.
//!
//! Input: a byte of kind, then the whole text (0); the payload segment under a good header, signed (1); the
//! signature segment of a good token (2); the header segment of one (3); header, NUL and payload, to be
//! encoded and signed (4, 5).

use std::sync::LazyLock;

use supertokens_session::KeySet;

use crate::doubles::held::{self, JWKS, KEYS};
use crate::doubles::{jws, null, token};

static SET: LazyLock<KeySet> =
    LazyLock::new(|| KeySet::parse(JWKS.as_bytes(), &[null::RS256]).expect("a key set"));

const HEADER: &str = r#"{"kid":"d-1749990000000","alg":"RS256"}"#;

pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    let header = token::encode(HEADER.as_bytes());
    let n = &KEYS.1[0].1;
    let signed = |header: &[u8], payload: &[u8]| {
        let message = [header, payload].join(&b'.');
        let signature = token::encode(&null::sign(n, &message));
        [&message, signature.as_bytes()].join(&b'.')
    };
    let text = match kind % 6 {
        0 => rest.to_vec(),
        1 => signed(header.as_bytes(), rest),
        2 => [header.as_bytes(), b"e30", rest].join(&b'.'),
        3 => signed(rest, b"e30"),
        kind => {
            let at = rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len());
            let (header, payload) = rest.split_at(at);
            held::signed(kind - 3, header, payload.get(1..).unwrap_or_default()).into_bytes()
        }
    };
    let verdict = SET.verify_jws(&text);
    match (&verdict, jws::verify(&text, &KEYS.1)) {
        (Ok(payload), Ok(own)) => assert_eq!(*payload, own),
        (Err(reason), Err(own)) => assert!(own.contains(reason), "{reason:?}, not of {own:?}"),
        (verdict, own) => panic!("{verdict:?}: {own:?}"),
    }
    assert_eq!(SET.verify_jws(&text), verdict, "twice");
}
