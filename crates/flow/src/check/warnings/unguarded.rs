//! Keys and elements read where nothing makes sure that they are there, and no `onError` has a way on.

use super::{Expression, Part};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::Match;
use crate::program::Program;
use crate::work::Work;

pub(super) fn check(program: &Program, expressions: &[Expression<'_>], work: &Work<'_>, diagnostics: &mut Problems) {
    // Conditions that must all hold are asked in order: each guards what comes after it.
    let conditions = &program.conditions.conditions;
    let all = program.conditions.matching == Match::All || conditions.len() < 2;
    let facts: Vec<_> = conditions.iter().filter(|_| all).map(|condition| condition.lasting_facts()).collect();
    let count: usize = facts.iter().map(Vec::len).sum();
    for Expression { compiled, part, .. } in expressions.iter().filter(|expression| !expression.caught) {
        let known = match part {
            Part::Condition(index) => facts.get(..*index).unwrap_or_default(),
            Part::Node => facts.as_slice(),
        };
        for unguarded in &compiled.unguarded {
            if !work.take(1 + count / 64) {
                return;
            }
            if known.iter().any(|facts| unguarded.is_held_by(facts)) {
                continue;
            }
            let message = format!("nothing makes sure that `{}` is there", unguarded.read);
            diagnostics.push(
                Diagnostic::warning(Code::Unguarded, unguarded.path.clone(), message)
                    .expected("a guard in the same expression, or an `onError` that leads on")
                    .suggestion(format!("check first: `{}`", unguarded.guard))
                    .at(unguarded.range.clone()),
            );
        }
    }
}
