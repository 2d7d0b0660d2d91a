//! Public keys that anybody could have the private half of, known by how they look. What a provider
//! checks by itself is not repeated here.

/// Whether `n` has the fingerprint of ROCA (CVE-2017-15361): the moduli of one widespread library
/// are powers of 65537 modulo every small prime, and can be factored.
///
/// From 1984 bits on these primes are at least the first 126, so up to 701 (Nemec, Sys, Svenda,
/// Klinec, Matyas: "The Return of Coppersmith's Attack", table 1). A modulus that was chosen at
/// random fails at one of the first few; it passes them all by chance once in 2^167.
pub(crate) fn has_roca_fingerprint(n: &[u8]) -> bool {
    odd_primes_to_701().all(|prime| {
        let residue = n.iter().fold(0, |residue: u32, byte| {
            remainder(residue.wrapping_mul(256).wrapping_add(u32::from(*byte)), prime)
        });
        powers_of_65537(prime).any(|power| power == residue)
    })
}

fn odd_primes_to_701() -> impl Iterator<Item = u32> {
    (3..=701).filter(|number| (2..*number).all(|divisor| remainder(*number, divisor) != 0))
}

/// All of them modulo `prime`, some more than once. No product comes near `u32::MAX`.
fn powers_of_65537(prime: u32) -> impl Iterator<Item = u32> {
    let base = remainder(65537, prime);
    let next = move |power: &u32| Some(remainder(power.wrapping_mul(base), prime));
    core::iter::successors(Some(1), next).take(701)
}

fn remainder(value: u32, divisor: u32) -> u32 {
    // No divisor is 0.
    value.checked_rem(divisor).unwrap_or_default()
}

/// Whether `point` encodes its y coordinate as the one number below p = 2^255 - 19 that it is
/// (RFC 8032 section 5.1.3, step 1). Libraries differ in what they make of the others.
pub(crate) fn is_canonical(point: &[u8; 32]) -> bool {
    let [first, middle @ .., last] = point;
    *first < 0xed || middle.iter().any(|byte| *byte != 0xff) || last & !SIGN != 0x7f
}

/// Whether `point` is one of the eight of small order, under whose "key" a signature can be made
/// for any message.
pub(crate) fn has_small_order(point: &[u8; 32]) -> bool {
    let mut y = *point;
    if let Some(last) = y.last_mut() {
        *last &= !SIGN;
    }
    SMALL_ORDER.contains(&y)
}

/// The bit of the last byte that tells x from -x.
const SIGN: u8 = 0x80;

/// The y coordinates of the eight points whose order divides the cofactor: 1 (order 1), -1
/// (order 2), 0 (order 4) and the two roots that order 8 has.
/// `tests/key_kinds.rs` compares them with a library's.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [
        1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
        0, 0,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0x7f,
    ],
    [0; 32],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    /// 65537^exponent, big-endian: itself a power of 65537 modulo everything.
    fn power_of_65537(exponent: usize) -> Vec<u8> {
        let mut little_endian = alloc::vec![1_u8];
        for _ in 0..exponent {
            // Times 65537 is shifted by two bytes, plus itself.
            let shifted: Vec<u8> = [0, 0].iter().chain(&little_endian).copied().collect();
            let mut carry = 0;
            little_endian = shifted
                .iter()
                .enumerate()
                .map(|(at, byte)| {
                    let other = little_endian.get(at).copied().unwrap_or_default();
                    let sum = u16::from(*byte) + u16::from(other) + carry;
                    carry = sum >> 8;
                    sum.to_le_bytes()[0]
                })
                .collect();
            if carry > 0 {
                little_endian.push(1);
            }
        }
        little_endian.into_iter().rev().collect()
    }

    #[test]
    fn powers_of_65537_have_the_fingerprint_and_their_neighbours_have_not() {
        for exponent in [124, 128, 255, 511] {
            let mut n = power_of_65537(exponent);
            assert!(has_roca_fingerprint(&n), "{exponent}");
            let last = n.last_mut().unwrap();
            *last = last.wrapping_add(2);
            assert!(!has_roca_fingerprint(&n), "{exponent}");
        }
    }

    #[test]
    fn the_primes_are_the_125_odd_ones_of_the_first_126() {
        let primes: Vec<u32> = odd_primes_to_701().collect();
        assert_eq!((primes.len(), primes.first(), primes.last()), (125, Some(&3), Some(&701)));
    }

    #[test]
    fn a_canonical_y_is_below_p() {
        let with = |first: u8, middle: u8, last: u8| {
            let mut point = [middle; 32];
            (point[0], point[31]) = (first, last);
            point
        };
        for sign in [0, SIGN] {
            assert!(is_canonical(&with(0xec, 0xff, 0x7f | sign)));
            for first in 0xed..=0xff {
                assert!(!is_canonical(&with(first, 0xff, 0x7f | sign)), "{first}");
            }
            assert!(is_canonical(&with(0xff, 0xff, 0x7e | sign)));
            assert!(is_canonical(&with(0xff, 0xfe, 0x7f | sign)));
            assert!(is_canonical(&[0; 32]));
        }
    }
}
