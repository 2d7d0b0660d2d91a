//! How often requests come: sparsely in quiet times, densely around what happens.

use crate::random::Random;

/// From each of these times on, the mean time between two requests; `None`: there are none.
pub(crate) struct Pace(Vec<(u64, Option<u64>)>);

/// A time in which there are requests, so far apart on average.
pub(crate) type Watch = (u64, u64, u64);

impl Pace {
    /// Where several watches overlap, the densest counts.
    pub(crate) fn new(watches: &[Watch]) -> Self {
        let mut edges: Vec<u64> =
            watches.iter().flat_map(|(from, until, _)| [*from, *until]).collect();
        edges.sort_unstable();
        edges.dedup();
        let gap = |at: u64| {
            let now = watches.iter().filter(|(from, until, _)| (*from..*until).contains(&at));
            now.map(|(_, _, gap)| *gap).min()
        };
        Self(edges.into_iter().map(|at| (at, gap(at))).collect())
    }

    /// When the next request after `now` comes, if any does.
    pub(crate) fn next(&self, now: u64, random: &mut Random) -> Option<u64> {
        let mut at = now;
        let mut index = self.0.partition_point(|(from, _)| *from <= now);
        loop {
            let gap = index.checked_sub(1).and_then(|index| self.0[index].1);
            let end = self.0.get(index).map_or(u64::MAX, |(from, _)| *from);
            if let Some(gap) = gap {
                let next = at + 1 + random.between(0, 2 * gap);
                if next < end {
                    return Some(next);
                }
            }
            // Nothing is left of this stretch; the next one has a pace of its own.
            if end == u64::MAX {
                return None;
            }
            (at, index) = (end, index + 1);
        }
    }
}
