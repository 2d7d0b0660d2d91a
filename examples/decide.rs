//! Decides requests from the command line.
//!
//! Without an argument it decides built-in samples and prints a table. With a file of JSON Lines, or
//! `-` for standard input, it reads one request a line and prints one decision a line:
//!
//! ```text
//! {"id":"a","cookie_header":"sAccessToken=…","jwks":{"keys":[…]},"now":1750000000}
//! {"id":"a","page":{"decision":"try_refresh","reason":"segment_count"},"api":{…,"status":401,"body":{…}}}
//! ```
//!
//! | member of a line | |
//! |---|---|
//! | `id`, `note` | texts of your own |
//! | `now` | seconds since 1970, which every line must have or get from the defaults |
//! | `method` | default `GET` |
//! | `cookie_header`, `cookie_headers`, `cookie_header_b64` | one `Cookie` field, several, or one as bytes |
//! | `authorization`, `token` | that field, or a token to be sent in it as `Bearer` |
//! | `headers` | `anti-csrf` and `rid` |
//! | `jwks`, `jwks_b64`, `jwks_status`, `jwks_error` | what a GET of the keys brings |
//! | `opts` | `antiCsrf` (`NONE`, `VIA_TOKEN`, `VIA_CUSTOM_HEADER`), `antiCsrfCheck`, `sessionRequired`, `checkDatabase`, `useDynamicAccessTokenSigningKey`, `transfer` (`any`, `cookie`, `header`), `claims` |
//!
//! `claims` is a list of validators such as `{"kind":"includes","key":"st-role","value":"admin",
//! "maxAgeInSeconds":60}`; the kinds are `boolean`, `primitive`, `includes`, `excludes`, `includesAll`,
//! `includesAny` and `excludesAll`. A first line `{"defaults":{…}}` stands for what the others leave out.
//!
//! A line that cannot be decided gives `{"id":…,"error":"…"}`; the run goes on and ends with exit
//! status 1.

#[path = "decide/protocol.rs"]
mod protocol;

use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::process::ExitCode;

use protocol::{Decisions, Protocol};
use supertokens_session::{Reason, crypto};

/// The core signs with nothing but RS256.
fn protocol() -> Protocol {
    Protocol::new(&[crypto::ring::RS256])
}

fn main() -> io::Result<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let input: Box<dyn BufRead> = match (arguments.next(), arguments.next()) {
        (None, _) => return samples(),
        (Some(dash), None) if dash == "-" => Box::new(io::stdin().lock()),
        (Some(name), None) => match File::open(&name) {
            Ok(file) => Box::new(BufReader::new(file)),
            Err(error) => {
                eprintln!("{}: {error}\nusage: decide [FILE.jsonl | -]", name.to_string_lossy());
                return Ok(ExitCode::from(2));
            }
        },
        _ => {
            eprintln!("usage: decide [FILE.jsonl | -]");
            return Ok(ExitCode::from(2));
        }
    };
    let (mut protocol, mut failed) = (protocol(), false);
    let mut output = io::stdout().lock();
    for line in input.split(b'\n') {
        if let Some(line) = protocol.line(&line?) {
            failed |= line.decisions.is_err();
            writeln!(output, "{}", line.output())?;
            output.flush()?;
        }
    }
    Ok(ExitCode::from(u8::from(failed)))
}

/// The table for a person.
fn samples() -> io::Result<ExitCode> {
    let mut protocol = protocol();
    let mut output = io::stdout().lock();
    writeln!(output, "{:<18} {:<14} {:<14} {:<29} the request", "sample", "page", "api", "reason")?;
    for line in include_str!("decide/samples.jsonl").lines() {
        let Some(line) = protocol.line(line.as_bytes()) else { continue };
        let id = line.id.as_deref().unwrap_or_default();
        match &line.decisions {
            Ok(Decisions { page, api, .. }) => {
                let [of_page, of_api] =
                    [page.reason(), api.reason()].map(|why| why.map_or("-", Reason::name));
                let reason = match of_page == of_api {
                    true => of_page.to_owned(),
                    false => format!("{of_page}, {of_api}"),
                };
                let (page, api) = (page.name(), api.name());
                writeln!(output, "{id:<18} {page:<14} {api:<14} {reason:<29} {}", line.note)?;
            }
            Err(why) => writeln!(output, "{id:<18} {why}")?,
        }
    }
    Ok(ExitCode::SUCCESS)
}
