//! What the two verifiers are compared on: tokens made of parts that mean something, signed as they
//! stand, then changed as text.

use base64ct::{Base64UrlUnpadded, Encoding};
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::marks::marks;
use crate::support::{PAYLOAD, Signer, base64url};

/// How to make one signed token and its mutants.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    pub(crate) signer: usize,
    header: Vec<Edit>,
    payload: Vec<Edit>,
    bytes: Option<(bool, Cut)>,
    spelling: Option<(usize, Spelling)>,
    pub(crate) changes: Vec<Change>,
    pub(crate) wraps: Vec<Wrap>,
    pub(crate) now: u64,
}

/// A change of a JSON object.
#[derive(Clone, Debug)]
enum Edit {
    Remove(Index),
    Set(&'static str, String),
    Insert(Index, String, String),
    Repeat(Index, Index, Option<&'static str>),
    EscapeName(Index, Index),
    EscapeText(Index, Index),
    Swap(Index, Index),
    /// A value so deep, in arrays or objects; counted from the limit.
    Deep(isize, bool),
    /// So many members, counted from the limit, of the object itself or of a value.
    Many(isize, bool),
    /// So many marks in all, counted from the limit.
    Marks(isize, char),
    /// A text that fills the segment or the token; counted from the limit.
    Fill(isize),
    White(&'static str),
}

/// A change of bytes.
#[derive(Clone, Debug)]
pub(crate) enum Cut {
    Flip(Index, u8),
    Set(Index, u8),
    Insert(Index, Vec<u8>),
    Delete(Index, usize),
    Truncate(Index),
    Append(Vec<u8>),
}

/// Another way to write the same bytes in base64.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spelling {
    Padded,
    Standard,
    StrayBit,
    LineEnd,
    Escaped,
}

/// A change of a token's text.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Text(Cut),
    /// Of the bytes that a segment stands for.
    Decoded(usize, Cut),
    Spelled(usize, Spelling),
    Swap(usize, usize),
    Copy(usize, usize),
    Drop(usize),
    Empty(usize),
    LowerCase(usize),
    Percent(Index),
    Legacy(u8, &'static str),
    LongSignature(usize),
    /// The same, signed by an attacker.
    Forged,
}

/// A change of the `Cookie` field around a token, most of which change nothing.
#[derive(Clone, Debug)]
pub(crate) enum Wrap {
    Around(&'static str, &'static str),
    Cookies(isize),
    Bytes(isize),
}

const VALUES: &[&str] = &[
    "null",
    "true",
    "false",
    "0",
    "-0",
    "0.0",
    "0e5",
    "1",
    "2",
    "-1",
    "1.0",
    "1e3",
    "1e400",
    "-1e400",
    "1e300",
    "-1e300",
    "1e-400",
    "1e15",
    "1e16",
    "-1e16",
    "9223372036854775",
    "9223372036854776",
    "-9223372036854775",
    "-9223372036854776",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "-9223372036854775808",
    "-9223372036854775809",
    "9223372036854775.5",
    "01",
    "+1",
    "1.",
    ".5",
    "NaN",
    "\"",
    "",
    "nul",
    "[1,]",
    "{\"a\":1,}",
    "\"\"",
    "\" \"",
    "\"x\"",
    "\"0\"",
    "\"a\tb\"",
    "\"\\ud800\"",
    "\"\\udc00\\ud800\"",
    "\"\\ud83d\\ude00\"",
    "\"\\u0000\"",
    "\"\\x\"",
    "\" user-1 \"",
    "\"\u{e9}\u{1f600}\"",
    "[]",
    "{}",
    "[[],{}]",
    "[\"RS256\"]",
    "{\"a\":1}",
    "{\"a\":1,\"a\":1}",
    "{\"a\":1,\"\\u0061\":2}",
    "[[{\"b\":{\"c\":1,\"d\":[],\"c\":1}}]]",
    "{\"a\":{\"a\":{\"a\":[]}}}",
    "[{\"a\":1},{\"a\":1}]",
    "{\"\":1,\"\":2}",
    "{\"v\":[\"admin\"],\"t\":1}",
];

const TIMES: &[&str] = &[
    "1750000000",
    "1749999999",
    "1750000001",
    "1750000000.001",
    "1749999999.9994",
    "1750000000.0004",
    "1750000000.5",
    "1.75e9",
    "1750000000e0",
    "17500000000e-1",
    "1750003540.25",
    "1750000014.999",
    "1750000015",
    "-1750000000",
    "0",
    "\"1750003540\"",
    "4503599627370.497",
    "4503599627370497",
    "9007199254740.993",
    "1e400",
    "1e300",
    "9223372036854776",
];

/// Around the time of most requests.
const STARTS: &[&str] = &[
    "1750000000",
    "1750000000.001",
    "1750000001",
    "1749999999.9994",
    "1.75e9",
    "1750000000.0004",
    "\"1749999999\"",
    "1e300",
    "null",
];

const IDS: &[&str] = &[
    "\"d-1749990000000\"",
    "\"s-2de612a5-1c1f-4a3e-9f0e-2c1d2b3a4f5e\"",
    "\"d-weak\"",
    "\"d-twice\"",
    "\"d-unknown\"",
    "\"\\u0064-1749990000000\"",
    "\"D-1749990000000\"",
    "\"d-1749990000000 \"",
    "\"\"",
    "[\"d-1749990000000\"]",
    "null",
    "7",
];

fn value_for(name: &'static str) -> BoxedStrategy<String> {
    let own: &[&str] = match name {
        "alg" => &[
            "\"RS256\"",
            "\"\\u0052S256\"",
            "\"rs256\"",
            "\"RS384\"",
            "\"PS256\"",
            "\"HS256\"",
            "\"none\"",
            "\"RS256 \"",
        ],
        "typ" => &["\"JWT\"", "\"\\u004aWT\"", "\"jwt\"", "\"at+jwt\"", "\"JWT \""],
        "version" => &[
            "\"3\"",
            "\"4\"",
            "\"5\"",
            "\"\\u0035\"",
            "\"1\"",
            "\"2\"",
            "\"6\"",
            "\"5abc\"",
            "5",
            "\"05\"",
        ],
        "kid" => IDS,
        "nbf" => STARTS,
        "exp" | "iat" => TIMES,
        "stt" => &["0", "-0", "0.0", "0e9", "1", "2", "\"0\"", "1e-400", "false"],
        "crit" => &["[]", "[\"exp\"]", "[\"b64\"]", "null"],
        "b64" => &["true", "false", "null"],
        _ => &["\"x\"", "\"\"", "\"\\u0078\"", "\"public\"", "\" x \"", "\"\u{fc}\""],
    };
    let any = select(VALUES).prop_map(str::to_owned);
    prop_oneof![3 => select(own).prop_map(str::to_owned), 1 => any].boxed()
}

const HEADER_NAMES: &[&str] = &["kid", "typ", "version", "alg", "crit", "b64", "jwk", "cty"];

const PAYLOAD_NAMES: &[&str] = &[
    "iat",
    "exp",
    "nbf",
    "nbf",
    "nbf",
    "sub",
    "tId",
    "rsub",
    "sessionHandle",
    "refreshTokenHash1",
    "stt",
    "parentRefreshTokenHash1",
    "st-role",
    "iss",
];

fn edit(names: &'static [&'static str]) -> impl Strategy<Value = Edit> {
    let index = any::<Index>;
    let value = || select(VALUES).prop_map(str::to_owned);
    let set = || {
        select(names).prop_flat_map(|name| value_for(name).prop_map(move |v| Edit::Set(name, v)))
    };
    let name = prop_oneof![
        select(names).prop_map(|name| format!("\"{name}\"")),
        select(vec![
            "\"a\"",
            "\"b\"",
            "\"\"",
            "\"Sub\"",
            "\"su\\u0062\"",
            "\"\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "7"
        ])
        .prop_map(str::to_owned),
    ];
    prop_oneof![
        4 => index().prop_map(Edit::Remove),
        16 => set(),
        3 => (index(), name, value()).prop_map(|(at, name, value)| Edit::Insert(at, name, value)),
        3 => (index(), index(), prop::option::of(select(VALUES))).prop_map(|(a, b, v)| Edit::Repeat(a, b, v)),
        3 => (index(), index()).prop_map(|(a, b)| Edit::EscapeName(a, b)),
        3 => (index(), index()).prop_map(|(a, b)| Edit::EscapeText(a, b)),
        3 => (index(), index()).prop_map(|(a, b)| Edit::Swap(a, b)),
        2 => (-2..3_isize, any::<bool>()).prop_map(|(n, object)| Edit::Deep(n, object)),
        2 => (-2..3_isize, any::<bool>()).prop_map(|(n, inside)| Edit::Many(n, inside)),
        2 => (-2..3_isize, select(vec!['[', '{', ',', '\\'])).prop_map(|(n, mark)| Edit::Marks(n, mark)),
        6 => (-2..3_isize).prop_map(Edit::Fill),
        2 => select(vec![" ", "\n\t", "\r\n ", "\u{a0}", "\u{feff}"]).prop_map(Edit::White),
    ]
}

fn cut() -> impl Strategy<Value = Cut> {
    let index = any::<Index>;
    let odd = select(b" \t\r\n\";=.%+/,-_[]{}:\\\x00\x7f\x80\xc3\xef\xff".to_vec());
    let text = prop_oneof![
        prop::collection::vec(any::<u8>(), 1..5),
        "[A-Za-z0-9_.=-]{1,5}".prop_map(String::into_bytes),
        select(vec!["\u{feff}", "\u{e9}", "==", ".", "..", "%3D", " x", "; a=b", ",1", "}", "{}"])
            .prop_map(|text| text.as_bytes().to_vec()),
    ];
    prop_oneof![
        4 => (index(), 0..8_u8).prop_map(|(at, bit)| Cut::Flip(at, bit)),
        2 => (index(), odd).prop_map(|(at, byte)| Cut::Set(at, byte)),
        2 => (index(), text.clone()).prop_map(|(at, bytes)| Cut::Insert(at, bytes)),
        1 => (index(), 1..40_usize).prop_map(|(at, count)| Cut::Delete(at, count)),
        1 => index().prop_map(Cut::Truncate),
        1 => text.prop_map(Cut::Append),
    ]
}

fn spelling() -> impl Strategy<Value = Spelling> {
    use Spelling::*;
    select(vec![Padded, Standard, StrayBit, LineEnd, Escaped])
}

fn change() -> impl Strategy<Value = Change> {
    let segment = || 0..3_usize;
    prop_oneof![
        6 => cut().prop_map(Change::Text),
        6 => (segment(), cut()).prop_map(|(at, cut)| Change::Decoded(at, cut)),
        3 => (segment(), spelling()).prop_map(|(at, spelling)| Change::Spelled(at, spelling)),
        1 => (segment(), segment()).prop_map(|(a, b)| Change::Swap(a, b)),
        1 => (segment(), segment()).prop_map(|(a, b)| Change::Copy(a, b)),
        1 => segment().prop_map(Change::Drop),
        1 => segment().prop_map(Change::Empty),
        1 => segment().prop_map(Change::LowerCase),
        1 => any::<Index>().prop_map(Change::Percent),
        1 => (1..4_u8, select(vec!["=", "%3D", "%3d", ""])).prop_map(|(v, end)| Change::Legacy(v, end)),
        1 => (1022..1028_usize).prop_map(Change::LongSignature),
        1 => Just(Change::Forged),
    ]
}

fn wrap() -> impl Strategy<Value = Wrap> {
    let around = select(vec![
        ("sAccessToken=", ""),
        ("sAccessToken=\"", "\""),
        ("sAccessToken = ", "\t "),
        (" \tsAccessToken\t=\t\"", "\" "),
        ("sAccessToken=\" ", " \""),
        ("sAccessToken=\"", ""),
        ("sAccessToken=\"\"", "\"\""),
        ("theme=dark; sAccessToken=", "; sFrontToken=e30"),
        ("sAccessToken; sAccessToken=", ""),
        ("xsAccessToken=1;sAccessToken=", ";;=;sAccessTokens=2"),
        ("\u{e9}=\u{ff};sAccessToken=", ";a=\";\""),
        ("st-access-token=", ""),
        ("sAccessToken=;st-access-token=", ""),
        ("sAccessToken=\"\";st-access-token=", ""),
        ("st-access-token=a.b.c; sAccessToken=", ""),
        ("sAccessToken=; sAccessToken=", ""),
        ("sAccessToken=", "; sAccessToken="),
        ("st-access-token=", "; st-access-token=\"\""),
        ("sAccessToken=", "; sIdRefreshToken="),
        ("sIdRefreshToken; sAccessToken=", ""),
        ("saccesstoken=", ""),
        ("sAccessToken%3D", ""),
        ("", ""),
        ("sAccessToken==", ""),
    ]);
    prop_oneof![
        8 => around.prop_map(|(before, after)| Wrap::Around(before, after)),
        1 => (-2..3_isize).prop_map(Wrap::Cookies),
        1 => (-2..3_isize).prop_map(Wrap::Bytes),
    ]
}

pub(crate) fn recipe(
    changes: usize,
    now: impl Strategy<Value = u64>,
) -> impl Strategy<Value = Recipe> {
    let few = |names| {
        prop_oneof![
            5 => prop::collection::vec(edit(names), 0..1),
            4 => prop::collection::vec(edit(names), 1..2),
            1 => prop::collection::vec(edit(names), 2..4),
        ]
    };
    (
        prop_oneof![12 => Just(0_usize), 2 => Just(1), 1 => Just(2)],
        few(HEADER_NAMES),
        few(PAYLOAD_NAMES),
        prop::option::weighted(0.08, (any::<bool>(), cut())),
        prop::option::weighted(0.08, (0..2_usize, spelling())),
        prop::collection::vec(change(), changes),
        prop::collection::vec(wrap(), 2),
        now,
    )
        .prop_map(|(signer, header, payload, bytes, spelling, changes, wraps, now)| Recipe {
            signer,
            header,
            payload,
            bytes,
            spelling,
            changes,
            wraps,
            now,
        })
}

type Members = Vec<(String, String)>;

/// The members of an object that has no comma or colon in a text.
fn members_of(object: &str) -> Members {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(object).unwrap();
    object.iter().map(|(name, value)| (format!("\"{name}\""), value.to_string())).collect()
}

fn text_of(members: &Members) -> String {
    let members: Vec<_> = members.iter().map(|(name, value)| format!("{name}:{value}")).collect();
    format!("{{{}}}", members.join(","))
}

/// The limits that edits go to, as plain numbers: depth, members, marks.
struct Edges {
    depth: usize,
    members: usize,
    marks: usize,
}

const HEADER: Edges = Edges { depth: 16, members: 64, marks: 72 };
const PAYLOAD_EDGES: Edges = Edges { depth: 65, members: 256, marks: 288 };

fn near(limit: usize, offset: isize) -> usize {
    limit.saturating_add_signed(offset)
}

fn apply(
    edit: &Edit,
    members: &mut Members,
    edges: &Edges,
    fill: &dyn Fn(&Members, isize) -> usize,
) {
    let place = |at: &Index, members: &Members| at.index(members.len().max(1));
    match edit {
        Edit::Remove(at) if !members.is_empty() => {
            members.remove(place(at, members));
        }
        Edit::Set(name, value) => {
            let name = format!("\"{name}\"");
            match members.iter_mut().find(|(this, _)| *this == name) {
                Some(member) => member.1 = value.clone(),
                None => members.push((name, value.clone())),
            }
        }
        Edit::Insert(at, name, value) => {
            members.insert(at.index(members.len() + 1), (name.clone(), value.clone()));
        }
        Edit::Repeat(at, to, value) if !members.is_empty() => {
            let mut member = members[place(at, members)].clone();
            if let Some(value) = value {
                member.1 = (*value).to_owned();
            }
            members.insert(to.index(members.len() + 1), member);
        }
        Edit::EscapeName(at, character) if !members.is_empty() => {
            let place = place(at, members);
            members[place].0 = escaped(&members[place].0, character);
        }
        Edit::EscapeText(at, character) if !members.is_empty() => {
            let place = place(at, members);
            members[place].1 = escaped(&members[place].1, character);
        }
        Edit::Swap(a, b) if !members.is_empty() => {
            let (a, b) = (place(a, members), place(b, members));
            members.swap(a, b);
        }
        Edit::Deep(offset, object) => {
            let levels = near(edges.depth, *offset) - 1;
            let (open, close) = if *object { ("{\"a\":", "}") } else { ("[", "]") };
            let last = if *object { "1" } else { "" };
            members.push(("\"deep\"".into(), open.repeat(levels) + last + &close.repeat(levels)));
        }
        Edit::Many(offset, inside) => {
            let many = near(edges.members, *offset);
            let some = |most: usize| (0..most).map(|n| (format!("\"{n:x}\""), "0".to_owned()));
            if *inside {
                members.push(("\"many\"".into(), text_of(&some(many).collect())));
            } else {
                members.extend(some(many.saturating_sub(members.len())));
            }
        }
        Edit::Marks(offset, mark) => {
            let marks_of = |members: &Members| marks(text_of(members).as_bytes());
            members.push(("\"marks\"".into(), "\"\"".into()));
            let lack = near(edges.marks, *offset).saturating_sub(marks_of(members));
            // An escaped backslash is two.
            let text = mark.to_string().repeat(if *mark == '\\' { lack / 2 * 2 } else { lack });
            members.last_mut().unwrap().1 = format!("\"{text}\"");
        }
        Edit::Fill(offset) => {
            members.push(("\"fill\"".into(), "\"\"".into()));
            let lack = fill(members, *offset);
            members.last_mut().unwrap().1 = format!("\"{}\"", "x".repeat(lack));
        }
        Edit::White(white) => {
            for (name, value) in members.iter_mut().take(3) {
                *name = format!("{white}{name}{white}");
                *value = format!("{white}{value}{white}");
            }
        }
        _ => {}
    }
}

/// A text with one character as an escape.
fn escaped(text: &str, character: &Index) -> String {
    let Some(inner) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) else {
        return text.to_owned();
    };
    if inner.is_empty() || !inner.is_ascii() || inner.contains('\\') {
        return text.to_owned();
    }
    let at = character.index(inner.len());
    let escape = format!("\\u{:04x}", inner.as_bytes()[at]);
    format!("\"{}{escape}{}\"", &inner[..at], &inner[at + 1..])
}

