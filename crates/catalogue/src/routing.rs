//! Routes as objects of the catalogue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::interface::Interface;
use waypost_ids::{FlowId, Kind, QueueId, Ref};
use waypost_store::records::catalogue::{DomainRecord, FlowRecord, ObjectRecord, RouteRecord, RouteTarget};

use crate::error::ChangeError;
use crate::object::{Making, Object, found, not_found, present, revision_of};
use crate::shelf::Shelf;
use crate::world::World;

/// What a route is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RouteSpec {
    /// The domain that it is of; empty is the one that it is in.
    pub domain: String,
    /// A local part, or a pattern with `*`.
    pub pattern: String,
    /// Where it leads; none is a problem that is reported.
    pub target: Option<WantedTarget>,
    /// Where its unrouted mail stands.
    pub unrouted_queue: Option<Wanted<QueueId>>,
    /// The priority that interactions start with.
    pub priority: i64,
    /// Further members: the name that replies are from, whether lists are answered ([`wrong_members`]), and what is only kept.
    pub extra: Map<String, Json>,
}

/// An object as a client names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted<Id> {
    /// By its id.
    Id(Id),
    /// By its name: in a change set it may be one that the set makes.
    Name(String),
}

/// Where a route is to lead.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WantedTarget {
    /// The flow is run.
    Flow(Wanted<FlowId>),
    /// The interaction goes straight to the queue.
    Queue(Wanted<QueueId>),
}

impl From<RouteTarget> for WantedTarget {
    fn from(target: RouteTarget) -> Self {
        match target {
            RouteTarget::Flow(id) => Self::Flow(Wanted::Id(id)),
            RouteTarget::Queue(id) => Self::Queue(Wanted::Id(id)),
        }
    }
}

impl Object for RouteRecord {
    const KIND: Kind = Kind::Route;
    const AFTER_FLOWS: bool = true;

    type Id = Uuid;
    type Record = Self;
    type Spec = RouteSpec;

    fn new(record: Self) -> Self {
        record
    }

    fn record(&self) -> &Self {
        self
    }

    fn stored(record: &ObjectRecord) -> Option<&Self> {
        record.try_into().ok()
    }

    fn id(record: &Self) -> Uuid {
        record.id
    }

    fn id_of(object: &Ref) -> Uuid {
        object.uuid()
    }

    fn object_of(id: &Uuid) -> Ref {
        Ref::new(Kind::Route, *id)
    }

    fn name(record: &Self) -> String {
        format!("{}@{}", record.pattern, record.domain)
    }

    /// The local part whatever the case, at the domain whichever its label.
    fn folded(name: &str) -> String {
        match name.trim().rsplit_once('@') {
            Some((pattern, domain)) => format!("{}@{}", pattern.to_lowercase(), DomainRecord::folded(domain)),
            None => name.trim().to_lowercase(),
        }
    }

    fn name_wanted(spec: &RouteSpec) -> String {
        format!("{}@{}", spec.pattern.trim(), spec.domain)
    }

    fn revision(record: &Self) -> u64 {
        revision_of(&Self::audited(record), record.modified_at)
    }

