//! Finds cookies by name in the `Cookie` fields of a request (RFC 6265 section 4.2.1, read as
//! section 5.2 reads: split at `;`, trim, first `=`). Borrows, allocates nothing, one pass.
//!
//! Fields are bytes: one odd byte in a neighbour must not lose the session. Values are judged as
//! they stand: no percent-decoding, no `j:` JSON. Every copy is seen, so that the caller can refuse
//! duplicates instead of picking one.

/// Calls `found` with the value of each cookie in `field` whose name is in `names`, in order, with
/// the name's index. White space (SP, HTAB) around name and value and one pair of double quotes
/// around the value are removed. A part without `=` is no cookie.
pub(crate) fn scan<'f, const N: usize>(
    field: &'f [u8],
    names: [&[u8]; N],
    mut found: impl FnMut(usize, &'f [u8]),
) {
    let mut rest = field;
    loop {
        let (part, more) = match memchr::memchr(b';', rest) {
            Some(at) => (rest.get(..at), rest.get(at.saturating_add(1)..)),
            None => (Some(rest), None),
        };
        let part = trim_start(part.unwrap_or_default());
        for (index, name) in names.iter().enumerate() {
            if let Some(value) = part.strip_prefix(*name).and_then(after_equals) {
                found(index, unquote(trim(value)));
            }
        }
        match more {
            Some(more) => rest = more,
            None => return,
        }
    }
}

/// What follows the `=` if only white space stands before it.
fn after_equals(rest: &[u8]) -> Option<&[u8]> {
    trim_start(rest).strip_prefix(b"=")
}

fn trim(text: &[u8]) -> &[u8] {
    let mut text = trim_start(text);
    while let [rest @ .., b' ' | b'\t'] = text {
        text = rest;
    }
    text
}

fn trim_start(mut text: &[u8]) -> &[u8] {
    while let [b' ' | b'\t', rest @ ..] = text {
        text = rest;
    }
    text
}

fn unquote(value: &[u8]) -> &[u8] {
    match value {
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
        scan(field, [name], |_, value| values.push(value));
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
}
