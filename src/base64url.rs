//! base64url (RFC 4648 section 5) as JOSE wants it (RFC 7515 section 2), of tokens and, over
//! `base64ct`, of keys; and the standard base64 of front tokens.
//!
//! Of a token all of it is strict: padding, the standard alphabet, white space and stray bits after
//! the last byte are refused, so one text is one token.

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use base64ct::{Base64, Base64UrlUnpadded, Encoding};

/// The text is not in its canonical encoding, or does not fit the room given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// Decodes `text` into the front of `room` and gives that part back.
///
/// Done here in code that the compiler turns into vector instructions, and that neither branches nor
/// indexes by the text but for its length. `base64ct`, which goes byte by byte, judges it in the tests and
/// in the fuzz target `jws`.
pub(crate) fn decode<'r>(text: &[u8], room: &'r mut [u8]) -> Result<&'r [u8], NotBase64Url> {
    let mut blocks = text.chunks_exact(BLOCK);
    let whole = blocks.len().saturating_mul(BYTES);
    let (bytes, rest) = room.split_at_mut_checked(whole).ok_or(NotBase64Url)?;
    let mut seen = 0;
    for (block, bytes) in blocks.by_ref().zip(bytes.chunks_exact_mut(BYTES)) {
        seen |= decode_block(block, bytes);
    }

    // What is left is filled up with `A`, which stands for zeros.
    let (left, mut block, mut bytes) = (blocks.remainder(), [b'A'; BLOCK], [0; BYTES]);
    for (character, place) in left.iter().zip(&mut block) {
        *place = *character;
    }
    seen |= decode_block(&block, &mut bytes);
    let (last, beyond) =
        bytes.split_at_checked(left.len().saturating_mul(3) / 4).ok_or(NotBase64Url)?;
    // One character is no byte; and bits that are left over, of two or three, are zeros (RFC 4648 section
    // 3.5) so that no byte has two spellings.
    let is_canonical = left.len() % 4 != 1 && beyond.iter().fold(0, |any, byte| any | byte) == 0;
    if seen & NOT_A_VALUE != 0 || !is_canonical {
        return Err(NotBase64Url);
    }
    rest.get_mut(..last.len()).ok_or(NotBase64Url)?.copy_from_slice(last);
    room.get(..whole.saturating_add(last.len())).ok_or(NotBase64Url)
}

/// Decodes a whole block; the result has the bit [`NOT_A_VALUE`] if one of its characters is none.
fn decode_block(block: &[u8], bytes: &mut [u8]) -> u8 {
    let (mut values, mut seen) = ([0; BLOCK], 0);
    for (value, character) in values.iter_mut().zip(block) {
        *value = value_of(*character);
        seen |= *value;
    }
    for (values, bytes) in values.chunks_exact(8).zip(bytes.chunks_exact_mut(6)) {
        let eight = values.try_into().map_or(0, u64::from_be_bytes);
        // Six bits of each byte, then twelve of each two, then twenty-four of each four.
        let eight = eight >> 2 & 0x0fc0_0fc0_0fc0_0fc0 | eight & 0x003f_003f_003f_003f;
        let eight = eight >> 4 & 0x00ff_f000_00ff_f000 | eight & 0x0000_0fff_0000_0fff;
        let eight = eight >> 8 & 0xffff_ff00_0000 | eight & 0x00ff_ffff;
        let [_, _, six @ ..] = eight.to_be_bytes();
        if let Ok(bytes) = <&mut [u8; 6]>::try_from(bytes) {
            *bytes = six;
        }
    }
    seen
}

/// The six bits a character stands for (RFC 4648 table 2), or [`NOT_A_VALUE`], without a branch.
fn value_of(character: u8) -> u8 {
    let from = |first: u8| character.wrapping_sub(first);
    let if_so = |condition: bool, value: u8| u8::from(condition).wrapping_neg() & value;
    let (upper, lower, digit) = (from(b'A') < 26, from(b'a') < 26, from(b'0') < 10);
    let (minus, underscore) = (character == b'-', character == b'_');
    if_so(upper, from(b'A'))
        | if_so(lower, from(b'a').wrapping_add(26))
        | if_so(digit, from(b'0').wrapping_add(52))
        | if_so(minus, 62)
        | if_so(underscore, 63)
        | if_so(!(upper | lower | digit | minus | underscore), NOT_A_VALUE)
}

/// A bit that no six-bit value has.
const NOT_A_VALUE: u8 = 0x80;

/// Characters decoded at a time: two vectors of 16 bytes.
const BLOCK: usize = 32;

/// What they stand for.
const BYTES: usize = BLOCK / 4 * 3;

