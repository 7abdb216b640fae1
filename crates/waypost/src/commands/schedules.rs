//! `waypost schedules`: the schedules of a server, what they say, and their emergency switches.

use std::io::Write;

use jiff::Timestamp;
use waypost_wire::schedule::{EmergencyRequest, Schedule};

use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Output;
use crate::times::time;
use crate::which;

/// Sub-commands of `schedules`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List schedules and their current state
    List(Listing),
    /// Evaluate a schedule at a given time
    Evaluate(Evaluate),
    /// Switch a schedule's emergency on or off
    #[command(subcommand)]
    Emergency(Emergency),
}

/// A schedule.
#[derive(clap::Args)]
pub(crate) struct Which {
    #[command(flatten)]
    server: Server,
    /// The schedule's name or id
    schedule: String,
}

/// Arguments of `evaluate`.
#[derive(clap::Args)]
pub(crate) struct Evaluate {
    #[command(flatten)]
    which: Which,
    /// The time, such as 2026-12-24T18:00:00+01:00; left out: now
    #[arg(long, value_parser = time)]
    at: Option<Timestamp>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What the switch is to be.
#[derive(clap::Subcommand)]
pub(crate) enum Emergency {
    /// Switch a schedule's emergency on; it overrides everything else in the schedule
    On(On),
    /// Switch a schedule's emergency off
    Off(Which),
}

/// Arguments of `emergency on`.
#[derive(clap::Args)]
pub(crate) struct On {
    #[command(flatten)]
    which: Which,
    /// Why, for flows and people
    #[arg(long)]
    reason: Option<String>,
}

/// Exit code 0: done; 1: the server refused it; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Evaluate(arguments) => evaluate(arguments, out),
        Command::Emergency(Emergency::On(On { which, reason })) => {
            switch(which, EmergencyRequest { active: true, reason: reason.clone() }, out)
        }
        Command::Emergency(Emergency::Off(which)) => switch(which, EmergencyRequest::default(), out),
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |remote: &Remote, one: &Schedule| {
        let now = remote.wait(remote.schedules().evaluate(one.id, None))?;
        let until = now.next_change.map(|next| next.to_string()).unwrap_or_default();
        Ok([one.id.to_string(), one.name.clone(), now.state, until, now.name.unwrap_or_default()])
    };
    arguments.print(out, |remote| remote.schedules().list(), ["ID", "NAME", "NOW", "UNTIL", "WHY"], row)
}

/// The schedule of that name or id.
fn find(which: &Which) -> Result<(Remote, Schedule), Failure> {
    let remote = which.server.connect()?;
    let schedules = remote.all(remote.schedules().list())?;
    let found = which::one("schedule", &which.schedule, schedules, |one| (one.id.to_string(), one.name.clone()))?;
    Ok((remote, found))
}

fn evaluate(arguments: &Evaluate, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, found) = find(&arguments.which)?;
    let said = remote.wait(remote.schedules().evaluate(found.id, arguments.at))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &said)?);
    }
    let why = said.name.map(|name| format!(" ({name})")).unwrap_or_default();
    let until = said.next_change.map(|next| format!(" until {next}")).unwrap_or_default();
    Ok(writeln!(out, "{}{why}{until}", said.state)?)
}

fn switch(which: &Which, wanted: EmergencyRequest, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, found) = find(which)?;
    remote.wait(remote.schedules().switch_emergency(found.id, &wanted))?;
    let state = if wanted.active { "on" } else { "off" };
    Ok(writeln!(out, "schedule {}: emergency {state}", found.name)?)
}
