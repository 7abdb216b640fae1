//! Actions: values compiled and typed, in the order in which they are written. Each action compiles itself, in
//! `crates/flow/src/actions`; a [`Draft`] is all that it works with.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::actions::facts::{FAILURE_MAPPING, OUTPUT_MAPPING};
use crate::actions::jumps::{Jumps, ProgramJumps};
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::document::{Action, Mapping};
use crate::expr::{self, Compiled, Outputs, Scope};
use crate::interface::Interface;
use crate::program::{DataActionTarget, ProgramAction};
use crate::types::Type;
use crate::work::Work;

use super::declarations::Declarations;
use super::mappings;
use super::variables::Variables;
use super::world::World;
use super::{Nodes, Reference, keep, stand_in};

/// Compiles actions and gathers what they refer to.
pub(super) struct Actions<'w> {
    pub(super) world: &'w dyn World,
    work: &'w Work<'w>,
    inputs: &'w [(String, Type)],
    outputs: &'w [(String, Type)],
    /// What is named so far.
    pub(super) references: Vec<Reference>,
    /// Whether a called flow may decide.
    pub(super) callee_decides: bool,
}

/// The flow whose actions are compiled.
#[derive(Clone, Copy)]
pub(super) struct Flow<'f> {
    pub(super) nodes: &'f Nodes<'f>,
    pub(super) variables: &'f Variables,
}

/// An action that is being compiled.
pub(crate) struct Draft<'d, 'w> {
    pub(super) actions: &'d mut Actions<'w>,
    pub(super) path: &'d str,
    flow: Flow<'d>,
    pub(crate) diagnostics: &'d mut Problems,
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

    /// What expressions may name.
    fn scope<'s>(&self, variables: &'s Variables) -> Scope<'s>
    where
        'w: 's,
    {
        let members = self.world.members();
        let outputs = Outputs::Absent;
        Scope { inputs: self.inputs, variables: &variables.types, outputs, members, work: self.work }
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
            let on_error = match &action.on_error {
                None => Some(None),
                Some(jump) => flow.nodes.find(&format!("{path}.onError.to"), &jump.to, diagnostics).map(Some),
            };
            let kind = action.kind.compile(&mut Draft { actions: self, path: &path, flow, diagnostics });
            if let (Some(on_error), Some(kind)) = (on_error, kind) {
                compiled.push(ProgramAction { name: action.name.as_deref().map(Arc::from), on_error, kind });
            }
        }
        (compiled.len() == actions.len()).then_some(compiled)
    }
}

impl Draft<'_, '_> {
    /// The path of a member.
    pub(crate) fn at(&self, member: &str) -> String {
        format!("{}.{member}", self.path)
    }

    /// A value of a type.
    pub(crate) fn value(&mut self, member: &str, written: &Json, expected: &Type) -> Option<Compiled> {
        self.value_of(member, written, Some(expected))
    }

    /// A value of a type, if that is known.
    pub(crate) fn value_of(&mut self, member: &str, written: &Json, expected: Option<&Type>) -> Option<Compiled> {
        let (path, scope) = (self.at(member), self.actions.scope(self.flow.variables));
        mappings::value(&path, written, &scope, expected, self.diagnostics)
    }

    /// Stands in the place of something that is reported, so that the rest of the action can be checked.
    pub(crate) fn unknown(&mut self, data_type: &Type) -> Compiled {
        stand_in(data_type, self.diagnostics)
    }

    /// A text of HTML: what expressions in it print is escaped.
    pub(crate) fn html(&mut self, member: &str, written: &Json) -> Option<Compiled> {
        let compiled = expr::compile_html(&self.at(member), written, &self.actions.scope(self.flow.variables));
        Some(keep(compiled, &Type::String, self.diagnostics))
    }

    /// A value that may be left out: `Some(None)` if it is.
    pub(crate) fn optional(
        &mut self,
        member: &str,
        written: Option<&Json>,
        expected: &Type,
    ) -> Option<Option<Compiled>> {
        match written {
            None => Some(None),
            Some(written) => self.value(member, written, expected).map(Some),
        }
    }

    /// A name that is written out, at a member.
    pub(crate) fn plain_name(&mut self, member: &str, name: &str) -> Option<String> {
        expr::plain_name(&self.at(member), name).map_err(|problems| self.diagnostics.extend(problems)).ok()
    }

    /// A boolean expression. One that could not be read was reported.
    pub(crate) fn condition(&mut self, member: &str, written: &str) -> Option<Compiled> {
        let scope = self.actions.scope(self.flow.variables);
        let compiled = match written {
            "" => Err(Vec::new()),
            _ => expr::compile_condition(&self.at(member), written, &scope),
        };
        Some(keep(compiled, &Type::Boolean, self.diagnostics))
    }

    /// The position of a variable.
    pub(crate) fn variable(&self, name: &str) -> Option<usize> {
        self.flow.variables.position(name)
    }

