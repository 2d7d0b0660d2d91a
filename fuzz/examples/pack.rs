//! Packs inputs into the committed corpus: `pack TARGET FOLDER` writes `corpus/TARGET.txt`.

use std::path::Path;
use std::{env, fs};

use supertokens_session_fuzz::corpus;

/// Of the longest inputs those are left out that do not fit: what is committed is read in reviews and
/// replayed in each `cargo test`.
const MOST_BYTES: usize = 200 * 1024;
const MOST_INPUTS: usize = 400;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [target, folder] = &args[..] else { panic!("TARGET FOLDER") };
    let mut inputs = Vec::new();
    for entry in fs::read_dir(folder)? {
        inputs.push(fs::read(entry?.path())?);
    }
    inputs.sort_by_key(Vec::len);
    let all = inputs.len();
    let mut bytes = 0;
    inputs.retain(|input| {
        bytes += input.escape_ascii().count() + 1;
        bytes <= MOST_BYTES
    });
    inputs.truncate(MOST_INPUTS);
    let kept = inputs.len();
    let text = corpus::pack(inputs);
    println!("{target}: {kept} of {all} inputs, {} bytes", text.len());
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("corpus/{target}.txt"));
    fs::write(file, text)
}
