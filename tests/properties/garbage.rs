//! What the properties are tried on: nonsense with a grain of sense, and other orders.

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use crate::support::base64url;

/// A `Cookie` field: nonsense, or made of the pieces that mean something.
pub(crate) fn field() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "sAccessToken",
        "st-access-token",
        "sIdRefreshToken",
        "=",
        ";",
        "; ",
        "\"",
        ".",
        " ",
        "\t",
        "e30",
        "eyJ0eXAiOiJKV1QifQ",
        "AA",
        "%3D",
        "\u{e9}",
    ];
    let some_pieces = prop::collection::vec(select(pieces.to_vec()), 0..30);
    // A header that is good, so that the payload is read.
    let header = base64url(br#"{"typ":"JWT","kid":"d-1749990000000","alg":"RS256"}"#);
    let bytes = prop::collection::vec(any::<u8>(), 0..2000);
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        some_pieces.clone().prop_map(|pieces| pieces.concat().into_bytes()),
        some_pieces.prop_map(|pieces| format!("sAccessToken={}", pieces.concat()).into_bytes()),
        (any::<bool>(), prop_oneof![bytes, json().prop_map(String::into_bytes)]).prop_map(
            move |(as_header, bytes)| {
                let segment = base64url(&bytes);
                let token = if as_header {
                    format!("{segment}.e30")
                } else {
                    format!("{header}.{segment}")
                };
                format!("sAccessToken={token}.AA").into_bytes()
            }
        ),
    ]
}

/// JSON text: values as claims and JWKs have them, nested, in great number and broken.
pub(crate) fn json() -> impl Strategy<Value = String> {
    let scalar = select(vec![
        "null",
        "true",
        "0",
        "-1",
        "1.5e3",
        "1e400",
        "18446744073709551616",
        "\"JWT\"",
        "\"5\"",
        "\"RS256\"",
        "\"\\u0061\"",
        "\"\\ud800\"",
        "\"RSA\"",
        "\"AQAB\"",
        "nul",
        "\"",
        "1750000001",
    ]);
    let nested = (0..3000_usize, select(vec![("[", "]"), (r#"{"a":"#, "}"), ("[", "")])).prop_map(
        |(depth, (open, close))| format!("{}0{}", open.repeat(depth), close.repeat(depth)),
    );
    let names: Vec<&str> = MEMBERS.split(' ').collect();
    let object = |value: BoxedStrategy<String>| {
        prop::collection::vec((select(names.clone()), value), 0..8).prop_map(|members| {
            let member = |(name, value): &(_, _)| format!(r#""{name}":{value}"#);
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(","))
        })
    };
    let many = (0..400_usize).prop_map(|most| {
        let members = (0..most).map(|n| format!(r#""{n}":{n}"#)).collect::<Vec<_>>();
        format!("{{{}}}", members.join(","))
    });
    let shallow = object(scalar.clone().prop_map(str::to_owned).boxed());
    prop_oneof![
        4 => scalar.prop_map(str::to_owned),
        1 => nested,
        1 => many,
        2 => object(shallow.clone().boxed()),
        2 => shallow,
    ]
}

pub(crate) const MEMBERS: &str = "kid typ version alg crit b64 sub exp iat nbf stt tId rsub \
                                  sessionHandle refreshTokenHash1 kty n e use key_ops d keys a b";

/// `object` with some members replaced or added, as text, so that a name may stand there twice.
pub(crate) fn with_members(object: &str, members: &[(&str, String)]) -> String {
    let inner = object.strip_suffix('}').unwrap();
    let mut text = inner.to_owned();
    for (name, value) in members {
        text.push_str(&format!(r#","{name}":{value}"#));
        // The former member goes by another name, or both stay: both happen.
        if value.len() % 3 > 0 {
            text = text.replacen(&format!(r#""{name}":"#), &format!(r#""was-{name}":"#), 1);
        }
    }
    text + "}"
}

pub(crate) fn some_members() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    prop::collection::vec((select(MEMBERS.split(' ').collect::<Vec<_>>()), json()), 0..3)
}

/// The members of a JSON object as text, in another order.
pub(crate) fn shuffled(object: &str, order: &[Index]) -> String {
    let object: serde_json::Map<String, Value> = serde_json::from_str(object).unwrap();
    let mut members: Vec<_> =
        object.iter().map(|(name, value)| format!(r#""{name}":{value}"#)).collect();
    shuffle(&mut members, order);
    format!("{{{}}}", members.join(","))
}

/// Fisher and Yates, with the choices given.
pub(crate) fn shuffle<T>(items: &mut [T], order: &[Index]) {
    for at in 1..items.len() {
        items.swap(at, order[at % order.len()].index(at + 1));
    }
}

pub(crate) fn order() -> impl Strategy<Value = Vec<Index>> {
    prop::collection::vec(any::<Index>(), 16)
}
