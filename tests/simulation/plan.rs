//! Whose store it is: ours, or a model of another library's in the words of `KeyPolicy`.

use std::time::Duration;

use supertokens_session::KeyPolicy;

use crate::span::{HOUR, MINUTE, SECOND};

/// A `KeyPolicy`, which tells nobody its numbers, beside its numbers in milliseconds.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) name: &'static str,
    pub(crate) fresh_for: u64,
    pub(crate) usable_for: u64,
    pub(crate) refresh_ahead: u64,
    pub(crate) unknown_key_interval: u64,
    pub(crate) longest_unknown_key_interval: u64,
    pub(crate) looks: u8,
    pub(crate) look_window: u64,
    pub(crate) shortest_back_off: u64,
    pub(crate) longest_back_off: u64,
    pub(crate) ticket_deadline: u64,
    /// Whether something asks `next_action`, beside the requests that are decided. It is also who
    /// hands on the answer's `max-age`: the others do not read it.
    pub(crate) is_driven: bool,
}

/// The default policy.
pub(crate) const OURS: Plan = Plan {
    name: "default",
    fresh_for: 10 * MINUTE,
    usable_for: 4 * HOUR,
    refresh_ahead: 30 * SECOND,
    unknown_key_interval: 15 * SECOND,
    longest_unknown_key_interval: MINUTE,
    looks: 2,
    look_window: 30 * SECOND,
    shortest_back_off: 500,
    longest_back_off: MINUTE,
    ticket_deadline: 10 * SECOND,
    is_driven: true,
};

/// What no other has, as near to none as `KeyPolicy` goes.
const THEIRS: Plan = Plan {
    refresh_ahead: 0,
    looks: u8::MAX,
    look_window: 0,
    shortest_back_off: 100,
    longest_back_off: 100,
    is_driven: false,
    ..OURS
};

/// `createRemoteJWKSet` of panva/jose.
pub(crate) const JOSE: Plan = Plan {
    name: "jose",
    fresh_for: 10 * MINUTE,
    usable_for: 10 * MINUTE,
    unknown_key_interval: 30 * SECOND,
    longest_unknown_key_interval: 30 * SECOND,
    ticket_deadline: 5 * SECOND,
    ..THEIRS
};

/// supertokens-node: jose with a cache of four hours and a cooldown of half a second.
pub(crate) const SDK: Plan = Plan {
    name: "sdk",
    fresh_for: 4 * HOUR,
    usable_for: 4 * HOUR,
    unknown_key_interval: 500,
    longest_unknown_key_interval: 500,
    ticket_deadline: 5 * SECOND,
    ..THEIRS
};

/// Nimbus as Spring Security sets it up: its rate limit and its refresh ahead are off.
pub(crate) const SPRING: Plan = Plan {
    name: "spring",
    fresh_for: 5 * MINUTE,
    usable_for: 5 * MINUTE,
    unknown_key_interval: 100,
    longest_unknown_key_interval: 100,
    ticket_deadline: 15 * SECOND,
    ..THEIRS
};

#[allow(dead_code, reason = "for the example")]
pub(crate) const ALL: [Plan; 4] = [OURS, JOSE, SDK, SPRING];

impl Plan {
    pub(crate) fn policy(&self) -> KeyPolicy {
        let span = Duration::from_millis;
        KeyPolicy::default()
            .fresh_for(span(self.fresh_for))
            .refresh_ahead(span(self.refresh_ahead))
            .usable_for(span(self.usable_for))
            .unknown_key_interval(
                span(self.unknown_key_interval),
                span(self.longest_unknown_key_interval),
            )
            .looks(self.looks, span(self.look_window))
            .back_off(span(self.shortest_back_off), span(self.longest_back_off))
            .ticket_deadline(span(self.ticket_deadline))
    }

    /// How many fetches one store may begin within `span` at most, whatever is sent to it and
    /// however its issuer fails.
    ///
    /// Looks have their own budget. Scheduled fetches that succeed are half of the shortest time apart
    /// for which a set is fresh, 30 seconds. Those that fail are apart by the waits, each of half
    /// its step at least; a success in between forgives them, so they are counted on either side
    /// of it.
    pub(crate) fn budget(&self, span: u64) -> u64 {
        let windows = span.div_ceil(self.look_window.max(1));
        let looks = u64::from(self.looks) * windows;
        let scheduled = span.div_ceil(15 * SECOND);
        let (mut retries, mut at, mut step) = (0, 0, 2 * self.shortest_back_off);
        while at < span {
            retries += 1;
            at += (step / 2).max(self.shortest_back_off);
            step = (2 * step).min(self.longest_back_off);
        }
        looks + scheduled + retries
    }
}
