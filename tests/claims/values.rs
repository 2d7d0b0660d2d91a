//! JSON in and out, against what `JSON.stringify(JSON.parse(text))` gives in Node 20.

use proptest::prelude::*;
use supertokens_session::{ClaimValue, Claims};

/// The value of a text that stands in a payload.
fn value(text: &str) -> ClaimValue {
    super::claims(&format!(r#"{{"k":{text}}}"#)).get("k").unwrap().clone()
}

#[test]
fn numbers_are_read_and_printed_as_javascript_does() {
    for (text, printed) in [
        ("0", "0"),
        ("-0", "0"),
        ("-0.0", "0"),
        ("60", "60"),
        ("60.0", "60"),
        ("60.5", "60.5"),
        ("-1.5", "-1.5"),
        ("100", "100"),
        ("1e2", "100"),
        ("1E5", "100000"),
        ("1e+5", "100000"),
        ("1e20", "100000000000000000000"),
        ("123456789012345680000", "123456789012345680000"),
        ("999999999999999900000", "999999999999999900000"),
        ("1e21", "1e+21"),
        ("1e22", "1e+22"),
        ("8.41e21", "8.41e+21"),
        ("1.5e300", "1.5e+300"),
        ("-1.5e300", "-1.5e+300"),
        ("0.000001", "0.000001"),
        ("1e-6", "0.000001"),
        ("1.5e-6", "0.0000015"),
        ("0.000012345", "0.000012345"),
        ("1e-7", "1e-7"),
        ("5e-7", "5e-7"),
        ("1.25e-7", "1.25e-7"),
        ("5e-324", "5e-324"),
        ("4.9e-324", "5e-324"),
        ("1e-400", "0"),
        ("0.1", "0.1"),
        ("123456.789", "123456.789"),
        ("0.30000000000000004", "0.30000000000000004"),
        ("0.1000000000000000055511151231257827021181583404541015625", "0.1"),
        ("2.2250738585072014e-308", "2.2250738585072014e-308"),
        ("2.225073858507201e-308", "2.225073858507201e-308"),
        ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ("1750000000000", "1750000000000"),
        // Half-way between two shortest texts: the even one.
        ("638414230045588.25", "638414230045588.2"),
        ("638414230045588.75", "638414230045588.8"),
        ("-63841423004558821183.1422729776e-5", "-638414230045588.2"),
        // Powers of two, below which doubles lie closer than above.
        ("9.5367431640625e-7", "9.5367431640625e-7"),
        ("1.1754943508222875e-38", "1.1754943508222875e-38"),
        ("9.671406556917033e24", "9.671406556917033e+24"),
        ("5.960464477539063e-8", "5.960464477539063e-8"),
        ("6.189700196426902e26", "6.189700196426902e+26"),
        ("9007199254740991", "9007199254740991"),
        ("9007199254740992", "9007199254740992"),
        ("9007199254740993", "9007199254740992"),
        ("18446744073709551615", "18446744073709552000"),
        ("18446744073709551616", "18446744073709552000"),
        ("-9223372036854775809", "-9223372036854776000"),
    ] {
        assert_eq!(value(text).to_json(), printed, "{text}");
    }
}

#[test]
fn each_number_of_a_text_is_read_in_its_place() {
    // Strings, names and literals between them hold what could be taken for numbers or for quotes.
    let text = r#"{"1":-1.5,"-2":["3","\"4",5,true,{"\\":6e1},null,"7\\",8],"9e9":"-","z":[[0.30000000000000004]]}"#;
    let printed = r#"{"1":-1.5,"-2":["3","\"4",5,true,{"\\":60},null,"7\\",8],"9e9":"-","z":[[0.30000000000000004]]}"#;
    assert_eq!(value(text).to_json(), printed);
}

#[test]
fn strings_are_escaped_as_javascript_does() {
    for (text, printed) in [
        (r#""""#, r#""""#),
        (r#""\"\\\/""#, r#""\"\\/""#),
        (r#""\b\f\n\r\t""#, r#""\b\f\n\r\t""#),
        (r#""\u0008\u000C\u000a\u000D\u0009""#, r#""\b\f\n\r\t""#),
        (r#""\u0000\u000b\u001F ""#, r#""\u0000\u000b\u001f ""#),
        (r#""\u007f\u0080\u2028\u2029""#, "\"\u{7f}\u{80}\u{2028}\u{2029}\""),
        (r#""\ud83d\ude00é<>&'""#, "\"\u{1f600}é<>&'\""),
    ] {
        assert_eq!(value(text).to_json(), printed, "{text}");
        // A name is a string.
        let (text, printed) = (format!("{{{text}:1}}"), format!("{{{printed}:1}}"));
        assert_eq!(value(&text).to_json(), printed, "{text}");
    }
    // The safety of the answer does not hang on the table: nothing below the space gets out.
    for byte in 0..0x20 {
        let printed = ClaimValue::from(char::from(byte).to_string()).to_json();
        assert!(printed.bytes().all(|byte| byte >= 0x20), "{printed}");
    }
}

#[test]
fn names_that_are_array_indices_come_first() {
    let text = r#"{"b":1,"1":2,"a":3,"0":4,"10":5,"9":6,"01":7,"-1":8,"4294967294":9,
        "4294967295":10,"1.5":11,"+3":12," 4":13,"4294967296":14,"":15,"00":16,"__proto__":17,
        "toJSON":18,"-0":19}"#;
    let printed = r#"{"0":4,"1":2,"9":6,"10":5,"4294967294":9,"b":1,"a":3,"01":7,"-1":8,"4294967295":10,"1.5":11,"+3":12," 4":13,"4294967296":14,"":15,"00":16,"__proto__":17,"toJSON":18,"-0":19}"#;
    assert_eq!(value(text).to_json(), printed);
    assert_eq!(value(r#"[{"2":[],"1":{}},[],{}]"#).to_json(), r#"[{"1":{},"2":[]},[],{}]"#);
    // Made, not read: the same order, and a repeated name keeps its place.
    let made = ClaimValue::object([("b", 1.into()), ("1", 2.into()), ("b", 3.into())]);
    assert_eq!(made.to_json(), r#"{"1":2,"b":3}"#);
}

#[test]
fn values_are_made_and_asked() {
    let object = ClaimValue::object([("a", ClaimValue::from("x")), ("b", ClaimValue::NULL)]);
    for (value, printed) in [
        (true.into(), "true"),
        (1.into(), "1"),
        (u32::MAX.into(), "4294967295"),
        (0.5.into(), "0.5"),
        ((0.1 + 0.2).into(), "0.30000000000000004"),
        (9_007_199_254_740_992_f64.into(), "9007199254740992"),
        (f64::NAN.into(), "null"),
        (f64::INFINITY.into(), "null"),
        (f64::NEG_INFINITY.into(), "null"),
        (String::from("x").into(), "\"x\""),
        (vec![1, 2].into(), "[1,2]"),
        (Vec::<bool>::new().into(), "[]"),
        (object.clone(), r#"{"a":"x","b":null}"#),
    ] {
        let value: ClaimValue = value;
        assert_eq!(value.to_json(), printed);
        assert_eq!(value, value.clone(), "{printed}");
    }
    assert_eq!(object.get("a").unwrap().as_text(), Some("x"));
    assert!(object.get("b").unwrap().is_null());
    assert_eq!(object.get("c"), None);
    let names: Vec<_> = object.as_object().unwrap().map(|(name, _)| name).collect();
    assert_eq!(names, ["a", "b"]);
    let list = value(r#"[true,2,"x"]"#);
    let [bool, number, text] = list.as_array().unwrap() else { panic!("three") };
    assert_eq!((bool.as_bool(), bool.as_number(), bool.as_text()), (Some(true), None, None));
    assert_eq!((number.as_bool(), number.as_number()), (None, Some(2.0)));
    assert_eq!((text.as_text(), text.as_array(), text.get("length")), (Some("x"), None, None));
    assert!(text.as_object().is_none() && !text.is_null());
}

#[test]
fn what_is_printed_of_a_value_is_its_kind() {
    for (value, kind) in [
        (ClaimValue::NULL, "Null"),
        (f64::NAN.into(), "NotFinite"),
        (false.into(), "Bool(..)"),
        (7.into(), "Number(..)"),
        ("x".into(), "Text(..)"),
        (vec!["x"].into(), "Array(..)"),
        (ClaimValue::object([("x", "y".into())]), "Object(..)"),
    ] {
        assert_eq!(format!("{value:?}"), kind);
    }
}

#[test]
fn what_is_not_a_payload_has_no_claims() {
    let deep = |depth| format!(r#"{{"k":{}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    for text in [
        "",
        "[]",
        "null",
        "{",
        "{}}",
        r#"{"a":1,}"#,
        r#"{"a":1,"a":1}"#,
        r#"{"a":{"b":1,"b":1}}"#,
        r#"{"a":"\ud800"}"#,
        r#"{"a":01}"#,
        r#"{"a":1e400}"#,
        &deep(65),
        &deep(100_000),
    ] {
        assert_eq!(Claims::parse(text), None, "{:.40}", text);
    }
    assert!(Claims::parse(&deep(64)).is_some());
    assert_eq!(Claims::parse(" {\"a\" : 1}\n").unwrap().get("a").unwrap().as_number(), Some(1.0));
}

/// A JSON value of any kind, as this crate makes them.
pub(crate) fn any_value() -> impl Strategy<Value = ClaimValue> {
    let leaf = prop_oneof![
        Just(ClaimValue::NULL),
        any::<bool>().prop_map(ClaimValue::from),
        any::<f64>().prop_map(ClaimValue::from),
        any::<i32>().prop_map(ClaimValue::from),
        any::<u32>().prop_map(|high| ClaimValue::from(f64::from(high) * 1e6 + 0.001)),
        any::<String>().prop_map(ClaimValue::from),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        let name = prop_oneof!["[0-9]{1,3}", any::<String>()];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(ClaimValue::from),
            prop::collection::vec((name, inner), 0..4).prop_map(ClaimValue::object),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_value_is_what_its_text_says(made in any_value()) {
        let printed = made.to_json();
        prop_assert_eq!(value(&printed).to_json(), printed.as_str());
        prop_assert!(value(&printed) == made, "{}", printed);
    }

    /// `serde_json` escapes what JavaScript does.
    #[test]
    fn a_string_is_escaped_as_serde_json_does(text: String) {
        let escaped = serde_json::to_string(&text).unwrap();
        prop_assert_eq!(ClaimValue::from(text).to_json(), escaped);
    }

    /// The other way round, from the shortest text of a double as the standard library has it.
    #[test]
    fn a_double_comes_back(bits: u64) {
        let number = f64::from_bits(bits);
        prop_assume!(number.is_finite());
        let printed = ClaimValue::from(number).to_json();
        prop_assert_eq!(printed.parse::<f64>().unwrap(), number);
        prop_assert_eq!(value(&printed).as_number(), Some(number));
        let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
        prop_assert!(digits(&printed) <= 24, "{}", printed);
    }
}
