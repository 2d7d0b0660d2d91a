//! JWKs of the kinds EC and OKP, one member at a time, and weak keys of every kind. The keys are
//! those of RFC 7515 appendix A.3 and RFC 8037 appendix A.2, and base points.

mod support;

use supertokens_session::SkipReason::{self, *};
use supertokens_session::{
    KeyKind, KeyRejected, KeySet, PublicKey, Reason, SignatureAlgorithm, VerifyingKey,
};
use support::{Signer, base64url, jwks_of, provider, unbase64url};

/// A row that takes every key of its kind: what is skipped here, this crate skips, not a provider.
#[derive(Debug)]
struct TakesAll(&'static str, KeyKind);

impl SignatureAlgorithm for TakesAll {
    fn alg(&self) -> &'static str {
        self.0
    }
    fn key_kind(&self) -> KeyKind {
        self.1
    }
    fn prepare(&self, key: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        assert_eq!(key.kind(), self.1);
        let length = match self.1 {
            KeyKind::P256 => Some(65),
            KeyKind::P384 => Some(97),
            KeyKind::Ed25519 => Some(32),
            _ => None,
        };
        assert_eq!(key.point().map(<[u8]>::len), length);
        provider::RS256.prepare(PublicKey::Rsa { n: &[0xff; 256], e: &[1, 0, 1] })
    }
}

static ROWS: [&dyn SignatureAlgorithm; 4] = [
    &TakesAll("RS256", KeyKind::Rsa),
    &TakesAll("ES256", KeyKind::P256),
    &TakesAll("ES384", KeyKind::P384),
    &TakesAll("EdDSA", KeyKind::Ed25519),
];

