//! `waypost queues`: the queues of a server, what leads to them, and the work in them.

mod claims;
mod make;

use std::io::Write;

use waypost_ids::QueueId;
use waypost_wire::routing::Queue;

pub(crate) use claims::token;

use super::flows::{OfQueue, queue_used_by};
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::which;

/// Sub-commands of `queues`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List queues with their depth, oldest waiting work and what exceeds the service level
    List(Listing),
    /// Show a queue
    #[command(visible_alias = "get")]
    Show(OneQueue),
    /// Create a queue; people claim its work, or it delivers
    Create(make::Create),
    /// Change where a queue delivers, or its service level
    Update(make::Update),
    /// Delete a queue that has no work and that nothing uses
    Delete(Named),
    /// Push the waiting work of a queue that delivers
    Push(make::Push),
    /// Show what uses a queue
    UsedBy(OfQueue),
    /// List the current claims of a queue
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

/// Exit code 0: done; 1: the server refused it, such as for a claim that was lost; 2: not found, not allowed or no answer.
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
    let of = |one: &Queue| (one.id.to_string(), one.name.clone());
    if !which::begins_an_id(wanted) {
        // A `*` in the name is a wildcard to the server.
        let named = remote.all(remote.routing().queues_named(wanted))?;
        if let Some(found) = which::maybe("queue", wanted, named, of)? {
            return Ok(found.id);
        }
    }
    Ok(which::one("queue", wanted, remote.all(remote.routing().queues())?, of)?.id)
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

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let count = |count: Option<u64>| count.map(|count| count.to_string()).unwrap_or_default();
    let row = |_: &Remote, queue: &Queue| {
        Ok([
            queue.id.to_string(),
            queue.name.clone(),
            count(queue.waiting),
            queue.oldest_waiting_at.map(|oldest| oldest.to_string()).unwrap_or_default(),
            queue.service_level.clone().unwrap_or_default(),
            count(queue.over_service_level),
            queue.deliver_to.as_ref().map(make::place).unwrap_or_default(),
        ])
    };
    let heading = ["ID", "NAME", "WAITING", "OLDEST SINCE", "SERVICE LEVEL", "OVER", "DELIVERS TO"];
    arguments.print(out, |remote| remote.routing().queues(), heading, row)
}
