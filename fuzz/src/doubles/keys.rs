//! Reads a JWK set as one would on paper.

use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde_json::Value;

use super::{json, token};

/// A usable key: `kid` and what must not differ between two keys of one `kid`.
#[derive(Clone, Debug, PartialEq)]
pub struct Usable {
    pub kid: String,
    /// Modulus and exponent, or the coordinates.
    numbers: Vec<Vec<u8>>,
    alg: String,
}

/// The members of `keys`, each as its text, if the document is an object with one array `keys`.
pub fn members(document: &[u8]) -> Option<Vec<String>> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let text = std::str::from_utf8(document).ok()?;
    let found = elements(text, '{')?;
    // A name as it is spelled is a text.
    let name = |pair: &str| serde_json::from_str::<String>(&value_at(pair)?).ok();
    let keys: Vec<_> = found.iter().filter(|pair| name(pair).as_deref() == Some("keys")).collect();
    let [pair] = keys.as_slice() else { return None };
    let value = pair[value_at(pair)?.len()..].trim_start().strip_prefix(':')?;
    elements(value, '[')
}

/// The texts between the commas of an object or an array that is all of `text`.
fn elements(text: &str, open: char) -> Option<Vec<String>> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut rest = text.trim().strip_prefix(open)?.trim_start();
    let mut all = Vec::new();
    while !rest.starts_with([']', '}']) {
        let mut length = value_at(rest)?.len();
        if open == '{' {
            let from_colon = &rest[length..];
            let value = from_colon.trim_start().strip_prefix(':')?;
            length += from_colon.len() - value.len() + value_at(value)?.len();
        }
        let (element, after) = rest.split_at(length);
        all.push(element.trim().to_owned());
        let after = after.trim_start();
        rest = after.strip_prefix(',').unwrap_or(after).trim_start();
    }
    Some(all)
}

/// The value with which `text` begins, and white space before it.
fn value_at(text: &str) -> Option<String> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<IgnoredAny>();
    values.next()?.ok()?;
    Some(text[..values.byte_offset()].to_owned())
}

/// The key in one member, if it is one for RS256, RS384, ES256, ES384 or EdDSA.
pub fn usable(member: &str) -> Option<Usable> {
    let jwk = json::strict(member.as_bytes(), json::JWK)?;
    let text = |name: &str| jwk[name].as_str().map(str::to_owned);
    let private = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];
    let is_public = private.iter().all(|name| jwk[*name].is_null());
    let is_for_signatures = jwk["use"].is_null() || jwk["use"] == "sig";
    let verifies = match &jwk["key_ops"] {
        Value::Null => true,
        Value::Array(ops) => ops.iter().any(|op| op == "verify"),
        _ => false,
    };
    let algs: &[&str] = match (text("kty")?.as_str(), jwk["crv"].as_str()) {
        ("RSA", _) => &["RS256", "RS384"],
        ("EC", Some("P-256")) => &["ES256"],
        ("EC", Some("P-384")) => &["ES384"],
        ("OKP", Some("Ed25519")) => &["EdDSA"],
        _ => return None,
    };
    let alg = match &jwk["alg"] {
        Value::Null => algs[0].to_owned(),
        Value::String(alg) if algs.contains(&alg.as_str()) => alg.clone(),
        _ => return None,
    };
    let kid = text("kid").filter(|kid| !kid.is_empty())?;
    let numbers = match algs[0] {
        "RS256" => {
            let (n, e) = (uint(&text("n")?)?, uint(&text("e")?)?);
            let is_good_n = n.last()? % 2 == 1 && (2048..=8192).contains(&bits(&n));
            let is_good_e = e.last()? % 2 == 1 && (2..=33).contains(&bits(&e));
            (is_good_n && is_good_e).then(|| vec![n, e])?
        }
        "EdDSA" => {
            let point = octets(&text("x")?)?;
            is_ed25519(&point).then(|| vec![point])?
        }
        alg => {
            let length = if alg == "ES256" { 32 } else { 48 };
            let (x, y) = (octets(&text("x")?)?, octets(&text("y")?)?);
            (x.len() == length && y.len() == length).then(|| vec![x, y])?
        }
    };
    (is_public && is_for_signatures && verifies).then_some(Usable { kid, numbers, alg })
}

/// 32 bytes, canonical, and none of those that the small orders have.
fn is_ed25519(point: &[u8]) -> bool {
    let Ok(mut y) = <[u8; 32]>::try_from(point) else { return false };
    y[31] &= 0x7f;
    y.reverse();
    // p - 1.
    let mut most = [0xff; 32];
    (most[0], most[31]) = (0x7f, 0xec);
    let (zero, mut one) = ([0; 32], [0; 32]);
    one[31] = 1;
    let of_order_8 = [
        "7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd83d4d706a17c7",
        "05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826",
    ];
    let hex: String = y.iter().map(|byte| format!("{byte:02x}")).collect();
    y <= most && ![zero, one, most].contains(&y) && !of_order_8.contains(&hex.as_str())
}

/// The `kid`s under which all usable members agree.
pub fn usable_kids(members: &[String]) -> BTreeSet<String> {
    let mut of_kid: BTreeMap<String, Vec<Usable>> = BTreeMap::new();
    for key in members.iter().filter_map(|member| usable(member)) {
        of_kid.entry(key.kid.clone()).or_default().push(key);
    }
    of_kid.retain(|_, keys| keys.windows(2).all(|two| two[0] == two[1]));
    of_kid.into_keys().collect()
}

/// Zeros in front do not count.
fn uint(text: &str) -> Option<Vec<u8>> {
    Some(octets(text)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

/// Base64 of either alphabet, padded in full or not at all.
fn octets(text: &str) -> Option<Vec<u8>> {
    let digits = text.trim_end_matches('=');
    let padding = text.len() - digits.len();
    if padding > 2 || (padding > 0 && text.len() % 4 != 0) {
        return None;
    }
    token::decode(digits.replace('+', "-").replace('/', "_").as_bytes())
}

fn bits(number: &[u8]) -> usize {
    number.first().map_or(0, |first| number.len() * 8 - first.leading_zeros() as usize)
}
