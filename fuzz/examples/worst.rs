//! Searches for the request that costs most of those that are refused before a signature is checked:
//! a genetic search over a family of requests, with instructions for a measure. Started by
//! `fuzz/worst.sh`, which says how.
//!
//! It runs inside of callgrind, which writes a profile at each return from [`measured`]; the search
//! reads its total and goes on from there. So what it climbs is the cost itself and no likeness of it.

use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fs};

use supertokens_session::{
    AntiCsrf, ApiPolicy, Gate, PagePolicy, Reason, SessionDecision, UnixMillis,
};
use supertokens_session_fuzz::doubles::held::{KEYS, NOW};
use supertokens_session_fuzz::doubles::marks;
use supertokens_session_fuzz::doubles::token::encode;

/// The one function callgrind counts; it must not be inlined, and the name stands in no other's.
#[inline(never)]
fn measured(call: &dyn Fn()) {
    call();
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let [profile, aim, seconds, seed, bare] = &args[..] else {
        panic!("PROFILE total|per-byte|api SECONDS SEED BARE: see fuzz/worst.sh");
    };
    let number = |text: &String| text.parse::<u64>().expect("a number");
    let mut judge =
        Judge { profile: profile.clone(), dumps: 0, aim: aim.clone(), bare: number(bare) };
    let end = Instant::now() + Duration::from_secs(number(seconds));
    let mut chance = Chance(number(seed) ^ 0x9e37_79b9_7f4a_7c15);

    // What is set up at first use is no part of a request's cost.
    judge.cost(&Request::of(SEEDS[0], SEEDS[0], SPACES));
    let mut all: Vec<(f64, u64, Request)> = Vec::new();
    for first in &SEEDS {
        for second in &SEEDS {
            let request = Request::of(first, second, SPACES);
            let (fitness, count) = judge.cost(&request);
            all.push((fitness, count, request));
        }
    }
    let mut tried = all.len();
    let mut best = 0.0;
    while Instant::now() < end {
        let mut child = chance.one(&all, 3).2.clone();
        if chance.below(3) == 0 {
            child.cross(&chance.one(&all, 2).2.clone(), &mut chance);
        }
        for _ in 0..1 + chance.below(3) {
            child.mutate(&mut chance);
        }
        let (fitness, count) = judge.cost(&child);
        tried += 1;
        all.sort_by(|one, other| other.0.total_cmp(&one.0));
        // Of each cost one: as many as there are stay different.
        if all.iter().all(|(_, other, _)| *other != count) {
            all.truncate(POPULATION - 1);
            if fitness > best {
                best = fitness;
                println!("{tried}: {}", judge.describe(fitness, count, &child));
            }
            all.push((fitness, count, child));
        }
    }
    all.sort_by(|one, other| other.0.total_cmp(&one.0));
    println!("{tried} requests; the best of them:");
    for (fitness, count, request) in all.iter().take(3) {
        println!("{}\n  {request:?}", judge.describe(*fitness, *count, request));
    }
    let (bearer, cookies) = all[0].2.fields();
    fs::write(format!("{profile}.best"), format!("{}\n{cookies}", bearer.unwrap_or_default()))
        .expect("the best is written");
}

const POPULATION: usize = 48;

struct Judge {
    profile: String,
    dumps: usize,
    aim: String,
    bare: u64,
}

impl Judge {
    /// What is to be made large, and the instructions.
    fn cost(&mut self, request: &Request) -> (f64, u64) {
        let (bearer, cookies) = request.fields();
        let now = UnixMillis::from_millis(NOW);
        let is_early = if self.aim == "api" {
            let gate = Gate::api(ApiPolicy::new(AntiCsrf::None));
            let decide = || {
                gate.request("GET", [black_box(cookies.as_bytes())])
                    .authorization(black_box(bearer.as_deref().map(str::as_bytes)))
                    .decide(&KEYS.0, now)
            };
            measured(&|| drop(black_box(decide())));
            refused_early(&decide())
        } else {
            let gate = Gate::page(PagePolicy::default());
            let decide =
                || gate.request("GET", [black_box(cookies.as_bytes())]).decide(&KEYS.0, now);
            measured(&|| drop(black_box(decide())));
            refused_early(&decide())
        };
        self.dumps += 1;
        let dump = format!("{}.{}", self.profile, self.dumps);
        let text = fs::read_to_string(&dump).expect("callgrind has written a profile");
        fs::remove_file(&dump).expect("it can be removed");
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ")).expect("a total");
        let count: u64 = total.trim().parse().expect("a number");
        let fitness = match self.aim.as_str() {
            _ if !is_early => 0.0,
            "per-byte" => as_float(count) / as_float(request.bytes()),
            "api" => as_float(count) / as_float(2 * self.bare),
            _ => as_float(count) / as_float(self.bare),
        };
        (fitness, count)
    }

