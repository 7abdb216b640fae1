//! The flow's variables: declared ones have their declared type, all others that of their assignments, which must agree.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::actions::facts::Given;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::Document;
use crate::expr::{self, Inferred, Outputs, Scope};
use crate::program::VariableSlot;
use crate::types::Type;
use crate::work::Work;

use super::World;
use super::declarations::Declarations;

/// The variables by position.
pub(super) struct Variables {
    /// Name and type; no type when no assignment could be typed.
    pub(super) types: Vec<(String, Option<Type>)>,
    /// What the program keeps of them.
    pub(super) slots: Vec<VariableSlot>,
    positions: HashMap<String, usize>,
    /// Variables without a type, each with the place of a value that waits for others and with those.
    waiting: Vec<(usize, String, Vec<usize>)>,
}

impl Variables {
    /// The position of a variable.
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.positions.get(name).copied()
    }

    /// Variables whose every value needs the variable itself, one for each circle. It explains the variables only if nothing else is wrong:
    /// a value that can't be typed is told where it stands.
    pub(super) fn circular(&self, work: &Work<'_>) -> Vec<Diagnostic> {
        let mut open: BTreeSet<usize> = self.waiting.iter().map(|(variable, ..)| *variable).collect();
        let mut others_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (variable, _, others) in &self.waiting {
            others_of.entry(*variable).or_default().extend(others);
        }
        let mut found = Vec::new();
        // Of those in circles, one that needs fewest needs nobody outside of its own.
        let needs = |variable: &usize, open: &BTreeSet<usize>| needed(*variable, &others_of, open, work);
        while let Some((_, variable)) = open
            .iter()
            .map(|variable| (needs(variable, &open), *variable))
            .filter(|(needs, variable)| needs.contains(variable))
            .min_by_key(|(needs, _)| needs.len())
        {
            let place = self.waiting.iter().find(|(waits, ..)| *waits == variable);
            let (name, path) = (self.types.get(variable).map(|(name, _)| name), place.map(|(_, path, _)| path));
            if let (Some(name), Some(path)) = (name, path) {
                let message = format!("`{name}` has no type: every value that it is set to needs `{name}` first");
                found.push((
                    variable,
                    Diagnostic::error(Code::UnsetVariable, path, message)
                        .expected("a first value, such as `0`, that reads only what is set before")
                        .suggestion(format!(
                            "set `{name}` to its first value, or declare it in `variables` with a `default`"
                        )),
                ));
            }
            // Once that is mended, so are those that wait for nothing else.
            open.remove(&variable);
            while let Some((typed, ..)) = self
                .waiting
                .iter()
                .find(|(waits, _, others)| open.contains(waits) && others.iter().all(|other| !open.contains(other)))
            {
                open.remove(typed);
            }
            if work.is_over() {
                break;
            }
        }
        found.sort_by_key(|(variable, _)| *variable);
        found.into_iter().map(|(_, problem)| problem).collect()
    }
}

/// What a variable waits for, through whatever others.
fn needed(
    variable: usize,
    others_of: &BTreeMap<usize, Vec<usize>>,
    open: &BTreeSet<usize>,
    work: &Work<'_>,
) -> BTreeSet<usize> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![variable]);
    while let Some(at) = next.pop().filter(|_| work.take(1)) {
        let others = others_of.get(&at).into_iter().flatten().copied();
        next.extend(others.filter(|other| open.contains(other) && seen.insert(*other)));
    }
    seen
}

/// One place that sets a variable.
struct Assignment<'d> {
    path: String,
    variable: usize,
    value: &'d serde_json::Value,
    /// Whether the variable becomes each of the value's elements.
    elements: bool,
    /// What the value reads as `output`, in an outputMapping.
    given: Option<Given<'d>>,
}

