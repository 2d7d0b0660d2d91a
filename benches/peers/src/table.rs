//! The measurements as Markdown, and their place in a document.

use std::fmt::Write;
use std::io::{Error, Result};

use crate::{Group, Row};

const BEGIN: &str = "<!-- benches/peers/run writes from here -->\n";
const END: &str = "<!-- to here -->\n";

pub fn markdown(rows: &[Row]) -> String {
    let mut table = String::from(
        "| | | time | of bare `ring` | of bare `aws-lc-rs` |\n|---|---|---:|---:|---:|\n",
    );
    for row in rows {
        let name = match row.group {
            Group::Bare => row.name.clone(),
            Group::Ours | Group::OursCached => format!("**{}**", row.name),
            Group::Rust => format!("`{}`", row.name),
            Group::Node | Group::NodeCached => format!("Node: `{}`", row.name),
        };
        let (how, time) = (&row.how, time(row.nanos));
        let (of_ring, of_aws) = (ratio(row.of_ring), ratio(row.of_aws));
        writeln!(table, "| {name} | {how} | {time} | {of_ring} | {of_aws} |").expect("memory");
    }
    table
}

fn time(nanos: f64) -> String {
    if nanos < 1000.0 { format!("{nanos:.0} ns") } else { format!("{:.1} µs", nanos / 1000.0) }
}

/// Two digits after the point, and of small ones two that count.
pub fn ratio(ratio: f64) -> String {
    match ratio {
        ratio if ratio < 0.01 => format!("{ratio:.4}"),
        ratio if ratio < 0.1 => format!("{ratio:.3}"),
        ratio => format!("{ratio:.2}"),
    }
}

/// Puts the table between the marks of the file, in place of what is there.
pub fn replace_in(file: &str, table: &str) -> Result<()> {
    let text = std::fs::read_to_string(file)?;
    let no_marks = || Error::other(format!("{file} has not both marks"));
    let (before, rest) = text.split_once(BEGIN).ok_or_else(no_marks)?;
    let (_, after) = rest.split_once(END).ok_or_else(no_marks)?;
    std::fs::write(file, format!("{before}{BEGIN}\n{table}\n{END}{after}"))
}
