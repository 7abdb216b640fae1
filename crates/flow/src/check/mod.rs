//! The checker: a document and the world around it become a [`Program`], or every problem that stands in the way.

mod actions;
mod declarations;
mod mappings;
mod paths;
mod references;
mod variables;
mod warnings;
mod world;

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Disposition, Document};
use crate::expr::{self, Compiled, Scope};
use crate::id::{FlowId, Version};
use crate::interface::Interface;
use crate::program::{Conditions, Program, ProgramBranch, ProgramEnd, ProgramNode};

use actions::{Actions, Flow};
use declarations::Declarations;

pub use world::{Resolved, Unresolved, World};

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

/// A flow or queue that a document names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The place, such as `nodes[0].actions[1]`.
    pub path: String,
    /// What the name or id as written means.
    pub target: Resolved,
    /// The name or id as written.
    pub written: String,
}

/// Checks a document.
pub fn check(document: &Document, flow: FlowId, version: Version, world: &dyn World) -> Checked {
    let mut diagnostics = Vec::new();
    let declarations = Declarations::read(document, &mut diagnostics);
    let mut actions = Actions::new(world, &declarations);
    let variables = variables::infer(document, &declarations, world);
    let scope = Scope { inputs: &declarations.inputs, variables: &variables.types, outputs: None };

    let conditions = conditions(document, &scope, &mut diagnostics);
    let flow_of = Flow { document, variables: &variables };
    let mut nodes = Vec::with_capacity(document.nodes.len());
    let mut complete = true;
    for (index, node) in document.nodes.iter().enumerate() {
        let path = format!("nodes[{index}]");
        let compiled = actions.list(&path, &node.actions, flow_of, &mut diagnostics);
        let next = branches(&path, index, document, &scope, &mut diagnostics);
        match (compiled, next) {
            (Some(compiled), Some(next)) => {
                nodes.push(ProgramNode { id: Arc::from(node.id.as_str()), actions: compiled, next });
            }
            _ => complete = false,
        }
    }
    let on_error =
        document.on_error.as_ref().map(|jump| node_index("onError.to", &jump.to, document, &mut diagnostics));
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
        variables: variables.slots,
        conditions: conditions.unwrap_or_else(|| {
            complete = false;
            Conditions { matching: document.condition_set.matching, conditions: Vec::new() }
        }),
        nodes,
        on_error: on_error.flatten(),
        end: end.unwrap_or_else(|| {
            complete = false;
            ProgramEnd { disposition: Disposition::Unrouted, queue: None }
        }),
    };
    // Paths only make sense over a program whose every node is known: a broken action would hide what it sets.
    if complete && !diagnostics.iter().any(Diagnostic::is_error) {
        let reached = paths::check(document, &program, &mut diagnostics);
        program.interface.may_decide |= reached.decides;
    }
    // Behind a weighted label two versions are held against one mapping: what is wrong with both is said once.
    let mut said = HashSet::new();
    diagnostics.retain(|diagnostic| said.insert(diagnostic.clone()));
    let failed = !complete || diagnostics.iter().any(Diagnostic::is_error);
    if !failed {
        warnings::check(document, &program, world, &mut diagnostics);
    }
    Checked { program: (!failed).then_some(program), diagnostics, references }
}

fn conditions(document: &Document, scope: &Scope<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Conditions> {
    let set = &document.condition_set;
    let mut conditions = Vec::with_capacity(set.conditions.len());
    for (index, condition) in set.conditions.iter().enumerate() {
        let path = format!("conditionSet.conditions[{index}].when");
        conditions.extend(keep(expr::compile_condition(&path, &condition.when, scope), diagnostics));
    }
    (conditions.len() == set.conditions.len()).then_some(Conditions { matching: set.matching, conditions })
}

fn branches(
    path: &str,
    index: usize,
    document: &Document,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<ProgramBranch>> {
    let Some(written) = document.nodes.get(index).and_then(|node| node.next.as_ref()) else {
        let following = index + 1;
        let next = (following < document.nodes.len()).then_some(ProgramBranch { when: None, to: following });
        return Some(next.into_iter().collect());
    };
    let mut branches = Vec::with_capacity(written.len());
    for (position, branch) in written.iter().enumerate() {
        let to = node_index(&format!("{path}.next[{position}].to"), &branch.to, document, diagnostics);
        let when = match &branch.when {
            None => Some(None),
            Some(text) => {
                let path = format!("{path}.next[{position}].when");
                keep(expr::compile_condition(&path, text, scope), diagnostics).map(Some)
            }
        };
        if let (Some(to), Some(when)) = (to, when) {
            branches.push(ProgramBranch { when, to });
        }
    }
    (branches.len() == written.len()).then_some(branches)
}

fn end(document: &Document, actions: &mut Actions<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<ProgramEnd> {
    let queue = match &document.end.queue {
        None => None,
        Some(written) => Some(actions.queue("end.queue", "end", written, diagnostics)?),
    };
    Some(ProgramEnd { disposition: document.end.disposition, queue })
}

/// The position of a node, or a problem that names the nearest one.
fn node_index(path: &str, id: &str, document: &Document, diagnostics: &mut Vec<Diagnostic>) -> Option<usize> {
    let found = document.nodes.iter().position(|node| node.id == id);
    if found.is_none() {
        diagnostics.push(
            Diagnostic::error(Code::UnknownNode, path, format!("there is no node `{id}`"))
                .expected("the id of a node in this flow")
                .found(format!("`{id}`"))
                .nearest(id, document.nodes.iter().map(|node| node.id.as_str())),
        );
    }
    found
}

/// Keeps what compiled, and the problems of what did not.
fn keep(result: Result<Compiled, Vec<Diagnostic>>, diagnostics: &mut Vec<Diagnostic>) -> Option<Compiled> {
    result.map_err(|problems| diagnostics.extend(problems)).ok()
}

/// The interface that a document declares, whatever is wrong with the rest of it: what can be said of a flow that can't be checked to the end.
pub fn declared_interface(document: &Document, flow: FlowId) -> Interface {
    let declarations = Declarations::read(document, &mut Vec::new());
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
