//! What was checked, and what came of it.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Value as Json, json};
use waypost_flow::diagnostic::counted;

use crate::table;

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// It works, and may not be meant so.
    Warning,
    /// It does not work.
    Failed,
}

/// A check.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// What it is about: `disk`, `http`, `tls`, `dns`, `routes` and so on.
    pub(super) check: &'static str,
    pub(super) status: Status,
    /// What was found.
    pub(super) found: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) suggestion: Option<String>,
}

/// All checks, in order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    pub(super) checks: Vec<Check>,
}

impl Report {
    pub(super) fn ok(&mut self, check: &'static str, found: impl Into<String>) {
        self.checks.push(Check { check, status: Status::Ok, found: found.into(), suggestion: None });
    }

    pub(super) fn warning(&mut self, check: &'static str, found: impl Into<String>, suggestion: impl Into<String>) {
        let (found, suggestion) = (found.into(), Some(suggestion.into()));
        self.checks.push(Check { check, status: Status::Warning, found, suggestion });
    }

    pub(super) fn failed(&mut self, check: &'static str, found: impl Into<String>, suggestion: impl Into<String>) {
        let (found, suggestion) = (found.into(), Some(suggestion.into()));
        self.checks.push(Check { check, status: Status::Failed, found, suggestion });
    }

    pub(super) fn count(&self, status: Status) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }

    /// The report as programs read it.
    pub(super) fn data(&self) -> Json {
        json!({
            "ok": self.count(Status::Failed) == 0,
            "failed": self.count(Status::Failed),
            "warnings": self.count(Status::Warning),
            "checks": self.checks,
        })
    }

    /// The report as people read it.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        for check in &self.checks {
            let status = match check.status {
                Status::Ok => "ok",
                Status::Warning => "warning",
                Status::Failed => "FAILED",
            };
            writeln!(out, "{status:<8}{:<13}{}", check.check, table::flat(&check.found))?;
            if let Some(suggestion) = &check.suggestion {
                writeln!(out, "{:21}{}", "", table::flat(suggestion))?;
            }
        }
        let (failed, warnings) = (self.count(Status::Failed), self.count(Status::Warning));
        let (checks, warnings) = (counted(self.checks.len(), "check"), counted(warnings, "warning"));
        writeln!(out, "\n{checks}: {failed} failed, {warnings}")
    }
}

/// The schema of [`Report::data`].
pub(crate) fn schema() -> Json {
    let text = |description: &str| json!({ "description": description, "type": "string" });
    let count = |description: &str| json!({ "description": description, "type": "integer", "minimum": 0 });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The report of waypost doctor",
        "type": "object",
        "required": ["ok", "failed", "warnings", "checks"],
        "properties": {
            "ok": { "description": "Whether no check failed.", "type": "boolean" },
            "failed": count("Checks that failed."),
            "warnings": count("Checks with a warning."),
            "checks": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["check", "status", "found"],
                    "properties": {
                        "check": text("What it is about."),
                        "status": { "enum": ["ok", "warning", "failed"] },
                        "found": text("What was found."),
                        "suggestion": text("What to do."),
                    },
                },
            },
        },
    })
}
