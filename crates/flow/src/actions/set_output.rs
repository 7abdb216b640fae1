//! `setOutput`: sets one of the flow's outputs.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;

/// Sets one of the flow's outputs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetOutput {
    /// The output. This action's `name` is the output's: it has no other.
    pub name: String,
    /// The value.
    pub value: Json,
}

/// Sets the output at a position.
#[derive(Debug)]
pub struct ProgramSetOutput {
    /// The output's position.
    pub output: usize,
    /// The value.
    pub value: Compiled,
}

impl Written for SetOutput {
    type Program = ProgramSetOutput;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "setOutput",
        summary: "Sets one of the flow's declared outputs, for the flow that called it.",
        members: &[
            member("name", Takes::Name, Need::Required, "The output."),
            member("value", Takes::Value("value of the output's type"), Need::Required, "Its value."),
        ],
        example: r#"type: setOutput
name: topic
value: billing
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self { name: reader.name(object, "name"), value: reader.value(object, "value") }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSetOutput> {
        let output = draft.output(&self.name);
        let value = draft.value_of("value", &self.value, output.as_ref().map(|(_, data_type)| data_type));
        Some(ProgramSetOutput { output: output?.0, value: value? })
    }
}

impl Runnable for ProgramSetOutput {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("value".to_owned(), &self.value)],
            outputs: &[],
            sets: Sets::Output(self.output),
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
