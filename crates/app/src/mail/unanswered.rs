//! Calls of data actions that a run asked for and that nobody made: offline, and where a flow is tried.

use serde::Serialize;
use serde_json::{Map, Value as Json};
use waypost_catalogue::world::Running;
use waypost_engine::{Answered, Exchange, Journal, Reply};
use waypost_store::records::mail::RunRecord;

/// A call that was not made.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Unanswered {
    /// The data action's name.
    pub data_action: String,
    /// The inputs that it would have got.
    pub input: Map<String, Json>,
}

/// The calls of a run that nobody made, in the order in which it asked.
pub fn unanswered(running: &Running, run: &RunRecord) -> Vec<Unanswered> {
    // A run that asked nothing has no journal.
    let journal = run.journal.as_deref().and_then(|stored| Journal::from_json(stored).ok()).unwrap_or_default();
    let calls = journal.answers.into_iter().filter_map(|answered| match answered {
        Answered::CallDataAction(Exchange { request, reply: Reply::Unasked(_), .. }) => Some(request),
        _ => None,
    });
    calls
        .map(|asked| {
            let name = running.data_actions.get(&asked.data_action).map(|known| known.record.name.clone());
            Unanswered { data_action: name.unwrap_or_else(|| asked.data_action.to_string()), input: asked.input }
        })
        .collect()
}