    fn audited(record: &Self) -> Json {
        let (flow, queue) = match record.target {
            RouteTarget::Flow(id) => (Some(id.to_string()), None),
            RouteTarget::Queue(id) => (None, Some(id.to_string())),
        };
        present(json!({
            "pattern": record.pattern,
            "domain": record.domain,
            "flow": flow,
            "queue": queue,
            "unroutedQueue": record.unrouted_queue.map(|queue| queue.to_string()),
            "priority": record.priority,
            "more": record.extra,
        }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.routes
    }

    fn make(spec: &RouteSpec, making: &Making<'_>, before: Option<&Self>) -> Result<Self, ChangeError> {
        let domain = match before {
            Some(before) if spec.domain.is_empty() => before.domain.clone(),
            _ => {
                let domain = making.world.domains.named(&DomainRecord::folded(&spec.domain));
                domain.ok_or_else(|| not_found("domain", &spec.domain))?.domain.clone()
            }
        };
        // A route belongs to its domain for good.
        if let Some(before) = before.filter(|before| before.domain != domain) {
            return Err(not_found("route", before.id));
        }
        let mut problems = Vec::new();
        let pattern = valid_pattern(&spec.pattern).unwrap_or_else(|problem| {
            problems.push(*problem);
            String::new()
        });
        let target = match &spec.target {
            None => {
                let problem = Diagnostic::error(Code::MissingKey, "flow", "the route leads nowhere");
                problems.push(problem.expected("`flow` or `queue`, one of them"));
                None
            }
            Some(WantedTarget::Queue(queue)) => {
                known_queue(making.world, "queue", queue, &mut problems).map(RouteTarget::Queue)
            }
            Some(WantedTarget::Flow(flow)) => routable(making.world, flow, &mut problems).map(RouteTarget::Flow),
        };
        let unrouted = spec.unrouted_queue.as_ref();
        let unrouted_queue =
            unrouted.and_then(|queue| known_queue(making.world, "unroutedQueue", queue, &mut problems));
        problems.extend(wrong_members(&spec.extra));
        let Some(target) = target.filter(|_| problems.is_empty()) else { return Err(ChangeError::Invalid(problems)) };
        Ok(Self {
            id: before.map_or_else(|| making.origin.id(), |before| before.id),
            domain,
            pattern,
            target,
            unrouted_queue,
            priority: spec.priority,
            extra: spec.extra.clone(),
            created_at: before.map_or(making.now, |before| before.created_at),
            modified_at: making.now,
        })
    }

    fn taken(record: &Self, holder: &Self) -> ChangeError {
        ChangeError::NameTaken { kind: "route", name: record.pattern.clone(), holder: holder.id.to_string() }
    }
}

/// What a pattern is.
const LOCAL_PART: &str = "the part before the `@`, such as `support` or `support-*`, at most 64 bytes, without spaces";

/// A pattern of local parts, in lower case.
///
/// # Errors
/// It is none.
pub fn valid_pattern(written: &str) -> Result<String, Box<Diagnostic>> {
    let pattern = written.trim().to_lowercase();
    // Addresses are compared without the quotes of their local parts.
    if let Some(inside) = pattern.strip_prefix('"') {
        let problem = Diagnostic::error(Code::InvalidValue, "pattern", "a pattern has no quotes around it");
        let problem = problem.found(format!("`{pattern}`"));
        let plain = inside.strip_suffix('"').filter(|plain| !plain.contains(['"', '\\']));
        return Err(Box::new(match plain.map(valid_pattern) {
            Some(Ok(plain)) => problem.expected("the local part without quotes").suggestion(format!("write `{plain}`")),
            _ => problem.expected(LOCAL_PART),
        }));
    }
    let refused = |c: char| c == '@' || c.is_whitespace() || c.is_control();
    if pattern.is_empty() || pattern.len() > 64 || pattern.contains(refused) {
        let problem = Diagnostic::error(Code::InvalidValue, "pattern", "this is not a pattern of local parts")
            .expected(LOCAL_PART)
            .found(format!("`{pattern}`"));
        return Err(Box::new(problem));
    }
    Ok(pattern)
}

/// The most characters of the name that replies are from.
const FROM_NAME: usize = 128;

/// The most days that a route may keep something for: a hundred years.
const MOST_DAYS: u64 = 36_500;

/// What is wrong with those of a route's further members that the server reads.
#[must_use]
pub fn wrong_members(extra: &Map<String, Json>) -> Vec<Diagnostic> {
    let name = extra.get(RouteRecord::FROM_NAME).filter(|value| !is_name(value)).map(|value| {
        let problem = Diagnostic::error(
            Code::InvalidValue,
            RouteRecord::FROM_NAME,
            "this is not a name that replies can be from",
        );
        problem
            .expected(format!("a text of at most {FROM_NAME} characters without control characters"))
            .found(found(value))
    });
    let lists = extra.get(RouteRecord::ANSWER_LISTS).filter(|value| !value.is_boolean()).map(|value| {
        let problem = Diagnostic::error(
            Code::InvalidValue,
            RouteRecord::ANSWER_LISTS,
            "this is not a valid value of `answerLists`",
        );
        problem.expected("true or false").found(found(value))
    });
    let known = [RouteRecord::TO_TARGET, RouteRecord::TO_PREVIOUS_QUEUE];
    let replies = extra.get(RouteRecord::REPLIES);
    let replies = replies.filter(|value| !value.as_str().is_some_and(|word| known.contains(&word))).map(|value| {
        let problem =
            Diagnostic::error(Code::InvalidValue, RouteRecord::REPLIES, "this is not a valid value of `replies`");
        let problem = problem.expected(format!("`{}` or `{}`", known[0], known[1])).found(found(value));
        match value.as_str() {
            Some(word) => problem.nearest(word, known),
            None => problem,
        }
    });
    let kept = RouteRecord::KEEP.into_iter().filter_map(|member| {
        let value = extra.get(member).filter(|value| value.as_u64().is_none_or(|days| days > MOST_DAYS))?;
        let problem = Diagnostic::error(Code::InvalidValue, member, "this is not a number of days");
        Some(problem.expected(format!("a whole number from 0 (for ever) to {MOST_DAYS}")).found(found(value)))
    });
    name.into_iter().chain(lists).chain(replies).chain(kept).collect()
}

/// Whether it can stand before an address. It goes into the header of mails.
fn is_name(value: &Json) -> bool {
    value.as_str().is_some_and(|name| name.chars().count() <= FROM_NAME && !name.chars().any(char::is_control))
}

fn known_queue(
    world: &World,
    member: &str,
    queue: &Wanted<QueueId>,
    problems: &mut Vec<Diagnostic>,
) -> Option<QueueId> {
    let (found, written, place, expected) = match queue {
        Wanted::Id(id) => (world.queues.get(id), id.to_string(), "id", "the id of a queue"),
        Wanted::Name(name) => {
            (world.queues.named(&document::fold_name(name)), name.clone(), "name", "the name of a queue")
        }
    };
    if found.is_none() {
        let path = format!("{member}.{place}");
        let problem = Diagnostic::error(Code::UnknownQueue, path, format!("there is no queue `{written}`"));
        let known = world.queues.values().map(|queue| queue.name.as_str());
        problems.push(problem.expected(expected).found(format!("`{written}`")).nearest(&written, known));
    }
    found.map(|queue| queue.id)
}

/// A flow that a route can lead to.
fn routable(world: &World, flow: &Wanted<FlowId>, problems: &mut Vec<Diagnostic>) -> Option<FlowId> {
    let (found, written, path, expected) = match flow {
        Wanted::Id(id) => (world.flows.get(id), id.to_string(), "flow.id", "the id of a flow"),
        Wanted::Name(name) => {
            let folded = document::fold_name(name);
            let found = [false, true].into_iter().find_map(|shared| world.flow_named(&folded, shared));
            (found, name.clone(), "flow.name", "the name of a flow")
        }
    };
    let Some(record) = found else {
        let problem = Diagnostic::error(Code::UnknownFlow, path, format!("there is no flow `{written}`"));
        let known = world.flows.values().map(|flow| flow.name.as_str());
        problems.push(problem.expected(expected).found(format!("`{written}`")).nearest(&written, known));
        return None;
    };
    let interface = world.published(record.id).map(|checked| checked.interface.clone());
    let problem = unroutable(record, interface.as_deref());
    problems.extend(problem.map(|problem| Diagnostic { path: path.to_owned(), ..problem }));
    Some(record.id)
}

/// Why a flow can't be a route's target. `interface` is that of its published version.
#[must_use]
pub fn unroutable(record: &FlowRecord, interface: Option<&Interface>) -> Option<Diagnostic> {
    let found = format!("`{}`", record.name);
    if record.published.is_none() && !record.shared {
        let message = format!("the flow `{}` has no published version: its mail would all be unrouted", record.name);
        let problem = Diagnostic::error(Code::UnpublishedFlow, "", message);
        return Some(problem.suggestion("publish the flow first, or in the same change set"));
    }
    let reason = if record.shared {
        "a flow of type shared can't be a route's target".to_owned()
    } else {
        let required = interface?.inputs.iter().find(|input| input.required)?;
        format!("its input `{}` is required, and a route maps none", required.name)
    };
    let problem = Diagnostic::error(Code::NotRoutable, "", reason);
    Some(problem.expected("a flow of type email without required inputs").found(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_unquoted_pattern_that_is_accepted_is_advised() {
        let plain = valid_pattern("\"Sales\"").unwrap_err();
        assert_eq!(plain.suggestion.as_deref(), Some("write `sales`"));
        assert_eq!(plain.expected.as_deref(), Some("the local part without quotes"));
        for quoted in ["\"with space\"", "\"a@b\"", "\"\"", "\"open"] {
            let refused = valid_pattern(quoted).unwrap_err();
            assert_eq!((refused.suggestion, refused.expected.as_deref()), (None, Some(LOCAL_PART)), "{quoted}");
        }
    }
}
