//! Splits a compact JWS (RFC 7515 section 3.1) into its three segments. Decodes nothing, trusts
//! nothing.

use crate::reason::Reason;

/// The three segments of a token, as text.
#[derive(Clone, Copy)]
pub(crate) struct Compact<'t> {
    pub(crate) header: &'t [u8],
    pub(crate) payload: &'t [u8],
    pub(crate) signature: &'t [u8],
    /// What was signed: header, dot and payload (RFC 7515 section 5.1).
    pub(crate) signing_input: &'t [u8],
}

impl<'t> Compact<'t> {
    pub(crate) fn split(token: &'t [u8]) -> Result<Self, Reason> {
        if token.len() > MAX_TOKEN {
            return Err(Reason::TokenTooLong);
        }
        let (header, rest) = split_at_dot(token).ok_or(Reason::SegmentCount)?;
        let (payload, signature) = split_at_dot(rest).ok_or(Reason::SegmentCount)?;
        if memchr::memchr(b'.', signature).is_some() {
            return Err(Reason::SegmentCount);
        }
        if LEGACY_HEADERS.contains(&header) {
            return Err(Reason::LegacyToken);
        }
        if header.len() > MAX_HEADER {
            return Err(Reason::HeaderTooLong);
        }
        let signed = header.len().saturating_add(1).saturating_add(payload.len());
        let signing_input = token.get(..signed).unwrap_or_default();
        Ok(Self { header, payload, signature, signing_input })
    }
}

fn split_at_dot(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (before, from_dot) = text.split_at_checked(memchr::memchr(b'.', text)?)?;
    Some((before, from_dot.strip_prefix(b".")?))
}

/// The headers of versions 1 and 2, which are these texts and no others in every SDK
/// (`{"alg":"RS256","typ":"JWT","version":"1"}` and `"2"`, padded base64), and the same as a
/// cookie carries them where it was percent-encoded.
const LEGACY_HEADERS: [&[u8]; 4] = [
    b"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIxIn0=",
    b"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIxIn0%3D",
    b"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0=",
    b"eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCIsInZlcnNpb24iOiIyIn0%3D",
];

/// Bytes of a token. 8 KiB is what common servers let through as one header line (nginx
/// `large_client_header_buffers`, Apache `LimitRequestFieldSize`); browsers stop a cookie at 4 KiB.
pub(crate) const MAX_TOKEN: usize = 8 * 1024;

/// Bytes of the header segment. The core's are about 100.
pub(crate) const MAX_HEADER: usize = 1024;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_has_exactly_three_segments() {
        let split = |text: &str| Compact::split(text.as_bytes()).err();
        for text in ["", "a", "a.b", "a.b.c.d", "....", "a.b.c.d.e"] {
            assert_eq!(split(text), Some(Reason::SegmentCount), "{text:?}");
        }
        assert_eq!(split("a.b.c"), None);
        assert_eq!(split(".."), None);
        let compact = Compact::split(b"aa.bbb.c").ok().map(|c| (c.signing_input, c.signature));
        assert_eq!(compact, Some((b"aa.bbb".as_slice(), b"c".as_slice())));
    }

    #[test]
    fn a_limit_is_the_last_length_that_passes() {
        let token = |header: usize, rest: usize| {
            let text = [&"h".repeat(header), ".p.", &"s".repeat(rest)].concat();
            Compact::split(text.as_bytes()).err()
        };
        assert_eq!(token(1024, 0), None);
        assert_eq!(token(1025, 0), Some(Reason::HeaderTooLong));
        assert_eq!(token(1, 8 * 1024 - 4), None);
        assert_eq!(token(1, 8 * 1024 - 3), Some(Reason::TokenTooLong));
    }
}
