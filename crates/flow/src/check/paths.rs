//! What can be said of every path through a flow: which nodes are reached, and what is surely set where.

use crate::actions::facts::{Ends, ProgramFacts, Sets};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::Document;
use crate::expr::Compiled;
use crate::program::{Program, ProgramAction};
use crate::work::Work;

/// What the paths tell of the whole flow.
pub(super) struct Reached {
    /// Whether an action that ends the run is on some path.
    pub(super) decides: bool,
}

/// Variables and outputs that are surely set at a point, by position.
#[derive(Clone, PartialEq)]
struct Set {
    variables: Vec<bool>,
    outputs: Vec<bool>,
}

impl Set {
    /// Keeps what both have; answers whether that is less than before.
    fn meet(&mut self, other: &Self) -> bool {
        let before = self.clone();
        for (mine, theirs) in self.variables.iter_mut().zip(&other.variables) {
            *mine &= theirs;
        }
        for (mine, theirs) in self.outputs.iter_mut().zip(&other.outputs) {
            *mine &= theirs;
        }
        *self != before
    }
}

/// What going through a list of actions tells.
struct Passed {
    /// Whether an action that ends the run is on some path.
    decides: bool,
    /// Whether no path comes out at the list's end.
    ends: bool,
}

/// A walk over one flow. First it spreads what is set until nothing changes; then it goes over every node once more and reports.
struct Walk<'p> {
    program: &'p Program,
    work: &'p Work<'p>,
    entries: Vec<Option<Set>>,
    waiting: Vec<usize>,
}

/// Checks reads, reachability and required outputs.
pub(super) fn check(document: &Document, program: &Program, work: &Work<'_>, diagnostics: &mut Problems) -> Reached {
    let start = Set {
        variables: program.variables.iter().map(|variable| variable.default.is_some()).collect(),
        outputs: vec![false; program.output_initials.len()],
    };
    let mut walk = Walk { program, work, entries: vec![None; program.nodes.len()], waiting: Vec::new() };
    let mut report = Report { document, diagnostics, reported: vec![false; program.output_initials.len()] };

    for (index, condition) in program.conditions.conditions.iter().enumerate() {
        let path = format!("conditionSet.conditions[{index}].when");
        report.reads(&path, condition, &start, program);
        walk.error_edge(None, &start);
    }
    if !program.conditions.conditions.is_empty() {
        report.end("conditionSet", &start);
    }
    if program.nodes.is_empty() {
        report.end("nodes", &start);
    }
    walk.arrive(0, &start);
    walk.spread();
    walk.guard(&start);

    let mut decides = false;
    for node in 0..program.nodes.len() {
        if walk.entries.get(node).is_some_and(Option::is_some) {
            decides |= walk.node(node, &mut report);
        } else {
            report.unreachable_node(node);
        }
    }
    Reached { decides }
}

/// What a walk tells on its way.
trait Visitor {
    fn reads(&mut self, _path: &str, _compiled: &Compiled, _set: &Set, _program: &Program) {}
    fn end(&mut self, _path: &str, _set: &Set) {}
    fn unreachable_action(&mut self, _path: &str) {}
}

/// Says nothing, while sets still spread.
struct Quiet;

impl Visitor for Quiet {}

struct Report<'d> {
    document: &'d Document,
    diagnostics: &'d mut Problems,
    /// Outputs whose missing was reported: once is enough.
    reported: Vec<bool>,
}

