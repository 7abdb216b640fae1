//! Variables, inputs and mappings that nothing reads.

use super::Expression;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::{ActionKind, Document};
use crate::program::{Program, ProgramActionKind};

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
    // A loop may only want to be done as often as there are elements.
    let turned: Vec<usize> = program
        .actions()
        .into_iter()
        .filter_map(|action| match &action.kind {
            ProgramActionKind::ForEach { variable, .. } => Some(*variable),
            _ => None,
        })
        .collect();
    for (variable, slot) in program.variables.iter().enumerate() {
        if !is_read(variable) && !turned.contains(&variable) {
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
    for (path, action) in document.actions() {
        if matches!(&action.kind, ActionKind::SetVariable { name: variable, .. } if variable == name) {
            set.get_or_insert_with(|| format!("{path}.name"));
        }
        let lines = action.kind.output_mapping().iter().enumerate();
        for (index, _) in lines.filter(|(_, line)| line.name == name) {
            mapped = true;
            let path = format!("{path}.outputMapping[{index}].name");
            let what = if matches!(action.kind, ActionKind::RunFlow { .. }) { "the called flow's" } else { "the" };
            let message = format!("{what} answer is lost: nothing reads `{name}`");
            diagnostics.push(
                Diagnostic::warning(Code::UnusedMapping, path, message)
                    .suggestion(format!("read `{name}`, or remove the mapping")),
            );
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
