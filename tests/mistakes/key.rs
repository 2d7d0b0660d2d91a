//! Keys that must not be loaded: weak, private, for another use, or one name for two.

use supertokens_session::Reason::{self, *};
use supertokens_session::{
    KeyKind, KeyRejected, KeySet, PublicKey, SignatureAlgorithm, SkipReason, VerifyingKey,
};

use crate::integer::{plus, sized, times};
use crate::pair::Pair;
use crate::support::{PAYLOAD, Signer, base64url, jwks_of};
use crate::{KID, header, keys_of, message, nine, providers, refused};

/// Why the member is skipped, beside a good one; `None` if it is a key.
fn skipped(jwk: &str) -> Option<SkipReason> {
    let document = jwks_of(&[jwk.to_owned(), Signer::statik().jwk()]);
    let set = KeySet::parse(document.as_bytes(), &nine()).unwrap();
    assert_eq!(set.key_ids().count() + set.skipped().len(), 2);
    set.skipped().first().map(|member| member.reason())
}

/// The reason to skip the member, and what is said of a token it would verify.
fn skipped_and_refused(pair: &Pair, jwk: &str) -> (Option<SkipReason>, Option<Reason>) {
    (skipped(jwk), refused(&pair.session(PAYLOAD), &keys_of(&nine(), &[jwk.to_owned()])))
}

// 8: duplicate members

#[test]
fn a_jwk_with_a_member_twice_is_never_loaded() {
    for pair in Pair::each() {
        let more =
            format!(r#","use":"sig","key_ops":["verify"],"alg":"{}","x5t":"AA""#, pair.alg());
        let jwk = pair.jwk(&more);
        assert_eq!(skipped_and_refused(&pair, &jwk), (None, None));
        let parsed: serde_json::Value = serde_json::from_str(&jwk).unwrap();
        for (name, value) in parsed.as_object().unwrap() {
            let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]);
            // Even where both say the same.
            for once_more in [format!(r#""{name}":{value}"#), format!(r#""{escaped}":{value}"#)] {
                let first = jwk.replacen('{', &format!("{{{once_more},"), 1);
                let last = format!("{},{once_more}}}", jwk.strip_suffix('}').unwrap());
                for odd in [first, last] {
                    assert_eq!(skipped(&odd), Some(SkipReason::DuplicateMember), "{odd}");
                    // A key with two names has none.
                    let expected = if name == "kid" { UnknownKey } else { KeyUnusable };
                    let keys = keys_of(&nine(), &[odd]);
                    assert_eq!(refused(&pair.session(PAYLOAD), &keys), Some(expected), "{name}");
                }
            }
        }
    }
}

// 17: weak keys

