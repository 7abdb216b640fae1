//! Calls to flows that should not be called any longer.

use super::World;
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::{ActionKind, Document};

pub(super) fn check(
    document: &Document,
    program: &crate::program::Program,
    world: &dyn World,
    diagnostics: &mut Problems,
) {
    use crate::program::ProgramActionKind::{RunFlow, TransferToFlow};
    // A program's actions stand in the order of the document's.
    for ((path, written), action) in document.actions().into_iter().zip(program.actions()) {
        let (RunFlow { callee, .. } | TransferToFlow { callee, .. }) = &action.kind else { continue };
        let interfaces = world.interfaces(callee.flow, &callee.selector).unwrap_or_default();
        let Some((name, notice)) =
            interfaces.iter().find_map(|called| Some((&called.name, called.deprecated.as_ref()?)))
        else {
            continue;
        };
        let member = match &written.kind {
            ActionKind::RunFlow { flow, .. } | ActionKind::TransferToFlow { flow, .. } if flow.flow_id.is_none() => {
                "flow"
            }
            _ => "flowId",
        };
        let colon = if notice.is_empty() { "" } else { ": " };
        diagnostics.push(
            Diagnostic::warning(
                Code::DeprecatedFlow,
                format!("{path}.{member}"),
                format!("the flow `{name}` should not be called any longer{colon}{notice}"),
            )
            .found(format!("`{name}`")),
        );
    }
}
