//! The issuer: a script. What it answers is a function of the time, so each store can be simulated
//! by itself.

use crate::key::Key;
use crate::random::Random;
use crate::span::{HOUR, MINUTE, SECOND, START};

/// The core's defaults: `access_token_dynamic_signing_key_update_interval`, how long before its use
/// a key is published (`dynamicSigningKeyOverlapMS`), and `access_token_validity`.
pub(crate) const INTERVAL: u64 = 168 * HOUR;
pub(crate) const OVERLAP: u64 = MINUTE;
pub(crate) const VALIDITY: u64 = HOUR;

/// When the first rotation is.
pub(crate) const FIRST_ROTATION: u64 = START + 48 * HOUR;

/// A rotation that is not the core's own.
#[derive(Clone, Copy)]
pub(crate) enum Emergency {
    /// The old key is withdrawn and the new one used in the same instant.
    AtOnce,
    /// The new key is published and used at once, and the old one withdrawn a quarter of an hour
    /// later: what a careful operator does, as by then every cache of ten minutes has both.
    InTwoSteps,
}

/// How the way to the issuer is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Weather {
    /// Status 500.
    Status,
    /// No answer, ever.
    Hang,
    /// Status 200, and a page of a proxy.
    Garbage,
    /// Status 200, and a set without keys.
    Empty,
    /// A cache that ignores that it is asked to revalidate, and keeps what it has for so long.
    Cache(u64),
}

#[derive(Clone, Copy)]
pub(crate) struct Spell {
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) weather: Weather,
}

impl Spell {
    pub(crate) fn is_outage(&self) -> bool {
        !matches!(self.weather, Weather::Cache(_))
    }
}

/// What comes of a GET.
pub(crate) enum Served<'i> {
    Answer { status: u16, body: &'i [u8], max_age: u64 },
    Nothing,
}

pub(crate) struct Issuer {
    pub(crate) keys: Vec<Key>,
    pub(crate) spells: Vec<Spell>,
    /// Each document with the time from which it is served.
    documents: Vec<(u64, String)>,
}

impl Issuer {
    pub(crate) fn new(
        end: u64,
        emergencies: &[(u64, Emergency)],
        spells: Vec<Spell>,
        random: &mut Random,
    ) -> Self {
        let named = |created: u64| format!("d-{created}");
        let first = FIRST_ROTATION - (INTERVAL - OVERLAP);
        let mut keys = vec![Key::new(named(first), random, first, first)];
        let mut emergencies = emergencies.iter().peekable();
        loop {
            let old = keys.last_mut().unwrap();
            let due = old.published + INTERVAL - OVERLAP;
            let emergency = emergencies.next_if(|(at, _)| *at < due);
            let (created, used, withdrawn) = match emergency {
                None => (due, due + OVERLAP, old.published + INTERVAL + 2 * VALIDITY),
                Some((at, Emergency::AtOnce)) => (*at, *at, *at),
                Some((at, Emergency::InTwoSteps)) => (*at, *at, *at + 15 * MINUTE),
            };
            if created >= end {
                break;
            }
            (old.replaced, old.withdrawn) = (used, withdrawn);
            keys.push(Key::new(named(created), random, created, used));
        }
        let statik =
            Key::new("s-2de612a5-a5ba-413e-9216-4c43e2e78c86".to_owned(), random, START, START);
        let mut changes: Vec<u64> = keys.iter().flat_map(|k| [k.published, k.withdrawn]).collect();
        changes.sort_unstable();
        changes.dedup();
        let document = |at: u64| {
            // As the core orders them: the newest first, then the static one.
            let there = keys.iter().rev().filter(|k| k.published <= at && at < k.withdrawn);
            let jwks: Vec<String> = there.chain([&statik]).map(Key::jwk).collect();
            format!("{{\"keys\":[{}]}}\n", jwks.join(","))
        };
        let documents = changes.into_iter().map(|at| (at, document(at))).collect();
        Self { keys, spells, documents }
    }

    pub(crate) fn spell(&self, at: u64) -> Option<&Spell> {
        self.spells.iter().find(|spell| (spell.from..spell.until).contains(&at))
    }

    /// What a GET that reaches the issuer at this time brings.
    pub(crate) fn serve(&self, at: u64) -> Served<'_> {
        let broken = |status, body| Served::Answer { status, body, max_age: 60 };
        match self.spell(at).map(|spell| spell.weather) {
            None => self.good(at),
            Some(Weather::Cache(age)) => self.good(at - at % age),
            Some(Weather::Status) => broken(500, b"Internal Error"),
            Some(Weather::Garbage) => broken(200, b"<!doctype html><title>Sign in</title>"),
            Some(Weather::Empty) => broken(200, br#"{"keys":[]}"#),
            Some(Weather::Hang) => Served::Nothing,
        }
    }

    fn good(&self, at: u64) -> Served<'_> {
        let index = self.documents.partition_point(|(from, _)| *from <= at).max(1) - 1;
        // The core says when its next key is due.
        let newest = self.keys.partition_point(|key| key.published <= at).max(1) - 1;
        let due = self.keys[newest].published + INTERVAL - OVERLAP;
        Served::Answer {
            status: 200,
            body: self.documents[index].1.as_bytes(),
            max_age: (due.saturating_sub(at) / SECOND).max(1),
        }
    }
}
