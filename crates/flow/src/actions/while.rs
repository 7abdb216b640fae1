//! `while`: does actions again and again while a condition holds.

use serde::Serialize;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::document::{Action, actions};
use crate::expr::Compiled;
use crate::program::ProgramAction;

/// Does its actions again and again while a condition holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct While {
    /// A boolean expression in `${…}`.
    pub when: String,
    /// What is done each time.
    pub actions: Vec<Action>,
}

/// Does actions while a condition holds.
#[derive(Debug)]
pub struct ProgramWhile {
    /// A boolean expression.
    pub when: Compiled,
    /// The actions.
    pub actions: Vec<ProgramAction>,
}

impl Written for While {
    type Program = ProgramWhile;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "while",
        summary: "Repeats its actions as long as the condition holds before each turn. All loops of a run take at most 10,000 turns together, so that an endless loop ends. An error in a turn ends the loop.",
        members: &[
            member("when", Takes::Condition, Need::Required, "What must hold for the next turn."),
            member("actions", Takes::Actions, Need::Required, "What is done in each turn."),
        ],
        example: r#"type: while
when: "${interaction.priority < 3}"
actions:
  - { type: setPriority, priority: "${interaction.priority + 1}" }
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let when = reader.required_string(object, "when").unwrap_or_default();
        Self { when, actions: actions::inside(reader, object) }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &self.actions }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: None, inside: &mut self.actions }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramWhile> {
        let inside = draft.inside(&self.actions);
        let when = draft.condition("when", &self.when);
        Some(ProgramWhile { when: when?, actions: inside? })
    }
}

impl Runnable for ProgramWhile {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("when".to_owned(), &self.when)],
            outputs: &[],
            sets: Sets::Nothing,
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
