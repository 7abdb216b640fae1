//! `forward`: ends the run with a forward.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written, addresses};
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
    /// Whether the mail is attached to another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attach: Option<Json>,
}

/// Ends the run with a forward.
#[derive(Debug)]
pub struct ProgramForward {
    /// An expression of type `list<string>`.
    pub addresses: Compiled,
    /// A boolean expression; none: no.
    pub attach: Option<Compiled>,
}

impl Written for Forward {
    type Program = ProgramForward;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "forward",
        summary: "Ends the run: the mail is forwarded. It fails if the list of addresses is empty or an element is not exactly one address.",
        members: &[
            member(
                "addresses",
                Takes::StringList,
                Need::Required,
                "The recipients: each is one address, alone or in angle brackets after a name.",
            ),
            member(
                "attach",
                Takes::Boolean,
                Need::Optional,
                "Whether the mail is attached to a new mail from the route's address. Left out: no, it is resent unchanged.",
            ),
        ],
        example: r#"type: forward
addresses: [archive@example.com]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let attach = reader.optional_value(object, "attach");
        Self { addresses: reader.value(object, "addresses"), attach }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramForward> {
        let addresses = addresses::compile(draft, "addresses", &self.addresses, "forward");
        let attach = draft.optional("attach", self.attach.as_ref(), &Type::Boolean);
        Some(ProgramForward { addresses: addresses?, attach: attach? })
    }
}

impl Runnable for ProgramForward {
    fn facts(&self) -> ProgramFacts<'_> {
        let attach = self.attach.iter().map(|attach| ("attach".to_owned(), attach));
        ProgramFacts {
            evaluates: std::iter::once(("addresses".to_owned(), &self.addresses)).chain(attach).collect(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            // It fails when there is nobody to forward to.
            effect: Some(Effect::Sends),
            ends: Ends::Run,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
