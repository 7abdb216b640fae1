//! `waypost dkim`: the keys that mail is signed with, and the DNS records that go with them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use waypost_outgoing::address::Domain;
use waypost_outgoing::dkim::{self, Algorithm, DomainKey, KeyProblem, Keys};

use crate::failure::Failure;
use crate::screen;
use crate::table::Output;

/// A string of a TXT record has at most so many bytes (RFC 1035 section 3.3.14).
const LONGEST_STRING: usize = 255;

/// Sub-commands of `dkim`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Create a key for a domain, and print the DNS record to publish
    New(New),
    /// Print the DNS records of all keys in a folder
    Records(Records),
}

/// Arguments of `new`.
#[derive(clap::Args)]
pub(crate) struct New {
    /// The domain in From, such as example.com
    domain: String,
    /// The key's name in DNS; left out: waypost for RSA, waypost-ed25519 for Ed25519
    #[arg(long, value_name = "NAME")]
    selector: Option<String>,
    /// The folder of keys, as for `serve --dkim-keys`
    #[arg(long, env = "WAYPOST_DKIM_KEYS", default_value = ".")]
    dir: PathBuf,
    /// The kind of key; not every receiver verifies Ed25519, so publish it beside an RSA key
    #[arg(long, value_enum, default_value_t)]
    algorithm: Kind,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `records`.
#[derive(clap::Args)]
pub(crate) struct Records {
    /// The folder of keys, as for `serve --dkim-keys`
    #[arg(long, env = "WAYPOST_DKIM_KEYS", default_value = ".")]
    dir: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A kind of key.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// RSA of 2048 bits.
    #[default]
    Rsa,
    /// Ed25519.
    Ed25519,
}

/// Exit codes: 0: done; 2: a key is there already, or a key or the folder can't be read or written.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::New(arguments) => new(arguments),
        Command::Records(arguments) => records(arguments),
    }
}

fn new(arguments: &New) -> Result<(), Failure> {
    let domain = Domain::parse(&arguments.domain)
        .map_err(|error| Failure::Failed(format!("{error}: expected one such as example.com")))?;
    let (algorithm, usual) = match arguments.algorithm {
        Kind::Rsa => (Algorithm::Rsa, "waypost"),
        Kind::Ed25519 => (Algorithm::Ed25519, "waypost-ed25519"),
    };
    let selector = arguments.selector.as_deref().unwrap_or(usual);
    let path = arguments.dir.join(format!("{domain}.{selector}.pem"));
    let pem = dkim::make(algorithm).map_err(|problem| Failure::Failed(problem.to_string()))?;
    let key = DomainKey::read(domain, selector, pem.as_bytes(), &path).map_err(|problem| match problem {
        KeyProblem::Name(_) => Failure::Failed(format!(
            "`{selector}` is not a selector: expected 1 to 63 letters, digits, hyphens and underscores, such as w2026"
        )),
        other => Failure::Failed(other.to_string()),
    })?;
    let cannot = |error: io::Error| match error.kind() {
        ErrorKind::AlreadyExists => {
            Failure::Failed(format!("`{}` exists: name another selector with --selector", path.display()))
        }
        _ => Failure::of(format!("can't write {}", path.display()))(&error),
    };
    DirBuilder::new().recursive(true).mode(0o700).create(&arguments.dir).map_err(cannot)?;
    // A key that is in use is never replaced: mail under way is signed with it.
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path).map_err(cannot)?;
    if let Err(error) = file.write_all(pem.as_bytes()).and_then(|()| file.sync_all()) {
        // Half a key would keep the server from starting.
        let _ = fs::remove_file(&path);
        return Err(cannot(error));
    }
    writeln!(screen::stderr(), "key written to {}; publish this record:", path.display())?;
    print(&[&key], arguments.output)
}

fn records(arguments: &Records) -> Result<(), Failure> {
    let keys = Keys::load(&arguments.dir).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failure::Failed(told.join("\n"))
    })?;
    let keys: Vec<&DomainKey> = keys.iter().collect();
    print(&keys, arguments.output)
}

/// Prints records: for people as lines of a zone file (RFC 1035 section 5), for programs whole.
fn print(keys: &[&DomainKey], output: Output) -> Result<(), Failure> {
    let mut out = screen::stdout();
    match output {
        Output::Json | Output::Yaml => {
            let told = |key: &&DomainKey| {
                json!({
                    "domain": key.domain().as_str(),
                    "selector": key.selector(),
                    "name": key.record_name(),
                    "type": "TXT",
                    "value": key.record(),
                })
            };
            let all: Vec<Json> = keys.iter().map(told).collect();
            output.write(&mut out, &all)?;
        }
        Output::Table => {
            for key in keys {
                writeln!(out, "{}. IN TXT ( {} )", key.record_name(), strings(&key.record()))?;
            }
        }
    }
    Ok(())
}

/// A text as the strings of a TXT record. A record is ASCII, without quotes.
fn strings(text: &str) -> String {
    let parts = text.as_bytes().chunks(LONGEST_STRING).map(String::from_utf8_lossy);
    parts.map(|part| format!("\"{part}\"")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_record_is_written_as_strings_of_255_bytes() {
        let text = "x".repeat(300);
        assert_eq!(strings(&text), format!("\"{}\" \"{}\"", "x".repeat(255), "x".repeat(45)));
        assert_eq!(strings("v=DKIM1"), "\"v=DKIM1\"");
    }
}
