//! `sendReply`: answers whoever wrote the mail.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::letter::{ATTACH_ORIGINAL, HTML, Letter, ProgramLetter, TEXT};
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;
use crate::types::Type;

/// Answers the mail.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SendReply {
    /// What it says.
    #[serde(flatten)]
    pub letter: Letter,
    /// Its subject; left out: the mail's, after `Re: `.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Json>,
    /// Whether it goes to all others who had the mail, too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_all: Option<Json>,
}

/// Answers the mail.
#[derive(Debug)]
pub struct ProgramSendReply {
    /// What it says.
    pub letter: ProgramLetter,
    /// A string expression; none: the mail's own, after `Re: `.
    pub subject: Option<Compiled>,
    /// A boolean expression; none: no.
    pub reply_all: Option<Compiled>,
}

impl Written for SendReply {
    type Program = ProgramSendReply;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "sendReply",
        summary: "Answers the mail: to its Reply-To or else its From, from the route's address and `fromName`. It is sent once the run has ended without an error; an `onError` that is taken later drops it. Mail that a machine wrote gets no answer.",
        members: &[
            TEXT,
            HTML,
            member(
                "subject",
                Takes::String,
                Need::Optional,
                "Left out: the mail's subject with `Re: `. Line breaks and control characters become spaces.",
            ),
            member(
                "replyAll",
                Takes::Boolean,
                Need::Optional,
                "Whether it also goes to everyone else who got the mail. Left out: no.",
            ),
            ATTACH_ORIGINAL,
        ],
        example: r#"type: sendReply
html: "<p>Hello, we have your mail <b>${interaction.email.subject}</b>.</p>"
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let letter = Letter::read(reader, object);
        let subject = reader.optional_value(object, "subject");
        let reply_all = reader.optional_value(object, "replyAll");
        Self { letter, subject, reply_all }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSendReply> {
        let letter = self.letter.compile(draft);
        let subject = draft.optional("subject", self.subject.as_ref(), &Type::String);
        let reply_all = draft.optional("replyAll", self.reply_all.as_ref(), &Type::Boolean);
        Some(ProgramSendReply { letter: letter?, subject: subject?, reply_all: reply_all? })
    }
}

impl Runnable for ProgramSendReply {
    fn facts(&self) -> ProgramFacts<'_> {
        let own = [("subject", &self.subject), ("replyAll", &self.reply_all)];
        let own = own.into_iter().filter_map(|(member, compiled)| Some((member.to_owned(), compiled.as_ref()?)));
        ProgramFacts {
            evaluates: self.letter.expressions().chain(own).collect(),
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
