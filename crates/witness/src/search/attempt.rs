//! A draft that is run, and what comes of it on each side.

use std::collections::HashSet;

use serde_json::Value as Json;
use waypost_catalogue::routes::RouteMatch;
use waypost_flow::document::fold_name;
use waypost_flow::expr::constant;
use waypost_flow::source::Node;
use waypost_flow::types::Type;
use waypost_flow_tests::coverage::{Target, targets};
use waypost_flow_tests::trial::Trial;
use waypost_flow_tests::{Flows, Observed};

use super::draft::{Asked, Draft, Entry, filling_of};
use super::envelope;

/// What came of a draft, on each side.
pub(crate) struct Attempt {
    /// None where the entry leads nowhere.
    pub(crate) observed: Vec<Option<Observed>>,
    /// What each side reached.
    pub(crate) targets: Vec<Vec<Target>>,
    /// Answers that no side asked for.
    pub(crate) unasked: HashSet<String>,
}

impl Attempt {
    /// Whether any side reached it.
    pub(crate) fn reached(&self, target: &Target) -> bool {
        self.targets.iter().any(|side| side.contains(target))
    }

    /// Whether two sides decide differently.
    pub(crate) fn differs(&self) -> bool {
        matches!(self.observed.as_slice(), [before, after] if before != after)
    }
}

/// Runs a draft on each side; none if it can't be received or read on one.
pub(crate) fn attempt(sides: &[Flows<'_>], draft: &Draft) -> Option<Attempt> {
    attempt_where(sides, draft, None)
}

/// The same, but a run that entered none of the places where versions `differ` is not made again on the other side.
pub(super) fn attempt_where(sides: &[Flows<'_>], draft: &Draft, differ: Option<&HashSet<Target>>) -> Option<Attempt> {
    let mut attempt = Attempt { observed: Vec::new(), targets: Vec::new(), unasked: HashSet::new() };
    for (number, flows) in sides.iter().enumerate() {
        if !leads_somewhere(flows, &draft.entry) {
            attempt.observed.push(None);
            continue;
        }
        if !envelope::is_possible(draft, flows) {
            return None;
        }
        let node = written(draft, flows)?;
        let trial = Trial::read(&node, flows, &|_| Err(std::io::ErrorKind::NotFound.into())).ok()?;
        let came = trial.run(flows, true).ok()?;
        let unasked: HashSet<String> = came.unasked.into_iter().collect();
        attempt.unasked = if number == 0 { unasked } else { attempt.unasked.intersection(&unasked).cloned().collect() };
        attempt.targets.push(came.reached.map(|reached| targets(*reached)).unwrap_or_default());
        attempt.observed.push(Some(came.observed));
        if differ.is_some_and(|places| !attempt.targets.iter().flatten().any(|target| places.contains(target))) {
            attempt.observed.resize(sides.len(), attempt.observed.first().cloned().flatten());
            break;
        }
    }
    Some(attempt)
}

/// Whether a version has the route or the flow.
pub(crate) fn leads_somewhere(flows: &Flows<'_>, entry: &Entry) -> bool {
    match entry {
        Entry::Route(address) => matches!(flows.running.routes.find(address), RouteMatch::Route(_)),
        Entry::Flow(name) => {
            let folded = fold_name(name);
            // A server has flows that were never published.
            let published = |shared| {
                let flow = flows.world.flow_named(&folded, shared);
                flow.is_some_and(|flow| flows.running.snapshot.published(flow.id).is_some())
            };
            published(false) || published(true)
        }
    }
}

/// The draft as a trial of a version: a case without name and expectations.
pub(crate) fn written(draft: &Draft, flows: &Flows<'_>) -> Option<Node> {
    let whole = |filling: &str| {
        let mut members = draft.beside(flows, answers(draft, flows));
        members.push(("mail".to_owned(), draft.mail(filling)));
        Node::Map(members)
    };
    let plain = whole("");
    let Some(size) = draft.size else { return Some(plain) };
    let trial = Trial::read(&plain, flows, &|_| Err(std::io::ErrorKind::NotFound.into())).ok()?;
    Some(whole(&filling_of(size.saturating_sub(trial.raw().len()))))
}

/// What is answered, of what the version has, with the outputs that it knows.
pub(crate) fn answers(draft: &Draft, flows: &Flows<'_>) -> Vec<Node> {
    let running = flows.running;
    let knows = |asked: &Asked| match asked {
        Asked::DataAction(name) => running.data_actions.named(&fold_name(name)).is_some(),
        Asked::Table(name) => running.tables.named(&fold_name(name)).is_some(),
        Asked::Schedule(name) => running.schedules.named(&fold_name(name)).is_some(),
    };
    let output = |name: &str, field: &str, value: &Json| {
        let known = running.data_actions.named(&fold_name(name))?;
        let output = known.contract.outputs.iter().find(|one| one.name == field)?;
        fitted(value, &output.data_type)
    };
    let input = |name: &str, field: &str, value: &Json| {
        let known = running.data_actions.named(&fold_name(name))?;
        let input = known.contract.inputs.iter().find(|one| one.name == field)?;
        fitted(value, &input.data_type)
    };
    draft.answered(knows, output, input)
}

/// A value as one of a type, if it can be: what is made for a text may be asked for as a number, or in a list.
fn fitted(value: &Json, data_type: &Type) -> Option<Json> {
    if constant("", value, data_type).is_ok() {
        return Some(value.clone());
    }
    match (data_type, value) {
        (Type::String, Json::Number(number)) => Some(Json::from(number.to_string())),
        (Type::String, Json::Bool(holds)) => Some(Json::from(if *holds { "a" } else { "" })),
        (Type::Integer, Json::String(text)) => text.parse::<i64>().ok().map(Json::from),
        (Type::Number, Json::String(text)) => text.parse::<f64>().ok().map(Json::from),
        (Type::Boolean, Json::String(text)) => Some(Json::Bool(!text.is_empty())),
        (Type::List(_), Json::Array(_)) => None,
        (_, Json::Array(items)) => fitted(items.last()?, data_type),
        (Type::List(of), one) => Some(Json::Array(vec![fitted(one, of)?])),
        _ => None,
    }
}
