//! Makes the working corpora, `corpus/TARGET/`: the seeds, and what is committed of earlier runs.

use std::fs;
use std::path::Path;

use supertokens_session_fuzz::{corpus, seeds, targets};

fn main() -> std::io::Result<()> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR"));
    let seeds = seeds::all();
    for (target, _) in targets::ALL {
        let folder = fuzz.join(format!("corpus/{target}"));
        fs::create_dir_all(&folder)?;
        let mut inputs: Vec<Vec<u8>> = seeds.of(target).cloned().collect();
        for kind in ["corpus", "found"] {
            if let Ok(text) = fs::read_to_string(fuzz.join(format!("{kind}/{target}.txt"))) {
                inputs.extend(corpus::unpack(&text));
            }
        }
        for (index, input) in inputs.iter().enumerate() {
            fs::write(folder.join(format!("seed-{index}")), input)?;
        }
    }
    Ok(())
}
