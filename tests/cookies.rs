//! Cookies: the gate's reading of a request against a second, naive reading of the same rule, on
//! real `Cookie` headers out of other parsers' tests and on made-up ones.

mod support;

use proptest::prelude::*;
use serde_json::Value;
use supertokens_session::{Gate, Keys, PagePolicy, Reason, SessionDecision, TokenTransfer};
use support::{NOW, PAYLOAD, Signer, at, jwks, keys};

/// A field's cookies, by the rule word for word: split at `;`, first `=`, trim, unquote.
fn naive(field: &[u8]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let trim = |text: &[u8]| {
        let is_space = |byte: &&u8| matches!(**byte, b' ' | b'\t');
        let start = text.iter().take_while(is_space).count();
        let end = text[start..].iter().rev().take_while(is_space).count();
        text[start..text.len() - end].to_vec()
    };
    let mut cookies = Vec::new();
    for part in field.split(|byte| *byte == b';') {
        let Some(equals) = part.iter().position(|byte| *byte == b'=') else { continue };
        let mut value = trim(&part[equals + 1..]);
        if value.len() >= 2 && value[0] == b'"' && value[value.len() - 1] == b'"' {
            value = value[1..value.len() - 1].to_vec();
        }
        cookies.push((trim(&part[..equals]), value));
    }
    cookies
}

/// The token of the cookie of this name, as the naive reading has it.
fn naive_token(cookies: &[(Vec<u8>, Vec<u8>)], name: &str) -> Result<Option<Vec<u8>>, Reason> {
    let copies: Vec<_> = cookies.iter().filter(|(other, _)| other == name.as_bytes()).collect();
    match copies.as_slice() {
        [] => Ok(None),
        [(_, value)] => Ok(Some(value.clone()).filter(|value| !value.is_empty())),
        _ => Err(Reason::MultipleAccessTokens),
    }
}

/// The token a gate must find in these fields, and in which cookie.
fn naive_request(
    fields: &[Vec<u8>],
    name: &str,
    transfer: TokenTransfer,
) -> Result<(Vec<u8>, &'static str), Reason> {
    let joined_length = fields.iter().map(Vec::len).sum::<usize>() + 2 * (fields.len().max(1) - 1);
    if joined_length > 64 * 1024 {
        return Err(Reason::CookieHeaderTooLong);
    }
    let cookies: Vec<_> = fields.iter().flat_map(|field| naive(field)).collect();
    if cookies.iter().any(|(name, _)| name == b"sIdRefreshToken") {
        return Err(Reason::LegacyCookie);
    }
    if transfer != TokenTransfer::Header {
        if let Some(token) = naive_token(&cookies, name)? {
            return Ok((token, "Cookie"));
        }
    }
    if transfer != TokenTransfer::Cookie {
        if let Some(token) = naive_token(&cookies, "st-access-token")? {
            return Ok((token, "HeaderModeCookie"));
        }
    }
    Err(Reason::NoToken)
}

/// Compares the gate's reading with the naive one: what can be seen of a request is the length and
/// place of its token in `Debug`, the text if every character is a token's, and the decision.
fn compare(fields: &[Vec<u8>], name: &str, transfer: TokenTransfer, keys: &Keys) {
    let policy =
        PagePolicy::default().access_token_cookie(name.to_owned()).token_transfer(transfer);
    let gate = Gate::page(policy);
    let request = gate.request("GET", fields.iter().map(Vec::as_slice));
    let shown = format!("{request:?}");
    let decision = request.decide(keys, at(NOW));
    let fields_shown: Vec<_> =
        fields.iter().map(|field| field.escape_ascii().to_string()).collect();
    let context = format!("{name} in {fields_shown:?}");
    match naive_request(fields, name, transfer) {
        Ok((token, source)) => {
            let expected = format!("Request {{ token: Ok(({}, {source})), .. }}", token.len());
            assert_eq!(shown, expected, "{context}");
            let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
            let text = String::from_utf8(token).ok().filter(|t| t.as_bytes().iter().all(is_token));
            assert_eq!(request.token(), text.as_deref(), "{context}");
            assert!(!matches!(decision, SessionDecision::NoSession(_)), "{context}");
        }
        Err(reason) => {
            assert_eq!(shown, format!("Request {{ token: Err({reason:?}), .. }}"), "{context}");
            assert_eq!(request.token(), None);
            let expected = match reason {
                Reason::NoToken => SessionDecision::NoSession(reason),
                _ => SessionDecision::TryRefresh(reason),
            };
            assert_eq!(decision, expected, "{context}");
        }
    }
}

