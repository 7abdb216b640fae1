//! `transferToQueue`: ends the run in a queue.

use serde::Serialize;
use serde_json::Value as Json;
use waypost_ids::Term;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, Named, NamedMut, PartsMut, ProgramFacts, Sets};
use super::jumps::{Jumps, NOT_FOUND, ProgramJumps};
use super::{Runnable, Written};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::is_computed;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::{ProgramAction, QueueTarget};
use crate::types::Type;

/// Ends the run: the interaction goes to a queue.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferToQueue {
    /// The queue's name or id, or a text with `${…}` that becomes one.
    pub queue: String,
    /// `notFound`: a computed queue does not exist.
    #[serde(flatten)]
    pub jumps: Jumps,
    /// Overrides the interaction's priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<Json>,
    /// Required skills.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub skills: Option<Json>,
    /// The required language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<Json>,
}

/// Ends the run in a queue.
#[derive(Debug)]
pub struct ProgramTransferToQueue {
    /// Which.
    pub queue: QueueChoice,
    /// `notFound`: a computed queue does not exist. Not used with a queue that is written out.
    pub jumps: ProgramJumps,
    /// An integer expression.
    pub priority: Option<Compiled>,
    /// An expression of type `list<string>`.
    pub skills: Option<Compiled>,
    /// A string expression.
    pub language: Option<Compiled>,
}

/// The queue of an action.
#[derive(Debug)]
pub enum QueueChoice {
    /// It was written out.
    Fixed(QueueTarget),
    /// A string expression: a name or an id.
    Computed(Compiled),
}

impl Written for TransferToQueue {
    type Program = ProgramTransferToQueue;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "transferToQueue",
        summary: "Ends the run: the interaction goes to a queue.",
        members: &[
            member(
                "queue",
                Takes::Queue,
                Need::Required,
                "The queue. A literal one must exist when the flow is published, a computed one when the run gets here.",
            ),
            member(
                NOT_FOUND,
                Takes::Jump,
                Need::Optional,
                "The node where the run continues if a computed queue does not exist. Without it that is an error of the action.",
            ),
            member(
                "priority",
                Takes::Integer,
                Need::Optional,
                "The priority in the queue. Left out: the interaction's.",
            ),
            member(
                "skills",
                Takes::StringList,
                Need::Optional,
                "Skills that the work needs. One that is computed and turns out empty is left out.",
            ),
            member(
                "language",
                Takes::String,
                Need::Optional,
                "The language that the work needs. If it is computed and turns out empty, any will do.",
            ),
        ],
        example: r#"type: transferToQueue
queue: Billing
priority: 10
skills: [refunds]
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self {
            queue: reader.required_string(object, "queue").unwrap_or_default(),
            jumps: Jumps::read(&Self::DEFINITION, reader, object),
            priority: reader.optional_value(object, "priority"),
            skills: reader.optional_value(object, "skills"),
            language: reader.optional_value(object, "language"),
        }
    }

    fn facts(&self) -> Facts<'_> {
        let queue = if is_computed(&self.queue) { Named::ComputedQueue } else { Named::Queue(&self.queue) };
        let skills = self.skills.iter().filter_map(Json::as_array).flatten();
        let language = self.language.iter().map(|language| (Term::Language, language));
        let terms = skills.map(|skill| (Term::Skill, skill)).chain(language);
        // What is computed is known at run time alone.
        let written = terms.filter_map(|(term, name)| Some((term, name.as_str().filter(|name| !is_computed(name))?)));
        let names = std::iter::once(queue).chain(written.map(|(term, name)| Named::Term(term, name))).collect();
        Facts { names, assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        let written = (!is_computed(&self.queue)).then_some(&mut self.queue);
        PartsMut { names: written.map(NamedMut::Queue), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramTransferToQueue> {
        let priority = draft.optional("priority", self.priority.as_ref(), &Type::Integer);
        let skills = draft.optional("skills", self.skills.as_ref(), &Type::list_of_strings());
        let language = draft.optional("language", self.language.as_ref(), &Type::String);
        check_names(draft, self.skills.as_ref(), skills.as_ref(), language.as_ref());
        let queue = if is_computed(&self.queue) {
            let computed = Json::from(self.queue.as_str());
            draft.value("queue", &computed, &Type::String).map(QueueChoice::Computed)
        } else {
            let known = draft.queue("queue", &self.queue).map(QueueChoice::Fixed);
            Some(known.unwrap_or_else(|| QueueChoice::Computed(draft.unknown(&Type::String))))
        };
        if let (Some(_), Some(QueueChoice::Fixed(target))) = (self.jumps.get(NOT_FOUND), &queue) {
            let message = format!("the queue `{}` is there: `notFound` would never be used", target.name);
            draft.diagnostics.push(
                Diagnostic::warning(Code::DeadBranch, draft.at("notFound.to"), message)
                    .suggestion("remove `notFound`; it is for queues that are computed"),
            );
        }
        let jumps = draft.jumps(&self.jumps)?;
        Some(ProgramTransferToQueue { queue: queue?, jumps, priority: priority?, skills: skills?, language: language? })
    }
}

/// Reports skills and a language that are written out without a name. No work could be claimed that needs a skill without one.
fn check_names(
    draft: &mut Draft<'_, '_>,
    written: Option<&Json>,
    skills: Option<&Option<Compiled>>,
    language: Option<&Option<Compiled>>,
) {
    let is_blank = |name: &str| name.trim().is_empty();
    let skills = skills.and_then(Option::as_ref).and_then(Compiled::written_texts).unwrap_or_default();
    for (index, _) in skills.iter().enumerate().filter(|(_, skill)| skill.is_some_and(is_blank)) {
        let in_list = written.is_some_and(Json::is_array);
        let at = draft.at(&if in_list { format!("skills[{index}]") } else { "skills".to_owned() });
        let problem = Diagnostic::error(Code::InvalidValue, at, "the name of a skill is empty");
        draft.diagnostics.push(problem.suggestion("name the skill, or remove it"));
    }
    if language.and_then(Option::as_ref).and_then(Compiled::written_text).is_some_and(is_blank) {
        let problem = Diagnostic::error(Code::InvalidValue, draft.at("language"), "the name of the language is empty");
        draft.diagnostics.push(problem.suggestion("name the language, or remove `language`"));
    }
}

impl Runnable for ProgramTransferToQueue {
    fn facts(&self) -> ProgramFacts<'_> {
        let (queue, effect) = match &self.queue {
            QueueChoice::Fixed(_) => (None, None),
            QueueChoice::Computed(queue) => (Some(queue), Some(Effect::Asks)),
        };
        let members = [
            ("queue", queue),
            ("priority", self.priority.as_ref()),
            ("skills", self.skills.as_ref()),
            ("language", self.language.as_ref()),
        ];
        let written = members.into_iter().filter_map(|(member, compiled)| Some((member.to_owned(), compiled?)));
        ProgramFacts {
            evaluates: written.collect(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: &self.jumps,
            jump_outputs: &[],
            effect,
            ends: Ends::Run,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
