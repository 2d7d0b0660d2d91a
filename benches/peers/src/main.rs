//! One program, one run, one token under one key: what this crate takes to decide, beside what other
//! libraries take to verify. All times are measured in turn with one bare verification by `ring`, and
//! again with one by `aws-lc-rs`, as `benches/cases/ratio.rs` does it.
//!
//! `peers NODE README CHART`: the measurements of `node/measure.mjs`, the document that the table is
//! written into, the drawing. `run` calls it so.

#[path = "../../cases/mod.rs"]
mod cases;

mod chart;
mod criteria;
mod ours;
mod peers;
mod table;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use cases::ratio::{self, PAIRS};
use cases::support::{NOW, Signer, jwks, payload_with};
use cases::{Bare, TOKEN};

/// Calls in a batch: a quarter of a millisecond of verifying, so that what else the machine does falls
/// into few of the batches and the median knows nothing of it.
const BATCH: u32 = 20;

/// Whose row it is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Group {
    Bare,
    Ours,
    /// Ours, answered by the token cache.
    OursCached,
    Rust,
    Node,
    /// Node's, answered by a cache.
    NodeCached,
}

/// One line of the table.
pub struct Row {
    pub group: Group,
    pub name: String,
    /// What verifies the signatures, or how it is called.
    pub how: String,
    pub nanos: f64,
    /// The time over that of bare `ring`, and of bare `aws-lc-rs`.
    pub of_ring: f64,
    pub of_aws: f64,
}

/// The two units.
struct Units {
    ring: Bare,
    aws: ours::BareAws,
}

impl Units {
    /// `call` is made `each` times by one call of it.
    fn measure(&self, group: Group, name: &str, how: &str, each: u32, call: impl Fn()) -> Row {
        let start = Instant::now();
        call();
        // What is much slower has fewer calls in a batch, so that it is no longer.
        let calls = if start.elapsed() > Duration::from_micros(100) { BATCH / 5 } else { BATCH };
        let ring = ratio::measure(calls, &call, || black_box(&self.ring).verify());
        let aws = ratio::measure(calls, &call, || black_box(&self.aws).verify());
        let row = Row {
            group,
            name: name.to_owned(),
            how: how.to_owned(),
            nanos: ring.time.as_secs_f64() * 1e9 / f64::from(each),
            of_ring: ring.median() / f64::from(each),
            of_aws: aws.median() / f64::from(each),
        };
        eprintln!("{name}, {how}: {:.0} ns, {:.3}, {:.3}", row.nanos, row.of_ring, row.of_aws);
        row
    }
}

/// What each library must say before it is measured.
fn check(peer: &peers::Peer) {
    let name = format!("{}, {}", peer.name, peer.provider);
    let verify = &peer.verify;
    let issuer = Signer::dynamic();
    assert!(verify(TOKEN.trim()), "{name}: a good token");
    assert!(!verify(&Signer::other().session(&payload_with("iat", "1"))), "{name}: a forged token");
    let somebody = issuer.session(&payload_with("sub", "\"user-2\""));
    assert!(!verify(&somebody), "{name}: another user's token");
    let expired = issuer.session(&payload_with("exp", &(NOW - 1).to_string()));
    assert!(!verify(&expired), "{name}: an expired token");
}

fn rust_rows() -> Vec<Row> {
    let document = jwks();
    let token = TOKEN.trim();
    let key = peers::Key::new(&Signer::dynamic().jwk());
    let units =
        Units { ring: Bare::new(token, &document), aws: ours::BareAws::new(token, key.prepared()) };
    let mut rows = vec![
        units.measure(Group::Bare, "bare `ring`", "", 1, || black_box(&units.ring).verify()),
        units.measure(Group::Bare, "bare `aws-lc-rs`", "", 1, || black_box(&units.aws).verify()),
    ];
    for (how, row) in ours::ROWS {
        let cold = ours::Cold::new(row, &document);
        assert!(cold.decide(), "a good token, {how}");
        let call = || assert!(black_box(&cold).decide());
        rows.push(units.measure(Group::Ours, "this crate", how, 1, call));
    }
    for (how, each, call) in ours::cached() {
        rows.push(units.measure(Group::OursCached, "this crate", how, each, call));
    }
    let first = rows.len();
    for peer in peers::peers(&key) {
        check(&peer);
        let call = || assert!((peer.verify)(black_box(token)));
        rows.push(units.measure(Group::Rust, peer.name, peer.provider, 1, call));
    }
    rows[first..].sort_by(|a, b| a.of_ring.total_cmp(&b.of_ring));
    rows
}

/// What `node/measure.mjs` has printed, over the bare verifications of this run.
fn node_rows(measured: &str, rows: &[Row]) -> Vec<Row> {
    let measured: Vec<serde_json::Value> = serde_json::from_str(measured).expect("JSON");
    let text = |row: &serde_json::Value, name| row[name].as_str().expect("a text").to_owned();
    let unit = |at: usize| rows[at].nanos;
    let row = |row: &serde_json::Value| {
        let nanos = row["median_ns"].as_f64().expect("a time");
        let how = text(row, "kind");
        let group = match how.starts_with("cached") {
            true => Group::NodeCached,
            false => Group::Node,
        };
        let (of_ring, of_aws) = (nanos / unit(0), nanos / unit(1));
        Row { group, name: text(row, "package"), how, nanos, of_ring, of_aws }
    };
    let mut rows: Vec<Row> = measured.iter().map(row).collect();
    rows.sort_by(|a, b| a.of_ring.total_cmp(&b.of_ring));
    rows
}

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    let [node, readme, drawing] = files.as_slice() else {
        eprintln!("peers NODE README CHART; see `benches/peers/run`");
        return ExitCode::FAILURE;
    };
    let node = std::fs::read_to_string(node).expect("the measurements of Node");
    eprintln!("medians of {PAIRS} pairs of {BATCH} calls; over bare ring, over bare aws-lc-rs");
    let mut rows = rust_rows();
    let of_node = node_rows(&node, &rows);
    rows.extend(of_node);

    let table = table::markdown(&rows);
    println!("{table}");
    table::replace_in(readme, &table).expect("the document has the table's place");
    std::fs::write(drawing, chart::svg(&rows)).expect("the drawing can be written");
    criteria::report(&rows)
}
