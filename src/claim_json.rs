//! Claims as JSON text, read and written to the digit as JavaScript's `JSON.parse` and
//! `JSON.stringify` do.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};

use crate::claim_value::{ClaimValue, Kind};
use crate::json::{self, Limits, Members, Value};

/// Reads an object from text that nobody has judged yet: UTF-8, no name twice at any depth, within
/// the limits.
pub(crate) fn read_strictly(text: &[u8], limits: Limits) -> Option<ClaimValue> {
    let room = limits.most_names().saturating_mul(2);
    json::read_object(text, limits, &mut vec![0; room], &mut Unwanted).ok().and_then(read)
}

/// Reads text that is known to be JSON; `None` if it is not.
pub(crate) fn read(text: &str) -> Option<ClaimValue> {
    read_with(text, usize::MAX)
}

/// The same, if no number in it has more than so many bytes.
pub(crate) fn read_with(text: &str, longest_number: usize) -> Option<ClaimValue> {
    let mut json = serde_json::Deserializer::from_str(text);
    let mut numbers = Numbers { rest: text.as_bytes(), longest: longest_number };
    let value = Any(&mut numbers).deserialize(&mut json).ok()?;
    json.end().ok()?;
    Some(value)
}

struct Unwanted;

impl<'de> Members<'de> for Unwanted {
    type Name = ();

    fn name(_: &str) -> Option<()> {
        None
    }

    fn set(&mut self, (): (), _: Value<'de>) {}
}

/// The texts of the numbers in a JSON text, in order.
///
/// `serde_json` rounds a number of many digits to a double that may be the next but one (its
/// feature against that would make numbers dearer before a signature is checked, too), and the
/// standard library rounds as JavaScript does. So `serde_json` says where a number is, and its text
/// is taken from here.
struct Numbers<'t> {
    rest: &'t [u8],
    longest: usize,
}

impl Numbers<'_> {
    fn next(&mut self) -> Option<f64> {
        let mut in_string = false;
        let mut escaped = false;
        let start = self.rest.iter().position(|byte| {
            if escaped {
                escaped = false;
            } else if *byte == b'"' {
                in_string = !in_string;
            } else {
                escaped = in_string && *byte == b'\\';
            }
            !in_string && (*byte == b'-' || byte.is_ascii_digit())
        })?;
        let (_, text) = self.rest.split_at_checked(start)?;
        let is_part = |byte: &u8| byte.is_ascii_digit() || b"+-.eE".contains(byte);
        let end = text.iter().position(|byte| !is_part(byte)).unwrap_or(text.len());
        let (number, rest) = text.split_at_checked(end)?;
        self.rest = rest;
        if number.len() > self.longest {
            return None;
        }
        core::str::from_utf8(number).ok()?.parse().ok()
    }

    fn next_value<E: Error>(&mut self) -> Result<ClaimValue, E> {
        self.next().map(ClaimValue::from).ok_or_else(|| E::custom("a number"))
    }
}

/// Any value. How deep it goes, `serde_json` bounds.
struct Any<'x, 't>(&'x mut Numbers<'t>);

