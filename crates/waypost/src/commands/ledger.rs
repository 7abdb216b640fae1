//! `waypost ledger`: where every interaction stands, and whether the sums agree.

use std::io::Write;

use waypost_wire::delivery::Ledger;

use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::{self, Output};

/// Arguments of `ledger`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: all sums agree and nothing is stuck; 1: not so, and what is named on stderr; 2: no answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let ledger = remote.wait(remote.interactions().ledger())?;
    let mut out = screen::stdout();
    match arguments.output {
        Output::Json | Output::Yaml => arguments.output.write(&mut out, &ledger)?,
        Output::Table => print(&ledger, &mut out)?,
    }
    let problems = problems(&ledger);
    if problems.is_empty() { Ok(()) } else { Err(Failure::Refused(problems.join("\n  "))) }
}

fn print(ledger: &Ledger, out: &mut impl Write) -> std::io::Result<()> {
    let places = ledger.places;
    let counts = [
        ("undecided", places.undecided),
        ("queued", places.queued),
        ("claimed", places.claimed),
        ("going out", places.going_out),
        ("stuck", places.stuck),
        ("completed", places.completed),
        ("dropped on purpose", places.dropped),
    ];
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let rows: Vec<[String; 2]> = counts
        .iter()
        .map(|(place, count)| [(*place).to_owned(), count.to_string()])
        .chain([["in all".to_owned(), total.to_string()]])
        .collect();
    table::rows(out, ["INTERACTIONS", "COUNT"], &rows)?;
    writeln!(out)?;
    let rows: Vec<[String; 2]> =
        ledger.deliveries.iter().map(|(state, count)| [state.as_str().to_owned(), count.to_string()]).collect();
    table::rows(out, ["DELIVERIES", "COUNT"], &rows)?;
    writeln!(out)?;
    let tallied = &ledger.tallied;
    writeln!(
        out,
        "accepted {} = duplicates {} + interactions {}",
        tallied.accepted, tallied.duplicates, tallied.interactions
    )
}

/// What is wrong, in lines.
fn problems(ledger: &Ledger) -> Vec<String> {
    let mut problems: Vec<String> = ledger
        .differences
        .iter()
        .map(|one| format!("{}: counted {}, but the running count says {}", one.what, one.counted, one.tallied))
        .collect();
    if ledger.places.stuck > 0 {
        problems.push(format!("{} stuck", ledger.places.stuck));
    }
    problems.extend(ledger.stuck.iter().map(|stuck| format!("{}: {}", stuck.interaction_id, stuck.message)));
    let listed = u64::try_from(ledger.stuck.len()).unwrap_or(u64::MAX);
    if listed > 0 && listed < ledger.places.stuck {
        problems.push(format!("and {} more", ledger.places.stuck - listed));
    }
    problems
}
