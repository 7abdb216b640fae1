//! Calls by a name that two flows have.

use super::World;
use crate::actions::facts::{Effect, Named};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::Document;

pub(super) fn check(
    document: &Document,
    program: &crate::program::Program,
    world: &dyn World,
    diagnostics: &mut Problems,
) {
    // A program's actions stand in the order of the document's.
    for ((path, written), action) in document.actions().into_iter().zip(program.actions()) {
        let Some(Effect::Calls(callee)) = action.kind.facts().effect else { continue };
        if !world.has_namesake(callee.flow) {
            continue;
        }
        let names = written.kind.facts().names;
        let by_name = names.iter().find_map(|named| match named {
            Named::Flow(reference) if reference.flow_id.is_none() => reference.flow.as_deref(),
            Named::Flow(_)
            | Named::Queue(_)
            | Named::ComputedQueue
            | Named::Table(_)
            | Named::Schedule(_)
            | Named::Webhook(_)
            | Named::DataAction(_)
            | Named::Term(..) => None,
        });
        let Some(name) = by_name else { continue };
        let called = world.interfaces(callee.flow, &callee.selector).unwrap_or_default();
        let called =
            called.first().map_or("this one", |called| if called.shared { "the shared one" } else { "the email one" });
        diagnostics.push(
            Diagnostic::warning(
                Code::AmbiguousFlow,
                format!("{path}.flow"),
                format!("`{name}` is the name of two flows, a shared one and an email one: {called} is called"),
            )
            .expected("a name that one flow has, or a `flowId`")
            .suggestion(format!("rename one of the flows, or write `flowId: {}`", callee.flow)),
        );
    }
}
