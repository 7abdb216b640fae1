//! `waypost flows`: flows and their versions on a server.

mod change;
mod graph;
mod look;

use waypost_client::flows::FlowFilter;
use waypost_ids::FlowId;
use waypost_wire::flow::Flow;

use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::which;

/// Sub-commands of `flows`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List flows
    List(look::List),
    /// Show a flow, or one of its versions, as its document
    #[command(visible_alias = "get")]
    Show(look::Show),
    /// List a flow's versions, newest first
    Versions(look::Of),
    /// Show a flow's history: what was done, by whom, and the note
    History(look::Of),
    /// Show how two versions differ in meaning
    Diff(look::Diff),
    /// Save a document as a draft; running flows are not affected
    Draft(change::Draft),
    /// Publish a version: a draft, or an old one again
    Publish(change::Publish),
    /// Give a label to a version, or to two with weights (`3:90 4:10`)
    Label(change::Label),
    /// Remove a label
    Unlabel(change::Unlabel),
    /// Deprecate a flow: publishing a caller gives a warning
    Deprecate(change::Deprecate),
    /// Unpublish a flow
    Deactivate(change::Named),
    /// Delete a flow that nothing uses
    Delete(change::Delete),
    /// Show what a flow uses
    Uses(graph::Arguments),
    /// Show what uses a flow
    UsedBy(graph::Arguments),
}

/// A flow on a server.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The flow's name or id
    flow: String,
}

/// Exit code 0: done; 1: the server refused the change, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut crate::screen::stdout();
    match command {
        Command::List(arguments) => look::list(arguments, out),
        Command::Show(arguments) => look::show(arguments, out),
        Command::Versions(arguments) => look::versions(arguments, out),
        Command::History(arguments) => look::history(arguments, out),
        Command::Diff(arguments) => look::diff(arguments, out),
        Command::Draft(arguments) => change::draft(arguments, out),
        Command::Publish(arguments) => change::publish(arguments, out),
        Command::Label(arguments) => change::label(arguments, out),
        Command::Unlabel(arguments) => change::unlabel(arguments, out),
        Command::Deprecate(arguments) => change::deprecate(arguments, out),
        Command::Deactivate(arguments) => change::deactivate(arguments, out),
        Command::Delete(arguments) => change::delete(arguments, out),
        Command::Uses(arguments) => graph::uses(arguments, out),
        Command::UsedBy(arguments) => graph::used_by(arguments, out),
    }
}

pub(crate) use graph::{Looking, OfQueue, queue_used_by};

impl One {
    /// Connects, and finds the flow.
    pub(crate) fn find(&self) -> Result<(Remote, FlowId), Failure> {
        let remote = self.server.connect()?;
        let id = find(&remote, &self.flow)?;
        Ok((remote, id))
    }
}

/// The id of a flow by id, name, or the beginning of its id.
pub(crate) fn find(remote: &Remote, written: &str) -> Result<FlowId, Failure> {
    if let Ok(id) = written.parse() {
        return Ok(id);
    }
    let of = |flow: &Flow| (flow.id.to_string(), flow.name.clone());
    if !which::begins_an_id(written) {
        let named = FlowFilter { name: Some(written.to_owned()), ..FlowFilter::default() };
        // One of type email and one of type shared may have one name.
        if let Some(found) = which::maybe("flow", written, remote.all(remote.flows().list(&named))?, of)? {
            return Ok(found.id);
        }
    }
    Ok(which::one("flow", written, remote.all(remote.flows().list(&FlowFilter::default()))?, of)?.id)
}
