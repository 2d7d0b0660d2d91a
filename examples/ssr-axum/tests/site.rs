//! The site over real HTTP, through every decision; `cargo test -p ssr-axum`. The clock is the test's
//! own, so nothing here waits for time to pass.

#[path = "site/browser.rs"]
mod browser;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use browser::Browser;
use ssr_axum::Now;
use ssr_axum::issuer::{Issuer, PUBLISHED_AHEAD, TOKEN_LIFE};
use ssr_axum::site::{Config, Site};
use supertokens_session::UnixMillis;
use tokio::net::TcpListener;

/// A site, its issuer, a clock and a visitor.
struct World {
    clock: Arc<AtomicU64>,
    browser: Browser,
    site: String,
    issuer: String,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    /// With a site that is set up in some other way.
    async fn with(change: impl FnOnce(&mut Config)) -> Self {
        let clock = Arc::new(AtomicU64::new(1_750_000_000_000));
        let seen = clock.clone();
        let now: Now = Arc::new(move || UnixMillis::from_millis(seen.load(Ordering::Relaxed)));
        let [(site_listener, site), (issuer_listener, issuer)] = [listen().await, listen().await];
        let router = Issuer::new(site.clone(), now.clone()).router();
        tokio::spawn(async { axum::serve(issuer_listener, router).await });
        let mut config = Config {
            core: issuer.clone(),
            api: format!("{issuer}/auth"),
            own: site.clone(),
            demo: Some(issuer.clone()),
        };
        change(&mut config);
        let router = Site::new(config, now).router();
        tokio::spawn(async { axum::serve(site_listener, router).await });
        Self { clock, browser: Browser::default(), site, issuer }
    }

    fn pass(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap();
        self.clock.fetch_add(millis, Ordering::Relaxed);
    }

    async fn sign_in(&mut self) {
        self.browser.post(&format!("{}/auth", self.site), FORM).await;
    }

    /// Signs in, verifies the address, and brings the token that says so.
    async fn sign_in_verified(&mut self) {
        self.sign_in().await;
        self.press("verify").await;
        self.browser.get(&format!("{}/auth/session/refresh", self.site)).await;
        self.browser.assert(200, "Signed in");
    }

    /// Presses a button of the demo; the browser is led back to the page.
    async fn press(&mut self, button: &str) {
        self.browser.post(&format!("{}/demo/{button}", self.issuer), "").await;
    }

    async fn reload(&mut self) {
        self.browser.get(&format!("{}/account", self.site)).await;
    }
}

const FORM: &str = "email=ada%40example.com&password=secret";

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_stranger_signs_in_and_comes_back_to_where_he_was_going() {
    let mut world = World::new().await;
    world.browser.get(&format!("{}/account?tab=2", world.site)).await;
    world.browser.assert(200, "Sign in");
    let sign_in = "/auth?redirectToPath=%2Faccount%3Ftab%3D2";
    assert_eq!(world.browser.visited, ["/account?tab=2", sign_in]);
    world.browser.post(&format!("{}{sign_in}", world.site), "email=nobody&password=x").await;
    world.browser.assert(200, "That did not work");
    world.browser.post(&format!("{}{sign_in}", world.site), FORM).await;
    world.browser.assert(403, "Verify your e-mail address");
    assert_eq!(world.browser.visited, [sign_in, "/account?tab=2"]);
}

#[tokio::test]
async fn no_return_path_leads_to_another_site() {
    let mut world = World::new().await;
    for path in ["//evil.example", "https://evil.example", "%2F%5Cevil.example", ""] {
        world.sign_in().await;
        let url = format!("{}/auth/session/refresh?redirectToPath={path}", world.site);
        world.browser.get(&url).await;
        assert!(world.browser.visited[1].starts_with('/'), "{:?}", world.browser.visited);
        assert!(!world.browser.visited[1].contains("evil"), "{:?}", world.browser.visited);
    }
}

#[tokio::test]
async fn a_user_sees_his_claims_and_what_the_api_says() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.browser.assert(200, "<b>ada@example.com</b>");
    world.browser.assert(200, "&quot;tId&quot;:&quot;public&quot;");
    world.browser.assert(200, "Hello ada@example.com");
}

#[tokio::test]
async fn what_a_user_writes_is_text_on_the_page() {
    let mut world = World::new().await;
    let form = "email=%3Cscript%3E%27%22%26%40example.com&password=secret";
    world.browser.post(&format!("{}/auth", world.site), form).await;
    world.press("verify").await;
    world.browser.get(&format!("{}/auth/session/refresh", world.site)).await;
    world.browser.assert(200, "<b>&lt;script&gt;&#39;&quot;&amp;@example.com</b>");
    assert!(!world.browser.body.contains("<script"), "{}", world.browser.body);
}

