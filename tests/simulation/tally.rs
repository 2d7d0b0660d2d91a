//! What was seen, of one store or of many: merging is commutative, so threads change nothing.

use crate::span::{HOUR, MINUTE, SECOND, START};

/// What became of a visitor's request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    Authenticated,
    TryRefresh,
    Unavailable,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Tally {
    pub(crate) stores: u64,
    /// GETs of the whole fleet in each second from [`START`] on.
    pub(crate) per_second: Vec<u32>,
    /// Valid sessions not authenticated, in each minute.
    pub(crate) refused_per_minute: Vec<u32>,
    /// Valid sessions, and how many of them got something else.
    pub(crate) valid: u64,
    pub(crate) try_refresh: u64,
    pub(crate) unavailable: u64,
    /// Of those sent to refresh, how many were so in an outage.
    pub(crate) try_refresh_in_outage: u64,
    /// Those not counted above: of a key first used in an outage, which no store can know.
    pub(crate) new_in_outage: u64,
    pub(crate) new_in_outage_unavailable: u64,
    pub(crate) new_in_outage_try_refresh: u64,
    /// The longest time a key authenticated somebody after it was withdrawn, if one did.
    pub(crate) withdrawn_lived: Option<u64>,
    /// The longest time a key was used by the issuer and a valid session of it still refused.
    pub(crate) refused_longest: Option<u64>,
    /// The shortest time an outage had lasted as a valid session was refused in it.
    pub(crate) refused_soonest: Option<u64>,
    /// The most GETs of one store in 30 seconds, and the most looks for unknown keys among them.
    pub(crate) busiest_store: u64,
    pub(crate) most_looks: u64,
    /// The longest time a visitor waited for an answer.
    pub(crate) longest_wait: u64,
    pub(crate) thieves: u64,
    pub(crate) strangers: u64,
    pub(crate) strangers_authenticated: u64,
}

/// Starting a fleet is no part of what is measured.
const WARM_UP: u64 = HOUR;

impl Tally {
    pub(crate) fn new(end: u64) -> Self {
        let bins = |span: u64| vec![0; usize::try_from((end - START) / span + 1).unwrap()];
        Self {
            stores: 0,
            per_second: bins(SECOND),
            refused_per_minute: bins(MINUTE),
            valid: 0,
            try_refresh: 0,
            unavailable: 0,
            try_refresh_in_outage: 0,
            new_in_outage: 0,
            new_in_outage_unavailable: 0,
            new_in_outage_try_refresh: 0,
            withdrawn_lived: None,
            refused_longest: None,
            refused_soonest: None,
            busiest_store: 0,
            most_looks: 0,
            longest_wait: 0,
            thieves: 0,
            strangers: 0,
            strangers_authenticated: 0,
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        let bins = self.per_second.iter_mut().zip(&other.per_second);
        let minutes = self.refused_per_minute.iter_mut().zip(&other.refused_per_minute);
        for (sum, more) in bins.chain(minutes) {
            *sum += more;
        }
        for (sum, more) in [
            (&mut self.stores, other.stores),
            (&mut self.valid, other.valid),
            (&mut self.try_refresh, other.try_refresh),
            (&mut self.unavailable, other.unavailable),
            (&mut self.try_refresh_in_outage, other.try_refresh_in_outage),
            (&mut self.new_in_outage, other.new_in_outage),
            (&mut self.new_in_outage_unavailable, other.new_in_outage_unavailable),
            (&mut self.new_in_outage_try_refresh, other.new_in_outage_try_refresh),
            (&mut self.thieves, other.thieves),
            (&mut self.strangers, other.strangers),
            (&mut self.strangers_authenticated, other.strangers_authenticated),
        ] {
            *sum += more;
        }
        for (most, more) in [
            (&mut self.busiest_store, other.busiest_store),
            (&mut self.most_looks, other.most_looks),
            (&mut self.longest_wait, other.longest_wait),
        ] {
            *most = (*most).max(more);
        }
        self.withdrawn_lived = self.withdrawn_lived.max(other.withdrawn_lived);
        self.refused_longest = self.refused_longest.max(other.refused_longest);
        let soonest = [self.refused_soonest, other.refused_soonest];
        self.refused_soonest = soonest.into_iter().flatten().min();
    }

    pub(crate) fn count_get(&mut self, now: u64) {
        self.per_second[usize::try_from((now - START) / SECOND).unwrap()] += 1;
    }

    fn measured(&self) -> &[u32] {
        &self.per_second[usize::try_from(WARM_UP / SECOND).unwrap()..]
    }

    /// GETs of the whole fleet a second, on average.
    pub(crate) fn mean(&self) -> f64 {
        let sum: u64 = self.measured().iter().map(|count| u64::from(*count)).sum();
        sum as f64 / self.measured().len() as f64
    }

    /// The most GETs of the whole fleet in one second.
    pub(crate) fn peak(&self) -> u64 {
        u64::from(self.measured().iter().max().copied().unwrap_or(0))
    }

    /// The most in 30 seconds.
    pub(crate) fn busiest_30_s(&self) -> u64 {
        let sums = self.measured().windows(30);
        sums.map(|bins| bins.iter().map(|bin| u64::from(*bin)).sum()).max().unwrap_or(0)
    }
}
