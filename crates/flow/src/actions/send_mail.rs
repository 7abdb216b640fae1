//! `sendMail`: writes a mail to given addresses.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::letter::{ATTACH_ORIGINAL, HTML, Letter, ProgramLetter, TEXT};
use super::{Runnable, Written, addresses};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;
use crate::types::Type;

/// Writes a mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SendMail {
    /// To whom.
    pub to: Json,
    /// Its subject.
    pub subject: Json,
    /// What it says.
    #[serde(flatten)]
    pub letter: Letter,
}

/// Writes a mail.
#[derive(Debug)]
pub struct ProgramSendMail {
    /// An expression of type `list<string>`.
    pub to: Compiled,
    /// A string expression.
    pub subject: Compiled,
    /// What it says.
    pub letter: ProgramLetter,
}

impl Written for SendMail {
    type Program = ProgramSendMail;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "sendMail",
        summary: "Writes a mail from the route's address and `fromName`. It is sent once the run has ended without an error; an `onError` that is taken later drops it. It fails if the list of addresses is empty or an element is not exactly one address.",
        members: &[
            member(
                "to",
                Takes::StringList,
                Need::Required,
                "The recipients: each is one address, alone or in angle brackets after a name.",
            ),
            member(
                "subject",
                Takes::String,
                Need::Required,
                "The subject. Line breaks and control characters become spaces.",
            ),
            TEXT,
            HTML,
            ATTACH_ORIGINAL,
        ],
        example: r#"type: sendMail
to: [desk@example.com]
subject: "A mail from ${interaction.email.from.address}"
text: "It is attached."
attachOriginal: true
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let to = reader.value(object, "to");
        let subject = reader.value(object, "subject");
        let letter = Letter::read(reader, object);
        Self { to, subject, letter }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSendMail> {
        let to = addresses::compile(draft, "to", &self.to, "send");
        let subject = draft.value("subject", &self.subject, &Type::String);
        let letter = self.letter.compile(draft);
        Some(ProgramSendMail { to: to?, subject: subject?, letter: letter? })
    }
}

impl Runnable for ProgramSendMail {
    fn facts(&self) -> ProgramFacts<'_> {
        let own = [("to".to_owned(), &self.to), ("subject".to_owned(), &self.subject)];
        ProgramFacts {
            evaluates: own.into_iter().chain(self.letter.expressions()).collect(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: Some(Effect::Sends),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
