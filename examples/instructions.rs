//! What `benches/instructions.sh` counts under callgrind: each case runs once in [`measured`],
//! which is where counting is switched on. Its name goes to standard output with its allocations, one
//! a line.
//!
//! With `growth FILE` or `table FILE` it reads such counts: see `examples/instructions/growth.rs` and
//! `table.rs` beside it.

#[path = "../benches/cases/mod.rs"]
mod cases;
#[path = "instructions/growth.rs"]
mod growth;
#[path = "instructions/table.rs"]
mod table;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::process::ExitCode;

use cases::support::counting::{Counting, cost};
use cases::support::{NOW, at, jwks, keys};
use cases::{Bare, TOKEN, api, cookie, decide, flood, full_cache, reason, stages, worst};
use supertokens_session::{FrontToken, Gate, PagePolicy};

#[global_allocator]
static COUNTING: Counting = Counting;

/// The one function callgrind counts; it must not be inlined, and the name stands in no other's.
#[inline(never)]
fn measured(call: &dyn Fn()) {
    call();
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (report, file) = match &arguments[..] {
        [] => {
            count_all();
            return ExitCode::SUCCESS;
        }
        [what, file] if what == "growth" => (growth::report as fn(&Counts) -> _, file),
        [what, file] if what == "table" => (table::report as fn(&Counts) -> _, file),
        _ => panic!("growth FILE, table FILE, or nothing: {arguments:?}"),
    };
    let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
    let (text, is_right) = report(&counts(&text));
    print!("{text}");
    if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What was counted last.
#[cfg(test)]
const RECORD: &str = include_str!("../benches/instructions.txt");

/// What was counted under a name: instructions, and allocations.
type Counts = BTreeMap<String, (u64, u64)>;

/// Reads `benches/instructions.txt`, or a file like it.
fn counts(text: &str) -> Counts {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let [name, instructions, allocations] = words[..] else { panic!("{line}") };
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{line}"));
            (name.to_owned(), (number(instructions), number(allocations)))
        })
        .collect()
}

fn count_all() {
    let gate = Gate::page(PagePolicy::default());
    let held = keys(&jwks());
    let bare = Bare::new(TOKEN.trim(), &jwks());
    count("bare-ring", &|| black_box(&bare).verify());

    for case in cases::cases() {
        let decision = decide(&gate, &case.cookie, &held, at(NOW));
        assert_eq!(reason(&decision), case.reason, "{}", case.name);
        count(case.name, &|| {
            let _ = black_box(decide(&gate, black_box(&case.cookie), &held, at(NOW)));
        });
    }
    for case in api::cases() {
        let decide = || case.sent.decide(&case.gate, black_box(&held));
        assert_eq!(decide().name(), case.decision, "{}", case.name);
        count(case.name, &|| drop(black_box(decide())));
    }
    full_cache::count_all(&count);
    stages::count_all(&count);
    cases::growth::count_all(&count);
    let (quiet, flooded) = flood::quiet_and_flooded();
    let cookie = cookie(TOKEN.trim());
    for (name, keys) in [("known-key-quiet", &quiet), ("known-key-flood", &flooded)] {
        assert_eq!(reason(&decide(&gate, &cookie, keys, at(NOW))), None, "{name}");
        count(name, &|| {
            let _ = black_box(decide(&gate, black_box(&cookie), black_box(keys), at(NOW)));
        });
    }
    for (name, cookie) in worst::inputs() {
        refused_early(&name, reason(&decide(&gate, &cookie, &held, at(NOW))));
        count(&name, &|| {
            let _ = black_box(decide(&gate, black_box(&cookie), &held, at(NOW)));
        });
    }
    let api = Gate::api(api::policy());
    for (name, authorization, cookies) in worst::api_inputs() {
        let sent = api::Sent { authorization: Some(authorization), cookies };
        refused_early(&name, api::reason(&sent.decide(&api, &held)));
        count(&name, &|| drop(black_box(black_box(&sent).decide(&api, &held))));
    }
    for (name, text) in worst::front_tokens() {
        let read = || FrontToken::parse(black_box(text.as_bytes()));
        assert!(read().is_ok(), "{name}: {:?}", read().err());
        count(&name, &|| drop(black_box(read())));
        // Whoever has no session.
        let request = gate.request("GET", [b"sAccessToken=x".as_slice()]);
        let refused = || {
            let decision = request.decide(&held, at(NOW));
            request.with_front_token(decision, Some(black_box(text.as_bytes())), at(NOW))
        };
        assert_eq!(reason(&refused()), Some("segment_count"), "{name}");
        count(&format!("{name}-of-nobody"), &|| drop(black_box(refused())));
    }
    for (name, fields) in worst::many_fields() {
        let decide = || {
            let fields = black_box(&fields).iter().map(|field| field.as_bytes());
            gate.request("GET", fields).decide(&held, at(NOW))
        };
        refused_early(&name, reason(&decide()));
        count(&name, &|| drop(black_box(decide())));
    }
}

/// Holds that no signature was checked.
fn refused_early(name: &str, reason: Option<&str>) {
    let reason = reason.unwrap_or_else(|| panic!("{name} is accepted"));
    assert!(!["bad_signature", "expired", "not_yet_valid"].contains(&reason), "{name}");
    eprintln!("{name}: {reason}");
}

/// Once unseen, so that what is set up at first use is not counted, and once counted.
fn count(name: &str, call: &dyn Fn()) {
    call();
    let ((), allocations, _) = cost(|| measured(call));
    println!("{name} {allocations}");
}