/// Why a member is skipped, beside a good key.
fn skipped_by(jwk: &str, rows: &[&'static dyn SignatureAlgorithm]) -> Option<SkipReason> {
    let set = jwks_of(&[Signer::dynamic().jwk(), jwk.to_owned()]);
    let set = KeySet::parse(set.as_bytes(), rows).unwrap();
    assert_eq!(set.key_ids().next(), Some(Signer::dynamic().kid), "the good key is lost: {jwk}");
    set.skipped().first().map(|member| {
        assert_eq!((member.index(), set.key_ids().count()), (1, 1), "{jwk}");
        member.reason()
    })
}

fn skipped(jwk: &str) -> Option<SkipReason> {
    skipped_by(jwk, &ROWS)
}

const P256_X: &str = "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU";
const P256_Y: &str = "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0";
const ED25519_X: &str = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

/// The members of a good JWK of each kind.
fn good(crv: &str) -> Vec<(&'static str, String)> {
    let quoted = |text: &str| format!("\"{text}\"");
    let member = |name, text: &str| (name, quoted(text));
    let (kty, x, y) = match crv {
        "P-256" => ("EC", P256_X.to_owned(), Some(P256_Y.to_owned())),
        // The base point would do; whether a point is on its curve is for the provider to say.
        "P-384" => ("EC", base64url(&[7; 48]), Some(base64url(&[9; 48]))),
        _ => ("OKP", ED25519_X.to_owned(), None),
    };
    let mut members =
        vec![member("kid", "odd"), member("kty", kty), member("crv", crv), member("x", &x)];
    members.extend(y.map(|y| member("y", &y)));
    members
}

/// A good JWK with one member changed, added or (empty) removed; `value` is JSON.
fn with(crv: &str, name: &'static str, value: &str) -> String {
    let mut members = good(crv);
    members.retain(|(other, _)| *other != name);
    if !value.is_empty() {
        members.push((name, value.to_owned()));
    }
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn coordinate(length: usize) -> String {
    format!("\"{}\"", base64url(&vec![7; length]))
}

#[test]
fn every_member_of_a_curve_s_key_is_right_or_the_key_is_skipped() {
    for (crv, length, alg, others) in [
        ("P-256", 32, "ES256", ["ES384", "EdDSA", "RS256", "ES521", "ECDH-ES"]),
        ("P-384", 48, "ES384", ["ES256", "EdDSA", "RS256", "ES512", "ECDH-ES+A128KW"]),
        ("Ed25519", 32, "EdDSA", ["ES256", "ES384", "RS256", "Ed448", "none"]),
    ] {
        assert_eq!(skipped(&with(crv, "", "")), None, "{crv}");
        let mut rows: Vec<(&str, String, _)> = vec![
            ("alg", format!("\"{alg}\""), None),
            ("alg", "null".into(), None),
            ("use", "\"sig\"".into(), None),
            ("use", "\"enc\"".into(), Some(Use)),
            ("key_ops", "[\"verify\"]".into(), None),
            ("key_ops", "[\"encrypt\"]".into(), Some(KeyOperations)),
            ("key_ops", "[\"deriveKey\"]".into(), Some(KeyOperations)),
            ("d", "\"AQAB\"".into(), Some(Private)),
            ("n", "\"AQAB\"".into(), None),
            ("kid", String::new(), Some(KeyId)),
            ("kty", String::new(), Some(KeyType)),
            ("kty", "null".into(), Some(KeyType)),
            ("kty", "7".into(), Some(KeyType)),
            ("kty", "\"oct\"".into(), Some(KeyType)),
            ("kty", "\"AKP\"".into(), Some(KeyType)),
            ("kty", "\"RSA\"".into(), Some(Modulus)),
            ("crv", String::new(), Some(Curve)),
            ("crv", "null".into(), Some(Curve)),
            ("crv", "7".into(), Some(Curve)),
            ("crv", "\"P-521\"".into(), Some(Curve)),
            ("crv", "\"secp256k1\"".into(), Some(Curve)),
            ("crv", "\"X25519\"".into(), Some(Curve)),
            ("crv", "\"p-256\"".into(), Some(Curve)),
            ("x", String::new(), Some(X)),
            ("x", "null".into(), Some(X)),
            ("x", "7".into(), Some(X)),
            ("x", "\"\"".into(), Some(X)),
            ("x", "\"*\"".into(), Some(X)),
            ("x", coordinate(length - 1), Some(X)),
            ("x", coordinate(length + 1), Some(X)),
            ("x", coordinate(length * 2), Some(X)),
            ("x", coordinate(length), None),
        ];
        rows.extend(others.map(|other| ("alg", format!("\"{other}\""), Some(Algorithm))));
        if crv != "Ed25519" {
            rows.extend([
                ("y", String::new(), Some(Y)),
                ("y", "null".into(), Some(Y)),
                ("y", coordinate(length - 1), Some(Y)),
                ("y", coordinate(length + 1), Some(Y)),
                // No leading zero byte may be left out or added (RFC 7518 section 6.2.1.2).
                ("y", format!("\"{}\"", base64url(&vec![0; length])), None),
            ]);
        }
        for (name, value, reason) in rows {
            let jwk = with(crv, name, &value);
            assert_eq!(skipped(&jwk), reason, "{jwk}");
        }
    }
}

#[test]
fn a_key_of_no_row_s_kind_is_skipped_and_never_used_with_another() {
    // The reason names the first member that no row fits.
    assert_eq!(skipped_by(&with("P-256", "", ""), &ROWS[..1]), Some(KeyType));
    assert_eq!(skipped_by(&with("P-256", "", ""), &[ROWS[0], ROWS[2]]), Some(Curve));
    assert_eq!(skipped_by(&with("P-384", "", ""), &ROWS[..2]), Some(Curve));
    assert_eq!(skipped_by(&with("Ed25519", "", ""), &ROWS[..3]), Some(KeyType));
}

/// A row that is handed a key of another kind, which this crate never does, says so.
#[test]
fn a_row_prepares_no_key_of_another_kind() {
    let keys = [
        PublicKey::Rsa { n: &[0xff; 256], e: &[1, 0, 1] },
        PublicKey::P256 { point: &[4; 65] },
        PublicKey::P384 { point: &[4; 97] },
        PublicKey::Ed25519 { point: &[9; 32] },
    ];
    let rows =
        [provider::RS256, provider::PS512, provider::ES256, provider::ES384, provider::EDDSA];
    for row in rows {
        let others = keys.iter().filter(|key| key.kind() != row.key_kind());
        let others: Vec<_> = others.map(|key| row.prepare(*key).err()).collect();
        assert_eq!(others, [Some(KeyRejected); 3], "{}", row.alg());
    }
}

/// Those that `curve25519-dalek` knows, in every spelling of them.
#[test]
fn an_ed25519_key_of_small_order_is_skipped() {
    use curve25519_dalek::constants::EIGHT_TORSION;
    let ed25519 = |point: &[u8]| with("Ed25519", "x", &format!("\"{}\"", base64url(point)));
    let mut encodings = 0;
    for torsion in EIGHT_TORSION {
        for sign in [0, 0x80] {
            let mut point = torsion.compress().to_bytes();
            point[31] ^= sign;
            assert_eq!(skipped(&ed25519(&point)), Some(SmallOrder), "{point:x?}");
            encodings += 1;
        }
    }
    assert_eq!(encodings, 16);
    // y = p and y = p + 1, which are 0 and 1 once more, and 2^255 - 1.
    for (first, last) in [(0xed, 0x7f), (0xee, 0x7f), (0xff, 0x7f), (0xee, 0xff)] {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (first, last);
        assert_eq!(skipped(&ed25519(&point)), Some(X), "{point:x?}");
    }
    let good = unbase64url(ED25519_X);
    assert_eq!(skipped(&ed25519(&good)), None);
}

/// The table says which algorithms there are, not the keys that happen to be usable.
#[test]
fn a_jws_of_a_skipped_key_is_refused_for_its_key() {
    let skipped = with("P-256", "x", "7");
    let set = jwks_of(&[Signer::dynamic().jwk(), skipped]);
    let set = KeySet::parse(set.as_bytes(), &ROWS).unwrap();
    let refused = |header: &str| {
        let jws = format!("{}.e30.AA", base64url(header.as_bytes()));
        set.verify_jws(jws.as_bytes()).unwrap_err()
    };
    assert_eq!(refused(r#"{"alg":"ES256","kid":"odd"}"#), Reason::KeyUnusable);
    assert_eq!(refused(r#"{"alg":"ES256","kid":"no"}"#), Reason::UnknownKey);
    assert_eq!(refused(r#"{"alg":"ES512","kid":"odd"}"#), Reason::AlgorithmNotAllowed);
    assert_eq!(refused(r#"{"alg":"ES256","kid":"d-1749990000000"}"#), Reason::AlgorithmNotAllowed);
}
