//! Variables, inputs and mappings that nothing reads.

use std::collections::{HashMap, HashSet};

use super::Expression;
use crate::actions::facts::{Given, Sets};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::Document;
use crate::program::Program;

/// A flow without nodes is one that is still to be written: nothing is said about it.
pub(super) fn check(
    document: &Document,
    program: &Program,
    expressions: &[Expression<'_>],
    diagnostics: &mut Problems,
) {
    if document.nodes.is_empty() {
        return;
    }
    let read: HashSet<usize> =
        expressions.iter().flat_map(|expression| expression.compiled.reads.iter().map(|(read, _)| *read)).collect();
    let inputs: HashSet<usize> =
        expressions.iter().flat_map(|expression| expression.compiled.inputs.iter().copied()).collect();
    // A loop may only want to be done as often as there are elements.
    let turned: HashSet<usize> = program
        .actions()
        .into_iter()
        .filter_map(|action| match action.kind.facts().sets {
            Sets::Element(variable) => Some(variable),
            Sets::Nothing | Sets::Variable(_) | Sets::Output(_) => None,
        })
        .collect();
    let unread: Vec<&str> = program
        .variables
        .iter()
        .enumerate()
        .filter(|(variable, _)| !read.contains(variable) && !turned.contains(variable))
        .map(|(_, slot)| &*slot.name)
        .collect();
    if !unread.is_empty() {
        let uses = Uses::of(document);
        unread.into_iter().for_each(|name| uses.tell_unread(document, name, diagnostics));
    }
    for (input, declared) in document.inputs.iter().enumerate() {
        if inputs.contains(&input) {
            continue;
        }
        let message = format!("nothing reads the input `{}`", declared.name);
        diagnostics.push(
            Diagnostic::warning(Code::UnusedInput, format!("inputs[{input}].name"), message)
                .suggestion(format!("read it as `input.{}`, or remove it", declared.name)),
        );
    }
}

/// Where each variable is given a value.
#[derive(Default)]
struct Uses<'d> {
    /// The first action that sets it.
    set: HashMap<&'d str, String>,
    /// The mappings to it, and whether a called flow answers.
    mapped: HashMap<&'d str, Vec<(String, bool)>>,
}

impl<'d> Uses<'d> {
    fn of(document: &'d Document) -> Self {
        let mut uses = Self::default();
        for (path, action) in document.actions() {
            let facts = action.kind.facts();
            if let Some(assigns) = facts.assigns {
                uses.set.entry(assigns.variable).or_insert_with(|| format!("{path}.{}", assigns.name_member));
            }
            for mapping in facts.outputs {
                let called = matches!(mapping.given, Given::Flow(_));
                for (index, line) in mapping.lines.iter().enumerate() {
                    let place = (format!("{path}.{}[{index}].name", mapping.member), called);
                    uses.mapped.entry(&line.name).or_default().push(place);
                }
            }
        }
        uses
    }

    /// Says at each mapping that its value is lost, and once of the variable what else is done with it for nothing.
    fn tell_unread(&self, document: &Document, name: &str, diagnostics: &mut Problems) {
        let mapped = self.mapped.get(name).map(Vec::as_slice).unwrap_or_default();
        for (path, called) in mapped {
            let what = if *called { "the called flow's" } else { "the" };
            let message = format!("{what} answer is lost: nothing reads `{name}`");
            diagnostics.push(
                Diagnostic::warning(Code::UnusedMapping, path, message)
                    .suggestion(format!("read `{name}`, or remove the mapping")),
            );
        }
        let declared = document.variables.iter().position(|variable| variable.name == name);
        let place = match (declared, self.set.get(name)) {
            (Some(_), None) if !mapped.is_empty() => None,
            (Some(position), _) => Some(format!("variables[{position}].name")),
            (None, set) => set.cloned(),
        };
        if let Some(place) = place {
            let message = format!("nothing reads the variable `{name}`");
            diagnostics.push(
                Diagnostic::warning(Code::UnusedVariable, place, message).suggestion("read it, or remove what sets it"),
            );
        }
    }
}
