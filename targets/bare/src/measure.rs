//! What single steps take of stack and heap.

use alloc::format;

use samples::single;

use crate::{heap, stack, syscall};

/// Measures and prints; whether the decisions measured were those meant.
pub(crate) fn report() -> bool {
    let keys = measured("key set of two", single::key_set);
    let (accepted, deepest) = (single::accepted(), single::deepest());
    let is_accepted = measured("accepted", || single::decide(&accepted, &keys));
    let is_deepest = measured("deepest payload", || single::decide(&deepest, &keys));
    // The deepest payload is under the signature of another: so the signature was checked.
    single::reason(&is_accepted).is_empty() && single::reason(&is_deepest) == "bad_signature"
}

fn measured<T>(name: &str, work: impl FnOnce() -> T) -> T {
    let before = heap::taken();
    let (result, stack) = stack::taken_by(work);
    let heap = heap::taken() - before;
    let line = format!("{name}: {stack} bytes of stack, {heap} bytes allocated\n");
    syscall::write(syscall::ERRORS, line.as_bytes());
    result
}
