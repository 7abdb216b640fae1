//! Schedules of a folder.

use jiff::Timestamp;
use serde_json::Value as Json;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::schedules::ScheduleSpec;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::source::Node;
use waypost_ids::ScheduleId;
use waypost_store::records::tables::ScheduleRecord;

use super::{FileProblem, Folder, id_of, name_of};

/// A schedule as its file writes it.
#[derive(Debug)]
pub struct ScheduleFile {
    /// The file's position in what was given.
    pub file: usize,
    /// What the server is to be told.
    pub spec: ScheduleSpec,
    /// What that comes to.
    pub record: ScheduleRecord,
}

/// Whether a file is a schedule's.
pub(super) fn is_schedule(node: &Node) -> bool {
    let Node::Map(members) = node else { return false };
    let has = |name: &str| members.iter().any(|(key, _)| key == name);
    has("timeZone") && !has("nodes") && !has("type")
}

impl Folder {
    /// Reads a schedule's file; one without a `name` is called as its file is.
    pub(super) fn schedule(&mut self, file: usize, path: &str, node: &Node) {
        let Json::Object(mut definition) = node.to_json() else { return };
        let mut problems = Vec::new();
        let mut text = |name: &str| match definition.shift_remove(name) {
            Some(Json::String(text)) => Some(text),
            None | Some(Json::Null) => None,
            Some(_) => {
                problems.push(Diagnostic::error(Code::WrongKind, name, "expected a string").expected("a string"));
                None
            }
        };
        let name = text("name").unwrap_or_else(|| name_of(path));
        let description = text("description").unwrap_or_default();
        let spec = ScheduleSpec { name, description, definition };
        match spec.read(None) {
            Ok((name, definition)) => {
                let folded_name = document::fold_name(&name);
                let record = ScheduleRecord {
                    id: ScheduleId(id_of("schedule", &folded_name)),
                    name,
                    folded_name,
                    description: spec.description.clone(),
                    definition,
                    revision: 1,
                    created_at: Timestamp::UNIX_EPOCH,
                    created_by: String::new(),
                    modified_at: Timestamp::UNIX_EPOCH,
                };
                if self.schedules.iter().any(|other| other.record.id == record.id) {
                    let message = format!("a schedule named `{}` stands in another file as well", record.name);
                    problems.push(Diagnostic::error(Code::DuplicateName, "name", message));
                } else {
                    self.schedules.push(ScheduleFile { file, spec, record });
                }
            }
            Err(ChangeError::Invalid(more)) => problems.extend(more),
            // A specification is refused for what is wrong with it and for nothing else.
            Err(_) => {}
        }
        self.problems.extend(problems.into_iter().map(|diagnostic| FileProblem { file, diagnostic }));
    }
}
