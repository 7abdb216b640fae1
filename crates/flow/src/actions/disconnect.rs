//! `disconnect`: ends the run, and drops the interaction.

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

/// Ends the run: the interaction is dropped.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disconnect {
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<Json>,
}

/// Ends the run; the interaction is dropped.
#[derive(Debug)]
pub struct ProgramDisconnect {
    /// A string expression.
    pub reason: Option<Compiled>,
}

impl Written for Disconnect {
    type Program = ProgramDisconnect;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "disconnect",
        summary: "Ends the run: the interaction is dropped. The mail is kept, but is in no queue.",
        members: &[member("reason", Takes::String, Need::Optional, "Why, for people who look it up.")],
        example: r#"type: disconnect
reason: out of office
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self { reason: reader.optional_value(object, "reason") }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramDisconnect> {
        Some(ProgramDisconnect { reason: draft.optional("reason", self.reason.as_ref(), &Type::String)? })
    }
}

impl Runnable for ProgramDisconnect {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: self.reason.iter().map(|reason| ("reason".to_owned(), reason)).collect(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: None,
            ends: Ends::Run,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
