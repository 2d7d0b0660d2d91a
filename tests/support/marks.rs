//! The weight of a text's structure, counted slowly and without a look at `src/json.rs`: what the limits on
//! tokens bound. Tests, fuzzers and benchmarks share it.

/// Bytes of structure, exponents, and a quarter of white space and of changes away from ASCII, wherever they
/// stand.
pub fn marks(text: &[u8]) -> usize {
    quarters(text) / 4
}

/// The same in quarters.
pub fn quarters(text: &[u8]) -> usize {
    let is_exponent = |pair: &&[u8]| matches!(pair, [b'0'..=b'9', b'e' | b'E']);
    let is_change = |pair: &&[u8]| matches!(pair, [b'!'..=0x7f, 0x80..=0xff]);
    let pairs = || text.windows(2);
    let structure = text.iter().filter(|byte| br"[{,\".contains(byte)).count();
    let white = text.iter().filter(|byte| **byte <= b' ').count();
    let heavy = structure + pairs().filter(is_exponent).count();
    4 * heavy + white + pairs().filter(is_change).count()
}
