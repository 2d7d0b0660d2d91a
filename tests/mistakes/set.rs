//! Key sets with one oddity beside a good key, by which the token is signed.

use supertokens_session::Reason::{self, BadSignature, KeyUnusable, UnknownKey};
use supertokens_session::SkipReason::{self, *};
use supertokens_session::{Fetch, FetchAnswer, FetchFailure, KeySet, KeyStore};

use crate::pair::Pair;
use crate::support::{NOW, PAYLOAD, at, jwks_of};
use crate::{KID, nine, refused, store_of};

#[test]
fn a_member_that_is_no_key_is_skipped_with_its_reason_and_harms_no_neighbour() {
    let [rsa, p256, _, ed25519] = Pair::each();
    let odd = |pair: &Pair, from: &str, to: &str| {
        let jwk = pair.jwk("").replace(KID, "d-odd");
        assert!(jwk.contains(from));
        jwk.replacen(from, to, 1)
    };
    let n_less = odd(&rsa, r#""n":"#, r#""m":"#);
    let members: Vec<(String, SkipReason)> = vec![
        (r#"{"kid":"d-odd","kty":"AKP","alg":"ML-DSA-65","pub":"AA"}"#.into(), KeyType),
        (odd(&rsa, r#""kty":"RSA""#, r#""kty":"LMS""#), KeyType),
        (odd(&rsa, r#""kty":"RSA","#, ""), KeyType),
        (odd(&rsa, r#""kty":"RSA""#, r#""kty":null"#), KeyType),
        (odd(&ed25519, "Ed25519", "X25519"), Curve),
        (odd(&ed25519, "Ed25519", "Ed448"), Curve),
        (odd(&p256, "P-256", "secp256k1"), Curve),
        (odd(&p256, r#""crv":"P-256","#, ""), Curve),
        // The point of another curve's length.
        (odd(&p256, "P-256", "P-384"), X),
        (n_less, Modulus),
        (odd(&rsa, r#""kid":"d-odd""#, r#""kid":7"#), KeyId),
        (odd(&rsa, r#""kid":"d-odd""#, r#""kid":null"#), KeyId),
        (odd(&rsa, r#""kid":"d-odd","#, ""), KeyId),
        (odd(&p256, r#""kty":"EC""#, r#""kty":"EC","x5t":"A","x5t":"A""#), DuplicateMember),
        ("null".into(), NotAnObject),
        (r#""d-odd""#.into(), NotAnObject),
        ("[]".into(), NotAnObject),
        ("7".into(), NotAnObject),
    ];
    let good = Pair::p384();
    let token = good.session(PAYLOAD);
    for (member, reason) in &members {
        for jwks in [[member.clone(), good.jwk("")], [good.jwk(""), member.clone()]] {
            let set = KeySet::parse(jwks_of(&jwks).as_bytes(), &nine()).unwrap();
            assert_eq!(set.key_ids().collect::<Vec<_>>(), [KID], "{member}");
            let skipped: Vec<_> = set.skipped().iter().map(|member| member.reason()).collect();
            assert_eq!(skipped, [*reason], "{member}");
            assert_eq!(refused(&token, &store_of(&nine(), &jwks).keys()), None, "{member}");
        }
    }
    // All of them at once.
    let mut jwks: Vec<_> = members.iter().map(|(member, _)| member.clone()).collect();
    jwks.insert(jwks.len() / 2, good.jwk(""));
    let keys = store_of(&nine(), &jwks).keys();
    assert_eq!(keys.set().unwrap().skipped().len(), members.len());
    assert_eq!(refused(&token, &keys), None);
}

#[test]
fn a_lone_key_without_a_kid_verifies_nothing() {
    for pair in Pair::each() {
        let nameless = format!("{{{}}}", pair.members());
        let set = KeySet::parse(jwks_of(std::slice::from_ref(&nameless)).as_bytes(), &nine());
        assert_eq!(set.err(), Some(FetchFailure::NoUsableKey));
        // Whether the token names a key, or none either.
        let keys = store_of(&nine(), &[nameless]).keys();
        assert_eq!(refused(&pair.session(PAYLOAD), &keys), Some(UnknownKey));
        let header = crate::header(&format!("\"{}\"", pair.alg()));
        let nameless = header.replace(&format!(r#""kid":"{KID}","#), "");
        assert_eq!(refused(&pair.token(&nameless, PAYLOAD), &keys), Some(Reason::KeyId));
    }
}

#[test]
fn two_keys_with_one_kid_refuse_right_one_first_or_last() {
    for (issuer, other) in Pair::each_with_attacker() {
        let (right, wrong) = (issuer.jwk(""), other.jwk(""));
        let alone = store_of(&nine(), std::slice::from_ref(&right)).keys();
        assert_eq!(refused(&issuer.session(PAYLOAD), &alone), None);
        for jwks in [[right.clone(), wrong.clone()], [wrong, right]] {
            let keys = store_of(&nine(), &jwks).keys();
            for pair in [&issuer, &other] {
                assert_eq!(refused(&pair.session(PAYLOAD), &keys), Some(KeyUnusable));
            }
        }
    }
}

#[test]
fn a_document_that_is_refused_leaves_the_working_set_in_place() {
    use FetchFailure::*;
    for (issuer, attacker) in Pair::each_with_attacker() {
        let (good, theirs) = (jwks_of(&[issuer.jwk("")]), jwks_of(&[attacker.jwk("")]));
        let keys_member = theirs.trim_matches(['{', '}']);
        let twice = format!("{},{keys_member}}}", good.strip_suffix('}').unwrap());
        let twice_escaped = twice.replacen(r#""keys""#, r#""k\u0065ys""#, 1);
        for (document, failure) in [
            (twice, DuplicateKeysMember),
            (twice_escaped, DuplicateKeysMember),
            (format!("{theirs}x"), NotJson),
            (format!("{theirs}{theirs}"), NotJson),
            (format!("[{theirs}]"), NotAnObject),
            (format!("[{}]", attacker.jwk("")), NotAnObject),
            ("null".into(), NotAnObject),
            (attacker.jwk(""), NoKeysMember),
            (r#"{"keys":[null]}"#.into(), NoUsableKey),
        ] {
            let parsed = KeySet::parse(document.as_bytes(), &nine());
            assert_eq!(parsed.err(), Some(failure), "{document}");
            let mut store = store_of(&nine(), &[issuer.jwk("")]);
            let keys = fed(&mut store, &document);
            assert_eq!(refused(&issuer.session(PAYLOAD), &keys), None, "{document}");
            assert_eq!(refused(&attacker.session(PAYLOAD), &keys), Some(BadSignature));
        }
        // A document that is in order does replace the set.
        let mut store = store_of(&nine(), &[issuer.jwk("")]);
        let keys = fed(&mut store, &theirs);
        assert_eq!(refused(&attacker.session(PAYLOAD), &keys), None);
        assert_eq!(refused(&issuer.session(PAYLOAD), &keys), Some(BadSignature));
    }
}

/// The store's keys after the next fetch, which brings this document.
fn fed(store: &mut KeyStore, document: &str) -> supertokens_session::Keys {
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), at(NOW)) else {
        panic!("no ticket");
    };
    store.finish_fetch(ticket, FetchAnswer::http(200, document.as_bytes()), at(NOW)).into_keys()
}
