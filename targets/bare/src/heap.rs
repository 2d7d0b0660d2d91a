//! The allocator: hands out a fixed piece of memory from front to back and takes nothing back.

use core::alloc::{GlobalAlloc, Layout};
use core::cell::UnsafeCell;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Enough for all samples.
const SIZE: usize = 4 * 1024 * 1024;

struct Heap {
    memory: UnsafeCell<[u8; SIZE]>,
    taken: AtomicUsize,
}

// SAFETY: `memory` is only ever reached through `alloc`, which gives each byte away once.
unsafe impl Sync for Heap {}

#[global_allocator]
static HEAP: Heap = Heap { memory: UnsafeCell::new([0; SIZE]), taken: AtomicUsize::new(0) };

// SAFETY: each block lies within `memory`, is aligned, and overlaps no other: `taken` never falls,
// and there is one thread.
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let memory = self.memory.get().cast::<u8>();
        let taken = self.taken.load(Ordering::Relaxed);
        let start = taken + memory.wrapping_add(taken).align_offset(layout.align());
        match start.checked_add(layout.size()) {
            Some(end) if end <= SIZE => {
                self.taken.store(end, Ordering::Relaxed);
                memory.wrapping_add(start)
            }
            _ => null_mut(),
        }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}

/// Bytes handed out so far.
pub(crate) fn taken() -> usize {
    HEAP.taken.load(Ordering::Relaxed)
}