    fn describe(&self, fitness: f64, count: u64, request: &Request) -> String {
        let bytes = request.bytes();
        let per_byte = as_float(count) / as_float(bytes);
        let unit = if self.aim == "per-byte" { "a byte" } else { "of what it may cost" };
        format!("{fitness:.4} {unit}; {count} instructions, {bytes} bytes, {per_byte:.1} a byte")
    }
}

fn as_float(count: u64) -> f64 {
    f64::from(u32::try_from(count).expect("less than 2^32"))
}

/// Whether no signature was checked.
fn refused_early<Loop, Ask>(decision: &SessionDecision<Loop, Ask>) -> bool {
    let late = [Reason::BadSignature, Reason::Expired, Reason::NotYetValid, Reason::SigningKeyKind];
    match decision {
        SessionDecision::TryRefresh(reason) | SessionDecision::NoSession(reason) => {
            !late.contains(reason)
        }
        SessionDecision::FetchKeys(_) | SessionDecision::Unavailable(_) => true,
        _ => false,
    }
}

/// A request of the family.
#[derive(Clone, Debug)]
struct Request {
    header: Filler,
    payload: Filler,
    /// Of the token in `Authorization`.
    bearer: (Filler, Filler),
    ending: Ending,
    cookies: Vec<Part>,
    /// How many of the parts stand before the token, in 16ths.
    before: usize,
    signature: usize,
    /// The most bytes of the token's payload and of all cookies.
    payload_room: usize,
    room: usize,
}

/// What is wrong with a token.
#[derive(Clone, Copy, Debug)]
enum Ending {
    UnknownKey,
    NoHandle,
    NoExpiry,
    OtherAlgorithm,
    Critical,
    Broken,
}

const ENDINGS: [Ending; 6] = [
    Ending::UnknownKey,
    Ending::NoHandle,
    Ending::NoExpiry,
    Ending::OtherAlgorithm,
    Ending::Critical,
    Ending::Broken,
];

/// What stands where there is room for JSON that nobody wants.
#[derive(Clone, Debug)]
struct Filler {
    /// In turn, as many of each, for as long as the limits allow.
    values: Vec<(String, usize)>,
    /// Takes the room that is left: a text, a name, digits or white space, out of these.
    stretch: Stretch,
    letter: &'static str,
}

#[derive(Clone, Copy, Debug)]
enum Stretch {
    Text,
    Name,
    Digits,
    Fraction,
    White,
    None,
}

const STRETCHES: [Stretch; 6] = [
    Stretch::Text,
    Stretch::Name,
    Stretch::Digits,
    Stretch::Fraction,
    Stretch::White,
    Stretch::None,
];

const LETTERS: [&str; 10] = ["y", "é", "€", "😀", "yé", "é€", "\u{7f}", "yyyyyyyé", "€y", "😀yé"];

/// Parts of a `Cookie` field: a name and a value, and white space in four places.
#[derive(Clone, Debug)]
struct Part {
    name: String,
    equals: bool,
    value: String,
    /// White space before the name, before and behind `=`, behind the value.
    white: [usize; 4],
    tab: bool,
    count: usize,
}

const SPACES: usize = 80;

/// The most bytes of a token, its header segment decoded, all cookies; parts; bytes of structure.
const TOKEN: usize = 8192;
const HEADER: usize = 768;
const COOKIES: usize = 64 * 1024;
const PARTS: usize = 180;
const HEADER_MARKS: usize = 72;
const PAYLOAD_MARKS: usize = 288;

