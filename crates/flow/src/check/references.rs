//! What is named outside of the flow: flows, queues, tables, schedules, webhooks, data actions. Each name is resolved and noted.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::FlowReference;
use crate::interface::Interface;
use crate::program::{Callee, DataActionTarget, QueueTarget, ScheduleTarget, Selector, TableTarget, WebhookTarget};
use waypost_ids::Ref;
use waypost_problem::nearest;

use super::Reference;
use super::actions::{Actions, Draft};
use super::world::{Unresolved, World};

impl Actions<'_> {
    /// Resolves a queue by name or id, and notes the reference.
    pub(super) fn queue(
        &mut self,
        path: &str,
        place: &str,
        written: &str,
        diagnostics: &mut Problems,
    ) -> Option<QueueTarget> {
        named(written)?;
        let Some(queue) = self.world.queue(written) else {
            diagnostics.error(|| {
                let names = self.world.queue_names();
                Diagnostic::error(Code::UnknownQueue, path, format!("there is no queue `{written}`"))
                    .expected("the name or id of a queue")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        self.note(place, queue.id.into(), None, written);
        Some(queue)
    }

    fn note(&mut self, path: &str, target: Ref, selector: Option<Selector>, written: &str) {
        self.references.push(Reference { path: path.to_owned(), target, selector, written: written.to_owned() });
    }
}

/// A name that the document's reader could not read was reported there.
fn named(written: &str) -> Option<&str> {
    Some(written).filter(|written| !written.is_empty())
}

impl Draft<'_, '_> {
    /// Resolves a queue by name or id, and notes the reference.
    pub(crate) fn queue(&mut self, member: &str, written: &str) -> Option<QueueTarget> {
        self.actions.queue(&self.at(member), self.path, written, self.diagnostics)
    }

    /// Resolves a data table by name or id, and notes the reference.
    pub(crate) fn table(&mut self, written: &str) -> Option<TableTarget> {
        let world = self.actions.world;
        named(written)?;
        let Some(table) = world.table(written) else {
            let at = self.at("table");
            self.diagnostics.error(|| {
                let names = world.table_names();
                Diagnostic::error(Code::UnknownTable, at, format!("there is no table `{written}`"))
                    .expected("the name or id of a data table")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        self.actions.note(self.path, table.id.into(), None, written);
        Some(table)
    }

    /// Resolves a schedule by name or id, and notes the reference.
    pub(crate) fn schedule(&mut self, written: &str) -> Option<ScheduleTarget> {
        let world = self.actions.world;
        named(written)?;
        let Some(schedule) = world.schedule(written) else {
            let at = self.at("schedule");
            self.diagnostics.error(|| {
                let names = world.schedule_names();
                Diagnostic::error(Code::UnknownSchedule, at, format!("there is no schedule `{written}`"))
                    .expected("the name or id of a schedule")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        self.actions.note(self.path, schedule.id.into(), None, written);
        Some(schedule)
    }

    /// Resolves a webhook by name or id, and notes the reference.
    pub(crate) fn webhook(&mut self, written: &str) -> Option<WebhookTarget> {
        let world = self.actions.world;
        named(written)?;
        let Some(webhook) = world.webhook(written) else {
            let at = self.at("webhook");
            self.diagnostics.error(|| {
                let names = world.webhook_names();
                Diagnostic::error(Code::UnknownWebhook, at, format!("there is no webhook `{written}`"))
                    .expected("the name or id of a webhook")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        self.actions.note(self.path, webhook.id.into(), None, written);
        Some(webhook)
    }

    /// Resolves a data action by name or id, and notes the reference.
    pub(crate) fn data_action(&mut self, written: &str) -> Option<DataActionTarget> {
        let world = self.actions.world;
        named(written)?;
        let Some(action) = world.data_action(written) else {
            let at = self.at("dataAction");
            self.diagnostics.error(|| {
                let names = world.data_action_names();
                Diagnostic::error(Code::UnknownDataAction, at, format!("there is no data action `{written}`"))
                    .expected("the name or id of a data action")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        self.actions.note(self.path, action.id.into(), None, written);
        Some(action)
    }

    /// Resolves a called flow, and notes the reference.
    pub(crate) fn callee(&mut self, reference: &FlowReference) -> Option<(Callee, Vec<Arc<Interface>>)> {
        let world = self.actions.world;
        let (member, written) = match (&reference.flow_id, &reference.flow) {
            (Some(id), _) => ("flowId", id),
            (None, Some(name)) => ("flow", name),
            // Reported by the document's reader.
            (None, None) => return None,
        };
        let Some(flow) = world.flow(reference) else {
            let at = self.at(member);
            self.diagnostics.error(|| {
                let problem = Diagnostic::error(Code::UnknownFlow, at, format!("there is no flow `{written}`"))
                    .found(format!("`{written}`"));
                unknown_flow(problem, member == "flowId", written, world)
            });
            return None;
        };
        // Anything else was refused by the document's reader.
        let selector = reference.selector()?;
        match world.interfaces(flow, &selector) {
            Ok(interfaces) => {
                self.actions.note(self.path, flow.into(), Some(selector.clone()), written);
                Some((Callee { flow, selector }, interfaces))
            }
            Err(unresolved) => {
                self.diagnostics.push(unresolved_flow(self.path, member, written, unresolved, reference));
                None
            }
        }
    }
}

/// What a flow is called that is not there, and which was meant: also one that is named where its id belongs, or the other way round.
fn unknown_flow(problem: Diagnostic, by_id: bool, written: &str, world: &dyn World) -> Diagnostic {
    let names = world.flow_names();
    let mut names = names.iter().map(String::as_str);
    if by_id {
        let problem = problem.expected("the id of a flow");
        return match nearest(written, names) {
            Some(name) => {
                problem.suggestion(format!("write `flow: {name}` if you mean that flow: `flowId` takes an id"))
            }
            None => problem,
        };
    }
    let problem = problem.expected("the name of a flow");
    let as_id = FlowReference { flow_id: Some(written.to_owned()), ..FlowReference::default() };
    match world.flow(&as_id) {
        Some(_) => problem.suggestion(format!("write `flowId: {written}`: `flow` takes a name")),
        None => problem.nearest(written, names.by_ref()),
    }
}

fn unresolved_flow(
    path: &str,
    member: &str,
    written: &str,
    unresolved: Unresolved,
    reference: &FlowReference,
) -> Diagnostic {
    match unresolved {
        Unresolved::Flow => {
            Diagnostic::error(Code::UnknownFlow, format!("{path}.{member}"), format!("there is no flow `{written}`"))
        }
        Unresolved::Unpublished => {
            let message = format!("the flow `{written}` has no published version");
            Diagnostic::error(Code::UnpublishedFlow, format!("{path}.{member}"), message)
                .suggestion("publish it first, or publish both in one change set")
        }
        Unresolved::Label => {
            let label = reference.version.as_ref().and_then(|label| label.as_str()).unwrap_or_default();
            let message = format!("the flow `{written}` has no label `{label}`");
            Diagnostic::error(Code::UnknownVersion, format!("{path}.version"), message).suggestion(match label {
                "published" => "leave `version` out: what is published is called",
                _ => "give the label to one of its versions first",
            })
        }
        Unresolved::Version => {
            let version = reference.version.as_ref().map(ToString::to_string).unwrap_or_default();
            let message = format!("the flow `{written}` has no version {version}");
            Diagnostic::error(Code::UnknownVersion, format!("{path}.version"), message)
        }
    }
}
