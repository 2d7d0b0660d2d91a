//! One request of the line format, read the way the SDK reads it: leniently. What the rows of
//! differences look for in it is worked out here, apart from the crate's own reading.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::support::marks::marks;

pub(crate) struct Case {
    pub(crate) line: Map<String, Value>,
    /// The access token in `Authorization`, as the SDK cuts it out.
    pub(crate) bearer: Option<Token>,
    /// Every cookie with the access token's name, written as it is.
    pub(crate) cookies: Vec<Token>,
    /// Whether a part without `=` has that name.
    pub(crate) bare_name: bool,
    /// How many parts the SDK counts: it leaves white space between the name and the `=`.
    pub(crate) counted: usize,
    /// Parts between semicolons, and bytes, in all fields.
    pub(crate) parts: usize,
    pub(crate) length: usize,
}

/// A token, by whatever leniency it is one.
pub(crate) struct Token {
    /// As it stands in the request, without one pair of quotes.
    pub(crate) raw: String,
    /// As the SDK reads it: escapes and JSON undone.
    pub(crate) text: String,
    pub(crate) header: Part,
    pub(crate) payload: Part,
    pub(crate) signature: String,
}

const LEGACY_1: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIxIn0=";
const LEGACY_2: &str = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0=";

fn is_legacy(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default().replace("%3D", "=");
    [LEGACY_1, LEGACY_2].contains(&header.as_str())
}

/// A segment that holds JSON.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) spelling: String,
    pub(crate) bytes: Vec<u8>,
    /// By a parser for which the last of two members counts.
    pub(crate) json: Option<Value>,
    /// A number no double holds, half a surrogate pair: mended, so that the rest could be read.
    pub(crate) beyond: bool,
    pub(crate) half: bool,
}

impl Case {
    pub(crate) fn new(line: Map<String, Value>) -> Self {
        let text = |name: &str| line.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut fields: Vec<String> = text("cookie_header").into_iter().collect();
        if let Some(list) = line.get("cookie_headers").and_then(Value::as_array) {
            fields.extend(list.iter().filter_map(Value::as_str).map(str::to_owned));
        }
        let parts: Vec<&str> = fields.iter().flat_map(|field| field.split(';')).collect();
        let cookies = parts
            .iter()
            .filter_map(|part| part.split_once('='))
            .filter(|(name, _)| name.trim_matches([' ', '\t']) == "sAccessToken")
            .map(|(_, value)| Token::in_cookie(value.trim_matches([' ', '\t'])))
            .collect();
        let bare_name = parts.iter().any(|part| part.trim() == "sAccessToken");
        let counted = parts
            .iter()
            .filter(|part| {
                decoded(part.trim().split('=').next().unwrap_or_default()) == "sAccessToken"
            })
            .count();
        let authorization =
            text("authorization").or_else(|| text("token").map(|token| format!("Bearer {token}")));
        let bearer = authorization.and_then(|field| {
            let token = field.trim_matches([' ', '\t']).strip_prefix("Bearer ")?;
            Some(Token::new(token.trim_matches([' ', '\t']).into(), token.trim().into()))
        });
        let (parts, length) = (parts.len(), fields.iter().map(|field| field.chars().count()).sum());
        Self { line, bearer, cookies, bare_name, counted, parts, length }
    }

    pub(crate) fn option(&self, name: &str) -> &Value {
        self.line.get("opts").map_or(&Value::Null, |opts| &opts[name])
    }

    /// The token that the SDK reads: a structurally valid bearer token before the first cookie.
    pub(crate) fn read(&self) -> Option<&Token> {
        let transfer = self.option("transfer").as_str().unwrap_or("any");
        let bearer = self.bearer.as_ref().filter(|_| transfer != "cookie");
        let cookie = self.cookies.first().filter(|_| transfer != "header");
        [bearer, cookie].into_iter().flatten().find(|token| token.is_session_s())
    }