const TRANSFERS: [TokenTransfer; 3] =
    [TokenTransfer::Any, TokenTransfer::Cookie, TokenTransfer::Header];

#[test]
fn every_real_cookie_header_is_read_by_the_rule_for_every_name_in_it() {
    let Some(vectors) = support::vectors() else { return };
    let (keys, token) = (keys(&jwks()), Signer::dynamic().session(PAYLOAD));
    let (mut headers, mut names_read, mut signed_in) = (0, 0, 0);
    for line in support::lines(&vectors.join("cookies/headers.jsonl")) {
        let line: Value = serde_json::from_str(&line).unwrap();
        for member in line.as_object().unwrap().keys() {
            // `header` is `header_b64` for people, `src` is where it is from, and `expected` is
            // what that parser makes of it: decoded values, of which each has its own idea.
            let known = ["id", "src", "header", "header_b64", "expected"];
            assert!(known.contains(&member.as_str()), "{member} is not read");
        }
        let header = unbase64(line["header_b64"].as_str().unwrap());
        let mut names: Vec<_> = naive(&header).into_iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        // A policy's name is text, and an empty one is never found.
        let names = names.into_iter().filter_map(|name| String::from_utf8(name).ok());
        for name in names.filter(|name| !name.is_empty()) {
            for transfer in TRANSFERS {
                compare(std::slice::from_ref(&header), &name, transfer, &keys);
            }
            names_read += 1;
            signed_in += usize::from(signs_in(&header, &name, &token, &keys));
        }
        compare(std::slice::from_ref(&header), "sAccessToken", TokenTransfer::Any, &keys);
        headers += 1;
    }
    assert_eq!(headers, 146);
    println!("{headers} cookie headers, {names_read} names, {signed_in} signed in");
}

/// Puts a signed token in the place of each value of this cookie: one copy is a session, bare and
/// in quotes and among spaces; several are none. So the value is read to its last byte.
fn signs_in(header: &[u8], name: &str, token: &str, keys: &Keys) -> bool {
    let policy = PagePolicy::default()
        .access_token_cookie(name.to_owned())
        .token_transfer(TokenTransfer::Cookie);
    let gate = Gate::page(policy);
    let copies = naive(header).iter().filter(|(other, _)| other == name.as_bytes()).count();
    for value in [token.to_owned(), format!(" \"{token}\"\t")] {
        let parts: Vec<Vec<u8>> = header
            .split(|byte| *byte == b';')
            .map(|part| {
                let is_it = naive(part).first().is_some_and(|(other, _)| other == name.as_bytes());
                let equals = part.iter().position(|byte| *byte == b'=').filter(|_| is_it);
                equals.map_or_else(|| part.to_vec(), |at| [&part[..=at], value.as_bytes()].concat())
            })
            .collect();
        let header = parts.join(&b';');
        let request = gate.request("GET", [header.as_slice()]);
        match request.decide(keys, at(NOW)) {
            SessionDecision::Authenticated(session) => {
                assert_eq!((copies, session.user_id()), (1, "user-1"), "{name}");
            }
            other => {
                let expected = SessionDecision::TryRefresh(Reason::MultipleAccessTokens);
                assert_eq!(other, expected, "{name} in {}", header.escape_ascii());
                assert!(copies > 1);
            }
        }
    }
    copies == 1
}

/// Standard base64 with padding, of which `base64ct` wants the alphabet named.
fn unbase64(text: &str) -> Vec<u8> {
    use base64ct::{Base64, Encoding};
    let mut room = vec![0; text.len()];
    Base64::decode(text, &mut room).unwrap().to_vec()
}

