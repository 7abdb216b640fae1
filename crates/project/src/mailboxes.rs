//! Mailboxes of a folder. They name secrets that the server has.

use uuid::Uuid;
use waypost_catalogue::mailboxes::MailboxSpec;
use waypost_catalogue::object::Object;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_ids::{Kind, MailboxId};
use waypost_store::records::mailboxes::MailboxRecord;

use crate::{At, Entry, Project, add_found};
use waypost_flow::source::members::Members;

impl Project {
    /// Reads a mailbox's document.
    pub(crate) fn mailbox(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let name = members.name(path);
        let enabled = match members.text("state").as_deref() {
            None => None,
            Some("enabled") => Some(true),
            Some("disabled") => Some(false),
            Some(other) => {
                let problem = Diagnostic::error(Code::InvalidValue, "state", "this is not a state of mailboxes");
                members.problems.push(problem.expected("enabled or disabled").found(format!("`{other}`")));
                None
            }
        };
        let (definition, mut problems) = members.rest();
        let spec = MailboxSpec { id: MailboxId(Uuid::nil()), name, enabled, definition };
        add_found(&mut problems, spec.read().err().unwrap_or_default());
        let name = (spec.name.as_str(), MailboxRecord::folded(&spec.name));
        if !problems.is_empty() {
            self.incomplete = true;
            return self.wrong_one(at, Kind::Mailbox, name, ("name", problems));
        }
        if self.first_of_its_name(at, Kind::Mailbox, name, "name".to_owned()) {
            self.mailboxes.push(Entry { at, path: String::new(), spec });
        }
    }
}
