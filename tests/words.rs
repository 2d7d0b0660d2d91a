//! What the crate says to browsers and front ends, and reads from them, as data.

#[path = "words/clear_tokens.rs"]
mod clear_tokens;
#[path = "words/redirect.rs"]
mod redirect;

use proptest::prelude::*;
use supertokens_session::Response;

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
