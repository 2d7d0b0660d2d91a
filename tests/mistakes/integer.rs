//! Big-endian integers of any length, as slowly as can be read.

use std::iter::repeat_n;

/// `a` without its leading zero bytes, with as many as make `length` bytes.
pub(crate) fn sized(a: &[u8], length: usize) -> Vec<u8> {
    let digits: Vec<u8> = a.iter().copied().skip_while(|byte| *byte == 0).collect();
    repeat_n(0, length.checked_sub(digits.len()).expect("too long")).chain(digits).collect()
}

/// `a - b`, of the length of `a`.
pub(crate) fn minus(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut borrow = 0;
    let mut bytes: Vec<u8> = a
        .iter()
        .rev()
        .zip(sized(b, a.len()).iter().rev())
        .map(|(a, b)| {
            let digit = 256 + i32::from(*a) - i32::from(*b) - borrow;
            borrow = i32::from(digit < 256);
            digit.to_le_bytes()[0]
        })
        .collect();
    assert_eq!(borrow, 0, "less than zero");
    bytes.reverse();
    bytes
}

/// `a + b`, of the length of `a`; `None` if that is too short.
pub(crate) fn plus(a: &[u8], b: &[u8]) -> Option<Vec<u8>> {
    let mut carry = 0;
    let mut bytes: Vec<u8> = a
        .iter()
        .rev()
        .zip(sized(b, a.len()).iter().rev())
        .map(|(a, b)| {
            let digit = u16::from(*a) + u16::from(*b) + carry;
            carry = digit >> 8;
            digit.to_le_bytes()[0]
        })
        .collect();
    bytes.reverse();
    (carry == 0).then_some(bytes)
}

/// `a * b`.
pub(crate) fn times(a: &[u8], b: &[u8]) -> Vec<u8> {
    let mut digits = vec![0_u32; a.len() + b.len()];
    for (i, x) in a.iter().rev().enumerate() {
        let mut carry = 0;
        for (j, y) in b.iter().rev().chain(&[0]).enumerate() {
            let digit = digits[i + j] + u32::from(*x) * u32::from(*y) + carry;
            (digits[i + j], carry) = (digit & 0xff, digit >> 8);
        }
    }
    digits.iter().rev().map(|digit| digit.to_le_bytes()[0]).collect()
}

#[test]
fn the_arithmetic_is_right() {
    let number = |value: u128| sized(&value.to_be_bytes(), 16);
    for a in [0, 1, 0xff, 0x100, 0xffff_ffff, 0x0123_4567_89ab_cdef, u128::from(u64::MAX)] {
        for b in [0, 1, 0xfe, 0xff00_ff00, u128::from(u64::MAX)] {
            assert_eq!(sized(&times(&a.to_be_bytes(), &b.to_be_bytes()), 16), number(a * b));
            assert_eq!(plus(&number(a), &number(b)), Some(number(a + b)));
            assert_eq!(minus(&number(a + b), &number(b)), number(a));
        }
    }
    assert_eq!(plus(&[0xff], &[1]), None);
}
