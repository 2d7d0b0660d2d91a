//! The `decide` example as a WebAssembly module that imports nothing: JSON Lines in, decisions out.

#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec;
use core::panic::PanicInfo;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

/// Room for so many bytes of input.
#[unsafe(no_mangle)]
extern "C" fn room(length: usize) -> *mut u8 {
    let room: Box<[u8]> = vec![0; length].into_boxed_slice();
    Box::into_raw(room).cast()
}

/// Decides the lines that were written to the room. The address of the output is in the upper half
/// of the result, its length in the lower one; it stays where it is until the module is dropped.
///
/// # Safety
///
/// `input` is from [`room`], was made with this `length`, and is used no more.
#[unsafe(no_mangle)]
unsafe extern "C" fn decide(input: *mut u8, length: usize) -> u64 {
    // SAFETY: the caller's promise.
    let input = unsafe { Box::from_raw(core::ptr::slice_from_raw_parts_mut(input, length)) };
    let mut output = String::new();
    samples::decide(&input, |text| output.push_str(text));
    let output = output.leak();
    (output.as_ptr().addr() as u64) << 32 | output.len() as u64
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    #[cfg(target_arch = "wasm32")]
    core::arch::wasm32::unreachable();
    #[cfg(not(target_arch = "wasm32"))]
    loop {}
}
