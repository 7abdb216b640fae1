//! `waypost explain`: what a problem's code means and how to mend what it tells of.

use std::io::{self, Write};

use serde::Serialize;
use waypost_flow::diagnostic::Code;
use waypost_problem::nearest;

use crate::failure::Failure;
use crate::table::Printing;

/// Arguments of `explain`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A code such as `variable.unset` or `run.missing-key`; without one, all codes are listed
    code: Option<String>,
    #[command(flatten)]
    printing: Printing,
}

/// A code with its page.
#[derive(Clone, Copy, Serialize)]
struct Entry {
    code: &'static str,
    /// What it means, in a line.
    meaning: &'static str,
    /// In Markdown; left out of a list.
    #[serde(skip_serializing_if = "str::is_empty")]
    page: &'static str,
}

/// Every code that has a page: of flows, of the API, of runs.
fn entries() -> impl Iterator<Item = Entry> {
    let flows = Code::ALL.iter().map(|code| Entry { code: code.as_str(), meaning: code.meaning(), page: code.page() });
    let others = waypost_api::pages::ALL.iter().chain(waypost_ids::codes::ALL);
    flows.chain(others.map(|known| Entry { code: known.code, meaning: known.meaning, page: known.page }))
}

/// Exit code 0: explained or listed; 2: there is no such code.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let output = arguments.printing.output;
    let Some(wanted) = &arguments.code else {
        if output.is_data() {
            let all: Vec<Entry> = entries().map(|entry| Entry { page: "", ..entry }).collect();
            return Ok(output.write(&mut out, &all)?);
        }
        let width = entries().map(|entry| entry.code.len()).max().unwrap_or_default();
        for Entry { code, meaning, .. } in entries() {
            writeln!(out, "{code:width$}  {meaning}")?;
        }
        return Ok(());
    };
    if let Some(found) = entries().find(|entry| entry.code == wanted) {
        if output.is_data() {
            return Ok(output.write(&mut out, &found)?);
        }
        write!(out, "{}", found.page)?;
        return Ok(());
    }
    let near = nearest(wanted, entries().map(|entry| entry.code));
    let help =
        near.map_or_else(|| "`waypost explain` lists all codes".to_owned(), |near| format!("did you mean `{near}`?"));
    Err(Failure::Failed(format!("there is no code `{wanted}`; {help}")))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn a_code_has_one_page() {
        let codes: BTreeSet<&str> = entries().map(|entry| entry.code).collect();
        assert_eq!(codes.len(), entries().count());
    }

    /// A page that sends people to a command that is not there is worse than none.
    #[test]
    fn pages_name_commands_that_are_there() {
        let command = crate::command();
        let mut named = 0;
        for Entry { code, page, .. } in entries() {
            for words in page.split("`waypost ").skip(1) {
                let words = words.split('`').next().unwrap();
                let mut at = &command;
                for word in words.split_whitespace() {
                    if !at.has_subcommands() {
                        let option = word.strip_prefix("--");
                        let known = |name| at.get_arguments().any(|one| one.get_long() == Some(name));
                        assert!(option.is_none_or(known), "{code}: `waypost {words}`");
                        continue;
                    }
                    let sub = at.find_subcommand(word);
                    at = sub.unwrap_or_else(|| panic!("{code}: `waypost {words}`"));
                }
                named += 1;
            }
        }
        assert!(named > 30, "{named} commands");
    }
}
