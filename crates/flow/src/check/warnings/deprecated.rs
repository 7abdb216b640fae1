//! Calls to flows that should not be called any longer.

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
        let interfaces = world.interfaces(callee.flow, &callee.selector).unwrap_or_default();
        let Some((name, notice)) =
            interfaces.iter().find_map(|called| Some((&called.name, called.deprecated.as_ref()?)))
        else {
            continue;
        };
        let names = written.kind.facts().names;
        let by_name = |named: &Named<'_>| matches!(named, Named::Flow(reference) if reference.flow_id.is_none());
        let member = if names.iter().any(by_name) { "flow" } else { "flowId" };
        let colon = if notice.is_empty() { "" } else { ": " };
        diagnostics.push(
            Diagnostic::warning(
                Code::DeprecatedFlow,
                format!("{path}.{member}"),
                format!("the flow `{name}` is deprecated{colon}{notice}"),
            )
            .found(format!("`{name}`")),
        );
    }
}
