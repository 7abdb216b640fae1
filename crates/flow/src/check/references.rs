//! What actions name outside of the flow: flows, queues, tables, schedules. Each name is resolved and noted.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::FlowReference;
use crate::interface::Interface;
use crate::program::{Callee, QueueTarget, ScheduleTarget, TableTarget};

use super::Reference;
use super::actions::Actions;
use super::world::Unresolved;

impl Actions<'_> {
    /// Resolves a queue by name or id, and notes the reference.
    pub(super) fn queue(
        &mut self,
        path: &str,
        place: &str,
        written: &str,
        diagnostics: &mut Problems,
    ) -> Option<QueueTarget> {
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
        self.references.push(Reference {
            path: place.to_owned(),
            target: queue.id.into(),
            selector: None,
            written: written.to_owned(),
        });
        Some(queue)
    }

    /// Resolves a data table by name or id, and notes the reference.
    pub(super) fn table(&mut self, place: &str, written: &str, diagnostics: &mut Problems) -> Option<TableTarget> {
        let Some(table) = self.world.table(written) else {
            diagnostics.error(|| {
                let names = self.world.table_names();
                Diagnostic::error(
                    Code::UnknownTable,
                    format!("{place}.table"),
                    format!("there is no table `{written}`"),
                )
                .expected("the name or id of a data table")
                .found(format!("`{written}`"))
                .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        let (target, written) = (table.id.into(), written.to_owned());
        self.references.push(Reference { path: place.to_owned(), target, selector: None, written });
        Some(table)
    }

    /// Resolves a schedule by name or id, and notes the reference.
    pub(super) fn schedule(
        &mut self,
        place: &str,
        written: &str,
        diagnostics: &mut Problems,
    ) -> Option<ScheduleTarget> {
        let Some(schedule) = self.world.schedule(written) else {
            diagnostics.error(|| {
                let names = self.world.schedule_names();
                let message = format!("there is no schedule `{written}`");
                Diagnostic::error(Code::UnknownSchedule, format!("{place}.schedule"), message)
                    .expected("the name or id of a schedule")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        let (target, written) = (schedule.id.into(), written.to_owned());
        self.references.push(Reference { path: place.to_owned(), target, selector: None, written });
        Some(schedule)
    }

    /// Resolves a called flow, and notes the reference.
    pub(super) fn callee(
        &mut self,
        path: &str,
        reference: &FlowReference,
        diagnostics: &mut Problems,
    ) -> Option<(Callee, Vec<Arc<Interface>>)> {
        let (member, written) = match (&reference.flow_id, &reference.flow) {
            (Some(id), _) => ("flowId", id),
            (None, Some(name)) => ("flow", name),
            // Reported by the document's reader.
            (None, None) => return None,
        };
        let Some(flow) = self.world.flow(reference) else {
            diagnostics.error(|| {
                let names = self.world.flow_names();
                Diagnostic::error(
                    Code::UnknownFlow,
                    format!("{path}.{member}"),
                    format!("there is no flow `{written}`"),
                )
                .expected(if member == "flowId" { "the id of a flow" } else { "the name of a flow" })
                .found(format!("`{written}`"))
                .nearest(written, names.iter().map(String::as_str))
            });
            return None;
        };
        // Anything else was refused by the document's reader.
        let selector = reference.selector()?;
        match self.world.interfaces(flow, &selector) {
            Ok(interfaces) => {
                self.references.push(Reference {
                    path: path.to_owned(),
                    target: flow.into(),
                    selector: Some(selector.clone()),
                    written: written.clone(),
                });
                Some((Callee { flow, selector }, interfaces))
            }
            Err(unresolved) => {
                diagnostics.push(unresolved_flow(path, member, written, unresolved, reference));
                None
            }
        }
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
            Diagnostic::error(Code::UnknownVersion, format!("{path}.version"), message)
                .suggestion("give the label to one of its versions first")
        }
        Unresolved::Version => {
            let version = reference.version.as_ref().map(ToString::to_string).unwrap_or_default();
            let message = format!("the flow `{written}` has no version {version}");
            Diagnostic::error(Code::UnknownVersion, format!("{path}.version"), message)
        }
    }
}
