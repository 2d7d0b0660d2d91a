//! What is proved to be free of panics: it links, although nothing defines what a panic calls. So the
//! compiler has removed every way to one as one that cannot be gone, whatever the arguments.
//!
//! Each function is here for its code, as one that is exported; none is run.

#![no_std]
#![no_main]

mod ground;

use core::hint::black_box;
use core::mem::MaybeUninit;

use supertokens_session::{
    ApiDecision, ApiPolicy, ApiRequest, Gate, PagePolicy, Reason, Request, Session,
    SessionDecision, TokenCache, UnixMillis,
};

extern "C" fn page_request<'r>(
    gate: &'r Gate<PagePolicy>,
    method: &&str,
    fields: &&'r [&'r [u8]],
    result: &mut MaybeUninit<Request<'r>>,
) {
    result.write(gate.request(method, fields.iter().copied()));
}

extern "C" fn api_request<'r>(
    gate: &'r Gate<ApiPolicy>,
    method: &&str,
    fields: &&'r [&'r [u8]],
    [authorization, anti_csrf]: &[Option<&'r [u8]>; 2],
    result: &mut MaybeUninit<ApiRequest<'r>>,
) {
    let request = gate.request(method, fields.iter().copied());
    result.write(request.authorization(*authorization).anti_csrf(*anti_csrf));
}

extern "C" fn page_token<'r>(request: &Request<'r>, result: &mut Option<&'r str>) {
    *result = request.token();
}

extern "C" fn session(session: &Session, result: &mut [Option<&'static str>; 4], end: &mut u64) {
    let texts = [
        Some(session.user_id()),
        Some(session.tenant_id()),
        Some(session.recipe_user_id()),
        Some(session.session_handle()),
    ];
    for (result, text) in result.iter_mut().zip(texts) {
        *result = text.map(|text| if text.is_empty() { "" } else { "text" });
    }
    *end = session.expires_at().as_millis();
}

extern "C" fn page_reason(decision: &SessionDecision, result: &mut Option<Reason>) {
    *result = decision.reason();
}

extern "C" fn api_reason(decision: &ApiDecision, result: &mut Option<Reason>) {
    *result = decision.reason();
}

extern "C" fn page_copy(decision: &SessionDecision, result: &mut MaybeUninit<Session>) {
    if let SessionDecision::Authenticated(session) = decision {
        result.write(session.clone());
    }
}

extern "C" fn page_drop(decision: &mut MaybeUninit<SessionDecision>) {
    // SAFETY: never run.
    unsafe { decision.assume_init_drop() }
}

extern "C" fn api_drop(decision: &mut MaybeUninit<ApiDecision>) {
    // SAFETY: never run.
    unsafe { decision.assume_init_drop() }
}

extern "C" fn cache_numbers(cache: &TokenCache, result: &mut [usize; 2]) {
    *result = [cache.len(), cache.bytes()];
}

extern "C" fn times(result: &mut [UnixMillis; 2], span: &core::time::Duration) {
    let [a, b] = *result;
    *result = [a.saturating_add(*span), UnixMillis::since_epoch(b.since(a))];
}

/// Where the program would begin; with a panic of its own, to see that then it does not link.
#[unsafe(no_mangle)]
extern "C" fn _start() {
    #[cfg(feature = "panics")]
    black_box(panics as *const ());
    black_box([
        page_request as *const (),
        api_request as *const (),
        page_token as *const (),
        session as *const (),
        page_reason as *const (),
        api_reason as *const (),
        page_copy as *const (),
        page_drop as *const (),
        api_drop as *const (),
        cache_numbers as *const (),
        times as *const (),
    ]);
}

#[cfg(feature = "panics")]
extern "C" fn panics(cache: &TokenCache, bytes: &[u8; 8]) -> u8 {
    bytes[cache.len()]
}
