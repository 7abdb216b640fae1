//! Actions: values compiled and typed, in the order in which they are written.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::{Action, ActionKind, FlowReference, Jump, is_computed};
use crate::expr::{self, Compiled, Scope};
use crate::interface::Interface;
use crate::program::{
    Handover, LogLevel, ProgramAction, ProgramActionKind, QueueChoice, queue_outputs, schedule_outputs,
};
use crate::types::Type;
use crate::work::Work;

use super::declarations::Declarations;
use super::mappings::{self, assigned, outputs};
use super::variables::Variables;
use super::world::World;
use super::{Nodes, Reference, keep};

/// Compiles actions and gathers what they refer to.
pub(super) struct Actions<'w> {
    pub(super) world: &'w dyn World,
    work: &'w Work<'w>,
    inputs: &'w [(String, Type)],
    outputs: &'w [(String, Type)],
    /// Flows and queues named so far.
    pub(super) references: Vec<Reference>,
    /// Whether a called flow may decide.
    pub(super) callee_decides: bool,
}

/// A flow's outputs as an outputMapping sees them; none if the flow can't be resolved.
pub(super) fn callee_outputs(world: &dyn World, reference: &FlowReference) -> Option<Vec<(String, Type)>> {
    let flow = world.flow(reference)?;
    let interface = world.interface(flow, &reference.selector()?).ok()?;
    Some(output_types(&interface))
}

fn output_types(interface: &Interface) -> Vec<(String, Type)> {
    interface.outputs.iter().map(|output| (output.name.clone(), output.data_type.clone())).collect()
}

/// The flow whose actions are compiled.
#[derive(Clone, Copy)]
pub(super) struct Flow<'f> {
    pub(super) nodes: &'f Nodes<'f>,
    pub(super) variables: &'f Variables,
}

impl<'w> Actions<'w> {
    pub(super) fn new(world: &'w dyn World, declarations: &'w Declarations, work: &'w Work<'w>) -> Self {
        Self {
            world,
            work,
            inputs: &declarations.inputs,
            outputs: &declarations.outputs,
            references: Vec::new(),
            callee_decides: false,
        }
    }

    /// Compiles the actions of a node or a loop; `None` if one of them has an error.
    pub(super) fn list(
        &mut self,
        path: &str,
        actions: &[Action],
        flow: Flow<'_>,
        diagnostics: &mut Problems,
    ) -> Option<Vec<ProgramAction>> {
        let mut compiled = Vec::with_capacity(actions.len());
        for (index, action) in actions.iter().enumerate() {
            let path = format!("{path}.actions[{index}]");
            let on_error = jump(&format!("{path}.onError.to"), action.on_error.as_ref(), flow, diagnostics);
            let kind = self.kind(&path, action, flow, diagnostics);
            if let (Some(on_error), Some(kind)) = (on_error, kind) {
                compiled.push(ProgramAction { name: action.name.as_deref().map(Arc::from), on_error, kind });
            }
        }
        (compiled.len() == actions.len()).then_some(compiled)
    }

