//! What a document names outside of itself, before anything is resolved.

use std::sync::Arc;

use super::{Action, Document, FlowReference};
use crate::actions::facts::{Named, NamedMut};
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
        self.names_mut(&mut |named| {
            if let NamedMut::Flow(flow) = named {
                change(flow);
            }
        });
    }

    /// Every flow, queue, table, schedule, webhook and data action that is named, to be changed. Those that are only known at run time are not among them.
    pub fn names_mut(&mut self, change: &mut dyn FnMut(NamedMut<'_>)) {
        self.nodes.iter_mut().for_each(|node| change_names(&mut node.actions, change));
        if let Some(queue) = &mut self.end.queue {
            change(NamedMut::Queue(queue));
        }
    }

    /// Every queue that is named, in written order. Those that are only known at run time are not among them.
    pub fn queue_names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for (_, action) in self.actions() {
            names.extend(action.kind.facts().names.into_iter().filter_map(|named| match named {
                Named::Queue(written) => Some(written),
                Named::Flow(_)
                | Named::ComputedQueue
                | Named::Table(_)
                | Named::Schedule(_)
                | Named::Webhook(_)
                | Named::DataAction(_)
                | Named::Term(..) => None,
            }));
        }
        names.extend(self.end.queue.as_deref());
        // What could not be read names nothing.
        names.retain(|name| !name.is_empty());
        names
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
        gather(&path, action.kind.facts().inside, into);
    }
}

fn change_names(actions: &mut [Action], change: &mut dyn FnMut(NamedMut<'_>)) {
    for action in actions {
        let parts = action.kind.parts_mut();
        if let Some(named) = parts.names {
            change(named);
        }
        change_names(parts.inside, change);
    }
}