fn cut_bytes(cut: &Cut, bytes: &mut Vec<u8>) {
    match cut {
        Cut::Append(more) => bytes.extend(more),
        Cut::Insert(at, more) => {
            let at = at.index(bytes.len() + 1);
            bytes.splice(at..at, more.iter().copied());
        }
        _ if bytes.is_empty() => {}
        Cut::Flip(at, bit) => {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        }
        Cut::Set(at, byte) => {
            let at = at.index(bytes.len());
            bytes[at] = *byte;
        }
        Cut::Delete(at, count) => {
            let at = at.index(bytes.len());
            bytes.drain(at..(at + count).min(bytes.len()));
        }
        Cut::Truncate(at) => bytes.truncate(at.index(bytes.len())),
    }
}

fn spell(spelling: Spelling, segment: &mut Vec<u8>) {
    match spelling {
        Spelling::Padded => {
            // Some where none belongs, too.
            let padding = [1, 0, 2, 1][segment.len() % 4];
            segment.extend(&b"=="[..padding]);
        }
        Spelling::Standard => {
            for byte in segment.iter_mut() {
                *byte = match *byte {
                    b'-' => b'+',
                    b'_' => b'/',
                    other => other,
                };
            }
        }
        Spelling::StrayBit => {
            if let Some(last) = segment.last_mut() {
                // In the alphabet the next one, but for the last of each row.
                *last = if last.is_ascii_alphanumeric() { *last + 1 } else { b'A' };
            }
        }
        Spelling::LineEnd => segment.extend(b"\r\n"),
        Spelling::Escaped => {
            if let Some(last) = segment.pop() {
                segment.extend(format!("%{last:02X}").bytes());
            }
        }
    }
}

