//! Queues, domains and routes of a folder: as documents of their own, or together in a routing file.

use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::object::Object;
use waypost_catalogue::queues::QueueSpec;
use waypost_catalogue::routing::{RouteSpec, Wanted, WantedTarget, valid_pattern, wrong_members};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_ids::{Kind, Term};
use waypost_store::records::catalogue::{DomainRecord, QueueRecord, RouteRecord};

use crate::export::OF_A_SERVER;
use crate::kind::routing_keys;
use crate::world::alone;
use crate::{At, Entry, Project, is_wrong};
use waypost_flow::source::members::{Members, below, wrong};

/// What a queue may say.
const QUEUE: [&str; 4] = ["name", "description", QueueRecord::SERVICE_LEVEL, QueueRecord::DELIVER_TO];

/// What a route may say.
const ROUTE: [&str; 10] = [
    "address",
    "flow",
    "queue",
    "unroutedQueue",
    "priority",
    RouteRecord::FROM_NAME,
    RouteRecord::ANSWER_LISTS,
    RouteRecord::REPLIES,
    RouteRecord::KEEP[0],
    RouteRecord::KEEP[1],
];

impl Project {
    /// Reads a routing file.
    pub(crate) fn routing(&mut self, at: At, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.add(at, [*problem]),
        };
        let (queues, routes) = (members.list("queues"), members.list("routes"));
        let terms = Term::ALL.map(|term| (term, members.list(term.plural())));
        self.add(at, members.finish(&routing_keys().collect::<Vec<_>>()));
        for (index, item) in queues.iter().enumerate() {
            self.listed_queue(at, format!("queues[{index}]"), item);
        }
        for (term, items) in terms {
            for (index, item) in items.iter().enumerate() {
                self.listed_term(at, format!("{}[{index}]", term.plural()), term, item);
            }
        }
        for (index, item) in routes.iter().enumerate() {
            self.route(at, &format!("routes[{index}]"), item);
        }
    }

    /// A name in a routing file: itself, or a map with the name. What is none is told.
    pub(crate) fn listed_name(&mut self, at: At, path: &str, node: &Node, kind: &str) -> Option<String> {
        let (name, problems) = match node {
            Node::String(name) => (Some(name.clone()), Vec::new()),
            Node::Map(_) => match Members::of(path, node) {
                Ok(mut members) => (members.text("name"), members.finish(&["name"])),
                Err(problem) => (None, vec![*problem]),
            },
            _ => (None, Vec::new()),
        };
        if !problems.is_empty() {
            self.missing(at, problems);
            return None;
        }
        if name.is_none() {
            self.missing(at, [wrong(path, &format!("a {kind}'s name, or `name: …`"))]);
        }
        name
    }

    /// A queue in a routing file.
    fn listed_queue(&mut self, at: At, path: String, node: &Node) {
        let Some(name) = self.listed_name(at, &path, node, Kind::Queue.as_str()) else { return };
        let spec = QueueSpec::named(&name);
        match alone::<QueueRecord>(&spec) {
            Ok(_) => self.listed_queues.push(Entry { at, path, spec }),
            Err(problems) => self.missing(at, problems.into_iter().map(|one| Diagnostic { path: path.clone(), ..one })),
        }
    }

    /// Reads a queue's document.
    pub(crate) fn queue(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let name = members.name(path);
        let (extra, mut problems) = members.kept(&QUEUE, &OF_A_SERVER);
        // A queue that puts mail into a mailbox's folder is checked beside that mailbox, when all documents are read.
        let files_mail = extra.get(QueueRecord::DELIVER_TO).is_some_and(|to| to.get("mailbox").is_some());
        let spec = QueueSpec { name, extra, built_in: false };
        if !is_wrong(&problems) && !files_mail {
            let found = alone::<QueueRecord>(&spec).err().into_iter().flatten();
            // The webhooks that it may name are known when all documents are read.
            problems.extend(found.filter(|problem| problem.code != Code::UnknownWebhook));
        }
        let name = (spec.name.as_str(), QueueRecord::folded(&spec.name));
        if is_wrong(&problems) {
            self.incomplete = true;
            return self.wrong_one(at, Kind::Queue, name, ("name", problems));
        }
        self.add(at, problems);
        if self.first_of_its_name(at, Kind::Queue, name, "name".to_owned()) {
            self.queues.push(Entry { at, path: String::new(), spec });
        }
    }

    /// Reads a domain's document.
    pub(crate) fn domain(&mut self, at: At, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.add(at, [*problem]),
        };
        let domain = members.text("domain");
        if domain.is_none() && members.problems.is_empty() {
            members.missing("domain", "a domain such as `example.com`");
        }
        let mut problems = members.finish(&["domain"]);
        let spec = DomainSpec { domain: domain.unwrap_or_default(), ..DomainSpec::default() };
        if problems.is_empty() {
            let found = alone::<DomainRecord>(&spec).err().into_iter().flatten();
            problems.extend(found.map(|one| in_document(Kind::Domain, "", one)));
        }
        let name = (spec.domain.as_str(), DomainRecord::folded(&spec.domain));
        if !problems.is_empty() {
            return self.wrong_one(at, Kind::Domain, name, ("domain", problems));
        }
        if self.first_of_its_name(at, Kind::Domain, name, "domain".to_owned()) {
            self.domains.push(Entry { at, path: String::new(), spec });
        }
    }

    /// Reads a route. Its domain is made with it.
    pub(crate) fn route(&mut self, at: At, path: &str, node: &Node) {
        let mut members = match Members::of(path, node) {
            Ok(members) => members,
            Err(_) => return self.add(at, [wrong(path, "a map with `address`")]),
        };
        let address = members.text("address");
        if address.is_none() && members.problems.is_empty() {
            members.missing("address", "an address such as `support@example.com`");
        }
        let (flow, queue) = (members.text("flow"), members.text("queue"));
        let unrouted_queue = members.text("unroutedQueue").map(Wanted::Name);
        let priority = members.integer("priority").unwrap_or(0);
        let from_name =
            members.text(RouteRecord::FROM_NAME).map(|name| (RouteRecord::FROM_NAME.to_owned(), name.into()));
        let answer_lists = members
            .flag(RouteRecord::ANSWER_LISTS)
            .map(|answers| (RouteRecord::ANSWER_LISTS.to_owned(), answers.into()));
        let replies =
            members.text(RouteRecord::REPLIES).map(|replies| (RouteRecord::REPLIES.to_owned(), replies.into()));
        let kept = RouteRecord::KEEP
            .into_iter()
            .filter_map(|name| members.integer(name).map(|days| (name.to_owned(), days.into())))
            .collect::<Vec<_>>();
        let extra = from_name.into_iter().chain(answer_lists).chain(replies).chain(kept).collect();
        let mut problems = members.finish(&ROUTE);
        if flow.is_some() && queue.is_some() {
            problems.push(wrong(path, "`flow` or `queue`, one of them"));
        }
        let parts = address.as_deref().and_then(|address| address.rsplit_once('@'));
        if let (Some(address), None) = (&address, parts) {
            let message = format!("`{address}` is not pattern@domain");
            problems.push(Diagnostic::error(Code::InvalidValue, below(path, "address"), message));
        }
        let Some((pattern, domain)) = parts else { return self.add(at, problems) };
        let of_domain = DomainSpec { domain: domain.to_owned(), ..DomainSpec::default() };
        let found = valid_pattern(pattern).err().map(|problem| *problem).into_iter();
        let found = found.chain(alone::<DomainRecord>(&of_domain).err().into_iter().flatten());
        let found = found.chain(wrong_members(&extra));
        problems.extend(found.map(|one| in_document(Kind::Route, path, one)));
        let target = flow.map(|name| WantedTarget::Flow(Wanted::Name(name)));
        let spec = RouteSpec {
            domain: domain.to_owned(),
            pattern: pattern.to_owned(),
            target: target.or_else(|| queue.map(|name| WantedTarget::Queue(Wanted::Name(name)))),
            unrouted_queue,
            priority,
            extra,
        };
        let name = RouteRecord::name_wanted(&spec);
        let (named, address) = ((name.as_str(), RouteRecord::folded(&name)), below(path, "address"));
        if !problems.is_empty() {
            return self.wrong_one(at, Kind::Route, named, (&address, problems));
        }
        if self.first_of_its_name(at, Kind::Route, named, address) {
            self.routes.push(Entry { at, path: path.to_owned(), spec });
        }
    }
}

/// A problem of an object, told where its document has it: a body of the API has members of other names.
pub(crate) fn in_document(kind: Kind, path: &str, problem: Diagnostic) -> Diagnostic {
    let member = match (kind, problem.path.as_str()) {
        (Kind::Route, "" | "id" | "pattern" | "domain") => "address",
        (Kind::Domain, "id") => "domain",
        (Kind::Queue, "name") if !path.is_empty() => "",
        (Kind::Route, member) => member.strip_suffix(".name").unwrap_or(member),
        (_, member) => member,
    };
    Diagnostic { path: below(path, member), ..problem }
}
