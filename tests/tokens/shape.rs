//! The shape of a token: segments, base64url, JSON, and how much of each.

use super::support::marks::marks;
use super::support::{PAYLOAD, Signer, base64url, payload_with};
use super::{Rows, header_with};
use supertokens_session::Reason::*;

pub(crate) const TABLES: [fn() -> Rows; 5] = [segments, json, duplicates, near_names, limits];

/// A truly signed token of two texts that need not be UTF-8.
fn token_of_bytes(header: &[u8], payload: &[u8]) -> String {
    let message = [base64url(header), base64url(payload)].join(".");
    let signature = Signer::dynamic().sign(message.as_bytes());
    format!("{message}.{signature}")
}

fn segments() -> Rows {
    let mut rows = Rows::default();
    let good = Signer::dynamic().session(PAYLOAD);
    let (message, signature) = good.rsplit_once('.').unwrap();
    let (header, payload) = message.split_once('.').unwrap();
    rows.token(&good, None);
    let counts =
        ["x".into(), "x.y".into(), message.into(), format!("{good}."), format!("{good}.x.y")];
    for token in counts {
        rows.token(&token, SegmentCount);
    }
    rows.token(&".".repeat(8192), SegmentCount);
    rows.token(&format!(".{payload}.{signature}"), HeaderNotJson);
    rows.token(&format!("{header}..{signature}"), PayloadNotJson);
    rows.token(&format!("{message}."), BadSignature);

    // One token has one spelling: padding, white space and escapes are other characters.
    for more in ["=", "==", "%3D", "\n", "\r\n", "\0", "\u{a0}", "*", "~"] {
        rows.token(&format!("{header}{more}.{payload}.{signature}"), HeaderNotBase64Url);
        rows.token(&format!("{header}.{payload}{more}.{signature}"), PayloadNotBase64Url);
        rows.token(&format!("{header}.{payload}.{signature}{more}"), SignatureNotBase64Url);
    }
    let (start, end) = signature.split_at(100);
    for inside in [" ", "\t", "\n", "=", "%20"] {
        rows.token(&format!("{message}.{start}{inside}{end}"), SignatureNotBase64Url);
    }
    // The cookie's white space is not the token's.
    rows.token(&format!(" {good}\t"), None);
    // The standard alphabet, of which this signature has both characters.
    for (url, standard) in [("-", "+"), ("_", "/")] {
        assert!(signature.contains(url));
        let other = signature.replace(url, standard);
        rows.token(&format!("{message}.{other}"), SignatureNotBase64Url);
    }
    // 256 bytes leave four bits of the last character over, which must be zero.
    for bit in [1, 2, 4, 8] {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let (start, last) = signature.split_at(signature.len() - 1);
        let value = alphabet.iter().position(|byte| *byte == last.as_bytes()[0]).unwrap();
        assert_eq!(value % 16, 0);
        let stray = char::from(alphabet[value + bit]);
        rows.token(&format!("{message}.{start}{stray}"), SignatureNotBase64Url);
    }
    rows.token(&format!("{message}.{}", base64url(&[1; 1024])), BadSignature);
    rows.token(&format!("{message}.{}", base64url(&[1; 1025])), SignatureNotBase64Url);
    rows
}

