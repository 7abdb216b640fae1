//! Calls of outside services whose failure ends the run as unrouted.

use crate::actions::definition::Takes;
use crate::actions::facts::Effect;
use crate::actions::jumps::ProgramJumps;
use crate::actions::{ACTIONS, ProgramActionKind};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::{Action, Document};
use crate::program::{Program, ProgramAction};

pub(super) fn check(document: &Document, program: &Program, diagnostics: &mut Problems) {
    if program.on_error.is_some() {
        return;
    }
    for (index, (node, compiled)) in document.nodes.iter().zip(&program.nodes).enumerate() {
        in_actions(&format!("nodes[{index}]"), &node.actions, &compiled.actions, diagnostics);
    }
}

fn in_actions(path: &str, written: &[Action], actions: &[ProgramAction], diagnostics: &mut Problems) {
    for (index, (written, action)) in written.iter().zip(actions).enumerate() {
        if action.on_error.is_some() {
            continue;
        }
        let (path, facts) = (format!("{path}.actions[{index}]"), action.kind.facts());
        if let Some(Effect::AsksOutside(_)) = facts.effect {
            let missing = missing(&action.kind, facts.jumps);
            if !missing.is_empty() {
                let named: Vec<String> = missing.iter().map(|name| format!("`{name}`")).collect();
                let message = format!("without {} mail becomes unrouted if the call fails", named.join(" and "));
                diagnostics.push(
                    Diagnostic::warning(Code::UnhandledFailure, &path, message)
                        .expected("`failure` and `timedOut`, or an `onError`")
                        .suggestion(format!("add `{}: {{ to: NODE }}`", missing.join(": { to: NODE }`, `"))),
                );
            }
        }
        in_actions(&path, written.kind.facts().inside, action.kind.inside(), diagnostics);
    }
}

/// The jumps that an action may have and has not.
fn missing(action: &ProgramActionKind, jumps: &ProgramJumps) -> Vec<&'static str> {
    let definition = ACTIONS.iter().find(|definition| definition.name == action.type_name());
    let members = definition.into_iter().flat_map(|definition| definition.members);
    let may = members.filter(|member| member.takes == Takes::Jump).map(|member| member.name);
    may.filter(|name| jumps.get(name).is_none()).collect()
}