    pub(crate) fn read_from_bearer(&self) -> bool {
        match (self.read(), &self.bearer) {
            (Some(token), Some(bearer)) => std::ptr::eq(token, bearer),
            _ => false,
        }
    }

    /// The JSON members of the JWKS document, as a lenient parser sees them.
    pub(crate) fn keys(&self) -> Option<Vec<Value>> {
        let document = match self.line.get("jwks")? {
            Value::String(text) => {
                serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?
            }
            value => value.clone(),
        };
        document.get("keys")?.as_array().cloned()
    }

    /// Whether the document is an object with one array of keys.
    pub(crate) fn is_key_set(&self) -> bool {
        let text = self.line.get("jwks").and_then(Value::as_str);
        self.keys().is_some() && !text.is_some_and(|text| Part::of(text.as_bytes()).repeats())
    }

    /// The members of the document that have the `kid` of the token that is read.
    pub(crate) fn keys_named(&self) -> Vec<Value> {
        let kid = self.read().and_then(|token| token.header.get("kid").cloned());
        let keys = self.keys().unwrap_or_default();
        keys.into_iter().filter(|key| key.get("kid") == kid.as_ref()).collect()
    }

    /// Whether the `exp` of the token that is read has passed.
    pub(crate) fn has_expired(&self) -> bool {
        let exp = self.read().and_then(|token| token.payload.get("exp")).and_then(Value::as_f64);
        exp.is_some_and(|exp| exp * 1_000.0 <= self.now())
    }

    /// The time in milliseconds.
    pub(crate) fn now(&self) -> f64 {
        (self.line["now"].as_f64().unwrap() * 1_000_000.0).round() / 1_000.0
    }
}

impl Token {
    fn in_cookie(value: &str) -> Self {
        let quoted = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        let raw = quoted.unwrap_or(value);
        let text = decoded(raw);
        let json = text.strip_prefix("j:").and_then(|json| serde_json::from_str(json).ok());
        let text = json.unwrap_or(text);
        Self::new(raw.to_owned(), text)
    }

    fn new(raw: String, text: String) -> Self {
        let segments: Vec<&str> = text.split('.').collect();
        let [header, payload, signature] = segments[..] else {
            let none = Part::default();
            return Self {
                raw,
                text,
                header: none,
                payload: Part::default(),
                signature: "".into(),
            };
        };
        let (header, payload) = (Part::new(header), Part::new(payload));
        let signature = signature.to_owned();
        Self { raw, text, header, payload, signature }
    }

    /// Version 1 or 2, by one of the two header texts; `%3D` is `=`.
    pub(crate) fn is_legacy(&self) -> bool {
        is_legacy(&self.text)
    }

    /// The same, before the SDK undoes anything.
    pub(crate) fn is_legacy_as_it_stands(&self) -> bool {
        is_legacy(&self.raw)
    }

    /// The version by the SDK's `parseInt`.
    fn version(&self) -> Option<i64> {
        match self.header.get("version") {
            None => Some(3),
            Some(Value::String(text)) => {
                let text = text.trim_start();
                if let Some(digits) = text.strip_prefix("0x") {
                    return i64::from_str_radix(digits, 16).ok();
                }
                let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
                digits.parse().ok()
            }
            Some(_) => None,
        }
    }

    /// Whether the SDK takes it for a session token before it looks at the signature.
    fn is_session_s(&self) -> bool {
        let payload = |name: &str| self.payload.get(name);
        let texts =
            |names: &[&str]| names.iter().all(|name| payload(name).is_some_and(Value::is_string));
        let numbers =
            |names: &[&str]| names.iter().all(|name| payload(name).is_some_and(Value::is_number));
        if self.is_legacy() {
            return texts(&["sessionHandle", "userId", "refreshTokenHash1"])
                && payload("userData").is_some()
                && numbers(&["expiryTime", "timeCreated"]);
        }
        let typ = self.header.get("typ").and_then(Value::as_str) == Some("JWT");
        let stt = payload("stt").is_none_or(|stt| stt.as_f64() == Some(0.0));
        let version = self.version().filter(|version| *version >= 3);
        typ && stt
            && self.header.get("kid").is_some()
            && texts(&["sub", "sessionHandle", "refreshTokenHash1"])
            && numbers(&["exp", "iat"])
            && version.is_some_and(|version| version < 5 || texts(&["rsub"]))
    }
}

