//! `forEach`: does actions once for each element of a list.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Assignment, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::document::{Action, actions};
use crate::expr::Compiled;
use crate::program::ProgramAction;

/// Does its actions once for each element of a list.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ForEach {
    /// The list.
    pub items: Json,
    /// The variable that holds the element.
    #[serde(rename = "as")]
    pub variable: String,
    /// What is done with each.
    pub actions: Vec<Action>,
}

/// Does actions for each element of a list.
#[derive(Debug)]
pub struct ProgramForEach {
    /// A list.
    pub items: Compiled,
    /// The position of the variable that holds the element.
    pub variable: usize,
    /// The actions.
    pub actions: Vec<ProgramAction>,
}

impl Written for ForEach {
    type Program = ProgramForEach;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "forEach",
        summary: "Does its actions once for each element of a list, in order. All loops of a run take at most 10,000 turns together; each action in a turn counts as an action of the run. An error in a turn ends the loop.",
        members: &[
            member("items", Takes::List, Need::Required, "The list. It is computed once, before the first turn."),
            member("as", Takes::Name, Need::Required, "The variable that holds the element."),
            member("actions", Takes::Actions, Need::Required, "What is done with each element."),
        ],
        example: r#"type: forEach
items: "${interaction.email.attachments}"
as: file
actions:
  - { type: log, message: "${file.name}" }
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let (items, variable) = (reader.value(object, "items"), reader.name(object, "as"));
        let actions = actions::inside(reader, object);
        Self { items, variable, actions }
    }

    fn facts(&self) -> Facts<'_> {
        let assigns = Assignment {
            variable: &self.variable,
            name_member: "as",
            value: &self.items,
            value_member: "items",
            elements: true,
        };
        Facts { names: Vec::new(), assigns: Some(assigns), outputs: Vec::new(), inside: &self.actions }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: None, inside: &mut self.actions }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramForEach> {
        let inside = draft.inside(&self.actions);
        let items = draft.elements("items", &self.items, &self.variable);
        Some(ProgramForEach { items: items?, variable: draft.variable(&self.variable)?, actions: inside? })
    }
}

impl Runnable for ProgramForEach {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("items".to_owned(), &self.items)],
            outputs: &[],
            sets: Sets::Element(self.variable),
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: None,
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &self.actions
    }
}
