//! What `benches/instructions.sh` counts under callgrind: each case runs once in [`measured`],
//! which is where counting is switched on, and its name goes to standard output, one a line.

#[path = "../benches/cases/mod.rs"]
mod cases;

use std::hint::black_box;

use cases::support::{NOW, at, jwks, keys};
use cases::{Bare, TOKEN, api, cookie, decide, flood, reason, worst};
use supertokens_session::{FrontToken, Gate, PagePolicy};

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
    for case in api::cases() {
        let decide = || case.sent.decide(&case.gate, black_box(&held));
        assert_eq!(decide().name(), case.decision, "{}", case.name);
        count(case.name, &|| drop(black_box(decide())));
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
    measured(call);
    println!("{name}");
}
