//! The program's stack, and how much of it a function takes: what lies below the stack pointer is
//! painted, and afterwards the paint that is left is counted. What the innermost function keeps
//! room for and does not touch is not seen.

use core::arch::naked_asm;
use core::cell::UnsafeCell;
use core::hint::black_box;

/// A fixed piece of memory, as on a machine that has no more.
const SIZE: usize = 64 * 1024;

/// Aligned as every one of the calling conventions wants it.
#[repr(align(16))]
struct Stack(UnsafeCell<[u8; SIZE]>);

// SAFETY: there is one thread.
unsafe impl Sync for Stack {}

static STACK: Stack = Stack(UnsafeCell::new([0; SIZE]));

/// No value that code is likely to leave behind; one that it does leave is counted as not taken.
const PAINT: u8 = 0xa5;

/// What `work` gives, and the bytes of stack it took.
#[inline(never)]
pub(crate) fn taken_by<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let bottom = STACK.0.get().cast::<u8>();
    let free = stack_pointer() - bottom.addr();
    for offset in 0..free {
        // SAFETY: below the stack pointer nothing is alive. An optimized build, the only one there
        // is, calls nothing for a volatile write.
        unsafe { bottom.add(offset).write_volatile(PAINT) };
    }
    let result = call(work);
    // SAFETY: within the stack; whatever stands there is a byte.
    let is_paint = |offset: &usize| unsafe { bottom.add(*offset).read_volatile() } == PAINT;
    let unused = (0..free).take_while(is_paint).count();
    assert!(unused > 0, "the stack is too small");
    (result, free - unused)
}

/// A frame of its own, so that what `work` holds is not in the frame of the caller already.
#[inline(never)]
fn call<T>(work: impl FnOnce() -> T) -> T {
    black_box(work())
}

fn stack_pointer() -> usize {
    let pointer: usize;
    // SAFETY: only reads a register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        core::arch::asm!("mov {}, rsp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(any(target_arch = "arm", target_arch = "aarch64"))]
        core::arch::asm!("mov {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
        #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
        core::arch::asm!("mv {}, sp", out(reg) pointer, options(nomem, nostack, preserves_flags));
    }
    pointer
}

/// The entry point: takes the stack and calls `main`.
///
/// # Safety
///
/// Nobody calls it.
#[unsafe(no_mangle)]
#[unsafe(naked)]
unsafe extern "C" fn _start() -> ! {
    #[cfg(target_arch = "x86_64")]
    naked_asm!(
        "lea rsp, [rip + {stack} + {size}]",
        "xor ebp, ebp",
        "call {main}",
        stack = sym STACK,
        size = const SIZE,
        main = sym crate::main,
    );
    #[cfg(target_arch = "arm")]
    naked_asm!(
        "ldr r0, ={stack} + {size}",
        "mov sp, r0",
        "bl {main}",
        stack = sym STACK,
        size = const SIZE,
        main = sym crate::main,
    );
    #[cfg(target_arch = "aarch64")]
    naked_asm!(
        "ldr x0, ={stack} + {size}",
        "mov sp, x0",
        "bl {main}",
        stack = sym STACK,
        size = const SIZE,
        main = sym crate::main,
    );
    #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
    naked_asm!(
        "la sp, {stack} + {size}",
        "call {main}",
        stack = sym STACK,
        size = const SIZE,
        main = sym crate::main,
    );
}