/// A field made of the pieces a cookie parser stumbles over.
fn field() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(&[
            ";", "; ", "=", " ", "\t", "\"", ",", "%3D", "\n", "\u{a0}", "a.b.c", "-_",
        ][..]).prop_map(|piece| piece.as_bytes().to_vec()),
        4 => prop::sample::select(&[
            "sAccessToken", "sAccessToken=", "; sAccessToken=", "st-access-token=", "name=",
            "sIdRefreshToken", "; st-access-token =", "saccesstoken=", "XsAccessToken=",
        ][..]).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        cases: 4096,
        ..Default::default()
    })]

    #[test]
    fn one_field_is_read_by_the_rule(
        field in field(),
        transfer in prop::sample::select(&TRANSFERS[..]),
    ) {
        compare(&[field], "sAccessToken", transfer, &keys(""));
    }

    #[test]
    fn several_fields_are_read_as_one_request(
        fields in prop::collection::vec(field(), 0..4),
        transfer in prop::sample::select(&TRANSFERS[..]),
    ) {
        compare(&fields, "sAccessToken", transfer, &keys(""));
    }

    /// Another cookie's name as the policy's: nothing depends on the default.
    #[test]
    fn any_name_a_browser_would_send_can_be_the_policy_s(
        name in "[!-:<>-~]([ -:<>-~]{0,4}[!-:<>-~])?",
        fields in prop::collection::vec(field(), 0..2),
        copies in 0_usize..3,
        value in "[ -:<-~]{0,8}",
    ) {
        let mut fields = fields;
        fields.extend(std::iter::repeat_n(format!("x=1; {name}={value}").into_bytes(), copies));
        compare(&fields, &name, TokenTransfer::Cookie, &keys(""));
    }
}

/// What the policy's documentation promises: such a name finds nothing, so nobody is signed in by
/// a slip of the pen in it.
#[test]
fn a_name_no_browser_would_send_is_never_found() {
    for (name, field) in [
        ("", "=value"),
        ("", " = value"),
        ("a=", "a==value"),
        ("a=b", "a=b=value"),
        ("a ", "a =value"),
        ("a\t", "a\t=value"),
        (" a", " a=value"),
        ("a;b", "a;b=value"),
    ] {
        let policy = PagePolicy::default().access_token_cookie(name);
        let gate = Gate::page(policy.token_transfer(TokenTransfer::Cookie));
        let request = gate.request("GET", [field.as_bytes()]);
        assert_eq!(request.token(), None, "{name:?} in {field:?}");
    }
}

#[test]
fn cookies_of_64_kib_in_all_are_the_most_that_are_read() {
    let (keys, token) = (keys(&jwks()), Signer::dynamic().session(PAYLOAD));
    let gate = Gate::page(PagePolicy::default());
    let good = format!("sAccessToken={token}");
    let decide = |fields: &[&str]| {
        let fields = fields.iter().map(|field| field.as_bytes());
        gate.request("GET", fields).decide(&keys, at(NOW))
    };
    let padding = |length: usize| format!("x={}", "y".repeat(length - 2));
    let too_long = SessionDecision::TryRefresh(Reason::CookieHeaderTooLong);
    let signed_in = |decision| matches!(decision, SessionDecision::Authenticated(_));
    let rest = 64 * 1024 - good.len() - 2;

    assert!(signed_in(decide(&[&format!("{good}; {}", padding(rest))])));
    assert_eq!(decide(&[&format!("{good}; {}", padding(rest + 1))]), too_long);
    // Several fields count as they would joined with "; ", in whatever order they come.
    assert!(signed_in(decide(&[&good, &padding(rest)])));
    assert!(signed_in(decide(&[&padding(rest), &good])));
    assert_eq!(decide(&[&good, &padding(rest + 1)]), too_long);
    assert_eq!(decide(&[&padding(rest + 1), &good]), too_long);
    // A limit that is exceeded is the answer, whatever else there is to say.
    assert_eq!(decide(&[&padding(64 * 1024 + 1)]), too_long);
    assert_eq!(decide(&["sIdRefreshToken=x", &padding(64 * 1024)]), too_long);
}
