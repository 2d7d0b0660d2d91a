//! Policies as numbers, and operations as data: what a run is made of.

use std::time::Duration;

use supertokens_session::KeyPolicy;

use super::issuer::{Document, Token};

/// A [`KeyPolicy`] that can be read; all times in milliseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) fresh_for: u64,
    pub(crate) refresh_ahead: u64,
    pub(crate) usable_for: u64,
    pub(crate) interval: u64,
    pub(crate) longest_interval: u64,
    pub(crate) looks: usize,
    pub(crate) look_window: u64,
    pub(crate) shortest_back_off: u64,
    pub(crate) longest_back_off: u64,
    pub(crate) deadline: u64,
    pub(crate) tickets: usize,
}

/// What the documentation of [`KeyPolicy`] says of its defaults.
const DEFAULT: Rules = Rules {
    fresh_for: 600_000,
    refresh_ahead: 30_000,
    usable_for: 14_400_000,
    interval: 15_000,
    longest_interval: 60_000,
    looks: 2,
    look_window: 30_000,
    shortest_back_off: 500,
    longest_back_off: 60_000,
    deadline: 10_000,
    tickets: 1,
};

impl Rules {
    /// The default; several tickets and everything short; waits that do not grow, and a set that is
    /// never stale but gone; and a set that is asked for again and again.
    pub(crate) const ALL: [Self; 4] = [
        DEFAULT,
        Self {
            fresh_for: 40_000,
            refresh_ahead: 5_000,
            usable_for: 90_000,
            interval: 5_000,
            longest_interval: 20_000,
            looks: 1,
            look_window: 12_000,
            shortest_back_off: 1_000,
            longest_back_off: 9_000,
            deadline: 5_000,
            tickets: 3,
        },
        Self {
            fresh_for: 30_000,
            refresh_ahead: 0,
            usable_for: 30_000,
            interval: 1_000,
            longest_interval: 4_000,
            looks: 3,
            look_window: 10_000,
            shortest_back_off: 5_000,
            longest_back_off: 5_000,
            deadline: 15_000,
            tickets: 2,
        },
        Self {
            fresh_for: 600_000,
            refresh_ahead: 3_600_000,
            usable_for: 60_000,
            interval: 100,
            longest_interval: 100,
            looks: 2,
            look_window: 60_000,
            shortest_back_off: 100,
            longest_back_off: 3_600_000,
            deadline: 1_000,
            tickets: 1,
        },
    ];

    pub(crate) fn policy(&self) -> KeyPolicy {
        let time = Duration::from_millis;
        KeyPolicy::default()
            .fresh_for(time(self.fresh_for))
            .refresh_ahead(time(self.refresh_ahead))
            .usable_for(time(self.usable_for))
            .unknown_key_interval(time(self.interval), time(self.longest_interval))
            .looks(self.looks.try_into().unwrap_or(u8::MAX), time(self.look_window))
            .back_off(time(self.shortest_back_off), time(self.longest_back_off))
            .ticket_deadline(time(self.deadline))
            .tickets(self.tickets.try_into().unwrap_or(u8::MAX))
    }

    /// For how long a set is fresh whose `max-age` this was, in seconds.
    pub(crate) fn fresh_with(&self, max_age: Option<u16>) -> u64 {
        let asked = max_age.map_or(self.fresh_for, |secs| (u64::from(secs) * 1_000).max(30_000));
        asked.min(self.fresh_for).min(self.usable_for)
    }
}

/// What an origin answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Document(Document, Caching),
    NotModified(Caching),
    /// A body that is fine, and a status that is not.
    Status(u16),
    Nothing,
}

/// What HTTP says of caching.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Caching {
    pub(crate) etag: bool,
    pub(crate) max_age: Option<u16>,
}

/// One thing that may happen. A number that names one of several counts from the newest, and names
/// nothing where there are fewer.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Operation {
    Pass(u32),
    /// The clock is set back.
    Back(u32),
    /// A request is decided, with the newest snapshot or an older one; its wish is remembered.
    Decide(Token, u8),
    NextAction,
    FetchNow,
    /// A remembered wish for keys is taken to the store, perhaps for the second time.
    Begin(u8),
    Finish(u8, Answer),
    Abandon(u8),
    /// The ticket is dropped on the way: its request is cancelled.
    Lose(u8),
    Export,
    /// What was exported, or bytes that never were.
    Import(u8),
    /// What another store fetched so long before now, or after.
    ImportOther(Document, i32, Caching),
    /// An answer to a ticket of another store, or such a ticket given back.
    Foreign(Option<Answer>),
    /// A whole request: its loop, with an origin that takes so long and answers this.
    Request(Token, u16, Answer),
}
