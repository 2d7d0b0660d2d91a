//! An API's answer 403, read and written.

use proptest::prelude::*;
use supertokens_session::InvalidClaims;

use super::values::any_value;

fn body(list: &str) -> String {
    format!(r#"{{"message":"invalid claim","claimValidationErrors":{list}}}"#)
}

fn parse(list: &str) -> Option<InvalidClaims> {
    InvalidClaims::from_json(body(list).as_bytes())
}

#[test]
fn an_answer_is_read_and_written_as_it_was() {
    for list in [
        r#"[{"id":"st-ev","reason":{"message":"wrong value","expectedValue":true,"actualValue":false}}]"#,
        r#"[{"id":"st-ev","reason":{"message":"expired","ageInSeconds":300.001,"maxAgeInSeconds":300}},{"id":"st-mfa","reason":{"message":"x","oneOf":["a","b"]}}]"#,
        r#"[{"id":"a"},{"id":"a"},{"id":""}]"#,
        r#"[{"id":"a","reason":null},{"id":"b","reason":"text"},{"id":"c","reason":[1,{}]}]"#,
        r#"[{"id":"\"\n\\é","reason":{"z":1,"a":0.1}}]"#,
    ] {
        let invalid = parse(list).unwrap_or_else(|| panic!("{list}"));
        assert_eq!(invalid.to_json(), list);
        assert_eq!(parse(&invalid.to_json()), Some(invalid));
    }
}

#[test]
fn failures_tell_what_they_are() {
    let invalid = parse(
        r#"[{"id":"st-ev","reason":{"message":"wrong value","actualValue":false},"extra":1},{"id":"x","reason":[]},{"id":"y"}]"#,
    )
    .unwrap();
    let [ev, odd, bare] = invalid.failures() else { panic!("three") };
    assert_eq!((ev.id(), odd.id(), bare.id()), ("st-ev", "x", "y"));
    let reason = ev.reason().unwrap();
    assert_eq!(reason.message(), Some("wrong value"));
    assert_eq!(reason.as_value().get("actualValue").unwrap().as_bool(), Some(false));
    assert_eq!(odd.reason().unwrap().message(), None);
    assert_eq!(odd.reason().unwrap().clone().with("seats", 3).to_json(), "[]");
    assert_eq!(bare.reason(), None);
    assert!(invalid.failures().iter().all(|failure| !failure.refetch_could_cure()));
}

#[test]
fn what_is_no_answer_is_none() {
    let lists = [
        "[]",
        "null",
        "{}",
        r#""st-ev""#,
        r#"{"id":"a"}"#,
        "[null]",
        "[1]",
        r#"["a"]"#,
        "[[]]",
        "[{}]",
        r#"[{"id":null}]"#,
        r#"[{"id":1}]"#,
        r#"[{"reason":{"message":"x"}}]"#,
        r#"[{"id":"a"},{"ID":"b"}]"#,
        r#"[{"id":"a","id":"a"}]"#,
        r#"[{"id":"a","reason":{"x":1,"x":1}}]"#,
        r#"[{"id":"\ud800"}]"#,
        r#"[{"id":"a","reason":1e400}]"#,
        r#"[{"id":"a"},]"#,
    ];
    for list in lists {
        assert_eq!(parse(list), None, "{list}");
    }
    for body in [
        "",
        "null",
        "[]",
        "{}",
        r#"[{"id":"a"}]"#,
        r#"{"message":"invalid claim"}"#,
        r#"{"claimValidationErrors":[{"id":"a"}]}}"#,
        r#"{"claimValidationErrors":[{"id":"a"}],"claimValidationErrors":[{"id":"a"}]}"#,
        "\u{feff}{\"claimValidationErrors\":[{\"id\":\"a\"}]}",
    ] {
        assert_eq!(InvalidClaims::from_json(body.as_bytes()), None, "{body}");
    }
    assert_eq!(InvalidClaims::from_json(b"{\"claimValidationErrors\":[{\"id\":\"\xff\"}]}"), None);
    // It is the list that makes the answer.
    assert!(InvalidClaims::from_json(br#" {"claimValidationErrors":[{"id":"a"}]} "#).is_some());
}

#[test]
fn an_answer_is_bounded() {
    // In bytes.
    let padded = |length: usize| {
        let with = |id: &str| body(&format!(r#"[{{"id":"{id}"}}]"#));
        with(&"a".repeat(length - with("").len()))
    };
    assert!(InvalidClaims::from_json(padded(64 * 1024).as_bytes()).is_some());
    assert!(InvalidClaims::from_json(padded(64 * 1024 + 1).as_bytes()).is_none());
    // In errors.
    let errors = |count| format!("[{}]", vec![r#"{"id":"a"}"#; count].join(","));
    assert_eq!(parse(&errors(64)).unwrap().failures().len(), 64);
    assert_eq!(parse(&errors(65)), None);
    // In depth: a claim of 64, and what is around it.
    let deep = |depth| {
        format!(r#"[{{"id":"a","reason":{{"v":{}{}}}}}]"#, "[".repeat(depth), "]".repeat(depth))
    };
    assert!(parse(&deep(65)).is_some());
    assert!(parse(&deep(66)).is_none());
    assert!(parse(&deep(30_000)).is_none());
    // In members of one object, and in structure.
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|place| format!(r#""m{place}":0"#)).collect();
        format!(r#"[{{"id":"a","reason":{{{}}}}}]"#, members.join(","))
    };
    assert!(parse(&members(256)).is_some());
    assert!(parse(&members(257)).is_none());
    let elements = |count| format!(r#"[{{"id":"a","reason":[{}]}}]"#, vec!["0"; count].join(","));
    assert!(parse(&elements(2_000)).is_some());
    assert!(parse(&elements(2_500)).is_none());
}

/// A body that has the right pieces in the wrong places.
fn garbage() -> impl Strategy<Value = Vec<u8>> {
    let pieces = [
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\\u",
        "d800",
        "-",
        "0",
        "1e9",
        "e",
        ".",
        "true",
        "null",
        " ",
        "\"id\"",
        "\"a\"",
        "\"reason\"",
        "\"claimValidationErrors\"",
        "{\"id\":\"a\"}",
    ];
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..40)
            .prop_map(|pieces| pieces.concat().into_bytes()),
        (prop::collection::vec(prop::sample::select(pieces.to_vec()), 0..20))
            .prop_map(|pieces| body(&format!("[{}]", pieces.concat())).into_bytes()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_is_read_again(errors in prop::collection::vec((any::<String>(), prop::option::of(any_value())), 1..6)) {
        let errors: Vec<_> = errors.into_iter().map(|(id, reason)| {
            let id = serde_json::to_string(&id).unwrap();
            let reason = reason.map_or(String::new(), |reason| format!(",\"reason\":{}", reason.to_json()));
            format!("{{\"id\":{id}{reason}}}")
        }).collect();
        let list = format!("[{}]", errors.join(","));
        let invalid = parse(&list).unwrap();
        prop_assert_eq!(invalid.failures().len(), errors.len());
        prop_assert_eq!(parse(&invalid.to_json()), Some(invalid));
    }

    #[test]
    fn no_body_and_no_payload_makes_it_panic(bytes in garbage()) {
        if let Some(invalid) = InvalidClaims::from_json(&bytes) {
            prop_assert!(!invalid.failures().is_empty());
            prop_assert_eq!(parse(&invalid.to_json()), Some(invalid));
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Some(claims) = supertokens_session::Claims::parse(&text) {
            let key = "claimValidationErrors";
            let role = supertokens_session::PrimitiveArrayClaim::new(key).includes("a");
            let now = supertokens_session::UnixMillis::from_millis(super::NOW);
            prop_assert!(supertokens_session::ClaimValidator::validate(&role, &claims, now).is_err());
        }
    }
}
