//! Seeds, for what a fuzzer takes long to find: the samples of the `decide` example, taken apart, and values
//! at the limits.

use serde_json::{Value, json};

use crate::doubles::{cookies, held, json, keys, marks, token};

const SAMPLES: &str = include_str!("../../examples/decide/samples.jsonl");

/// Inputs with the target that each is for.
pub struct Seeds(Vec<(&'static str, Vec<u8>)>);

impl Seeds {
    fn add(&mut self, target: &'static str, input: impl AsRef<[u8]>) {
        self.0.push((target, input.as_ref().to_vec()));
    }

    /// Those of one target.
    pub fn of(&self, target: &str) -> impl Iterator<Item = &Vec<u8>> {
        self.0.iter().filter(move |(this, _)| *this == target).map(|(_, input)| input)
    }
}

pub fn all() -> Seeds {
    let (mut seeds, samples) = (Seeds(Vec::new()), SAMPLES);
    for line in samples.lines() {
        let sample: Value = serde_json::from_str(line).expect("a sample is JSON");
        let line = sample.get("defaults").unwrap_or(&sample);
        if let Some(jwks) = line["jwks"].as_str() {
            seeds.add("key_set", jwks);
        }
        let fields = fields(line);
        if fields.is_empty() {
            continue;
        }
        let joined = fields.join(&0);
        seeds.add("cookie", [&[0], &joined[..]].concat());
        seeds.add("cookie", [&[255], &joined[..]].concat());
        seeds.add("decide", [&[0], &fields[0][..]].concat());
        // Signed by the dynamic key, the static key and nobody.
        if let Some(texts) = texts(&fields[0]) {
            for kind in 1..=3 {
                let seed = [&[kind], &texts[..]].concat();
                seeds.add("decide", seed);
            }
        }
    }
    for count in [cookies::MOST_COOKIES - 1, cookies::MOST_COOKIES] {
        let field = [&[0], "a;".repeat(count).as_bytes(), b"sAccessToken=a.b.c"].concat();
        seeds.add("cookie", field);
    }
    payloads(&mut seeds, samples);
    key_sets(&mut seeds, samples);
    requests(&mut seeds, samples);
    words(&mut seeds);
    limits(&mut seeds);
    answers(&mut seeds);
    caches(&mut seeds);
    operations(&mut seeds);
    seeds
}

/// A request to an API for each policy and each place of a token, read by `fuzz_targets/api.rs`.
fn requests(seeds: &mut Seeds, samples: &str) {
    let line = samples.lines().find(|line| line.contains(r#""id":"signed-in""#));
    let sample: Value = serde_json::from_str(line.expect("the sample")).expect("JSON");
    let texts = texts(&fields(&sample)[0]).expect("a token");
    let at = texts.iter().position(|byte| *byte == 0).expect("two texts");
    let good: Value = serde_json::from_slice(&texts[at + 1..]).expect("JSON");
    let header = std::str::from_utf8(&texts[..at]).expect("a header");
    let with = |name: &str, value: Value| {
        let mut payload = good.clone();
        payload[name] = value;
        format!("{header}\0{payload}")
    };
    let payloads = [
        with("antiCsrfToken", json!("csrf")),
        with("antiCsrfToken", json!(null)),
        with("parentRefreshTokenHash1", json!("x")),
        with("sessionHandle", json!("other")),
        with("stt", json!(1)),
        with("exp", json!(1)),
        format!("{}\0{good}", header.replace("d-", "d-9")),
    ];
    let places: [(&str, &str); 6] = [
        ("sAccessToken=\u{1}", ""),
        ("", "Bearer \u{1}"),
        ("a=b; sAccessToken=\u{2}", "Bearer \u{1}"),
        ("sAccessToken=\u{1}\nsAccessToken=\u{2}", "Bearer \u{2}"),
        ("sIdRefreshToken=x; sAccessToken=\u{1}", "Basic \u{1}"),
        ("st-access-token=\u{1}", "Bearer x"),
    ];
    let bodies = [
        r#"{"status":"OK","session":{"handle":"x"}}"#,
        r#"{"status":"OK","accessToken":{"token":"\u{3}"}}"#,
        r#"{"status":"UNAUTHORISED","message":"x"}"#,
        r#"{"status":"TRY_REFRESH_TOKEN"}"#,
        "no",
    ]
    .map(|body| body.replace(r"\u{3}", "\u{3}"));
    let mut count = 0;
    for (place, (cookies, authorization)) in places.iter().enumerate() {
        for (index, payload) in payloads.iter().enumerate() {
            for (answer, body) in bodies.iter().enumerate() {
                // Each mode, method and transfer comes by in turn.
                let mode = [0x00, 0x01, 0x02, 0x21, 0x05, 0x32, 0xa0][(place + index + answer) % 7];
                let transfer = [28, 28, 29, 30, 20, 12][(index + answer) % 6];
                let method = ["GET", "POST", "OPTIONS"]
                    [usize::from(count % 5 == 0) + usize::from(count % 20 == 0)];
                let second = &payloads[(index + answer) % payloads.len()];
                let third = &payloads[(index * answer) % 4];
                let text = format!(
                    "{method}\0{cookies}\0{authorization}\0csrf\0{body}\0{payload}\0{second}\0{third}"
                );
                let seed = [&[mode, transfer, 0x40], text.as_bytes()].concat();
                seeds.add("api", seed);
                count += 1;
            }
        }
    }
}

/// What is said to browsers and read from front ends and APIs.
fn words(seeds: &mut Seeds) {
    let claims = concat!(
        r#"{"st-ev":{"v":false,"t":1749999940123},"st-role":{"v":["admin"],"t":1},"#,
        r#""st-perm":{"v":["read"],"t":1},"st-t-dmns":{"v":[]},"plan":{"v":"gold","t":1e300},"#,
        r#""seats":{"v":0.5,"t":"x"},"beta":{"v":true,"t":-1},"#,
        r#""st-mfa":{"c":{"emailpassword":1,"totp":null},"v":false}}"#
    );
    let held = concat!(
        r#"{"st-ev":{"v":true,"t":1749999940123},"st-role":{"v":["admin","b"],"t":1750000000000},"#,
        r#""st-perm":{"v":["read","write"],"t":1750000000000},"st-t-dmns":{"v":["b"]},"#,
        r#""plan":{"v":"gold","t":1749999940000},"seats":{"v":[0.5,3]},"beta":{"v":true,"t":1e13},"#,
        r#""st-mfa":{"c":{"emailpassword":1,"totp":2,"a":3,"b":4e9},"v":true}}"#
    );
    let numbers = concat!(
        r#"{"plan":{"v":[1e21,1e-7,123456789012345680000,5e-324,-0.0,0.1,9007199254740993,"#,
        r#"638414230045588.25,9.5367431640625e-7,18446744073709551616]},"10":{"9":1,"1":2,"a":"\ud83d\ude00"}}"#
    );
    let own = held::PAYLOAD;
    let front = |payload: &str| format!(r#"{{"uid":"user-1","ate":1750003540000,"up":{payload}}}"#);
    let (own_front, other_front, old) = (front(own), front(claims), front(own).replace("17", "16"));
    let errors = concat!(
        r#"{"message":"invalid claim","claimValidationErrors":[{"id":"st-ev","#,
        r#""reason":{"message":"wrong value","expectedValue":true,"actualValue":1e21}},{"id":"x"}]}"#
    );
    let errors = [b"\x01\x93", errors.as_bytes()].concat();
    let many = format!("{}__Host-stRefreshAttempts=5", "a=b;".repeat(cookies::MOST_COOKIES + 9));
    let fields = "a=b; sAccessToken=x; __Host-stRefreshAttempts=5\0stRefreshAttempts=\"4\"";
    let long = [b"\x01", token::encode(&[0xa5; 100]).as_bytes()].concat();
    let signed = [b"\x00", held::signed(1, HEADER.as_bytes(), own.as_bytes()).as_bytes()].concat();
    let texts = format!("\u{4}{HEADER}\0{own}");
    let words: [(&'static str, &[u8]); 28] = [
        ("redirect", b"\0\0\0\0/orders?page=2#top"),
        ("redirect", b"\0\0\0\0//evil.example"),
        ("redirect", b"\0\0\0\0/\\evil.example/%2e%2e/x"),
        ("redirect", b"\0\0\0\0redirectToPath=%2Forders%3Fpage%3D2"),
        ("redirect", b"https://id.example/auth?tenant=x#top\0refresh page\0a b\0\0a%20b=/x"),
        ("redirect", b"/in\0/re?x=y&\0p\0stRedirectTo\0?p=%2Fin%252f&q=%2B"),
        ("redirect", b"\0\0\0\0/AUTH%2fx"),
        ("redirect", b"\0\0\0\0/a/..;/x/%2e%2e%5cauth"),
        ("front_token", own_front.as_bytes()),
        ("front_token", other_front.as_bytes()),
        ("front_token", old.as_bytes()),
        ("front_token", b"eyJ1aWQiOiJ1IiwiYXRlIjoxLCJ1cCI6e319"),
        ("front_token", b"a=b; sFrontToken=\"x\"\0front-token=y;sFrontToken=z"),
        ("invalid_claims", &errors),
        ("claims", claims.as_bytes()),
        ("claims", held.as_bytes()),
        ("claims", numbers.as_bytes()),
        ("claims", own.as_bytes()),
        ("attempts", fields.as_bytes()),
        ("attempts", many.as_bytes()),
        ("attempts", b"sAccessToken=x; __Host-stRefreshAttempts=4; __Host-stRefreshAttempts=7"),
        ("jws", &long),
        ("jws", &signed),
        ("jws", texts.as_bytes()),
        ("jws", b"\x02AAAAAAAAAAA"),
        ("jws", b"\x03eyJraWQiOiJkLTE3NDk5OTAwMDAwMDAiLCJhbGciOiJSUzI1NiJ9"),
        ("jws", b"\x01-_-_"),
        ("jws", b"\x01AB"),
    ];
    for (target, text) in words {
        seeds.add(target, text);
    }
}

/// Values at the limits, and one beyond each.
fn limits(seeds: &mut Seeds) {
    let target = |text: &str| format!("\0\0\0\0{text}");
    for length in [2047, 2048] {
        seeds.add("redirect", target(&format!("/{}", "a".repeat(length))));
        let query = format!("redirectToPath=%2F{}&x", "a".repeat(length));
        seeds.add("redirect", target(&query));
    }
    for text in [
        "/AUTH",
        "/.%2fauth",
        "/%2fauth",
        "/a/..%2fauth",
        "/auth;a",
        "/a%5cauth",
        "/author",
        "redirectToPath=/a?b+c",
        "redirectToPath=/a?b%2Bc",
        "redirectToPath=/a&redirectToPat%68",
        "/a%zz%",
        "/%252e",
        "/a?//x",
        "/a//b",
        "/a\\b",
        "/..",
        "/%2e%2E/a",
        "/a b",
        "/\x7f",
        "/\u{e4}",
    ] {
        seeds.add("redirect", target(text));
    }
    for route in
        ["/auth&", "/auth?", "/auth?x&", "/In/", "https://id.example", "HTTP://x/In?y#z", "\n"]
    {
        for text in ["/in", "/in/x", "/auth", "/auth&", "/a"] {
            seeds.add("redirect", format!("{route}\0{route}\0p\0p\0{text}"));
        }
    }
    let front = |ate: &str, up: &str| format!(r#"{{"uid":"u","ate":{ate},"up":{up}}}"#);
    let digits = "1234567890123456789012345";
    for (ate, up) in [
        ("1750003540000", format!(r#"{{"x":{digits}}}"#)),
        ("1750003540000", format!(r#"{{"x":{digits}6}}"#)),
        ("1750003540000", format!(r#"{{"x":"{digits}67\\",'y':0}}"#).replace('\'', "\"")),
        ("1750000000000", "{}".to_owned()),
        ("1750000000001", "{}".to_owned()),
        ("1.750000000001e12", "{}".to_owned()),
        ("-1", "{}".to_owned()),
        ("18446744073709551615", "{}".to_owned()),
        ("18446744073709551616", "{}".to_owned()),
        ("1750003540000", format!(r#"{{"iat":1749999940.0,{}"#, &held::PAYLOAD[18..])),
        ("1750003540000", held::PAYLOAD.replace("user-1", "user\\u002d1")),
        ("1750003540000", format!(r#"{{"x":"{}"}}"#, "x".repeat(3072 - 45))),
        ("1750003540000", format!(r#"{{"x":"{}"}}"#, "x".repeat(3073 - 45))),
    ] {
        seeds.add("front_token", front(ate, &up));
    }
    seeds.add("front_token", "sFrontToken=a;sFrontToken=b; front-token=c");
    seeds.add("front_token", format!("{}sFrontToken=a;sFrontToken=b", "x;".repeat(179)));
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|n| format!(r#""{n}":{{}}"#)).collect();
        format!("{{{}}}", members.join(","))
    };
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for claims in [
        members(256),
        members(257),
        format!(r#"{{"x":{}}}"#, deep(64)),
        format!(r#"{{"x":{}}}"#, deep(65)),
        format!(r#"{{"x":"{}"}}"#, ",".repeat(558)),
        format!(r#"{{"x":"{}"}}"#, ",".repeat(559)),
        r#"{"4294967295":1,"4294967294":2,"01":3,"0":4,"-0":5,"":6}"#.to_owned(),
        r#"{"st-mfa":{"c":{"emailpassword":1,"totp":1}}}"#.to_owned(),
        r#"{"st-mfa":null}"#.to_owned(),
        r#"{"plan":{"v":"gold","t":1749999940000},"seats":{"v":3},"st-role":{"v":"superadmin"}}"#
            .to_owned(),
        r#"{"plan":{"v":"gold","t":null},"beta":{"v":true,"t":1750000000000}}"#.to_owned(),
        r#"{"st-ev":{"v":false,"t":1749999990000}}"#.to_owned(),
        r#"{"st-ev":{"v":false,"t":1749999989999}}"#.to_owned(),
    ] {
        seeds.add("claims", &claims);
        let errors = format!(r#"{{"claimValidationErrors":[{{"id":"x","reason":{claims}}}]}}"#);
        seeds.add("invalid_claims", [b"\x01\x93", errors.as_bytes()].concat());
    }
    for count in [0, 64, 65] {
        let list = vec![r#"{"id":"x"}"#; count].join(",");
        let errors = format!(r#"{{"claimValidationErrors":[{list}]}}"#);
        seeds.add("invalid_claims", [b"\x01\x93", errors.as_bytes()].concat());
    }
    for counts in ["5", "4", "9", "5 1", "1 5", "5 x", "55", "\"5\"", "0", "5 5"] {
        for name in ["__Host-stRefreshAttempts", "stRefreshAttempts"] {
            let copies = counts.split(' ').map(|count| format!("; {name}={count}"));
            seeds.add("attempts", format!("sAccessToken=x{}", copies.collect::<String>()));
        }
    }
    // Each byte in a block of base64 and behind one, and each length around a block's.
    for byte in 0..=u8::MAX {
        for place in [0, 13, 31, 33] {
            let mut text = [b'A'; 36];
            text[place] = byte;
            seeds.add("jws", [&[1], &text[..]].concat());
        }
    }
    for length in (0..70).chain([1365, 1366, 1367, 1368]) {
        seeds.add("jws", [&[1], "A".repeat(length).as_bytes()].concat());
        seeds.add("jws", [&[2], "A".repeat(length).as_bytes()].concat());
    }
    for length in [8191, 8192, 8193] {
        let text = [b"\0a..", "A".repeat(length - 3).as_bytes()].concat();
        seeds.add("jws", text);
    }
    for length in [1024, 1025, 1026] {
        seeds.add("jws", [b"\x03", "A".repeat(length).as_bytes()].concat());
    }
}

const HEADER: &str = r#"{"kid":"d-1749990000000","typ":"JWT","version":"5","alg":"RS256"}"#;

/// Fields of an answer, and stored snapshots.
fn answers(seeds: &mut Seeds) {
    let (one, other) = ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:38 GMT");
    for fields in [
        "ETag:\"33a64df5\"\nCache-Control: max-age=60, must-revalidate".to_owned(),
        format!("etag: W/\"x\" \nDate: {one}\nlast-modified: {other}"),
        format!("Date:{one}\nLast-Modified:{one}\netag:*\ncache-control:max-age=1"),
        "etag:\"a\", \"b\"\ncache-control:MAX-AGE = \"599\" ,max-age=99999999999999999999"
            .to_owned(),
        format!("etag:\"{}\"\ncache-control:max-age=-1", "x".repeat(1022)),
        format!("etag:\"{}\"\ncache-control:max-age=30,max-age=29", "x".repeat(1023)),
        "cache-control:max-age=601\ncache-control:max-age=600\netag:W/W/\"x\"".to_owned(),
    ] {
        seeds.add("answer", format!("\0{fields}"));
    }
    let (first, rest) = (held::NOW - 4 * 3_600_000, held::JWKS);
    for at in [first, first + 1, held::NOW, held::NOW + 1] {
        for lines in [
            "fresh-for 600000\norigin https://core.example/\netag \"x\"\n",
            "fresh-for 1\norigin https://core.example/\nlast-modified Sun, 06 Nov 1994 08:49:37 GMT\n",
            "origin https://core.example/\nfresh-for 99999999\netag *\n",
            "fresh-for 600000\norigin https://evil.example/\n",
            "fresh-for +1\norigin https://core.example/\n",
            "fresh-for 1\nfresh-for 1\norigin https://core.example/\n",
            "fresh-for 600000\n",
        ] {
            seeds.add("answer", format!("\u{2}fetched-at {at}\n{lines}\n{rest}"));
        }
    }
    seeds.add("answer", format!("\u{2}\n{rest}"));
    seeds.add(
        "answer",
        format!(
            "\u{2}fetched-at 1750000000000\nfresh-for 1\norigin {}\n\n{{",
            "https://core.example/"
        ),
    );
}

/// Short lives of a cache: the bytes are read by `src/targets/cache.rs`.
fn caches(seeds: &mut Seeds) {
    // A page asks with a token; again; the clock goes on and back; the key is another under its name.
    let page = |store, token| vec![0, store, 0, 0, token];
    let api = |gate, tokens: [u8; 3]| [vec![6, 0, 1], tokens.to_vec(), vec![gate]].concat();
    let (other, own, later, back) = (vec![10, 2], vec![10, 0], vec![12, 4, 2], vec![13, 4, 2]);
    let lives = [
        [page(0, 0), page(1, 0), page(0, 0), page(0, 81)],
        [page(0, 1), later.clone(), page(0, 1), back],
        [page(0, 0), other.clone(), page(0, 0), page(0, 9)],
        [page(0, 0), vec![14, 0], other, vec![0, 128, 0, 0, 0]],
        [page(0, 0), own, page(0, 0), vec![15, 0]],
        [page(0, 0), page(0, 2), page(0, 3), page(0, 8)],
        [api(2, [0, 0, 4]), api(2, [0, 0, 4]), api(1, [4, 0, 0]), api(0x20 | 1, [4, 0, 0])],
        [api(0x80, [0, 2, 0]), api(3, [3, 0, 0]), later, api(0x83, [3, 2, 0])],
    ];
    for sizes in [0x00, 0x11, 0x22, 0x45] {
        for life in &lives {
            let seed = [vec![sizes], life.concat()].concat();
            seeds.add("cache", seed);
        }
    }
}

/// Short lives of a store, by each policy: the bytes are read by `fuzz_targets/store.rs`.
fn operations(seeds: &mut Seeds) {
    // A wish by hand and its ticket, and what becomes of it: a set with an `ETag`, nothing, 304.
    let (begin, good, bad, same) =
        (&[4, 5, 0][..], &[6, 0, 0, 1, 2, 0][..], &[6, 0, 3][..], &[6, 0, 1, 0, 0][..]);
    let (second, pass) = (&[0, 3, 1][..], &[0, 4, 3][..]);
    let requests = &[13, 3, 1, 0, 1, 0, 0][..];
    let (look, hours, unasked) = (&[13, 3, 1, 0, 0, 2, 0][..], &[0, 7, 1][..], &[3, 5, 0][..]);
    let lives: [&[&[u8]]; 9] = [
        &[begin, good, pass, requests, pass, requests, pass, requests],
        &[begin, bad, second, begin, bad, pass, begin, good],
        &[begin, good, begin, same, &[9], pass, begin, same, &[10, 0]],
        // Three tickets, answered the newest first; given back, twice; lost.
        &[begin, begin, begin, good, bad, same],
        &[begin, &[7, 0], begin, &[7, 0], pass, begin, &[8, 0], pass, pass, begin, begin, good],
        // An older set, and one from elsewhere; an answer to another store's ticket; a clock set back.
        &[
            begin,
            &[11, 3, 9, 1, 0, 0],
            good,
            &[12, 1, 0, 1, 0, 0],
            &[1, 4, 9],
            requests,
            begin,
            bad,
        ],
        // Looks one after another, one of them elsewhere, which is behind; a lost ticket and one that
        // comes late, and what may be used then; a set that is stale, and 304 from where it is from.
        &[begin, good, pass, pass, look, pass, pass, look, pass, pass, look],
        &[begin, good, begin, &[8, 0], hours, &[3], requests, begin, requests],
        &[begin, good, begin, pass, bad, &[0, 5, 2], requests, unasked, requests, same, requests],
    ];
    for policy in 0..4 {
        for life in &lives {
            let seed = [&[policy, policy][..], &life.concat()].concat();
            seeds.add("store", seed);
        }
    }
}

/// The payload of the first sample with each member gone, `null`, or of another kind, and with
/// objects at their limits: shapes that take a fuzzer long to find behind three encodings.
fn payloads(seeds: &mut Seeds, samples: &str) {
    let line = samples.lines().find(|line| line.contains(r#""id":"signed-in""#));
    let sample: Value = serde_json::from_str(line.expect("the sample")).expect("JSON");
    let texts = texts(&fields(&sample)[0]).expect("a token");
    let at = texts.iter().position(|byte| *byte == 0).expect("two texts");
    let good: serde_json::Map<String, Value> =
        serde_json::from_slice(&texts[at + 1..]).expect("an object");
    let header: Value = serde_json::from_slice(&texts[..at]).expect("JSON");

    let others = [json!(null), json!(0), json!(0.5), json!(""), json!([]), json!(1e300)];
    let names: Vec<&str> = good.keys().map(String::as_str).chain(["nbf", "stt"]).collect();
    let mut changed = Vec::new();
    for name in names {
        let mut less = good.clone();
        less.remove(name);
        changed.push(Value::Object(less));
        for other in &others {
            let mut with = good.clone();
            with.insert(name.to_owned(), other.clone());
            changed.push(Value::Object(with));
        }
    }
    let most = json::PAYLOAD.members - good.len();
    for count in most - 1..=most + 1 {
        let more = (0..count).map(|n| (n.to_string(), json!(0)));
        changed.push(Value::Object(good.clone().into_iter().chain(more).collect()));
    }
    for depth in json::PAYLOAD.depth - 1..=json::PAYLOAD.depth + 1 {
        let deep = (1..depth).fold(json!(0), |inner, _| json!([inner]));
        let with = good.clone().into_iter().chain([("x".to_owned(), deep)]);
        changed.push(Value::Object(with.collect()));
    }
    // Bytes of structure up to their limit, and one more.
    for more in [1, 0] {
        let with = good.clone().into_iter().chain([("x".to_owned(), json!(""))]);
        let with: serde_json::Map<String, Value> = with.collect();
        let has = Value::Object(with.clone()).to_string();
        let has = marks::marks(has.as_bytes());
        let commas = ",".repeat(json::PAYLOAD.marks - has + more);
        changed.push(Value::Object(
            with.into_iter().chain([("x".to_owned(), commas.into())]).collect(),
        ));
    }
    for version in ["5", "4", "3", ""] {
        let mut header = header.clone();
        header["version"] = version.into();
        if version.is_empty() {
            header.as_object_mut().expect("an object").remove("version");
        }
        for payload in &changed {
            let seed = format!("\u{1}{header}\0{payload}");
            seeds.add("decide", seed);
        }
    }
}

/// Sets in which one `kid` stands several times: the fuzzer copies no 2048 bits by itself.
fn key_sets(seeds: &mut Seeds, samples: &str) {
    let sample = samples.lines().find(|line| line.contains(r#""id":"ambiguous-key""#));
    let sample: Value = serde_json::from_str(sample.expect("the sample")).expect("JSON");
    let members = keys::members(sample["jwks"].as_str().expect("a JWK set").as_bytes());
    let [fine, one, other] = &members.expect("members")[..] else { panic!("three members") };
    let unnamed = one.replace(r#""alg":"RS256","#, "");
    let longer = one.replace("RS256", "RS384");
    let padded = one.replace(r#""AQAB""#, r#""AAEAAQ==""#);
    let private = one.replacen('{', r#"{"d":"AQAB","#, 1);
    let no_private = one.replacen('{', r#"{"d":null,"#, 1);
    // The keys of RFC 7515 appendix A.3 and RFC 8037 appendix A.2, and coordinates of the other length.
    let p256 = concat!(
        r#"{"kty":"EC","kid":"ec","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","#,
        r#""y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#
    );
    let p384 = format!(
        r#"{{"kty":"EC","kid":"ec","crv":"P-384","alg":"ES384","x":"{0}","y":"{0}"}}"#,
        "Bwc-".repeat(16)
    );
    let ed25519 = concat!(
        r#"{"kty":"OKP","kid":"ed","crv":"Ed25519","use":"sig","#,
        r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
    );
    let sets: [&[&str]; 10] = [
        &[one, one, other],
        &[other, one, one],
        &[one, other, one],
        &[one, &padded, &unnamed],
        &[one, &longer, &unnamed],
        &[&private, one],
        &[&no_private],
        &[&unnamed, &longer],
        &[p256, ed25519],
        &[&p384, ed25519, p256, ed25519],
    ];
    for set in sets {
        let document = format!(r#"{{"keys":[{fine},{}]}}"#, set.join(","));
        seeds.add("key_set", document);
    }
}

/// The `Cookie` fields as bytes: a string stands for one byte a character.
fn fields(sample: &Value) -> Vec<Vec<u8>> {
    let one = sample.get("cookie_header").into_iter();
    let several = sample["cookie_headers"].as_array().into_iter().flatten();
    let texts = one.chain(several).filter_map(Value::as_str);
    texts.map(|text| text.chars().filter_map(|char| u8::try_from(char).ok()).collect()).collect()
}

/// Header and payload of the token in a field, decoded, NUL between them.
fn texts(field: &[u8]) -> Option<Vec<u8>> {
    let field = std::str::from_utf8(field).ok()?;
    let token = field.split([';', ' ', '"', '=']).find(|part| part.matches('.').count() == 2)?;
    let mut segments = token.split('.').map(|segment| token::decode(segment.as_bytes()));
    Some([segments.next()??, segments.next()??].join(&0))
}
