//! Claims: each member's values, one at a time.

use super::Rows;
use super::support::{PAYLOAD, payload_with};
use super::support::{Signer, decide_token, jwks, keys};
use supertokens_session::Reason::*;

pub(crate) const TABLES: [fn() -> Rows; 2] = [times, structure];

/// The time is 1750000000.
fn times() -> Rows {
    let mut rows = Rows::default();
    // There is no leeway: in the millisecond of its exp a token is expired.
    let later = [
        "1750000001",
        "1750000000.001",
        "1750000000.5",
        "1.750000001e9",
        "9007199254740993",
        "9223372036854775",
        "9e15",
    ];
    rows.claims("exp", &later, None);
    let past = [
        "1749999999",
        "1750000000",
        "1750000000.0",
        "1750000000.0004",
        "1749999999.999",
        "1.75e9",
        "0",
        "-0",
        "-1",
        "-1.5",
        "-9223372036854775",
        "1e-400",
    ];
    rows.claims("exp", &past, Expired);
    let no_number = ["", "null", "true", r#""1750003540""#, r#""""#, "[1750003540]", "{}"];
    rows.claims("exp", &no_number, ExpiresAt);
    let beyond = [
        "9223372036854776",
        "18446744073709551615",
        "18446744073709551616",
        "1e30",
        "1e300",
        "-1e300",
        "-9223372036854775808",
    ];
    rows.claims("exp", &beyond, ExpiresAtRange);
    // No double, so for `serde_json` no number.
    rows.claims("exp", &["1e400", "-1e400", "NaN", "Infinity"], PayloadNotJson);

    rows.claims("nbf", &["", "1750000000", "1749999999.999", "0", "-1", "1e-400"], None);
    let not_yet = [
        "1750000001",
        "1750000000.001",
        "9223372036854775",
        "18446744073709551615",
        "1e300",
        "-1e300",
        "null",
        "true",
        r#""1749999999""#,
        "[]",
        "{}",
    ];
    rows.claims("nbf", &not_yet, NotYetValid);
    // Both wrong: nbf is judged first.
    let both = payload_with("exp", "1").replacen('{', r#"{"nbf":1750000001,"#, 1);
    rows.payload(&both, NotYetValid);

    rows.claims("iat", &["9999999999", "1750000001", "0", "-1", "1.5", "1e300"], None);
    rows.claims("iat", &["", "null", "true", r#""1749999940""#, "[]", "{}"], IssuedAt);
    rows
}

fn structure() -> Rows {
    let mut rows = Rows::default();
    let no_text = ["", "null", "7", "true", "[]", r#"{"a":1}"#, r#"["x"]"#];
    for (name, reason) in [
        ("sub", Sub),
        ("rsub", RecipeUserId),
        ("tId", TenantId),
        ("sessionHandle", SessionHandle),
        ("refreshTokenHash1", RefreshTokenHash1),
    ] {
        rows.claims(name, &no_text, reason);
        rows.claims(name, &[r#""text""#, r#""\u00e9\ud83d\ude00""#], None);
    }
    // OAuth2 tokens of the same key set.
    rows.claims("stt", &["", "0", "0.0", "-0"], None);
    let other_kinds = ["1", "2", "-1", "0.5", "null", "false", r#""0""#, "[]", "[0]", "{}"];
    rows.claims("stt", &other_kinds, WrongTokenType);

    // What each version must have.
    let issuer = Signer::dynamic();
    for (version, tenant, recipe_user) in [
        (r#""version":"5","#, Some(TenantId), Some(RecipeUserId)),
        (r#""version":"4","#, Some(TenantId), None),
        (r#""version":"3","#, None, None),
        ("", None, None),
    ] {
        let header = issuer.header().replace(r#""version":"5","#, version);
        for (member, expected) in [("tId", tenant), ("rsub", recipe_user)] {
            for value in ["", "7"] {
                let token = issuer.token(&header, &payload_with(member, value));
                let decision = decide_token(&token, &keys(&jwks()));
                rows.add(&format!("{header} {member} {value}"), decision, expected);
            }
        }
    }
    // Claims of the application's own may be anything.
    for value in ["null", "[]", r#""x""#, "1", r#"{"exp":1,"nbf":9999999999,"stt":1}"#] {
        rows.claims("aud", &[value], None);
        rows.claims("jti", &[value], None);
    }
    rows.payload(PAYLOAD, None);
    rows
}

#[test]
fn a_token_is_valid_from_its_nbf_to_just_before_its_exp() {
    times().check();
}

#[test]
fn a_payload_is_a_session_s_or_refused() {
    structure().check();
}