    fn kind(
        &mut self,
        path: &str,
        action: &Action,
        flow: Flow<'_>,
        diagnostics: &mut Problems,
    ) -> Option<ProgramActionKind> {
        let variables = flow.variables;
        let scope = Scope { inputs: self.inputs, variables: &variables.types, outputs: None, work: self.work };
        let mut value = |member: &str, value: &serde_json::Value, expected: Type| {
            keep(expr::compile_value(&format!("{path}.{member}"), value, &scope, Some(&expected)), diagnostics)
        };
        Some(match &action.kind {
            ActionKind::RunFlow { flow: called, input_mapping, output_mapping } => {
                let (callee, interfaces) = self.callee(path, called, diagnostics)?;
                self.callee_decides |= interfaces.iter().any(|interface| interface.may_decide);
                let mut ways = interfaces.iter().map(|interface| {
                    let inputs = mappings::inputs(path, input_mapping, interface, &scope, diagnostics);
                    let given = output_types(interface);
                    let outputs = outputs(path, output_mapping, &given, variables, &scope, diagnostics);
                    Some(Handover { inputs: inputs?, outputs: outputs? })
                });
                let (first, second) = (ways.next()?, ways.next());
                let second = second.map_or(Some(None), |way| way.map(|way| Some(Box::new(way))));
                let Handover { inputs, outputs } = first?;
                ProgramActionKind::RunFlow { callee, inputs, outputs, second: second? }
            }
            ActionKind::TransferToFlow { flow: called, input_mapping } => {
                let (callee, interfaces) = self.callee(path, called, diagnostics)?;
                self.callee_decides = true;
                let mut ways = interfaces
                    .iter()
                    .map(|interface| mappings::inputs(path, input_mapping, interface, &scope, diagnostics));
                let (first, second) = (ways.next()?, ways.next());
                let hand = |inputs| Some(Box::new(Handover { inputs, outputs: Vec::new() }));
                let second = second.map_or(Some(None), |way| way.map(hand));
                ProgramActionKind::TransferToFlow { callee, inputs: first?, second: second? }
            }
            ActionKind::SetVariable { name, value } => {
                let variable = variables.position(name)?;
                let value = assigned(&format!("{path}.value"), value, variable, variables, &scope, diagnostics)?;
                ProgramActionKind::SetVariable { variable, value }
            }
            ActionKind::SetOutput { name, value: written } => {
                let Some(output) = self.outputs.iter().position(|(known, _)| known == name) else {
                    let at = format!("{path}.name");
                    diagnostics.error(|| {
                        Diagnostic::error(Code::UnknownOutput, at, format!("there is no output `{name}`"))
                            .expected("the name of one of this flow's outputs")
                            .found(format!("`{name}`"))
                            .nearest(name, self.outputs.iter().map(|(known, _)| known.as_str()))
                    });
                    return None;
                };
                let expected = self.outputs.get(output).map(|(_, data_type)| data_type.clone())?;
                ProgramActionKind::SetOutput { output, value: value("value", written, expected)? }
            }
            ActionKind::SetAttributes { attributes } => {
                let compiled: Vec<_> = attributes
                    .iter()
                    .filter_map(|(name, written)| {
                        let value = value(&format!("attributes.{name}"), written, Type::String)?;
                        Some((Arc::from(name.as_str()), value))
                    })
                    .collect();
                (compiled.len() == attributes.len())
                    .then_some(ProgramActionKind::SetAttributes { attributes: compiled })?
            }
            ActionKind::SetPriority { priority } => {
                ProgramActionKind::SetPriority { priority: value("priority", priority, Type::Integer)? }
            }
            ActionKind::ForEach { items, variable, actions } => {
                let inside = self.list(path, actions, flow, diagnostics);
                let items = list(&format!("{path}.items"), items, variable, variables, &scope, diagnostics);
                ProgramActionKind::ForEach { items: items?, variable: variables.position(variable)?, actions: inside? }
            }
            ActionKind::While { when, actions } => {
                let inside = self.list(path, actions, flow, diagnostics);
                let when = keep(expr::compile_condition(&format!("{path}.when"), when, &scope), diagnostics);
                ProgramActionKind::While { when: when?, actions: inside? }
            }
            ActionKind::LookupTable { table, key, output_mapping, not_found } => {
                let key = value("key", key, Type::String);
                let not_found = jump(&format!("{path}.notFound.to"), not_found.as_ref(), flow, diagnostics);
                let table = self.table(path, table, diagnostics)?;
                let columns = table.schema.outputs();
                let outputs = outputs(path, output_mapping, &columns, variables, &scope, diagnostics);
                ProgramActionKind::LookupTable { table, key: key?, outputs: outputs?, not_found: not_found? }
            }
            ActionKind::EvaluateSchedule { schedule, output_mapping } => {
                let given = schedule_outputs();
                let outputs = outputs(path, output_mapping, &given, variables, &scope, diagnostics);
                let schedule = self.schedule(path, schedule, diagnostics)?;
                ProgramActionKind::EvaluateSchedule { schedule, outputs: outputs? }
            }
            ActionKind::FindQueue { name, output_mapping, not_found } => {
                let name = value("name", name, Type::String);
                let not_found = jump(&format!("{path}.notFound.to"), not_found.as_ref(), flow, diagnostics);
                let given = queue_outputs();
                let outputs = outputs(path, output_mapping, &given, variables, &scope, diagnostics);
                ProgramActionKind::FindQueue { name: name?, outputs: outputs?, not_found: not_found? }
            }
            ActionKind::TransferToQueue { queue, not_found, priority, skills, language } => {
                let priority = optional(priority, |written| value("priority", written, Type::Integer));
                let skills = optional(skills, |written| value("skills", written, list_of_strings()));
                let language = optional(language, |written| value("language", written, Type::String));
                let at = format!("{path}.queue");
                let written = if is_computed(queue) {
                    let computed = serde_json::Value::from(queue.as_str());
                    value("queue", &computed, Type::String).map(QueueChoice::Computed)
                } else {
                    self.queue(&at, path, queue, diagnostics).map(QueueChoice::Fixed)
                };
                let at = format!("{path}.notFound.to");
                if let (Some(_), Some(QueueChoice::Fixed(target))) = (not_found, &written) {
                    let message =
                        format!("the queue `{}` is there: nothing would ever go on at `notFound`", target.name);
                    diagnostics.push(
                        Diagnostic::warning(Code::DeadBranch, at.clone(), message)
                            .suggestion("remove `notFound`; it is for queues that are computed"),
                    );
                }
                let not_found = jump(&at, not_found.as_ref(), flow, diagnostics);
                ProgramActionKind::TransferToQueue {
                    queue: written?,
                    not_found: not_found?,
                    priority: priority?,
                    skills: skills?,
                    language: language?,
                }
            }
            ActionKind::Forward { addresses } => {
                ProgramActionKind::Forward { addresses: value("addresses", addresses, list_of_strings())? }
            }
            ActionKind::Disconnect { reason } => ProgramActionKind::Disconnect {
                reason: optional(reason, |written| value("reason", written, Type::String))?,
            },
            ActionKind::Return => ProgramActionKind::Return,
            ActionKind::Log { level, message } => ProgramActionKind::Log {
                level: log_level(level.as_deref()),
                message: value("message", message, Type::String)?,
            },
        })
    }
}

