//! What a person sees. Plain HTML without a line of script: each step is a link, a form or a redirect.

use serde_json::Value;
use supertokens_session::{Session, UnixMillis};

/// The frame of every page. `demo` is where the issuer's buttons are, if it has any.
fn page(title: &str, body: &str, demo: Option<&str>) -> String {
    let buttons = demo.map(buttons).unwrap_or_default();
    format!(
        "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>\
         <meta name=viewport content='width=device-width'>\
         <style>body{{font:1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}\
         form{{display:inline}}pre{{white-space:pre-wrap;background:#eee;padding:.5rem}}</style>\
         <h1>{title}</h1>{body}{buttons}</html>"
    )
}

/// What the demo issuer lets a visitor do to the world.
fn buttons(demo: &str) -> String {
    let buttons = [
        ("verify", "Verify my e-mail address"),
        ("rotate", "Rotate the key now"),
        ("core", "Stop or start the core"),
        ("api", "Stop or start the auth API"),
        ("second-cookie", "Add a second access token cookie"),
        ("one-cookie", "Remove it"),
        ("kind", "Sign with the other kind of key, or back"),
    ];
    let forms = buttons.map(|(name, text)| post(&format!("{demo}/demo/{name}"), text));
    format!("<hr><h2>The demo issuer</h2><p>{}", forms.join(" "))
}

fn post(to: &str, text: &str) -> String {
    format!("<form method=post action='{to}'><button>{text}</button></form>")
}

/// For a signed-in user.
pub fn account(session: &Session, api_said: &str, now: UnixMillis, demo: Option<&str>) -> String {
    let claims: Value = serde_json::from_str(session.payload_json()).unwrap_or_default();
    let body = format!(
        "<p>You are <b id=user>{}</b>. <a href=/account>Reload</a> {}\
         <p>This access token expires in {} s.\
         <h2>The claims</h2><pre>{}</pre><h2>What the API said</h2><pre id=api>{}</pre>",
        escape(session.user_id()),
        post("/auth/signout", "Sign out"),
        session.expires_at().since(now).as_secs(),
        escape(&format!("{claims:#}")),
        escape(api_said),
    );
    page("Signed in", &body, demo)
}

/// The form that signs in; comes back to `path`.
pub fn sign_in(path: &str, failed: bool, demo: Option<&str>) -> String {
    let failed = if failed { "<p id=failed>That did not work." } else { "" };
    let hint = demo.map_or("", |_| "<p>The demo lets in anybody, with any password.");
    let body = format!(
        "{failed}{hint}<form method=post action=/auth>\
         <input type=hidden name=redirectToPath value='{}'>\
         <p><label>E-mail <input name=email value=ada@example.com></label>\
         <p><label>Password <input name=password type=password value=secret></label>\
         <p><button>Sign in</button></form>",
        escape(path)
    );
    page("Sign in", &body, demo)
}

/// For a user whose session lacks what the page wants.
pub fn invalid_claims(failed: &str, demo: Option<&str>) -> String {
    let body = format!(
        "<p>This page is for users with a verified e-mail address. <span id=why>{}</span>\
         <p>When you have verified it, <a href='/auth/session/refresh?redirectToPath=/account'>go \
         on</a>: that brings a new token, in which it says so. {}",
        escape(failed),
        post("/auth/signout", "Sign out"),
    );
    page("Verify your e-mail address", &body, demo)
}

/// Refreshing does not help. Its way out signs out first: the browser still believes in its session.
pub fn refresh_loop(why: &str, demo: Option<&str>) -> String {
    let body = format!(
        "<p>Your session was refreshed again and again, and still cannot be used: \
         <span id=why>{}</span>. {}",
        escape(why),
        post("/auth/signout", "Sign out and in again"),
    );
    page("Something is wrong with your session", &body, demo)
}

/// Nobody can tell now who this is.
pub fn unavailable(why: &str, seconds: u64, demo: Option<&str>) -> String {
    let body = format!(
        "<p><span id=why>{}</span>. You are still signed in. \
         Please <a href=/account>try again</a> in {seconds} s.",
        escape(why)
    );
    page("Not available right now", &body, demo)
}

fn escape(text: &str) -> String {
    let mut safe = String::new();
    for character in text.chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '\'' => safe.push_str("&#39;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}
