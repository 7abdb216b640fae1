//! `waypost queues`: the queues of a server, what leads to them, and the work in them.

mod claims;
mod make;

use std::io::Write;

use waypost_ids::QueueId;
use waypost_wire::routing::Queue;

use super::flows::{OfQueue, queue_used_by};
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::which;

/// Sub-commands of `queues`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List queues with their depth, oldest waiting work and what exceeds the service level
    List(List),
    /// Show a queue
    #[command(visible_alias = "get")]
    Show(OneQueue),
    /// Create a queue, to be claimed from or delivered
    Create(make::Create),
    /// Change where a queue delivers, or its service level
    Update(make::Update),
    /// Delete a queue that nothing uses and where no work is
    Delete(Named),
    /// Push what waits in a queue that delivers
    Push(make::Push),
    /// Show what leads to a queue
    UsedBy(OfQueue),
    /// List what is claimed from a queue
    Claims(claims::Claimed),
    /// Claim work from a queue and print the claims' tokens
    Claim(claims::Claim),
    /// Complete claimed work (idempotent)
    Ack(claims::One),
    /// Give claimed work back to its queue
    Release(claims::One),
    /// Extend a claim
    Extend(claims::Extend),
}

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A queue that is printed.
#[derive(clap::Args)]
pub(crate) struct OneQueue {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A queue.
#[derive(clap::Args)]
pub(crate) struct Named {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
}

/// Exit code 0: done; 1: the claim was lost; 2: not found, refused or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::UsedBy(arguments) => queue_used_by(arguments, out),
        Command::List(arguments) => list(arguments, out),
        Command::Show(arguments) => show(arguments, out),
        Command::Delete(arguments) => delete(arguments, out),
        Command::Claims(arguments) => claims::claimed(arguments, out),
        Command::Create(arguments) => make::create(arguments, out),
        Command::Update(arguments) => make::update(arguments, out),
        Command::Push(arguments) => make::push(arguments, out),
        Command::Claim(arguments) => claims::claim(arguments, out),
        Command::Ack(arguments) => claims::acknowledge(arguments, out),
        Command::Release(arguments) => claims::release(arguments, out),
        Command::Extend(arguments) => claims::extend(arguments, out),
    }
}

/// The queue of this name or id, or whose id begins so.
pub(crate) fn find(remote: &Remote, wanted: &str) -> Result<QueueId, Failure> {
    if let Ok(id) = wanted.parse() {
        return Ok(remote.wait(remote.routing().queue(id))?.id);
    }
    let queues = match which::begins_an_id(wanted) {
        true => remote.all(remote.routing().queues())?,
        // A `*` in the name is a wildcard to the server.
        false => remote.all(remote.routing().queues_named(wanted))?,
    };
    Ok(which::one("queue", wanted, queues, |one| (one.id.to_string(), one.name.clone()))?.id)
}

fn show(arguments: &OneQueue, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let id = find(&remote, &arguments.queue)?;
    let queue = remote.wait(remote.routing().queue(id))?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &queue)?);
    }
    writeln!(out, "id             {}", queue.id)?;
    writeln!(out, "name           {}", table::flat(&queue.name))?;
    writeln!(out, "waiting        {}", queue.waiting.unwrap_or_default())?;
    if let Some(oldest) = queue.oldest_waiting_at {
        writeln!(out, "oldest since   {oldest}")?;
    }
    if let Some(level) = &queue.service_level {
        writeln!(out, "service level  {level}, exceeded by {}", queue.over_service_level.unwrap_or_default())?;
    }
    if let Some(to) = &queue.deliver_to {
        writeln!(out, "delivers to    {}", table::flat(&make::place(to)))?;
    }
    Ok(())
}

fn delete(arguments: &Named, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let id = find(&remote, &arguments.queue)?;
    let Queue { name, .. } = remote.wait(remote.routing().queue(id))?;
    remote.wait(remote.routing().delete_queue(id))?;
    Ok(writeln!(out, "queue {name}: deleted")?)
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queues = remote.all(remote.routing().queues())?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &queues)?);
    }
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let rows: Vec<[String; 7]> = queues
        .into_iter()
        .map(|queue| {
            [
                queue.id.to_string(),
                queue.name,
                count(queue.waiting),
                queue.oldest_waiting_at.map(|oldest| oldest.to_string()).unwrap_or_default(),
                queue.service_level.unwrap_or_default(),
                count(queue.over_service_level),
                queue.deliver_to.as_ref().map(make::place).unwrap_or_default(),
            ]
        })
        .collect();
    Ok(table::rows(out, ["ID", "NAME", "WAITING", "OLDEST SINCE", "SERVICE LEVEL", "OVER", "DELIVERS TO"], &rows)?)
}
