//! Actions: names resolved, values compiled and typed, mappings held against the called flow's interface.

use std::collections::HashSet;
use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic};
use crate::document::{Action, ActionKind, Document, FlowReference, Mapping, Node};
use crate::expr::{self, Compiled, Scope};
use crate::interface::Interface;
use crate::program::{Callee, Handover, LogLevel, ProgramAction, ProgramActionKind, QueueTarget};
use crate::types::Type;

use super::declarations::Declarations;
use super::variables::Variables;
use super::world::{Resolved, Unresolved, World};
use super::{Reference, keep, node_index};

/// Compiles actions and gathers what they refer to.
pub(super) struct Actions<'w> {
    world: &'w dyn World,
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

impl<'w> Actions<'w> {
    pub(super) fn new(world: &'w dyn World, declarations: &'w Declarations) -> Self {
        Self {
            world,
            inputs: &declarations.inputs,
            outputs: &declarations.outputs,
            references: Vec::new(),
            callee_decides: false,
        }
    }

    /// Compiles a node's actions; `None` if one of them has an error.
    pub(super) fn node(
        &mut self,
        path: &str,
        node: &Node,
        document: &Document,
        variables: &Variables,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<ProgramAction>> {
        let mut compiled = Vec::with_capacity(node.actions.len());
        for (index, action) in node.actions.iter().enumerate() {
            let path = format!("{path}.actions[{index}]");
            let on_error = match &action.on_error {
                None => Some(None),
                Some(jump) => node_index(&format!("{path}.onError.to"), &jump.to, document, diagnostics).map(Some),
            };
            let kind = self.kind(&path, action, variables, diagnostics);
            if let (Some(on_error), Some(kind)) = (on_error, kind) {
                compiled.push(ProgramAction { name: action.name.as_deref().map(Arc::from), on_error, kind });
            }
        }
        (compiled.len() == node.actions.len()).then_some(compiled)
    }

    fn kind(
        &mut self,
        path: &str,
        action: &Action,
        variables: &Variables,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<ProgramActionKind> {
        let scope = Scope { inputs: self.inputs, variables: &variables.types, outputs: None };
        let mut value = |member: &str, value: &serde_json::Value, expected: Type| {
            keep(expr::compile_value(&format!("{path}.{member}"), value, &scope, Some(&expected)), diagnostics)
        };
        Some(match &action.kind {
            ActionKind::RunFlow { flow, input_mapping, output_mapping } => {
                let (callee, interfaces) = self.callee(path, flow, diagnostics)?;
                self.callee_decides |= interfaces.iter().any(|interface| interface.may_decide);
                let mut ways = interfaces.iter().map(|interface| {
                    let inputs = self.inputs(path, input_mapping, interface, &scope, diagnostics);
                    let outputs = outputs(path, output_mapping, interface, variables, self.inputs, diagnostics);
                    Some(Handover { inputs: inputs?, outputs: outputs? })
                });
                let (first, second) = (ways.next()?, ways.next());
                let second = second.map_or(Some(None), |way| way.map(|way| Some(Box::new(way))));
                let Handover { inputs, outputs } = first?;
                ProgramActionKind::RunFlow { callee, inputs, outputs, second: second? }
            }
            ActionKind::TransferToFlow { flow, input_mapping } => {
                let (callee, interfaces) = self.callee(path, flow, diagnostics)?;
                self.callee_decides = true;
                let mut ways =
                    interfaces.iter().map(|interface| self.inputs(path, input_mapping, interface, &scope, diagnostics));
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
                    diagnostics.push(
                        Diagnostic::error(
                            Code::UnknownOutput,
                            format!("{path}.name"),
                            format!("there is no output `{name}`"),
                        )
                        .expected("the name of one of this flow's outputs")
                        .found(format!("`{name}`"))
                        .nearest(name, self.outputs.iter().map(|(known, _)| known.as_str())),
                    );
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
            ActionKind::TransferToQueue { queue, priority, skills, language } => {
                let priority = optional(priority, |written| value("priority", written, Type::Integer));
                let skills = optional(skills, |written| value("skills", written, list_of_strings()));
                let language = optional(language, |written| value("language", written, Type::String));
                let queue = self.queue(&format!("{path}.queue"), path, queue, diagnostics);
                ProgramActionKind::TransferToQueue {
                    queue: queue?,
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

    /// Resolves a queue by name or id, and notes the reference.
    pub(super) fn queue(
        &mut self,
        path: &str,
        place: &str,
        written: &str,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<QueueTarget> {
        let Some(queue) = self.world.queue(written) else {
            let names = self.world.queue_names();
            diagnostics.push(
                Diagnostic::error(Code::UnknownQueue, path, format!("there is no queue `{written}`"))
                    .expected("the name or id of a queue")
                    .found(format!("`{written}`"))
                    .nearest(written, names.iter().map(String::as_str)),
            );
            return None;
        };
        self.references.push(Reference {
            path: place.to_owned(),
            target: Resolved::Queue(queue.clone()),
            written: written.to_owned(),
        });
        Some(queue)
    }

    /// Resolves a called flow, and notes the reference.
    fn callee(
        &mut self,
        path: &str,
        reference: &FlowReference,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<(Callee, Vec<Arc<Interface>>)> {
        let (member, written) = match (&reference.flow_id, &reference.flow) {
            (Some(id), _) => ("flowId", id),
            (None, Some(name)) => ("flow", name),
            // Reported by the document's reader.
            (None, None) => return None,
        };
        let Some(flow) = self.world.flow(reference) else {
            let names = self.world.flow_names();
            diagnostics.push(
                Diagnostic::error(
                    Code::UnknownFlow,
                    format!("{path}.{member}"),
                    format!("there is no flow `{written}`"),
                )
                .expected(if member == "flowId" { "the id of a flow" } else { "the name of a flow" })
                .found(format!("`{written}`"))
                .nearest(written, names.iter().map(String::as_str)),
            );
            return None;
        };
        // Anything else was refused by the document's reader.
        let selector = reference.selector()?;
        match self.world.interfaces(flow, &selector) {
            Ok(interfaces) => {
                let target = Resolved::Flow(flow, selector.clone());
                self.references.push(Reference { path: path.to_owned(), target, written: written.clone() });
                Some((Callee { flow, selector }, interfaces))
            }
            Err(unresolved) => {
                diagnostics.push(unresolved_flow(path, member, written, unresolved, reference));
                None
            }
        }
    }

    /// An inputMapping against the called flow's inputs.
    fn inputs(
        &self,
        path: &str,
        mappings: &[Mapping],
        interface: &Interface,
        scope: &Scope<'_>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Option<Vec<(usize, Compiled)>> {
        let errors_before = diagnostics.len();
        let mut compiled = Vec::with_capacity(mappings.len());
        let mut seen = HashSet::new();
        for (index, mapping) in mappings.iter().enumerate() {
            let path = format!("{path}.inputMapping[{index}]");
            twice(&path, &mapping.name, &mut seen, diagnostics);
            let Some((position, input)) = interface.input(&mapping.name) else {
                let message = format!("`{}` has no input `{}`", interface.name, mapping.name);
                diagnostics.push(
                    Diagnostic::error(Code::UnknownInput, format!("{path}.name"), message)
                        .expected(known(interface.inputs.iter().map(|input| input.name.as_str())))
                        .found(format!("`{}`", mapping.name))
                        .nearest(&mapping.name, interface.inputs.iter().map(|input| input.name.as_str())),
                );
                continue;
            };
            let value = expr::compile_value(&format!("{path}.value"), &mapping.value, scope, Some(&input.data_type));
            compiled.extend(keep(value, diagnostics).map(|value| (position, value)));
        }
        for input in interface.inputs.iter().filter(|input| input.required && !seen.contains(input.name.as_str())) {
            let message = format!("the required input `{}` of `{}` is not mapped", input.name, interface.name);
            diagnostics.push(
                Diagnostic::error(Code::MissingInput, format!("{path}.inputMapping"), message)
                    .expected(format!("a mapping for `{}` of type {}", input.name, input.data_type))
                    .suggestion(format!("add {{ name: {}, value: … }}", input.name)),
            );
        }
        (diagnostics.len() == errors_before && compiled.len() == mappings.len()).then_some(compiled)
    }
}

/// An outputMapping: variables set from expressions over the called flow's outputs.
fn outputs(
    path: &str,
    mappings: &[Mapping],
    interface: &Interface,
    variables: &Variables,
    inputs: &[(String, Type)],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<(usize, Compiled)>> {
    let outputs = output_types(interface);
    let scope = Scope { inputs, variables: &variables.types, outputs: Some(&outputs) };
    let errors_before = diagnostics.len();
    let mut compiled = Vec::with_capacity(mappings.len());
    let mut seen = HashSet::new();
    for (index, mapping) in mappings.iter().enumerate() {
        let path = format!("{path}.outputMapping[{index}]");
        twice(&path, &mapping.name, &mut seen, diagnostics);
        let Some(variable) = variables.position(&mapping.name) else { continue };
        let value = assigned(&format!("{path}.value"), &mapping.value, variable, variables, &scope, diagnostics);
        compiled.extend(value.map(|value| (variable, value)));
    }
    (diagnostics.len() == errors_before && compiled.len() == mappings.len()).then_some(compiled)
}

/// A value assigned to a variable: its type must be the variable's.
fn assigned(
    path: &str,
    value: &serde_json::Value,
    variable: usize,
    variables: &Variables,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Compiled> {
    let (name, data_type) = variables.types.get(variable)?;
    let expected = data_type.as_ref();
    if let Some(compiled) = expected.and_then(|_| expr::compile_value(path, value, scope, None).ok())
        && let Some(expected) = expected
        && !compiled.data_type.fits(expected)
        && expr::compile_value(path, value, scope, Some(expected)).is_err()
    {
        let message = format!("`{name}` is {expected} elsewhere, and would become {} here", compiled.data_type);
        diagnostics.push(
            Diagnostic::error(Code::VariableTypes, path, message)
                .expected(expected.to_string())
                .found(compiled.data_type.to_string())
                .suggestion(format!("use another variable, or convert the value to {expected}")),
        );
        return None;
    }
    keep(expr::compile_value(path, value, scope, expected), diagnostics)
}

fn twice<'m>(path: &str, name: &'m str, seen: &mut HashSet<&'m str>, diagnostics: &mut Vec<Diagnostic>) {
    if !seen.insert(name) {
        let message = format!("`{name}` is mapped twice");
        diagnostics.push(
            Diagnostic::error(Code::DuplicateName, format!("{path}.name"), message)
                .suggestion("remove one of the two mappings"),
        );
    }
}

fn unresolved_flow(
    path: &str,
    member: &str,
    written: &str,
    unresolved: Unresolved,
    reference: &FlowReference,
) -> Diagnostic {
    match unresolved {
        Unresolved::Flow => {
            Diagnostic::error(Code::UnknownFlow, format!("{path}.{member}"), format!("there is no flow `{written}`"))
        }
        Unresolved::Unpublished => {
            let message = format!("the flow `{written}` has no published version");
            Diagnostic::error(Code::UnpublishedFlow, format!("{path}.{member}"), message)
                .suggestion("publish it first, or publish both in one change set")
        }
        Unresolved::Label => {
            let label = reference.version.as_ref().and_then(|label| label.as_str()).unwrap_or_default();
            let message = format!("the flow `{written}` has no label `{label}`");
            Diagnostic::error(Code::UnknownVersion, format!("{path}.version"), message)
                .suggestion("give the label to one of its versions first")
        }
        Unresolved::Version => {
            let version = reference.version.as_ref().map(ToString::to_string).unwrap_or_default();
            let message = format!("the flow `{written}` has no version {version}");
            Diagnostic::error(Code::UnknownVersion, format!("{path}.version"), message)
        }
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

fn known<'n>(names: impl Iterator<Item = &'n str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "nothing: it has none".to_owned() } else { format!("one of: {}", names.join(", ")) }
}
