//! Routes created and changed.

use std::io::Write;

use waypost_client::Revised;
use waypost_wire::reference::Reference;
use waypost_wire::routing::{Replies, Route, RouteRequest};

use super::{One, address, leads, parts};
use crate::commands::{domains, flows, queues};
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::table::{self, Printing};
use crate::unset;

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// The address, such as care@example.com or '*@example.com'; its domain must exist
    address: String,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    printing: Printing,
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
    /// Member to unset (repeatable)
    #[arg(long, value_name = "MEMBER", value_delimiter = ',', value_enum)]
    unset: Vec<Unset>,
    #[command(flatten)]
    printing: Printing,
}

/// What a route need not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Unset {
    UnroutedQueue,
    FromName,
    AnswerLists,
    Replies,
    KeepContentDays,
    KeepDecisionDays,
}

/// What is said of a route.
#[derive(Clone, clap::Args)]
struct Says {
    /// Run this flow, by its name or id
    #[arg(long, conflicts_with = "queue")]
    flow: Option<String>,
    /// Put mail straight into this queue, by its name or id
    #[arg(long)]
    queue: Option<String>,
    /// The queue for unrouted mail, by its name or id; left out: `Unrouted`
    #[arg(long, value_name = "QUEUE")]
    unrouted_queue: Option<String>,
    /// The priority that interactions start with; higher is sooner
    #[arg(long, allow_negative_numbers = true)]
    priority: Option<i64>,
    /// The display name in replies
    #[arg(long, value_name = "NAME")]
    from_name: Option<String>,
    /// Whether flows may answer mail that came through a mailing list
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

    /// What is said of a member that a route need not have.
    fn said(&self, member: Unset) -> bool {
        match member {
            Unset::UnroutedQueue => self.unrouted_queue.is_some(),
            Unset::FromName => self.from_name.is_some(),
            Unset::AnswerLists => self.answer_lists.is_some(),
            Unset::Replies => self.replies.is_some(),
            Unset::KeepContentDays => self.keep_content_days.is_some(),
            Unset::KeepDecisionDays => self.keep_decision_days.is_some(),
        }
    }

    /// What is said, with flow and queues looked up.
    fn found(&self, remote: &Remote) -> Result<Said, Failure> {
        let reference = |id: String| Reference { id, ..Reference::default() };
        let of_flow = |flow: &String| Ok::<_, Failure>(reference(flows::find(remote, flow)?.to_string()));
        let of_queue = |queue: &String| Ok::<_, Failure>(reference(queues::find(remote, queue)?.to_string()));
        Ok(Said {
            flow: self.flow.as_ref().map(of_flow).transpose()?,
            queue: self.queue.as_ref().map(of_queue).transpose()?,
            unrouted_queue: self.unrouted_queue.as_ref().map(of_queue).transpose()?,
            says: self.clone(),
        })
    }
}

/// What is said of a route, by ids.
struct Said {
    flow: Option<Reference>,
    queue: Option<Reference>,
    unrouted_queue: Option<Reference>,
    says: Says,
}

impl Said {
    /// A request with what is said, and the rest as it was.
    fn over(&self, was: RouteRequest) -> RouteRequest {
        let Self { flow, queue, unrouted_queue, says } = self;
        let (flow, queue) = match (flow, queue) {
            (None, None) => (was.flow, was.queue),
            (flow, queue) => (flow.clone(), queue.clone()),
        };
        RouteRequest {
            pattern: was.pattern,
            flow,
            queue,
            unrouted_queue: unrouted_queue.clone().or(was.unrouted_queue),
            priority: says.priority.unwrap_or(was.priority),
            from_name: says.from_name.clone().or(was.from_name),
            answer_lists: says.answer_lists.or(was.answer_lists),
            replies: says.replies().or(was.replies),
            keep_content_days: says.keep_content_days.or(was.keep_content_days),
            keep_decision_days: says.keep_decision_days.or(was.keep_decision_days),
            extra: was.extra,
        }
    }
}

/// What asks for a route to be as it is, without some members.
fn asked(route: Route, unset: &[Unset]) -> RouteRequest {
    fn kept<T>(value: Option<T>, member: Unset, unset: &[Unset]) -> Option<T> {
        value.filter(|_| !unset.contains(&member))
    }
    RouteRequest {
        pattern: route.pattern,
        flow: route.flow,
        queue: route.queue,
        unrouted_queue: kept(route.unrouted_queue, Unset::UnroutedQueue, unset),
        priority: route.priority,
        from_name: kept(route.from_name, Unset::FromName, unset),
        answer_lists: kept(route.answer_lists, Unset::AnswerLists, unset),
        replies: kept(route.replies, Unset::Replies, unset),
        keep_content_days: kept(route.keep_content_days, Unset::KeepContentDays, unset),
        keep_decision_days: kept(route.keep_decision_days, Unset::KeepDecisionDays, unset),
        extra: route.extra,
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
    let request = arguments.says.found(&remote)?.over(empty);
    let made = remote.wait(remote.routing().create_route(domain, &request));
    let is_missing = made.as_ref().is_err_and(|error| error.status() == Some(404));
    let made = domains::found(&remote, domain, made).map_err(|failure| match failure {
        Failure::Failed(why) if is_missing => {
            let parted = if why.ends_with('?') { "" } else { ";" };
            Failure::Failed(format!("{why}{parted} `waypost domains create {domain}` creates it"))
        }
        failure => failure,
    })?;
    told(domain, &made, &arguments.printing, out)
}

pub(super) fn update(arguments: &Update, out: &mut impl Write) -> Result<(), Failure> {
    let Update { one, address, says, unset, printing } = arguments;
    unset::not_set(unset, |member| says.said(member))?;
    let moved = address.as_deref().map(parts).transpose()?;
    let (remote, super::Found { domain, route }) = one.find()?;
    if let Some((_, other)) = moved.filter(|(_, other)| !other.eq_ignore_ascii_case(&domain)) {
        let why = format!("a route stays in its domain, {domain}: create one in {other}, and delete this one");
        return Err(Failure::Failed(why));
    }
    let said = says.found(&remote)?;
    let read = || remote.wait(remote.routing().revised_route(&domain, route.id));
    let changed = remote.change(read()?, read, |Revised { value, revision }| {
        let mut request = said.over(asked(value.clone(), unset));
        if let Some((pattern, _)) = moved {
            pattern.clone_into(&mut request.pattern);
        }
        remote.wait(remote.routing().update_route(&domain, route.id, &request, Some(*revision)))
    });
    told(&domain, &changed?, printing, out)
}

fn told(domain: &str, route: &Route, printing: &Printing, out: &mut impl Write) -> Result<(), Failure> {
    let line = format!("route {}: id {}, leads to {}", address(domain, route), route.id, leads(route));
    Ok(printing.print(out, route, table::flat(&line))?)
}
