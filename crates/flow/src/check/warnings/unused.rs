//! Variables, inputs and mappings that nothing reads.

use super::Expression;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{ActionKind, Document};
use crate::program::Program;

/// A flow without nodes is one that is still to be written: nothing is said about it.
pub(super) fn check(
    document: &Document,
    program: &Program,
    expressions: &[Expression<'_>],
    diagnostics: &mut Vec<Diagnostic>,
) {
    if document.nodes.is_empty() {
        return;
    }
    let is_read = |variable: usize| {
        expressions.iter().any(|expression| expression.compiled.reads.iter().any(|(read, _)| *read == variable))
    };
    for (variable, slot) in program.variables.iter().enumerate() {
        if !is_read(variable) {
            unread(document, &slot.name, diagnostics);
        }
    }
    for (input, declared) in document.inputs.iter().enumerate() {
        if expressions.iter().any(|expression| expression.compiled.inputs.contains(&input)) {
            continue;
        }
        let message = format!("nothing reads the input `{}`", declared.name);
        diagnostics.push(
            Diagnostic::warning(Code::UnusedInput, format!("inputs[{input}].name"), message)
                .suggestion(format!("read it as `input.{}`, or remove it", declared.name)),
        );
    }
}

/// Says at each mapping that its value is lost, and once of the variable what else is done with it for nothing.
fn unread(document: &Document, name: &str, diagnostics: &mut Vec<Diagnostic>) {
    let (mut set, mut mapped) = (None, false);
    for (node_index, node) in document.nodes.iter().enumerate() {
        for (action_index, action) in node.actions.iter().enumerate() {
            let path = format!("nodes[{node_index}].actions[{action_index}]");
            match &action.kind {
                ActionKind::SetVariable { name: variable, .. } if variable == name => {
                    set.get_or_insert_with(|| format!("{path}.name"));
                }
                ActionKind::RunFlow { output_mapping, .. } => {
                    for (index, _) in output_mapping.iter().enumerate().filter(|(_, line)| line.name == name) {
                        mapped = true;
                        let path = format!("{path}.outputMapping[{index}].name");
                        let message = format!("the called flow's answer is lost: nothing reads `{name}`");
                        diagnostics.push(
                            Diagnostic::warning(Code::UnusedMapping, path, message)
                                .suggestion(format!("read `{name}`, or remove the mapping")),
                        );
                    }
                }
                _ => {}
            }
        }
    }
    let declared = document.variables.iter().position(|variable| variable.name == name);
    let place = match (declared, set) {
        (Some(_), None) if mapped => None,
        (Some(position), _) => Some(format!("variables[{position}].name")),
        (None, set) => set,
    };
    if let Some(place) = place {
        let message = format!("nothing reads the variable `{name}`");
        diagnostics.push(
            Diagnostic::warning(Code::UnusedVariable, place, message).suggestion("read it, or remove what sets it"),
        );
    }
}
