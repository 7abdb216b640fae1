//! `waypost interactions`: what became of accepted mail, and acting on what was claimed.

mod act;
mod erase;
mod find;
mod rerun;

use std::io::Write;

use futures_util::StreamExt;
use jiff::Timestamp;
use waypost_client::interactions::InteractionFilter;
use waypost_ids::{DecisionKind, InteractionId, ThreadReason};
use waypost_wire::delivery::Delivery;
use waypost_wire::interaction::{Decision, Interaction};
use waypost_wire::time::Time;
use waypost_wire::trace::{RunTrace, TraceEvent, text};

use super::flows;
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::times::time;
use crate::words;

pub(crate) use find::find;

/// Sub-commands of `interactions`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List interactions, newest first
    List(List),
    /// Show one interaction
    Show(One),
    /// Show what a flow did with one interaction, step by step
    Trace(One),
    /// Print the raw message
    Message(One),
    /// List a message's attachments
    Attachments(One),
    /// Print one attachment's bytes
    Attachment(Attached),
    /// Run interactions again with the flows published now, and wait for the decision: one, or all that match
    Rerun(rerun::Rerun),
    /// Erase an interaction's message, subject, traces, attributes, and what its decision says in words; the ledger row stays
    Erase(erase::Erase),
    /// Answer the sender of an interaction that you claimed
    Reply(act::Reply),
    /// Forward the message of an interaction that you claimed
    Forward(act::Forward),
    /// Transfer an interaction that you claimed to another queue
    Transfer(act::Transfer),
    /// Complete an interaction that you claimed
    Complete(act::Complete),
}

/// Which interactions are meant.
#[derive(clap::Args)]
struct Filter {
    /// Only interactions in this state: received, running, decided, waiting (decided, in a queue, nobody has it), claimed or completed
    #[arg(long, value_parser = state_word)]
    state: Option<&'static str>,
    /// Only interactions with this decision: queue, forward, disconnect or unrouted
    #[arg(long, value_parser = decision_word)]
    decision: Option<DecisionKind>,
    /// The envelope sender
    #[arg(long)]
    from: Option<String>,
    /// The envelope recipient
    #[arg(long)]
    to: Option<String>,
    /// Part of the subject
    #[arg(long)]
    subject: Option<String>,
    /// The Message-ID, without angle brackets
    #[arg(long)]
    message_id: Option<String>,
    /// Only interactions of this thread: the id of its first interaction
    #[arg(long, value_name = "ID", value_parser = thread)]
    thread: Option<InteractionId>,
    /// A queue's name or id
    #[arg(long)]
    queue: Option<String>,
    /// Only interactions whose last run was of this flow, by name or id
    #[arg(long)]
    flow: Option<String>,
    /// Only interactions accepted at this time or later, such as 2026-11-28T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Only interactions accepted before this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
    /// Only interactions that have waited longer than their queue's service level
    #[arg(long)]
    over_service_level: bool,
}

/// What an interaction may be listed by: its states, and what work is that nobody has yet.
const STATES: [&str; 6] = ["received", "running", "decided", "waiting", "claimed", "completed"];

fn state_word(text: &str) -> Result<&'static str, String> {
    words::one_of(text, &STATES, |state| state)
}

fn decision_word(text: &str) -> Result<DecisionKind, String> {
    words::one_of(text, &DecisionKind::ALL, DecisionKind::as_str)
}

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: Server,
    #[command(flatten)]
    filter: Filter,
    /// List at most N interactions
    #[arg(long, value_name = "N", default_value_t = 25)]
    limit: usize,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments about one interaction.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The interaction's id, or the beginning of it
    id: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `attachment`.
#[derive(clap::Args)]
pub(crate) struct Attached {
    #[command(flatten)]
    server: Server,
    /// The interaction's id, or the beginning of it
    id: String,
    /// The attachment's number, as `attachments` lists it
    number: u32,
}

/// Reads the id of a thread.
fn thread(text: &str) -> Result<InteractionId, String> {
    text.parse().map_err(|_| "expected the whole id of the thread's first interaction".to_owned())
}

