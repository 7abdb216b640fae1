//! `waypost check`: what of a data directory is damaged.

use std::io::Write;
use std::path::PathBuf;

use waypost_store::sqlite::check::{Counts, check};

use crate::failure::Failure;
use crate::screen;
use crate::table::{self, Output};

/// Arguments of `check`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The data directory of a server that uses SQLite
    #[arg(long, env = "WAYPOST_DATA_DIR", default_value = "./waypost-data")]
    data_dir: PathBuf,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: nothing is damaged; 1: something is; 2: could not read.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let what = format!("can't check {}", arguments.data_dir.display());
    let report = check(&arguments.data_dir).map_err(|error| Failure::stored(what, error))?;
    let out = &mut screen::stdout();
    if arguments.output.is_data() {
        arguments.output.write(out, &report)?;
    } else {
        for problem in &report.problems {
            writeln!(out, "{problem}")?;
        }
        if report.more > 0 {
            writeln!(out, "{} more problems", report.more)?;
        }
        let row = |kind: &str, counts: Counts| {
            let more = if counts.uncounted { "+" } else { "" };
            [kind.to_owned(), counts.sound.to_string(), format!("{}{more}", counts.damaged)]
        };
        let mail = [("interactions", report.interactions), ("messages", report.messages), ("runs", report.runs)];
        let others = report.records.iter().map(|(table, counts)| (table.as_str(), *counts));
        let rows: Vec<_> = mail.into_iter().chain(others).map(|(kind, counts)| row(kind, counts)).collect();
        table::rows(out, ["", "SOUND", "DAMAGED"], &rows)?;
        if report.running {
            writeln!(
                out,
                "a server is running on this directory: check again after stopping it to be sure that nothing is missing"
            )?;
        }
    }
    if report.is_sound() { Ok(()) } else { Err(Failure::Found) }
}
