//! Conditions that decide nothing, and branches that can't be taken.

use std::collections::HashMap;

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::diff::normal;
use crate::document::Document;
use crate::expr::Compiled;
use crate::program::{Program, ProgramBranch};
use crate::work::Work;

pub(super) fn check(document: &Document, program: &Program, work: &Work<'_>, diagnostics: &mut Problems) {
    for (index, condition) in program.conditions.conditions.iter().enumerate() {
        let Some(always) = condition.always(work) else { continue };
        let message = if always { "the condition always holds" } else { "the condition never holds" };
        diagnostics.push(
            Diagnostic::warning(Code::ConstantCondition, format!("conditionSet.conditions[{index}].when"), message)
                .suggestion("test something in the mail or an input, or remove the condition")
                .at(inside(condition)),
        );
    }
    for (index, node) in program.nodes.iter().enumerate() {
        let target = |branch: &ProgramBranch| document.nodes.get(branch.to).map_or("", |node| node.id.as_str());
        let mut always = None;
        let mut earlier: HashMap<String, usize> = HashMap::new();
        for (position, branch) in node.next.iter().enumerate() {
            let path = format!("nodes[{index}].next[{position}]");
            let dead = |path: String, why: String| {
                let message = format!("the branch to `{}` is never taken: {why}", target(branch));
                Diagnostic::warning(Code::DeadBranch, path, message)
            };
            let Some(when) = branch.when.as_ref().filter(|_| always.is_none()) else {
                match always {
                    Some(first) => diagnostics
                        .push(dead(path, format!("next[{first}] always holds")).suggestion("move it up, or remove it")),
                    None => always = Some(position),
                }
                continue;
            };
            let source = normal(&when.source);
            let path = format!("{path}.when");
            match (when.always(work), earlier.get(&source)) {
                (Some(true), _) => always = Some(position),
                (Some(false), _) => diagnostics.push(
                    dead(path, "its condition never holds".to_owned())
                        .suggestion("fix the condition, or remove the branch")
                        .at(inside(when)),
                ),
                (None, Some(first)) => diagnostics.push(
                    dead(path, format!("next[{first}] has the same condition"))
                        .suggestion("fix one of the conditions, or remove the branch")
                        .at(inside(when)),
                ),
                (None, None) => drop(earlier.insert(source, position)),
            }
        }
    }
}

/// The expression without `${` and `}`.
fn inside(condition: &Compiled) -> std::ops::Range<usize> {
    2.min(condition.source.len())..condition.source.len().saturating_sub(1).max(2)
}