impl Visitor for Report<'_> {
    fn reads(&mut self, path: &str, compiled: &Compiled, set: &Set, program: &Program) {
        for (variable, range) in &compiled.reads {
            if set.variables.get(*variable) == Some(&true) {
                continue;
            }
            let name = program.variables.get(*variable).map_or("", |variable| &variable.name);
            self.diagnostics.error(|| {
                let message = format!("`{name}` is not set on every path that leads here");
                Diagnostic::error(Code::UnsetVariable, path, message)
                    .expected("a variable that is set before it is read, error edges included")
                    .suggestion(format!("declare `{name}` under `variables` with a default, or set it on every path"))
                    .at(range.clone())
            });
        }
    }

    fn end(&mut self, path: &str, set: &Set) {
        for (index, output) in self.document.outputs.iter().enumerate() {
            let Some(reported) = self.reported.get_mut(index) else { continue };
            if output.required && !*reported && set.outputs.get(index) == Some(&false) {
                *reported = true;
                let message =
                    format!("the required output `{}` is not set on the path that ends at `{path}`", output.name);
                self.diagnostics.push(
                    Diagnostic::error(Code::UnsetOutput, format!("outputs[{index}]"), message)
                        .expected("a setOutput on every path to the end")
                        .suggestion(format!("set `{}` there, or remove `required`", output.name)),
                );
            }
        }
    }

    fn unreachable_action(&mut self, path: &str) {
        self.diagnostics.push(
            Diagnostic::error(
                Code::UnreachableAction,
                path,
                "no path reaches this action: the one before it ends the run",
            )
            .suggestion("remove it, or move it before the action that ends the run"),
        );
    }
}

impl Report<'_> {
    fn unreachable_node(&mut self, node: usize) {
        let id = self.document.nodes.get(node).map_or("", |node| &node.id);
        self.diagnostics.push(
            Diagnostic::error(
                Code::UnreachableNode,
                format!("nodes[{node}]"),
                format!("no path reaches the node `{id}`"),
            )
            .suggestion("remove it, or lead a branch to it"),
        );
    }
}

