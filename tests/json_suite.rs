//! JSONTestSuite (Nicolas Seriot) inside a signed token: each of its texts as the value of a member
//! that nobody asked for, truly signed. What is not JSON must not become a session, wherever in the
//! payload it stands; what is JSON must not lock anybody out.

mod support;

use supertokens_session::{Keys, Reason, SessionDecision};
use support::{PAYLOAD, Signer, base64url, decide_token, jwks, keys};

/// Texts that are JSON (`y_`) and yet refused, as RFC 7515 section 4 lets a parser do: parsers
/// disagree on which of two members of one name counts.
const REFUSED: [&str; 2] = ["object_duplicated_key.json", "object_duplicated_key_and_value.json"];

/// Texts a parser may take or leave (`i_`), and what becomes of the token here.
const EITHER_WAY: [(&str, Option<Reason>); 35] = {
    /// A number that is not one of 64 bits is the nearest double.
    const NEAREST_DOUBLE: Option<Reason> = None;
    /// A number beyond the largest double has no nearest one.
    const BEYOND_DOUBLE: Option<Reason> = Some(Reason::PayloadNotJson);
    /// An escaped surrogate without its other half is no character.
    const LONE_SURROGATE: Option<Reason> = Some(Reason::PayloadNotJson);
    /// JSON text is UTF-8 (RFC 8259 section 8.1): no UTF-16, Latin-1, surrogate
    /// or overlong form.
    const NOT_UTF8: Option<Reason> = Some(Reason::PayloadNotUtf8);
    /// A byte order mark is no white space.
    const BYTE_ORDER_MARK: Option<Reason> = Some(Reason::PayloadNotJson);
    const TOO_COMPLEX: Option<Reason> = Some(Reason::PayloadTooComplex);
    [
        ("number_double_huge_neg_exp.json", NEAREST_DOUBLE),
        ("number_huge_exp.json", BEYOND_DOUBLE),
        ("number_neg_int_huge_exp.json", BEYOND_DOUBLE),
        ("number_pos_double_huge_exp.json", BEYOND_DOUBLE),
        ("number_real_neg_overflow.json", BEYOND_DOUBLE),
        ("number_real_pos_overflow.json", BEYOND_DOUBLE),
        ("number_real_underflow.json", NEAREST_DOUBLE),
        ("number_too_big_neg_int.json", NEAREST_DOUBLE),
        ("number_too_big_pos_int.json", NEAREST_DOUBLE),
        ("number_very_big_negative_int.json", NEAREST_DOUBLE),
        ("object_key_lone_2nd_surrogate.json", LONE_SURROGATE),
        ("string_1st_surrogate_but_2nd_missing.json", LONE_SURROGATE),
        ("string_1st_valid_surrogate_2nd_invalid.json", LONE_SURROGATE),
        ("string_UTF-16LE_with_BOM.json", NOT_UTF8),
        ("string_UTF-8_invalid_sequence.json", NOT_UTF8),
        ("string_UTF8_surrogate_U+D800.json", NOT_UTF8),
        ("string_incomplete_surrogate_and_escape_valid.json", LONE_SURROGATE),
        ("string_incomplete_surrogate_pair.json", LONE_SURROGATE),
        ("string_incomplete_surrogates_escape_valid.json", LONE_SURROGATE),
        ("string_invalid_lonely_surrogate.json", LONE_SURROGATE),
        ("string_invalid_surrogate.json", LONE_SURROGATE),
        ("string_invalid_utf-8.json", NOT_UTF8),
        ("string_inverted_surrogates_U+1D11E.json", LONE_SURROGATE),
        ("string_iso_latin_1.json", NOT_UTF8),
        ("string_lone_second_surrogate.json", LONE_SURROGATE),
        ("string_lone_utf8_continuation_byte.json", NOT_UTF8),
        ("string_not_in_unicode_range.json", NOT_UTF8),
        ("string_overlong_sequence_2_bytes.json", NOT_UTF8),
        ("string_overlong_sequence_6_bytes.json", NOT_UTF8),
        ("string_overlong_sequence_6_bytes_null.json", NOT_UTF8),
        ("string_truncated-utf-8.json", NOT_UTF8),
        ("string_utf16BE_no_BOM.json", NOT_UTF8),
        ("string_utf16LE_no_BOM.json", NOT_UTF8),
        ("structure_500_nested_arrays.json", TOO_COMPLEX),
        ("structure_UTF-8_BOM_empty_object.json", BYTE_ORDER_MARK),
    ]
};