impl<'de> DeserializeSeed<'de> for Any<'_, '_> {
    type Value = ClaimValue;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<ClaimValue, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Any<'_, '_> {
    type Value = ClaimValue;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<ClaimValue, E> {
        Ok(ClaimValue::NULL)
    }

    fn visit_bool<E: Error>(self, bool: bool) -> Result<ClaimValue, E> {
        Ok(bool.into())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<ClaimValue, E> {
        self.0.next_value()
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<ClaimValue, E> {
        self.0.next_value()
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<ClaimValue, E> {
        self.0.next_value()
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<ClaimValue, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<ClaimValue, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ClaimValue, A::Error> {
        let mut elements = Vec::new();
        while let Some(element) = seq.next_element_seed(Any(self.0))? {
            elements.push(element);
        }
        Ok(elements.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ClaimValue, A::Error> {
        let mut object = ClaimValue::object([("", ClaimValue::NULL); 0]);
        while let Some(name) = map.next_key::<String>()? {
            object.set(name, map.next_value_seed(Any(self.0))?);
        }
        Ok(object)
    }
}

/// A value as `JSON.stringify` prints it. Not the value's own `Display`: claims are the user's, and
/// what has a `Display` ends up in logs.
pub(crate) struct Json<'v>(pub(crate) &'v ClaimValue);

impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.kind() {
            Kind::Null | Kind::NotFinite => f.write_str("null"),
            Kind::Bool(bool) => write!(f, "{bool}"),
            Kind::Number(number) => f.write_str(&number_text(*number)),
            Kind::Text(text) => write!(f, "{}", Quoted(text)),
            Kind::Array(elements) => {
                f.write_str("[")?;
                for (place, element) in elements.iter().enumerate() {
                    write!(f, "{}{}", comma(place), Json(element))?;
                }
                f.write_str("]")
            }
            Kind::Object(members) => {
                f.write_str("{")?;
                for (place, (name, value)) in members.iter().enumerate() {
                    write!(f, "{}{}:{}", comma(place), Quoted(name), Json(value))?;
                }
                f.write_str("}")
            }
        }
    }
}

impl ClaimValue {
    /// The value as JSON text, to the digit as JavaScript's `JSON.stringify` prints it.
    #[must_use]
    pub fn to_json(&self) -> String {
        Json(self).to_string()
    }
}

/// What stands before the element at `place`.
pub(crate) const fn comma(place: usize) -> &'static str {
    if place == 0 { "" } else { "," }
}

/// A string in quotes: only the quote, the backslash and what is below the space is escaped
/// (ECMA-262 section 25.5.2.3, `QuoteJSONString`).
pub(crate) struct Quoted<'t>(pub(crate) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        let is_escaped = |char: char| char < ' ' || matches!(char, '"' | '\\');
        let mut rest = self.0;
        // What needs no escape goes in one piece.
        while let Some((plain, from)) =
            rest.find(is_escaped).and_then(|at| rest.split_at_checked(at))
        {
            f.write_str(plain)?;
            let mut chars = from.chars();
            match chars.next().unwrap_or_default() {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\u{8}' => f.write_str("\\b")?,
                '\t' => f.write_str("\\t")?,
                '\n' => f.write_str("\\n")?,
                '\u{c}' => f.write_str("\\f")?,
                '\r' => f.write_str("\\r")?,
                other => write!(f, "\\u{:04x}", u32::from(other))?,
            }
            rest = chars.as_str();
        }
        f.write_str(rest)?;
        f.write_str("\"")
    }
}

/// A number as JavaScript prints it (ECMA-262 section 6.1.6.1.20, `Number::toString`), from the
/// digits and the exponent of `{:e}`.
fn number_text(number: f64) -> String {
    // Minus zero is not below zero, and prints without the sign.
    let sign = if number < 0.0 { "-" } else { "" };
    let text = shortest(number.abs());
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let digits = digits.replace('.', "");
    // The section's n: where the point stands, counted from the first digit.
    let point = exponent.parse::<i32>().unwrap_or(0).saturating_add(1);
    if (1..=MOST_DIGITS).contains(&point) {
        let before = usize::try_from(point).unwrap_or(0);
        return match digits.split_at_checked(before) {
            Some((whole, "")) => format!("{sign}{whole}"),
            Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{digits:0<before$}"),
        };
    }
    if (-5..=0).contains(&point) {
        let zeros = usize::try_from(point.unsigned_abs()).unwrap_or(0);
        return format!("{sign}0.{:0<zeros$}{digits}", "");
    }
    let (first, others) = digits.split_at_checked(1).unwrap_or((&digits, ""));
    let dot = if others.is_empty() { "" } else { "." };
    format!("{sign}{first}{dot}{others}e{:+}", point.saturating_sub(1))
}

/// The fewest digits that give the number back, and of two such texts the nearer, as `{:e}` has it.
/// Of two that are equally near it has the greater, and JavaScript the even: that is what `{:e}`
/// has for a given number of digits.
fn shortest(number: f64) -> String {
    let text = format!("{number:e}");
    let digits = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let even = format!("{number:.*e}", digits.saturating_sub(1));
    // The nearest text of so many digits may be another number's, just above a power of two.
    if even.parse() == Ok(number) { even } else { text }
}

/// From 10^21 on JavaScript writes an exponent, and below 10^-6.
const MOST_DIGITS: i32 = 21;

#[cfg(test)]
mod tests {
    use super::*;

    fn means(one: &str, other: &str) -> bool {
        let [one, other] = [one, other].map(|text| read(text).unwrap());
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
