//! Two system calls of Linux, which QEMU's user mode answers as well.

use core::arch::asm;

/// Standard output and standard error.
pub(crate) const OUTPUT: usize = 1;
pub(crate) const ERRORS: usize = 2;

/// Writes all of `bytes`, or gives up: there is nobody to tell.
pub(crate) fn write(to: usize, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the kernel only reads the bytes, which are borrowed for the call.
        let written = unsafe { call(WRITE, to, bytes.as_ptr().addr(), bytes.len()) };
        match bytes.get(written..) {
            Some(rest) if written > 0 => bytes = rest,
            // An error is a huge number.
            _ => return,
        }
    }
}

/// Ends the program.
pub(crate) fn exit(code: usize) -> ! {
    loop {
        // SAFETY: touches no memory, and does not come back.
        unsafe { call(EXIT, code, 0, 0) };
    }
}

#[cfg(target_arch = "x86_64")]
const WRITE: usize = 1;
#[cfg(target_arch = "x86_64")]
const EXIT: usize = 60;

#[cfg(target_arch = "arm")]
const WRITE: usize = 4;
#[cfg(target_arch = "arm")]
const EXIT: usize = 1;

#[cfg(not(any(target_arch = "x86_64", target_arch = "arm")))]
const WRITE: usize = 64;
#[cfg(not(any(target_arch = "x86_64", target_arch = "arm")))]
const EXIT: usize = 93;

/// # Safety
///
/// What the call does with its arguments must be sound.
unsafe fn call(number: usize, a: usize, b: usize, c: usize) -> usize {
    let result;
    // SAFETY: the caller's promise; the registers are those of the kernel's convention.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        asm!("syscall", inlateout("rax") number => result, in("rdi") a, in("rsi") b, in("rdx") c,
            lateout("rcx") _, lateout("r11") _, options(nostack));
        // The number goes to r7, which Thumb code keeps its frame pointer in.
        #[cfg(target_arch = "arm")]
        asm!("mov {kept}, r7", "mov r7, {number}", "svc 0", "mov r7, {kept}", kept = out(reg) _,
            number = in(reg) number, inlateout("r0") a => result, in("r1") b, in("r2") c,
            options(nostack));
        #[cfg(target_arch = "aarch64")]
        asm!("svc 0", in("x8") number, inlateout("x0") a => result, in("x1") b, in("x2") c,
            options(nostack));
        #[cfg(any(target_arch = "riscv32", target_arch = "riscv64"))]
        asm!("ecall", in("a7") number, inlateout("a0") a => result, in("a1") b, in("a2") c,
            options(nostack));
    }
    result
}
