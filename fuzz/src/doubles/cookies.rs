//! Finds the token of a page request as one would on paper: join, split, trim, compare.

use supertokens_session::{Reason, TokenSource, TokenTransfer};

/// Bytes of all fields, as joined by the server that joins them.
pub const MOST: usize = 64 * 1024;

/// Cookies of all fields, empty ones counted.
pub const MOST_COOKIES: usize = 180;

/// The token and where it was, or the reason there is none.
pub fn find(fields: &[&[u8]], transfer: TokenTransfer) -> Result<(Vec<u8>, TokenSource), Reason> {
    let joined = fields.join(&b"; "[..]);
    if joined.len() > MOST {
        return Err(Reason::CookieHeaderTooLong);
    }
    if joined.split(|byte| *byte == b';').count() > MOST_COOKIES {
        return Err(Reason::TooManyCookies);
    }
    let cookies: Vec<(Vec<u8>, Vec<u8>)> =
        joined.split(|byte| *byte == b';').filter_map(pair).collect();
    let all = |name: &str| -> Vec<Vec<u8>> {
        let named = cookies.iter().filter(|(this, _)| this == name.as_bytes());
        named.map(|(_, value)| value.clone()).collect()
    };
    if !all("sIdRefreshToken").is_empty() {
        return Err(Reason::LegacyCookie);
    }
    let sources: &[(&str, TokenSource)] = match transfer {
        TokenTransfer::Any => &[ACCESS, HEADER_MODE],
        TokenTransfer::Cookie => &[ACCESS],
        TokenTransfer::Header => &[HEADER_MODE],
    };
    for (name, source) in sources {
        match all(name).as_slice() {
            [] => {}
            [value] if value.is_empty() => {}
            [value] => return Ok((value.clone(), *source)),
            _ => return Err(Reason::MultipleAccessTokens),
        }
    }
    Err(Reason::NoToken)
}

/// The least of the numbers that the copies of a cookie are, if there are any; one that is no digit is
/// none. `None` where there is more than may be read: then only the end counts.
pub fn lowest_number(fields: &[&[u8]], name: &str) -> Option<Option<u8>> {
    let joined = fields.join(&b"; "[..]);
    if joined.len() > MOST || joined.split(|byte| *byte == b';').count() > MOST_COOKIES {
        return None;
    }
    let number = |part: &[u8]| {
        let (this, value) = pair(part)?;
        let behind = part.splitn(2, |byte| *byte == b'=').nth(1)?;
        (this == name.as_bytes()).then_some(match value.as_slice() {
            // Nobody writes a digit in more than 16 bytes.
            [digit @ b'0'..=b'9'] if behind.len() <= 16 => digit - b'0',
            _ => 0,
        })
    };
    Some(joined.split(|byte| *byte == b';').filter_map(number).min())
}

const ACCESS: (&str, TokenSource) = ("sAccessToken", TokenSource::Cookie);
const HEADER_MODE: (&str, TokenSource) = ("st-access-token", TokenSource::HeaderModeCookie);

/// What a front end would find: the last copy of its cookie among the first that may be read.
pub fn front_token(fields: &[&[u8]]) -> Option<Vec<u8>> {
    let mut bytes = 0;
    let within = fields.iter().take_while(|field| {
        bytes += field.len();
        bytes <= MOST
    });
    let parts: Vec<&[u8]> = within.flat_map(|field| field.split(|byte| *byte == b';')).collect();
    let cookies: Vec<_> = parts.into_iter().take(MOST_COOKIES).filter_map(pair).collect();
    let last = |name: &str| cookies.iter().rev().find(|(this, _)| this == name.as_bytes());
    let (_, value) = last("sFrontToken").or_else(|| last("front-token"))?;
    Some(value.clone())
}

fn pair(part: &[u8]) -> Option<(Vec<u8>, Vec<u8>)> {
    let at = part.iter().position(|byte| *byte == b'=')?;
    let value = trim(&part[at + 1..]);
    let quoted = value.len() >= 2 && value.starts_with(b"\"") && value.ends_with(b"\"");
    let value = if quoted { value[1..value.len() - 1].to_vec() } else { value };
    Some((trim(&part[..at]), value))
}

fn trim(text: &[u8]) -> Vec<u8> {
    let is_white = |byte: &u8| *byte == b' ' || *byte == b'\t';
    let start = text.iter().position(|byte| !is_white(byte)).unwrap_or(text.len());
    let end = text.iter().rposition(|byte| !is_white(byte)).map_or(start, |last| last + 1);
    text[start..end].to_vec()
}

/// Whether the library would hand the token out as text.
pub fn is_text(token: &[u8]) -> bool {
    let is_one =
        |byte: &u8| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.');
    token.iter().all(is_one)
}
