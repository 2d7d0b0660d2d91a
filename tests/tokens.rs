//! Single tokens and the only right answer to each: mistakes other verifiers made, as a table.
//! Every token here is truly signed unless its row says otherwise, so its reason is the only thing
//! wrong with it.

mod support;

#[path = "tokens/shape.rs"]
mod shape;
#[path = "tokens/claims.rs"]
mod claims;

use base64ct::{Base64, Encoding};
use ring::hmac;
use supertokens_session::Reason::{self, *};
use supertokens_session::{
    FetchAnswer, Gate, Keys, PagePolicy, SessionDecision, SigningKeyKind, TokenTransfer,
};
use support::{
    NOT_OF_A_PAGE_S_TOKEN, NOW, PAYLOAD, Signer, at, base64url, decide, decide_token, jwks,
    jwks_of, keys, payload_with, store_after, unbase64url,
};

/// Decisions with what they must be: `None` is a session.
#[derive(Default)]
struct Rows(Vec<(String, SessionDecision, Option<Reason>)>);

impl Rows {
    fn add(&mut self, note: &str, decision: SessionDecision, expected: impl Into<Option<Reason>>) {
        self.0.push((note.to_owned(), decision, expected.into()));
    }

    fn token(&mut self, token: &str, expected: impl Into<Option<Reason>>) {
        self.add(token, decide_token(token, &keys(&jwks())), expected);
    }

    /// A payload under the usual header.
    fn payload(&mut self, payload: &str, expected: impl Into<Option<Reason>>) {
        let token = Signer::dynamic().session(payload);
        self.add(payload, decide_token(&token, &keys(&jwks())), expected);
    }

    /// The usual payload with one member changed, added or (empty) removed.
    fn claims(&mut self, name: &str, values: &[&str], expected: impl Into<Option<Reason>> + Copy) {
        for value in values {
            self.payload(&payload_with(name, value), expected);
        }
    }

    /// A header over the usual payload.
    fn header(&mut self, header: &str, expected: impl Into<Option<Reason>>) {
        let token = Signer::dynamic().token(header, PAYLOAD);
        self.add(header, decide_token(&token, &keys(&jwks())), expected);
    }

    fn headers(&mut self, name: &str, values: &[&str], expected: impl Into<Option<Reason>> + Copy) {
        for value in values {
            self.header(&header_with(name, value), expected);
        }
    }

    /// Holds that each decision is what it must be, and gives the reasons.
    fn check(self) -> Vec<Reason> {
        let held = |(note, decision, expected): (String, _, _)| {
            let found = match decision {
                SessionDecision::Authenticated(_) => None,
                SessionDecision::NoSession(reason @ (NoToken | Method)) => Some(reason),
                SessionDecision::Unavailable(why) => {
                    assert!(matches!(why.reason(), KeyUnusable | KeysUnavailable), "{note}");
                    Some(why.reason())
                }
                SessionDecision::TryRefresh(reason)
                    if !matches!(reason, NoToken | Method | KeyUnusable | KeysUnavailable) =>
                {
                    Some(reason)
                }
                other => panic!("{note}: {other:?}"),
            };
            assert_eq!(found, expected, "{note}");
            found
        };
        self.0.into_iter().filter_map(held).collect()
    }
}

