//! `log`: leaves a line in the trace.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Ends, Facts, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::diagnostic::{Code, Diagnostic};
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::ProgramAction;
use crate::types::Type;

/// Leaves a line in the trace.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Log {
    /// How much it matters; left out: info.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<LogLevel>,
    /// The line.
    pub message: Json,
}

/// Leaves a line in the trace.
#[derive(Debug)]
pub struct ProgramLog {
    /// How much it matters.
    pub level: LogLevel,
    /// A string expression.
    pub message: Compiled,
}

/// Levels of `log`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum LogLevel {
    /// For the flow's author.
    Debug,
    /// The usual.
    #[default]
    Info,
    /// Something odd.
    Warn,
    /// Something wrong.
    Error,
}

impl LogLevel {
    const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warn, Self::Error];

    /// As documents and traces spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
        }
    }
}

impl Written for Log {
    type Program = ProgramLog;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "log",
        summary: "Writes a line to the run's trace.",
        members: &[
            member("level", Takes::Level, Need::Optional, "The severity. Left out: info."),
            member("message", Takes::String, Need::Required, "The line."),
        ],
        example: r#"type: log
level: debug
message: "${string(size(interaction.email.attachments))} attachments"
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        Self { level: level(reader, object), message: reader.value(object, "message") }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: Vec::new(), assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut::none()
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramLog> {
        let message = draft.value("message", &self.message, &Type::String)?;
        Some(ProgramLog { level: self.level.unwrap_or_default(), message })
    }
}

fn level(reader: &mut Reader, object: &Object<'_>) -> Option<LogLevel> {
    let written = reader.string(object, "level")?;
    let known = LogLevel::ALL.into_iter().find(|level| level.as_str() == written);
    if known.is_none() {
        reader.diagnostics.push(
            Diagnostic::error(Code::InvalidValue, object.at("level"), format!("`{written}` is not a level"))
                .expected("debug, info, warn or error")
                .nearest(&written, LogLevel::ALL.map(LogLevel::as_str)),
        );
    }
    known
}

impl Runnable for ProgramLog {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: vec![("message".to_owned(), &self.message)],
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