/// Decodes a member of a JWK that stands for octets: a number (`Base64urlUInt`, RFC 7518 section 2),
/// a coordinate or an encoded point.
///
/// More is let through here than in a token, because real issuers serve it and the document comes
/// from a trusted origin: `=` padding and the standard alphabet (cores before 3.6.1 serve both).
/// White space and every other character are refused.
pub(crate) fn decode_octets(text: &str) -> Result<Vec<u8>, NotBase64Url> {
    let digits = text.trim_end_matches('=');
    // At most two `=`, and only where they complete a group of four.
    let padding = text.len().saturating_sub(digits.len());
    if padding > 2 || (padding > 0 && text.len() % 4 != 0) {
        return Err(NotBase64Url);
    }
    let digits: Vec<u8> = digits
        .bytes()
        .map(|byte| match byte {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        })
        .collect();
    let mut room = alloc::vec![0; digits.len()];
    let length = Base64UrlUnpadded::decode(&digits, &mut room).map_err(|_| NotBase64Url)?.len();
    room.truncate(length);
    Ok(room)
}

/// Decodes base64 of the standard alphabet with padding (RFC 4648 section 4), in its one spelling.
pub(crate) fn decode_standard(text: &[u8]) -> Result<Vec<u8>, NotBase64Url> {
    let mut room = alloc::vec![0; text.len()];
    let length = Base64::decode(text, &mut room).map_err(|_| NotBase64Url)?.len();
    room.truncate(length);
    Ok(room)
}

/// Encodes so.
pub(crate) fn encode_standard(bytes: &[u8]) -> String {
    let mut room = alloc::vec![0; Base64::encoded_len(bytes)];
    // The room is as long as the text, so there is one.
    Base64::encode(bytes, &mut room).map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn standard_base64_has_one_spelling_and_comes_back() {
        for length in 0..70 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte ^ 0xa5).collect();
            let text = encode_standard(&bytes);
            assert_eq!(text.len(), bytes.len().div_ceil(3) * 4);
            assert_eq!(decode_standard(text.as_bytes()), Ok(bytes));
        }
        assert_eq!(encode_standard(&[0xfb, 0xff]), "+/8=");
        for text in ["+/8", "-_8=", "+/9=", "+/8=\n", " +/8=", "+/8==", "=", "%2B/8="] {
            assert_eq!(decode_standard(text.as_bytes()), Err(NotBase64Url), "{text:?}");
        }
    }

    #[test]
    fn a_jwk_number_may_be_padded_or_standard() {
        for text in ["AAEAAQ", "AAEAAQ=="] {
            assert_eq!(decode_octets(text).as_deref(), Ok([0, 1, 0, 1].as_slice()), "{text}");
        }
        assert_eq!(decode_octets("-_-_"), decode_octets("+/+/"));
        assert_eq!(decode_octets(""), Ok(Vec::new()));
        assert_eq!(decode_octets("AAAA"), Ok(alloc::vec![0; 3]));
    }

    #[test]
    fn a_jwk_number_with_anything_else_in_it_is_refused() {
        for text in [
            "AQ AB", "AQAB\n", "\tAQAB", "AQ*AB", "AQAB=", "AQAB====", "=", "A=QAB", "A", "AB",
            "AQABé",
        ] {
            assert_eq!(decode_octets(text), Err(NotBase64Url), "{text:?}");
        }
    }

    #[test]
    fn a_token_segment_has_one_spelling() {
        let mut room = [0; 8];
        assert_eq!(decode(b"-_8", &mut room), Ok([0xfb, 0xff].as_slice()));
        for text in ["+/8", "-_8=", "-_9", "-_8\n", " -_8", "-", "%2D_8"] {
            assert_eq!(decode(text.as_bytes(), &mut room), Err(NotBase64Url), "{text:?}");
        }
    }

    /// Every length around the block's, and every byte at every place of a text of two blocks and a
    /// bit: the same answer as `base64ct`, byte for byte.
    #[test]
    fn it_agrees_with_base64ct() {
        let agrees = |text: &[u8]| {
            let (mut ours, mut theirs) = ([0; 64], [0; 64]);
            let theirs = Base64UrlUnpadded::decode(text, &mut theirs).map_err(|_| NotBase64Url);
            assert_eq!(decode(text, &mut ours), theirs, "{}", text.escape_ascii());
        };
        let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_ABCDEQ";
        // Otherwise it would be refused whatever else is wrong with it.
        assert!(decode(digits, &mut [0; 64]).is_ok());
        for length in 0..=digits.len() {
            agrees(&digits[..length]);
        }
        let mut text = *digits;
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                text[at] = byte;
                agrees(&text);
            }
            text[at] = digits[at];
        }
    }

    #[test]
    fn a_text_longer_than_the_room_is_refused() {
        let mut room = [0; 24];
        assert!(decode(&[b'A'; 32], &mut room).is_ok());
        assert_eq!(decode(&[b'A'; 34], &mut room), Err(NotBase64Url));
        assert_eq!(decode(&[b'A'; 64], &mut room), Err(NotBase64Url));
    }
}
