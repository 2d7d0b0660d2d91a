//! base64url (RFC 4648 section 5) as JOSE wants it (RFC 7515 section 2), over `base64ct`.
//!
//! `base64ct` is strict: padding, the standard alphabet, white space and stray bits after the last
//! byte are all refused, so one text is one token.

use alloc::vec::Vec;
use base64ct::{Base64UrlUnpadded, Encoding};

/// The text is not canonical unpadded base64url, or does not fit the room given.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotBase64Url;

/// Decodes `text` into the front of `room` and gives that part back.
pub(crate) fn decode<'r>(text: &[u8], room: &'r mut [u8]) -> Result<&'r [u8], NotBase64Url> {
    Base64UrlUnpadded::decode(text, room).map_err(|_| NotBase64Url)
}

/// Decodes a number of a JWK (`Base64urlUInt`, RFC 7518 section 2), big-endian and without leading
/// zero bytes.
///
/// More is let through here than in a token, because real issuers serve it and the document comes
/// from a trusted origin: `=` padding, the standard alphabet, leading zero bytes (cores before
/// 3.6.1 serve all three). White space and every other character are refused.
pub(crate) fn decode_uint(text: &str) -> Result<Vec<u8>, NotBase64Url> {
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
    let bytes = decode(&digits, &mut room)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes.get(zeros..).unwrap_or_default().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jwk_number_may_be_padded_standard_or_zero_led() {
        for text in ["AQAB", "AAEAAQ", "AAEAAQ==", "AQAB"] {
            assert_eq!(decode_uint(text).as_deref(), Ok([1, 0, 1].as_slice()), "{text}");
        }
        assert_eq!(decode_uint("-_-_"), decode_uint("+/+/"));
        assert_eq!(decode_uint(""), Ok(Vec::new()));
        assert_eq!(decode_uint("AAAA"), Ok(Vec::new()));
    }

    #[test]
    fn a_jwk_number_with_anything_else_in_it_is_refused() {
        for text in [
            "AQ AB", "AQAB\n", "\tAQAB", "AQ*AB", "AQAB=", "AQAB====", "=", "A=QAB", "A", "AB",
            "AQABé",
        ] {
            assert_eq!(decode_uint(text), Err(NotBase64Url), "{text:?}");
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
}