fn json() -> Rows {
    let mut rows = Rows::default();
    let header = header_with("x", "1");
    for text in ["[]", "\"{}\"", "1", "null", "true", "[{}]"] {
        rows.header(text, HeaderNotAnObject);
        rows.payload(text, PayloadNotAnObject);
    }
    for text in ["", " ", "{", "{'a':1}", "{a:1}", "{\"a\":1,}", "{}{}", "{}x", "<html>", "{}\0"] {
        rows.header(text, HeaderNotJson);
        rows.payload(text, PayloadNotJson);
    }
    rows.header(&format!("{header}x"), HeaderNotJson);
    rows.payload(&format!("{PAYLOAD},"), PayloadNotJson);
    rows.header(&format!(" \t\r\n{header}\n"), None);
    rows.payload(&format!(" \t\r\n{PAYLOAD}\n"), None);
    rows.header(&format!("\u{feff}{header}"), HeaderNotJson);
    rows.payload(&format!("\u{feff}{PAYLOAD}"), PayloadNotJson);

    // Half a surrogate pair, in a value that is read, one that is not, and a name.
    for text in [r#""\ud800""#, r#""\udc00""#, r#""\ud800\u0041""#, r#"[{"\udead":1}]"#] {
        rows.headers("kid", &[text], HeaderNotJson);
        rows.headers("x", &[text], HeaderNotJson);
        rows.claims("sub", &[text], PayloadNotJson);
        rows.claims("x", &[text], PayloadNotJson);
    }
    // Bytes that are not UTF-8, wherever they stand; `1` becomes the bytes.
    let marked = payload_with("x", r#""1st""#);
    for bytes in [b"\xff".as_slice(), b"\xc0\x80", b"\xed\xa0\x80", b"\xe9", b"\xf4\x90\x80\x80"] {
        let spoil = |text: &str, mark: &str| {
            let (before, after) = text.split_once(mark).unwrap();
            [before.as_bytes(), bytes, after.as_bytes()].concat()
        };
        let in_header = spoil(&header_with("x", r#""1st""#), "1st");
        rows.token(&token_of_bytes(&in_header, PAYLOAD.as_bytes()), HeaderNotUtf8);
        for mark in ["1st", "user-1", "iss", "{"] {
            let payload = spoil(&marked, mark);
            rows.token(&token_of_bytes(header.as_bytes(), &payload), PayloadNotUtf8);
        }
    }
    rows
}

fn duplicates() -> Rows {
    let mut rows = Rows::default();
    for name in ["kid", "typ", "version", "alg", "x"] {
        let header = header_with("x", "1");
        // Once more at the end, even where the values agree; and once more with an escape.
        let twice = header.replacen('}', &format!(r#","{name}":"RS256"}}"#), 1);
        rows.header(&twice, HeaderDuplicateMember);
        let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]);
        let twice = header.replacen('{', &format!(r#"{{"{escaped}":1,"#), 1);
        rows.header(&twice, HeaderDuplicateMember);
    }
    for name in ["exp", "sub", "sessionHandle", "nbf", "st-role", "x"] {
        let payload = payload_with("x", "1").replacen('{', r#"{"nbf":1,"#, 1);
        let twice = payload.replacen('{', &format!(r#"{{"{name}":1,"#), 1);
        rows.payload(&twice, PayloadDuplicateMember);
        let escaped = format!("\\u{:04x}{}", name.as_bytes()[0], &name[1..]);
        let twice = payload.replacen('{', &format!(r#"{{"{escaped}":1,"#), 1);
        rows.payload(&twice, PayloadDuplicateMember);
    }
    // At every depth that is allowed, among arrays and objects.
    for pair in [r#"{"a":1,"a":1}"#, r#"{"a":1,"b":0,"\u0061":2}"#, r#"{"":1,"":2}"#] {
        for depth in 0..14 {
            let wrapped = |open: &str, close: &str| {
                format!("{}{pair}{}", open.repeat(depth), close.repeat(depth))
            };
            rows.headers("x", &[&wrapped("[", "]")], HeaderDuplicateMember);
            rows.headers("x", &[&wrapped(r#"{"y":"#, "}")], HeaderDuplicateMember);
            rows.claims("x", &[&wrapped("[0,", "]")], PayloadDuplicateMember);
        }
        for depth in [20, 40, 63] {
            let wrapped = format!("{}{pair}{}", r#"{"y":"#.repeat(depth), "}".repeat(depth));
            rows.claims("x", &[&wrapped], PayloadDuplicateMember);
        }
    }
    // One name in several objects is no duplicate, nor are two that differ in case or in form.
    for value in [
        r#"[{"a":1},{"a":1}]"#,
        r#"{"a":{"a":{"a":1}},"b":{"a":1}}"#,
        r#"{"a":1,"A":1}"#,
        r#"{"\u00e9":1,"e\u0301":2}"#,
    ] {
        rows.headers("x", &[value], None);
        rows.claims("x", &[value], None);
    }
    rows
}

/// Names are compared by hash: two that are near each other, in their letters or in a hash that mixes
/// less, are two all the same.
fn near_names() -> Rows {
    let mut rows = Rows::default();
    let object = |names: &[&str]| {
        let members: Vec<_> = names.iter().map(|name| format!(r#""{name}":0"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    // One bit apart in one place, and in the same place of two words of eight bytes.
    for (letter, length) in
        [("u", 7), ("u", 8), ("j", 8), ("u", 9), ("u", 16), ("j", 16), ("j", 24)]
    {
        let name = letter.repeat(length);
        let flipped = |places: &[usize], bit: u8| {
            let mut name = name.clone().into_bytes();
            places.iter().for_each(|place| name[*place] ^= 1 << bit);
            String::from_utf8(name).unwrap()
        };
        let one = (0..length).map(|place| vec![place]);
        let two = (8..length).map(|place| vec![place - 8, place]);
        let places: Vec<_> = one.chain(two).collect();
        for bits in [[0, 1, 2], [4, 5, 6]] {
            let near = places.iter().flat_map(|places| bits.map(|bit| flipped(places, bit)));
            let names: Vec<_> = [name.clone()].into_iter().chain(near).collect();
            let names: Vec<_> = names.iter().map(String::as_str).collect();
            rows.claims("x", &[&object(&names)], None);
        }
    }
    // Searched for: equal in the low half of the hash, in the high half, and if the halves of a product
    // met by an "or" or an "and".
    let pairs = [
        ["aufgy", "dctcd"],
        ["bxnmy", "cdgab"],
        ["ywBhoVc_", "LVWBDFDF"],
        ["rk4CKDPs", "bfJkffSE"],
    ];
    for pair in pairs {
        rows.claims("x", &[&object(&pair)], None);
        // And neither hides a repeat of the other.
        let [one, other] = pair;
        for twice in [[one, other, one], [one, other, other], [one, one, other]] {
            rows.claims("x", &[&object(&twice)], PayloadDuplicateMember);
        }
    }
    // Names that share half a hash with one before them: eight in a text and no more. Up to seven bytes the
    // hash is FNV-1a, and its low half depends on low halves only. So the first pair, which was searched for,
    // makes as many others as there are letters to follow on it.
    let near = |letters: &str| {
        let [one, other] = pairs[0];
        let names = letters.chars().flat_map(|c| [format!("{one}{c}"), format!("{other}{c}")]);
        let names: Vec<_> = names.collect();
        object(&names.iter().map(String::as_str).collect::<Vec<_>>())
    };
    rows.claims("x", &[&near("abcdefgh")], None);
    rows.claims("x", &[&near("abcdefghi")], PayloadDuplicateMember);
    // Of all objects of the text together.
    let two = |letters| format!("[{},{{}},{}]", near("abcd"), near(letters));
    rows.claims("x", &[&two("abcd")], None);
    rows.claims("x", &[&two("abcde")], PayloadDuplicateMember);
    rows
}

fn limits() -> Rows {
    let mut rows = Rows::default();
    let issuer = Signer::dynamic();
    // Bytes of the header segment: 768 bytes are 1024 characters.
    let header = |length: usize| {
        let rest = length - header_with("x", r#""""#).len();
        header_with("x", &format!("\"{}\"", "y".repeat(rest)))
    };
    rows.header(&header(768), None);
    rows.header(&header(769), HeaderTooLong);
    rows.token(&format!("{}.e30.AA", "A".repeat(1025)), HeaderTooLong);
    // Bytes of the token. Its length is a sum of two that skip every fourth number.
    let token = |length: usize| {
        let segment = |bytes: usize| (bytes * 4).div_ceil(3);
        let room = length - 2 - segment(256);
        let (header_length, payload_length) = (300..304)
            .flat_map(|header| (0..room).map(move |payload| (header, payload)))
            .find(|(header, payload)| segment(*header) + segment(*payload) == room)
            .unwrap();
        let rest = payload_length - payload_with("x", r#""""#).len();
        let payload = payload_with("x", &format!("\"{}\"", "y".repeat(rest)));
        let token = issuer.token(&header(header_length), &payload);
        assert_eq!(token.len(), length);
        token
    };
    // Up to 2048 a smaller room is enough.
    for length in 2046..2051 {
        rows.token(&token(length), None);
    }
    rows.token(&token(8191), None);
    rows.token(&token(8192), None);
    rows.token(&token(8193), TokenTooLong);
    rows.token(&"x".repeat(60_000), TokenTooLong);

    // Members of one object, without what looks like an exponent.
    let members = |count: usize| {
        let members: Vec<_> = (0..count).map(|name| format!(r#""{name}":0"#)).collect();
        members.join(",")
    };
    let and_more = |object: &str, count: usize| format!("{{{},{}", members(count), &object[1..]);
    let object = |count: usize| format!("{{{}}}", members(count));
    // The usual header has 4, the usual payload 13.
    rows.header(&and_more(&issuer.header(), 60), None);
    rows.header(&and_more(&issuer.header(), 61), HeaderTooManyMembers);
    rows.payload(&and_more(PAYLOAD, 243), None);
    rows.payload(&and_more(PAYLOAD, 244), PayloadTooManyMembers);
    rows.headers("x", &[&object(64)], None);
    rows.headers("x", &[&object(65)], HeaderTooManyMembers);
    rows.claims("x", &[&object(256)], None);
    rows.claims("x", &[&object(257)], PayloadTooManyMembers);
    // Bytes `[`, `{`, `,` and `\`, pairs of a digit and `e` or `E`, and a quarter of white space and of
    // changes from ASCII to what is not, wherever they stand.
    let far = |marks: usize| format!("[{}0E-9]", "9e9,".repeat(marks / 2 - 1));
    let pairs = |marks: usize| format!("\"e9{}\"", "e0E9".repeat(marks / 2));
    let array = |marks: usize| format!("[{}0]", "0,".repeat(marks - 1));
    let escapes = |marks: usize| format!("\"{}\"", r"\n".repeat(marks));
    let in_header = 72 - marks(header_with("x", "0").as_bytes());
    let in_payload = 288 - marks(payload_with("x", "0").as_bytes());
    for claim in [array(in_payload), escapes(in_payload), ",".repeat(in_payload)] {
        let claim = if claim.starts_with(',') { format!("\"{claim}\"") } else { claim };
        rows.claims("x", &[&claim], None);
    }
    rows.claims("x", &[&array(in_payload + 1), &escapes(in_payload + 1)], PayloadTooComplex);
    let even = in_payload / 2 * 2;
    rows.claims("x", &[&far(even), &pairs(even)], None);
    rows.claims("x", &[&far(even + 2), &pairs(even + 2)], PayloadTooComplex);
    let white = |marks: usize| format!("{}0", "\n\t\r ".repeat(marks));
    let spaces = |marks: usize| format!("\"{}\"", " ".repeat(4 * marks));
    let changes = |marks: usize| format!("\"{}{}\"", ",".repeat(marks - 20), "aé".repeat(4 * 20));
    // White space before what is not ASCII counts once.
    let both = |marks: usize| format!("\"{}{}\"", ",".repeat(marks - 20), " é".repeat(4 * 20));
    let light = |marks| [white(marks), spaces(marks), changes(marks), both(marks)];
    for claim in light(in_payload) {
        rows.claims("x", &[&claim], None);
    }
    for claim in light(in_payload + 1) {
        rows.claims("x", &[&claim], PayloadTooComplex);
    }
    for (claims, expected) in
        [(light(in_header), None), (light(in_header + 1), Some(HeaderTooComplex))]
    {
        for claim in claims {
            rows.headers("x", &[&claim], expected);
        }
    }
    rows.headers("x", &[&array(in_header), &escapes(in_header)], None);
    rows.headers("x", &[&array(in_header + 1), &escapes(in_header + 1)], HeaderTooComplex);

    // Containers inside each other; header and payload themselves are one.
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = |depth: usize| format!("{}0{}", open.repeat(depth), close.repeat(depth));
        rows.headers("x", &[&nested(15)], None);
        rows.headers("x", &[&nested(16)], HeaderTooDeep);
        rows.headers("kid", &[&nested(16)], HeaderTooDeep);
        rows.claims("x", &[&nested(64)], None);
        rows.claims("x", &[&nested(65), &nested(200)], PayloadTooDeep);
        rows.claims("sub", &[&nested(65)], PayloadTooDeep);
    }
    rows.claims("x", &[&("[".repeat(2500) + &"]".repeat(2500))], PayloadTooComplex);
    // Never closed: not JSON, and no deeper a stack.
    rows.claims("x", &[&"[".repeat(250)], PayloadNotJson);
    rows
}

#[test]
fn a_token_has_one_spelling() {
    segments().check();
}

#[test]
fn header_and_payload_are_json_objects_in_utf_8() {
    json().check();
}

#[test]
fn no_object_at_any_depth_has_two_members_of_one_name() {
    duplicates().check();
}

#[test]
fn names_that_are_near_each_other_are_two() {
    near_names().check();
}

#[test]
fn each_limit_is_the_last_size_that_passes() {
    limits().check();
}
