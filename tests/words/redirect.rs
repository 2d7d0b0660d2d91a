//! Ways back: what is taken for one, where it leads in a browser, and that it survives the trip
//! through the refresh route.

use proptest::prelude::*;
use proptest::sample::select;
use supertokens_session::{ReturnPath, Routes};

use crate::{config, is_field_value, only};

fn routes() -> Routes {
    Routes::new("/auth", "/session/refresh-page")
}

fn path(target: &str) -> ReturnPath {
    routes().return_path(target.as_bytes())
}

#[test]
fn a_path_of_this_site_is_kept_to_the_byte() {
    let longest = format!("/{}", "a".repeat(2047));
    for target in [
        "/",
        "/orders?page=2&x=%20",
        "/a/b/",
        // Beyond the `?` or `#` a browser looks for no authority and no dots.
        "/a?next=//evil.example/../x\\y",
        "/a#//evil.example",
        "/a#/../?b",
        // Escapes stay escapes in a browser: no slash, no backslash, no dots.
        "/%2f/evil.example",
        "/%2F%2Fevil.example",
        "/%5cevil.example",
        "/%252e%252e/a",
        "/a%zz%",
        "/...",
        "/.well-known",
        "/a..b/c.",
        "/a/.%2fb",
        "/<>\"'`{}|^",
        "/evil.example:80@x",
        "/javascript:alert(1)",
        // Not the routes.
        "/author",
        "/auth-x?y",
        "/x/auth",
        "/session",
        "/session/refresh",
        "/session/refresh-page2",
        &longest,
    ] {
        assert_eq!(path(target).as_str(), target);
    }
}

#[test]
fn anything_else_becomes_the_root() {
    let too_long = format!("/{}", "a".repeat(2048));
    for target in [
        "",
        "orders",
        "?a",
        "#a",
        "*",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "//evil.example",
        "///evil.example",
        "/a//b",
        "/a//",
        "\\\\evil.example",
        "/\\evil.example",
        "/a\\b",
        "/\t/evil.example",
        "/\n/evil.example",
        "/a b",
        " /a",
        "/a\r\nset-cookie: a=b",
        "/a?\r\n",
        "/a?b\0",
        "/a?\x7f",
        "/ä",
        "/a?ä",
        "/.",
        "/..",
        "/./a",
        "/a/../b",
        "/a/..?b",
        "/a/.#b",
        "/.//evil.example",
        "/%2e",
        "/%2E%2e/a",
        "/.%2e",
        "/a/%2e./b",
        // The routes and what is below them, as a tolerant router spells them.
        "/auth",
        "/auth?x",
        "/auth#x",
        "/auth/",
        "/auth/callback/x?code=1",
        "/AUTH",
        "/%61uth",
        "/auth%2fx",
        "/session/refresh-page",
        "/Session%2frefresh-page?redirectToPath=%2F",
        &too_long,
    ] {
        assert_eq!(path(target), ReturnPath::default(), "{}", target.escape_debug());
    }
    assert_eq!(ReturnPath::default().as_str(), "/");
    assert_eq!(routes().return_path(b"/\xff"), ReturnPath::default());
}

/// "As the most tolerant router would say: escapes decoded": one that decodes before it takes out dots
/// and doubled slashes, or drops parameters of a segment, is at the route with these.
#[test]
fn a_route_behind_escapes_is_the_route() {
    for target in [
        "/%2fauth",
        "/a/..%2fauth",
        "/a%2f..%2fauth/x",
        "/.%2fauth",
        "/%2e%2fsession/refresh-page",
        "/auth;a=b",
        "/auth%3ba=b",
        "/auth%2f",
        // On the way to somewhere else, for who does not take dots out.
        "/auth/..;/account",
        "/auth/%2e%2e%3b/x",
        "/auth/..%2faccount",
        "/auth/%2e%2e%5cx",
        "/auth/x/..;/..;/account",
    ] {
        assert_eq!(path(target), ReturnPath::default(), "{target}");
    }
}

#[test]
fn a_redirect_is_a_303_that_nobody_keeps() {
    let (routes, back) = (routes(), path("/a?b=c&d=e+f%20g~._-"));
    for (response, location) in [
        (routes.to(&back), "/a?b=c&d=e+f%20g~._-"),
        (routes.to_sign_in(&back), "/auth?redirectToPath=%2Fa%3Fb%3Dc%26d%3De%2Bf%2520g~._-"),
        (
            routes.to_refresh(&back),
            "/session/refresh-page?redirectToPath=%2Fa%3Fb%3Dc%26d%3De%2Bf%2520g~._-",
        ),
    ] {
        assert_eq!((response.status(), response.body()), (303, ""));
        assert_eq!(only(&response, "location"), location);
        assert_eq!(only(&response, "cache-control"), "no-store");
        assert_eq!(response.headers().count(), 2);
    }
}

