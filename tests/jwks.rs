//! Key sets, one oddity at a time: beside every odd member stands a good key, which must go on
//! verifying whatever its neighbour is.

mod support;

use supertokens_session::FetchFailure::{
    self, DuplicateKeysMember, NoAnswer, NoKeysMember, NoUsableKey, NotJson, NotUtf8, Status,
    TooLong, TooManyKeys,
};
use supertokens_session::SkipReason::{self, *};
use supertokens_session::{
    FetchAnswer, KeyKind, KeyRejected, KeySet, PublicKey, Reason, SessionDecision,
    SignatureAlgorithm, Skipped, VerifyingKey,
};
use support::{
    NOW, PAYLOAD, Signer, at, base64url, decide_token, jwks, jwks_of, keys, provider, store_after,
};

fn parse(document: &[u8]) -> Result<KeySet, FetchFailure> {
    KeySet::parse(document, &[provider::RS256])
}

/// The good key's JWK with one member changed, added or (empty) removed; `value` is JSON.
fn jwk_with(name: &str, value: &str) -> String {
    let mut jwk: serde_json::Value = serde_json::from_str(&Signer::other().jwk()).unwrap();
    let members = jwk.as_object_mut().unwrap();
    members.insert("kid".into(), "odd".into());
    members.remove(name);
    match value {
        "" => jwk.to_string(),
        value => jwk.to_string().replacen('{', &format!(r#"{{"{name}":{value},"#), 1),
    }
}

/// Whether a token of the good key verifies with this set.
fn good_key_verifies(jwks: &str) -> bool {
    let token = Signer::dynamic().session(PAYLOAD);
    matches!(decide_token(&token, &keys(jwks)), SessionDecision::Authenticated(_))
}

/// Why this member is skipped, if it is; before or after the good key, which must verify.
fn skipped(member: &str) -> Option<SkipReason> {
    let good = Signer::dynamic().jwk();
    let [after, before] = [[&*good, member], [member, &good]].map(|members| {
        let jwks = jwks_of(&members.map(str::to_owned));
        assert!(good_key_verifies(&jwks), "{member}");
        let set = parse(jwks.as_bytes()).unwrap();
        assert_eq!(set.key_ids().count() + set.skipped().len(), 2, "{member}");
        set.skipped().first().map(|member| (member.index(), member.reason()))
    });
    assert_eq!(after.map(|(_, reason)| reason), before.map(|(_, reason)| reason), "{member}");
    assert!(
        after.is_none_or(|(index, _)| index == 1) && before.is_none_or(|(index, _)| index == 0)
    );
    after.map(|(_, reason)| reason)
}

/// A key of this many bits; the numbers are odd, but nobody's.
fn modulus(bits: usize) -> Vec<u8> {
    let mut n = vec![0xff; bits.div_ceil(8)];
    n[0] >>= (8 - bits % 8) % 8;
    n
}

fn rsa(n: &[u8], e: &[u8]) -> String {
    format!(r#"{{"kty":"RSA","kid":"odd","n":"{}","e":"{}"}}"#, base64url(n), base64url(e))
}

/// A member's values and why each makes the member skipped.
const MEMBERS: &[(&str, &[&str], Option<SkipReason>)] = &[
    ("kid", &["", "null", "7", r#""""#, r#"["odd"]"#, "true"], Some(KeyId)),
    ("kid", &[r#""\u006fdd""#, r#""é \" ' / ..""#], None),
    (
        "kty",
        &["", "null", "7", r#""""#, r#""rsa""#, r#""EC""#, r#""OKP""#, r#""AKP""#, r#""oct""#],
        Some(KeyType),
    ),
    ("kty", &[r#""\u0052SA""#], None),
    ("use", &[r#""enc""#, r#""SIG""#, r#""""#, "7", r#"["sig"]"#, r#""tls""#], Some(Use)),
    ("use", &["", "null", r#""si\u0067""#], None),
    (
        "key_ops",
        &[
            "[]",
            r#"["encrypt"]"#,
            r#"["sign"]"#,
            r#""verify""#,
            "7",
            "{}",
            r#"[["verify"]]"#,
            r#"{"verify":1}"#,
            r#"["Verify"]"#,
            "[null]",
            r#"[""]"#,
            r#"["\u0073ign"]"#,
        ],
        Some(KeyOperations),
    ),
    (
        "key_ops",
        &["", "null", r#"["verify"]"#, r#"["sign","verify"]"#, r#"["\u0076erify",7]"#],
        None,
    ),
    (
        "alg",
        &[
            r#""RS512""#,
            r#""PS256""#,
            r#""rs256""#,
            r#""""#,
            r#""none""#,
            r#""HS256""#,
            r#""RSA-OAEP""#,
            "7",
            r#"["RS256"]"#,
        ],
        Some(Algorithm),
    ),
    ("alg", &["", "null", r#""RS25\u0036""#], None),
    ("n", &["", "null", "7", r#""""#, r#""*""#, r#""AA""#, "[]"], Some(Modulus)),
    ("e", &["", "null", "65537", r#""""#, r#""AQ AB""#, r#""AAAA""#, "[1,0,1]"], Some(Exponent)),
    ("e", &[r#""AQAB=""#, r#""AQAB==""#, r#""AQAB===""#, r#""AQAB====""#], Some(Exponent)),
    ("e", &[r#""AAEAAQ""#, r#""AQAB""#, r#""Aw""#, r#""Aw==""#], None),
    ("d", &[r#""AQAB""#, "7", r#""""#], Some(Private)),
    ("p", &[r#""AQAB""#], Some(Private)),
    ("q", &[r#""AQAB""#], Some(Private)),
    ("dp", &[r#""AQAB""#], Some(Private)),
    ("dq", &[r#""AQAB""#], Some(Private)),
    ("qi", &[r#""AQAB""#], Some(Private)),
    ("oth", &["[]"], Some(Private)),
    ("k", &[r#""AQAB""#], Some(Private)),
    (r"\u0064", &[r#""AQAB""#], Some(Private)),
    ("x5c", &["[]", "7", r#"["*"]"#], None),
    ("D", &["7"], None),
    ("x", &[r#"{"a":1,"a":2}"#, r#"[[{"a":1,"\u0061":2}]]"#], Some(DuplicateMember)),
    ("kid\":\"odd\",\"kid", &[r#""odd""#], Some(DuplicateMember)),
    (r#"e":"AQAB","\u0065"#, &[r#""AQAB""#], Some(DuplicateMember)),
];

#[test]
fn every_member_of_a_key_is_right_or_the_key_is_skipped() {
    assert_eq!(skipped(&jwk_with("", "")), None);
    for (name, values, reason) in MEMBERS {
        for value in *values {
            let jwk = jwk_with(name, value);
            assert_eq!(skipped(&jwk), *reason, "{jwk}");
        }
    }
    for member in ["null", "7", "true", r#""RSA""#, "[]", "[[{}]]", "1e9"] {
        assert_eq!(skipped(member), Some(NotAnObject), "{member}");
    }
    assert_eq!(skipped("{}"), Some(KeyId));
}

#[test]
fn an_rsa_key_has_2048_to_8192_bits_and_an_odd_exponent_from_3() {
    for bits in [512, 1024, 2040, 2047, 8193, 16_384] {
        assert_eq!(skipped(&rsa(&modulus(bits), &[1, 0, 1])), Some(RsaSize), "{bits}");
    }
    for bits in [2048, 2049, 3072, 4096, 8191, 8192] {
        assert_eq!(skipped(&rsa(&modulus(bits), &[1, 0, 1])), None, "{bits}");
        // Leading zero bytes are not part of the number.
        let led = [&[0, 0], modulus(bits).as_slice()].concat();
        assert_eq!(skipped(&rsa(&led, &[0, 1, 0, 1])), None, "{bits}");
    }
    let led = [&[0], modulus(2047).as_slice()].concat();
    assert_eq!(skipped(&rsa(&led, &[1, 0, 1])), Some(RsaSize));
    let mut even = modulus(2048);
    even[255] = 0xfe;
    assert_eq!(skipped(&rsa(&even, &[1, 0, 1])), Some(Modulus));

    // The last one's lowest eight bytes alone would pass.
    let more: [&[u8]; 3] = [&[1; 9], &[1; 256], &[1, 0, 0, 0, 0, 0, 1, 0, 1]];
    for e in
        [&[0][..], &[1], &[2], &[4], &[1, 0, 0], &[2, 0, 0, 0, 1], &[1; 8]].into_iter().chain(more)
    {
        assert_eq!(skipped(&rsa(&modulus(2048), e)), Some(Exponent), "{e:?}");
    }
    for e in [&[3][..], &[5], &[17], &[1, 0, 1], &[1, 0, 0, 0, 1], &[1, 0xff, 0xff, 0xff, 0xff]] {
        assert_eq!(skipped(&rsa(&modulus(2048), e)), None, "{e:?}");
    }
}

#[test]
fn white_space_in_a_number_is_not_the_number() {
    let jwk = Signer::other().jwk();
    let n = Signer::other().numbers().0;
    for odd in [format!(" {n}"), format!("{n}\\n"), n.replacen(&n[8..9], "\\t", 1), format!("{n}=")]
    {
        assert_eq!(skipped(&jwk.replace(&n, &odd).replace("d-174", "odd")), Some(Modulus));
    }
    // As old cores and some issuers serve it: padded, in the standard alphabet.
    let served = format!("{n}==").replace('-', "+").replace('_', "/");
    assert_eq!(skipped(&jwk.replace(&n, &served).replace("d-174", "odd")), None);
}

#[test]
fn a_key_has_64_members_and_a_depth_of_16_at_most() {
    // The odd key has 6 members; it is the outermost container.
    let members = |count: usize| {
        let more: String = (6..count).map(|name| format!(r#","{name}":0"#)).collect();
        jwk_with("", "").replacen('}', &format!("{more}}}"), 1)
    };
    assert_eq!(skipped(&members(64)), None);
    assert_eq!(skipped(&members(65)), Some(TooManyMembers));
    let nested = |depth: usize| jwk_with("x", &("[".repeat(depth) + &"]".repeat(depth)));
    assert_eq!(skipped(&nested(15)), None);
    assert_eq!(skipped(&nested(16)), Some(TooDeep));
    assert_eq!(skipped(&nested(10_000)), Some(TooDeep));
    // As many full objects inside each other as there may be, each open until the last has ended.
    let more: String = (1..64).map(|name| format!(r#""{name}":0,"#)).collect();
    let full = (0..15).fold("0".to_owned(), |inner, _| format!(r#"{{{more}"x":{inner}}}"#));
    assert_eq!(skipped(&jwk_with("x", &full)), None);
}

#[derive(Debug)]
struct Rejects;

impl SignatureAlgorithm for Rejects {
    fn alg(&self) -> &'static str {
        "RS512"
    }
    fn key_kind(&self) -> KeyKind {
        KeyKind::Rsa
    }
    fn prepare(&self, _: PublicKey<'_>) -> Result<Box<dyn VerifyingKey>, KeyRejected> {
        Err(KeyRejected)
    }
}

#[test]
fn a_key_its_provider_rejects_is_skipped_and_a_key_of_no_row_is_not_tried() {
    let odd = jwk_with("alg", r#""RS512""#);
    let jwks = jwks_of(&[odd, Signer::dynamic().jwk()]);
    let set = KeySet::parse(jwks.as_bytes(), &[&Rejects, provider::RS256]).unwrap();
    assert_eq!(set.skipped()[0].reason(), Rejected);
    assert_eq!(set.skipped()[0].kid(), Some("odd"));
    let set = KeySet::parse(jwks.as_bytes(), &[]);
    assert_eq!(set.err(), Some(NoUsableKey));
}

#[test]
fn what_is_skipped_is_reported_in_the_document_s_order_whenever_it_is_found() {
    // That the first is ambiguous shows at the fourth; that the third is rejected, at the end.
    let rejected = jwk_with("alg", r#""RS512""#);
    let (one, other) = (Signer::dynamic().jwk(), Signer::other().jwk());
    let jwks = jwks_of(&[one, "7".into(), rejected, other, "8".into(), Signer::statik().jwk()]);
    let set = KeySet::parse(jwks.as_bytes(), &[&Rejects, provider::RS256]).unwrap();
    let skipped: Vec<_> = set.skipped().iter().map(|one| (one.index(), one.reason())).collect();
    let expected =
        [(0, Ambiguous), (1, NotAnObject), (2, Rejected), (3, Ambiguous), (4, NotAnObject)];
    assert_eq!(skipped, expected);
}

#[test]
fn every_skip_reason_is_some_member_s() {
    let in_table = |reason: &SkipReason| MEMBERS.iter().any(|(.., other)| *other == Some(*reason));
    // Those that have a test of their own: above, below, in `tests/key_kinds.rs`, `src/weak_key.rs`.
    let elsewhere = [
        NotAnObject,
        TooManyMembers,
        TooDeep,
        RsaSize,
        Rejected,
        Ambiguous,
        Curve,
        X,
        Y,
        SmallOrder,
        Roca,
    ];
    for reason in SkipReason::ALL {
        assert!(in_table(reason) != elsewhere.contains(reason), "{reason:?}");
    }
}

#[test]
fn two_keys_of_one_kid_are_neither_used_whatever_their_order() {
    let (good, other, statik) =
        (Signer::dynamic().jwk(), Signer::other().jwk(), Signer::statik().jwk());
    let token = Signer::dynamic().session(PAYLOAD);
    let third = rsa(&modulus(2048), &[1, 0, 1]).replace("odd", Signer::dynamic().kid);
    for members in [
        vec![&good, &other, &statik],
        vec![&other, &good, &statik],
        vec![&statik, &good, &other, &good],
        vec![&good, &good, &other, &statik],
        vec![&other, &third, &statik, &good],
    ] {
        let jwks = jwks_of(&members.into_iter().cloned().collect::<Vec<_>>());
        let set = parse(jwks.as_bytes()).unwrap();
        assert_eq!(set.key_ids().collect::<Vec<_>>(), [Signer::statik().kid]);
        assert!(set.skipped().iter().all(|member| member.reason() == Ambiguous));
        let SessionDecision::Unavailable(why) = decide_token(&token, &keys(&jwks)) else {
            panic!("an ambiguous key decides nothing");
        };
        assert_eq!(why.reason(), Reason::KeyUnusable);
    }
    // Alone they are a set without a key.
    assert_eq!(parse(jwks_of(&[good.clone(), other]).as_bytes()).err(), Some(NoUsableKey));
    // A member that could not be used anyway makes nothing ambiguous.
    for unusable in [good.replace("sig", "enc"), good.replace("RS256", "RS512")] {
        for members in [[&good, &unusable], [&unusable, &good]] {
            assert!(good_key_verifies(&jwks_of(&members.map(String::clone))));
        }
    }
}

#[test]
fn a_key_that_is_repeated_is_one_key() {
    let good = Signer::dynamic().jwk();
    let (n, _) = Signer::dynamic().numbers();
    let padded = good.replace(&n, &format!("{n}==")).replace("AQAB", "AAEAAQ");
    let without_alg = good.replace(r#","alg":"RS256","use":"sig""#, "");
    let jwks = jwks_of(&[good.clone(), good, padded, without_alg]);
    let set = parse(jwks.as_bytes()).unwrap();
    assert_eq!((set.key_ids().count(), set.skipped().len()), (1, 0));
    assert!(good_key_verifies(&jwks));
    // And each of its places is reported once another key has the name.
    let (key, other) = (Signer::dynamic().jwk(), Signer::other().jwk());
    let set =
        parse(jwks_of(&[Signer::statik().jwk(), key.clone(), key, other]).as_bytes()).unwrap();
    assert_eq!(set.skipped().iter().map(Skipped::index).collect::<Vec<_>>(), [1, 2, 3]);
}

/// RFC 7517 section 5: one bad member never decides about another.
#[test]
fn a_token_whose_only_key_has_no_kid_is_of_an_unknown_key() {
    let nameless = Signer::dynamic().jwk().replace(r#""kid":"d-1749990000000","#, "");
    let jwks = jwks_of(&[nameless, Signer::statik().jwk()]);
    let decision = decide_token(&Signer::dynamic().session(PAYLOAD), &keys(&jwks));
    assert_eq!(decision, SessionDecision::TryRefresh(Reason::UnknownKey));
}

/// Promise 5: what stands before the `kid` of a skipped key must not change what is said of it.
#[test]
fn the_order_of_a_skipped_key_s_members_changes_no_decision() {
    let token = Signer::dynamic().session(PAYLOAD);
    let good = Signer::dynamic().jwk();
    let deep = "[".repeat(20) + &"]".repeat(20);
    let many: String = (0..70).map(|name| format!(r#","m{name}":0"#)).collect();
    for flaw in [r#""x":1,"x":2"#, &format!(r#""x":{deep}"#), &many[1..]] {
        let after = good.replacen('}', &format!(",{flaw}}}"), 1);
        let before = good.replacen('{', &format!("{{{flaw},"), 1);
        let [after, before] = [after, before].map(|odd| {
            let keys = keys(&jwks_of(&[odd, Signer::statik().jwk()]));
            decide_token(&token, &keys)
        });
        assert_eq!(after, before, "{flaw:.40}");
    }
}

#[test]
fn a_document_is_one_object_with_one_array_of_keys() {
    let (good, jwk) = (jwks(), Signer::dynamic().jwk());
    let loads = [
        format!("\u{feff}{good}"),
        format!(" \r\n\t{good}\n"),
        good.replacen('{', r#"{"Keys":[],"iss":{"keys":[]},"x":[1e9,null],"#, 1),
        good.replacen("keys", r"\u006beys", 1),
        // Nested without end where nobody looks: no deeper a stack.
        good.replacen('{', &format!(r#"{{"x":{}1{},"#, "[".repeat(90_000), "]".repeat(90_000)), 1),
    ];
    for document in loads {
        assert_eq!(parse(document.as_bytes()).map(|set| set.key_ids().count()), Ok(2));
    }
    let refused: [(&[&str], FetchFailure); 4] = [
        (&["", " ", "{", "<html>", "{\"keys\":[}", "\u{feff}\u{feff}{}", "{}{}"], NotJson),
        (&["[]", "null", "7", "true", r#""keys""#, r#"[{"keys":[]}]"#], FetchFailure::NotAnObject),
        (
            &["{}", r#"{"keys":null}"#, r#"{"keys":{}}"#, r#"{"keys":""}"#, r#"{"Keys":[]}"#],
            NoKeysMember,
        ),
        (&[r#"{"keys":[]}"#, r#"{"keys":[{}]}"#, r#"{"keys":[[[]],null]}"#], NoUsableKey),
    ];
    for (documents, failure) in refused {
        for document in documents {
            assert_eq!(parse(document.as_bytes()).err(), Some(failure), "{document}");
        }
    }
    for more in ["x", ",", "{}", &good, "\0", "\u{feff}"] {
        assert_eq!(parse(format!("{good}{more}").as_bytes()).err(), Some(NotJson), "{more}");
    }
    for once_more in
        [r#""keys":[]"#, r#""keys":null"#, r#""\u006beys":[]"#, &good[1..good.len() - 1]]
    {
        let (first, last) = (format!("{{{once_more},"), format!(",{once_more}}}"));
        let end = good.len() - 1;
        for document in [good.replacen('{', &first, 1), [&good[..end], &last].concat()] {
            assert_eq!(parse(document.as_bytes()).err(), Some(DuplicateKeysMember), "{document}");
        }
    }
    for bytes in [b"\xff".as_slice(), b"\xc0\x80", b"\xed\xa0\x80"] {
        let document = [br#"{"x":""#, bytes, br#"","keys":["#, jwk.as_bytes(), b"]}"].concat();
        assert_eq!(parse(&document).err(), Some(NotUtf8));
    }
    assert_eq!(parse(&[b"\xff\xfe".as_slice(), good.as_bytes()].concat()).err(), Some(NotUtf8));
}

#[test]
fn a_set_has_128_members_and_256_kib_at_most() {
    let (good, bad) = (Signer::dynamic().jwk(), "null".to_owned());
    let members = |count: usize| {
        let mut members = vec![bad.clone(); count - 1];
        members.push(good.clone());
        jwks_of(&members)
    };
    assert!(good_key_verifies(&members(128)));
    for count in [129, 130, 200] {
        assert_eq!(parse(members(count).as_bytes()).err(), Some(TooManyKeys), "{count}");
    }
    let padded = |length: usize| jwks() + &" ".repeat(length - jwks().len());
    assert!(parse(padded(256 * 1024).as_bytes()).is_ok());
    assert_eq!(parse(padded(256 * 1024 + 1).as_bytes()).err(), Some(TooLong));
    // The limit is on bytes as they come, the byte order mark among them.
    let marked = format!("\u{feff}{}", padded(256 * 1024 - 2));
    assert_eq!(parse(marked.as_bytes()).err(), Some(TooLong));
}

#[test]
fn an_answer_other_than_200_is_no_key_set_whatever_its_body() {
    let token = Signer::dynamic().session(PAYLOAD);
    let mut answers = vec![(FetchAnswer::failed(), NoAnswer)];
    let jwks = jwks();
    for status in [0, 100, 201, 203, 204, 301, 302, 304, 400, 404, 500, 503, 999] {
        answers.push((FetchAnswer::http(status, jwks.as_bytes()), Status));
    }
    answers.push((FetchAnswer::http(200, b"<html>"), NotJson));
    for (answer, failure) in answers {
        let store = store_after(answer, at(NOW));
        let SessionDecision::Unavailable(why) = decide_token(&token, &store.keys()) else {
            panic!("{failure:?}");
        };
        assert_eq!((why.reason(), why.failure()), (Reason::KeysUnavailable, Some(failure)));
    }
}
