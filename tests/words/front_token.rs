//! Front tokens: found, read, refused and made.

use proptest::prelude::*;
use serde_json::{Value, json};
use supertokens_session::{FrontToken, FrontTokenError, UnixMillis};

use crate::support::{PAYLOAD, payload_with};
use crate::{base64, config, is_field_value, session, unbase64};

fn parse(json: &str) -> Result<FrontToken, FrontTokenError> {
    FrontToken::parse(base64(json).as_bytes())
}

#[test]
fn a_front_token_is_read() {
    let token =
        parse(r#"{"uid":"ü-1","ate":1750003540000,"up":{"sub":"ü-1","x":[1,null]}}"#).unwrap();
    assert_eq!(token.user_id(), "ü-1");
    assert_eq!(token.expires_at(), UnixMillis::from_millis(1_750_003_540_000));
    let payload: Value = serde_json::from_str(&token.payload_json()).unwrap();
    assert_eq!(payload, json!({"sub": "ü-1", "x": [1, null]}));
    // In any order, with more, escaped.
    let other = r#" { "more": 1, "up" : {}, "\u0061te": 1.75000354e12, "uid": "\u00fc" } "#;
    let token = parse(other).unwrap();
    assert_eq!((token.user_id(), token.payload_json().as_str()), ("ü", "{}"));
    assert_eq!(token.expires_at(), UnixMillis::from_millis(1_750_003_540_000));
    for (ate, millis) in
        [("0", 0), ("-1", 0), ("-0.5", 0), ("1.5", 2), ("9e15", 9_000_000_000_000_000)]
    {
        let token = parse(&format!(r#"{{"uid":"u","ate":{ate},"up":{{}}}}"#)).unwrap();
        assert_eq!(token.expires_at(), UnixMillis::from_millis(millis), "{ate}");
    }
}

#[test]
fn each_flaw_has_its_word() {
    let with_payload = |up: &str| format!(r#"{{"uid":"u","ate":1,"up":{up}}}"#);
    let nested =
        |depth| with_payload(&format!(r#"{{"a":{}{}}}"#, "[".repeat(depth), "]".repeat(depth)));
    // As deep as an access token's payload may be.
    assert!(parse(&nested(64)).is_ok());
    let deep = nested(65);
    // As many marks, five of which stand around these commas, and most of the names that fit in.
    let commas = |count: usize| with_payload(&format!(r#"{{"a":[{}1]}}"#, "1,".repeat(count)));
    assert!(parse(&commas(579)).is_ok());
    let names: String =
        ('%'..='[').chain(']'..='{').map(|name| format!(r#""{name}":1,"#)).collect();
    let named = (0..5).fold("1".to_owned(), |inner, _| format!(r#"{{{names}"!":{inner}}}"#));
    assert!(parse(&with_payload(&named)).is_ok());
    let wide: Vec<_> = (0..257).map(|name| format!(r#""{name}":1"#)).collect();
    let wide = with_payload(&format!("{{{}}}", wide.join(",")));
    let many = commas(580);
    for (json, flaw) in [
        ("", FrontTokenError::NotJson),
        ("null", FrontTokenError::NotJson),
        (r#"["u",1,{}]"#, FrontTokenError::NotJson),
        (r#"{"uid":"u","ate":1,"up":{}}x"#, FrontTokenError::NotJson),
        (r#"{"uid":"\ud800","ate":1,"up":{}}"#, FrontTokenError::NotJson),
        (r#"{"uid":"u","uid":"v","ate":1,"up":{}}"#, FrontTokenError::DuplicateMember),
        (r#"{"uid":"u","ate":1,"up":{"a":1,"a":1}}"#, FrontTokenError::DuplicateMember),
        (&deep, FrontTokenError::TooComplex),
        (&wide, FrontTokenError::TooComplex),
        (&many, FrontTokenError::TooComplex),
        (r#"{"ate":1,"up":{}}"#, FrontTokenError::UserId),
        (r#"{"uid":1,"ate":1,"up":{}}"#, FrontTokenError::UserId),
        (r#"{"uid":"","ate":1,"up":{}}"#, FrontTokenError::UserId),
        (r#"{"uid":"u","up":{}}"#, FrontTokenError::ExpiresAt),
        (r#"{"uid":"u","ate":"1","up":{}}"#, FrontTokenError::ExpiresAt),
        (r#"{"uid":"u","ate":1e300,"up":{}}"#, FrontTokenError::ExpiresAt),
        (r#"{"uid":"u","ate":1}"#, FrontTokenError::Payload),
        (r#"{"uid":"u","ate":1,"up":[]}"#, FrontTokenError::Payload),
        (r#"{"uid":"u","ate":1,"up":"{}"}"#, FrontTokenError::Payload),
    ] {
        assert_eq!(parse(json).unwrap_err(), flaw, "{json:.60}");
    }
    for text in ["remove", "eyJ9", "e30", "e30=\n", "%7B%7D", "eyJ1IjoiX-8ifQ=="] {
        let flaw = FrontToken::parse(text.as_bytes()).unwrap_err();
        let expected =
            if text == "eyJ9" { FrontTokenError::NotJson } else { FrontTokenError::NotBase64 };
        assert_eq!(flaw, expected, "{text}");
    }
    assert_eq!(FrontToken::parse(b"/////w==").unwrap_err(), FrontTokenError::NotJson);
    let long = |length: usize| FrontToken::parse("YWFh".repeat(length / 4).as_bytes()).unwrap_err();
    assert_eq!(long(4_096), FrontTokenError::NotJson);
    assert_eq!(long(4_100), FrontTokenError::TooLong);
}

/// As `buildFrontToken` of supertokens-node 24 makes it for this session, by its `JSON.stringify`.
#[test]
fn a_session_s_front_token_is_the_sdk_s() {
    let made = FrontToken::header_value(&session(PAYLOAD));
    assert_eq!(
        unbase64(&made),
        format!(r#"{{"uid":"user-1","ate":1750003540000,"up":{PAYLOAD}}}"#)
    );
    assert!(is_field_value(&made));
}

/// Unless it is one that no browser keeps.
#[test]
fn a_session_s_front_token_is_read_back() {
    for user in ["\"\\\n\u{1}ü\u{2028}", &"a".repeat(1_200), &"\u{1}".repeat(200)] {
        let session = session(&payload_with("sub", &json!(user).to_string()));
        let token = FrontToken::parse(FrontToken::header_value(&session).as_bytes()).unwrap();
        assert_eq!(token.user_id(), user);
        assert_eq!(token.expires_at(), session.expires_at());
        let [ours, theirs] = [session.payload_json(), &token.payload_json()]
            .map(|text| serde_json::from_str::<Value>(text).unwrap());
        assert_eq!(ours, theirs);
    }
}

#[test]
fn the_front_token_is_found_as_front_ends_find_it() {
    let many = format!("{}sFrontToken=late", "a;".repeat(180));
    let wide = format!("sFrontToken={}", "a".repeat(64 * 1024));
    for (fields, expected) in [
        (&["sFrontToken=a=="] as &[&str], Some("a==")),
        (&["x=y", "z; sFrontToken = \"a+/=\" ;q"], Some("a+/=")),
        (&["sFrontToken=a; sFrontToken=b"], Some("b")),
        (&["sFrontToken=a", "sFrontToken=b"], Some("b")),
        (&["front-token=a"], Some("a")),
        (&["sFrontToken=a; front-token=b"], Some("a")),
        (&["sFrontToken="], Some("")),
        (&["sfronttoken=a; sFrontToken; xsFrontToken=a"], None),
        (&[], None),
        (&[&many], None),
        (&["sFrontToken=early", &many], Some("early")),
        (&["sFrontToken=early", &wide], Some("early")),
    ] {
        let found = FrontToken::find(fields.iter().map(|field| field.as_bytes()));
        assert_eq!(
            found,
            expected.map(str::as_bytes),
            "{:?}",
            fields.first().map(|field| &field[..field.len().min(30)])
        );
    }
}

/// With more digits one can be found whose reading takes a hundred times as long.
#[test]
fn a_number_has_no_more_digits_than_doubles_are_written_with() {
    let text = |up: &str| base64(&format!(r#"{{"uid":"u","ate":1,"up":{up}}}"#));
    for (up, is_read) in [
        (r#"{"a":-2.2250738585072014e-308}"#, true),
        (r#"{"a":-0.0000012345678901234567}"#, true),
        (r#"{"a":1234567890123456789012345}"#, true),
        (r#"{"a":12345678901234567890123456}"#, false),
        (r#"{"a":2.22507385850720113605e-308}"#, false),
        (r#"{"a":[0,[1.0000000000000000000000000]]}"#, false),
        (r#"{"a":"12345678901234567890123456"}"#, true),
        (r#"{"12345678901234567890123456":1}"#, true),
    ] {
        let read = FrontToken::parse(text(up).as_bytes());
        assert_eq!(read.err(), (!is_read).then_some(FrontTokenError::Payload), "{up}");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = FrontToken::find([bytes.as_slice()]);
        prop_assert!(FrontToken::parse(&bytes).is_err());
        let inside = format!(r#"{{"uid":"u","ate":1,"up":{}}}"#, String::from_utf8_lossy(&bytes));
        let _ = parse(&inside);
    }

    #[test]
    fn what_is_read_is_what_serde_json_reads(
        uid in "(?s).{1,9}", ate in 0_u64..9_000_000_000_000_000, claim in "(?s).{0,9}",
    ) {
        let up = json!({"sub": uid, "c": {"d": [claim]}});
        let token = parse(&json!({"uid": uid, "ate": ate, "up": up}).to_string()).unwrap();
        prop_assert_eq!(token.user_id(), uid.as_str());
        prop_assert_eq!(token.expires_at().as_millis(), ate);
        prop_assert_eq!(serde_json::from_str::<Value>(&token.payload_json()).unwrap(), up);
    }
}
