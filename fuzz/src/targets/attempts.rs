//! Invariant: refreshes are counted by the lowest copy of the cookie, and only a browser's own word ends them.
//!
//! Input: `Cookie` fields, NUL between them.

use supertokens_session::{Gate, PagePolicy, SessionDecision};

use crate::doubles::cookies;
use crate::doubles::held::{KEYS, now};

pub fn run(data: &[u8]) {
    let fields: Vec<&[u8]> = data.split(|byte| *byte == 0).collect();
    for (https, name) in [(true, "__Host-stRefreshAttempts"), (false, "stRefreshAttempts")] {
        let gate = Gate::page(PagePolicy::default().https(https));
        let request = gate.request("GET", fields.iter().copied());
        let decision = request.decide(&KEYS.0, now());
        let lowest = cookies::lowest_number(&fields, name);
        match &decision {
            SessionDecision::RefreshLoop(_) => {
                assert!(lowest.is_none_or(|lowest| lowest.is_some_and(|lowest| lowest >= 5)));
            }
            SessionDecision::TryRefresh(_) => {
                assert!(lowest.is_none_or(|lowest| lowest.is_none_or(|lowest| lowest < 5)));
            }
            _ => {}
        }
        let cookie = request.set_cookie(&decision);
        let Some(lowest) = lowest else {
            // More than may be read: then the end alone counts.
            continue;
        };
        let secure = if https { "; Secure" } else { "" };
        let with = |value: &str, age: u8| {
            format!("{name}={value}; Path=/; Max-Age={age}; HttpOnly{secure}; SameSite=Lax")
        };
        let expected = match &decision {
            SessionDecision::TryRefresh(_) => {
                Some(with(&(lowest.unwrap_or(0) + 1).to_string(), 10))
            }
            SessionDecision::Authenticated(_) | SessionDecision::InvalidClaims(_) => {
                lowest.map(|_| with("", 0))
            }
            _ => None,
        };
        assert_eq!(cookie, expected, "{decision:?}");
    }
}
