//! What is not proved as a whole: the decisions. `calls.rs` reads out of the program which functions
//! can reach a panic nevertheless, and by what. None of it is run. Names that are not mangled stay
//! for the linker, whatever the compiler inlines or folds.

#![no_std]
#![no_main]

mod ground;
mod panics;

use core::arch::global_asm;
use core::hint::black_box;
use core::mem::MaybeUninit;

use supertokens_session::{
    ApiDecision, ApiRequest, Keys, Request, SessionDecision, TokenCache, UnixMillis,
};

global_asm!(".globl a_panic", "a_panic: ud2");

#[unsafe(no_mangle)]
extern "C" fn page_decide(
    request: &Request<'_>,
    keys: &Keys,
    now: &UnixMillis,
    result: &mut MaybeUninit<SessionDecision>,
) {
    result.write(request.decide(keys, *now));
}

#[unsafe(no_mangle)]
extern "C" fn page_decide_with(
    request: &Request<'_>,
    cache: &mut TokenCache,
    keys: &Keys,
    now: &UnixMillis,
    result: &mut MaybeUninit<SessionDecision>,
) {
    result.write(request.decide_with(cache, keys, *now));
}

#[unsafe(no_mangle)]
extern "C" fn api_decide(
    request: &ApiRequest<'_>,
    keys: &Keys,
    now: &UnixMillis,
    result: &mut MaybeUninit<ApiDecision>,
) {
    result.write(request.decide(keys, *now));
}

#[unsafe(no_mangle)]
extern "C" fn api_decide_with(
    request: &ApiRequest<'_>,
    cache: &mut TokenCache,
    keys: &Keys,
    now: &UnixMillis,
    result: &mut MaybeUninit<ApiDecision>,
) {
    result.write(request.decide_with(cache, keys, *now));
}

#[unsafe(no_mangle)]
extern "C" fn _start() {
    black_box([
        page_decide as *const (),
        page_decide_with as *const (),
        api_decide as *const (),
        api_decide_with as *const (),
    ]);
    panics::start();
}
