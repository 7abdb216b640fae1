//! What a document names outside of itself, before anything is resolved.

use std::sync::Arc;

use super::{ActionKind, Document, FlowReference};
use crate::program::Selector;

impl FlowReference {
    /// Which version is meant; none for what is neither a version nor a label, which the reader refuses.
    pub fn selector(&self) -> Option<Selector> {
        match &self.version {
            None => Some(Selector::Published),
            Some(serde_json::Value::String(label)) => Some(Selector::Label(Arc::from(label.as_str()))),
            Some(number) => Some(Selector::Version(u32::try_from(number.as_u64()?).ok()?)),
        }
    }
}

impl Document {
    /// Every flow that is called or gone on in, in written order.
    pub fn flow_references(&self) -> impl Iterator<Item = &FlowReference> {
        self.nodes.iter().flat_map(|node| &node.actions).filter_map(|action| match &action.kind {
            ActionKind::RunFlow { flow, .. } | ActionKind::TransferToFlow { flow, .. } => Some(flow),
            _ => None,
        })
    }

    /// Every queue that is named, in written order.
    pub fn queue_names(&self) -> impl Iterator<Item = &str> {
        let in_actions = self.nodes.iter().flat_map(|node| &node.actions).filter_map(|action| match &action.kind {
            ActionKind::TransferToQueue { queue, .. } => Some(queue.as_str()),
            _ => None,
        });
        in_actions.chain(self.end.queue.as_deref())
    }
}