    /// A value that a variable is set to, if that is known.
    pub(crate) fn assigned(&mut self, member: &str, written: &Json, variable: Option<usize>) -> Option<Compiled> {
        let (path, variables) = (self.at(member), self.flow.variables);
        let scope = self.actions.scope(variables);
        mappings::assigned(&path, written, variable, variables, &scope, self.diagnostics)
    }

    /// The list whose elements a variable becomes.
    pub(crate) fn elements(&mut self, member: &str, written: &Json, variable: &str) -> Option<Compiled> {
        let (path, variables) = (self.at(member), self.flow.variables);
        let scope = self.actions.scope(variables);
        elements(&path, written, variable, variables, &scope, self.diagnostics)
    }

    /// The position and type of one of the flow's outputs.
    pub(crate) fn output(&mut self, name: &str) -> Option<(usize, Type)> {
        let outputs = self.actions.outputs;
        let known = outputs.iter().enumerate().find(|(_, (known, _))| known == name && !name.is_empty());
        if known.is_none() && !name.is_empty() {
            let at = self.at("name");
            self.diagnostics.error(|| {
                Diagnostic::error(Code::UnknownOutput, at, format!("there is no output `{name}`"))
                    .expected("the name of one of this flow's outputs")
                    .found(format!("`{name}`"))
                    .nearest(name, outputs.iter().map(|(known, _)| known.as_str()))
            });
        }
        known.map(|(position, (_, data_type))| (position, data_type.clone()))
    }

    /// Its inputMapping, against the inputs of a flow, if that is known.
    pub(crate) fn inputs(
        &mut self,
        lines: &[Mapping],
        interface: Option<&Arc<Interface>>,
    ) -> Option<Vec<(usize, Compiled)>> {
        let scope = self.actions.scope(self.flow.variables);
        let called = interface.map(|interface| (interface.name.as_str(), interface.inputs.as_slice()));
        mappings::inputs(self.path, lines, called, &scope, self.diagnostics)
    }

    /// Its inputMapping, against the inputs of a data action, if that is known.
    pub(crate) fn data_action_inputs(
        &mut self,
        lines: &[Mapping],
        action: Option<&DataActionTarget>,
    ) -> Option<Vec<(usize, Compiled)>> {
        let scope = self.actions.scope(self.flow.variables);
        let called = action.map(|action| (&*action.name, action.contract.inputs.as_slice()));
        mappings::inputs(self.path, lines, called, &scope, self.diagnostics)
    }

    /// Its outputMapping, over what the action gives, if that is known.
    pub(crate) fn outputs(
        &mut self,
        lines: &[Mapping],
        given: Option<&[(String, Type)]>,
    ) -> Option<Vec<(usize, Compiled)>> {
        let variables = self.flow.variables;
        let scope = self.actions.scope(variables);
        mappings::outputs((self.path, OUTPUT_MAPPING), lines, given, variables, &scope, self.diagnostics)
    }

    /// Its failureMapping, over what the action says of a failure.
    pub(crate) fn failures(&mut self, lines: &[Mapping], given: &[(String, Type)]) -> Option<Vec<(usize, Compiled)>> {
        let variables = self.flow.variables;
        let scope = self.actions.scope(variables);
        mappings::outputs((self.path, FAILURE_MAPPING), lines, Some(given), variables, &scope, self.diagnostics)
    }

    /// The nodes that its jumps lead to.
    pub(crate) fn jumps(&mut self, written: &Jumps) -> Option<ProgramJumps> {
        let mut jumps = Some(ProgramJumps::default());
        for (name, jump) in written.iter() {
            match self.flow.nodes.find(&self.at(&format!("{name}.to")), &jump.to, self.diagnostics) {
                Some(node) => jumps.iter_mut().for_each(|jumps| jumps.push(name, node)),
                None => jumps = None,
            }
        }
        jumps
    }

    /// The actions inside of it.
    pub(crate) fn inside(&mut self, actions: &[Action]) -> Option<Vec<ProgramAction>> {
        self.actions.list(self.path, actions, self.flow, self.diagnostics)
    }

    /// Notes whether a flow that it leads to may decide.
    pub(crate) fn may_decide(&mut self, decides: bool) {
        self.actions.callee_decides |= decides;
    }
}

/// A list whose elements must have the variable's type.
fn elements(
    path: &str,
    items: &Json,
    variable: &str,
    variables: &Variables,
    scope: &Scope<'_>,
    diagnostics: &mut Problems,
) -> Option<Compiled> {
    let known = variables.position(variable).and_then(|position| variables.types.get(position));
    let any = Type::List(Box::new(Type::Json));
    let Some(compiled) = mappings::value(path, items, scope, None, diagnostics) else {
        return Some(stand_in(&any, diagnostics));
    };
    let Type::List(element) = &compiled.data_type else {
        diagnostics.push(
            Diagnostic::error(Code::WrongType, path, format!("expected a list, found {}", compiled.data_type))
                .expected("a list")
                .found(compiled.data_type.to_string()),
        );
        return Some(stand_in(&any, diagnostics));
    };
    match known.and_then(|(_, known)| known.as_ref()) {
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
            Some(stand_in(&any, diagnostics))
        }
        _ => Some(compiled),
    }
}
