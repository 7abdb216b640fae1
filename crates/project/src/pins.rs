//! Calls of a version by its number or label: a folder has one version of each flow, and no other.

use waypost_flow::actions::facts::Named;
use waypost_flow::document::FlowReference;

use crate::{At, Project};

/// A call that names a version.
#[derive(Debug, PartialEq, Eq)]
pub struct Pin {
    /// Where it is written.
    pub at: At,
    /// Its path in the document, such as `nodes[0].actions[1].version`.
    pub path: String,
    /// The flow that calls.
    pub caller: String,
    /// The flow that is called, as it is written.
    pub called: String,
    /// The number or label.
    pub version: String,
}

impl Project {
    /// Every call that names a version. On a server it means that version; a run of the folder takes the folder's only one.
    #[must_use]
    pub fn pins(&self) -> Vec<Pin> {
        let mut pins = Vec::new();
        for entry in &self.flows {
            for (path, action) in entry.document.actions() {
                let names = action.kind.facts().names;
                pins.extend(names.into_iter().filter_map(|named| match named {
                    Named::Flow(FlowReference { flow_id, flow, version: Some(version) }) => Some(Pin {
                        at: entry.at,
                        path: format!("{path}.version"),
                        caller: entry.document.name.clone(),
                        called: flow.clone().or_else(|| flow_id.clone()).unwrap_or_default(),
                        version: version.as_str().map_or_else(|| version.to_string(), str::to_owned),
                    }),
                    Named::Flow(_)
                    | Named::Queue(_)
                    | Named::ComputedQueue
                    | Named::Table(_)
                    | Named::Schedule(_)
                    | Named::Webhook(_)
                    | Named::DataAction(_)
                    | Named::Term(..) => None,
                }));
            }
        }
        pins
    }
}
