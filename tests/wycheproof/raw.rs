//! Wycheproof's files of bare signatures: a key, a message, a signature, no JOSE.

use std::sync::Arc;

use serde_json::Value;

use crate::cases::{Case, Input, Kind, RawKey, without_leading_zeros};
use crate::fields::Fields;
use crate::jose;
use crate::providers::ALGORITHMS;
use crate::support::unbase64url;

/// The cases of one group: its tests, and its JWK if it has one.
pub(crate) fn group(
    kind: Kind,
    file: &str,
    number: usize,
    value: Value,
    cases: &mut Vec<Case>,
) -> usize {
    let place = format!("{file}, group {number}");
    let mut group = Fields::new("group", &place, value);
    let (expected_type, jwk) = match kind {
        Kind::Pkcs1 => ("RsassaPkcs1Verify", "keyJwk"),
        Kind::Pss => ("RsassaPssVerify", "publicKeyJwk"),
        Kind::Ecdsa => ("EcdsaP1363Verify", "publicKeyJwk"),
        _ => ("EddsaVerify", "publicKeyJwk"),
    };
    assert_eq!(group.text("type"), expected_type, "{place}");
    let mut properties = Vec::new();
    let mut public_key = Fields::new("key", &place, group.take("publicKey"));
    let (key, algs) = if matches!(kind, Kind::Pkcs1 | Kind::Pss) {
        let key = rsa_key(&mut public_key, group.number("keySize"), &place);
        let sha = group.text("sha");
        properties.push(("sha", sha.clone()));
        let prefix = if kind == Kind::Pkcs1 { "RS" } else { "PS" };
        if kind == Kind::Pss {
            assert_eq!(group.text("mgf"), "MGF1", "{place}");
            properties.push(("mgfSha", group.text("mgfSha")));
            properties.push(("sLen", group.number("sLen").to_string()));
        }
        // Where no row has the hash, none of the rows may take the signature for its own.
        let all = ALGORITHMS.iter().filter(|alg| alg.starts_with(prefix));
        let its_own: Vec<_> =
            all.clone().filter(|alg| sha.strip_prefix("SHA-") == alg.get(2..)).collect();
        let algs = if its_own.is_empty() { all.collect() } else { its_own };
        (key, algs.into_iter().map(|alg| (*alg).to_owned()).collect())
    } else if kind == Kind::Ecdsa {
        let (key, alg, sha) = ec_key(&mut public_key, &place);
        assert_eq!(group.text("sha"), sha, "{place}");
        (key, vec![alg.to_owned()])
    } else {
        (ed25519_key(&mut public_key, &place), vec!["EdDSA".to_owned()])
    };
    public_key.end();
    if let Some(jwk) = group.maybe(jwk) {
        assert_eq!(jose::raw_key(&jwk).as_ref(), Some(&key), "{place}: another key");
        let id = vec![("id", format!("key of group {number}"))];
        cases.push(jose::jwk_case(file, id, jwk));
    }
    let key = Arc::new(key);
    let tests = group.list("tests");
    let count = tests.len();
    for test in tests {
        let mut test = Fields::new("test", &place, test);
        let (mut of_test, is_valid) = test_properties(&mut test);
        of_test.extend(properties.iter().cloned());
        let (message, signature) = (test.hex("msg"), test.hex("sig"));
        test.end();
        let (algs, key) = (algs.clone(), Arc::clone(&key));
        let input = Input::Signature { algs, key, message, signature };
        cases.push(Case { kind, file: file.to_owned(), properties: of_test, is_valid, input });
    }
    group.end();
    count
}

/// What all tests have, and whether a test is one that a rule or else acceptance is due to.
pub(crate) fn test_properties(test: &mut Fields) -> (Vec<(&'static str, String)>, bool) {
    let mut properties = vec![
        ("id", test.number("tcId").to_string()),
        // For whoever reads of a failure; no rule goes by it.
        ("comment", test.text("comment")),
    ];
    for flag in test.list("flags") {
        properties.push(("flag", flag.as_str().unwrap().to_owned()));
    }
    let result = test.text("result");
    let is_valid = match result.as_str() {
        "valid" | "acceptable" => true,
        "invalid" => false,
        other => panic!("{properties:?}: the result is {other}"),
    };
    properties.push(("result", result));
    (properties, is_valid)
}

fn rsa_key(key: &mut Fields, bits: usize, place: &str) -> RawKey {
    let (n, e) = (key.hex("modulus"), key.hex("publicExponent"));
    let n = without_leading_zeros(&n);
    let leading = usize::try_from(n[0].leading_zeros()).unwrap();
    assert_eq!(n.len() * 8 - leading, bits, "{place}");
    RawKey::rsa(&n, &e)
}

fn ec_key(key: &mut Fields, place: &str) -> (RawKey, &'static str, &'static str) {
    assert_eq!(key.text("type"), "EcPublicKey", "{place}");
    let (curve, bits) = (key.text("curve"), key.number("keySize"));
    let point = key.hex("uncompressed");
    // As numbers, so without the zeros that lead them or with one too many.
    let (x, y) = point[1..].split_at(bits / 8);
    for (name, coordinate) in [("wx", x), ("wy", y)] {
        let number = without_leading_zeros(&key.hex(name));
        assert_eq!(number, without_leading_zeros(coordinate), "{place}");
    }
    match (curve.as_str(), bits) {
        ("secp256r1", 256) => (RawKey::P256(point.try_into().unwrap()), "ES256", "SHA-256"),
        ("secp384r1", 384) => (RawKey::P384(point.try_into().unwrap()), "ES384", "SHA-384"),
        other => panic!("{place}: {other:?}"),
    }
}

fn ed25519_key(key: &mut Fields, place: &str) -> RawKey {
    assert_eq!(key.text("type"), "EDDSAPublicKey", "{place}");
    assert_eq!((key.text("curve").as_str(), key.number("keySize")), ("edwards25519", 255));
    RawKey::Ed25519(key.hex("pk").try_into().unwrap())
}

/// The number of a JWK's member.
pub(crate) fn member(jwk: &Value, name: &str) -> Option<Vec<u8>> {
    jwk[name].as_str().map(unbase64url)
}
