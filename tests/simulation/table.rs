//! The comparison as a table, and how to read it.
#![allow(dead_code, reason = "the tests print rows alone")]

use crate::plan::Plan;
use crate::scenario::Scenario;
use crate::tally::Tally;

pub(crate) const HEAD: &str = "\
scenario     policy    GET/s    GET/s  GETs of a store       valid   answered other than  of new keys   withdrawn key
                        mean     peak  in 30 s (looks)    sessions Refresh Unavailable 503  in an outage  lived at most";

pub(crate) const LEGEND: &str = "\
The policies are the default one, driven by decisions and `next_action`, and models of others in the
words of `KeyPolicy`, driven by decisions alone: jose (fresh 10 min, cooldown 30 s), sdk
(supertokens-node: fresh 4 h, cooldown 0.5 s), spring (Nimbus as Spring Security sets it up: fresh
5 min, no cooldown). None of those uses a set that is stale, limits its looks or waits after a
failure. `KeyPolicy` waits at least 100 ms after a failure and before it looks again, so where jose
and spring have no wait at all the true peers ask more often than these models; and it holds the
peers to one fetch at a time. They do not read `max-age`, which ours does.

In an outage a store has a request in five minutes, and one in eight seconds around its ends; on a
busier server ours asks no more often, and the others do with each request.

GET/s: of the whole fleet, over bins of one second, without the first hour. A session is valid if
its key is not withdrawn and its token not expired by the clock of the store, which is wrong by up
to two minutes. Sessions of keys first used in an outage, which nobody can check, are in a column of
their own: how many were answered 503, of how many.";

pub(crate) fn row(scenario: &str, plan: &Plan, tally: &Tally) -> String {
    format!(
        "{:<12} {:<8} {:>6.1} {:>8} {:>9} {:>6} {:>12} {:>11} {:>11} {:>15} {:>15}",
        scenario,
        plan.name,
        tally.mean(),
        tally.peak(),
        tally.busiest_store,
        format!("({})", tally.most_looks),
        tally.valid,
        tally.try_refresh,
        tally.unavailable,
        format!("{}/{}", tally.new_in_outage_unavailable, tally.new_in_outage),
        tally.withdrawn_lived.map_or_else(|| "-".to_owned(), span),
    )
}

/// A scenario's name and what it is.
pub(crate) fn heading(scenario: &Scenario) -> String {
    format!("{:<12} {}", scenario.name, scenario.says)
}

/// Milliseconds as hours, minutes and seconds.
pub(crate) fn span(millis: u64) -> String {
    let secs = millis / 1_000;
    let (hours, minutes, secs) = (secs / 3_600, secs / 60 % 60, secs % 60);
    match (hours, minutes) {
        (0, 0) => format!("{secs} s"),
        (0, _) => format!("{minutes} min {secs} s"),
        _ => format!("{hours} h {minutes} min"),
    }
}
