//! Who chooses the algorithm: the caller's table and the issuer's JWK, never the token.

use ring::hmac;
use supertokens_session::Reason::*;
use supertokens_session::{KeySet, SkipReason};

use crate::pair::Pair;
use crate::support::{PAYLOAD, Signer, base64url, jwks_of};
use crate::{
    KID, NINE, Table, header, keys_of, message, never_fetched, nine, providers, refused, sources,
};

// 1: the algorithm `none`

#[test]
fn no_spelling_of_none_is_an_algorithm() {
    let algs = [
        r#""none""#,
        r#""None""#,
        r#""NonE""#,
        r#""nOnE""#,
        r#""NONE""#,
        r#"" none""#,
        r#""none ""#,
        r#""n\u006fne""#,
        r#""none\u0000""#,
        r#""""#,
        "",
        "null",
        "0",
        "false",
        "{}",
        "[]",
        r#"["none"]"#,
        r#"["RS256","ES256","ES384","EdDSA"]"#,
    ];
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        assert_eq!(refused(&pair.session(PAYLOAD), &keys), None);
        for alg in algs {
            let message = message(&header(alg), PAYLOAD);
            // Without a signature, and with the true one. No key is looked for.
            for token in [format!("{message}."), pair.signed(&message)] {
                for keys in [&keys, &never_fetched()] {
                    assert_eq!(refused(&token, keys), Some(AlgorithmNotAllowed), "{alg}");
                }
            }
        }
    }
}

