//! Finds cookies by name in the `Cookie` fields of a request (RFC 6265 section 4.2.1, read as
//! section 5.2 reads: split at `;`, trim, first `=`). Borrows, allocates nothing, one pass.
//!
//! Fields are bytes: one odd byte in a neighbour must not lose the session. Values are judged as
//! they stand: no percent-decoding, no `j:` JSON. Every copy is seen, so that the caller can refuse
//! duplicates instead of picking one.

/// Calls `found` with what stands behind the `=` of each cookie in `field` whose name is in `names`,
/// in order, with the name's index. White space (SP, HTAB) around the name does not count; for the
/// value see [`value`]. A part without `=` is no cookie.
///
/// `room` is how many parts there may be, and is counted down; `Err`, with what is left of the field, if
/// there are more.
pub(crate) fn scan<'f, const N: usize>(
    field: &'f [u8],
    names: [&[u8]; N],
    room: &mut usize,
    mut found: impl FnMut(usize, &'f [u8]),
) -> Result<(), TooMany<'f>> {
    let mut rest = field;
    loop {
        *room = room.checked_sub(1).ok_or(TooMany(rest))?;
        let (part, more) = match memchr::memchr(b';', rest) {
            Some(at) => (rest.get(..at), rest.get(at.saturating_add(1)..)),
            None => (Some(rest), None),
        };
        let part = trim_start(part.unwrap_or_default());
        for (index, name) in names.iter().enumerate() {
            // Most cookies are somebody else's, and their first byte tells.
            if part.first() != name.first() {
                continue;
            }
            if let Some(value) = part.strip_prefix(*name).and_then(after_equals) {
                found(index, value);
            }
        }
        match more {
            Some(more) => rest = more,
            None => return Ok(()),
        }
    }
}

/// The same for one name, from the end of the field and for its last `bytes` only: what a browser was
/// given last it sends last (RFC 6265 section 5.4). Both limits are counted down.
pub(crate) fn scan_back<'f>(
    field: &'f [u8],
    name: &[u8],
    parts: &mut usize,
    bytes: &mut usize,
    mut found: impl FnMut(&'f [u8]),
) {
    let cut = field.len().saturating_sub(*bytes);
    let mut rest = field.get(cut..).unwrap_or_default();
    *bytes = bytes.saturating_sub(rest.len());
    loop {
        let Some(left) = parts.checked_sub(1) else { return };
        *parts = left;
        let at = memchr::memrchr(b';', rest);
        if at.is_none() && cut > 0 {
            // Of this part the beginning was cut off.
            return;
        }
        let part = at.and_then(|at| rest.get(at.saturating_add(1)..)).unwrap_or(rest);
        if let Some(value) = trim_start(part).strip_prefix(name).and_then(after_equals) {
            found(value);
        }
        match at.and_then(|at| rest.get(..at)) {
            Some(before) => rest = before,
            None => return,
        }
    }
}

/// `name`, or where no browser would send it (and [`scan`] could find what is not there) one that
/// is never found.
pub(crate) fn findable(name: &[u8]) -> &[u8] {
    let whole = !name.is_empty() && trim(name).len() == name.len();
    if whole && memchr::memchr2(b'=', b';', name).is_none() { name } else { b";" }
}

/// There are more parts than there may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany<'f>(pub(crate) &'f [u8]);

/// What follows the `=` if only white space stands before it.
fn after_equals(rest: &[u8]) -> Option<&[u8]> {
    trim_start(rest).strip_prefix(b"=")
}

