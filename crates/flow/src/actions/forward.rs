//! `forward`: ends the run with a forward.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;
use crate::types::Type;

/// Ends the run: the mail is forwarded.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Forward {
    /// To whom.
    pub addresses: Json,
}

/// Ends the run with a forward.
#[derive(Debug)]
pub struct ProgramForward {
    /// An expression of type `list<string>`.
    pub addresses: Compiled,
}

impl Written for Forward {
    type Program = ProgramForward;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "forward",
        summary: "Ends the run: the mail is forwarded. It fails when the list of addresses is empty.",
        members: &[member("addresses", Takes::StringList, Need::Required, "Where to.")],
        example: r#"type: forward
addresses: [archive@example.com]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Option<Self> {
        Some(Self { addresses: reader.value(object, "addresses")? })
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: None, inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramForward> {
        Some(ProgramForward { addresses: draft.value("addresses", &self.addresses, &Type::list_of_strings())? })
    }
}

impl Runnable for ProgramForward {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("addresses".to_owned(), &self.addresses)],
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            // It fails when there is nobody to forward to.
            effect: Some(Effect::Sends),
            ends: Ends::Run,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
