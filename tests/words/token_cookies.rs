//! The fields that take a session from the browser.

use proptest::prelude::*;
use supertokens_session::{SameSite, TokenCookies};

use crate::{config, is_field_value};

/// What supertokens-node 24.0.3 sends for the same settings (with `cookie` 0.7.2), but that it
/// names the exposed fields in another order.
#[test]
fn the_fields_are_the_sdk_s() {
    let fields: Vec<_> = TokenCookies::default().clearing_headers().collect();
    let expected = [
        (
            "set-cookie",
            "sAccessToken=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; \
             SameSite=Lax",
        ),
        (
            "set-cookie",
            "sRefreshToken=; Path=/auth/session/refresh; Expires=Thu, 01 Jan 1970 00:00:00 GMT; \
             HttpOnly; Secure; SameSite=Lax",
        ),
        ("st-access-token", ""),
        ("st-refresh-token", ""),
        ("front-token", "remove"),
        ("access-control-expose-headers", "st-access-token, st-refresh-token, front-token"),
    ];
    assert_eq!(fields, expected.map(|(name, value)| (name, value.into())));
}

#[test]
fn each_setting_changes_its_part() {
    let cookies = TokenCookies::default()
        .access_token_cookie("a")
        .refresh_token_cookie("r")
        .domain(".example.com")
        .access_token_path("/app")
        .refresh_token_path("/api/session/refresh")
        .secure(false)
        .same_site(SameSite::None);
    let fields: Vec<_> = cookies.clearing_headers().collect();
    assert_eq!(
        fields[0].1,
        "a=; Domain=.example.com; Path=/app; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; \
         SameSite=None",
    );
    assert_eq!(
        fields[1].1,
        "r=; Domain=.example.com; Path=/api/session/refresh; \
         Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=None",
    );
    let strict = TokenCookies::default().same_site(SameSite::Strict);
    assert!(strict.clearing_headers().next().unwrap().1.ends_with("; SameSite=Strict"));
}

proptest! {
    #![proptest_config(config())]

    /// The attributes of each cookie are the six that were meant, whatever the operator wrote.
    #[test]
    fn no_setting_adds_an_attribute_or_a_field(
        name in "(?s).{0,12}", domain in "(?s).{0,12}", path in "[/a;=, \r\n\u{e9}%-]{0,12}",
    ) {
        let cookies = TokenCookies::default()
            .access_token_cookie(name.clone())
            .refresh_token_cookie(name)
            .domain(domain)
            .access_token_path(path.clone())
            .refresh_token_path(path);
        for (name, value) in cookies.clearing_headers() {
            prop_assert!(is_field_value(&value), "{}", value.escape_debug());
            if name != "set-cookie" {
                continue;
            }
            let parts: Vec<&str> = value.split("; ").collect();
            prop_assert_eq!(parts.len(), 7);
            prop_assert_eq!(value.matches(';').count(), 6);
            prop_assert!(parts[0].ends_with('=') && parts[0].matches('=').count() == 1);
            for (part, begins) in parts[1..].iter().zip(
                ["Domain=", "Path=", "Expires=Thu, 01", "HttpOnly", "Secure", "SameSite=Lax"]
            ) {
                prop_assert!(part.starts_with(begins), "{}", part);
            }
        }
    }
}
