//! One session token that is stopped at the end of each stage in turn, with as little changed as will
//! do: the difference of two counts is what the later stage costs.

use std::hint::black_box;

use supertokens_session::{Gate, PagePolicy, SigningKeyKind};

use super::support::{NOW, PAYLOAD, Signer, at, base64url, jwks};
use super::unchecked::{REFUSED, UNCHECKED};
use super::{cookie, keys_of, reason, twelve_cookies};

/// What to count, in order, beside the request alone. The names are those of the stages.
pub fn count_all(count: &dyn Fn(&str, &dyn Fn())) {
    let issuer = Signer::dynamic();
    let (header, payload) = (issuer.header(), PAYLOAD);
    let signature = issuer.sign(b"any message");
    let token = |header: &str, payload: &str| {
        let [header, payload] = [header, payload].map(|json| base64url(json.as_bytes()));
        format!("{header}.{payload}.{signature}")
    };
    let good = token(&header, payload);
    // Not base64url at the very end of the segment.
    let spoilt = |segment: usize| {
        let mut segments: Vec<String> = good.split('.').map(str::to_owned).collect();
        segments[segment].pop();
        segments[segment].push('!');
        segments.join(".")
    };
    let no_jwt = token(&header.replace("JWT", "JWX"), payload);
    let no_date = token(&header, &payload.replace(r#""iat":1749999940"#, r#""iat":"74999994""#));
    let expired = token(&header, &payload.replace("1750003540", "1749999999"));
    let dynamic = PagePolicy::default;
    let other_kind = || dynamic().signing_keys(SigningKeyKind::Static);
    let (holds, fails) = (keys_of(UNCHECKED, &jwks()), keys_of(REFUSED, &jwks()));

    let field = format!("{}; {}", twelve_cookies(), cookie(&good));
    let gate = Gate::page(dynamic());
    count("stage-cookies", &|| {
        let _ = black_box(gate.request("GET", [black_box(&field).as_bytes()]));
    });
    for (name, policy, keys, token, why) in [
        ("split", dynamic(), &holds, format!("{good}."), Some("segment_count")),
        ("header-base64", dynamic(), &holds, spoilt(0), Some("header_not_base64url")),
        ("header-json", dynamic(), &holds, no_jwt, Some("typ")),
        ("payload-base64", dynamic(), &holds, spoilt(1), Some("payload_not_base64url")),
        ("payload-json", dynamic(), &holds, no_date, Some("iat")),
        ("signature-base64", dynamic(), &holds, spoilt(2), Some("signature_not_base64url")),
        ("key", dynamic(), &fails, good.clone(), Some("bad_signature")),
        ("times", dynamic(), &holds, expired, Some("expired")),
        ("key-kind", other_kind(), &holds, good.clone(), Some("signing_key_kind")),
        ("session", dynamic(), &holds, good.clone(), None),
    ] {
        let gate = Gate::page(policy);
        let field = format!("{}; {}", twelve_cookies(), cookie(&token));
        let decide = || gate.request("GET", [black_box(&field).as_bytes()]).decide(keys, at(NOW));
        assert_eq!(reason(&decide()), why, "{name}");
        count(&format!("stage-{name}"), &|| drop(black_box(decide())));
    }
}
