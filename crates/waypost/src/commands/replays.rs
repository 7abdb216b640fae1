//! `waypost replays`: replays that a server keeps, what differs in them, and both traces of an interaction.

use std::io::Write;

use uuid::Uuid;
use waypost_wire::replay::{Replay, ReplayChange};
use waypost_wire::trace::{RunTrace, text};

use super::replay::print;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Output;
use crate::which;

/// Sub-commands of `replays`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List replays, newest first
    List(Listing),
    /// Show a replay's report: counts, and the interactions whose decision would change
    #[command(visible_alias = "get")]
    Show(Shown),
    /// Show both traces of an interaction: as recorded, and as it would be
    Traces(Traces),
    /// Delete a replay; one that is running stops
    Delete(One),
}

/// A replay.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The replay's id, or the beginning of it
    replay: String,
}

/// A replay that is printed.
#[derive(clap::Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    one: One,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `traces`.
#[derive(clap::Args)]
pub(crate) struct Traces {
    #[command(flatten)]
    one: One,
    /// The id of an interaction that the replay lists, or the beginning of it
    interaction: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

impl One {
    fn find(&self) -> Result<(Remote, Uuid), Failure> {
        let remote = self.server.connect()?;
        if let Ok(id) = self.replay.parse() {
            return Ok((remote, id));
        }
        let all = remote.all(remote.replays().list())?;
        let found = which::one("replay", &self.replay, all, |one| (one.id.to_string(), one.created_at.to_string()))?;
        Ok((remote, found.id))
    }
}

/// Exit code 0: done; 2: not found, or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Show(arguments) => show(arguments, out),
        Command::Traces(arguments) => traces(arguments, out),
        Command::Delete(arguments) => {
            let (remote, id) = arguments.find()?;
            remote.wait(remote.replays().delete(id))?;
            Ok(writeln!(out, "replay {id}: deleted")?)
        }
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, one: &Replay| {
        let counts = one.report.as_ref().map(|report| (report.replayed, report.changed));
        let counts = counts.or_else(|| one.progress.as_ref().map(|progress| (progress.replayed, progress.changed)));
        let (replayed, changed) = counts.unwrap_or_default();
        let Replay { id, created_at, created_by, state, .. } = one;
        let (by, state) = (created_by.clone(), state.clone());
        Ok([id.to_string(), created_at.to_string(), by, state, replayed.to_string(), changed.to_string()])
    };
    let heading = ["ID", "CREATED", "BY", "STATE", "REPLAYED", "CHANGED"];
    arguments.print(out, |remote| remote.replays().list(), heading, row)
}

fn show(arguments: &Shown, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let replay = remote.wait(remote.replays().get(id))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &replay)?);
    }
    if replay.report.is_none() {
        return Ok(writeln!(out, "replay {id}: {}", replay.state)?);
    }
    Ok(print(out, &replay)?)
}

fn traces(arguments: &Traces, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.one.find()?;
    let interaction = match arguments.interaction.parse() {
        Ok(interaction) => interaction,
        Err(_) => {
            let changes = remote.wait(remote.replays().get(id))?.changes;
            let of = |one: &ReplayChange| (one.interaction_id.to_string(), one.subject.clone());
            which::one("changed interaction", &arguments.interaction, changes, of)?.interaction_id
        }
    };
    let traces = remote.wait(remote.replays().traces(id, interaction))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &traces)?);
    }
    let sides =
        [("as recorded", traces.before, "it has no trace"), ("as it would be", traces.after, "it can't be read")];
    for (side, trace, missing) in sides {
        writeln!(out, "{side}")?;
        for line in rendered(trace.as_ref(), missing).lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

fn rendered(trace: Option<&RunTrace>, missing: &str) -> String {
    trace.map_or_else(|| missing.to_owned(), text::render)
}