impl Walk<'_> {
    /// Follows all paths, until nothing changes.
    fn spread(&mut self) {
        while let Some(node) = self.waiting.pop() {
            self.node(node, &mut Quiet);
        }
    }

    /// Goes to nodes that only an `onError` names while nothing before it can fail. They are there for what the flow may do one day, and are
    /// reached then; until then nothing can be wrong with what they read.
    fn guard(&mut self, start: &Set) {
        let whatever = Set { variables: vec![true; start.variables.len()], outputs: vec![true; start.outputs.len()] };
        loop {
            let mut targets: Vec<usize> = self.program.on_error.into_iter().collect();
            for (node, entry) in self.program.nodes.iter().zip(&self.entries) {
                if entry.is_some() {
                    on_errors(&node.actions, &mut targets);
                }
            }
            targets.retain(|node| self.entries.get(*node).is_some_and(Option::is_none));
            if targets.is_empty() || self.work.is_over() {
                break;
            }
            targets.iter().for_each(|node| self.arrive(*node, &whatever));
            self.spread();
        }
    }

    /// A path arrives at a node.
    fn arrive(&mut self, node: usize, set: &Set) {
        // What is set is compared and copied variable by variable.
        if !self.work.take(1 + (set.variables.len() + set.outputs.len()) / 256) {
            return;
        }
        let Some(entry) = self.entries.get_mut(node) else { return };
        let changed = match entry {
            Some(known) => known.meet(set),
            None => {
                *entry = Some(set.clone());
                true
            }
        };
        if changed {
            self.waiting.push(node);
        }
    }

    /// An error leaves an action, a branch or a condition for where errors go.
    fn error_edge(&mut self, on_error: Option<usize>, set: &Set) {
        if let Some(node) = on_error.or(self.program.on_error) {
            self.arrive(node, set);
        }
    }

    /// Goes through actions, one after the other. An error that an action does not catch goes where `errors` says, and what comes
    /// after a loop knows nothing of what the loop sets: it may have had no turn.
    fn actions(
        &mut self,
        path: &str,
        actions: &[ProgramAction],
        errors: Option<usize>,
        set: &mut Set,
        visitor: &mut impl Visitor,
    ) -> Passed {
        let program = self.program;
        let mut passed = Passed { decides: false, ends: false };
        for (position, action) in actions.iter().enumerate() {
            if !self.work.take(2) {
                break;
            }
            let path = format!("{path}.actions[{position}]");
            let errors = action.on_error.or(errors);
            let facts = action.kind.facts();
            for (member, compiled) in &facts.evaluates {
                visitor.reads(&format!("{path}.{member}"), compiled, set, program);
            }
            if can_fail(&facts) {
                self.error_edge(errors, set);
            }
            if facts.jumps.iter().next().is_some() {
                let mut jumped = set.clone();
                mark(facts.jump_outputs.iter().map(|(variable, _)| *variable), &mut jumped);
                for (_, node) in facts.jumps.iter() {
                    self.arrive(node, &jumped);
                }
            }
            for (member, compiled) in facts.evaluates_answer() {
                visitor.reads(&format!("{path}.{member}"), compiled, set, program);
            }
            let inside = action.kind.inside();
            // Also a loop without actions sets its variable in its turns alone.
            if !inside.is_empty() || matches!(facts.sets, Sets::Element(_)) {
                if !self.work.take(set.variables.len() / 256) {
                    break;
                }
                let mut turn = set.clone();
                apply(&facts, &mut turn);
                passed.decides |= self.actions(&path, inside, errors, &mut turn, visitor).decides;
                continue;
            }
            apply(&facts, set);
            let decides = facts.ends == Ends::Run;
            if facts.ends != Ends::Nothing {
                if !decides {
                    visitor.end(&path, set);
                }
                if position + 1 < actions.len() {
                    let (before, _) = path.rsplit_once(".actions[").unwrap_or_default();
                    visitor.unreachable_action(&format!("{before}.actions[{}]", position + 1));
                }
                return Passed { decides: passed.decides || decides, ends: true };
            }
        }
        passed
    }

    /// Goes through a node; answers whether a path in it ends the run.
    fn node(&mut self, index: usize, visitor: &mut impl Visitor) -> bool {
        let program = self.program;
        let (Some(node), Some(Some(entry))) = (program.nodes.get(index), self.entries.get(index)) else { return false };
        let mut set = entry.clone();
        let passed = self.actions(&format!("nodes[{index}]"), &node.actions, None, &mut set, visitor);
        if passed.ends {
            return passed.decides;
        }
        let mut falls_through = true;
        for (position, branch) in node.next.iter().enumerate() {
            if let Some(when) = &branch.when {
                visitor.reads(&format!("nodes[{index}].next[{position}].when"), when, &set, program);
                if when.can_fail() {
                    self.error_edge(None, &set);
                }
            }
            self.arrive(branch.to, &set);
            if branch.when.is_none() {
                falls_through = false;
                break;
            }
        }
        if falls_through {
            visitor.end(&format!("nodes[{index}]"), &set);
        }
        passed.decides
    }
}

/// The nodes that errors of actions go to, those of loops' actions included.
fn on_errors(actions: &[ProgramAction], into: &mut Vec<usize>) {
    for action in actions {
        into.extend(action.on_error);
        on_errors(action.kind.inside(), into);
    }
}

/// Whether an action can leave by its error edge.
fn can_fail(facts: &ProgramFacts<'_>) -> bool {
    facts.effect.is_some() || facts.evaluates.iter().any(|(_, compiled)| compiled.can_fail())
}

/// What is set once the action is done.
fn apply(facts: &ProgramFacts<'_>, set: &mut Set) {
    let (variable, output) = match facts.sets {
        Sets::Nothing => (None, None),
        Sets::Variable(variable) | Sets::Element(variable) => (Some(variable), None),
        Sets::Output(output) => (None, Some(output)),
    };
    mark(facts.outputs.iter().map(|(variable, _)| *variable).chain(variable), set);
    if let Some(slot) = output.and_then(|output| set.outputs.get_mut(output)) {
        *slot = true;
    }
}

/// These variables are set.
fn mark(variables: impl Iterator<Item = usize>, set: &mut Set) {
    for variable in variables {
        if let Some(slot) = set.variables.get_mut(variable) {
            *slot = true;
        }
    }
}
