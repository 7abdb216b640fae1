//! Routes created and changed.

use std::io::Write;

use waypost_wire::reference::Reference;
use waypost_wire::routing::{Replies, Route, RouteRequest};

use super::{One, address, leads, parts};
use crate::commands::{flows, queues};
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::table;

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// The address, such as care@example.com or '*@example.com'; its domain must exist
    address: String,
    #[command(flatten)]
    says: Says,
}

/// Arguments of `update`.
#[derive(clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    one: One,
    /// Another address of the same domain
    #[arg(long, value_name = "ADDRESS")]
    address: Option<String>,
    #[command(flatten)]
    says: Says,
}

/// What is said of a route.
#[derive(clap::Args)]
struct Says {
    /// Run this flow, by its name or id
    #[arg(long, conflicts_with = "queue")]
    flow: Option<String>,
    /// Put mail straight into this queue, by its name or id
    #[arg(long)]
    queue: Option<String>,
    /// The queue for mail that could not be routed, by its name or id
    #[arg(long, value_name = "QUEUE")]
    unrouted_queue: Option<String>,
    /// The priority that interactions start with; higher is sooner
    #[arg(long, allow_negative_numbers = true)]
    priority: Option<i64>,
    /// The name that replies are from
    #[arg(long, value_name = "NAME")]
    from_name: Option<String>,
    /// Whether flows may answer mail that mailing lists pass on
    #[arg(long, value_name = "BOOL")]
    answer_lists: Option<bool>,
    /// Where replies go: with all mail of the route (target), or back to the queue of the conversation (previousQueue)
    #[arg(long, value_name = "WHERE", value_parser = clap::builder::PossibleValuesParser::new(["target", "previousQueue"]))]
    replies: Option<String>,
    /// Keep mails and traces for this many days after they are completed; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    keep_content_days: Option<u32>,
    /// Keep interactions and decisions for this many days after they are completed; 0 is for ever
    #[arg(long, value_name = "DAYS")]
    keep_decision_days: Option<u32>,
}

impl Says {
    fn replies(&self) -> Option<Replies> {
        match self.replies.as_deref()? {
            "previousQueue" => Some(Replies::PreviousQueue),
            _ => Some(Replies::Target),
        }
    }

    /// A request with what is said here, and the rest as it was.
    fn over(&self, remote: &Remote, was: RouteRequest) -> Result<RouteRequest, Failure> {
        let reference = |id: String| Reference { id, ..Reference::default() };
        let of_flow = |flow: &String| Ok::<_, Failure>(reference(flows::find(remote, flow)?.to_string()));
        let of_queue = |queue: &String| Ok::<_, Failure>(reference(queues::find(remote, queue)?.to_string()));
        let (flow, queue) = match (&self.flow, &self.queue) {
            (Some(flow), _) => (Some(of_flow(flow)?), None),
            (None, Some(queue)) => (None, Some(of_queue(queue)?)),
            (None, None) => (was.flow, was.queue),
        };
        Ok(RouteRequest {
            pattern: was.pattern,
            flow,
            queue,
            unrouted_queue: self.unrouted_queue.as_ref().map(of_queue).transpose()?.or(was.unrouted_queue),
            priority: self.priority.unwrap_or(was.priority),
            from_name: self.from_name.clone().or(was.from_name),
            answer_lists: self.answer_lists.or(was.answer_lists),
            replies: self.replies().or(was.replies),
            keep_content_days: self.keep_content_days.or(was.keep_content_days),
            keep_decision_days: self.keep_decision_days.or(was.keep_decision_days),
            extra: was.extra,
        })
    }
}

pub(super) fn create(arguments: &Create, out: &mut impl Write) -> Result<(), Failure> {
    let (pattern, domain) = parts(&arguments.address)?;
    if arguments.says.flow.is_none() && arguments.says.queue.is_none() {
        return Err(Failure::Failed(
            "where does the route lead? Name a flow with --flow, or a queue with --queue".to_owned(),
        ));
    }
    let remote = arguments.server.connect()?;
    let empty = RouteRequest { pattern: pattern.to_owned(), ..RouteRequest::default() };
    let request = arguments.says.over(&remote, empty)?;
    told(domain, &remote.wait(remote.routing().create_route(domain, &request))?, out)
}

pub(super) fn update(arguments: &Update, out: &mut impl Write) -> Result<(), Failure> {
    let moved = arguments.address.as_deref().map(parts).transpose()?;
    let (remote, found) = arguments.one.find()?;
    let was = found.route;
    let pattern = match moved {
        Some((_, domain)) if !domain.eq_ignore_ascii_case(&found.domain) => {
            let why = format!("a route stays in its domain, {}: create another, and delete this one", found.domain);
            return Err(Failure::Failed(why));
        }
        Some((pattern, _)) => pattern.to_owned(),
        None => was.pattern,
    };
    let id = was.id;
    let was = RouteRequest {
        pattern,
        flow: was.flow,
        queue: was.queue,
        unrouted_queue: was.unrouted_queue,
        priority: was.priority,
        from_name: was.from_name,
        answer_lists: was.answer_lists,
        replies: was.replies,
        keep_content_days: was.keep_content_days,
        keep_decision_days: was.keep_decision_days,
        extra: was.extra,
    };
    let request = arguments.says.over(&remote, was)?;
    told(&found.domain, &remote.wait(remote.routing().update_route(&found.domain, id, &request))?, out)
}

fn told(domain: &str, route: &Route, out: &mut impl Write) -> Result<(), Failure> {
    let line = format!("route {}: id {}, leads to {}", address(domain, route), route.id, leads(route));
    Ok(writeln!(out, "{}", table::flat(&line))?)
}