impl Recipe {
    /// Header and payload, before they are signed.
    pub(crate) fn message(&self, signer: &Signer) -> Vec<u8> {
        let mut header = members_of(&signer.header());
        let length = |json: usize| json * 4 / 3 + usize::from(json % 3 > 0);
        let most = |target: usize, of: &dyn Fn(usize) -> usize, least: usize| {
            (least..target).take_while(|json| of(*json) <= target).last().unwrap_or(least) - least
        };
        for edit in &self.header {
            apply(edit, &mut header, &HEADER, &|members, offset| {
                most(near(1024, offset), &length, text_of(members).len())
            });
        }
        let mut header = text_of(&header).into_bytes();
        let mut payload = members_of(PAYLOAD);
        for edit in &self.payload {
            apply(edit, &mut payload, &PAYLOAD_EDGES, &|members, offset| {
                // Two dots, and a signature of 256 bytes.
                let of = |json| length(header.len()) + 2 + length(json) + 342;
                most(near(8192, offset), &of, text_of(members).len())
            });
        }
        let mut payload = text_of(&payload).into_bytes();
        if let Some((of_header, cut)) = &self.bytes {
            cut_bytes(cut, if *of_header { &mut header } else { &mut payload });
        }
        let mut segments = [header, payload].map(|bytes| base64url(&bytes).into_bytes());
        if let Some((at, spelling)) = self.spelling {
            spell(spelling, &mut segments[at]);
        }
        segments.join(&b'.')
    }
}

