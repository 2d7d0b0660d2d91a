//! What the figures must show.

use std::process::ExitCode;

use crate::ours::{CACHED, COLD_AWS, COLD_RING};
use crate::{Group, Row};

/// How a row ends that finds the key by its `kid` and keeps all claims, as this crate does.
pub const WHOLE: &str = "whole session";

/// Prints one line for each; fails where one does not hold.
pub fn report(rows: &[Row]) -> ExitCode {
    let mut all = true;
    println!();
    let mut say = |holds: bool, what: String| {
        println!("criteria: {what}: {}", if holds { "holds" } else { "DOES NOT HOLD" });
        all &= holds;
    };
    let of = |group| rows.iter().filter(move |row| row.group == group);
    let ours = |how| of(Group::Ours).find(|row| row.how == how).expect("a row");

    let ring = ours(COLD_RING).of_ring;
    say(ring <= 1.10, format!("cold with ring, {ring:.3} of bare ring, at most 1.10"));
    let aws = ours(COLD_AWS).of_aws;
    say(aws <= 1.20, format!("cold with aws-lc-rs, {aws:.3} of bare aws-lc-rs, at most 1.20"));
    let peers = || of(Group::Rust).chain(of(Group::Node).filter(|row| row.how != "bare"));
    let fastest = |peers: Vec<&Row>| {
        let least = peers.iter().min_by(|a, b| a.of_aws.total_cmp(&b.of_aws)).expect("a peer");
        (format!("{} ({})", least.name, least.how), least.of_aws)
    };
    // A peer that is measured with the same to do is compared by that.
    let has_whole = |name: &str| peers().any(|row| row.name == name && row.how.ends_with(WHOLE));
    let is_fair = |row: &&Row| row.how.ends_with(WHOLE) || !has_whole(&row.name);
    let (name, theirs) = fastest(peers().filter(is_fair).collect());
    let what =
        format!("cold with aws-lc-rs, {aws:.3}, faster than the fastest peer, {name}, {theirs:.3}");
    say(aws < theirs, what);
    let (name, theirs) = fastest(peers().collect());
    println!("beside: with less to do, two claims and no key to find, {name} is at {theirs:.3}");

    for row in of(Group::OursCached).filter(|row| row.how == CACHED) {
        let (how, part) = (&row.how, 1.0 / row.of_ring);
        say(part >= 100.0, format!("{how}, 1/{part:.0} of bare ring, at most 1/100"));
        // Its slowest way is not its usual one: the one that needs nothing set but the size.
        let theirs = of(Group::NodeCached).find(|row| row.how.starts_with("cached, 1,000"));
        let times = theirs.expect("a row of fast-jwt").nanos / row.nanos;
        say(times >= 10.0, format!("{how}, {times:.1} times as fast as fast-jwt's, at least 10"));
    }
    if all { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