/// The usual header with one member changed, added (`value` is JSON) or, with an empty one,
/// removed.
fn header_with(name: &str, value: &str) -> String {
    let kid = format!(r#""{}""#, Signer::dynamic().kid);
    let usual =
        [("kid", kid.as_str()), ("typ", r#""JWT""#), ("version", r#""5""#), ("alg", r#""RS256""#)];
    let members: Vec<_> = usual
        .into_iter()
        .filter(|(other, _)| *other != name)
        .chain([(name, value)].into_iter().filter(|(_, value)| !value.is_empty()))
        .map(|(name, value)| format!(r#""{name}":{value}"#))
        .collect();
    format!("{{{}}}", members.join(","))
}

fn requests() -> Rows {
    let mut rows = Rows::default();
    let (keys, token) = (keys(&jwks()), Signer::dynamic().session(PAYLOAD));
    let cookie = format!("sAccessToken={token}");
    for (field, expected) in [
        (cookie.clone(), None),
        (String::new(), Some(NoToken)),
        ("sAccessToken".into(), Some(NoToken)),
        ("sAccessToken=".into(), Some(NoToken)),
        (r#"sAccessToken="""#.into(), Some(NoToken)),
        (format!("saccesstoken={token}; XsAccessToken={token}"), Some(NoToken)),
        (format!("{cookie}; {cookie}"), Some(MultipleAccessTokens)),
        (format!("{cookie}; sAccessToken="), Some(MultipleAccessTokens)),
        (format!("sAccessToken=; {cookie}"), Some(MultipleAccessTokens)),
        ("sAccessToken=; sAccessToken=".into(), Some(MultipleAccessTokens)),
        (format!("{cookie}; sIdRefreshToken="), Some(LegacyCookie)),
        ("sIdRefreshToken=x".into(), Some(LegacyCookie)),
        (format!("sAccessToken=\"{token}\"; theme=dark"), None),
        (format!("sAccessToken={}", ".".repeat(10_000_000)), Some(CookieHeaderTooLong)),
    ] {
        rows.add(
            &field[..field.len().min(300)],
            decide(field.as_bytes(), &keys, at(NOW)),
            expected,
        );
    }
    let with = |policy: PagePolicy, method: &str, fields: &[&str]| {
        let fields = fields.iter().map(|field| field.as_bytes());
        Gate::page(policy).request(method, fields).decide(&keys, at(NOW))
    };
    let usual = PagePolicy::default;
    for method in ["GET", "get", "HEAD", "head"] {
        rows.add(method, with(usual(), method, &[&cookie]), None);
    }
    for method in ["POST", "OPTIONS", "QUERY", "", "GET "] {
        rows.add(method, with(usual(), method, &[&cookie]), Method);
    }
    rows.add("named", with(usual().methods(&["QUERY"]), "query", &[&cookie]), None);
    rows.add("two fields", with(usual(), "GET", &[&cookie, &cookie]), MultipleAccessTokens);
    let mode = format!("st-access-token={token}");
    for (transfer, in_cookie, in_header_mode) in [
        (TokenTransfer::Any, None, None),
        (TokenTransfer::Cookie, None, Some(NoToken)),
        (TokenTransfer::Header, Some(NoToken), None),
    ] {
        let policy = || usual().token_transfer(transfer);
        rows.add("cookie", with(policy(), "GET", &[&cookie]), in_cookie);
        rows.add("header mode", with(policy(), "GET", &[&mode]), in_header_mode);
    }
    // The policy's kind of key, both ways.
    let statik = format!("sAccessToken={}", Signer::statik().session(PAYLOAD));
    let wants_static = || usual().signing_keys(SigningKeyKind::Static);
    rows.add("static", with(usual(), "GET", &[&statik]), SigningKeyKind);
    rows.add("dynamic", with(wants_static(), "GET", &[&cookie]), SigningKeyKind);
    rows.add("static", with(wants_static(), "GET", &[&statik]), None);
    rows
}

fn algorithms() -> Rows {
    let mut rows = Rows::default();
    // Whoever signed it: `none` in any case, an algorithm of another key, a name nobody has.
    let names = [
        "none",
        "None",
        "NONE",
        "nOnE",
        "",
        "rs256",
        "Rs256",
        "RS256 ",
        " RS256",
        "RS256\\u0000",
        "HS256",
        "HS384",
        "HS512",
        "RS384",
        "RS512",
        "PS256",
        "ES256",
        "EdDSA",
        "RSA",
        "dir",
    ];
    for name in names.map(|name| format!("\"{name}\"")) {
        rows.headers("alg", &[&name], AlgorithmNotAllowed);
        let header = base64url(header_with("alg", &name).as_bytes());
        let unsigned = format!("{header}.{}.", base64url(PAYLOAD.as_bytes()));
        rows.token(&unsigned, AlgorithmNotAllowed);
    }
    let no_names = ["", "null", "1", "true", r#"["RS256"]"#, r#"{"RS256":1}"#];
    rows.headers("alg", &no_names, AlgorithmNotAllowed);
    rows.headers("alg", &[r#""\u0052S256""#], None);

    // The public key, in every form somebody might take for a secret, as one of HS256.
    let (n, e) = Signer::dynamic().numbers();
    let integer = |bytes: &[u8]| der(0x02, &[&[0][..usize::from(bytes[0] >> 7)], bytes].concat());
    let numbers = [integer(&unbase64url(&n)), integer(&unbase64url(&e))].concat();
    let pkcs1 = der(0x30, &numbers);
    // rsaEncryption, NULL (RFC 8017 appendix A).
    let rsa = [0x30, 13, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
    let bits = der(0x03, &[&[0], pkcs1.as_slice()].concat());
    let spki = der(0x30, &[&rsa, bits.as_slice()].concat());
    let secrets = [
        Signer::dynamic().jwk().into_bytes(),
        jwks().into_bytes(),
        n.clone().into_bytes(),
        unbase64url(&n),
        pem("RSA PUBLIC KEY", &pkcs1),
        pem("PUBLIC KEY", &spki),
        pem("PUBLIC KEY", &spki).trim_ascii().to_vec(),
        pkcs1,
        spki,
        Vec::new(),
    ];
    for secret in &secrets {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        for (alg, reason) in [("HS256", AlgorithmNotAllowed), ("RS256", BadSignature)] {
            let header = header_with("alg", &format!("\"{alg}\""));
            let message = [header.as_bytes(), PAYLOAD.as_bytes()].map(base64url).join(".");
            let signature = hmac::sign(&key, message.as_bytes());
            rows.token(&format!("{message}.{}", base64url(signature.as_ref())), reason);
        }
    }
    rows
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [.., high, low] = content.len().to_be_bytes();
    let length = if content.len() < 128 { vec![low] } else { vec![0x82, high, low] };
    [&[tag], length.as_slice(), content].concat()
}

fn pem(label: &str, der: &[u8]) -> Vec<u8> {
    let mut room = vec![0; der.len() * 2];
    let text = Base64::encode(der, &mut room).unwrap().as_bytes();
    let lines: Vec<_> = text.chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let body = lines.join("\n");
    format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").into_bytes()
}

fn header_members() -> Rows {
    let mut rows = Rows::default();
    let not_jwt = [
        "",
        "null",
        "1",
        r#""""#,
        r#""jwt""#,
        r#""JWT ""#,
        r#""at+jwt""#,
        r#""JOSE""#,
        r#"["JWT"]"#,
        r#""application/jwt""#,
    ];
    rows.headers("typ", &not_jwt, TokenType);
    rows.headers("typ", &[r#""\u004aWT""#], None);

    rows.headers("kid", &["", "null", "7", r#""""#, r#"["d-1"]"#, "{}", "true"], KeyId);
    // A kid is compared and nothing else: no path, no statement, no prefix, no case.
    let foreign = [
        "d-174999000000",
        "d-17499900000000",
        "D-1749990000000",
        "d-1749990000000\\u0000",
        "d-",
        "../../../dev/null",
        "' OR 1=1 --",
        "https://attacker.example/jwks.json",
        " ",
        "\\u00e9",
    ];
    for kid in foreign.map(|kid| format!("\"{kid}\"")) {
        rows.headers("kid", &[&kid], UnknownKey);
    }
    rows.headers("kid", &[&format!("\"{}\"", "d-".repeat(300))], UnknownKey);
    rows.headers("kid", &[r#""\u0064-1749990000000""#], None);

    // Refused by name before its key is looked for: nobody fetches keys for it.
    for alg in ["none", "HS256", "ES256"] {
        let header = header_with("alg", &format!("\"{alg}\""));
        rows.header(&header.replace(Signer::dynamic().kid, "d-0"), AlgorithmNotAllowed);
    }
    rows.headers("version", &["", r#""3""#, r#""4""#, r#""5""#], None);
    let unknown = [
        "null",
        "5",
        "5.0",
        r#""""#,
        r#""1""#,
        r#""2""#,
        r#""6""#,
        r#""5abc""#,
        r#""05""#,
        r#"" 5""#,
        r#""10""#,
        r#"["5"]"#,
        "true",
    ];
    rows.headers("version", &unknown, Version);
    // The two headers of versions 1 and 2, as old SDKs wrote them and as a browser may send them.
    for version in [1, 2] {
        let header = format!(r#"{{"alg":"RS256","typ":"JWT","version":"{version}"}}"#);
        let header = base64url(header.as_bytes());
        for padding in ["=", "%3D"] {
            rows.token(&format!("{header}{padding}.e30{padding}.AA{padding}"), LegacyToken);
        }
        // Without the padding it is a header of this crate's day, whose version is unknown.
        rows.token(&format!("{header}.e30.AA"), Version);
    }

    // Nothing is understood, so nothing may be critical, not even what the RFC itself names.
    let crits = [
        "[]",
        "null",
        "{}",
        "true",
        r#""exp""#,
        r#"["exp"]"#,
        r#"["alg"]"#,
        r#"["x","x"]"#,
        r#"["b64"]"#,
        r#"["http://example.com/UNDEFINED"]"#,
    ];
    rows.headers("crit", &crits, CriticalHeader);
    rows.headers("b64", &["false", "true", "null"], CriticalHeader);
    rows.header(&header_with("crit", r#"["b64"],"b64":false"#), CriticalHeader);
    rows.headers("\\u0063rit", &["[]"], CriticalHeader);

    // A key that the token itself brings is not looked at, neither to accept nor to refuse.
    let attacker = Signer::other();
    let jwk = attacker.jwk();
    for (name, value) in [
        ("jwk", jwk.as_str()),
        ("jku", r#""https://attacker.example/jwks.json""#),
        ("x5u", r#""https://attacker.example/x.pem""#),
        ("x5c", r#"["MIIDPjCCAiqgAwIBAgIQ"]"#),
        ("cty", r#""JWT""#),
    ] {
        let header = header_with(name, value);
        rows.token(&attacker.token(&header, PAYLOAD), BadSignature);
        rows.header(&header, None);
    }
    rows
}

/// The sixty-four kibibytes and the 180 cookies of all fields; the rest of `tests/cookies.rs`.
fn sizes() -> Rows {
    let mut rows = Rows::default();
    let good = format!("sAccessToken={}", Signer::dynamic().session(PAYLOAD));
    let among = |cookies: usize| good.clone() + &"; a=1".repeat(cookies - 1);
    let decided = |field: &str| decide(field.as_bytes(), &keys(&jwks()), at(NOW));
    rows.add("180 cookies", decided(&among(180)), None);
    rows.add("181 cookies", decided(&among(181)), TooManyCookies);
    rows.add("180 parts", decided(&(good.clone() + &";".repeat(179))), None);
    rows.add("181 parts", decided(&(good.clone() + &";".repeat(180))), TooManyCookies);
    let fields = vec![b"a=1".as_slice(); 181];
    let gate = Gate::page(PagePolicy::default());
    let many = gate.request("GET", fields).decide(&keys(&jwks()), at(NOW));
    rows.add("181 fields", many, TooManyCookies);
    rows
}

#[test]
fn the_limit_of_cookies_is_the_last_number_that_passes() {
    sizes().check();
}

fn key_rows() -> Rows {
    let mut rows = Rows::default();
    let issuer = Signer::dynamic();
    let (good, expired) =
        (issuer.session(PAYLOAD), issuer.session(&payload_with("exp", "1749999999")));
    let mut row = |note: &str, keys: &Keys, expected, of_expired| {
        rows.add(note, decide_token(&good, keys), expected);
        rows.add(note, decide_token(&expired, keys), of_expired);
    };
    row("the key", &keys(&jwks()), None, Some(Expired));
    // Cookies outlive keys: where the key is not at hand, an expired token is just that.
    let statik = Signer::statik().jwk();
    row("gone", &keys(&jwks_of(std::slice::from_ref(&statik))), Some(UnknownKey), Some(Expired));
    let other_alg = issuer.jwk().replace("RS256", "RS512");
    let unusable = keys(&jwks_of(&[statik, other_alg]));
    row("unusable", &unusable, Some(KeyUnusable), Some(Expired));
    let outage = store_after(FetchAnswer::failed(), at(NOW)).keys();
    row("outage", &outage, Some(KeysUnavailable), Some(Expired));
    // The attacker's key under the issuer's kid, and the other way round.
    rows.token(&Signer::other().session(PAYLOAD), BadSignature);
    let theirs = keys(&jwks_of(&[Signer::other().jwk()]));
    rows.add("their key", decide_token(&good, &theirs), BadSignature);
    rows
}

#[test]
fn a_request_is_read_before_its_token() {
    requests().check();
}

#[test]
fn the_token_does_not_choose_its_algorithm() {
    algorithms().check();
}

#[test]
fn a_header_is_a_session_token_s_or_refused() {
    header_members().check();
}

#[test]
fn an_expired_token_is_expired_whatever_became_of_its_key() {
    key_rows().check();
}

#[test]
fn a_session_says_the_version_of_its_token() {
    for (header, version) in [("", 3), (r#""3""#, 3), (r#""4""#, 4), (r#""5""#, 5)] {
        let token = Signer::dynamic().token(&header_with("version", header), PAYLOAD);
        let SessionDecision::Authenticated(session) = decide_token(&token, &keys(&jwks())) else {
            panic!("{header}")
        };
        assert_eq!(session.version().number(), version);
    }
}

/// With any of its texts written with escapes, and any others as they are.
#[test]
fn a_session_s_texts_are_what_they_mean() {
    let texts = ["user-1", "recipe-1", "public", "handle-1"];
    for escaped in 0..1 << texts.len() {
        let payload = (0..texts.len()).filter(|text| escaped >> text & 1 == 1).fold(
            PAYLOAD.to_owned(),
            |payload, text| {
                let (first, rest) = texts[text].split_at(1);
                let spelled = format!(r#""\u{:04x}{rest}""#, first.as_bytes()[0]);
                payload.replacen(&format!("\"{}\"", texts[text]), &spelled, 1)
            },
        );
        assert_eq!(payload.matches(r"\u").count(), (escaped as u32).count_ones() as usize);
        let token = Signer::dynamic().session(&payload);
        let SessionDecision::Authenticated(session) = decide_token(&token, &keys(&jwks())) else {
            panic!("{payload}")
        };
        let found = [
            session.user_id(),
            session.recipe_user_id(),
            session.tenant_id(),
            session.session_handle(),
        ];
        assert_eq!((found, session.payload_json()), (texts, payload.as_str()));
    }
}

#[test]
fn every_reason_is_some_token_s() {
    let tables = [requests, algorithms, header_members, sizes, key_rows];
    let tables = tables.into_iter().chain(shape::TABLES).chain(claims::TABLES);
    let reached: Vec<_> = tables.flat_map(|table| table().check()).collect();
    // The rest are in `tests/api.rs`.
    for reason in Reason::ALL {
        let expected = !NOT_OF_A_PAGE_S_TOKEN.contains(reason);
        assert_eq!(reached.contains(reason), expected, "{reason:?}");
    }
    println!("{} rows are refused", reached.len());
}
