//! Calls to flows that should not be called any longer.

use super::World;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{ActionKind, Document};

pub(super) fn check(
    document: &Document,
    program: &crate::program::Program,
    world: &dyn World,
    diagnostics: &mut Vec<Diagnostic>,
) {
    use crate::program::ProgramActionKind::{RunFlow, TransferToFlow};
    for (node_index, node) in program.nodes.iter().enumerate() {
        for (action_index, action) in node.actions.iter().enumerate() {
            let (RunFlow { callee, .. } | TransferToFlow { callee, .. }) = &action.kind else { continue };
            let interfaces = world.interfaces(callee.flow, &callee.selector).unwrap_or_default();
            let Some((name, notice)) =
                interfaces.iter().find_map(|called| Some((&called.name, called.deprecated.as_ref()?)))
            else {
                continue;
            };
            let written = document.nodes.get(node_index).and_then(|node| node.actions.get(action_index));
            let member = match written.map(|action| &action.kind) {
                Some(ActionKind::RunFlow { flow, .. } | ActionKind::TransferToFlow { flow, .. })
                    if flow.flow_id.is_none() =>
                {
                    "flow"
                }
                _ => "flowId",
            };
            let colon = if notice.is_empty() { "" } else { ": " };
            diagnostics.push(
                Diagnostic::warning(
                    Code::DeprecatedFlow,
                    format!("nodes[{node_index}].actions[{action_index}].{member}"),
                    format!("the flow `{name}` should not be called any longer{colon}{notice}"),
                )
                .found(format!("`{name}`")),
            );
        }
    }
}
