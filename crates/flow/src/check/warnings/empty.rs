//! Flows for mail that decide nothing.

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::{Disposition, Document};

/// A flow with inputs or outputs is written for its callers, whatever its type.
pub(super) fn check(document: &Document, diagnostics: &mut Problems) {
    let for_callers = document.is_shared() || !document.inputs.is_empty() || !document.outputs.is_empty();
    if for_callers || !document.nodes.is_empty() || document.end.disposition != Disposition::Unrouted {
        return;
    }
    diagnostics.push(
        Diagnostic::warning(Code::EmptyFlow, "nodes", "the flow has no nodes: all its mail ends unrouted")
            .suggestion("add a node that transfers mail to a queue"),
    );
}
