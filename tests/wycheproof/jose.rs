//! Wycheproof's JOSE files and the examples of the RFCs: a text under a set of JWKs, and below that,
//! where the text is a compact JWS that a row is meant for, its signature.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::Value;

use crate::cases::{Case, Input, Kind, RawKey};
use crate::fields::Fields;
use crate::providers::ALGORITHMS;
use crate::raw::{member, test_properties};
use crate::support::unbase64url;

/// Where the RFCs' examples are.
pub(crate) const RFC: &str = "rfc/vectors.jsonl";

/// Members that are not public: RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2. A symmetric
/// key (section 6.4) is left what it is.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// The cases of one group of a JOSE file.
pub(crate) fn group(
    expected_type: &str,
    file: &str,
    number: usize,
    value: Value,
    cases: &mut Vec<Case>,
) -> usize {
    let place = format!("{file}, group {number}");
    let mut group = Fields::new("group", &place, value);
    assert_eq!(group.text("type"), expected_type, "{place}");
    let key = group.maybe("public").unwrap_or_else(|| group.take("private"));
    let jwks = public(key);
    let of_group = [("group", group.text("comment")), ("kty", types(&jwks))];
    let jwks: Arc<[String]> = jwks.iter().map(Value::to_string).collect();
    let tests = group.list("tests");
    let count = tests.len();
    for test in tests {
        let mut test = Fields::new("test", &place, test);
        let (mut properties, is_valid) = test_properties(&mut test);
        properties.extend(of_group.clone());
        let (text, is_jwe) = match test.maybe("jwe") {
            Some(text) => (text, true),
            None => (test.take("jws"), false),
        };
        test.end();
        let kind = match (is_jwe, of_group[1].1.as_str()) {
            (true, _) => Kind::Jwe,
            (false, "oct") => Kind::SymmetricJws,
            (false, _) => Kind::Jws,
        };
        properties.push(("form", if is_jwe { "jwe" } else { "jws" }.to_owned()));
        let input = Input::Text { jwks: Arc::clone(&jwks), first: None, text: serialized(text) };
        cases.push(Case { kind, file: file.to_owned(), properties, is_valid, input });
    }
    group.end();
    count
}

/// The cases of one line of the RFCs' examples.
pub(crate) fn rfc(line: &str, cases: &mut Vec<Case>) {
    let value = serde_json::from_str(line).unwrap();
    let mut entry = Fields::new("rfc", line, value);
    let id = entry.text("id");
    let properties = vec![("id", id.clone())];
    let jwk = entry.maybe("jwk");
    if let Some(set) = entry.maybe("jwks") {
        for (at, jwk) in keys(set).into_iter().enumerate() {
            let id = vec![("id", format!("{id}, key {at}"))];
            cases.push(jwk_case(RFC, id, jwk));
        }
    } else if let Some(json) = entry.maybe("jws") {
        let jwks = jwk.map(public).unwrap_or_default().iter().map(with_kid("none")).collect();
        let input = Input::Text { jwks, first: None, text: serialized(json) };
        let (kind, file) = (Kind::Rfc, RFC.to_owned());
        cases.push(Case { kind, file, properties, is_valid: false, input });
    } else if let Some(compact) = entry.maybe("compact") {
        let [jwk] = public(jwk.unwrap()).try_into().unwrap();
        let payload = entry.text("payload_b64u");
        let verify = entry.text("verify");
        compact_jws(&id, &jwk, compact.as_str().unwrap(), &payload, &verify, cases);
    } else {
        cases.push(jwk_case(RFC, properties, jwk.unwrap()));
    }
    entry.end();
}

