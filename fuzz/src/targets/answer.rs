//! Invariant: what a store keeps of an answer's fields, and of a stored snapshot, is what is worked out on paper.
//!
//! Input: a byte of kind, then either header fields, `name:value` a line (0), or a snapshot: the bytes as they
//! are (1), or behind the first line of one (2).

use supertokens_session::{
    Fetch, FetchAnswer, ImportError, KeyPolicy, KeySet, KeyStore, NextAction, UnixMillis,
};

use crate::doubles::held::{JWKS, NOW, now};
use crate::doubles::null;

const MAGIC: &[u8] = b"supertokens-session keys 1\n";
const URL: &str = "https://core.example/";

pub fn run(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else { return };
    match kind % 3 {
        0 => fields(rest),
        1 => snapshot(rest),
        _ => snapshot(&[MAGIC, rest].concat()),
    }
}

fn store() -> KeyStore {
    KeyStore::new(URL, &[null::RS256], KeyPolicy::default(), 7)
}

/// Fetches, and tells of these fields.
fn fields(text: &[u8]) {
    let lines: Vec<(String, &[u8])> = text
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let at = line.iter().position(|byte| *byte == b':')?;
            Some((String::from_utf8_lossy(&line[..at]).into_owned(), &line[at + 1..]))
        })
        .collect();
    let mut answer = FetchAnswer::http(200, JWKS.as_bytes());
    for (name, value) in &lines {
        answer = answer.header(name, value);
    }
    let mut store = store();
    let Fetch::Ticket(ticket) = store.begin_fetch(store.fetch_now(), now()) else {
        panic!("a new store gives a ticket")
    };
    let exported = store.finish_fetch(ticket, answer, now()).into_keys().export();
    let exported = exported.expect("keys are held");

    let last = |wanted: &str| {
        let mut named = lines.iter().rev().filter(|(name, _)| name.to_ascii_lowercase() == wanted);
        named.next().map(|(_, value)| *value)
    };
    let date = last("date").and_then(date);
    let modified = last("last-modified").and_then(self::date);
    let modified = modified.filter(|modified| date.as_ref().is_some_and(|date| date != modified));
    let ages = lines.iter().filter(|(name, _)| name.eq_ignore_ascii_case("cache-control"));
    let ages = ages.flat_map(|(_, value)| value.split(|byte| *byte == b',')).filter_map(max_age);
    let expected = Stored {
        fetched_at: NOW,
        fresh_for: fresh_for(ages.min()),
        etag: last("etag").and_then(tag),
        modified,
    };
    assert_eq!(exported.escape_ascii().to_string(), expected.text(JWKS.as_bytes()));
    expected.comes_back(&exported);
    // When the set is stale, the next ticket asks whether it is still so.
    let later = UnixMillis::from_millis(NOW + 700_000);
    let NextAction::Fetch(why) = store.next_action(later) else { panic!("a stale set") };
    let Fetch::Ticket(ticket) = store.begin_fetch(why, later) else { panic!("a ticket") };
    let sent = |wanted: &str| {
        let mut sent = ticket.headers().filter(|(name, _)| name.eq_ignore_ascii_case(wanted));
        sent.next().map(|(_, value)| value.to_owned())
    };
    assert_eq!(sent("if-none-match"), expected.etag);
    assert_eq!(sent("if-modified-since"), expected.modified);
}

/// Imports this.
fn snapshot(bytes: &[u8]) {
    let mut store = store();
    let before = store.keys().export();
    assert_eq!(before, None);
    let found = store.import(bytes, now());
    let expected = read(bytes);
    match (found, expected) {
        (Ok(keys), Ok((stored, document))) => {
            let exported = keys.export().expect("keys are held");
            assert_eq!(exported.escape_ascii().to_string(), stored.text(document));
            stored.comes_back(&exported);
        }
        (Err(error), Err(expected)) => {
            assert_eq!(error, expected);
            assert_eq!(store.keys().export(), None, "nothing has changed");
        }
        (found, expected) => panic!("{found:?}: {:?}", expected.err()),
    }
}

/// The lines above a document.
struct Stored {
    /// Milliseconds.
    fetched_at: u64,
    fresh_for: u64,
    etag: Option<String>,
    modified: Option<String>,
}

