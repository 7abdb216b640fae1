//! What a document names outside of itself, before anything is resolved.

use std::sync::Arc;

use super::{Action, ActionKind, Document, FlowReference, Mapping};
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

impl ActionKind {
    /// The actions inside of it, if it is a loop.
    pub fn actions(&self) -> &[Action] {
        match self {
            Self::ForEach { actions, .. } | Self::While { actions, .. } => actions,
            _ => &[],
        }
    }

    fn actions_mut(&mut self) -> &mut [Action] {
        match self {
            Self::ForEach { actions, .. } | Self::While { actions, .. } => actions,
            _ => &mut [],
        }
    }

    /// Lines that set variables, with what gives their `output`.
    pub fn output_mapping(&self) -> &[Mapping] {
        match self {
            Self::RunFlow { output_mapping, .. }
            | Self::LookupTable { output_mapping, .. }
            | Self::EvaluateSchedule { output_mapping, .. }
            | Self::FindQueue { output_mapping, .. } => output_mapping,
            _ => &[],
        }
    }
}

impl Document {
    /// Every action with its path (such as `nodes[0].actions[1].actions[0]`), those inside of loops after the loop, in written order.
    pub fn actions(&self) -> Vec<(String, &Action)> {
        let mut all = Vec::new();
        for (index, node) in self.nodes.iter().enumerate() {
            gather(&format!("nodes[{index}]"), &node.actions, &mut all);
        }
        all
    }

    /// Every flow that is called or gone on in, to be changed.
    pub fn flow_references_mut(&mut self, change: &mut dyn FnMut(&mut FlowReference)) {
        self.nodes.iter_mut().for_each(|node| change_references(&mut node.actions, change));
    }

    /// Every flow that is called or gone on in, in written order.
    pub fn flow_references(&self) -> impl Iterator<Item = &FlowReference> {
        self.actions().into_iter().filter_map(|(_, action)| match &action.kind {
            ActionKind::RunFlow { flow, .. } | ActionKind::TransferToFlow { flow, .. } => Some(flow),
            _ => None,
        })
    }

    /// Every queue that is named, in written order. Those that are only known at run time are not among them.
    pub fn queue_names(&self) -> impl Iterator<Item = &str> {
        let in_actions = self.actions().into_iter().filter_map(|(_, action)| match &action.kind {
            ActionKind::TransferToQueue { queue, .. } if !is_computed(queue) => Some(queue.as_str()),
            _ => None,
        });
        in_actions.chain(self.end.queue.as_deref())
    }
}

/// Whether a text that may be a name holds an expression instead.
pub fn is_computed(text: &str) -> bool {
    text.contains("${")
}

fn gather<'d>(path: &str, actions: &'d [Action], into: &mut Vec<(String, &'d Action)>) {
    for (index, action) in actions.iter().enumerate() {
        let path = format!("{path}.actions[{index}]");
        into.push((path.clone(), action));
        gather(&path, action.kind.actions(), into);
    }
}

fn change_references(actions: &mut [Action], change: &mut dyn FnMut(&mut FlowReference)) {
    for action in actions {
        if let ActionKind::RunFlow { flow, .. } | ActionKind::TransferToFlow { flow, .. } = &mut action.kind {
            change(flow);
        }
        change_references(action.kind.actions_mut(), change);
    }
}
