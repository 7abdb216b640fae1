//! The checker: a document and the world around it become a [`Program`], or every problem that stands in the way.

mod actions;
mod declarations;
mod mappings;
mod paths;
mod references;
mod variables;
mod warnings;
mod world;

use std::collections::HashMap;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::Document;
use crate::expr::{self, Compiled, Outputs, Scope};
use crate::interface::Interface;
use crate::program::{Conditions, Program, ProgramBranch, ProgramEnd, ProgramNode, Selector};
use crate::types::Type;
use crate::work::{MAX_STEPS, Work};
use waypost_ids::{FlowId, Ref, Version};

pub(crate) use actions::Draft;
use actions::{Actions, Flow};
use declarations::Declarations;

pub use world::{Unresolved, World};

/// What checking a document gives.
#[derive(Debug)]
pub struct Checked {
    /// The program, if there was no error.
    pub program: Option<Program>,
    /// Every problem, errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
    /// Every flow and queue that the document names, with the place: what where-used is made of, and what renaming must not break.
    pub references: Vec<Reference>,
}

/// A flow, or another object of the catalogue, that a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The place, such as `nodes[0].actions[1]`.
    pub path: String,
    /// What the name or id as written means.
    pub target: Ref,
    /// Which version of a flow.
    pub selector: Option<Selector>,
    /// The name or id as written.
    pub written: String,
}

/// Checks a document. One that takes more than [`crate::work::MAX_STEPS`] is refused for that alone.
pub fn check(document: &Document, flow: FlowId, version: Version, world: &dyn World) -> Checked {
    let wanted = || world.is_wanted();
    let work = Work::while_wanted(&wanted);
    let checked = check_within(document, flow, version, world, &work);
    if !work.is_over() {
        return checked;
    }
    let too_much = Diagnostic::error(Code::TooMuchWork, "", "checking the flow takes too much work")
        .expected(format!("a flow that can be checked in {MAX_STEPS} steps"))
        .suggestion("shorten its expressions, or move parts of it into shared flows");
    Checked { program: None, diagnostics: vec![too_much], references: checked.references }
}

fn check_within(document: &Document, flow: FlowId, version: Version, world: &dyn World, work: &Work<'_>) -> Checked {
    let mut diagnostics = Problems::default();
    let declarations = Declarations::read(document, &mut diagnostics);
    let is_declared = !diagnostics.has_errors();
    let mut actions = Actions::new(world, &declarations, work);
    let mut variables = variables::infer(document, &declarations, world, work);
    let members = world.members();
    let outputs = Outputs::Absent;
    let scope = Scope { inputs: &declarations.inputs, variables: &variables.types, outputs, members, work };

    let conditions = conditions(document, &scope, &mut diagnostics);
    let nodes_of = Nodes::new(document);
    let flow_of = Flow { nodes: &nodes_of, variables: &variables };
    let mut nodes = Vec::with_capacity(document.nodes.len());
    // Paths only make sense over a program that has all that sets something, or leads somewhere: what a missing action sets would be missed.
    let mut is_there = is_declared;
    for (index, node) in document.nodes.iter().enumerate() {
        let path = format!("nodes[{index}]");
        let compiled = actions.list(&path, &node.actions, flow_of, &mut diagnostics);
        let next = branches(&path, index, document, &nodes_of, &scope, &mut diagnostics);
        match (compiled, next) {
            (Some(compiled), Some(next)) => {
                nodes.push(ProgramNode { id: Arc::from(node.id.as_str()), actions: compiled, next });
            }
            _ => is_there = false,
        }
    }
    let on_error = document.on_error.as_ref().map(|jump| nodes_of.find("onError.to", &jump.to, &mut diagnostics));
    is_there &= on_error != Some(None);
    let end = end(document, &mut actions, &mut diagnostics);
    let references = std::mem::take(&mut actions.references);
    let callee_decides = actions.callee_decides;

    let mut program = Program {
        interface: Interface {
            flow,
            name: document.name.clone(),
            shared: document.is_shared(),
            inputs: declarations.interface_inputs(document),
            outputs: declarations.interface_outputs(),
            may_decide: callee_decides,
            deprecated: None,
        },
        version,
        input_defaults: declarations.input_defaults,
        output_initials: declarations.output_initials,
        variables: std::mem::take(&mut variables.slots),
        conditions: conditions.unwrap_or_else(|| {
            is_there = false;
            Conditions { matching: document.condition_set.matching, conditions: Vec::new() }
        }),
        nodes,
        on_error: on_error.flatten(),
        end,
    };
    let complete = is_there && !diagnostics.has_gaps();
    if !complete && !diagnostics.has_errors() {
        diagnostics.extend(variables.circular(work));
    }
    if is_there {
        let reached = paths::check(document, &program, work, &mut diagnostics);
        program.interface.may_decide |= reached.decides;
    }
    // Behind a weighted label two versions are held against one mapping: what is wrong with both is said once.
    diagnostics.dedup();
    let failed = !complete || diagnostics.has_errors();
    if !failed {
        warnings::check(document, &program, world, work, &mut diagnostics);
    }
    Checked { program: (!failed).then_some(program), diagnostics: diagnostics.into_vec(), references }
}

