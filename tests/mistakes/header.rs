//! What a header may ask for, and does not get; and tokens that are another thing than they look.

use supertokens_session::FetchReason;
use supertokens_session::Reason::*;
use supertokens_session::{Fetch, SessionDecision};

use crate::pair::Pair;
use crate::support::{NOW, PAYLOAD, Signer, at, base64url, decide_token, payload_with};
use crate::{KID, header, keys_of, message, never_fetched, nine, refused, store_of};

/// The usual header of this pair's tokens under another `kid`, as JSON text without quotes.
fn with_kid(pair: &Pair, kid: &str) -> String {
    header(&format!("\"{}\"", pair.alg())).replace(KID, kid)
}

// 4: a `kid` that means something to somebody

/// Inside JSON quotes. Each may well be a key's name.
const KIDS: [&str; 14] = [
    "d-1",
    "d-1 ",
    "d-1\\u0000",
    "d-1\\u0000.pem",
    "d-../../../../dev/null",
    "d-1/../d-1",
    "d-' OR '1'='1",
    "d-1'; DROP TABLE keys; --",
    "d-$(touch x)|`id`",
    "d-https://attacker.example/jwks.json?kid=d-1#",
    "d-%64%2d1",
    "d-*",
    "D-1",
    "d-\\u00e9\\ud83d\\ude00",
];

#[test]
fn a_kid_is_only_compared() {
    let pair = Pair::p256();
    for (at, kid) in KIDS.iter().enumerate() {
        let keys = keys_of(&nine(), &[pair.jwk("").replace(KID, kid)]);
        for (other_at, other) in KIDS.iter().enumerate() {
            let expected = match at == other_at {
                false => Some(UnknownKey),
                // Only what begins with `d-` is of the kind that pages ask for.
                true if !kid.starts_with("d-") => Some(SigningKeyKind),
                true => None,
            };
            assert_eq!(refused(&pair.token(&with_kid(&pair, other), PAYLOAD), &keys), expected);
        }
    }
}

#[test]
fn a_kid_is_never_part_of_an_address() {
    let pair = Pair::p256();
    for kid in KIDS {
        let mut store = store_of(&nine(), &[pair.jwk("").replace(KID, "d-another")]);
        let token = pair.token(&with_kid(&pair, kid), PAYLOAD);
        // The set is as old as it must be for one more look.
        let now = at(NOW + 15);
        let cookie = format!("sAccessToken={token}");
        let decision = crate::support::decide(cookie.as_bytes(), &store.keys(), now);
        let SessionDecision::FetchKeys(why) = decision else { panic!("{kid}: {decision:?}") };
        assert_eq!(why.reason(), FetchReason::UnknownKey);
        let Fetch::Ticket(ticket) = store.begin_fetch(why, now) else { panic!("no ticket") };
        assert_eq!(ticket.url(), "https://core.example/jwks.json");
    }
}

// 5: a key that the token brings along

