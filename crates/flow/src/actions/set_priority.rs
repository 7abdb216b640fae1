//! `setPriority`: sets the interaction's priority.

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
use crate::types::Type;

/// Sets the interaction's priority.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetPriority {
    /// Higher is sooner.
    pub priority: Json,
}

/// Sets the priority.
#[derive(Debug)]
pub struct ProgramSetPriority {
    /// An integer expression.
    pub priority: Compiled,
}

impl Written for SetPriority {
    type Program = ProgramSetPriority;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "setPriority",
        summary: "Sets the interaction's priority. Work with a higher priority is claimed first.",
        members: &[member("priority", Takes::Integer, Need::Required, "Higher is sooner; 0 is where mail starts.")],
        example: r#"type: setPriority
priority: "${interaction.priority + 10}"
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self { priority: reader.value(object, "priority") }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSetPriority> {
        Some(ProgramSetPriority { priority: draft.value("priority", &self.priority, &Type::Integer)? })
    }
}

impl Runnable for ProgramSetPriority {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("priority".to_owned(), &self.priority)],
            outputs: &[],
            sets: Sets::Nothing,
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