/// The node that a jump leads to; none if there is no jump, nothing if there is no such node.
fn jump(path: &str, jump: Option<&Jump>, flow: Flow<'_>, diagnostics: &mut Problems) -> Option<Option<usize>> {
    match jump {
        None => Some(None),
        Some(jump) => flow.nodes.find(path, &jump.to, diagnostics).map(Some),
    }
}

/// The list of a `forEach`: its elements must have the variable's type.
fn list(
    path: &str,
    items: &serde_json::Value,
    variable: &str,
    variables: &Variables,
    scope: &Scope<'_>,
    diagnostics: &mut Problems,
) -> Option<Compiled> {
    let (_, known) = variables.types.get(variables.position(variable)?)?;
    let compiled = keep(expr::compile_value(path, items, scope, None), diagnostics)?;
    let Type::List(element) = &compiled.data_type else {
        diagnostics.push(
            Diagnostic::error(
                Code::WrongType,
                path,
                format!("a list is needed here, and this is {}", compiled.data_type),
            )
            .expected("a list")
            .found(compiled.data_type.to_string()),
        );
        return None;
    };
    match known {
        Some(known) if !element.fits(known) => {
            // A literal list may still become one of the elements that are wanted.
            let wanted = Type::List(Box::new(known.clone()));
            if let Ok(compiled) = expr::compile_value(path, items, scope, Some(&wanted)) {
                return Some(compiled);
            }
            let message = format!("`{variable}` is {known} elsewhere, and would become {element} here");
            diagnostics.push(
                Diagnostic::error(Code::VariableTypes, path, message)
                    .expected(wanted.to_string())
                    .found(compiled.data_type.to_string())
                    .suggestion("give the loop another variable"),
            );
            None
        }
        _ => Some(compiled),
    }
}

fn optional(
    written: &Option<serde_json::Value>,
    compile: impl FnOnce(&serde_json::Value) -> Option<Compiled>,
) -> Option<Option<Compiled>> {
    match written {
        None => Some(None),
        Some(written) => compile(written).map(Some),
    }
}

fn list_of_strings() -> Type {
    Type::List(Box::new(Type::String))
}

fn log_level(written: Option<&str>) -> LogLevel {
    match written {
        Some("debug") => LogLevel::Debug,
        Some("warn") => LogLevel::Warn,
        Some("error") => LogLevel::Error,
        // The document's reader has refused all others.
        _ => LogLevel::Info,
    }
}
