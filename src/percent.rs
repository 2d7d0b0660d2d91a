//! Percent-encoding (RFC 3986 section 2.1), one layer of it, in both directions.

use alloc::string::String;

/// Appends `text`, with every byte but the ASCII that is `kept` as `%` and two digits.
pub(crate) fn encode_into(out: &mut String, text: &[u8], kept: impl Fn(u8) -> bool) {
    for byte in text.iter().copied() {
        if byte.is_ascii() && kept(byte) {
            out.push(char::from(byte));
        } else {
            let digits = [byte >> 4, byte & 0xf].into_iter();
            let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
            out.push('%');
            out.extend(digits.map(|digit| digit.to_ascii_uppercase()));
        }
    }
}

/// The bytes that `text` stands for. A `%` without two hexadecimal digits behind it stands for
/// itself (WHATWG URL, "percent-decode").
pub(crate) fn decode(text: &[u8]) -> impl Iterator<Item = u8> + '_ {
    let mut rest = text;
    core::iter::from_fn(move || {
        let (byte, after) = match rest {
            [b'%', high, low, after @ ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, after),
                _ => (b'%', rest.get(1..)?),
            },
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        rest = after;
        Some(byte)
    })
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Characters that mean nothing in a URL (RFC 3986 section 2.3).
pub(crate) const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// `!` to `~`: whatever is of these alone stays one word of one header field.
pub(crate) const fn is_visible(byte: u8) -> bool {
    byte.is_ascii_graphic()
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn every_byte_comes_back_whatever_was_kept() {
        let bytes: Vec<u8> = (0..=u8::MAX).collect();
        let mut out = String::new();
        encode_into(&mut out, &bytes, is_unreserved);
        assert_eq!(out.len(), 66 + 3 * (256 - 66));
        assert!(decode(out.as_bytes()).eq(bytes));
        let mut out = String::new();
        encode_into(&mut out, "a b/\r\nä%~".as_bytes(), is_visible);
        assert_eq!(out, "a%20b/%0D%0A%C3%A4%~");
    }

    #[test]
    fn one_layer_is_taken_off_and_what_is_no_escape_stays() {
        for (text, bytes) in [
            ("%2e%2E", ".."),
            ("%252e", "%2e"),
            ("%", "%"),
            ("%2", "%2"),
            ("%2%2e", "%2."),
            ("%g0%0g%+1", "%g0%0g%+1"),
            ("a%62c", "abc"),
        ] {
            assert!(decode(text.as_bytes()).eq(bytes.bytes()), "{text}");
        }
    }
}
