//! Running interactions again.

use std::io::Write;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use waypost_client::interactions::InteractionFilter;
use waypost_flow::diagnostic::counted;
use waypost_ids::InteractionId;
use waypost_wire::interaction::{Interaction, Reruns, State};

use super::{Filter, find, short, show};
use crate::asking;
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Output;

/// How long the new decision is waited for: a run that asks other servers may take longer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long to wait before it is looked for, at first and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(1));

/// Arguments of `rerun`.
#[derive(clap::Args)]
pub(crate) struct Rerun {
    #[command(flatten)]
    server: Server,
    /// The interaction's id, or the beginning of it; without it, all that match
    id: Option<String>,
    #[command(flatten)]
    filter: Filter,
    /// Also send again what was sent before; otherwise the run sends only what was never sent. Only for a single interaction
    #[arg(long, requires = "id")]
    resend: bool,
    /// Reopen completed interactions without asking for confirmation; asked only on a terminal
    #[arg(long)]
    yes: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

pub(super) fn rerun(arguments: &Rerun, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let filter = arguments.filter.told(&remote)?;
    let is_filtered = filter != InteractionFilter::default();
    match (&arguments.id, is_filtered) {
        (Some(_), true) => Err(Failure::Failed("give an id or a filter, not both".to_owned())),
        (None, false) => Err(Failure::Failed("no interaction is selected: give an id, or a filter".to_owned())),
        (Some(id), false) => one(arguments, &remote, find(&remote, id)?, out),
        (None, true) => all(arguments, &remote, &filter, out),
    }
}

fn one(arguments: &Rerun, remote: &Remote, id: InteractionId, out: &mut impl Write) -> Result<(), Failure> {
    let before = remote.wait(remote.interactions().get(id))?;
    if before.state == State::Completed {
        asking::agreed("this interaction is completed, and a rerun reopens it. Continue?", arguments.yes)?;
    }
    remote.wait(remote.interactions().rerun(id, arguments.resend))?;
    let last = |one: &Interaction| one.runs.last().map(|run| run.number);
    let (now, ended) = ended(remote, id, |now| last(now) > last(&before))?;
    show(&now, arguments.output, out)?;
    if !ended {
        let why = format!("the rerun has not ended after {} s: it is queued, and", PATIENCE.as_secs());
        return Ok(writeln!(screen::stderr(), "note: {why} what is shown is from before it")?);
    }
    if before.state == State::Completed {
        writeln!(screen::stderr(), "note: the interaction was completed; the rerun reopened it")?;
    }
    if arguments.output == Output::Table
        && let Some(decision) = &before.decision
    {
        writeln!(out, "before     {}", short(decision))?;
    }
    Ok(())
}

/// The interaction once the run has ended, or as it is when patience has; and whether the run has ended.
fn ended(
    remote: &Remote,
    id: InteractionId,
    is_run: impl Fn(&Interaction) -> bool,
) -> Result<(Interaction, bool), Failure> {
    let (begun, (mut pause, longest)) = (Instant::now(), PAUSES);
    loop {
        let now = remote.wait(remote.interactions().get(id))?;
        let ended = is_run(&now);
        if ended || begun.elapsed() > PATIENCE {
            return Ok((now, ended));
        }
        std::thread::sleep(pause);
        pause = longest.min(pause.saturating_mul(2));
    }
}

fn all(arguments: &Rerun, remote: &Remote, filter: &InteractionFilter, out: &mut impl Write) -> Result<(), Failure> {
    if filter.state.as_deref().is_none_or(|state| state.eq_ignore_ascii_case("completed")) {
        let completed = InteractionFilter { state: Some("completed".to_owned()), ..filter.clone() };
        if !remote.all(remote.interactions().list(&completed).take(1))?.is_empty() {
            let why = "some of these interactions are completed, and a rerun reopens them. Continue?";
            asking::agreed(why, arguments.yes)?;
        }
    }
    let (mut all, mut cursor) = (Reruns::default(), None);
    loop {
        let reruns = remote.wait(remote.interactions().rerun_all(filter, cursor))?;
        all.rerun += reruns.rerun;
        all.skipped += reruns.skipped;
        cursor = reruns.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &all)?);
    }
    let (queued, skipped) = (counted(all.rerun, "rerun"), all.skipped);
    Ok(writeln!(out, "{queued} queued, {skipped} skipped: erased, claimed, or waiting for a run")?)
}