fn compact_jws(
    id: &str,
    jwk: &Value,
    compact: &str,
    payload: &str,
    verify: &str,
    cases: &mut Vec<Case>,
) {
    let is_valid = match verify {
        "valid" => true,
        // Neither is a signed text: nothing is signed, or what is signed is not there.
        "unsecured" | "detached" => false,
        other => panic!("{id}: to verify {other}"),
    };
    let [header, middle, signature] = compact.split('.').collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(middle, payload, "{id}");
    let header: Value = serde_json::from_slice(&unbase64url(header)).unwrap();
    let alg = header["alg"].as_str().unwrap().to_owned();
    let kid = header["kid"].as_str();
    let properties = |entry: &str| {
        vec![
            ("id", id.to_owned()),
            ("alg", alg.clone()),
            ("kid", if kid.is_some() { "present" } else { "absent" }.to_owned()),
            ("entry", entry.to_owned()),
        ]
    };
    let jwks: Arc<[String]> = Arc::new([with_kid(kid.unwrap_or("none"))(jwk)]);
    let text = || compact.to_owned();
    let mut add = |entry, input| {
        let (kind, file, properties) = (Kind::Rfc, RFC.to_owned(), properties(entry));
        cases.push(Case { kind, file, properties, is_valid, input });
    };
    add("set", Input::Text { jwks: Arc::clone(&jwks), first: None, text: text() });
    if !is_valid || !ALGORITHMS.contains(&alg.as_str()) {
        return;
    }
    // A JWK without `alg` is for the first row of its kind; here that is the one it was used with.
    if kid.is_some() {
        add("first row", Input::Text { jwks, first: Some(alg.clone()), text: text() });
    }
    let message = compact.rsplit_once('.').unwrap().0.as_bytes().to_vec();
    let key = Arc::new(raw_key(jwk).unwrap());
    let (algs, signature) = (vec![alg.clone()], unbase64url(signature));
    add("row", Input::Signature { algs, key, message, signature });
}

/// The case that the JWK is a usable key; it gets a `kid` where it has none.
pub(crate) fn jwk_case(file: &str, properties: Vec<(&'static str, String)>, jwk: Value) -> Case {
    let jwk = with_kid("none")(&jwk);
    let kid = serde_json::from_str::<Value>(&jwk).unwrap()["kid"].as_str().unwrap().to_owned();
    let (kind, file, input) = (Kind::Jwk, file.to_owned(), Input::Jwk { jwk, kid });
    Case { kind, file, properties, is_valid: true, input }
}

/// The key of a JWK if a row is meant for its kind.
pub(crate) fn raw_key(jwk: &Value) -> Option<RawKey> {
    let member = |name| member(jwk, name);
    let point = || Some([vec![4], member("x")?, member("y")?].concat());
    match (jwk["kty"].as_str()?, jwk["crv"].as_str()) {
        ("RSA", None) => Some(RawKey::rsa(&member("n")?, &member("e")?)),
        ("EC", Some("P-256")) => point()?.try_into().ok().map(RawKey::P256),
        ("EC", Some("P-384")) => point()?.try_into().ok().map(RawKey::P384),
        ("OKP", Some("Ed25519")) => member("x")?.try_into().ok().map(RawKey::Ed25519),
        _ => None,
    }
}

/// The members of a set, a list of keys, or the one key.
fn keys(value: Value) -> Vec<Value> {
    match value {
        Value::Array(keys) => keys,
        Value::Object(members) if members.contains_key("keys") => {
            let mut set = Fields::new("set", "a set", Value::Object(members));
            let list = set.list("keys");
            set.end();
            list
        }
        key => vec![key],
    }
}

/// The keys without what is private: a set that publishes it is refused, which is tested elsewhere.
fn public(value: Value) -> Vec<Value> {
    let mut keys = keys(value);
    for key in &mut keys {
        key.as_object_mut().unwrap().retain(|name, _| !PRIVATE.contains(&name.as_str()));
    }
    keys
}

fn with_kid(kid: &str) -> impl Fn(&Value) -> String {
    move |jwk| {
        let mut jwk = jwk.clone();
        jwk.as_object_mut().unwrap().entry("kid").or_insert_with(|| kid.into());
        jwk.to_string()
    }
}

/// The kinds of keys in a set.
fn types(jwks: &[Value]) -> String {
    let types: BTreeSet<_> = jwks.iter().map(|jwk| jwk["kty"].as_str().unwrap()).collect();
    types.into_iter().collect::<Vec<_>>().join("+")
}

/// A compact text, or the JSON serialization of one.
fn serialized(text: Value) -> String {
    match text {
        Value::String(text) => text,
        json => json.to_string(),
    }
}
