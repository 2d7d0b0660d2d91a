//! One thing in a request, a token, a key set or a cache at a time, at growing sizes. What each may
//! cost is said in `examples/instructions/growth.rs`.

use std::cell::{Cell, RefCell};
use std::hint::black_box;

use supertokens_session::{Gate, Keys, PagePolicy, TokenCache};

use super::support::{NOW, PAYLOAD, Signer, at, base64url, jwks, jwks_of, payload_with};
use super::unchecked::UNCHECKED;
use super::{cookie, keys_of, reason};

/// Counts one call under a name.
type Count<'c> = &'c dyn Fn(&str, &dyn Fn());

pub fn count_all(count: Count<'_>) {
    requests(count);
    payloads(count);
    key_sets(count);
    caches(count);
    long_hits(count);
}

/// Counts a decision on this `Cookie` field, or on these.
fn count_decision(count: Count<'_>, name: &str, fields: &[String], keys: &Keys, why: Option<&str>) {
    let gate = Gate::page(PagePolicy::default());
    let decide = || {
        let fields = black_box(fields).iter().map(|field| field.as_bytes());
        gate.request("GET", fields).decide(keys, at(NOW))
    };
    assert_eq!(reason(&decide()), why, "{name}");
    count(name, &|| drop(black_box(decide())));
}

fn requests(count: Count<'_>) {
    let keys = keys_of(UNCHECKED, &jwks());
    // What is no token costs little itself.
    let refused = |name: String, fields: &[String]| {
        count_decision(count, &name, fields, &keys, Some("segment_count"));
    };
    for bytes in [1, 2, 4, 8, 16, 32, 63].map(|kib| kib * 1024) {
        let field = format!("theme={}; sAccessToken=x", "v".repeat(bytes));
        refused(format!("growth-cookie-bytes-{bytes}"), &[field]);
        let field = format!("sAccessToken{}=x", " ".repeat(bytes));
        refused(format!("growth-white-space-{bytes}"), &[field]);
    }
    for cookies in [1, 2, 4, 8, 16, 32, 64, 128, 179] {
        let others = |separator: &str| format!("_cookie={}{separator}", "v".repeat(32));
        let field = format!("{}sAccessToken=x", others("; ").repeat(cookies));
        refused(format!("growth-cookies-{cookies}"), &[field]);
        let mut fields = vec![others(""); cookies];
        fields.push("sAccessToken=x".into());
        refused(format!("growth-fields-{cookies}"), &fields);
    }
    // Beyond the limit on cookies the counter of attempts is looked for, in a thousand more.
    for cookies in [256, 512, 1024, 2048, 4096, 8192] {
        let name = format!("growth-too-many-cookies-{cookies}");
        let field = "a=b;".repeat(cookies);
        count_decision(count, &name, &[field], &keys, Some("too_many_cookies"));
    }
}

