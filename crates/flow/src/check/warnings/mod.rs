//! What works, but probably not as meant. Looked for in flows without errors alone; warnings never stop publishing.

mod ambiguous;
mod conditions;
mod costly;
mod deprecated;
mod empty;
mod never;
mod unguarded;
mod unhandled;
mod unused;

use super::World;
use crate::diagnostic::Problems;
use crate::document::Document;
use crate::expr::Compiled;
use crate::program::{Program, ProgramAction};
use crate::work::Work;

/// All warnings, in order of their kinds.
pub(super) fn check(
    document: &Document,
    program: &Program,
    world: &dyn World,
    work: &Work<'_>,
    diagnostics: &mut Problems,
) {
    let expressions = expressions(program);
    unused::check(document, program, &expressions, diagnostics);
    unguarded::check(program, &expressions, work, diagnostics);
    costly::check(&expressions, diagnostics);
    never::check(&expressions, diagnostics);
    conditions::check(document, program, work, diagnostics);
    deprecated::check(document, program, world, diagnostics);
    ambiguous::check(document, program, world, diagnostics);
    unhandled::check(document, program, diagnostics);
    empty::check(document, diagnostics);
}

/// An expression of the flow.
struct Expression<'p> {
    compiled: &'p Compiled,
    /// Where in the flow it stands.
    part: Part,
    /// Whether its error leads to another node, and not out of the flow.
    caught: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// The condition at this position.
    Condition(usize),
    /// A node.
    Node,
}

fn expressions(program: &Program) -> Vec<Expression<'_>> {
    let mut all = Vec::new();
    for (index, compiled) in program.conditions.conditions.iter().enumerate() {
        all.push(Expression { compiled, part: Part::Condition(index), caught: program.on_error.is_some() });
    }
    for (index, node) in program.nodes.iter().enumerate() {
        // An error that leads back to where it arose only comes again.
        let leads_on = |to: Option<usize>| to.is_some_and(|to| to != index);
        in_actions(&node.actions, program.on_error, &leads_on, &mut all);
        let caught = leads_on(program.on_error);
        let conditions = node.next.iter().filter_map(|branch| branch.when.as_ref());
        all.extend(conditions.map(|compiled| Expression { compiled, part: Part::Node, caught }));
    }
    all
}

fn in_actions<'p>(
    actions: &'p [ProgramAction],
    errors: Option<usize>,
    leads_on: &impl Fn(Option<usize>) -> bool,
    all: &mut Vec<Expression<'p>>,
) {
    for action in actions {
        let errors = action.on_error.or(errors);
        let caught = leads_on(errors);
        let facts = action.kind.facts();
        let values = facts.evaluates.iter().map(|(_, compiled)| *compiled);
        let mapped = facts.outputs.iter().chain(facts.jump_outputs).map(|(_, compiled)| compiled);
        let compiled = values.chain(mapped);
        all.extend(compiled.map(|compiled| Expression { compiled, part: Part::Node, caught }));
        in_actions(action.kind.inside(), errors, leads_on, all);
    }
}
