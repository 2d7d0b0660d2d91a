//! The tables of "What a decision costs" in `ARCHITECTURE.md`.

use std::fmt::Write;

use super::{Counts, growth};

/// The stages of `benches/cases/stages.rs` in order, and what each does.
const STAGES: [(&str, &str); 11] = [
    ("cookies", "cookies: find the token, in 13"),
    ("split", "split: three segments; room for what they hold"),
    ("header-base64", "base64 of the header"),
    ("header-json", "JSON of the header"),
    ("payload-base64", "base64 of the payload"),
    ("payload-json", "JSON of the payload"),
    ("signature-base64", "names that refuse; base64 of the signature"),
    ("key", "key choice, of two"),
    ("times", "rules: `nbf` and `exp`"),
    ("key-kind", "rules: the kind of key"),
    ("session", "the session"),
];

/// The signature check stands behind this.
const CHECKED: &str = "key";

/// Both tables, each behind a line that says which it is.
pub(crate) fn report(counts: &Counts) -> (String, bool) {
    (format!("{}\n{}", stages(counts), growth::table(counts)), true)
}

fn stages(counts: &Counts) -> String {
    let count = |name: &str| *counts.get(name).unwrap_or_else(|| panic!("{name} is not counted"));
    let mut text = String::from("| stage | instructions | allocations |\n|---|---|---|\n");
    let mut row = |words: &str, (instructions, allocations): (u64, u64)| {
        writeln!(text, "| {words} | {instructions} | {allocations} |").expect("a string");
    };
    let (mut before, ring) = ((0, 0), count("bare-ring"));
    for (name, words) in STAGES {
        let (instructions, allocations) = count(&format!("stage-{name}"));
        row(words, (instructions.saturating_sub(before.0), allocations - before.1));
        before = (instructions, allocations);
        if name == CHECKED {
            row("signature: one verification by `ring`", ring);
        }
    }
    row("**in all**", (before.0 + ring.0, before.1 + ring.1));
    row("the same token cached, without other cookies", count("cached"));
    row("the same at an API", count("cached-api"));
    row("and with five claims demanded", count("cached-five-claims"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_has_what_is_recorded() {
        let (tables, _) = report(&crate::counts(crate::RECORD));
        let document = include_str!("../../ARCHITECTURE.md");
        for table in tables.split("\n\n") {
            assert!(document.contains(table.trim()), "benches/instructions.sh --update\n{table}");
        }
    }
}
