//! What a decision costs beside the signature check it cannot do without.
//!
//! Both are measured in one run, a batch of one and a batch of the other in turn, so that what
//! else the machine does meets both. With `SESSION_VECTORS` set, also for the case `v5` of the
//! third-party vectors.

#[path = "../benches/cases/mod.rs"]
mod cases;

use std::hint::black_box;

use cases::cached::{Visitors, with_five_claims};
use cases::ratio::{self, PAIRS};
use cases::support::{NOW, at, jwks, keys, lines};
use cases::{Bare, TOKEN, decide, reason, twelve_cookies};
use supertokens_session::{Gate, PagePolicy};

/// Calls in a batch.
const BATCH: u32 = 200;

/// So that a batch is ten rounds of all visitors.
const VISITORS_A_CALL: u32 = 50;

fn main() {
    println!("cost as a fraction of one bare ring verification, {PAIRS} pairs of {BATCH} calls\n");
    println!(
        "{:<18}{:>9}{:>9}{:>9}{:>9}{:>13}",
        "", "min", "quart. 1", "median", "quart. 3", "median time"
    );
    let gate = Gate::page(PagePolicy::default());
    let held = keys(&jwks());
    let bare = Bare::new(TOKEN.trim(), &jwks());
    measure("bare ring", &bare, || bare.verify());
    for case in cases::cases() {
        let decision = decide(&gate, &case.cookie, &held, at(NOW));
        assert_eq!(reason(&decision), case.reason, "{}", case.name);
        measure(case.name, &bare, || {
            let _ = black_box(decide(&gate, black_box(&case.cookie), &held, at(NOW)));
        });
    }

    println!();
    let five_claims = with_five_claims();
    let mut bytes = Vec::new();
    for (name, gate, others) in [
        ("cached", &gate, String::new()),
        ("among 13 cookies", &gate, twelve_cookies() + "; "),
        ("with five claims", &five_claims, String::new()),
    ] {
        let mut visitors = Visitors::new(&others, gate, &held);
        measure_often(name, &bare, VISITORS_A_CALL, || {
            let _ = black_box(visitors.decide(gate, black_box(&held)));
        });
        bytes.push(format!("{name} {}", visitors.bytes_each()));
    }
    println!("bytes a token in the cache: {}", bytes.join(", "));

    let Some(folder) = std::env::var_os("SESSION_VECTORS") else { return };
    let (cookie, jwks, now) = vector(std::path::Path::new(&folder));
    let held = keys(&jwks);
    let token = cookie.split(['=', ';']).nth(1).expect("a token");
    let bare = Bare::new(token, &jwks);
    let decision = decide(&gate, &cookie, &held, at(now));
    assert_eq!(reason(&decision), None, "the case v5");
    measure("accept vector v5", &bare, || {
        let _ = black_box(decide(&gate, black_box(&cookie), &held, at(now)));
    });
}

/// Cookie, JWKS and time of the case `v5`.
fn vector(folder: &std::path::Path) -> (String, String, u64) {
    let lines = lines(&folder.join("sessions/cases.jsonl"));
    let lines = lines.iter().map(|line| serde_json::from_str(line).expect("JSON"));
    let mut cases: Vec<serde_json::Value> = lines.collect();
    let defaults = cases[0]["defaults"].take();
    let case = cases.iter().find(|case| case["id"] == "v5").expect("the case v5");
    let member = |name: &str| case.get(name).unwrap_or_else(|| &defaults[name]);
    let jwks = match member("jwks") {
        serde_json::Value::String(text) => text.clone(),
        object => object.to_string(),
    };
    let cookie = member("cookie_header").as_str().expect("a cookie").to_owned();
    (cookie, jwks, member("now").as_u64().expect("whole seconds"))
}

/// Prints `call` over `bare`.
fn measure(name: &str, bare: &Bare, call: impl FnMut()) {
    measure_often(name, bare, 1, call);
}

/// The same for what is so short that it is called more often than the unit it is measured by.
fn measure_often(name: &str, bare: &Bare, times: u32, mut call: impl FnMut()) {
    let ratio =
        ratio::measure(BATCH, || (0..times).for_each(|_| call()), || black_box(bare).verify());
    print!("{name:<18}");
    for quarters in [0, 1, 2, 3] {
        print!("{:>9.4}", ratio.quartile(quarters) / f64::from(times));
    }
    println!("{:>10} ns", ratio.time.as_nanos() / u128::from(times));
}
