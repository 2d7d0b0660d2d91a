//! RFC 7515 appendix A.2, the RS256 example, by the provider itself and by way of a key set. The
//! numbers below are the RFC's own text.

mod support;

use supertokens_session::{
    BadSignature, KeySet, PublicKey, Reason, SessionDecision, SkipReason, VerifyingKey,
};
use support::{Signer, decide_token, jwks_of, keys, provider, unbase64url};

/// The header and payload of A.2.1, as they are signed.
const SIGNING_INPUT: &str = concat!(
    "eyJhbGciOiJSUzI1NiJ9.",
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19y",
    "b290Ijp0cnVlfQ",
);

/// The signature of A.2.1.
const SIGNATURE: &str = concat!(
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W",
    "2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkS",
    "jtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnv",
    "Wh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
);

/// The modulus of the key of A.2.1; its exponent is `AQAB`.
const N: &str = concat!(
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt",
    "0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSX",
    "ndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5",
    "IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",
);

/// The members of the key of A.2.1 that are private, but for the RFC's readers.
const PRIVATE: [(&str, &str); 6] = [
    (
        "d",
        concat!(
            "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9S",
            "E-7YwVol",
            "2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3M",
            "kqzjkn43",
            "9X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoF",
            "aFQT5Tw8",
            "bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ",
        ),
    ),
    (
        "p",
        concat!(
            "4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQT",
            "a9AB0Hw_",
            "Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc",
        ),
    ),
    (
        "q",
        concat!(
            "uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7",
            "C6ul7Tje",
            "LQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc",
        ),
    ),
    (
        "dp",
        concat!(
            "BwKfV3Akq5_MFZDFZCnW-wzl-CCo83WoZvnLQwCTeDv8uzluRSnm71I3QCLdhrqE2e9YkxvuxdBfpT_P",
            "I7Yz-FOK",
            "nu1R6HsJeDCjn12Sk3vmAktV2zb34MCdy7cpdTh_YVr7tss2u6vneTwrA86rZtu5Mbr1C1XsmvkxHQAdYo0",
        ),
    ),
    (
        "dq",
        concat!(
            "h_96-mK1R_7glhsum81dZxjTnYynPbZpHziZjeeHcXYsXaaMwkOlODsWa7I9xXDoRwbKgB719rrmI2oK",
            "r6N3Do9U",
            "0ajaHF-NKJnwgjMd2w9cjz3_-kyNlxAr2v4IKhGNpmM5iIgOS1VZnOZ68m6_pbLBSp3nssTdlqvd0tIiTHU",
        ),
    ),
    (
        "qi",
        concat!(
            "IYd7DHOhrWvxkwPQsRM2tOgrjbcrfvtQJipd-DlcxyVuuM9sQLdgjVk2oy26F0EmpScGLq2MowX7fhd_",
            "QJQ3ydy5",
            "cY7YIBi87w93IKLEdfnbJtoOPLUW0ITrJReOgo1cq9SbsxYawBgfp_gh6A5603k2-ZQwVK0JKSHuLFkuQ3U",
        ),
    ),
];

/// The RFC's key has no `kid`, and a key without one is not used here.
fn jwk(extra: &str) -> String {
    format!(r#"{{"kty":"RSA","kid":"A.2","n":"{N}","e":"AQAB"{extra}}}"#)
}

fn prepared() -> Box<dyn VerifyingKey> {
    let (n, e) = (unbase64url(N), unbase64url("AQAB"));
    provider::RS256.prepare(PublicKey::Rsa { n: &n, e: &e }).unwrap()
}

#[test]
fn the_rfc_s_signature_holds() {
    let signature = unbase64url(SIGNATURE);
    assert_eq!(prepared().verify(SIGNING_INPUT.as_bytes(), &signature), Ok(()));
}

#[test]
fn no_bit_of_the_signature_may_be_another() {
    let (key, mut signature) = (prepared(), unbase64url(SIGNATURE));
    assert_eq!(signature.len(), 256);
    for bit in 0..signature.len() * 8 {
        signature[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.verify(SIGNING_INPUT.as_bytes(), &signature), Err(BadSignature), "{bit}");
        signature[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(key.verify(SIGNING_INPUT.as_bytes(), &signature), Ok(()));
}

#[test]
fn no_bit_of_what_is_signed_may_be_another() {
    let (key, signature) = (prepared(), unbase64url(SIGNATURE));
    let mut message = SIGNING_INPUT.as_bytes().to_vec();
    for bit in 0..message.len() * 8 {
        message[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(key.verify(&message, &signature), Err(BadSignature), "{bit}");
        message[bit / 8] ^= 1 << (bit % 8);
    }
}

#[test]
fn a_signature_of_another_length_does_not_hold() {
    let (key, signature) = (prepared(), unbase64url(SIGNATURE));
    let longer = [signature.as_slice(), &[0]].concat();
    let led_by_zero = [&[0], signature.as_slice()].concat();
    for other in [&[], &signature[1..], &signature[..255], &longer, &led_by_zero] {
        assert_eq!(key.verify(SIGNING_INPUT.as_bytes(), other), Err(BadSignature));
    }
}

#[test]
fn the_rfc_s_key_is_loaded_from_its_public_members() {
    let set = KeySet::parse(jwks_of(&[jwk("")]).as_bytes(), &[provider::RS256]).unwrap();
    assert_eq!(set.key_ids().collect::<Vec<_>>(), ["A.2"]);
    assert!(set.skipped().is_empty());
}

/// The example is no session token: it has neither `typ` nor `kid`, whoever signed it.
#[test]
fn the_rfc_s_token_is_not_a_session() {
    let token = format!("{SIGNING_INPUT}.{SIGNATURE}");
    let decision = decide_token(&token, &keys(&jwks_of(&[jwk("")])));
    assert_eq!(decision, SessionDecision::TryRefresh(Reason::TokenType));
}

#[test]
fn the_rfc_s_key_with_any_private_member_is_skipped() {
    let member = |(name, value): &(&str, &str)| format!(r#","{name}":"{value}""#);
    let all: String = PRIVATE.iter().map(member).collect();
    for extra in PRIVATE.iter().map(member).chain([all]) {
        let set = jwks_of(&[jwk(&extra), Signer::dynamic().jwk()]);
        let set = KeySet::parse(set.as_bytes(), &[provider::RS256]).unwrap();
        assert_eq!(set.key_ids().count(), 1);
        let skipped = &set.skipped()[0];
        assert_eq!(
            (skipped.index(), skipped.kid(), skipped.reason()),
            (0, Some("A.2"), SkipReason::Private)
        );
    }
}
