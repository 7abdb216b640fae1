//! `waypost explain`: what a problem's code means and how to mend what it tells of.

use std::io::{self, Write};

use waypost_flow::diagnostic::{Code, nearest};

use crate::failure::Failure;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A code such as `variable.unset` or `run.missing-key`; without one, all codes are listed
    code: Option<String>,
}

/// A code, what it means in a line, and its page.
type Entry = (&'static str, &'static str, &'static str);

/// Every code that has a page: of flows, of the API, of runs.
fn entries() -> impl Iterator<Item = Entry> {
    let flows = Code::ALL.iter().map(|code| (code.as_str(), code.meaning(), code.page()));
    let runs = waypost_ids::codes::ALL.iter().map(|known| (known.code, known.meaning, known.page));
    flows.chain(waypost_api::pages::ALL.iter().copied()).chain(runs)
}

/// Exit code 0: explained or listed; 1: there is no such code.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let Some(wanted) = &arguments.code else {
        let width = entries().map(|(code, ..)| code.len()).max().unwrap_or_default();
        for (code, meaning, _) in entries() {
            writeln!(out, "{code:width$}  {meaning}")?;
        }
        return Ok(());
    };
    if let Some((.., page)) = entries().find(|(code, ..)| code == wanted) {
        write!(out, "{page}")?;
        return Ok(());
    }
    let near = nearest(wanted, entries().map(|(code, ..)| code));
    let help =
        near.map_or_else(|| "`waypost explain` lists all codes".to_owned(), |near| format!("did you mean `{near}`?"));
    writeln!(io::stderr(), "waypost: there is no code `{wanted}`; {help}")?;
    Err(Failure::Found)
}
