//! What came of a run, in the words that expectations have for it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use waypost_app::mail::decide::Decided;
use waypost_app::outbox::sends::{Answered, push, sends};
use waypost_catalogue::world::Running;
use waypost_flow::email::Email;
use waypost_flow::program::Program;
use waypost_ids::DecisionKind;
use waypost_wire::trace::{RunTrace, TraceEffect, TraceEvent, TraceLevel, TraceTarget};

/// What came of a run. Absent members are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// The decision, in one word.
    pub decision: DecisionKind,
    /// The queue's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<String>,
    /// The priority.
    pub priority: i64,
    /// Required skills.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<String>,
    /// The required language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Where it is forwarded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<String>,
    /// The reason of a disconnect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The outcome that the flow set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
    /// The attributes in the end.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The variables of the flow under test, as they were last set, or as they are declared.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Json>,
    /// The outputs of the flow under test, if it returned.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Json>,
    /// What would be sent, and with `heldBy` what a rule holds back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<TraceEffect>,
    /// The nodes that were entered, those of flows that were called as `Flow/node`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<String>,
    /// What the flows logged, called ones included.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<ObservedLog>,
    /// Why the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ObservedError>,
}

/// A line that a flow logged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObservedLog {
    /// How much it matters: `debug`, `info`, `warn` or `error`.
    pub level: TraceLevel,
    /// The line.
    pub message: String,
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObservedError {
    /// The stable code.
    pub code: String,
    /// What happened.
    pub message: String,
}

/// A node that was entered, and the event that says so.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) label: String,
    /// Whether it is a node of the flow under test.
    pub(crate) own: bool,
    pub(crate) event: usize,
}

impl Step {
    /// The name of the flow, if it is another than the one under test.
    pub(crate) fn other_flow(&self) -> Option<&str> {
        if self.own { None } else { self.label.rsplit_once('/').map(|(flow, _)| flow) }
    }
}

impl Observed {
    /// What came, with the way there.
    pub(crate) fn of(
        decided: &Decided,
        outputs: Map<String, Json>,
        (trace, steps): (&RunTrace, &[Step]),
        mail: &Answered<'_, '_>,
        running: &Running,
    ) -> Self {
        Self {
            variables: variables(trace),
            path: steps.iter().map(|step| step.label.clone()).collect(),
            logs: trace.events.iter().filter_map(logged).collect(),
            ..Self::decided(decided, outputs, mail, running)
        }
    }

    /// What was decided: without variables, path and logs, which only a trace has.
    pub(crate) fn decided(
        decided: &Decided,
        outputs: Map<String, Json>,
        mail: &Answered<'_, '_>,
        running: &Running,
    ) -> Self {
        let decision = &decided.record.decision;
        let text = |name: &str| {
            let error = decision.error.as_ref().and_then(|error| error.get(name)).and_then(Json::as_str);
            error.unwrap_or_default().to_owned()
        };
        Self {
            decision: decision.kind,
            queue: decision.queue.and_then(|queue| running.queue_names.get(&queue)).map(|name| name.to_string()),
            priority: decision.priority,
            skills: decision.skills.clone(),
            language: decision.language.clone(),
            addresses: decision.addresses.clone(),
            reason: decision.reason.clone(),
            outcome: decision.outcome.clone(),
            attributes: decided.record.attributes.clone(),
            variables: BTreeMap::new(),
            outputs,
            sends: sends(&decided.effects, mail).into_iter().chain(push(decision, running)).collect(),
            path: Vec::new(),
            logs: Vec::new(),
            error: decision.error.as_ref().map(|_| ObservedError { code: text("code"), message: text("message") }),
        }
    }

    /// Adds the variables that were never set: they are what they are declared with.
    pub(crate) fn add_defaults(&mut self, program: &Program, email: &dyn Email) {
        for slot in &program.variables {
            if let Some(default) = &slot.default {
                self.variables.entry(slot.name.to_string()).or_insert_with(|| default.to_json(email));
            }
        }
    }
}

fn logged(event: &TraceEvent) -> Option<ObservedLog> {
    match event {
        TraceEvent::Log { level, message } => {
            let message = message.as_ref().and_then(Json::as_str).unwrap_or_default().to_owned();
            Some(ObservedLog { level: *level, message })
        }
        _ => None,
    }
}

/// The nodes that a run entered, in order.
pub(crate) fn steps(trace: &RunTrace) -> Vec<Step> {
    let mut stack: Vec<&str> = Vec::new();
    let mut first: Option<&str> = None;
    let mut steps = Vec::new();
    for (event, what) in trace.events.iter().enumerate() {
        match what {
            TraceEvent::Flow { name, .. } => {
                first.get_or_insert(name);
                stack.push(name);
            }
            TraceEvent::Leave => drop(stack.pop()),
            TraceEvent::Transfer => stack.clear(),
            TraceEvent::Node { id } => {
                let flow = stack.last().copied();
                let own = flow == first;
                let label = if own { id.clone() } else { format!("{}/{id}", flow.unwrap_or_default()) };
                steps.push(Step { label, own, event });
            }
            _ => {}
        }
    }
    steps
}

/// The variables of the flow that the run began with.
fn variables(trace: &RunTrace) -> BTreeMap<String, Json> {
    let mut depth = 0_usize;
    let mut all = BTreeMap::new();
    for event in &trace.events {
        match event {
            TraceEvent::Flow { .. } => depth += 1,
            TraceEvent::Leave => depth = depth.saturating_sub(1),
            // What follows are the variables of another flow.
            TraceEvent::Transfer => break,
            TraceEvent::Set { target: TraceTarget::Variable, name, value: Some(value) }
            | TraceEvent::Output { name, value: Some(value), .. }
                if depth == 1 =>
            {
                all.insert(name.clone(), value.clone());
            }
            _ => {}
        }
    }
    all
}
