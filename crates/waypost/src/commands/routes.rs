//! `waypost routes`: which mail goes to which flow or queue.

mod change;

use std::io::Write;

use uuid::Uuid;
use waypost_flow::diagnostic::counted;
use waypost_wire::reference::Reference;
use waypost_wire::routing::{Replies, Route};

use super::domains;
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::which;

/// Sub-commands of `routes`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List routes, by domain and pattern
    List(List),
    /// Show a route
    #[command(visible_alias = "get")]
    Show(Shown),
    /// Create a route: mail for an address goes to a flow or a queue
    Create(change::Create),
    /// Change a route's target or settings; others stay
    Update(change::Update),
    /// Delete a route
    Delete(One),
}

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: Server,
    /// Only routes of this domain
    #[arg(long)]
    domain: Option<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A route.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The route's address, such as care@example.com or '*@example.com', or its id
    route: String,
}

/// A route that is printed.
#[derive(clap::Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    one: One,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A route with its domain.
pub(super) struct Found {
    domain: String,
    route: Route,
}

impl Found {
    fn address(&self) -> String {
        address(&self.domain, &self.route)
    }
}

/// A route's pattern at its domain.
fn address(domain: &str, route: &Route) -> String {
    format!("{}@{domain}", route.pattern)
}

impl One {
    fn find(&self) -> Result<(Remote, Found), Failure> {
        let remote = self.server.connect()?;
        let found = find(&remote, &self.route)?;
        Ok((remote, found))
    }
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Show(arguments) => {
            let (_, found) = arguments.one.find()?;
            show(&found, arguments.output, out)
        }
        Command::Create(arguments) => change::create(arguments, out),
        Command::Update(arguments) => change::update(arguments, out),
        Command::Delete(arguments) => {
            let (remote, found) = arguments.find()?;
            remote.wait(remote.routing().delete_route(&found.domain, found.route.id))?;
            Ok(writeln!(out, "route {}: deleted", found.address())?)
        }
    }
}

/// The route of an address, an id, or the beginning of an id.
fn find(remote: &Remote, written: &str) -> Result<Found, Failure> {
    let all = match written.rsplit_once('@') {
        Some((_, domain)) => of_domain(remote, domain)?,
        None if which::begins_an_id(written) || written.parse::<Uuid>().is_ok() => everywhere(remote)?,
        None => {
            let expected = "expected an address such as care@example.com, or an id";
            return Err(Failure::Failed(format!("`{written}` names no route: {expected}")));
        }
    };
    which::one("route", written, all, |found| (found.route.id.to_string(), found.address()))
}

/// The local part and the domain of an address.
fn parts(address: &str) -> Result<(&str, &str), Failure> {
    let parts = address.rsplit_once('@').filter(|(pattern, domain)| !pattern.is_empty() && !domain.is_empty());
    let expected = || format!("`{address}` is not an address: expected one such as care@example.com");
    parts.ok_or_else(|| Failure::Failed(expected()))
}

fn of_domain(remote: &Remote, domain: &str) -> Result<Vec<Found>, Failure> {
    let routes = domains::found(remote, domain, remote.all(remote.routing().routes(domain)))?;
    Ok(routes.into_iter().map(|route| Found { domain: domain.to_lowercase(), route }).collect())
}

fn everywhere(remote: &Remote) -> Result<Vec<Found>, Failure> {
    let mut all = Vec::new();
    for domain in remote.all(remote.routing().domains())? {
        all.extend(of_domain(remote, &domain.id)?);
    }
    Ok(all)
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let found = match &arguments.domain {
        Some(domain) => of_domain(&remote, domain)?,
        None => everywhere(&remote)?,
    };
    if arguments.output.is_data() {
        let routes: Vec<&Route> = found.iter().map(|one| &one.route).collect();
        return Ok(arguments.output.write(out, &routes)?);
    }
    let row = |one: &Found| {
        let route = &one.route;
        [route.id.to_string(), one.address(), leads(route), route.priority.to_string(), said(route.from_name.as_ref())]
    };
    let rows: Vec<[String; 5]> = found.iter().map(row).collect();
    Ok(table::rows(out, ["ID", "ADDRESS", "LEADS TO", "PRIORITY", "FROM NAME"], &rows)?)
}

fn said(text: Option<&String>) -> String {
    text.cloned().unwrap_or_default()
}

/// Where a route leads, in words.
fn leads(route: &Route) -> String {
    let name = |to: &Reference| to.name.clone().unwrap_or_else(|| to.id.clone());
    let flow = route.flow.as_ref().map(|flow| format!("flow {}", name(flow)));
    flow.or_else(|| route.queue.as_ref().map(|queue| format!("queue {}", name(queue)))).unwrap_or_default()
}

fn show(found: &Found, output: Output, out: &mut impl Write) -> Result<(), Failure> {
    let route = &found.route;
    if output.is_data() {
        return Ok(output.write(out, route)?);
    }
    writeln!(out, "id              {}", route.id)?;
    writeln!(out, "address         {}", table::flat(&found.address()))?;
    writeln!(out, "leads to        {}", table::flat(&leads(route)))?;
    writeln!(out, "priority        {}", route.priority)?;
    if let Some(queue) = &route.unrouted_queue {
        writeln!(out, "unrouted queue  {}", table::flat(queue.name.as_ref().unwrap_or(&queue.id)))?;
    }
    if let Some(name) = &route.from_name {
        writeln!(out, "from name       {}", table::flat(name))?;
    }
    if let Some(answers) = route.answer_lists {
        writeln!(out, "answers lists   {answers}")?;
    }
    if let Some(replies) = route.replies {
        let to =
            if replies == Replies::PreviousQueue { "the queue of the conversation" } else { "where all mail goes" };
        writeln!(out, "replies go to   {to}")?;
    }
    let kept = [("content kept", route.keep_content_days), ("decisions kept", route.keep_decision_days)];
    for (what, days) in kept.into_iter().filter_map(|(what, days)| Some((what, days?))) {
        let days = if days == 0 { "for ever".to_owned() } else { counted(days, "day") };
        writeln!(out, "{what:<15} {days}")?;
    }
    Ok(())
}
