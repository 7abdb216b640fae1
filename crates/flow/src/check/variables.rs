//! The flow's variables: declared ones have their declared type, all others that of their assignments, which must agree.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::document::{ActionKind, Document, FlowReference};
use crate::expr::{self, Inferred, Scope};
use crate::program::{VariableSlot, queue_outputs, schedule_outputs};
use crate::types::Type;
use crate::work::Work;

use super::World;
use super::actions::callee_outputs;
use super::declarations::Declarations;

/// The variables by position.
pub(super) struct Variables {
    /// Name and type; no type when no assignment could be typed.
    pub(super) types: Vec<(String, Option<Type>)>,
    /// What the program keeps of them.
    pub(super) slots: Vec<VariableSlot>,
    positions: HashMap<String, usize>,
}

impl Variables {
    /// The position of a variable.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }
}

/// One place that sets a variable.
struct Assignment<'d> {
    path: String,
    variable: usize,
    value: &'d serde_json::Value,
    given: Given<'d>,
}

/// What the value of an assignment may read besides, or is.
enum Given<'d> {
    /// Nothing else.
    Nothing,
    /// The outputs of this flow.
    Callee(&'d FlowReference),
    /// These outputs; none if they can't be known.
    Outputs(Option<Vec<(String, Type)>>),
    /// It is a list, and the variable becomes each of its elements.
    Elements,
}

/// Finds all variables and their types. An assignment may read variables that others set: it waits for them.
pub(super) fn infer(document: &Document, declarations: &Declarations, world: &dyn World, work: &Work<'_>) -> Variables {
    let mut types: Vec<(String, Option<Type>)> =
        declarations.variables.iter().map(|(name, data_type, _)| (name.clone(), Some(data_type.clone()))).collect();
    let assignments = assignments(document, world, &mut types);

    // `[]` fits every list: another assignment knows better, if there is one.
    for vague in [false, true] {
        // Of all that can be typed the first is, as they are written.
        let mut ready: BTreeSet<usize> = (0..assignments.len()).collect();
        let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
        while let Some(at) = ready.pop_first() {
            let Some(assignment) = assignments.get(at).filter(|_| work.take(1)) else { break };
            match learn(assignment, declarations, &types, world, work) {
                Inferred::Type(data_type) if vague || !is_vague(&data_type) => {
                    if let Some(slot) = types.get_mut(assignment.variable) {
                        slot.1 = Some(data_type);
                    }
                    ready.extend(waiting.remove(&assignment.variable).into_iter().flatten());
                }
                Inferred::Waits(variables) => {
                    variables.into_iter().for_each(|variable| waiting.entry(variable).or_default().push(at));
                }
                Inferred::Type(_) | Inferred::Nothing => {}
            }
        }
    }

    let slots = types
        .iter()
        .enumerate()
        .map(|(index, (name, data_type))| VariableSlot {
            name: Arc::from(name.as_str()),
            data_type: data_type.clone().unwrap_or(Type::Json),
            default: declarations.variables.get(index).and_then(|(_, _, default)| default.clone()),
        })
        .collect();
    let positions = types.iter().enumerate().rev().map(|(position, (name, _))| (name.clone(), position)).collect();
    Variables { types, slots, positions }
}

/// The type of a variable that has none yet, if this assignment tells it. Problems are reported later, when the actions are compiled.
fn learn(
    assignment: &Assignment<'_>,
    declarations: &Declarations,
    types: &[(String, Option<Type>)],
    world: &dyn World,
    work: &Work<'_>,
) -> Inferred {
    if types.get(assignment.variable).is_none_or(|(_, known)| known.is_some()) {
        return Inferred::Nothing;
    }
    let outputs = match &assignment.given {
        Given::Callee(callee) => callee_outputs(world, callee),
        Given::Outputs(outputs) => outputs.clone(),
        Given::Nothing | Given::Elements => Some(Vec::new()),
    };
    let Some(outputs) = outputs else { return Inferred::Nothing };
    let given = !matches!(assignment.given, Given::Nothing | Given::Elements);
    let outputs = given.then_some(outputs.as_slice());
    let scope = Scope { inputs: &declarations.inputs, variables: types, outputs, work };
    match (&assignment.given, expr::infer(&assignment.path, assignment.value, &scope)) {
        (Given::Elements, Inferred::Type(Type::List(element))) => Inferred::Type(*element),
        (Given::Elements, Inferred::Type(_)) => Inferred::Nothing,
        (_, inferred) => inferred,
    }
}

/// Whether the type is that of an empty list or map.
fn is_vague(data_type: &Type) -> bool {
    match data_type {
        Type::Never => true,
        Type::List(element) | Type::Map(element) => is_vague(element),
        _ => false,
    }
}

fn assignments<'d>(
    document: &'d Document,
    world: &dyn World,
    types: &mut Vec<(String, Option<Type>)>,
) -> Vec<Assignment<'d>> {
    let mut assignments = Vec::new();
    let known = types.iter().enumerate().map(|(position, (name, _))| (name.clone(), position));
    let mut positions: HashMap<String, usize> = known.collect();
    let mut position = |name: &str| {
        if let Some(known) = positions.get(name) {
            return *known;
        }
        types.push((name.to_owned(), None));
        positions.insert(name.to_owned(), types.len() - 1);
        types.len() - 1
    };
    for (path, action) in document.actions() {
        match &action.kind {
            ActionKind::SetVariable { name, value } => assignments.push(Assignment {
                path: format!("{path}.value"),
                variable: position(name),
                value,
                given: Given::Nothing,
            }),
            ActionKind::ForEach { items, variable, .. } => assignments.push(Assignment {
                path: format!("{path}.items"),
                variable: position(variable),
                value: items,
                given: Given::Elements,
            }),
            _ => {}
        }
        for (index, mapping) in action.kind.output_mapping().iter().enumerate() {
            let given = match &action.kind {
                ActionKind::RunFlow { flow, .. } => Given::Callee(flow),
                ActionKind::LookupTable { table, .. } => {
                    Given::Outputs(world.table(table).map(|table| table.schema.outputs()))
                }
                ActionKind::EvaluateSchedule { .. } => Given::Outputs(Some(schedule_outputs())),
                ActionKind::FindQueue { .. } => Given::Outputs(Some(queue_outputs())),
                _ => Given::Nothing,
            };
            assignments.push(Assignment {
                path: format!("{path}.outputMapping[{index}].value"),
                variable: position(&mapping.name),
                value: &mapping.value,
                given,
            });
        }
    }
    assignments
}
