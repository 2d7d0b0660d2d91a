//! JSON as a JavaScript program has it: `JSON.parse` and `JSON.stringify`, as on paper.

/// A value. The members of an object are in JavaScript's order.
#[derive(Clone, Debug, PartialEq)]
pub enum Js {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Array(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Js {
    /// Reads what `serde_json` has found to be JSON.
    pub fn parse(text: &str) -> Self {
        let mut rest = text;
        let value = value(&mut rest);
        assert_eq!(rest.trim_start(), "", "judged before");
        value
    }

    /// An object of these members, as a literal would make it.
    pub fn object(members: Vec<(&str, Self)>) -> Self {
        let mut all = Vec::new();
        for (name, value) in members {
            all.retain(|(other, _)| other != name);
            all.push((name.to_owned(), value));
        }
        Self::Object(in_order(all))
    }

    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// As `JSON.stringify` prints it.
    pub fn print(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(bool) => bool.to_string(),
            Self::Number(number) => number_text(*number),
            Self::Text(text) => quoted(text),
            Self::Array(all) => {
                format!("[{}]", all.iter().map(Self::print).collect::<Vec<_>>().join(","))
            }
            Self::Object(members) => {
                let members = members.iter();
                let members = members.map(|(name, value)| quoted(name) + ":" + &value.print());
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    /// `===` between a value that was read and one that was written in the program.
    pub fn is(&self, other: &Self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_)) && self == other
    }

    /// The same value, whatever the order of members.
    pub fn means(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(one), Self::Array(two)) => {
                one.len() == two.len() && one.iter().zip(two).all(|(one, two)| one.means(two))
            }
            (Self::Object(one), Self::Object(two)) => {
                one.len() == two.len()
                    && one.iter().all(|(name, value)| {
                        other.get(name).is_some_and(|other| value.means(other))
                    })
            }
            _ => self == other,
        }
    }
}

/// Array indices first, by number (ECMA-262 section 10.1.11.1).
fn in_order(mut members: Vec<(String, Js)>) -> Vec<(String, Js)> {
    let index = |name: &str| {
        let number = name.parse::<u64>().ok().filter(|number| *number < (1 << 32) - 1)?;
        (number.to_string() == name).then_some(number)
    };
    members.sort_by_key(|(name, _)| index(name).unwrap_or(u64::MAX));
    members
}

fn value(rest: &mut &str) -> Js {
    *rest = rest.trim_start();
    let mut word = |word: &str, value: Js| {
        let after = rest.strip_prefix(word)?;
        *rest = after;
        Some(value)
    };
    let words = [("null", Js::Null), ("true", Js::Bool(true)), ("false", Js::Bool(false))];
    if let Some(value) = words.into_iter().find_map(|(text, value)| word(text, value)) {
        return value;
    }
    match rest.as_bytes()[0] {
        b'"' => Js::Text(text(rest)),
        b'[' => {
            let mut all = Vec::new();
            while more(rest, ']', all.is_empty()) {
                all.push(value(rest));
            }
            Js::Array(all)
        }
        b'{' => {
            let mut members = Vec::new();
            while more(rest, '}', members.is_empty()) {
                let name = text(rest);
                *rest = rest.trim_start().strip_prefix(':').expect("a colon");
                members.push((name, value(rest)));
            }
            Js::Object(in_order(members))
        }
        _ => {
            let end = rest.find(|char: char| !"+-.eE0123456789".contains(char));
            let (number, after) = rest.split_at(end.unwrap_or(rest.len()));
            *rest = after;
            Js::Number(number.parse().expect("a number"))
        }
    }
}

/// Whether another element follows; takes what is before it, or the end.
fn more(rest: &mut &str, end: char, is_first: bool) -> bool {
    *rest = rest.trim_start();
    if is_first {
        *rest = rest[1..].trim_start();
    }
    if let Some(after) = rest.strip_prefix(end) {
        *rest = after;
        return false;
    }
    if !is_first {
        *rest = rest.strip_prefix(',').expect("a comma").trim_start();
    }
    true
}

fn text(rest: &mut &str) -> String {
    let mut out = Vec::new();
    let mut chars = rest.strip_prefix('"').expect("a quote").chars();
    loop {
        match chars.next().expect("an end") {
            '"' => break,
            '\\' => match chars.next().expect("an escape") {
                'b' => out.push(8),
                'f' => out.push(12),
                'n' => out.push(10),
                'r' => out.push(13),
                't' => out.push(9),
                'u' => {
                    let (unit, after) = chars.as_str().split_at(4);
                    out.push(u16::from_str_radix(unit, 16).expect("four digits"));
                    chars = after.chars();
                }
                other => out.extend(other.encode_utf16(&mut [0; 2]).iter()),
            },
            other => out.extend(other.encode_utf16(&mut [0; 2]).iter()),
        }
    }
    *rest = chars.as_str();
    String::from_utf16(&out).expect("no half of a pair")
}

pub fn quoted(text: &str) -> String {
    let mut out = "\"".to_owned();
    for char in text.chars() {
        match char {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\u{8}' => out += "\\b",
            '\u{c}' => out += "\\f",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            '\0'..=' ' if char != ' ' => out += &format!("\\u{:04x}", u32::from(char)),
            other => out.push(other),
        }
    }
    out + "\""
}

/// `Number::toString` (ECMA-262 section 6.1.6.1.20).
fn number_text(number: f64) -> String {
    if !number.is_finite() {
        return "null".to_owned();
    }
    if number == 0.0 {
        return "0".to_owned();
    }
    if number < 0.0 {
        return format!("-{}", number_text(-number));
    }
    let (digits, n) = shortest(number);
    let k = i32::try_from(digits.len()).expect("few digits");
    let zeros = |count: i32| "0".repeat(usize::try_from(count).expect("not below zero"));
    let at = |place: i32| digits.split_at(usize::try_from(place).expect("not below zero"));
    if k <= n && n <= 21 {
        return digits.clone() + &zeros(n - k);
    }
    if 0 < n && n <= 21 {
        let (before, after) = at(n);
        return format!("{before}.{after}");
    }
    if -6 < n && n <= 0 {
        return format!("0.{}{digits}", zeros(-n));
    }
    let sign = if n > 0 { '+' } else { '-' };
    let exponent = (n - 1).abs();
    let (first, others) = at(1);
    let dot = if others.is_empty() { "" } else { "." };
    format!("{first}{dot}{others}e{sign}{exponent}")
}

/// The section's `s` as digits, and its `n`: of the texts with the fewest digits that are this number
/// the one that is nearest.
fn shortest(number: f64) -> (String, i32) {
    for places in 0..17 {
        let rounded = format!("{number:.places$e}");
        let (digits, exponent) = rounded.split_once('e').expect("an exponent");
        let s: u64 = digits.replace('.', "").parse().expect("digits");
        let n = exponent.parse::<i32>().expect("an exponent") + 1;
        // Just above a power of two the nearest may be another number's, and the next this one's.
        for s in [s, s - 1, s + 1] {
            let digits = s.to_string();
            let k = i32::try_from(places).expect("few places") + 1;
            if digits.len() != places + 1 {
                continue;
            }
            if format!("{digits}e{}", n - k).parse() == Ok(number) {
                return (digits, n);
            }
        }
    }
    panic!("17 digits are enough");
}