#[tokio::test]
async fn the_api_refuses_in_the_words_of_the_sdk() {
    let mut world = World::new().await;
    let url = format!("{}/api/user", world.site);
    world.browser.get(&url).await;
    world.browser.assert(401, r#"{"message":"unauthorised"}"#);
    assert_eq!(world.browser.header("content-type"), Some("application/json; charset=utf-8"));
    world.sign_in().await;
    world.browser.get(&url).await;
    world
        .browser
        .assert(403, r#"{"message":"invalid claim","claimValidationErrors":[{"id":"st-ev","#);
    world.pass(TOKEN_LIFE);
    world.browser.get(&url).await;
    world.browser.assert(401, r#"{"message":"try refresh token"}"#);
}

#[tokio::test]
async fn an_expired_token_is_refreshed_on_the_way() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    for _ in 0..8 {
        world.pass(TOKEN_LIFE);
        world.reload().await;
        world.browser.assert(200, "Signed in");
        assert_eq!(world.browser.visited.len(), 3, "{:?}", world.browser.visited);
        assert!(world.browser.visited[1].starts_with("/auth/session/refresh?"));
    }
}

#[tokio::test]
async fn an_unverified_address_has_a_page_of_its_own() {
    let mut world = World::new().await;
    world.sign_in().await;
    world.browser.assert(403, "Verify your e-mail address");
    world.browser.assert(403, "st-ev");
    world.press("verify").await;
    world.browser.assert(403, "Verify your e-mail address");
    world.browser.get(&format!("{}/auth/session/refresh", world.site)).await;
    world.browser.assert(200, "Signed in");
}

#[tokio::test]
async fn a_new_key_signs_nobody_out() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.press("rotate").await;
    world.browser.assert(200, "Signed in");
    let kid = world.browser.kid();
    world.pass(PUBLISHED_AHEAD);
    world.reload().await;
    world.browser.assert(200, "Signed in");
    assert_eq!(world.browser.visited.len(), 3);
    assert_ne!(world.browser.kid(), kid);
}

#[tokio::test]
async fn an_outage_of_the_core_harms_nobody_until_a_new_key_and_then_is_a_503() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.press("stop-core").await;
    world.browser.assert(200, "Signed in");
    world.press("rotate").await;
    world.pass(PUBLISHED_AHEAD);
    for _ in 0..3 {
        world.reload().await;
        world.browser.assert(503, "Not available right now");
        assert!(world.browser.header("retry-after").unwrap().parse::<u64>().unwrap() >= 1);
        world.pass(Duration::from_millis(100));
    }
    assert_eq!(world.browser.visited, ["/account"]);
    world.press("start-core").await;
    world.pass(Duration::from_secs(5));
    world.reload().await;
    world.browser.assert(200, "Signed in");
}

#[tokio::test]
async fn without_keys_a_cold_site_answers_503() {
    let mut world = World::new().await;
    world.press("stop-core").await;
    world.sign_in().await;
    world.browser.assert(503, "Not available right now");
}

#[tokio::test]
async fn an_auth_api_that_is_down_signs_nobody_out() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.press("stop-api").await;
    world.browser.assert(200, "Signed in");
    world.pass(TOKEN_LIFE);
    world.reload().await;
    world.browser.assert(503, "the auth API does not answer");
    world.press("start-api").await;
    world.browser.assert(200, "Signed in");
}

#[tokio::test]
async fn an_api_of_the_site_that_is_down_is_an_error_page() {
    let mut world = World::with(|config| config.own = "http://127.0.0.1:1".into()).await;
    world.sign_in().await;
    world.press("verify").await;
    world.browser.get(&format!("{}/auth/session/refresh", world.site)).await;
    world.browser.assert(503, "Not available right now");
    assert_eq!(world.browser.visited.len(), 3);
}

#[tokio::test]
async fn two_cookies_of_one_name_are_refreshed_and_then_given_up_on() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.press("second-cookie").await;
    world.browser.assert(500, "Something is wrong with your session");
    let refreshes = world.browser.visited.iter().filter(|path| path.contains("refresh")).count();
    assert_eq!(refreshes, 5, "{:?}", world.browser.visited);
    world.press("one-cookie").await;
    world.browser.assert(200, "Signed in");
}

#[tokio::test]
async fn a_refresh_loop_ends_and_leads_to_sign_out() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.press("static-key").await;
    world.browser.assert(200, "Signed in");
    world.pass(TOKEN_LIFE);
    world.reload().await;
    world.browser.assert(500, "Something is wrong with your session");
    let refreshes = world.browser.visited.iter().filter(|path| path.contains("refresh")).count();
    assert_eq!(refreshes, 5, "{:?}", world.browser.visited);
    world.browser.post(&format!("{}/auth/signout", world.site), "").await;
    world.browser.assert(200, "Sign in");
    world.press("dynamic-key").await;
    world.sign_in().await;
    world.browser.assert(200, "Signed in");
}

#[tokio::test]
async fn signing_out_is_for_good() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.browser.post(&format!("{}/auth/signout", world.site), "").await;
    world.browser.assert(200, "Sign in");
    world.reload().await;
    world.browser.assert(200, "Sign in");
}

#[tokio::test]
async fn a_session_that_the_api_has_ended_leads_to_sign_in() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.browser.set_cookie("sRefreshToken=unknown; Path=/auth/session/refresh");
    world.pass(TOKEN_LIFE);
    world.reload().await;
    world.browser.assert(200, "Sign in");
    assert_eq!(world.browser.visited.len(), 3);
}

#[tokio::test]
async fn the_core_is_asked_about_a_token_that_says_so() {
    let mut world = World::new().await;
    world.sign_in_verified().await;
    world.press("ask").await;
    world.pass(TOKEN_LIFE);
    world.reload().await;
    world.browser.assert(200, "Hello ada@example.com");
    // The API cannot ask; the page alone could decide.
    world.press("stop-core").await;
    world.browser.assert(503, "Not available right now");
    world.press("start-core").await;
    world.browser.assert(200, "Signed in");
}

#[tokio::test]
async fn a_session_that_ended_elsewhere_ends_here_when_the_core_is_asked() {
    let mut world = World::new().await;
    world.press("ask").await;
    world.sign_in_verified().await;
    let cookies = world.browser.jar.clone();
    world.browser.post(&format!("{}/auth/signout", world.site), "").await;
    // Another browser with the same cookies.
    world.browser.jar = cookies;
    world.reload().await;
    world.browser.assert(200, "Sign in");
    let visited: Vec<_> =
        world.browser.visited.iter().map(|path| path.split('?').next().unwrap()).collect();
    assert_eq!(visited, ["/account", "/auth/session/refresh", "/auth"]);
}
