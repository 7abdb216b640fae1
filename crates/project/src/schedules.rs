//! Schedules of a folder.

use waypost_catalogue::error::ChangeError;
use waypost_catalogue::object::Object;
use waypost_catalogue::schedules::{KnownSchedule, ScheduleSpec};
use waypost_flow::source::Node;
use waypost_ids::Kind;

use crate::{At, Entry, Project, add_found};
use waypost_flow::source::members::Members;

impl Project {
    /// Reads a schedule's document.
    pub(crate) fn schedule(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let name = members.name(path);
        let description = members.text("description").unwrap_or_default();
        let (definition, mut problems) = members.rest();
        let spec = ScheduleSpec { name, description, definition };
        if let Err(ChangeError::Invalid(more)) = spec.read(None) {
            add_found(&mut problems, more);
        }
        let name = (spec.name.as_str(), KnownSchedule::folded(&spec.name));
        if !problems.is_empty() {
            self.incomplete = true;
            return self.wrong_one(at, Kind::Schedule, name, ("name", problems));
        }
        if self.first_of_its_name(at, Kind::Schedule, name, "name".to_owned()) {
            self.schedules.push(Entry { at, path: String::new(), spec });
        }
    }
}
