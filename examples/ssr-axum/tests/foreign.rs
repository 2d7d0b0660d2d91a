//! What another site can have a visitor's browser do to this one, and what caches and clients see; over
//! real HTTP.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, COOKIE, ORIGIN, SET_COOKIE};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::json;
use ssr_axum::Now;
use ssr_axum::http::{Got, Http};
use ssr_axum::issuer::Issuer;
use ssr_axum::site::{Config, Site};
use supertokens_session::UnixMillis;
use tokio::net::TcpListener;

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    url
}

fn now() -> Now {
    Arc::new(|| UnixMillis::from_secs(1_750_000_000))
}

/// A site whose auth API this is.
async fn site(api: Router) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let own = format!("http://{}", listener.local_addr().unwrap());
    let issuer = serve(api).await;
    let (core, api) = (issuer.clone(), format!("{issuer}/auth"));
    let config = Config { core, api, own: own.clone(), demo: None };
    let router = Site::new(config, now()).router();
    tokio::spawn(async { axum::serve(listener, router).await });
    (own, issuer)
}

/// What a browser sends for a form that another site has it send by itself.
async fn foreign_form(url: &str, cookie: Option<&str>, form: &'static str) -> Got {
    let mut request = Request::post(url)
        .header(ORIGIN, "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    Http::default().send(request, Body::from(form), Duration::from_secs(9)).await.unwrap()
}

/// Login CSRF: a visitor is signed in as whoever the other site's form says. The auth API itself takes
/// JSON only, which no form can send; this route has taken that protection away.
#[tokio::test]
async fn another_site_s_form_signs_nobody_in() {
    let (site, _) = site(Issuer::new(String::new(), now()).router()).await;
    let form = "email=mallory%40example.com&password=x";
    let got = foreign_form(&format!("{site}/auth"), None, form).await;
    assert!(!got.headers.contains_key(SET_COOKIE), "{got:?}");
}

/// A navigation from another site brings no `SameSite=Lax` cookies, but what its answer sets is set.
#[tokio::test]
async fn another_site_s_form_signs_nobody_out() {
    let (site, _) = site(Issuer::new(String::new(), now()).router()).await;
    let got = foreign_form(&format!("{site}/auth/signout"), None, "").await;
    assert!(!got.headers.contains_key(SET_COOKIE), "{got:?}");
}

/// Where the backend's cookies are `SameSite=None`, `rid` is its only protection (`VIA_CUSTOM_HEADER`).
/// The site adds it to whatever request comes, whoever made the browser send it.
#[tokio::test]
async fn a_foreign_request_is_not_given_the_header_that_no_other_site_can_send() {
    let api = Router::new().route(
        "/auth/signout",
        post(async |headers: HeaderMap| {
            let status = if headers.contains_key("rid") && headers.contains_key(COOKIE) {
                // The session is over, for good.
                "OK"
            } else {
                return (StatusCode::UNAUTHORIZED, Json(json!({"message": "try refresh token"})));
            };
            (StatusCode::OK, Json(json!({"status": status, "was_taken_for": "the visitor's wish"})))
        }),
    );
    let (site, _) = site(api).await;
    let got = foreign_form(&format!("{site}/auth/signout"), Some("sAccessToken=x"), "").await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "{got:?}");
}

/// `README.md`: every answer that is no page is not for a cache, and an API says so in JSON.
#[tokio::test]
async fn an_api_without_keys_answers_as_the_library_would() {
    // There is no core here.
    let (site, _) = site(Router::new()).await;
    // Any token of the right shape: the keys are wanted before its signature is.
    let token = include_str!("../../../tests/data/v5.token").trim();
    let request =
        Request::get(format!("{site}/api/user")).header("authorization", format!("Bearer {token}"));
    let got = Http::default().send(request, Body::empty(), Duration::from_secs(9)).await.unwrap();
    let request =
        Request::get(format!("{site}/api/user")).header("authorization", format!("Bearer {token}"));
    let again = Http::default().send(request, Body::empty(), Duration::from_secs(9)).await.unwrap();
    for got in [got, again] {
        assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(
            got.headers.get(CACHE_CONTROL).map(|v| v.as_bytes()),
            Some(&b"no-store"[..]),
            "{got:?}"
        );
        assert_eq!(&got.body[..], br#"{"message":"service unavailable"}"#);
    }
}
