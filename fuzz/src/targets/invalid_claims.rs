//! Invariant: an API's answer is read as a naive reader reads it, written as JavaScript would, and read again.
//!
//! Input: two bytes of a status, then the body.

use supertokens_session::{Gate, InvalidClaims, PagePolicy, Reason, SessionDecision};

use crate::doubles::held::{self, SESSION};
use crate::doubles::js::{self, Js};
use crate::doubles::json::{self, Limits};
use crate::targets::claims::same;

pub fn run(data: &[u8]) {
    let [high, low, body @ ..] = data else { return };
    let read = InvalidClaims::from_json(body);
    let own = failures(body);
    assert_eq!(read.is_some(), own.is_some());
    if let (Some(read), Some(own)) = (&read, &own) {
        agree(read, own);
    }
    let gate = Gate::page(PagePolicy::default());
    let request = gate.request("GET", []);
    for status in [u16::from_be_bytes([*high, *low]), 200, 401, 403] {
        let decision = request.api_answered(SESSION.clone(), status, body, held::now());
        match (status, &read, &decision) {
            (200..=299, _, _) => {
                assert_eq!(decision, SessionDecision::Authenticated(SESSION.clone()));
            }
            (401, _, _) => assert_eq!(decision, SessionDecision::TryRefresh(Reason::ApiRefused)),
            (403, Some(read), SessionDecision::InvalidClaims(invalid)) => {
                assert_eq!(invalid.failures(), read.failures());
                assert_eq!(invalid.session(), Some(&*SESSION));
            }
            _ => {
                assert!(matches!(decision, SessionDecision::Unavailable(_)), "{status}");
                assert_eq!(decision.reason(), Some(Reason::ApiAnswer), "{status}");
            }
        }
    }
}

/// Ids and reasons.
fn failures(body: &[u8]) -> Option<Vec<(String, Option<Js>)>> {
    let limits = Limits { depth: 69, marks: 8 * 288, ..json::PAYLOAD };
    json::strict(body, limits).filter(|_| body.len() <= 64 * 1024)?;
    let body = Js::parse(std::str::from_utf8(body).ok()?);
    let Js::Array(all) = body.get("claimValidationErrors")? else { return None };
    if all.is_empty() || all.len() > 64 {
        return None;
    }
    let failure = |one: &Js| match one.get("id") {
        Some(Js::Text(id)) => Some((id.clone(), one.get("reason").cloned())),
        _ => None,
    };
    all.iter().map(failure).collect()
}

fn agree(read: &InvalidClaims, own: &[(String, Option<Js>)]) {
    let print = |(id, reason): &(String, Option<Js>)| {
        let reason = reason.as_ref().map(|reason| format!(",\"reason\":{}", reason.print()));
        format!("{{\"id\":{}{}}}", js::quoted(id), reason.unwrap_or_default())
    };
    let all: Vec<String> = own.iter().map(print).collect();
    let json = read.to_json();
    assert_eq!(json, format!("[{}]", all.join(",")));
    assert_eq!(read.session(), None);
    assert_eq!(read.failures().len(), own.len());
    for (failure, (id, reason)) in read.failures().iter().zip(own) {
        assert_eq!(failure.id(), id);
        assert!(!failure.refetch_could_cure());
        assert_eq!(failure.reason().is_some(), reason.is_some());
        if let (Some(found), Some(reason)) = (failure.reason(), reason) {
            same(found.as_value(), reason);
            let message = match reason.get("message") {
                Some(Js::Text(message)) => Some(message.as_str()),
                _ => None,
            };
            assert_eq!(found.message(), message);
        }
    }
    // What is written is longer where a number is, and escapes may be more.
    let body = format!(r#"{{"claimValidationErrors":{json}}}"#);
    if failures(body.as_bytes()).is_some() {
        assert_eq!(InvalidClaims::from_json(body.as_bytes()).as_ref(), Some(read));
    }
}