/// Where the search begins: an even repetition of each.
const SEEDS: [&str; 7] =
    ["1e9", "1e-999", r#"{"":0}"#, r#""""#, "0.1", r#"{"a":0,"b":0,"c":0}"#, r#""\u00e9""#];

impl Request {
    fn of(header: &str, payload: &str, white: usize) -> Self {
        let filler = |value: &str| Filler {
            values: vec![(value.to_owned(), 1)],
            stretch: Stretch::Name,
            letter: "é",
        };
        let part = Part {
            name: "st-access-token".to_owned(),
            equals: true,
            value: "v".to_owned(),
            white: [white; 4],
            tab: false,
            count: PARTS,
        };
        Self {
            header: filler(header),
            payload: filler(payload),
            bearer: (filler(header), filler(payload)),
            ending: Ending::UnknownKey,
            cookies: vec![part],
            before: 16,
            signature: 0,
            payload_room: TOKEN,
            room: COOKIES,
        }
    }

    /// `Authorization`, and the `Cookie` field.
    fn fields(&self) -> (Option<String>, String) {
        let token = self.token(&self.header, &self.payload, self.ending);
        // One that is no session's, so that the cookie is read too.
        let bearer = self.token(&self.bearer.0, &self.bearer.1, Ending::NoHandle);
        let own = format!("sAccessToken={token}");
        let mut parts = Vec::new();
        let mut left = self.room.min(COOKIES).saturating_sub(own.len());
        'all: for part in &self.cookies {
            let text = part.text();
            for _ in 0..part.count {
                let Some(rest) = left.checked_sub(text.len() + 1) else { break 'all };
                if parts.len() + 1 >= PARTS {
                    break 'all;
                }
                left = rest;
                parts.push(text.clone());
            }
        }
        parts.insert((parts.len() * self.before / 16).min(parts.len()), own);
        (Some(format!("Bearer {bearer}")), parts.join(";"))
    }

    /// Of the shortest request in HTTP/1 with these fields.
    fn bytes(&self) -> u64 {
        let (_, cookies) = self.fields();
        let length = "GET / HTTP/1.1\r\ncookie:\r\n\r\n".len() + cookies.len();
        u64::try_from(length).expect("64 bits")
    }

    fn token(&self, header: &Filler, payload: &Filler, ending: Ending) -> String {
        let alg = if matches!(ending, Ending::OtherAlgorithm) { "RS25" } else { "RS256" };
        let crit = if matches!(ending, Ending::Critical) { r#""crit":[],"# } else { "" };
        let head = format!(r#"{{{crit}"alg":"{alg}","typ":"JWT","kid":"d-1","version":"5","x":"#);
        let header = header.within(&head, "}", HEADER, HEADER_MARKS);
        let header = encode(header.as_bytes());
        let expiry = if matches!(ending, Ending::NoExpiry) { "exq" } else { "exp" };
        let handle = if matches!(ending, Ending::NoHandle) { "0" } else { r#""""# };
        let now = NOW / 1000;
        let claims = format!(
            concat!(
                r#"{{"iat":{},"{}":{},"sub":"","tId":"","rsub":"","sessionHandle":{},"#,
                r#""refreshTokenHash1":"","x":"#
            ),
            now - 1,
            expiry,
            now + 1,
            handle,
        );
        let signature = "A".repeat(self.signature.min(1364));
        let room = self.payload_room.min(TOKEN).saturating_sub(header.len() + 2 + signature.len());
        let end = if matches!(ending, Ending::Broken) { "" } else { "}" };
        let payload = payload.within(&claims, end, room / 4 * 3, PAYLOAD_MARKS);
        format!("{header}.{}.{signature}", encode(payload.as_bytes()))
    }

    fn cross(&mut self, other: &Self, chance: &mut Chance) {
        match chance.below(4) {
            0 => self.header = other.header.clone(),
            1 => self.payload = other.payload.clone(),
            2 => self.bearer = other.bearer.clone(),
            _ => (self.cookies, self.before) = (other.cookies.clone(), other.before),
        }
    }

    fn mutate(&mut self, chance: &mut Chance) {
        match chance.below(24) {
            0..5 => self.header.mutate(chance),
            5..11 => self.payload.mutate(chance),
            11 | 12 => self.bearer.0.mutate(chance),
            13 | 14 => self.bearer.1.mutate(chance),
            15 => self.ending = ENDINGS[chance.below(ENDINGS.len())],
            16 => self.before = chance.below(17),
            17 => self.signature = [0, 11, 342, 683, 1364][chance.below(5)],
            18 => {
                self.payload_room = if chance.below(4) == 0 { chance.below(TOKEN) } else { TOKEN };
                self.room = if chance.below(4) == 0 { chance.below(COOKIES) } else { COOKIES };
            }
            19 if self.cookies.len() < 4 => {
                let at = chance.below(self.cookies.len());
                let mut part = self.cookies[at].clone();
                part.mutate(chance);
                self.cookies[at].count = chance.below(PARTS);
                self.cookies.insert(chance.below(at + 2), part);
            }
            20 if self.cookies.len() > 1 => {
                self.cookies.remove(chance.below(self.cookies.len()));
            }
            _ => {
                let at = chance.below(self.cookies.len());
                self.cookies[at].mutate(chance);
            }
        }
    }
}

impl Part {
    fn text(&self) -> String {
        let white = self.white.map(|count| if self.tab { "\t" } else { " " }.repeat(count));
        let equals = if self.equals { "=" } else { "" };
        [&white[0], &self.name, &white[1], equals, &white[2], &self.value, &white[3]].concat()
    }

    fn mutate(&mut self, chance: &mut Chance) {
        let names = [
            "st-access-token",
            "sAccessToken",
            "sIdRefreshToke",
            "__Host-stRefreshAttempts",
            "stRefreshAttempts",
            "sFrontToken",
            "s",
            "",
        ];
        match chance.below(10) {
            0 => {
                self.name = names[chance.below(names.len())].to_owned();
            }
            1 => {
                // Nearly one.
                let short = chance.below(self.name.len() + 1);
                self.name.truncate(short);
            }
            2 => self.equals = !self.equals,
            3 => {
                let values = ["v", "", "\"v\"", "5", "=", "\"\"", "\u{7f}"];
                self.value = values[chance.below(values.len())].to_owned();
            }
            4 => self.tab = !self.tab,
            5 => self.count = 1 + chance.below(PARTS),
            6 => {
                // The same in all, of what is within the room.
                self.white = [chance.below(95); 4];
            }
            _ => {
                let place = chance.below(4);
                let now = self.white[place];
                let other = chance.below(4);
                self.white[place] = match chance.below(5) {
                    0 => now + 1,
                    1 => now.saturating_sub(1),
                    2 => now / 16 * 16 + 15,
                    3 => {
                        self.white[other] += now / 2;
                        now - now / 2
                    }
                    _ => chance.below(370),
                };
            }
        }
    }
}

impl Filler {
    /// Between these texts, within so many bytes and marks.
    fn within(&self, front: &str, end: &str, room: usize, most: usize) -> String {
        let quarters = |text: &str| marks::quarters(text.as_bytes());
        let most = 4 * most;
        let mut text = format!("{front}[");
        // What the stretched value adds: a comma, and of a name two.
        let reserve = match self.stretch {
            Stretch::Name => 12,
            Stretch::None => 0,
            _ => 4,
        };
        let (mut has, most) = (quarters(&text), most.saturating_sub(reserve));
        let is_open = |text: &str| text.ends_with('[');
        let mut added = true;
        'all: while added {
            added = false;
            for (value, count) in &self.values {
                for _ in 0..*count {
                    let comma = if is_open(&text) { "" } else { "," };
                    // What is not ASCII may follow on what is.
                    let more = quarters(value) + 4 * comma.len() + 1;
                    if has + more > most || text.len() + value.len() + 12 + end.len() > room {
                        break 'all;
                    }
                    has += more;
                    text.push_str(comma);
                    text.push_str(value);
                    added = true;
                }
            }
        }
        let comma = if is_open(&text) { "" } else { "," };
        let left = room.saturating_sub(text.len() + comma.len() + 1 + end.len());
        let letters =
            |around: usize| self.letter.repeat(left.saturating_sub(around) / self.letter.len());
        let stretched = match self.stretch {
            Stretch::Text => format!("{comma}\"{}\"", letters(2)),
            Stretch::Name => format!("{comma}{{\"{}\":0}}", letters(6)),
            Stretch::Digits => format!("{comma}1{}", "7".repeat(left.saturating_sub(1).min(300))),
            Stretch::Fraction => format!("{comma}0.{}", "7".repeat(left.saturating_sub(2))),
            Stretch::White => " ".repeat(left),
            Stretch::None => String::new(),
        };
        let whole = |stretched: &str| format!("{text}{stretched}]{end}");
        if quarters(&whole(&stretched)) > most + reserve {
            return whole(&format!("{comma}\"{}\"", "y".repeat(left.saturating_sub(2))));
        }
        whole(&stretched)
    }

    fn mutate(&mut self, chance: &mut Chance) {
        let at = chance.below(self.values.len());
        match chance.below(12) {
            0 => self.stretch = STRETCHES[chance.below(STRETCHES.len())],
            1 => self.letter = LETTERS[chance.below(LETTERS.len())],
            2 if self.values.len() < 4 => {
                let value = (chance.value(), 1 + chance.below(8));
                self.values.insert(chance.below(at + 2), value);
            }
            3 if self.values.len() > 1 => {
                self.values.remove(at);
            }
            4 => self.values[at].1 = 1 + chance.below(20),
            5 | 6 => self.values[at].0 = chance.value(),
            _ => {
                // A byte more, less, or other: what is then no JSON ends early, and is soon gone.
                let alphabet = br#"0123456789eE.+-"\/unbftrals{}[],: "#;
                let byte = char::from(alphabet[chance.below(alphabet.len())]);
                let value = &mut self.values[at].0;
                let places: Vec<usize> = value.char_indices().map(|(place, _)| place).collect();
                let place = places.get(chance.below(places.len() + 1)).copied();
                match (chance.below(3), place) {
                    (0, Some(place)) => drop(value.remove(place)),
                    (1, Some(place)) => {
                        value.remove(place);
                        value.insert(place, byte);
                    }
                    (_, place) => value.insert(place.unwrap_or(value.len()), byte),
                }
                if value.is_empty() {
                    value.push('0');
                }
            }
        }
    }
}

struct Chance(u64);

impl Chance {
    /// SplitMix64.
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("64 bits");
        usize::try_from(self.next() % end.max(1)).expect("less than `end`")
    }

    /// The best of some.
    fn one<'a>(&mut self, all: &'a [(f64, u64, Request)], of: usize) -> &'a (f64, u64, Request) {
        let some = (0..of).map(|_| &all[self.below(all.len())]);
        some.max_by(|one, other| one.0.total_cmp(&other.0)).expect("some")
    }

    fn value(&mut self) -> String {
        let letter = LETTERS[self.below(LETTERS.len())];
        let long = letter.repeat(1 + self.below(12));
        let digits = "1234567890123456789012345"[..1 + self.below(24)].to_owned();
        match self.below(14) {
            0 => digits,
            1 => format!("-0.{digits}"),
            2 => format!("{digits}e-{}", self.below(1000)),
            3 => format!("0.{digits}e-{}", self.below(400)),
            4 => format!("{}e{}", 1 + self.below(9), self.below(300)),
            5 => format!("\"{long}\""),
            6 => format!("{{\"{long}\":{}}}", self.below(10)),
            7 => "{\"\\\\\":0}".to_owned(),
            8 => format!("\"{}\"", "\\n".repeat(1 + self.below(6))),
            9 => format!("\"{}\"", "\\u00e9".repeat(1 + self.below(3))),
            10 => {
                let names: Vec<String> = (0..2 + self.below(60))
                    .map(|n| {
                        format!(
                            "\"{}\":0",
                            char::from_u32(0x100 + u32::try_from(n).unwrap_or(0)).unwrap_or('x')
                        )
                    })
                    .collect();
                format!("{{{}}}", names.join(","))
            }
            11 => ["[]", "{}", "null", "true", "[[]]", "\"\""][self.below(6)].to_owned(),
            12 => format!("1e-{}", self.next() >> 40),
            _ => format!("0.{}1", "0".repeat(self.below(9))),
        }
    }
}