/// Finds all variables and their types. An assignment may read variables that others set: it waits for them.
pub(super) fn infer(document: &Document, declarations: &Declarations, world: &dyn World, work: &Work<'_>) -> Variables {
    let mut types: Vec<(String, Option<Type>)> =
        declarations.variables.iter().map(|(name, data_type, _)| (name.clone(), data_type.clone())).collect();
    let assignments = assignments(document, &mut types);

    let mut waits: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    // `[]` fits every list: another assignment knows better, if there is one. If all others need the variable first, `[]` is its type until
    // one of them tells more.
    for vague in [false, true] {
        // Of all that can be typed the first is, as they are written.
        let mut ready: BTreeSet<usize> = (0..assignments.len()).collect();
        let mut waiting: HashMap<usize, Vec<usize>> = HashMap::new();
        while let Some(at) = ready.pop_first() {
            let Some(assignment) = assignments.get(at).filter(|_| work.take(1)) else { break };
            match learn(assignment, declarations, &types, world, work) {
                Inferred::Type(data_type) if vague || !is_vague(&data_type) => {
                    let Some(slot) = types.get_mut(assignment.variable) else { continue };
                    let known = slot.1.replace(data_type);
                    ready.extend(waiting.remove(&assignment.variable).into_iter().flatten());
                    // What was known of it went into those that read it.
                    if known.is_some() {
                        ready.extend(0..assignments.len());
                    }
                }
                Inferred::Waits(variables) => {
                    waits.insert(at, variables.clone());
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
    let untyped = |variable: usize| types.get(variable).is_some_and(|(_, known)| known.is_none());
    let waiting = waits.into_iter().filter_map(|(at, others)| {
        let assignment = assignments.get(at).filter(|assignment| untyped(assignment.variable))?;
        Some((
            assignment.variable,
            assignment.path.clone(),
            others.into_iter().filter(|other| untyped(*other)).collect(),
        ))
    });
    let waiting = waiting.collect();
    Variables { types, slots, positions, waiting }
}

/// The type of a variable that has none yet, or that of an empty list or map, if this assignment tells it. Problems are reported later, when
/// the actions are compiled.
fn learn(
    assignment: &Assignment<'_>,
    declarations: &Declarations,
    types: &[(String, Option<Type>)],
    world: &dyn World,
    work: &Work<'_>,
) -> Inferred {
    let Some((_, known)) = types.get(assignment.variable) else { return Inferred::Nothing };
    // One that is declared has the declared type, and none if that can't be read. Neither can a value that is null.
    let is_declared = assignment.variable < declarations.variables.len();
    if is_declared || assignment.value.is_null() || known.as_ref().is_some_and(|known| !is_vague(known)) {
        return Inferred::Nothing;
    }
    let outputs = match assignment.given.map(|given| given.types(world)) {
        None => None,
        Some(Some(outputs)) => Some(outputs),
        // What is named can't be resolved.
        Some(None) => return Inferred::Nothing,
    };
    let scope = Scope {
        inputs: &declarations.inputs,
        variables: types,
        outputs: outputs.as_deref().map_or(Outputs::Absent, Outputs::Of),
        members: world.members(),
        work,
    };
    let inferred = match (assignment.elements, expr::infer(&assignment.path, assignment.value, &scope)) {
        (true, Inferred::Type(Type::List(element))) => Inferred::Type(*element),
        (true, Inferred::Type(_)) => Inferred::Nothing,
        (_, inferred) => inferred,
    };
    match (known, inferred) {
        (Some(vague), Inferred::Type(data_type)) if is_vague(&data_type) || !vague.fits(&data_type) => {
            Inferred::Nothing
        }
        (_, inferred) => inferred,
    }
}

/// Whether the type is that of an empty list or map.
fn is_vague(data_type: &Type) -> bool {
    let mut innermost = data_type;
    while let Type::List(element) | Type::Map(element) = innermost {
        innermost = element;
    }
    *innermost == Type::Never
}

fn assignments<'d>(document: &'d Document, types: &mut Vec<(String, Option<Type>)>) -> Vec<Assignment<'d>> {
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
    // What could not be read has no name.
    let is_named = |name: &str| !name.is_empty();
    for (path, action) in document.actions() {
        let facts = action.kind.facts();
        let assigns = facts.assigns.filter(|assigns| is_named(assigns.variable));
        assignments.extend(assigns.map(|assigns| Assignment {
            path: format!("{path}.{}", assigns.value_member),
            variable: position(assigns.variable),
            value: assigns.value,
            elements: assigns.elements,
            given: None,
        }));
        for mapping in facts.outputs {
            let lines = mapping.lines.iter().enumerate().filter(|(_, line)| is_named(&line.name));
            assignments.extend(lines.map(|(index, line)| Assignment {
                path: format!("{path}.{}[{index}].value", mapping.member),
                variable: position(&line.name),
                value: &line.value,
                elements: false,
                given: Some(mapping.given),
            }));
        }
    }
    assignments
}