#[test]
fn a_key_the_token_brings_is_not_looked_at() {
    for (issuer, attacker) in Pair::each_with_attacker() {
        let keys = keys_of(&nine(), &[issuer.jwk("")]);
        let theirs = attacker.jwk("");
        let brought = [
            format!(r#""jwk":{theirs}"#),
            format!(r#""jwk":{{{}}}"#, attacker.members()),
            format!(r#""jwks":{{"keys":[{theirs}]}}"#),
            format!(r#""key":{theirs}"#),
            r#""jku":"https://attacker.example/jwks.json""#.into(),
            r#""x5u":"https://attacker.example/x.pem""#.into(),
            r#""x5c":["MIIDPjCCAiqgAwIBAgIQ"],"x5t":"AA","x5t#S256":"AA""#.into(),
        ];
        for member in brought {
            let with = |kid: &str| with_kid(&issuer, kid).replacen('{', &format!("{{{member},"), 1);
            // Not to accept by, under the issuer's name, under one's own, under none;
            let cases = [
                (with(KID), BadSignature),
                (with("d-attacker"), UnknownKey),
                (with(KID).replace(&format!(r#""kid":"{KID}","typ""#), r#""typ""#), KeyId),
            ];
            for (header, reason) in cases {
                assert_eq!(refused(&attacker.token(&header, PAYLOAD), &keys), Some(reason));
            }
            // nor to refuse by.
            assert_eq!(refused(&issuer.token(&with(KID), PAYLOAD), &keys), None, "{member}");
        }
    }
}

// 7: `crit` and `b64`

/// RFC 7797: under `b64` false the payload is signed as it stands.
#[test]
fn what_is_signed_is_always_the_encoded_payload() {
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        for (members, reason) in [
            (r#","b64":false,"crit":["b64"]"#, CriticalHeader),
            (r#","b64":false"#, CriticalHeader),
            (r#","b64":true,"crit":["b64"]"#, CriticalHeader),
            ("", BadSignature),
        ] {
            let header = header(&format!("\"{}\"{members}", pair.alg()));
            let as_it_stands = format!("{}.{PAYLOAD}", base64url(header.as_bytes()));
            let signature = base64url(&pair.sign(pair.alg(), as_it_stands.as_bytes()));
            let token = format!("{}.{signature}", message(&header, PAYLOAD));
            assert_eq!(refused(&token, &keys), Some(reason), "{members}");
            let raw = format!("{as_it_stands}.{signature}");
            assert_eq!(refused(&raw, &keys), Some(SegmentCount), "{members}");
        }
    }
}

// 8: two readings of one text

/// RFC 7515 section 7.2, and texts that are both that and a compact token to somebody.
#[test]
fn a_json_serialization_is_no_token() {
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        let token = pair.session(PAYLOAD);
        let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else {
            panic!("three segments")
        };
        let forged = base64url(payload_with("sub", r#""admin""#).as_bytes());
        let flattened = format!(
            r#"{{"protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#
        );
        let general = format!(
            r#"{{"payload":"{payload}","signatures":[{{"protected":"{header}","signature":"{signature}"}}]}}"#
        );
        let polyglot = format!(
            r#"{{"  {header}.{forged}.":"","protected":"{header}","payload":"{payload}","signature":"{signature}"}}"#
        );
        for text in [&flattened, &general] {
            assert_eq!(refused(text, &keys), Some(SegmentCount));
            let cookie_safe = text.replace('"', "'").replace(',', "\u{1}");
            assert_eq!(refused(&cookie_safe, &keys), Some(SegmentCount));
        }
        assert_eq!(refused(&polyglot, &keys), Some(HeaderNotBase64Url));
        assert_eq!(refused(&format!("{header}.{forged}.{signature}"), &keys), Some(BadSignature));
        assert_eq!(refused(&token, &keys), None);
    }
}

// 22: bombs in encrypted tokens

#[test]
fn an_encrypted_token_is_refused_for_its_five_parts() {
    let keys = never_fetched();
    let headers = [
        r#"{"alg":"dir","enc":"A128GCM","typ":"JWT"}"#,
        r#"{"alg":"RSA-OAEP","enc":"A256GCM","zip":"DEF","cty":"JWT"}"#,
        r#"{"alg":"PBES2-HS512+A256KW","p2c":2147483647,"p2s":"AA","enc":"A256GCM","kid":"d-1"}"#,
        &header(r#""RS256""#),
        "not a header",
    ];
    for header in headers {
        let header = base64url(header.as_bytes());
        // A plain token within: in the clear, where another would decrypt it.
        let inner = message(&crate::header(r#""none""#), PAYLOAD);
        for rest in ["AA.AA.AA.AA", "....", &format!("{}.AA.AA", inner)] {
            assert_eq!(refused(&format!("{header}.{rest}"), &keys), Some(SegmentCount));
        }
    }
}

// 23: one issuer's tokens taken for each other

#[test]
fn another_token_of_the_issuer_is_no_session() {
    let issuer = Signer::dynamic();
    let keys = crate::support::keys(&crate::support::jwks());
    let usual = issuer.header();
    let id_token = r#"{"iss":"https://api.example.com/auth","sub":"user-1","aud":"client-1","nonce":"n","iat":1749999940,"exp":1750003540}"#;
    let oauth2 = |stt: &str| payload_with("stt", stt);
    for (note, header, payload, reason) in [
        ("an ID token", &usual, id_token.to_owned(), SessionHandle),
        (
            "an ID token marked so",
            &usual,
            id_token.replacen('{', r#"{"stt":2,"#, 1),
            WrongTokenType,
        ),
        ("an OAuth2 access token", &usual, oauth2("1"), WrongTokenType),
        ("an OAuth2 ID token", &usual, oauth2("2"), WrongTokenType),
        ("RFC 9068", &usual.replace("\"JWT\"", "\"at+jwt\""), PAYLOAD.into(), TokenType),
        ("a logout token", &usual.replace("\"JWT\"", "\"logout+jwt\""), PAYLOAD.into(), TokenType),
        ("a DPoP proof", &usual.replace("\"JWT\"", "\"dpop+jwt\""), PAYLOAD.into(), TokenType),
        ("without a type", &usual.replace(r#""typ":"JWT","#, ""), PAYLOAD.into(), TokenType),
        ("a JWT of createJWT", &usual, r#"{"iat":1749999940,"exp":1750003540}"#.into(), Sub),
    ] {
        let decision = decide_token(&issuer.token(header, &payload), &keys);
        assert_eq!(decision, SessionDecision::TryRefresh(reason), "{note}");
    }
    assert_eq!(refused(&issuer.token(&usual, &oauth2("0")), &keys), None);
}