/// Exit code 0: done; 1: refused, such as a claim that was lost; 2: not found, or no answer.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    let mut out = screen::stdout();
    match command {
        Command::List(arguments) => list(&arguments, &mut out),
        Command::Show(arguments) => {
            let (remote, id) = arguments.connect()?;
            let interaction = remote.wait(remote.interactions().get(id))?;
            show(&interaction, arguments.output, &mut out)?;
            if arguments.output == Output::Table {
                let why = interaction.duplicates_reason.as_ref();
                let why = why.map(|why| format!(": {}", table::flat(why))).unwrap_or_default();
                writeln!(out, "runs       {}, duplicates {}{why}", interaction.runs.len(), interaction.duplicates)?;
            }
            Ok(())
        }
        Command::Trace(arguments) => trace(&arguments, &mut out),
        Command::Message(arguments) => {
            let (remote, id) = arguments.connect()?;
            let raw = remote.wait(remote.interactions().message(id))?;
            Ok(screen::content().write_all(&raw)?)
        }
        Command::Attachments(arguments) => attachments(&arguments, &mut out),
        Command::Attachment(arguments) => {
            let remote = arguments.server.connect()?;
            let id = find(&remote, &arguments.id)?;
            let bytes = remote.wait(remote.interactions().attachment(id, arguments.number))?;
            Ok(screen::content().write_all(&bytes)?)
        }
        Command::Rerun(arguments) => rerun::rerun(&arguments, &mut out),
        Command::Erase(arguments) => erase::erase(&arguments, &mut out),
        Command::Reply(arguments) => act::reply(&arguments, &mut out),
        Command::Forward(arguments) => act::forward(&arguments, &mut out),
        Command::Transfer(arguments) => act::transfer(&arguments, &mut out),
        Command::Complete(arguments) => act::complete(&arguments, &mut out),
    }
}

impl One {
    fn connect(&self) -> Result<(Remote, InteractionId), Failure> {
        let remote = self.server.connect()?;
        let id = find(&remote, &self.id)?;
        Ok((remote, id))
    }
}

fn attachments(arguments: &One, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.connect()?;
    let attachments = remote.wait(remote.interactions().attachments(id))?.entities;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &attachments)?);
    }
    let rows: Vec<[String; 4]> = attachments
        .into_iter()
        .map(|one| [one.number.to_string(), one.content_type, one.size.to_string(), one.name.unwrap_or_default()])
        .collect();
    Ok(table::rows(out, ["NUMBER", "TYPE", "BYTES", "NAME"], &rows)?)
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let interactions = fetch(&remote, arguments)?;
    print(&interactions, arguments.output, out)
}

/// Prints interactions as a table, or as a list of data.
pub(crate) fn print(interactions: &[Interaction], output: Output, out: &mut impl Write) -> Result<(), Failure> {
    if output.is_data() {
        return Ok(output.write(out, &interactions)?);
    }
    let rows: Vec<[String; 7]> = interactions
        .iter()
        .map(|one| {
            [
                one.id.to_string(),
                one.received_at.to_string(),
                state(one),
                one.envelope.from.clone(),
                one.envelope.to.clone(),
                one.decision.as_ref().map_or_else(|| "(not decided yet)".to_owned(), short),
                table::clip(one.subject.as_deref().unwrap_or_default(), 40),
            ]
        })
        .collect();
    Ok(table::rows(out, ["ID", "RECEIVED", "STATE", "FROM", "TO", "DECISION", "SUBJECT"], &rows)?)
}

fn fetch(remote: &Remote, arguments: &List) -> Result<Vec<Interaction>, Failure> {
    let filter = arguments.filter.told(remote)?;
    remote.all(remote.interactions().list(&filter).take(arguments.limit)).map_err(Failure::unread)
}

impl Filter {
    fn told(&self, remote: &Remote) -> Result<InteractionFilter, Failure> {
        Ok(InteractionFilter {
            state: self.state.map(str::to_owned),
            decision: self.decision.map(|decision| decision.as_str().to_owned()),
            queue: self.queue.clone(),
            flow: self.flow.as_ref().map(|flow| flows::find(remote, flow)).transpose()?,
            from: self.from.clone(),
            to: self.to.clone(),
            subject: self.subject.clone(),
            message_id: self.message_id.clone(),
            thread: self.thread,
            since: self.since.map(Time::from),
            until: self.until.map(Time::from),
            over_service_level: self.over_service_level,
        })
    }
}

