//! What the checker may know of the world around a document.

use std::sync::Arc;

use crate::document::FlowReference;
use crate::email::Members;
use crate::interface::Interface;
use crate::program::{DataActionTarget, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget};
use waypost_ids::FlowId;

/// Why a flow could not be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unresolved {
    /// There is no such flow.
    Flow,
    /// The flow has no published version.
    Unpublished,
    /// The flow has no such version.
    Version,
    /// The flow has no such label.
    Label,
}

/// What stands around the document when it is published. A world without tables, schedules, webhooks or data actions need not speak of them.
pub trait World {
    /// What expressions can read of `interaction`.
    fn members(&self) -> &'static Members;

    /// The flow that a reference means, by id or by name.
    fn flow(&self, reference: &FlowReference) -> Option<FlowId>;

    /// Whether another flow has the name of this one: two of different type may.
    fn has_namesake(&self, _flow: FlowId) -> bool {
        false
    }

    /// The interface of one of a flow's versions; the first behind a weighted label.
    ///
    /// # Errors
    /// Why there is none.
    fn interface(&self, flow: FlowId, selector: &Selector) -> Result<Arc<Interface>, Unresolved>;

    /// The interfaces of all versions that a selector may lead to: more than one behind a weighted label. Never empty.
    ///
    /// # Errors
    /// Why there is none.
    fn interfaces(&self, flow: FlowId, selector: &Selector) -> Result<Vec<Arc<Interface>>, Unresolved> {
        self.interface(flow, selector).map(|interface| vec![interface])
    }

    /// The queue of that name (whatever the case) or id.
    fn queue(&self, written: &str) -> Option<QueueTarget>;

    /// The data table of that name (whatever the case) or id.
    fn table(&self, _written: &str) -> Option<TableTarget> {
        None
    }

    /// The schedule of that name (whatever the case) or id.
    fn schedule(&self, _written: &str) -> Option<ScheduleTarget> {
        None
    }

    /// The webhook of that name (whatever the case) or id.
    fn webhook(&self, _written: &str) -> Option<WebhookTarget> {
        None
    }

    /// The data action of that name (whatever the case) or id.
    fn data_action(&self, _written: &str) -> Option<DataActionTarget> {
        None
    }

    /// Names of flows, for suggestions.
    fn flow_names(&self) -> Vec<String>;

    /// Names of queues, for suggestions.
    fn queue_names(&self) -> Vec<String>;

    /// Names of data tables, for suggestions.
    fn table_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Names of schedules, for suggestions.
    fn schedule_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Names of webhooks, for suggestions.
    fn webhook_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Names of data actions, for suggestions.
    fn data_action_names(&self) -> Vec<String> {
        Vec::new()
    }

    /// Whether anybody still waits for the answer. If not, checking stops, and what it answers means nothing.
    fn is_wanted(&self) -> bool {
        true
    }
}
