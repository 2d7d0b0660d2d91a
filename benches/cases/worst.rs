//! Candidates for the worst input within the limits that is refused before the signature check: the
//! most work a stranger can cause with one request.

use base64ct::{Base64, Encoding};

use super::cookie;
use super::support::marks::marks;
use super::support::{NOW, base64url};

/// Bytes of a token and of all cookies together (`MAX_TOKEN`, `MAX_COOKIE_BYTES`
/// in the library).
const TOKEN: usize = 8 * 1024;
const COOKIES: usize = 64 * 1024;

/// Bytes of a front token (`MAX_FRONT_TOKEN` in the library).
const FRONT_TOKEN: usize = 4 * 1024;

/// Parts of the cookies; a token's own is one, and a field's end may be another
/// (`MAX_COOKIES` in the library).
const PARTS: usize = 178;

/// Bytes of a header segment, decoded.
const HEADER: usize = 1024 / 4 * 3;

/// JSON values that cost much for their length, each to be repeated in an array.
const VALUES: [(&str, &str); 15] = [
    ("digits", "0"),
    ("exponents", "1e9"),
    ("tiny", "1e-999"),
    ("fractions", "0.1"),
    ("long-fractions", "-12345678901234567890.1234567890123456789e-5"),
    ("words", "null"),
    ("texts", r#""""#),
    ("escapes", r#""\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n""#),
    ("code-points", r#""\u00e9\u00e9\u00e9\u00e9""#),
    ("surrogates", r#""\ud83d\ude00\ud83d\ude00""#),
    ("letters", r#""éééééééééééééééééééééééé""#),
    ("arrays", "[]"),
    ("objects", "{}"),
    ("members", r#"{"":0}"#),
    ("deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"),
];

/// Three values; JSON all the same where one is missing.
const FAR_NUMBERS: &str = "1e-919,1e-919,162346.78e-883";

/// Parts of a `Cookie` field, each to be repeated.
const COOKIE_PARTS: [(&str, &str); 12] = [
    ("semicolons", ";"),
    ("equals", "=;"),
    ("letters", "s;"),
    ("prefixes", "st;"),
    ("spaces", " ;"),
    ("tabs-between", "\t;"),
    ("near-access", "sAccessToke=;"),
    ("near-header-mode", "st-access-toke=;"),
    ("near-legacy", "sIdRefreshToke=;"),
    ("spaces-in-name", "sAccessToken                                      ;"),
    ("access", "sAccessToken=;"),
    ("plain", "a=b; "),
];

/// Names and `Cookie` fields.
pub fn inputs() -> Vec<(String, String)> {
    let mut inputs = Vec::new();
    for (name, value) in VALUES {
        let array = |room| repeated(value, room);
        inputs.push((format!("worst-token-{name}"), cookie(&token(array))));
    }
    inputs.push(("worst-token-names".into(), cookie(&token(objects))));
    inputs.push(("worst-token-escaped-text".into(), cookie(&token(escaped_text))));
    // Broken at the very end: all the work, and the making of an error.
    let broken = |room| match repeated("0", room) {
        header if room < HEADER => header,
        payload => payload.replace("0]", "0"),
    };
    inputs.push(("worst-token-broken".into(), cookie(&token(broken))));
    // Broken at the front: nearly nothing but base64 and the zeroing of the room it goes to.
    let base64 = |room: usize| if room < HEADER { "0".into() } else { "!".repeat(room) };
    inputs.push(("worst-token-base64".into(), cookie(&token(base64))));
    // A name of letters beyond ASCII costs most for its length: UTF-8 check, search, hash.
    let long_name = |room| with_long_name("1e9", room);
    let both = cookie(&token(long_name));
    inputs.push(("worst-token-long-name".into(), both.clone()));
    // White space that is trimmed in four places, none a whole number of runs of 16; the name is
    // one that may stand there often, for beside a token it does not count.
    let room = (COOKIES - both.len()) / PARTS;
    let white = " ".repeat((room - "st-access-token=v;".len()) / 4 / 16 * 16 - 1);
    let part = format!("{white}st-access-token{white}={white}v{white};");
    inputs.push(("worst-cookies-trimmed".into(), part.repeat(PARTS)));
    inputs.push(("worst-long-name-and-trimmed".into(), part.repeat(PARTS) + &both));
    // The dearest that `fuzz/worst.sh` has found. Numbers far below the least double are divided down to
    // it, and one more digit is one more division; the text is broken at its very end. Of the counter
    // of refreshes every copy is read: to the white space around the name comes that around the value.
    let far_numbers = |room| match room {
        ..HEADER => repeated("83e9", room),
        _ => repeated(FAR_NUMBERS, room).trim_end_matches(']').to_owned(),
    };
    let far_numbers = cookie(&token(far_numbers));
    let counter = |short: &str, long: &str| {
        format!("{short}__Host-stRefreshAttempts{short}={long}\"v\"{short};")
    };
    let field = |room: usize, short: &str, part: &dyn Fn(&str, &str) -> String| {
        let white = (room / PARTS).saturating_sub(part(short, "").len());
        part(short, &"\t".repeat(white)).repeat(PARTS)
    };
    let tabs = "\t".repeat(31);
    inputs.push(("worst-cookies-counters".into(), field(COOKIES, &tabs, &counter)));
    for (name, token) in [("long-name", &both), ("far-numbers", &far_numbers)] {
        let field = field(COOKIES - token.len(), &tabs, &counter) + token;
        inputs.push((format!("worst-{name}-and-counters"), field));
    }
    let tabs = "\t".repeat(95);
    let empty = |short: &str, long: &str| format!("{long}st-access-token{short}={short};");
    let trimmed = field(COOKIES - far_numbers.len(), &tabs, &empty) + &far_numbers;
    inputs.push(("worst-far-numbers-and-trimmed".into(), trimmed));
    let mixed = |room| match room {
        ..HEADER => repeated("2e5", room),
        _ => with_name_of("€y", r#"1.2e-820,"€u""#, room).trim_end_matches(']').to_owned(),
    };
    let mixed = cookie(&token(mixed));
    // Short texts beyond ASCII, with white space around each.
    let spaced = |room| match room {
        ..HEADER => repeated("4e95", room),
        _ => repeated(r#"  "é"  "#, room).trim_end_matches(']').to_owned(),
    };
    let spaced = cookie(&token(spaced));
    // Names of one letter of two bytes, and one of as many as there is room for.
    let letters = |room| match room {
        ..HEADER => named_by_letters(room),
        _ => named_by_letters(room).trim_end_matches(']').to_owned(),
    };
    let letters = cookie(&token(letters));
    let nearly = |short: &str, long: &str| format!("{short}sAccessToken{long};");
    for (name, token) in [("mixed", &mixed), ("spaced-texts", &spaced), ("letters", &letters)] {
        let field = field(COOKIES - token.len(), &tabs, &nearly) + token;
        inputs.push((format!("worst-{name}-and-nearly-access"), field));
    }
    for (name, part) in COOKIE_PARTS {
        // As many parts as there may be, and white space before each where there is room.
        let field = |room: usize| {
            let pad = " ".repeat((room / PARTS).saturating_sub(part.len()));
            format!("{pad}{part}").repeat(PARTS)
        };
        inputs.push((format!("worst-cookies-{name}"), field(COOKIES)));
        // And a token behind them, for which all of the work is done too.
        for (filler, token) in
            [("names", token(objects)), ("numbers", token(|room| repeated("1e-999", room)))]
        {
            let token = cookie(&token);
            let field = field(COOKIES - token.len() - 1);
            inputs.push((format!("worst-{filler}-and-{name}"), format!("{field}{token}")));
        }
    }
    inputs
}

/// What an API is sent at its worst: names, `Authorization` and `Cookie` fields. A bearer token that
/// turns out not to be a session's only when all of it was read has the cookie read too.
pub fn api_inputs() -> Vec<(String, String, Vec<String>)> {
    let bearer = |token: &str| format!("Bearer {token}");
    let no_session = |filler: &dyn Fn(usize) -> String| bearer(&token_with(r#""":0"#, filler));
    let fillers: [(&str, &dyn Fn(usize) -> String); 3] = [
        ("long-name", &|room| with_long_name("1e9", room)),
        ("names", &objects),
        ("numbers", &|room| repeated("1e-999", room)),
    ];
    let fields = inputs();
    let of = |names: &[&str]| -> Vec<(String, String)> {
        let find = |name: &&str| fields.iter().find(|(this, _)| this == *name).expect("an input");
        names.iter().map(find).cloned().collect()
    };
    let mut inputs = Vec::new();
    for (name, filler) in fillers {
        let token = bearer(&token(filler));
        inputs.push((format!("worst-api-bearer-{name}"), token.clone(), vec![]));
        // A bearer token that counts ends it: the cookies are looked through for copies alone.
        for (field_name, field) in of(&DEAREST_COOKIES) {
            let field_name = field_name.trim_start_matches("worst-");
            let beside = format!("worst-both-{name}-beside-{field_name}");
            inputs.push((beside, token.clone(), vec![field]));
        }
        for (field_name, field) in of(&DEAREST_WITH_TOKEN) {
            let field_name = field_name.trim_start_matches("worst-");
            let both = format!("worst-both-{name}-then-{field_name}");
            inputs.push((both, no_session(filler), vec![field]));
        }
    }
    let white = format!("Bearer {0}x{0}", " ".repeat(COOKIES / 2 / 16 * 16 - 1));
    inputs.push(("worst-api-bearer-in-spaces".into(), white, vec![]));
    inputs
}

/// Of [`inputs`], those that cost most without a token and with one.
const DEAREST_COOKIES: [&str; 3] =
    ["worst-cookies-spaces-in-name", "worst-cookies-trimmed", "worst-cookies-access"];
const DEAREST_WITH_TOKEN: [&str; 2] =
    ["worst-long-name-and-trimmed", "worst-numbers-and-spaces-in-name"];

/// Names and `Cookie` fields over the limits: the token in them is not read, and the counter of
/// attempts is looked for in what is left.
pub fn many_fields() -> Vec<(String, Vec<String>)> {
    // In as many bytes as HTTP/1 needs to send them. An HTTP/2 server counts 32 for each beside its
    // text (RFC 9113 section 6.5.2).
    let room = |field: &str| field.len() + "cookie:\r\n".len();
    let filled = |field: &str| vec![field.to_owned(); COOKIES / room(field)];
    [
        ("empty", ""),
        ("letters", "s"),
        ("near-counter", "__Host-stRefreshAttempt"),
        ("counter", "__Host-stRefreshAttempts=5"),
        ("counter-before", "__Host-stRefreshAttempts=5;"),
    ]
    .map(|(name, field)| (format!("worst-fields-{name}"), filled(field)))
    .into_iter()
    .chain([4, 64].map(|kib| {
        // The whole of the end of each is looked through.
        let field = "_".repeat(kib * 1024 - 2);
        let fields = [vec![";".repeat(PARTS + 2)], vec![field; COOKIES / 1024 / kib]].concat();
        (format!("worst-fields-of-{kib}-kib"), fields)
    }))
    .collect()
}

/// Front tokens that are read to their end, in which nearly all is the payload.
pub fn front_tokens() -> Vec<(String, String)> {
    let fillers: [(&str, &dyn Fn(usize) -> String); 4] = [
        ("names", &objects),
        ("numbers", &|room| repeated("1e-999", room)),
        ("texts", &|room| repeated(r#""""#, room)),
        ("long-name", &|room| with_long_name("1e9", room)),
    ];
    let token = |filler: &dyn Fn(usize) -> String| {
        let json =
            |filler: &str| format!(r#"{{"uid":"u","ate":4000000000000,"up":{{"x":{filler}}}}}"#);
        let json = json(&filler(FRONT_TOKEN / 4 * 3 - json("").len()));
        let mut room = vec![0; FRONT_TOKEN];
        Base64::encode(json.as_bytes(), &mut room).expect("room for it").to_owned()
    };
    fillers.map(|(name, filler)| (format!("front-token-{name}"), token(filler))).into()
}

/// A token as long as it may be, whole but for its key, with `filler` where there is room.
fn token(filler: impl Fn(usize) -> String) -> String {
    token_with(r#""sessionHandle":"""#, filler)
}

/// The same, with this member in the place of the session's handle.
fn token_with(handle: &str, filler: impl Fn(usize) -> String) -> String {
    let header = |filler: &str| {
        format!(r#"{{"alg":"RS256","typ":"JWT","kid":"d-1","version":"5","x":{filler}}}"#)
    };
    let payload = |filler: &str| {
        let (issued, expires) = (NOW - 1, NOW + 1);
        format!(
            r#"{{"iat":{issued},"exp":{expires},"sub":"","tId":"","rsub":"",{},{}"x":{filler}}}"#,
            handle, r#""refreshTokenHash1":"","#
        )
    };
    // 14 containers at most lie around the arrays of a header; what is deeper is for the payload.
    let in_header = filler(HEADER - header("").len());
    let in_header = if depth(&in_header) < 16 { in_header } else { "0".into() };
    let header = base64url(header(&in_header).as_bytes());
    let room = (TOKEN - header.len() - 2) / 4 * 3 - payload("").len();
    let payload = base64url(payload(&filler(room)).as_bytes());
    let token = format!("{header}.{payload}.");
    assert!(token.len() <= TOKEN);
    token
}

fn depth(json: &str) -> usize {
    let open = |end: usize| json[..end].matches(['[', '{']).count();
    let closed = |end: usize| json[..end].matches([']', '}']).count();
    json.char_indices().map(|(at, _)| open(at) - closed(at)).max().unwrap_or(0)
}

/// An array of as many of `value` as the limit on structure leaves, and a text for the rest of the
/// room.
fn repeated(value: &str, room: usize) -> String {
    as_many((room - 4) / (value.len() + 1), room, |count| {
        let values = vec![value; count].join(",");
        format!(r#"[{values},"{}"]"#, "y".repeat(room - values.len() - 5))
    })
}

/// With as many values as the limit on structure leaves.
fn as_many(most: usize, room: usize, text: impl Fn(usize) -> String) -> String {
    let most = most.min(marks_of(room));
    let counts = (1..=most).rev();
    counts
        .map(text)
        .find(|text| marks(text.as_bytes()) <= marks_of(room))
        .unwrap_or_else(|| "0".into())
}

/// An array of as many of `value` as may be, and one member with a name for the rest of the room.
fn with_long_name(value: &str, room: usize) -> String {
    with_name_of("é", value, room)
}

fn with_name_of(letters: &str, value: &str, room: usize) -> String {
    as_many((room - 16) / (value.len() + 1), room, |count| {
        let values = vec![value; count].join(",");
        let name = letters.repeat((room - values.len() - 10) / letters.len());
        format!(r#"[{values},{{"{name}":0}}]"#)
    })
}

/// What `room` says of the part it is in: how many bytes of structure the filler may have there.
fn marks_of(room: usize) -> usize {
    match room {
        ..HEADER => 72 - 12,
        // A front token's.
        HEADER..FRONT_TOKEN => 2 * 288 + 8 - 12,
        FRONT_TOKEN.. => 288 - 24,
    }
}

/// Objects of as many names as one may have, as many as the limit on structure leaves.
fn objects(room: usize) -> String {
    let most = if room < HEADER { 64 } else { 256 };
    let names: Vec<String> = (0..most).map(|n| format!(r#""{}":0"#, short(n))).collect();
    let (mut objects, mut left) = (Vec::new(), (marks_of(room) - 8).min((room - 12) / 8));
    while left > 0 {
        let count = left.min(most);
        objects.push(format!("{{{}}}", names[..count].join(",")));
        left -= count;
    }
    let objects = objects.join(",");
    format!(r#"[{objects},"{}"]"#, "y".repeat(room - objects.len() - 5))
}

/// Objects of 60 names, each a letter of two bytes, as many as the limit on structure leaves, and one
/// member with a name of such letters for the rest of the room.
fn named_by_letters(room: usize) -> String {
    as_many((room - 16) / 7, room, |count| {
        let names: Vec<String> =
            ('Ā'..'ļ').cycle().take(count).map(|letter| format!(r#""{letter}":0"#)).collect();
        let objects: Vec<String> =
            names.chunks(60).map(|names| format!("{{{}}}", names.join(","))).collect();
        let objects = objects.join(",");
        let name = "é".repeat((room - objects.len() - 10) / 2);
        format!(r#"[{objects},{{"{name}":0}}]"#)
    })
}

/// Different texts, one letter long as long as there are letters.
fn short(n: usize) -> String {
    let letters: Vec<char> = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    match n.checked_sub(letters.len()) {
        None => letters[n].to_string(),
        Some(rest) => format!("{}{}", letters[rest / letters.len()], letters[rest % letters.len()]),
    }
}

/// One text of escapes, as the value of a member nobody wants.
fn escaped_text(room: usize) -> String {
    let escapes = r"\n".repeat(((room - 2) / 2).min(marks_of(room)));
    format!(r#""{escapes}{}""#, "y".repeat(room - 2 - escapes.len()))
}
