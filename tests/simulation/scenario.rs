//! What happens: which rotations, which weather, which floods, and when.

use crate::issuer::{Emergency, FIRST_ROTATION, INTERVAL, OVERLAP, Spell, Weather};
use crate::span::{DAY, HOUR, MINUTE, SECOND, START};

pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) says: &'static str,
    pub(crate) end: u64,
    pub(crate) emergencies: Vec<(u64, Emergency)>,
    pub(crate) spells: Vec<Spell>,
    pub(crate) floods: Vec<(u64, u64)>,
    /// How far apart the tokens with invented keys are that each store is sent in a flood.
    pub(crate) flood_gap: u64,
}

/// The age of what the cache serves that does not revalidate.
pub(crate) const CACHE: u64 = HOUR;

pub(crate) const NAMES: [&str; 8] = [
    "rotation",
    "flood",
    "great-flood",
    "emergency",
    "outages",
    "long-outage",
    "stale-cache",
    "storm",
];

const TWO_MINUTES: u64 = 2 * MINUTE;

impl Scenario {
    /// The scenario of this name, for so many days: what happens in a week or two happens again.
    pub(crate) fn named(name: &str, days: u64) -> Option<Self> {
        let end = START + days * DAY;
        let mut scenario = Self {
            name: NAMES.into_iter().find(|known| *known == name)?,
            says: "",
            end,
            emergencies: Vec::new(),
            spells: Vec::new(),
            floods: Vec::new(),
            flood_gap: 2 * SECOND,
        };
        match scenario.name {
            "flood" => {
                scenario.says = "rotations under floods of invented keys";
                scenario.flood(days);
            }
            "great-flood" => {
                scenario.says = "the same with floods four times as great";
                scenario.flood(days);
                scenario.flood_gap = SECOND / 2;
            }
            "emergency" => {
                scenario.says =
                    "keys withdrawn at once, and a quarter of an hour after the next is used";
                scenario.emergencies(days);
            }
            "outages" => {
                scenario.says =
                    "outages of 3.5 h of each kind, under floods, and of 1 h as a key is new";
                scenario.outages(days);
            }
            "long-outage" => {
                scenario.says = "an outage of 6 h during which a key is withdrawn";
                scenario.emergencies(days);
                for (at, weather) in scenario
                    .in_two_steps()
                    .zip([Weather::Status, Weather::Hang].into_iter().cycle())
                {
                    // A minute before the old key is withdrawn, when every store has both.
                    let from = at + 14 * MINUTE;
                    scenario.spells.push(Spell { from, until: from + 6 * HOUR, weather });
                }
            }
            "stale-cache" => {
                scenario.says = "a cache of 1 h that does not revalidate, as a key is withdrawn";
                scenario.emergencies(days);
                for at in every(14 * DAY, START + 3 * DAY, end) {
                    let weather = Weather::Cache(CACHE);
                    scenario.spells.push(Spell { from: at, until: at + 6 * DAY, weather });
                }
            }
            "storm" => {
                scenario.says = "all of it";
                scenario.storm(days);
            }
            _ => scenario.says = "rotations as the core does them",
        }
        scenario.spells.sort_unstable_by_key(|spell| spell.from);
        Some(scenario)
    }

    fn flood(&mut self, days: u64) {
        let end = START + days * DAY;
        // From before a key is published until after it is used, and with nothing going on.
        let around = every(INTERVAL - OVERLAP, FIRST_ROTATION - 30 * SECOND, end);
        let quiet = every(7 * DAY, START + 4 * DAY, end);
        self.floods = around.chain(quiet).map(|at| (at, at + TWO_MINUTES)).collect();
    }

    fn emergencies(&mut self, days: u64) {
        let end = START + days * DAY;
        // Not on the hour, at which the cache of the hour is new.
        let at_once = every(14 * DAY, START + 4 * DAY + 13 * MINUTE, end);
        let in_two = every(14 * DAY, START + 7 * DAY + 13 * MINUTE, end);
        let at_once = at_once.map(|at| (at, Emergency::AtOnce));
        self.emergencies = at_once.chain(in_two.map(|at| (at, Emergency::InTwoSteps))).collect();
        self.emergencies.sort_unstable_by_key(|(at, _)| *at);
    }

    fn in_two_steps(&self) -> impl Iterator<Item = u64> + use<> {
        let all = self.emergencies.clone().into_iter();
        all.filter(|(_, how)| matches!(how, Emergency::InTwoSteps)).map(|(at, _)| at)
    }

    fn outages(&mut self, days: u64) {
        let end = START + days * DAY;
        for (day, weather) in
            [(1, Weather::Status), (3, Weather::Hang), (4, Weather::Garbage), (5, Weather::Empty)]
        {
            for from in every(7 * DAY, START + day * DAY, end) {
                self.spells.push(Spell { from, until: from + 3 * HOUR + 30 * MINUTE, weather });
                self.floods.push((from + HOUR, from + HOUR + TWO_MINUTES));
            }
        }
        // In turn from before a key is published, and from between its publication and its use.
        let rotations = every(INTERVAL - OVERLAP, FIRST_ROTATION, end);
        let starts = [-30, 30].into_iter().cycle();
        for (at, start) in rotations.zip(starts) {
            let from = at.saturating_add_signed(start * 1_000);
            self.spells.push(Spell { from, until: from + HOUR, weather: Weather::Status });
        }
    }

    fn storm(&mut self, days: u64) {
        let end = START + days * DAY;
        self.emergencies(days);
        self.flood(days);
        for (day, hours, weather) in [
            (1, 1, Weather::Garbage),
            (5, 2, Weather::Hang),
            (6, 20, Weather::Cache(CACHE)),
            (8, 5, Weather::Empty),
        ] {
            for from in every(14 * DAY, START + day * DAY, end) {
                self.spells.push(Spell { from, until: from + hours * HOUR, weather });
                self.floods.push((from, from + TWO_MINUTES));
            }
        }
    }
}

fn every(span: u64, first: u64, end: u64) -> impl Iterator<Item = u64> {
    (0..).map(move |count| first + count * span).take_while(move |at| *at < end)
}