#[test]
fn a_route_is_used_as_the_operator_wrote_it() {
    for (route, location) in [
        ("/auth", "/auth?p=%2Fa"),
        ("auth", "/auth?p=%2Fa"),
        ("", "/?p=%2Fa"),
        ("/auth?x=1", "/auth?x=1&p=%2Fa"),
        ("/auth?", "/auth?p=%2Fa"),
        ("/auth?x=1&", "/auth?x=1&p=%2Fa"),
        ("/auth&", "/auth&?p=%2Fa"),
        ("/#/auth", "/?p=%2Fa#/auth"),
        ("/x?y#?z", "/x?y&p=%2Fa#?z"),
        ("https://login.example", "https://login.example?p=%2Fa"),
        ("HTTPS://login.example/in?x", "HTTPS://login.example/in?x&p=%2Fa"),
        ("javascript:alert(1)", "/javascript:alert(1)?p=%2Fa"),
        ("/für alle", "/f%C3%BCr%20alle?p=%2Fa"),
        ("/a\r\nset-cookie: b=c", "/a%0D%0Aset-cookie:%20b=c?p=%2Fa"),
    ] {
        let routes = Routes::new(route, route).sign_in_parameter("p").refresh_parameter("p");
        let back = routes.return_path(b"/a");
        assert_eq!(only(&routes.to_sign_in(&back), "location"), location);
        assert_eq!(only(&routes.to_refresh(&back), "location"), location);
    }
    let odd = Routes::new("/in", "/re").sign_in_parameter("a&b\n").refresh_parameter("ü=");
    let back = ReturnPath::default();
    assert_eq!(only(&odd.to_sign_in(&back), "location"), "/in?a%26b%0A=%2F");
    assert_eq!(only(&odd.to_refresh(&back), "location"), "/re?%C3%BC%3D=%2F");
}

#[test]
fn a_route_is_no_way_back_wherever_it_is() {
    for (route, refused, kept) in [
        ("/in/", "/in", "/inn"),
        ("/in?x", "/in/y", "/i"),
        ("/#/in", "/", "/in"),
        ("/", "/", "/in"),
        ("https://www.example/in?x", "/in", "/www.example/in"),
        ("https://login.example", "/", "/in"),
        ("/%C3%BC", "/%c3%bc", "/%C3"),
    ] {
        for routes in [Routes::new(route, "/none"), Routes::new("/none", route)] {
            assert_eq!(routes.return_path(refused.as_bytes()).as_str(), "/", "{route}");
            assert_eq!(routes.return_path(kept.as_bytes()).as_str(), kept, "{route}");
        }
    }
}

#[test]
fn the_way_back_is_found_in_a_query() {
    let routes = routes().refresh_parameter("stRedirectTo");
    for (query, expected) in [
        ("stRedirectTo=%2Fa%3Fb%3Dc", "/a?b=c"),
        ("x=y&stRedirectTo=%2fa&z", "/a"),
        ("?stRedirectTo=/a", "/a"),
        // As the middleware's own redirect has it.
        ("stRedirectTo=/a?b=c", "/a?b=c"),
        ("%73tRedirectTo=/a", "/a"),
        ("redirectToPath=/a", "/a"),
        ("redirecttopath=/a", "/"),
        ("", "/"),
        ("stRedirectTo", "/"),
        ("stRedirectTo=", "/"),
        ("x=stRedirectTo=/a", "/"),
        // Of two, readers take different ones.
        ("stRedirectTo=/a&stRedirectTo=/a", "/"),
        ("stRedirectTo=/a&%73tRedirectTo", "/"),
        ("stRedirectTo=/a&redirectToPath=/a", "/"),
        // Once, and judged then.
        ("stRedirectTo=%252Fa", "/"),
        ("stRedirectTo=/%252e%252e", "/"),
        ("stRedirectTo=/%25252e", "/%252e"),
        ("stRedirectTo=%2F%2Fevil.example", "/"),
        ("stRedirectTo=%2F%5Cevil.example", "/"),
        ("stRedirectTo=%2Fa%0D%0Aset-cookie:b", "/"),
        ("stRedirectTo=https%3A%2F%2Fevil.example", "/"),
        ("stRedirectTo=%2Fauth", "/"),
        ("stRedirectTo=/a%FF", "/"),
        // A `+` is a space to some and itself to others.
        ("stRedirectTo=/a?b+c", "/"),
        ("stRedirectTo=/a?b%2Bc", "/a?b+c"),
    ] {
        assert_eq!(routes.return_path_in(query.as_bytes()).as_str(), expected, "{query}");
    }
    let longest = format!("stRedirectTo=%2F{}", "a".repeat(2047));
    assert_eq!(routes.return_path_in(longest.as_bytes()).as_str().len(), 2048);
    assert_eq!(routes.return_path_in(format!("{longest}a").as_bytes()).as_str(), "/");
}

