//! What became of everything that was applied: lines for people, one value for programs.

use std::io::{self, Write};

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use waypost_flow::diagnostic::counted;
use waypost_wire::replay::Replay;

use crate::table::Output;

/// What `waypost apply --output json` prints.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Report {
    /// Whether nothing was done: `outcome` then says what would be.
    pub(crate) dry_run: bool,
    /// What became of each object, in the order in which it was done.
    pub(crate) objects: Vec<Became>,
    /// How many flows do what they did and are written differently since, such as with other comments.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) texts: u64,
    /// Recorded mail as it would be decided, with `--replay`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) replay: Option<Replay>,
    /// Why nothing was done after the replay: more would change than `--max-changed` allows, or the replay failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) held_back: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

/// What became of one object.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Became {
    /// Its kind, such as `flow`, `queue` or `client`; `rows` for the rows of a table.
    pub(crate) kind: String,
    /// Its name; of rows the table's.
    pub(crate) name: String,
    /// `created`, `published`, `described`, `changed`, `replaced`, `deleted` or `unchanged`.
    pub(crate) outcome: String,
    /// The version of a flow that is published, or of rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<u64>,
    /// Members that differ from what was there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) differs: Vec<String>,
    /// Of a dry run: why it can't be deleted now, so that nothing would be applied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) blocked: Option<String>,
    /// The same in a line for people, after kind and name.
    #[serde(skip)]
    pub(crate) said: String,
}

impl Report {
    /// Nothing yet.
    pub(crate) fn new(dry_run: bool) -> Self {
        Self { dry_run, objects: Vec::new(), texts: 0, replay: None, held_back: None }
    }

    /// Prints everything.
    pub(crate) fn print(&self, output: Output, out: &mut impl Write) -> io::Result<()> {
        if output.is_data() {
            return output.write(out, self);
        }
        for one in &self.objects {
            let kind = if one.kind == "rows" { "table" } else { &one.kind };
            writeln!(out, "{kind} {}: {}", one.name, one.said)?;
        }
        if self.texts > 0 {
            writeln!(out, "text of {} written", counted(usize::try_from(self.texts).unwrap_or(usize::MAX), "flow"))?;
        }
        Ok(())
    }
}

/// The report's JSON Schema.
pub(crate) fn schema() -> Schema {
    schema_for!(Report)
}
