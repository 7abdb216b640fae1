//! `setVariable`: sets one of the flow's variables.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Assignment, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;

/// Sets one of the flow's variables.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetVariable {
    /// The variable. This action's `name` is the variable's: it has no other.
    pub name: String,
    /// The value.
    pub value: Json,
}

/// Sets the variable at a position.
#[derive(Debug)]
pub struct ProgramSetVariable {
    /// The variable's position.
    pub variable: usize,
    /// The value.
    pub value: Compiled,
}

impl Written for SetVariable {
    type Program = ProgramSetVariable;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "setVariable",
        summary: "Sets one of the flow's variables. A variable needs no declaration; its type is that of its values, which must agree.",
        members: &[
            member("name", Takes::Name, Need::Required, "The variable."),
            member("value", Takes::Value("value of the variable's type"), Need::Required, "Its value from here on."),
        ],
        example: r#"type: setVariable
name: urgent
value: "${containsAny(interaction.email.body, ['urgent', 'asap'])}"
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self { name: reader.name(object, "name"), value: reader.value(object, "value") }
    }

    fn facts(&self) -> Facts<'_> {
        let assigns = Assignment {
            variable: &self.name,
            name_member: "name",
            value: &self.value,
            value_member: "value",
            elements: false,
        };
        Facts { names: Vec::new(), assigns: Some(assigns), outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSetVariable> {
        let variable = draft.variable(&self.name);
        let value = draft.assigned("value", &self.value, variable);
        Some(ProgramSetVariable { variable: variable?, value: value? })
    }
}

impl Runnable for ProgramSetVariable {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("value".to_owned(), &self.value)],
            outputs: &[],
            sets: Sets::Variable(self.variable),
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: None,
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