/// A token changed; `forge` signs as an attacker does.
pub(crate) fn changed(change: &Change, token: &[u8], forge: &dyn Fn(&[u8]) -> String) -> Vec<u8> {
    let mut segments: Vec<Vec<u8>> =
        token.split(|byte| *byte == b'.').map(<[u8]>::to_vec).collect();
    let Some(last) = segments.len().checked_sub(1) else { return Vec::new() };
    match change {
        Change::Text(cut) => {
            let mut token = token.to_vec();
            cut_bytes(cut, &mut token);
            return token;
        }
        Change::Decoded(at, cut) => {
            let segment = &mut segments[*at.min(&last)];
            // What is no base64 was made so before it was signed.
            let mut room = vec![0; segment.len()];
            if let Ok(bytes) = Base64UrlUnpadded::decode(&segment[..], &mut room) {
                let mut bytes = bytes.to_vec();
                cut_bytes(cut, &mut bytes);
                *segment = base64url(&bytes).into_bytes();
            }
        }
        Change::Spelled(at, spelling) => spell(*spelling, &mut segments[*at.min(&last)]),
        Change::Swap(a, b) => segments.swap(*a.min(&last), *b.min(&last)),
        Change::Copy(a, b) => segments[*a.min(&last)] = segments[*b.min(&last)].clone(),
        Change::Drop(at) => {
            segments.remove(*at.min(&last));
        }
        Change::Empty(at) => segments[*at.min(&last)].clear(),
        Change::LowerCase(at) => segments[*at.min(&last)].make_ascii_lowercase(),
        Change::Percent(at) => {
            let at = at.index(token.len());
            let escape = format!("%{:02X}", token[at]).into_bytes();
            return [&token[..at], &escape, &token[at + 1..]].concat();
        }
        Change::Legacy(version, end) => {
            let header = format!(r#"{{"alg":"RS256","typ":"JWT","version":"{version}"}}"#);
            segments[0] = (base64url(header.as_bytes()) + end).into_bytes();
        }
        Change::LongSignature(bytes) => segments[last] = base64url(&vec![7; *bytes]).into_bytes(),
        Change::Forged => {
            let message = segments[..last].join(&b'.');
            segments[last] = forge(&message).into_bytes();
        }
    }
    segments.join(&b'.')
}

/// The `Cookie` field with a token in it.
pub(crate) fn wrapped(wrap: &Wrap, token: &[u8]) -> Vec<u8> {
    let around = |before: &str, after: &str| [before.as_bytes(), token, after.as_bytes()].concat();
    match wrap {
        Wrap::Around(before, after) => around(before, after),
        Wrap::Cookies(offset) => around("sAccessToken=", &";".repeat(near(179, *offset))),
        Wrap::Bytes(offset) => {
            let field = around("sAccessToken=", "; x=");
            let lack = near(65_536, *offset).saturating_sub(field.len());
            [field, vec![b'x'; lack]].concat()
        }
    }
}
