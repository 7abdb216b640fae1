//! `setOutcome`: names what came of the interaction.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::path::clip;
use crate::program::ProgramAction;
use crate::types::Type;

/// The most characters of an outcome.
pub const MAX_CHARACTERS: usize = 100;

/// Names the outcome.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SetOutcome {
    /// The name.
    pub outcome: Json,
}

/// Names the outcome.
#[derive(Debug)]
pub struct ProgramSetOutcome {
    /// A string expression.
    pub outcome: Compiled,
}

/// Whether a text can name an outcome: it is not blank, has no control characters, and no more than [`MAX_CHARACTERS`].
pub fn is_outcome(text: &str) -> bool {
    !text.trim().is_empty()
        && text.chars().take(MAX_CHARACTERS + 1).count() <= MAX_CHARACTERS
        && !text.contains(char::is_control)
}

impl Written for SetOutcome {
    type Program = ProgramSetOutcome;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "setOutcome",
        summary: "Sets the interaction's outcome: a name that is kept with the decision. A later one replaces it. A run that fails has none.",
        members: &[member(
            "outcome",
            Takes::String,
            Need::Required,
            "The name: at most 100 characters, not blank, without control characters. A computed name that is not valid fails.",
        )],
        example: r#"type: setOutcome
outcome: answered
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self { outcome: reader.value(object, "outcome") }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSetOutcome> {
        let outcome = draft.value("outcome", &self.outcome, &Type::String)?;
        if let Some(bad) = outcome.written_text().filter(|text| !is_outcome(text)) {
            let message = format!("`{}` is not a name of an outcome", clip(bad, 60));
            draft.diagnostics.push(
                Diagnostic::error(Code::InvalidValue, draft.at("outcome"), message)
                    .expected(format!("a name of 1 to {MAX_CHARACTERS} characters, without control characters")),
            );
            return None;
        }
        Some(ProgramSetOutcome { outcome })
    }
}

impl Runnable for ProgramSetOutcome {
    fn facts(&self) -> ProgramFacts<'_> {
        let written = self.outcome.written_text().is_some();
        ProgramFacts {
            evaluates: vec![("outcome".to_owned(), &self.outcome)],
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            // What is computed may be no name.
            effect: (!written).then_some(Effect::Sets),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
