//! What a person sees. Plain HTML without a line of script: each step is a link, a form or a redirect.

use std::fmt::Display;

use supertokens_session::{Reason, Session, UnixMillis};

use crate::issuer;

/// A page but for its frame.
#[derive(Debug)]
pub struct Page(&'static str, String);

impl Page {
    /// `demo` is where the issuer's buttons are, if it has any.
    #[must_use]
    pub fn with_buttons(&self, demo: Option<&str>) -> String {
        let Self(title, body) = self;
        let buttons = demo.map(issuer::buttons).unwrap_or_default();
        format!(
            "<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title>\
             <meta name=viewport content='width=device-width'>\
             <style>body{{font:1rem/1.5 sans-serif;max-width:44rem;margin:2rem auto;padding:0 1rem}}\
             form{{display:inline}}div{{margin:.5rem 0}}\
             pre{{white-space:pre-wrap;overflow-wrap:anywhere;background:#eee;padding:.5rem}}</style>\
             <h1>{title}</h1>{body}{buttons}</html>"
        )
    }
}

/// A form that is one button.
pub fn post(to: &str, text: &str) -> String {
    format!("<form method=post action='{to}'><button>{text}</button></form>")
}

/// For a signed-in user.
pub fn account(session: &Session, api_said: &str, now: UnixMillis) -> Page {
    let body = format!(
        "<p>You are <b>{}</b>. This access token expires in {} s.\
         <div><a href=/account>Reload</a> {}</div>\
         <h2>What the API said</h2><pre>{}</pre><h2>Your claims</h2><pre>{}</pre>",
        escape(session.user_id()),
        session.expires_at().since(now).as_secs(),
        post("/auth/signout", "Sign out"),
        escape(api_said),
        escape(session.payload_json()),
    );
    Page("Signed in", body)
}

/// The form that signs in. It is sent to where it came from, so the way back stays in the query.
#[must_use]
pub fn sign_in(failed: bool, is_demo: bool) -> Page {
    let failed = if failed { "<p>That did not work." } else { "" };
    let hint = if is_demo { "<p>The demo lets in anybody, with any password." } else { "" };
    let body = format!(
        "{failed}{hint}<form method=post>\
         <p><label>E-mail <input name=email value=ada@example.com></label>\
         <p><label>Password <input name=password type=password value=secret></label>\
         <p><button>Sign in</button></form>"
    );
    Page("Sign in", body)
}

/// For a user whose session lacks what the page wants.
#[must_use]
pub fn invalid_claims(failures: &str) -> Page {
    let body = format!(
        "<p>This page is for users with a verified e-mail address.<pre>{}</pre>\
         <p>When you have verified it, <a href='/auth/session/refresh?redirectToPath=/account'>go \
         on</a>: that brings a new token, in which it says so. {}",
        escape(failures),
        post("/auth/signout", "Sign out"),
    );
    Page("Verify your e-mail address", body)
}

/// Refreshing does not help. The way out signs out first: the browser still believes in its session.
#[must_use]
pub fn refresh_loop(why: Reason) -> Page {
    let body = format!(
        "<p>Your session was refreshed again and again, and still cannot be used: {}. \
         <a href=/account>Try again</a> in ten seconds, or: {}",
        escape(why),
        post("/auth/signout", "Sign out and in again"),
    );
    Page("Something is wrong with your session", body)
}

/// Nobody can tell now who this is.
pub fn unavailable(why: impl Display, seconds: &str) -> Page {
    let body = format!(
        "<p>Nobody can tell now whether you are signed in: {}. \
         <a href=/account>Try again</a> in {seconds} s.",
        escape(why)
    );
    Page("Not available right now", body)
}

/// Text as HTML.
fn escape(text: impl Display) -> String {
    let mut safe = String::new();
    for character in text.to_string().chars() {
        match character {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\'' => safe.push_str("&#39;"),
            '"' => safe.push_str("&quot;"),
            other => safe.push(other),
        }
    }
    safe
}
