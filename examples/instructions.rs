//! What `benches/instructions.sh` counts under callgrind: each case runs once in [`measured`],
//! which is where counting is switched on, and its name goes to standard output, one a line.

#[path = "../benches/cases/mod.rs"]
mod cases;

use std::hint::black_box;

use cases::support::{NOW, at, jwks, keys};
use cases::{Bare, TOKEN, cookie, decide, flood, reason, worst};
use supertokens_session::{Gate, PagePolicy};

/// The one function callgrind counts; it must not be inlined, and the name stands in no other's.
#[inline(never)]
fn measured(call: &dyn Fn()) {
    call();
}

fn main() {
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
    let (quiet, flooded) = flood::quiet_and_flooded();
    let cookie = cookie(TOKEN.trim());
    for (name, keys) in [("known-key-quiet", &quiet), ("known-key-flood", &flooded)] {
        assert_eq!(reason(&decide(&gate, &cookie, keys, at(NOW))), None, "{name}");
        count(name, &|| {
            let _ = black_box(decide(&gate, black_box(&cookie), black_box(keys), at(NOW)));
        });
    }
    for (name, cookie) in worst::inputs() {
        let reason = reason(&decide(&gate, &cookie, &held, at(NOW)));
        let reason = reason.unwrap_or_else(|| panic!("{name} is accepted"));
        assert!(!["bad_signature", "expired", "not_yet_valid"].contains(&reason), "{name}");
        eprintln!("{name}: {} bytes, {reason}", cookie.len());
        count(&name, &|| {
            let _ = black_box(decide(&gate, black_box(&cookie), &held, at(NOW)));
        });
    }
}

/// Once unseen, so that what is set up at first use is not counted, and once counted.
fn count(name: &str, call: &dyn Fn()) {
    call();
    measured(call);
    println!("{name}");
}
