//! What data actions answered a recorded run, as a case writes it: tests call nobody.

use std::collections::{BTreeSet, HashMap};

use serde_json::{Map, Value as Json};
use waypost_ids::DataActionId;
use waypost_wire::Object;
use waypost_wire::trace::{RunTrace, TraceEvent, TraceLookup};

/// Calls of a run, in order.
#[derive(Debug, Default)]
pub struct Calls<'t> {
    calls: Vec<Call<'t>>,
    /// Whether answers are left out because the reader lacks a scope.
    pub withheld: bool,
}

#[derive(Debug, PartialEq)]
struct Call<'t> {
    action: DataActionId,
    input: &'t Object,
    /// The outcome, with its members.
    answer: Object,
}

impl<'t> Calls<'t> {
    /// Those of a trace that were answered.
    #[must_use]
    pub fn of(trace: &'t RunTrace) -> Self {
        let mut found = Self::default();
        for event in &trace.events {
            let TraceEvent::Lookup(TraceLookup::CallDataAction(exchange)) = event else { continue };
            found.withheld |= exchange.withheld.is_some();
            let answer = exchange.answer.as_ref().and_then(|answer| serde_json::to_value(answer).ok());
            let (Some(asked), Some(Json::Object(answer))) = (&exchange.request, answer) else { continue };
            let call = Call { action: asked.data_action, input: &asked.input, answer };
            if !found.calls.contains(&call) {
                found.calls.push(call);
            }
        }
        found
    }

    /// The data actions that were called.
    #[must_use]
    pub fn actions(&self) -> BTreeSet<DataActionId> {
        self.calls.iter().map(|call| call.action).collect()
    }

    /// The answers as a case has them, by the names of data actions. Where one answer is all there is, it answers every call: inputs may have ids,
    /// which are others in a test.
    #[must_use]
    pub fn answers(&self, names: &HashMap<DataActionId, String>) -> Vec<Json> {
        let answer = |call: &Call<'_>| {
            let mut answer = Map::new();
            answer.insert("dataAction".to_owned(), names.get(&call.action)?.clone().into());
            if self.calls.iter().filter(|other| other.action == call.action).count() > 1 {
                answer.insert("input".to_owned(), Json::Object(call.input.clone()));
            }
            let mut said = call.answer.clone();
            let outcome = said.shift_remove("outcome")?;
            // The members of an outcome are those that cases have for it.
            let (name, value) = match outcome.as_str()? {
                "success" => ("output", said.shift_remove("output")?),
                "failure" => ("error", Json::Object(said)),
                _ => ("timeout", true.into()),
            };
            answer.insert(name.to_owned(), value);
            Some(Json::Object(answer))
        };
        self.calls.iter().filter_map(answer).collect()
    }
}
