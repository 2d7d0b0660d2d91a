//! What the reader must find: ways to a panic, as the compiler may leave them. The step says by which
//! name each has to be found.

extern crate alloc;

use alloc::vec::Vec;
use core::hint::black_box;

/// A panic in the entry itself.
#[unsafe(no_mangle)]
extern "C" fn panics_itself(bytes: &[u8; 8], at: usize) -> u8 {
    bytes[at]
}

/// In a function that is inlined.
#[unsafe(no_mangle)]
extern "C" fn panics_inlined(text: &&str) -> u8 {
    inlined(text)
}

#[inline(always)]
fn inlined(text: &str) -> u8 {
    text.parse().unwrap()
}

/// In one that is called, and last, so by a jump.
#[unsafe(no_mangle)]
extern "C" fn panics_called(numbers: &[u32; 2]) -> u32 {
    called(numbers[0], numbers[1])
}

#[inline(never)]
fn called(a: u32, b: u32) -> u32 {
    a / b
}

/// In two that are alike, of which the compiler makes one with two names.
#[unsafe(no_mangle)]
extern "C" fn panics_folded<'t>(text: &&'t str, at: usize, result: &mut &'t str) {
    *result = &text[at..];
}

#[unsafe(no_mangle)]
extern "C" fn panics_alike<'t>(text: &&'t str, at: usize, result: &mut &'t str) {
    *result = &text[at..];
}

/// In a library.
#[unsafe(no_mangle)]
extern "C" fn panics_in_library(bytes: &mut Vec<u16>) {
    bytes.push(1);
}

/// Nowhere.
#[unsafe(no_mangle)]
extern "C" fn panics_never(bytes: &[u8; 8], at: usize) -> u8 {
    *bytes.get(at).unwrap_or(&0)
}

pub(crate) fn start() {
    black_box([
        panics_itself as *const (),
        panics_inlined as *const (),
        panics_called as *const (),
        panics_folded as *const (),
        panics_alike as *const (),
        panics_in_library as *const (),
        panics_never as *const (),
    ]);
}