/// A token within a token: what is encrypted, or said to be nested, is not looked into.
#[test]
fn a_token_in_a_token_is_not_unwrapped() {
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        let unsigned = format!("{}.", message(&header(r#""none""#), PAYLOAD));
        let nested = header(&format!(r#""{}","cty":"JWT""#, pair.alg()));
        assert_eq!(refused(&pair.token(&nested, PAYLOAD), &keys), None, "cty alone says nothing");
        for inner in [&unsigned, &pair.session(PAYLOAD)] {
            assert_eq!(refused(&pair.token(&nested, inner), &keys), Some(PayloadNotJson));
            let quoted = format!("\"{inner}\"");
            assert_eq!(refused(&pair.token(&nested, &quoted), &keys), Some(PayloadNotAnObject));
        }
    }
}

// 2: a public key as a shared secret

#[test]
fn a_public_key_is_never_an_hmac_secret() {
    // The DER of a `SubjectPublicKeyInfo` up to the point (RFC 5480, RFC 8410); RSA's is in
    // tests/tokens.rs.
    const P256: &[u8] =
        b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07\x03\x42\x00";
    const P384: &[u8] =
        b"\x30\x76\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22\x03\x62\x00";
    const ED25519: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        let public = pair.public_key();
        let prefix = match pair {
            Pair::Rsa(_) => &[],
            Pair::P256(_) => P256,
            Pair::P384(_) => P384,
            Pair::Ed25519(_) => ED25519,
        };
        let secrets = [
            pair.jwk("").into_bytes(),
            format!("{{{}}}", pair.members()).into_bytes(),
            jwks_of(&[pair.jwk("")]).into_bytes(),
            public.to_vec(),
            public[1..].to_vec(),
            base64url(public).into_bytes(),
            [prefix, public].concat(),
            KID.into(),
            Vec::new(),
        ];
        for secret in secrets {
            for (alg, hash) in [
                ("HS256", hmac::HMAC_SHA256),
                ("HS384", hmac::HMAC_SHA384),
                ("HS512", hmac::HMAC_SHA512),
            ] {
                let secret = hmac::Key::new(hash, &secret);
                let token = |alg: &str| {
                    let message = message(&header(&format!("\"{alg}\"")), PAYLOAD);
                    let tag = hmac::sign(&secret, message.as_bytes());
                    format!("{message}.{}", base64url(tag.as_ref()))
                };
                assert_eq!(refused(&token(alg), &keys), Some(AlgorithmNotAllowed));
                // Under the name of the algorithm the key is for, it is only a bad signature.
                assert_eq!(refused(&token(pair.alg()), &keys), Some(BadSignature));
            }
        }
    }
}

#[test]
fn a_secret_key_in_the_set_is_never_loaded() {
    let secret = hmac::Key::new(hmac::HMAC_SHA256, b"secret");
    let k = base64url(b"secret");
    for (member, reason) in [
        (format!(r#"{{"kty":"oct","kid":"{KID}","k":"{k}","alg":"HS256"}}"#), SkipReason::Private),
        (format!(r#"{{"kty":"oct","kid":"{KID}","alg":"HS256"}}"#), SkipReason::KeyType),
    ] {
        let set = jwks_of(&[member.clone(), Signer::statik().jwk()]);
        let set = KeySet::parse(set.as_bytes(), &nine()).unwrap();
        assert_eq!(set.skipped()[0].reason(), reason);
        let keys = keys_of(&nine(), &[member]);
        for alg in NINE.into_iter().chain(["HS256"]) {
            let message = message(&header(&format!("\"{alg}\"")), PAYLOAD);
            let tag = base64url(hmac::sign(&secret, message.as_bytes()).as_ref());
            let expected = if alg == "HS256" { AlgorithmNotAllowed } else { KeyUnusable };
            assert_eq!(refused(&format!("{message}.{tag}"), &keys), Some(expected), "{alg}");
        }
    }
}

/// What is not there cannot be confused with anything.
#[test]
fn the_source_has_no_word_for_a_shared_secret() {
    let mut bytes = 0;
    for (path, text) in sources() {
        let text = text.to_lowercase();
        for word in ["hmac", "hs256", "hs384", "hs512", "shared secret"] {
            assert!(!text.contains(word), "{word} in {}", path.display());
        }
        bytes += text.len();
    }
    assert!(bytes > 50_000, "the source was read: {bytes}");
}

// 3: the algorithm out of the token where the JWK names none

/// Every order that begins with another row, and the same backwards.
fn orders(table: &Table) -> Vec<Table> {
    let mut orders = Vec::new();
    for first in 0..table.len() {
        let mut order = table.clone();
        order.rotate_left(first);
        orders.push(order.clone());
        order.reverse();
        orders.push(order);
    }
    orders
}

/// Under every one of the nine names, truly signed where the key can.
fn tokens_of(pair: &Pair) -> Vec<(&'static str, String)> {
    let token = |alg: &'static str| {
        let message = message(&header(&format!("\"{alg}\"")), PAYLOAD);
        let by = if pair.algs().contains(&alg) { alg } else { pair.alg() };
        (alg, format!("{message}.{}", base64url(&pair.sign(by, message.as_bytes()))))
    };
    NINE.map(token).to_vec()
}

#[test]
fn a_jwk_without_alg_is_for_one_algorithm_of_its_kind() {
    for (provider, table) in providers() {
        for pair in Pair::each() {
            let tokens = tokens_of(&pair);
            for order in orders(&table) {
                let first = order.iter().map(|row| row.alg()).find(|alg| pair.algs().contains(alg));
                let keys = keys_of(&order, &[pair.jwk("")]);
                for (alg, token) in &tokens {
                    let expected =
                        if Some(*alg) == first { None } else { Some(AlgorithmNotAllowed) };
                    assert_eq!(refused(token, &keys), expected, "{provider} {alg} {order:?}");
                }
            }
        }
    }
}

#[test]
fn a_jwk_with_alg_is_for_that_algorithm_whatever_the_order_of_the_table() {
    for (provider, table) in providers() {
        let mut reversed = table.clone();
        reversed.reverse();
        for pair in Pair::each() {
            let tokens = tokens_of(&pair);
            for (order, only) in [&table, &reversed].into_iter().flat_map(|o| NINE.map(|a| (o, a)))
            {
                let keys = keys_of(order, &[pair.jwk(&format!(r#","alg":"{only}""#))]);
                for (alg, token) in &tokens {
                    let expected = match pair.algs().contains(&only) {
                        // RS256 on an EC key, ES256 on a key of P-384 or RSA: never loaded.
                        false => Some(KeyUnusable),
                        true if *alg == only => None,
                        true => Some(AlgorithmNotAllowed),
                    };
                    assert_eq!(refused(token, &keys), expected, "{provider} {only} {alg}");
                }
            }
        }
    }
}

/// The same RSA key, the right name, another algorithm's signature.
#[test]
fn a_signature_of_one_padding_or_hash_is_not_one_of_another() {
    let [rsa, ..] = Pair::each();
    for (provider, table) in providers() {
        for only in rsa.algs() {
            let keys = keys_of(&table, &[rsa.jwk(&format!(r#","alg":"{only}""#))]);
            let message = message(&header(&format!("\"{only}\"")), PAYLOAD);
            for by in rsa.algs() {
                let signature = base64url(&rsa.sign(by, message.as_bytes()));
                let expected = if by == only { None } else { Some(BadSignature) };
                let token = format!("{message}.{signature}");
                assert_eq!(refused(&token, &keys), expected, "{provider}: {by} for {only}");
            }
        }
    }
}

#[test]
fn what_the_table_has_not_does_not_exist() {
    let every = nine();
    for pair in Pair::each() {
        for (alg, token) in tokens_of(&pair) {
            let others: Table = every.iter().copied().filter(|row| row.alg() != alg).collect();
            let keys = keys_of(&others, &[pair.jwk("")]);
            assert_eq!(refused(&token, &keys), Some(AlgorithmNotAllowed), "{alg}");
            assert_eq!(refused(&token, &keys_of(&[], &[])), Some(AlgorithmNotAllowed), "{alg}");
        }
    }
}
