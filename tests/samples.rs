//! The samples of the `decide` example, which are also the fuzzers' seeds, and the data of the
//! documentation's examples are made here from the fixed keys. This test holds that the committed
//! files are what it makes; with `UPDATE_SAMPLES=1` it writes them.

mod support;

use serde_json::json;
use support::{NOW, PAYLOAD, Signer, base64url, jwks, jwks_of, payload_with};

fn samples() -> String {
    let issuer = Signer::dynamic();
    let cookie = |token: &str| format!("theme=dark; sAccessToken={token}; lang=en");
    let good = issuer.session(PAYLOAD);
    let mut lines = vec![json!({"defaults": {"now": NOW, "jwks": jwks()}})];
    let mut add = |id: &str, note: &str, members: serde_json::Value| {
        let mut line = json!({"id": id, "note": note});
        line.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        lines.push(line);
    };
    let header =
        |version: &str| format!(r#"{{"kid":"{}","typ":"JWT",{version}"alg":"RS256"}}"#, issuer.kid);
    let with = |name: &str, value: &str| json!({"cookie_header": cookie(&issuer.session(&payload_with(name, value)))});

    add("signed-in", "a version 5 token", json!({"cookie_header": cookie(&good)}));
    let v4 = issuer.token(&header(r#""version":"4","#), &payload_with("rsub", ""));
    add("signed-in-v4", "a version 4 token", json!({"cookie_header": cookie(&v4)}));
    let v3 = issuer.token(&header(""), &payload_with("tId", r#""mine""#));
    add(
        "signed-in-v3",
        "no version: version 3, whose tId is the user's own",
        json!({"cookie_header": cookie(&v3)}),
    );
    let header_mode = format!("st-access-token={good}");
    add("header-mode", "a front end in header mode", json!({"cookie_header": header_mode}));
    let split = ["theme=dark".to_owned(), format!("sAccessToken=\"{good}\"")];
    add("two-fields", "two Cookie fields, the value in quotes", json!({"cookie_headers": split}));
    let statik = Signer::statik();
    let static_key = cookie(&statik.session(PAYLOAD));
    add(
        "static-key-wanted",
        "a static key, which the policy names",
        json!({
        "cookie_header": static_key, "opts": {"useDynamicAccessTokenSigningKey": false}}),
    );

    add("nobody", "no cookie at all", json!({}));
    add("signed-out", "the SDK cleared the cookie", json!({"cookie_header": "sAccessToken="}));
    add(
        "posted",
        "a page does not decide a POST",
        json!({"method": "POST", "cookie_header": cookie(&good)}),
    );

    add("expired", "exp is one second ago", with("exp", "1749999999"));
    add("expires-now", "exp is this very second", with("exp", "1750000000"));
    add("not-yet", "nbf is in one second", with("nbf", "1750000001"));
    let forged = Signer::other().session(PAYLOAD);
    add(
        "forged",
        "signed by somebody else under the issuer's kid",
        json!({"cookie_header": cookie(&forged)}),
    );
    let (head, signature) = good.rsplit_once('.').unwrap();
    let (first, _) = head.split_once('.').unwrap();
    let promoted = base64url(PAYLOAD.replace("user-1", "user-2").as_bytes());
    add(
        "changed",
        "another user under a good signature",
        json!({
        "cookie_header": cookie(&format!("{first}.{promoted}.{signature}"))}),
    );
    let none = format!(
        "{}.{}.",
        base64url(header(r#""version":"5","#).replace("RS256", "none").as_bytes()),
        base64url(PAYLOAD.as_bytes())
    );
    add("unsigned", "alg none", json!({"cookie_header": cookie(&none)}));
    let critical =
        issuer.token(&issuer.header().replace('}', r#","crit":["b64"],"b64":false}"#), PAYLOAD);
    add("critical", "a crit header", json!({"cookie_header": cookie(&critical)}));
    let unknown = issuer.token(&issuer.header().replace("d-1749990000000", "d-1"), PAYLOAD);
    add(
        "unknown-key",
        "a kid the issuer does not have",
        json!({"cookie_header": cookie(&unknown)}),
    );
    add(
        "static-key",
        "a static key where the policy wants dynamic ones",
        json!({"cookie_header": static_key}),
    );
    add("oauth2-token", "stt 1: an OAuth2 access token of the same issuer", with("stt", "1"));
    add("not-a-session", "signed by the issuer, but no sessionHandle", with("sessionHandle", ""));
    add(
        "two-tokens",
        "two cookies of one name",
        json!({"cookie_headers": [cookie(&good), cookie(&good)]}),
    );
    add(
        "legacy-cookie",
        "sIdRefreshToken beside a good token",
        json!({
        "cookie_header": format!("{}; sIdRefreshToken=x", cookie(&good))}),
    );
    let v2 = "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0%3D.e30%3D.AA%3D%3D";
    add("legacy-token", "a version 2 token", json!({"cookie_header": cookie(v2)}));
    add("garbage", "no token at all in the cookie", json!({"cookie_header": cookie("garbage")}));
    add(
        "bytes",
        "bytes that are not UTF-8 in the token and beside it",
        json!({
        "cookie_header": "x=\u{e9}\u{ff}; sAccessToken=\u{e9}.\u{e9}.\u{e9}"}),
    );
    let twice = issuer.session(&PAYLOAD.replace(r#""exp""#, r#""\u0065xp":9,"exp""#));
    add("duplicate-member", "exp twice, once escaped", json!({"cookie_header": cookie(&twice)}));

    add(
        "outage",
        "the issuer's keys cannot be fetched",
        json!({
        "cookie_header": cookie(&good), "jwks_error": "connection refused"}),
    );
    add(
        "outage-status",
        "the issuer answers 500",
        json!({"cookie_header": cookie(&good), "jwks_status": 500}),
    );
    add(
        "outage-expired",
        "the same, but the token has expired anyway",
        json!({
        "cookie_header": cookie(&issuer.session(&payload_with("exp", "1"))), "jwks_status": 500}),
    );
    let ambiguous = jwks_of(&[issuer.jwk(), Signer::other().jwk()]);
    let ambiguous = jwks_of(&[statik.jwk(), ambiguous[9..ambiguous.len() - 2].to_owned()]);
    add(
        "ambiguous-key",
        "two keys with the token's kid",
        json!({"cookie_header": cookie(&good), "jwks": ambiguous}),
    );

    let bearer = |token: &str| format!("Bearer {token}");
    let another = issuer.session(&payload_with("sub", r#""user-2""#));
    add("bearer", "an API's client", json!({"authorization": bearer(&good)}));
    add(
        "bearer-and-cookie",
        "two users: an API takes the bearer's, a page the cookie's",
        json!({"authorization": bearer(&another), "cookie_header": cookie(&good)}),
    );
    add(
        "garbled-bearer",
        "a bearer token that is none of a session, and a cookie that is",
        json!({"authorization": bearer("a.b.c"), "cookie_header": cookie(&good)}),
    );
    add(
        "other-site",
        "a POST without the header that another site cannot send",
        json!({"method": "POST", "cookie_header": cookie(&good),
            "opts": {"antiCsrf": "VIA_CUSTOM_HEADER"}}),
    );
    add(
        "own-site",
        "the same with the header",
        json!({"method": "POST", "cookie_header": cookie(&good), "headers": {"rid": "session"},
            "opts": {"antiCsrf": "VIA_CUSTOM_HEADER"}}),
    );
    let csrf = issuer.session(&payload_with("antiCsrfToken", r#""csrf-1""#));
    add(
        "csrf-token",
        "a POST with another anti-CSRF token than the session's",
        json!({"method": "POST", "cookie_header": cookie(&csrf), "headers": {"anti-csrf": "csrf-2"},
            "opts": {"antiCsrf": "VIA_TOKEN"}}),
    );
    add("preflight", "an API does not check OPTIONS", json!({"method": "OPTIONS"}));
    add(
        "optional",
        "nobody, where a session is optional",
        json!({"opts": {"sessionRequired": false}}),
    );
    add(
        "first-use",
        "the first token after a refresh",
        with("parentRefreshTokenHash1", r#""a3f1""#),
    );
    add(
        "check-database",
        "the core is to be asked",
        json!({"authorization": bearer(&good), "opts": {"checkDatabase": true}}),
    );
    let claims = json!([
        {"kind": "boolean", "key": "st-ev", "value": true, "maxAgeInSeconds": 60},
        {"kind": "includes", "key": "st-role", "value": "admin"},
        {"kind": "includesAny", "key": "st-perm", "value": ["read", "write"]},
    ]);
    add(
        "claims",
        "one claim has just become too old, one is right, one is wrong",
        json!({"cookie_header": cookie(&good), "now": 1_750_000_001.25, "opts": {"claims": claims}}),
    );

    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_committed_files_are_what_this_test_makes() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [
        ("examples/decide/samples.jsonl", samples()),
        ("tests/data/jwks.json", jwks()),
        ("tests/data/v5.token", format!("{}\n", Signer::dynamic().session(PAYLOAD))),
    ];
    for (name, made) in files {
        let path = root.join(name);
        if std::env::var_os("UPDATE_SAMPLES").is_some() {
            std::fs::write(&path, &made).unwrap();
        }
        assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), made, "{name}");
    }
}