pub(crate) fn short(decision: &Decision) -> String {
    let kind = serde_json::to_value(decision.kind).ok();
    let kind = kind.as_ref().and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    match decision.queue.as_ref().and_then(|queue| queue.name.as_ref()) {
        Some(queue) => format!("{kind} {queue} ({})", decision.priority),
        None => kind,
    }
}

/// The word for where an interaction stands.
fn state(one: &Interaction) -> String {
    serde_json::to_value(one.state).unwrap_or_default().as_str().unwrap_or_default().to_owned()
}

/// An interaction without its runs, which most answers leave out.
fn show(one: &Interaction, output: Output, out: &mut impl Write) -> Result<(), Failure> {
    if output.is_data() {
        return Ok(output.write(out, one)?);
    }
    writeln!(out, "id         {}", one.id)?;
    writeln!(out, "state      {}", state(one))?;
    writeln!(out, "received   {} from {}", one.received_at, one.envelope.remote)?;
    if let Some(queued_at) = one.queued_at {
        let over = if one.over_service_level == Some(true) { ", over its service level" } else { "" };
        writeln!(out, "queued     {queued_at}{over}")?;
    }
    writeln!(out, "from       {}", table::flat(&one.envelope.from))?;
    writeln!(out, "to         {}", table::flat(&one.envelope.to))?;
    writeln!(out, "subject    {}", table::flat(one.subject.as_deref().unwrap_or_default()))?;
    if let Some(thread) = one.thread.as_ref().filter(|thread| thread.reason != ThreadReason::New) {
        writeln!(out, "thread     {} ({}, number {})", thread.id, thread.reason.as_str(), thread.position)?;
    }
    if let Some(flow) = &one.flow {
        writeln!(out, "flow       {} version {}", flow.name.as_deref().unwrap_or("(deleted)"), flow.version)?;
    }
    if let Some(decision) = &one.decision {
        writeln!(out, "decision   {}", short(decision))?;
        if let Some(outcome) = &decision.outcome {
            writeln!(out, "outcome    {}", table::flat(outcome))?;
        }
        if let Some(error) = &decision.error {
            writeln!(out, "error      {}", table::flat(&text::error(error)))?;
        }
    }
    for (name, value) in &one.attributes {
        writeln!(out, "attribute  {} = {}", table::flat(name), table::flat(value))?;
    }
    Ok(())
}

fn trace(arguments: &One, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, id) = arguments.connect()?;
    let trace = remote.wait(remote.interactions().trace(id))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &trace)?);
    }
    for run in &trace.runs {
        let by = run.rerun_by.as_deref().map(|by| format!(", asked for by {by}")).unwrap_or_default();
        writeln!(
            out,
            "run {} at {}, {} µs{by}: {}",
            run.number,
            run.started_at,
            run.duration_us,
            short(&run.decision)
        )?;
        if let Some(steps) = &run.trace {
            for line in text::render(steps).lines() {
                writeln!(out, "  {line}")?;
            }
        }
        // What stopped a run before a flow, or came to it later, is in no trace.
        if let Some(error) = run.decision.error.as_ref().filter(|_| !run.trace.as_ref().is_some_and(tells_why)) {
            writeln!(out, "  error {}", table::flat(&text::error(error)))?;
        }
        sent(&run.deliveries, out)?;
    }
    if !trace.deliveries.is_empty() {
        writeln!(out, "sent by people")?;
        sent(&trace.deliveries, out)?;
    }
    Ok(())
}

/// Whether a trace ends with the error of its decision.
fn tells_why(trace: &RunTrace) -> bool {
    trace.events.iter().any(|event| matches!(event, TraceEvent::Decision(made) if made.error.is_some()))
}

/// What went out, a line each.
fn sent(deliveries: &[Delivery], out: &mut impl Write) -> Result<(), Failure> {
    for one in deliveries {
        let why = one.held_by.as_ref().map(|held| &held.reason).or(one.last_answer.as_ref());
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        let line = format!("{} to {} {}{why} ({})", one.kind.as_str(), one.target, one.state.as_str(), one.id);
        writeln!(out, "  {}", table::flat(&line))?;
    }
    Ok(())
}
