//! What a program without `std` must have, as names: a panic, an allocator that never fails, and C's
//! functions on memory. A program that is never run needs no more of them.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::global_asm;

unsafe extern "C" {
    /// Where every panic ends. Nobody defines it but who wants to see what leads there.
    fn a_panic() -> !;
    /// Where memory that there is not ends.
    fn out_of_memory() -> !;
    fn take(size: usize, align: usize) -> *mut u8;
    fn give_back(memory: *mut u8);
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    // SAFETY: never run.
    unsafe { a_panic() }
}

struct Heap;

#[global_allocator]
static HEAP: Heap = Heap;

// SAFETY: never run.
unsafe impl GlobalAlloc for Heap {
    // The compiler can see that this is never null, so that what a library does about memory that it
    // has not got is not taken for a panic of a decision's.
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        let memory = unsafe { take(layout.size(), layout.align()) };
        if memory.is_null() {
            // SAFETY: as above.
            unsafe { out_of_memory() }
        }
        memory
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: as above.
        unsafe { give_back(memory) }
    }
}

// The last two are named by the toolchain's `alloc`, which was compiled with unwinding.
global_asm!(
    ".globl memcpy, memmove, memset, memcmp, bcmp, take, give_back, out_of_memory",
    ".globl rust_eh_personality, _Unwind_Resume",
    "memcpy: ud2",
    "memmove: ud2",
    "memset: ud2",
    "memcmp: ud2",
    "bcmp: ud2",
    "take: ud2",
    "give_back: ud2",
    "out_of_memory: ud2",
    "rust_eh_personality: ud2",
    "_Unwind_Resume: ud2",
);