/// Under exponent 1 every text is its own signature.
#[test]
fn a_key_that_signs_for_everybody_is_never_loaded() {
    let message = message(&header(r#""RS256""#), PAYLOAD);
    let hash = ring::digest::digest(&ring::digest::SHA256, message.as_bytes());
    let info = b"\x00\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20";
    let end = [info, hash.as_ref()].concat();
    let block = [&[0, 1], &vec![0xff; 256 - 2 - end.len()][..], &end].concat();
    let token = format!("{message}.{}", base64url(&block));
    let n = base64url(&[0xff; 256]);
    for e in [&[1][..], &[0, 1], &[0, 0, 0, 1]] {
        let jwk = format!(r#"{{"kid":"{KID}","kty":"RSA","n":"{n}","e":"{}"}}"#, base64url(e));
        assert_eq!(skipped(&jwk), Some(SkipReason::Exponent));
        assert_eq!(refused(&token, &keys_of(&nine(), &[jwk])), Some(KeyUnusable));
    }
}

#[test]
fn a_modulus_with_the_fingerprint_of_roca_is_never_loaded() {
    let jwk =
        |n: &[u8]| format!(r#"{{"kid":"{KID}","kty":"RSA","n":"{}","e":"AQAB"}}"#, base64url(n));
    for exponent in [128, 192, 256] {
        let power = (0..exponent).fold(vec![1], |power, _| {
            let power = times(&power, &[1, 0, 1]);
            power.into_iter().skip_while(|byte| *byte == 0).collect()
        });
        assert_eq!(skipped(&jwk(&power)), Some(SkipReason::Roca), "{exponent}");
        // With leading zeros it is the same number; its neighbour is another.
        assert_eq!(skipped(&jwk(&sized(&power, 600))), Some(SkipReason::Roca), "{exponent}");
        assert_eq!(skipped(&jwk(&plus(&power, &[2]).unwrap())), None, "{exponent}");
    }
}

// 19: what the JWK says it is for

#[test]
fn a_key_that_is_not_for_verifying_is_never_loaded() {
    use SkipReason::{Algorithm, KeyOperations, Use};
    for pair in Pair::each() {
        for (more, reason) in [
            (r#","use":"sig""#, None),
            (r#","key_ops":["verify"]"#, None),
            (r#","use":"sig","key_ops":["verify"]"#, None),
            (r#","use":"enc""#, Some(Use)),
            (r#","use":"enc","key_ops":["verify"]"#, Some(Use)),
            (r#","use":"sign""#, Some(Use)),
            (r#","use":["sig"]"#, Some(Use)),
            (r#","key_ops":["encrypt"]"#, Some(KeyOperations)),
            (r#","key_ops":[]"#, Some(KeyOperations)),
            (r#","use":"sig","key_ops":["sign"]"#, Some(KeyOperations)),
            (r#","use":"sig","key_ops":["encrypt","wrapKey"]"#, Some(KeyOperations)),
            (r#","use":"sig","key_ops":["verify"],"alg":"ECDH-ES""#, Some(Algorithm)),
            (r#","alg":"RSA-OAEP""#, Some(Algorithm)),
        ] {
            let expected = (reason, reason.map(|_| KeyUnusable));
            assert_eq!(skipped_and_refused(&pair, &pair.jwk(more)), expected, "{more}");
        }
    }
}

// 20: private, mixed and huge

#[test]
fn a_private_member_hides_a_key_of_any_kind() {
    for pair in Pair::each() {
        for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
            for value in [r#""AQAB""#, r#""""#, "[]", "7"] {
                let found = skipped_and_refused(&pair, &pair.jwk(&format!(r#","{name}":{value}"#)));
                assert_eq!(found, (Some(SkipReason::Private), Some(KeyUnusable)), "{name} {value}");
            }
        }
    }
}

#[test]
fn a_jwk_of_mixed_members_is_a_key_of_its_kty_alone() {
    let [rsa, p256, p384, ed25519] = Pair::each();
    let without = |pair: &Pair, names: &[&str]| {
        let members: Vec<_> = pair
            .members()
            .split(',')
            .filter(|member| !names.iter().any(|name| member.starts_with(&format!("\"{name}\""))))
            .map(str::to_owned)
            .collect();
        members.join(",")
    };
    for (pair, members) in [
        // A curve's members beside RSA's numbers, and the other way round.
        (&rsa, without(&p256, &["kty"])),
        (&rsa, without(&ed25519, &["kty"])),
        (&p256, without(&rsa, &["kty"])),
        (&p384, without(&rsa, &["kty"])),
        (&ed25519, without(&rsa, &["kty"])),
        (&ed25519, without(&p256, &["kty", "crv", "x"])),
    ] {
        let jwk = pair.jwk(&format!(",{members}"));
        assert_eq!(skipped(&jwk), None, "{jwk}");
        let keys = keys_of(&nine(), &[jwk]);
        for other in [&rsa, &p256, &p384, &ed25519] {
            let expected = if other.alg() == pair.alg() { None } else { Some(AlgorithmNotAllowed) };
            assert_eq!(refused(&other.session(PAYLOAD), &keys), expected);
        }
    }
}

#[derive(Debug)]
struct CallsNobody;

impl SignatureAlgorithm for CallsNobody {
    fn alg(&self) -> &'static str {
        "RS512"
    }
    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }
    fn prepare(&self, _: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        panic!("the provider is asked about a key that is too large")
    }
}

/// Its arithmetic is the attack: sixteen thousand bits cost some hundred times what 2048 cost.
#[test]
fn a_modulus_of_16384_bits_never_reaches_a_provider() {
    for bytes in [1025, 2048, 16_384] {
        for e in ["Aw", "AQAB"] {
            let n = base64url(&vec![0xff; bytes]);
            let huge =
                format!(r#"{{"kid":"{KID}","kty":"RSA","alg":"RS512","n":"{n}","e":"{e}"}}"#);
            let document = jwks_of(&[huge, Signer::statik().jwk()]);
            let table = [&CallsNobody as &dyn SignatureAlgorithm, nine()[0]];
            let set = KeySet::parse(document.as_bytes(), &table).unwrap();
            assert_eq!(set.skipped()[0].reason(), SkipReason::RsaSize, "{bytes}");
        }
    }
}

// 21: one name for two

/// `ring` loads a point that is not on its curve, others do not: which of them there is must not
/// decide whether its `kid` is taken.
#[test]
fn a_key_that_a_provider_rejects_takes_its_kid_all_the_same() {
    let off = base64url(&[7; 32]);
    let point = |kty: &str, crv: &str| {
        let members = format!(r#""kty":"{kty}","crv":"{crv}","kid":"{KID}""#);
        format!(r#"{{{members},"x":"{off}","y":"{off}"}}"#)
    };
    for (name, table) in providers() {
        for bad in [point("EC", "P-256"), point("OKP", "Ed25519")] {
            for pair in Pair::each() {
                for jwks in [[pair.jwk(""), bad.clone()], [bad.clone(), pair.jwk("")]] {
                    let keys = keys_of(&table, &jwks);
                    let skipped = keys.set().unwrap().skipped();
                    let ambiguous: Vec<_> = skipped.iter().map(|member| member.reason()).collect();
                    assert_eq!(ambiguous, [SkipReason::Ambiguous; 2], "{name}: {jwks:?}");
                    let token = pair.session(PAYLOAD);
                    assert_eq!(refused(&token, &keys), Some(KeyUnusable), "{name}: {jwks:?}");
                }
            }
        }
    }
}

#[test]
fn two_kinds_of_key_of_one_kid_are_neither_used() {
    let pairs = Pair::each();
    for (at, first) in pairs.iter().enumerate() {
        for (other_at, second) in pairs.iter().enumerate().filter(|(other, _)| *other != at) {
            let keys = keys_of(&nine(), &[first.jwk(""), second.jwk("")]);
            for pair in [first, second] {
                let token = pair.session(PAYLOAD);
                assert_eq!(refused(&token, &keys), Some(KeyUnusable), "{at} {other_at}");
            }
        }
    }
}