/// Where a browser on `https://site.example` goes for a `Location`: origin, and path with query.
/// The URL standard's parser, as far as a text that begins with no scheme of ours needs it.
fn browse(location: &str) -> (String, String) {
    let location: String = location
        .trim_matches(|c: char| c <= ' ')
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .collect();
    let is_scheme = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    if let Some((scheme, rest)) = location.split_once(':').filter(|(text, _)| is_scheme(text)) {
        return (scheme.to_owned(), rest.to_owned());
    }
    let end = location.find(['?', '#']).unwrap_or(location.len());
    let path = location[..end].replace('\\', "/");
    if let Some(authority) = path.strip_prefix("//") {
        return (authority.to_owned(), String::new());
    }
    assert!(path.starts_with('/'), "relative to a page of any path: {location}");
    let mut segments: Vec<&str> = Vec::new();
    let parts: Vec<&str> = path[1..].split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        match part.to_ascii_lowercase().replace("%2e", ".").as_str() {
            ".." => drop(segments.pop()),
            "." => {}
            _ => {
                segments.push(part);
                continue;
            }
        }
        if is_last {
            segments.push("");
        }
    }
    let path = format!("/{}{}", segments.join("/"), &location[end..]);
    ("https://site.example".to_owned(), path)
}

#[test]
fn the_reading_of_the_url_standard_knows_tricks() {
    let site = "https://site.example";
    for (location, origin, path) in [
        ("/a/./b/../c?d#e", site, "/a/c?d#e"),
        ("/a/%2E%2e", site, "/"),
        ("/a/.", site, "/a/"),
        ("/.//evil.example", site, "//evil.example"),
        ("//evil.example", "evil.example", ""),
        ("/\\evil.example", "evil.example", ""),
        ("/\t/evil.example", "evil.example", ""),
        (" javascript:x", "javascript", "x"),
    ] {
        assert_eq!(browse(location), (origin.to_owned(), path.to_owned()), "{location}");
    }
}

/// Bytes that mean something somewhere, and any others.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let pieces: &[&[u8]] = &[
        b"/",
        b"/",
        b"/",
        b"\\",
        b".",
        b"..",
        b"%2e",
        b"%2E",
        b"%2f",
        b"%5c",
        b"%",
        b"?",
        b"#",
        b"@",
        b":",
        b"https:",
        b"evil.example",
        b"a",
        b"auth",
        b"session",
        b"refresh-page",
        b"\t",
        b"\n",
        b"\r",
        b" ",
        b"\0",
        b"\x7f",
        b"\xc3\xa4",
        b"\xff",
        b"+",
        b"&",
        b"=",
    ];
    let clever = prop::collection::vec(select(pieces), 0..9);
    let clever = clever.prop_map(|pieces| [b"/", pieces.concat().as_slice()].concat());
    prop_oneof![
        4 => clever,
        1 => "/[!-~]{0,20}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..20),
    ]
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_browser_stays_on_the_site_and_asks_for_that_path(target in hostile()) {
        let routes = routes();
        let back = routes.return_path(&target);
        let response = routes.to(&back);
        let location = only(&response, "location");
        let expected = ("https://site.example".to_owned(), back.as_str().to_owned());
        prop_assert_eq!(browse(location), expected);
        prop_assert!(back.as_str().as_bytes() == target || back == ReturnPath::default());
        // Once judged, always the same.
        prop_assert_eq!(routes.return_path(back.as_str().as_bytes()), back);
    }

    #[test]
    fn a_query_is_as_hostile_as_a_path(
        head in "(|\\?|a=b&)(redirectToPath|redirectToPat%68)=", value in hostile(), tail in "(|&x)",
    ) {
        let routes = routes();
        let query = [head.as_bytes(), &value, tail.as_bytes()].concat();
        let back = routes.return_path_in(&query);
        let (origin, path) = browse(only(&routes.to(&back), "location"));
        prop_assert_eq!((origin.as_str(), path.as_str()), ("https://site.example", back.as_str()));
    }

    #[test]
    fn a_path_survives_the_trip_through_the_refresh_route(
        target in hostile(), route in "/[a-z]{1,4}(|\\?x=y|\\?|#z)", name in "\\PC{1,4}",
    ) {
        // The route's own.
        prop_assume!(name != "x");
        let routes = Routes::new("/auth", &route).refresh_parameter(&name);
        let back = routes.return_path(&target);
        let response = routes.to_refresh(&back);
        // What the browser then asks for.
        let location = only(&response, "location").split('#').next().unwrap();
        let (_, query) = location.split_once('?').unwrap();
        prop_assert_eq!(routes.return_path_in(query.as_bytes()), back);
    }

    #[test]
    fn no_route_splits_a_field(route in "(?s).{0,12}", name in "(?s).{0,6}") {
        let routes = Routes::new(&route, &route).sign_in_parameter(&name).refresh_parameter(&name);
        let back = routes.return_path(b"/a");
        for response in [routes.to_sign_in(&back), routes.to_refresh(&back), routes.to(&back)] {
            prop_assert!(is_field_value(only(&response, "location")));
        }
    }
}
