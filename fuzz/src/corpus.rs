//! Inputs as text: a line each, what is no visible ASCII as Rust escapes it, in order.

/// The inputs, each once.
pub fn pack(mut inputs: Vec<Vec<u8>>) -> String {
    inputs.sort();
    inputs.dedup();
    inputs.iter().map(|input| format!("{}\n", input.escape_ascii())).collect()
}

pub fn unpack(text: &str) -> Vec<Vec<u8>> {
    text.lines().map(unescape).collect()
}

fn unescape(line: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        out.push(match char {
            '\\' => match chars.next() {
                Some('n') => b'\n',
                Some('r') => b'\r',
                Some('t') => b'\t',
                Some('x') => {
                    let digits: String = chars.by_ref().take(2).collect();
                    u8::from_str_radix(&digits, 16).expect("two digits")
                }
                Some(other) => u8::try_from(other).expect("ASCII"),
                None => panic!("half an escape: {line}"),
            },
            other => u8::try_from(other).expect("ASCII"),
        });
    }
    out
}