pub(crate) fn trim(text: &[u8]) -> &[u8] {
    let mut text = trim_start(text);
    if let [.., b' ' | b'\t', b' ' | b'\t'] = text {
        text = trim_runs_end::<16>(trim_runs_end::<64>(text));
        while let Some((rest, last)) = text.split_last_chunk() {
            let white = bytes_of(odd(*last).leading_zeros());
            if white < last.len() {
                return text.get(..text.len().saturating_sub(white)).unwrap_or_default();
            }
            text = rest;
        }
    }
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn trim_start(mut text: &[u8]) -> &[u8] {
    // Most text begins with one space or none. Of white space that is longer, 64 KiB should cost no more
    // than 64 KiB of anything.
    if let [b' ' | b'\t', b' ' | b'\t', ..] = text {
        text = trim_runs::<16>(trim_runs::<64>(text));
        while let Some((first, rest)) = text.split_first_chunk() {
            let white = bytes_of(odd(*first).trailing_zeros());
            if white < first.len() {
                return text.get(white..).unwrap_or_default();
            }
            text = rest;
        }
    }
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

fn trim_runs<const RUN: usize>(mut text: &[u8]) -> &[u8] {
    while let Some((first, rest)) = text.split_first_chunk::<RUN>() {
        if !all_white(first) {
            break;
        }
        text = rest;
    }
    text
}

fn trim_runs_end<const RUN: usize>(mut text: &[u8]) -> &[u8] {
    while let Some((rest, last)) = text.split_last_chunk::<RUN>() {
        if !all_white(last) {
            break;
        }
        text = rest;
    }
    text
}

fn all_white<const RUN: usize>(run: &[u8; RUN]) -> bool {
    // In bytes and to the end, as vector instructions do it.
    let odd = |byte: &u8| u8::from(*byte != b' ') & u8::from(*byte != b'\t');
    run.iter().fold(0, |seen, byte| seen | odd(byte)) == 0
}

/// The highest bit of each byte that is no white space; the first byte is the lowest.
fn odd(eight: [u8; 8]) -> u64 {
    const HIGHEST: u64 = 0x8080_8080_8080_8080;
    let eight = u64::from_le_bytes(eight);
    let differs = |from: u8| {
        let difference = eight ^ u64::from_le_bytes([from; 8]);
        // Into a byte's highest bit from any of the others: there is no carry out of it.
        (difference & !HIGHEST).wrapping_add(!HIGHEST) | difference
    };
    differs(b' ') & differs(b'\t') & HIGHEST
}

fn bytes_of(bits: u32) -> usize {
    // At most 64, so the conversion never takes the default.
    usize::try_from(bits / 8).unwrap_or_default()
}

/// A value out of what stands behind `=`: without white space around it, and without one pair of
/// double quotes. Apart from [`scan`] so that it is done for the one cookie that counts.
pub(crate) fn value(text: &[u8]) -> &[u8] {
    match trim(text) {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn values<'f>(field: &'f [u8], name: &[u8]) -> Vec<&'f [u8]> {
        let mut values = Vec::new();
        assert_eq!(scan(field, [name], &mut 99, |_, text| values.push(value(text))), Ok(()));
        values
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_trimmed_name() {
        let cases: [(&[u8], &[&[u8]]); 17] = [
            (b"a=1", &[b"1"]),
            (b"a=1; a=2;a=", &[b"1", b"2", b""]),
            (b" \ta \t= 1 \t; b=2", &[b"1"]),
            (b"xa=1; ax=2; A=3; a", &[]),
            (b"a", &[]),
            (b"", &[]),
            (b";;;", &[]),
            (b"a=b=c", &[b"b=c"]),
            (b"a=\"q\"", &[b"q"]),
            (b"a=\"\"", &[b""]),
            (b"a=\"", &[b"\""]),
            (b"a=\"q", &[b"\"q"]),
            (b"a= \" q \" ", &[b" q "]),
            (b"b=\xff\xfe; a=1", &[b"1"]),
            (b"a=%41; %61=2", &[b"%41"]),
            (b"b=1, a=2", &[]),
            (b"a=\n1", &[b"\n1"]),
        ];
        for (field, expected) in cases {
            assert_eq!(values(field, b"a"), expected, "{}", field.escape_ascii());
        }
    }

    #[test]
    fn a_field_is_scanned_from_its_end_within_the_limits() {
        let values = |field: &'static str, mut parts: usize, mut bytes: usize| {
            let mut values = Vec::new();
            scan_back(field.as_bytes(), b"a", &mut parts, &mut bytes, |value| {
                values.push(core::str::from_utf8(value).unwrap());
            });
            (values, parts, bytes)
        };
        let all = "a=1; b=a; xa=2; a; a =3;a=4";
        assert_eq!(values(all, 9, 99), (["4", "3", "1"].to_vec(), 3, 72));
        assert_eq!(values(all, 6, 27), (["4", "3", "1"].to_vec(), 0, 0));
        assert_eq!(values(all, 5, 27).0, ["4", "3"]);
        assert_eq!(values(all, 1, 27).0, ["4"]);
        assert_eq!(values(all, 0, 27).0, [""; 0]);
        // A part of which the beginning is not read may be another cookie's.
        assert_eq!(values(all, 9, 26).0, ["4", "3"]);
        assert_eq!(values("xa=1", 9, 3).0, [""; 0]);
        assert_eq!(values("xa=1;a=2", 9, 7).0, ["2"]);
        assert_eq!(values("a=1", 9, 3).0, ["1"]);
        assert_eq!(values("", 9, 3), (Vec::new(), 8, 3));
    }

    #[test]
    fn white_space_of_any_length_is_trimmed() {
        for length in 0..70 {
            let white: Vec<u8> = b" \t ".iter().copied().cycle().take(length).collect();
            let field = [&white, b"a".as_slice(), &white, b"=", &white, b"1", &white].concat();
            assert_eq!(values(&field, b"a"), [b"1"], "{length}");
            assert_eq!(values(&[b"a=", white.as_slice()].concat(), b"a"), [b""], "{length}");
        }
    }

    /// Each byte, alone among white space and at each place of a word.
    #[test]
    fn space_and_tab_are_trimmed_and_no_other_byte() {
        let naive = |text: &[u8]| {
            let is_odd = |byte: &u8| !b" \t".contains(byte);
            let start = text.iter().position(is_odd).unwrap_or(text.len());
            let end = text.iter().rposition(is_odd).map_or(start, |last| last + 1);
            text[start..end].to_vec()
        };
        for byte in 0..=u8::MAX {
            for (before, after) in (0..18).flat_map(|before| [(before, 17 - before), (before, 3)]) {
                let white = |count: usize| b"\t  ".iter().copied().cycle().take(count);
                let text: Vec<u8> =
                    white(before).chain([byte, b'\t', byte]).chain(white(after)).collect();
                assert_eq!(trim(&text), naive(&text), "{}", text.escape_ascii());
            }
        }
    }

    #[test]
    fn more_parts_than_there_is_room_for_are_refused() {
        let mut room = 3;
        assert_eq!(scan(b"a;b", [b"x"], &mut room, |_, _| {}), Ok(()));
        assert_eq!(room, 1);
        assert_eq!(scan(b"a;b;c", [b"x"], &mut room, |_, _| {}), Err(TooMany(b"b;c")));
    }
}