fn payloads(count: Count<'_>) {
    let keys = keys_of(UNCHECKED, &jwks());
    let accepted = |name: String, value: &str| {
        let field = cookie(&any_token(&payload_with("x", value)));
        count_decision(count, &name, &[field], &keys, None);
    };
    for bytes in [320, 640, 1280, 2560, 5120] {
        accepted(format!("growth-payload-bytes-{bytes}"), &format!(r#""{}""#, "y".repeat(bytes)));
    }
    let array = |element: &str, n: usize| format!("[{}]", vec![element; n].join(","));
    for n in [15, 30, 60, 120, 240] {
        accepted(format!("growth-elements-{n}"), &array("0", n));
    }
    for n in [4, 8, 16, 32, 64, 120] {
        accepted(format!("growth-objects-{n}"), &array(r#"{"a":0}"#, n));
    }
    for n in [4, 8, 16, 32, 63] {
        accepted(format!("growth-depth-{n}"), &format!("{}{}", "[".repeat(n), "]".repeat(n)));
    }
    for n in [8, 16, 32, 64, 128, 250] {
        let members: Vec<_> = (0..n).map(|member| format!(r#""{member:03}":0"#)).collect();
        accepted(format!("growth-names-{n}"), &format!("{{{}}}", members.join(",")));
    }
}

fn key_sets(count: Count<'_>) {
    let issuer = Signer::dynamic();
    for n in [4, 8, 16, 32, 64, 128] {
        let kid = |index: usize| format!("d-{index:013}");
        let jwk = issuer.jwk();
        let set: Vec<_> = (0..n).map(|index| jwk.replace(issuer.kid, &kid(index))).collect();
        let keys = keys_of(UNCHECKED, &jwks_of(&set));
        assert_eq!(keys.set().map_or(0, |set| set.key_ids().count()), n);
        let token = |kid: String| any_token(PAYLOAD).replacen(&named(issuer.kid), &named(&kid), 1);
        for (name, kid, why) in [
            ("key-first", kid(0), None),
            ("key-last", kid(n - 1), None),
            ("key-unknown", kid(n), Some("unknown_key")),
        ] {
            let name = format!("growth-{name}-{n}");
            count_decision(count, &name, &[cookie(&token(kid))], &keys, why);
        }
        let (gate, field) = (Gate::page(PagePolicy::default()), cookie(&token(kid(n - 1))));
        let cache = RefCell::new(TokenCache::new(1, usize::MAX));
        let hit = || {
            let request = gate.request("GET", [black_box(&field).as_bytes()]);
            request.decide_with(&mut *cache.borrow_mut(), &keys, at(NOW))
        };
        assert_eq!((reason(&hit()), cache.borrow().len()), (None, 1));
        count(&format!("growth-key-last-cached-{n}"), &|| drop(black_box(hit())));
    }
}

/// The header segment of a token with this key.
fn named(kid: &str) -> String {
    base64url(format!(r#"{{"kid":"{kid}","typ":"JWT","version":"5","alg":"RS256"}}"#).as_bytes())
}

/// Each name counts a batch of decisions, so that it does not matter where in the tree one ends.
fn caches(count: Count<'_>) {
    let gate = Gate::page(PagePolicy::default());
    let keys = keys_of(UNCHECKED, &jwks());
    // No longer than it must be: a hundred thousand are decided.
    let payload = format!(
        r#"{{"iat":{NOW},"exp":{},"sub":"","tId":"","rsub":"",{}}}"#,
        NOW + 1,
        r#""sessionHandle":"","refreshTokenHash1":"""#
    );
    let token = any_token(&payload);
    for entries in [1, 10, 100, 1_000, 10_000, 100_000] {
        let cache = RefCell::new(TokenCache::new(entries, usize::MAX));
        let decide = |field: &str, expected: Option<&str>| {
            let request = gate.request("GET", [field.as_bytes()]);
            let decision = request.decide_with(&mut *cache.borrow_mut(), &keys, at(NOW));
            assert_eq!(reason(&decision), expected);
        };
        let decide_all = || {
            for number in 0..entries {
                decide(&cookie(&numbered(&token, number)), None);
            }
        };
        decide_all();
        assert_eq!(cache.borrow().len(), entries);
        let batch = |fields: &[String], expected: Option<&str>| {
            for field in black_box(fields) {
                decide(field, expected);
            }
        };
        let field = |token: &str, number: usize| cookie(&numbered(token, number));
        let spread = |batch: usize| (0..BATCH).map(move |at| (batch * BATCH + at) * 7_919);
        let hits: Vec<_> = spread(0).map(|at| field(&token, at % entries)).collect();
        count(&format!("growth-cache-hits-{entries}"), &|| batch(&hits, None));
        // Not in it, and refused for the next best reason.
        let misses: Vec<_> = spread(0).map(|at| field("!..AAAAAAAA", entries + at)).collect();
        let why = Some("header_not_base64url");
        count(&format!("growth-cache-misses-{entries}"), &|| batch(&misses, why));
        // Each takes the room of another: of the first, or of one behind many that were used since.
        let new: Vec<Vec<_>> = (0..4)
            .map(|batch| spread(batch).map(|at| field(&token, 100_000 + at)).collect())
            .collect();
        let next = Cell::new(0);
        let replace = || {
            batch(&new[next.get()], None);
            next.set(next.get() + 1);
        };
        count(&format!("growth-cache-replaced-{entries}"), &replace);
        decide_all();
        count(&format!("growth-cache-replaced-of-used-{entries}"), &replace);
        assert_eq!(cache.borrow().len(), entries);
    }
}

fn long_hits(count: Count<'_>) {
    let gate = Gate::page(PagePolicy::default());
    let keys = keys_of(UNCHECKED, &jwks());
    for bytes in [320, 640, 1280, 2560, 5120] {
        let value = format!(r#""{}""#, "y".repeat(bytes));
        let field = cookie(&any_token(&payload_with("x", &value)));
        let cache = RefCell::new(TokenCache::new(1, usize::MAX));
        let hit = || {
            let request = gate.request("GET", [black_box(&field).as_bytes()]);
            request.decide_with(&mut *cache.borrow_mut(), &keys, at(NOW))
        };
        assert_eq!((reason(&hit()), cache.borrow().len()), (None, 1));
        count(&format!("growth-payload-bytes-cached-{bytes}"), &|| drop(black_box(hit())));
    }
}

/// Decisions counted under one name.
const BATCH: usize = 64;

/// A token of the issuer's dynamic key for a row that takes any signature: one of 258 bytes, so that
/// each of its characters may be any.
pub fn any_token(payload: &str) -> String {
    let header = named(Signer::dynamic().kid);
    format!("{header}.{}.{}", base64url(payload.as_bytes()), "A".repeat(344))
}

/// The same token with another end, by which a cache finds it: the numbers are spread over all ends.
pub fn numbered(token: &str, number: usize) -> String {
    // Different for different numbers, as the factor is odd.
    let spread = (number as u64).wrapping_mul(0x9e37_79b9_7f4b).to_be_bytes();
    let end = base64url(&spread[2..]);
    format!("{}{end}", &token[..token.len() - end.len()])
}