impl Part {
    pub(crate) fn new(spelling: &str) -> Self {
        Self { spelling: spelling.to_owned(), ..Self::of(&decode(spelling)) }
    }

    pub(crate) fn of(bytes: &[u8]) -> Self {
        // JSON.parse does not take a byte order mark; invalid UTF-8 it never sees.
        let text = String::from_utf8_lossy(bytes).into_owned();
        let (beyond, half) = (text.contains("1e400"), text.contains(r"\ud800"));
        let mended = text.replace("1e400", "1e308").replace(r"\ud800", r"\ufffd");
        let json = serde_json::from_str(&mended).ok();
        Self { spelling: String::new(), bytes: bytes.to_vec(), json, beyond, half }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.json.as_ref()?.get(name)
    }

    pub(crate) fn is_canonical(&self) -> bool {
        encode(&self.bytes) == self.spelling
    }

    pub(crate) fn is_utf8(&self) -> bool {
        std::str::from_utf8(&self.bytes).is_ok()
    }

    /// See [`marks`].
    pub(crate) fn marks(&self) -> usize {
        marks(&self.bytes)
    }

    /// How deep arrays and objects lie in each other.
    pub(crate) fn depth(&self) -> usize {
        fn depth(value: &Value) -> usize {
            match value {
                Value::Array(list) => 1 + list.iter().map(depth).max().unwrap_or(0),
                Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
                _ => 0,
            }
        }
        self.json.as_ref().map_or(0, depth)
    }

    /// The most members an object in it has.
    pub(crate) fn members(&self) -> usize {
        fn members(value: &Value) -> usize {
            match value {
                Value::Array(list) => list.iter().map(members).max().unwrap_or(0),
                Value::Object(own) => own.values().map(members).max().unwrap_or(0).max(own.len()),
                _ => 0,
            }
        }
        self.json.as_ref().map_or(0, members)
    }

    /// Whether an object in it has two members of one name.
    pub(crate) fn repeats(&self) -> bool {
        serde_json::from_slice::<NoRepeats>(&self.bytes)
            .is_err_and(|error| error.to_string().starts_with("a name repeats"))
    }
}

/// JSON whose objects have each name once.
struct NoRepeats;

impl<'de> Deserialize<'de> for NoRepeats {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for NoRepeats {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some((name, Self)) = map.next_entry::<String, Self>()? {
            if !names.insert(name) {
                return Err(A::Error::custom("a name repeats"));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Base64 as Node decodes it: both alphabets, whatever is in neither left out.
fn decode(text: &str) -> Vec<u8> {
    let (mut bytes, mut bits, mut held) = (Vec::new(), 0_u32, 0);
    for byte in text.bytes() {
        let byte = match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        };
        let Some(value) = ALPHABET.iter().position(|own| *own == byte) else { continue };
        bits = bits << 6 | value as u32;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    bytes
}

fn encode(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let all = group.iter().fold(0_u32, |all, byte| all << 8 | u32::from(*byte));
        let all = all << (8 * (3 - group.len()));
        for at in 0..=group.len() {
            text.push(char::from(ALPHABET[(all >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}

/// Whether a text is base64url in its one spelling.
pub(crate) fn is_canonical(text: &str) -> bool {
    encode(&decode(text)) == text
}

/// Percent-escapes undone, or the text as it is if one of them is none.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
            continue;
        }
        let digits: String = rest.by_ref().take(2).collect();
        match u8::from_str_radix(&digits, 16) {
            Ok(byte) if digits.len() == 2 => bytes.push(byte),
            _ => return text.to_owned(),
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|_| text.to_owned())
}
