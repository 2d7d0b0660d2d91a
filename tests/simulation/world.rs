//! All that is the same for every store: the issuer, the tokens, and when requests come.

use supertokens_session::{Gate, PagePolicy};

use crate::issuer::{Issuer, OVERLAP, VALIDITY};
use crate::key::Key;
use crate::pace::{Pace, Watch};
use crate::random::Random;
use crate::scenario::Scenario;
use crate::span::{HOUR, MINUTE, SECOND, START};

/// A cookie, and what the issuer knows of it.
pub(crate) struct Token {
    pub(crate) issued: u64,
    pub(crate) expires: u64,
    /// Index of the issuer's key; none where it is invented.
    pub(crate) key: Option<usize>,
    pub(crate) cookie: Vec<u8>,
}

/// Who sends a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Sender {
    /// Has a token that the issuer signed.
    Visitor,
    /// Signs with the key that was withdrawn last.
    Thief,
    /// Invents keys.
    Stranger,
}

pub(crate) struct World {
    pub(crate) gate: Gate,
    pub(crate) issuer: Issuer,
    pub(crate) end: u64,
    /// Of visitors, by when they were issued.
    tokens: Vec<Token>,
    /// By key; used only where it is withdrawn.
    stolen: Vec<Token>,
    invented: Vec<Token>,
    visitors: Pace,
    thieves: Pace,
    strangers: Pace,
}

/// Visitors get their tokens at these times of a key's use, and at its first.
const HALF_AN_HOUR: u64 = 30 * MINUTE;

const INVENTED: u64 = 64;

impl World {
    pub(crate) fn new(scenario: Scenario, seed: u64) -> Self {
        let mut random = Random::new(seed);
        let end = scenario.end;
        let visitors = Pace::new(&when_visitors_come(&scenario, end, &mut random));
        let floods: Vec<Watch> = scenario
            .floods
            .iter()
            .map(|(from, until)| (*from, *until, scenario.flood_gap))
            .collect();
        let issuer = Issuer::new(end, &scenario.emergencies, scenario.spells, &mut random);
        let (mut tokens, mut stolen, mut thieves) = (Vec::new(), Vec::new(), Vec::new());
        for (index, key) in issuer.keys.iter().enumerate() {
            let token = |issued: u64, expires: u64| Token {
                issued,
                expires,
                key: Some(index),
                cookie: key.cookie(issued, expires),
            };
            let from = key.used.max(START - HOUR);
            let later = (from / HALF_AN_HOUR + 1) * HALF_AN_HOUR;
            let later =
                (later..key.replaced.min(end)).step_by(usize::try_from(HALF_AN_HOUR).unwrap());
            tokens.extend([from].into_iter().chain(later).map(|at| token(at, at + VALIDITY)));
            stolen.push(token(key.used, end + HOUR));
            let gone = key.withdrawn;
            if gone < end {
                thieves.push((gone, gone + 12 * MINUTE, 5 * SECOND));
                thieves.push((gone + 12 * MINUTE, gone + 5 * HOUR + HALF_AN_HOUR, MINUTE));
            }
        }
        let invented = (0..INVENTED).map(|number| Token {
            issued: START,
            expires: end + HOUR,
            key: None,
            cookie: Key::new(format!("d-{number}"), &mut random, 0, 0).cookie(START, end + HOUR),
        });
        Self {
            gate: Gate::page(PagePolicy::default()),
            end,
            tokens,
            stolen,
            invented: invented.collect(),
            visitors,
            thieves: Pace::new(&thieves),
            strangers: Pace::new(&floods),
            issuer,
        }
    }

    pub(crate) fn pace(&self, sender: Sender) -> &Pace {
        match sender {
            Sender::Visitor => &self.visitors,
            Sender::Thief => &self.thieves,
            Sender::Stranger => &self.strangers,
        }
    }

    /// A token as this sender has it at `now`; none where all there are have expired by the store's
    /// clock.
    pub(crate) fn token(
        &self,
        sender: Sender,
        now: u64,
        local: u64,
        random: &mut Random,
    ) -> Option<&Token> {
        match sender {
            Sender::Visitor => {
                let newest = self.tokens.partition_point(|token| token.issued <= now) - 1;
                let back = usize::try_from(random.between(0, 3)).unwrap();
                [newest.saturating_sub(back), newest]
                    .map(|index| &self.tokens[index])
                    .into_iter()
                    .find(|token| self.is_valid(token, now, local))
            }
            Sender::Thief => {
                let gone = self.stolen.iter().zip(&self.issuer.keys);
                let gone = gone.filter(|(_, key)| key.withdrawn <= now);
                gone.max_by_key(|(_, key)| key.withdrawn).map(|(token, _)| token)
            }
            Sender::Stranger => {
                Some(&self.invented[usize::try_from(random.between(0, INVENTED)).unwrap()])
            }
        }
    }

    /// Whether the issuer stands by the token, and the store's clock says that it has not expired.
    pub(crate) fn is_valid(&self, token: &Token, now: u64, local: u64) -> bool {
        let withdrawn = token.key.map_or(0, |key| self.issuer.keys[key].withdrawn);
        token.expires > local && now < withdrawn
    }
}

/// Densely around each thing that happens, whether or not a key does come or go there.
fn when_visitors_come(scenario: &Scenario, end: u64, random: &mut Random) -> Vec<Watch> {
    let probe = Issuer::new(end, &scenario.emergencies, Vec::new(), random);
    let keys = probe.keys.iter().flat_map(|key| [key.published, key.used, key.withdrawn]);
    let spells = scenario.spells.iter().flat_map(|spell| [spell.from, spell.until]);
    let floods = scenario.floods.iter().flat_map(|(from, until)| [*from, *until]);
    let mut watches = vec![(START, end, 3 * HOUR)];
    for at in keys.chain(spells).chain(floods).filter(|at| (START..end).contains(at)) {
        watches.push((at - 10 * SECOND, at + OVERLAP + 30 * SECOND, 8 * SECOND));
        watches.push((at - MINUTE, at + 20 * MINUTE, 80 * SECOND));
    }
    for spell in &scenario.spells {
        let gap = if spell.is_outage() { 5 * MINUTE } else { HOUR };
        watches.push((spell.from, spell.until + 10 * MINUTE, gap));
    }
    watches
}