impl Stored {
    fn text(&self, document: &[u8]) -> String {
        let mut text = format!(
            "{}fetched-at {}\nfresh-for {}\norigin {URL}\n",
            std::str::from_utf8(MAGIC).expect("ASCII"),
            self.fetched_at,
            self.fresh_for
        );
        for (name, value) in [("etag", &self.etag), ("last-modified", &self.modified)] {
            if let Some(value) = value {
                text += &format!("{name} {value}\n");
            }
        }
        [text.as_bytes(), b"\n", document].concat().escape_ascii().to_string()
    }

    fn comes_back(&self, exported: &[u8]) {
        let mut other = store();
        let keys = other.import(exported, now()).expect("what was exported");
        assert_eq!(keys.export().as_deref(), Some(exported));
        let status = other.status(now());
        assert_eq!(status.counts.imported, 1, "{status}");
    }
}

fn read(bytes: &[u8]) -> Result<(Stored, &[u8]), ImportError> {
    let rest = bytes.strip_prefix(MAGIC).ok_or(ImportError::NotASnapshot)?;
    let (head, document) = match rest.strip_prefix(b"\n") {
        Some(document) => (&b""[..], document),
        None => {
            let at = rest.windows(2).position(|two| two == b"\n\n");
            let at = at.ok_or(ImportError::NotASnapshot)?;
            (&rest[..at], &rest[at + 2..])
        }
    };
    let head = std::str::from_utf8(head).map_err(|_| ImportError::NotASnapshot)?;
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for line in head.split('\n') {
        let (name, value) = line.split_once(' ').ok_or(ImportError::NotASnapshot)?;
        let names = ["fetched-at", "fresh-for", "origin", "etag", "last-modified"];
        if !names.contains(&name) || lines.iter().any(|(other, _)| *other == name) {
            return Err(ImportError::NotASnapshot);
        }
        lines.push((name, value));
    }
    let line = |wanted: &str| {
        lines.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_bytes())
    };
    let number = |wanted: &str| -> Result<u64, ImportError> {
        let digits = line(wanted).filter(|value| value.iter().all(u8::is_ascii_digit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        digits.and_then(|digits| digits.parse().ok()).ok_or(ImportError::NotASnapshot)
    };
    let (fetched_at, fresh) = (number("fetched-at")?, number("fresh-for")?);
    let origin = line("origin").ok_or(ImportError::NotASnapshot)?;
    if fetched_at > NOW {
        return Err(ImportError::FromTheFuture);
    }
    if fetched_at + 4 * 3_600_000 <= NOW {
        return Err(ImportError::TooOld);
    }
    if origin != URL.as_bytes() {
        return Err(ImportError::OtherOrigin);
    }
    if let Err(failure) = KeySet::parse(document, &[null::RS256]) {
        return Err(ImportError::Document(failure));
    }
    let stored = Stored {
        fetched_at,
        fresh_for: fresh.clamp(30_000, 600_000),
        etag: line("etag").and_then(tag),
        modified: line("last-modified").and_then(date),
    };
    Ok((stored, document))
}

/// Ten minutes, or less if the answer says so, and half a minute at least.
fn fresh_for(max_age: Option<u64>) -> u64 {
    max_age.map_or(600_000, |secs| secs.saturating_mul(1000).clamp(30_000, 600_000))
}

fn visible(value: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(value).ok()?;
    let text = text.trim_matches(|char| " \t\r\n\u{c}".contains(char));
    let holds = text.len() <= 1024 && text.chars().all(|char| (' '..='~').contains(&char));
    holds.then(|| text.to_owned())
}

/// One entity tag, weak or strong.
fn tag(value: &[u8]) -> Option<String> {
    let text = visible(value)?;
    let quotes = text.matches('"').count();
    let strong = text.trim_start_matches("W/");
    let is_one = quotes == 2
        && !text.contains(' ')
        && strong.starts_with('"')
        && strong.ends_with('"')
        && text.len() - strong.len() <= 2;
    is_one.then_some(text)
}

fn date(value: &[u8]) -> Option<String> {
    visible(value).filter(|text| text.len() == 29 && text.ends_with(" GMT"))
}

/// Seconds; as many as there can be where there are more.
fn max_age(directive: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(directive).ok()?;
    let white = |char| " \t\r\n\u{c}".contains(char);
    let (name, value) = text.split_once('=')?;
    let value = value.trim_matches(white);
    let inner = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
    let is_number = !inner.is_empty() && inner.bytes().all(|byte| byte.is_ascii_digit());
    (name.trim_matches(white).eq_ignore_ascii_case("max-age") && is_number)
        .then(|| inner.parse().unwrap_or(u64::MAX))
}