fn conditions(document: &Document, scope: &Scope<'_>, diagnostics: &mut Problems) -> Option<Conditions> {
    let set = &document.condition_set;
    let mut conditions = Vec::with_capacity(set.conditions.len());
    for (index, condition) in set.conditions.iter().enumerate().filter(|(_, condition)| !condition.when.is_empty()) {
        let path = format!("conditionSet.conditions[{index}].when");
        conditions.push(keep(expr::compile_condition(&path, &condition.when, scope), &Type::Boolean, diagnostics));
    }
    (conditions.len() == set.conditions.len()).then_some(Conditions { matching: set.matching, conditions })
}

fn branches(
    path: &str,
    index: usize,
    document: &Document,
    nodes: &Nodes<'_>,
    scope: &Scope<'_>,
    diagnostics: &mut Problems,
) -> Option<Vec<ProgramBranch>> {
    let Some(written) = document.nodes.get(index).and_then(|node| node.next.as_ref()) else {
        let following = index + 1;
        let next = (following < document.nodes.len()).then_some(ProgramBranch { when: None, to: following });
        return Some(next.into_iter().collect());
    };
    let mut branches = Vec::with_capacity(written.len());
    for (position, branch) in written.iter().enumerate() {
        let to = nodes.find(&format!("{path}.next[{position}].to"), &branch.to, diagnostics);
        let when = match &branch.when {
            None => Some(None),
            Some(text) => {
                let path = format!("{path}.next[{position}].when");
                Some(Some(keep(expr::compile_condition(&path, text, scope), &Type::Boolean, diagnostics)))
            }
        };
        if let (Some(to), Some(when)) = (to, when) {
            branches.push(ProgramBranch { when, to });
        }
    }
    (branches.len() == written.len()).then_some(branches)
}

fn end(document: &Document, actions: &mut Actions<'_>, diagnostics: &mut Problems) -> ProgramEnd {
    let queue = match &document.end.queue {
        None => None,
        Some(written) => actions.queue("end.queue", "end", written, diagnostics).or_else(|| {
            diagnostics.leave_gap();
            None
        }),
    };
    ProgramEnd { disposition: document.end.disposition, queue }
}

/// The nodes of a flow by id.
pub(super) struct Nodes<'d> {
    document: &'d Document,
    positions: HashMap<&'d str, usize>,
}

impl<'d> Nodes<'d> {
    fn new(document: &'d Document) -> Self {
        let positions = document.nodes.iter().enumerate().map(|(position, node)| (node.id.as_str(), position));
        Self { document, positions: positions.collect() }
    }

    /// The position of a node, or a problem that names the nearest one.
    pub(super) fn find(&self, path: &str, id: &str, diagnostics: &mut Problems) -> Option<usize> {
        // What could not be read leads nowhere, and is nowhere.
        let found = self.positions.get(id).copied().filter(|_| !id.is_empty());
        if found.is_none() && !id.is_empty() {
            diagnostics.error(|| {
                Diagnostic::error(Code::UnknownNode, path, format!("there is no node `{id}`"))
                    .expected("the id of a node in this flow")
                    .found(format!("`{id}`"))
                    .nearest(id, self.document.nodes.iter().map(|node| node.id.as_str()))
            });
        }
        found
    }
}

/// Keeps what compiled. What did not is reported, and something of the type that it should have stands in its place: that a value is wrong
/// changes nothing of the paths through the flow.
fn keep(result: Result<Compiled, Vec<Diagnostic>>, wanted: &Type, diagnostics: &mut Problems) -> Compiled {
    result.unwrap_or_else(|problems| {
        diagnostics.extend(problems);
        stand_in(wanted, diagnostics)
    })
}

/// Stands in the place of a value that is reported.
fn stand_in(wanted: &Type, diagnostics: &mut Problems) -> Compiled {
    diagnostics.leave_gap();
    Compiled::unknown(wanted)
}

/// The interface that a document declares, whatever is wrong with the rest of it: what can be said of a flow that can't be checked to the end.
pub fn declared_interface(document: &Document, flow: FlowId) -> Interface {
    let declarations = Declarations::read(document, &mut Problems::default());
    Interface {
        flow,
        name: document.name.clone(),
        shared: document.is_shared(),
        inputs: declarations.interface_inputs(document),
        outputs: declarations.interface_outputs(),
        may_decide: false,
        deprecated: None,
    }
}
