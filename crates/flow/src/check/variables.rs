//! The flow's variables: declared ones have their declared type, all others that of their assignments, which must agree.

use std::sync::Arc;

use crate::document::{ActionKind, Document, FlowReference};
use crate::expr::{self, Scope};
use crate::program::{VariableSlot, queue_outputs, schedule_outputs};
use crate::types::Type;

use super::World;
use super::actions::callee_outputs;
use super::declarations::Declarations;

/// The variables by position.
pub(super) struct Variables {
    /// Name and type; no type when no assignment could be typed.
    pub(super) types: Vec<(String, Option<Type>)>,
    /// What the program keeps of them.
    pub(super) slots: Vec<VariableSlot>,
}

impl Variables {
    /// The position of a variable.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.types.iter().position(|(candidate, _)| candidate == name)
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

/// Finds all variables and their types. An assignment may read variables that others set, so types spread until nothing new is learnt.
pub(super) fn infer(document: &Document, declarations: &Declarations, world: &dyn World) -> Variables {
    let mut types: Vec<(String, Option<Type>)> =
        declarations.variables.iter().map(|(name, data_type, _)| (name.clone(), Some(data_type.clone()))).collect();
    let assignments = assignments(document, world, &mut types);

    // `[]` fits every list: another assignment knows better, if there is one.
    for vague in [false, true] {
        while let Some((variable, data_type)) =
            assignments.iter().find_map(|assignment| learn(assignment, declarations, &types, world, vague))
        {
            if let Some(slot) = types.get_mut(variable) {
                slot.1 = Some(data_type);
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
    Variables { types, slots }
}

/// The type of a variable that has none yet, if this assignment tells it. Problems are reported later, when the actions are compiled.
fn learn(
    assignment: &Assignment<'_>,
    declarations: &Declarations,
    types: &[(String, Option<Type>)],
    world: &dyn World,
    vague: bool,
) -> Option<(usize, Type)> {
    if types.get(assignment.variable)?.1.is_some() {
        return None;
    }
    let outputs = match &assignment.given {
        Given::Callee(callee) => Some(callee_outputs(world, callee)?),
        Given::Outputs(outputs) => Some(outputs.clone()?),
        Given::Nothing | Given::Elements => None,
    };
    let scope = Scope { inputs: &declarations.inputs, variables: types, outputs: outputs.as_deref() };
    let compiled = expr::compile_value(&assignment.path, assignment.value, &scope, None).ok()?;
    let data_type = match (&assignment.given, compiled.data_type) {
        (Given::Elements, Type::List(element)) => *element,
        (Given::Elements, _) => return None,
        (_, data_type) => data_type,
    };
    (vague || !is_vague(&data_type)).then_some((assignment.variable, data_type))
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
    let mut position = |name: &str| {
        types.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
            types.push((name.to_owned(), None));
            types.len() - 1
        })
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
