//! An allocator that counts what the current thread asks for and gives back. Each program that counts
//! installs it:
//! `#[global_allocator] static COUNTING: Counting = Counting;`
#![allow(unreachable_pub, reason = "a module of tests and examples")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

#[derive(Debug)]
pub struct Counting;

thread_local! {
    /// Calls and bytes. `const`, so that reading it never allocates by itself.
    static COST: Cell<(u64, u64)> = const { Cell::new((0, 0)) };
    /// Bytes asked for, less those given back; below zero where another thread had asked for them.
    static LIVE: Cell<i64> = const { Cell::new(0) };
}

fn count(bytes: usize) {
    // A thread that ends may free and allocate after its locals are gone; that is not measured.
    let _ = COST.try_with(|cost| {
        let (calls, sum) = cost.get();
        cost.set((calls + 1, sum + bytes as u64));
    });
}

fn hold(bytes: usize) {
    let _ = LIVE.try_with(|live| live.set(live.get() + bytes as i64));
}

fn give_back(bytes: usize) {
    let _ = LIVE.try_with(|live| live.set(live.get() - bytes as i64));
}

// SAFETY: every call goes to `System` as it came; counting touches no memory of the caller's.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        hold(layout.size());
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        give_back(layout.size());
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    /// One call, as it may move everything; its bytes are counted anew.
    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        give_back(layout.size());
        hold(size);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

/// What `work` gives, and the allocations and bytes it took on this thread.
pub fn cost<T>(work: impl FnOnce() -> T) -> (T, u64, u64) {
    let (calls, bytes) = COST.get();
    let result = work();
    let (calls_after, bytes_after) = COST.get();
    (result, calls_after - calls, bytes_after - bytes)
}

/// The bytes this thread has asked for and not given back. Two moments can be compared where what
/// was made between them on this thread was dropped on it as well.
pub fn live() -> i64 {
    LIVE.get()
}