/// The reasons a text that is not JSON (`n_`) may be refused for. The last is for the two that are
/// a hundred thousand opening brackets: the token is too long before anybody counts them.
const NOT_JSON: [Reason; 3] =
    [Reason::PayloadNotJson, Reason::PayloadNotUtf8, Reason::TokenTooLong];

#[test]
fn what_is_not_json_never_becomes_a_session_and_what_is_json_does() {
    let Some(vectors) = support::vectors() else { return };
    let folder = vectors.join("json/JSONTestSuite/test_parsing");
    let (issuer, keys) = (Signer::dynamic(), keys(&jwks()));
    let mut counts = [0; 3];
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let (name, text) = (file.file_name(), std::fs::read(file.path()).unwrap());
        let name = name.to_str().unwrap();
        let (kind, rest) = name.split_at(2);
        // The member first and last: a text that leaves something open must not swallow its
        // neighbours, one that closes too much must not end the payload early.
        let first = [br#"{"x":"#, &*text, b",", &PAYLOAD.as_bytes()[1..]].concat();
        let last = [&PAYLOAD.as_bytes()[..PAYLOAD.len() - 1], br#","x":"#, &text, b"}"].concat();
        for payload in [first, last] {
            let reason = refusal(&issuer, &payload, &keys);
            match kind {
                "n_" => assert!(reason.is_some_and(|why| NOT_JSON.contains(&why)), "{name}"),
                "y_" if REFUSED.contains(&rest) => {
                    assert_eq!(reason, Some(Reason::PayloadDuplicateMember), "{name}");
                }
                "y_" => assert_eq!(reason, None, "{name}"),
                "i_" => {
                    let (_, expected) = EITHER_WAY
                        .iter()
                        .find(|(known, _)| *known == rest)
                        .unwrap_or_else(|| panic!("{name} is not in the table"));
                    assert_eq!(reason, *expected, "{name}");
                }
                other => panic!("{name}: no {other} is known"),
            }
        }
        let at = ["n_", "y_", "i_"].iter().position(|known| *known == kind).unwrap();
        counts[at] += 1;
    }
    assert_eq!(counts, [188, 95, 35]);
    println!("JSONTestSuite: {} n_, {} y_, {} i_", counts[0], counts[1], counts[2]);
}

/// Why a truly signed token with this payload is refused; `None` if it is a session.
fn refusal(issuer: &Signer, payload: &[u8], keys: &Keys) -> Option<Reason> {
    let message = [base64url(issuer.header().as_bytes()), base64url(payload)].join(".");
    let signature = issuer.sign(message.as_bytes());
    // A token too long for the cookie limit too is still the token's own failing.
    if message.len() > 60_000 {
        let decision = decide_token(&format!("{}.{signature}", &message[..60_000]), keys);
        assert_eq!(decision, SessionDecision::TryRefresh(Reason::TokenTooLong));
        let decision = decide_token(&format!("{message}.{signature}"), keys);
        assert_eq!(decision, SessionDecision::TryRefresh(Reason::CookieHeaderTooLong));
        return Some(Reason::TokenTooLong);
    }
    match decide_token(&format!("{message}.{signature}"), keys) {
        SessionDecision::Authenticated(_) => None,
        SessionDecision::TryRefresh(reason) => Some(reason),
        other => panic!("{other:?}"),
    }
}
