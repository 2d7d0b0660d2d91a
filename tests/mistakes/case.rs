//! Single tokens and the only right answer to each, with keys of every kind; and the claims, clocks
//! and reasons that are left.

use supertokens_session::{Reason, UnixMillis};

use crate::pair::Pair;
use crate::support::{PAYLOAD, base64url, decide, payload_with};
use crate::{header, keys_of, message, nine, refused, store_at};

/// Each case's token, and whether it is accepted. It is truly signed, unless the case says not.
fn cases(pair: &Pair) -> Vec<(String, String, bool)> {
    let alg = format!("\"{}\"", pair.alg());
    let usual = header(&alg);
    let mut cases = Vec::new();
    let mut case =
        |note: &str, token: String, accepted| cases.push((note.to_owned(), token, accepted));
    for (name, value, accepted) in [
        ("exp", "", false),
        ("exp", "1749999999", false),
        ("exp", "1750000000", false),
        ("exp", "1750000001", true),
        ("exp", "null", false),
        ("exp", r#""1750003540""#, false),
        ("exp", "-1", false),
        ("exp", "1e30", false),
        ("exp", "1e400", false),
        ("exp", "18446744073709551616", false),
        ("exp", "18446744073709551615", false),
        // With a fraction, to the nearest millisecond.
        ("exp", "1750000000.001", true),
        ("exp", "1750000000.0004", false),
        ("nbf", "1750000001", false),
        ("nbf", "1750000000", true),
        ("iat", "1750000001", true),
        ("x", r#""\ud800""#, false),
        ("x", r#""\ud83d\ude00""#, true),
        ("x", &("[".repeat(300) + &"]".repeat(300)), false),
    ] {
        case(&format!("{name}: {value}"), pair.token(&usual, &payload_with(name, value)), accepted);
    }
    for (members, accepted) in [
        (r#","crit":["x"],"x":1"#, false),
        (r#","crit":[]"#, false),
        (r#","crit":"x""#, false),
        (r#","crit":["alg"]"#, false),
        (r#","crit":["b64"],"b64":false"#, false),
        (r#","b64":false"#, false),
        (r#","kid":"d-1""#, false),
        (&format!(r#","alg":{alg}"#), false),
        (&format!(r#","\u0061lg":{alg}"#), false),
        (r#","x":1"#, true),
    ] {
        case(members, pair.token(&header(&format!("{alg}{members}")), PAYLOAD), accepted);
    }
    for typ in [r#""jwt""#, r#""at+jwt""#, "null", r#"["JWT"]"#] {
        case(typ, pair.token(&usual.replace(r#""JWT""#, typ), PAYLOAD), false);
    }
    for (member, accepted) in [
        (r#""exp":1750003540"#, false),
        (r#""sub":"user-1""#, false),
        (r#""\u0065xp":1750003540"#, false),
        (r#""x":1,"x":1"#, false),
        (r#""x":{"y":[{"a":1,"\u0061":1}]}"#, false),
        (r#""x":{"y":[{"a":1},{"a":1}]}"#, true),
    ] {
        let payload = PAYLOAD.replacen('{', &format!("{{{member},"), 1);
        case(member, pair.token(&usual, &payload), accepted);
    }
    case("lower case", pair.token(&header(&alg.to_lowercase()), PAYLOAD), false);
    case("a byte order mark", pair.token(&format!("\u{feff}{usual}"), PAYLOAD), false);
    case("a byte order mark", pair.token(&usual, &format!("\u{feff}{PAYLOAD}")), false);
    let good = pair.session(PAYLOAD);
    let [first, second, third] = good.split('.').collect::<Vec<_>>()[..] else { panic!() };
    for (note, mark) in [("in the header", "d-1"), ("in the payload", "user-1")] {
        for odd in [b"\xff".as_slice(), b"\xc0\xaf", b"\xed\xa0\x80"] {
            let spoil = |text: &str| {
                let (before, after) = text.split_once(mark).unwrap_or((text, ""));
                let odd = if before == text { &[][..] } else { odd };
                base64url(&[before.as_bytes(), odd, after.as_bytes()].concat())
            };
            let message = format!("{}.{}", spoil(&usual), spoil(PAYLOAD));
            case(&format!("invalid UTF-8 {note}"), pair.signed(&message), false);
        }
    }
    for more in ["=", "==", "\n", "\r\n", "+", "/"] {
        case(&format!("{more:?} at the end"), format!("{good}{more}"), false);
    }
    case("two segments", format!("{first}.{second}"), false);
    case("four segments", format!("{good}.{third}"), false);
    case("five segments", format!("{good}.{third}.{third}"), false);
    case("a header of 1 MB", format!("{}.{second}.{third}", "A".repeat(1 << 20)), false);
    case("a payload of 4 MB", format!("{first}.{}.{third}", "A".repeat(4 << 20)), false);
    let deep = "[".repeat(100_000) + &"]".repeat(100_000);
    case("100 000 nested arrays", pair.signed(&message(&usual, &deep)), false);
    case("as it is", good, true);
    cases
}

#[test]
fn every_single_case_has_its_one_answer() {
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        let cases = cases(&pair);
        assert!(cases.iter().filter(|(.., accepted)| *accepted).count() > 5);
        for (note, token, accepted) in cases {
            let found = refused(&token, &keys);
            assert_eq!(found.is_none(), accepted, "{note:.80} by {}: {found:?}", pair.alg());
            // Nothing of it is a signature's fault: each has its own reason.
            assert_ne!(found, Some(Reason::BadSignature), "{note:.80}");
        }
    }
}

// 10: a claim that is not there

#[test]
fn a_claim_that_is_not_there_is_not_satisfied() {
    use Reason::*;
    for pair in Pair::each() {
        let keys = keys_of(&nine(), &[pair.jwk("")]);
        for (claim, reason) in [
            ("exp", ExpiresAt),
            ("iat", IssuedAt),
            ("sub", Sub),
            ("tId", TenantId),
            ("rsub", RecipeUserId),
            ("sessionHandle", SessionHandle),
            ("refreshTokenHash1", RefreshTokenHash1),
        ] {
            // Absent, or under a name that is almost its own.
            let almost = PAYLOAD.replacen(&format!("\"{claim}\""), &format!("\"{claim} \""), 1);
            assert_ne!(almost, PAYLOAD);
            for payload in [payload_with(claim, ""), almost] {
                assert_eq!(refused(&pair.session(&payload), &keys), Some(reason), "{claim}");
            }
        }
        assert_eq!(refused(&pair.session("{}"), &keys), Some(Sub));
    }
}

// 24: time

#[test]
fn no_clock_makes_a_time_wrap_around() {
    use supertokens_session::SessionDecision::{Authenticated, TryRefresh};
    let pair = Pair::p256();
    let at = |exp: &str, nbf: &str, now: u64| {
        let now = UnixMillis::from_millis(now);
        let keys = store_at(now, &nine(), &[pair.jwk("")]).keys();
        let payload = payload_with("exp", exp).replacen('{', &format!(r#"{{"nbf":{nbf},"#), 1);
        let cookie = format!("sAccessToken={}", pair.session(&payload));
        match decide(cookie.as_bytes(), &keys, now) {
            Authenticated(_) => None,
            TryRefresh(reason) => Some(reason),
            other => panic!("{exp} {nbf} {now:?}: {other:?}"),
        }
    };
    let (latest, last) = ("9223372036854775", 9_223_372_036_854_775_000);
    for (exp, nbf, now, expected) in [
        ("1", "0", 0, None),
        ("0", "0", 0, Some(Reason::Expired)),
        ("-1", "-1", 0, Some(Reason::Expired)),
        ("0.001", "0", 0, None),
        (latest, "0", 0, None),
        (latest, latest, 0, Some(Reason::NotYetValid)),
        (latest, latest, last - 1, Some(Reason::NotYetValid)),
        (latest, "0", last - 1, None),
        (latest, latest, last, Some(Reason::Expired)),
        (latest, latest, u64::MAX, Some(Reason::Expired)),
        ("1750003540", "0", u64::MAX, Some(Reason::Expired)),
        ("1750003540", "0", 1_750_003_539_999, None),
        ("1750003540", "0", 1_750_003_540_000, Some(Reason::Expired)),
        // At the very end of time no set is fresh.
        ("1750003540", "18446744073709551615", u64::MAX - 1, Some(Reason::NotYetValid)),
    ] {
        assert_eq!(at(exp, nbf, now), expected, "exp {exp}, nbf {nbf}, now {now}");
    }
}

// 28: errors that tell

#[test]
fn a_reason_has_no_room_for_a_byte_of_the_token() {
    assert!(Reason::ALL.len() > 128 / 4);
    // One byte tells which it is, and there is no other.
    assert_eq!(size_of::<Reason>(), 1);
    assert_eq!(size_of::<supertokens_session::SkipReason>(), 1);
    assert_eq!(size_of::<supertokens_session::FetchFailure>(), 1);
    assert_eq!(size_of::<supertokens_session::BadSignature>(), 0);
    assert_eq!(size_of::<supertokens_session::KeyRejected>(), 0);
}
