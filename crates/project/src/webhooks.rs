//! Webhooks of a folder. Their secrets are made by the server.

use uuid::Uuid;
use waypost_catalogue::object::Object;
use waypost_catalogue::webhooks::{Start, WebhookEdit, WebhookSpec};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_ids::{Kind, WebhookId};
use waypost_store::records::outside::{Sealed, WebhookRecord};

use crate::world::{Offline, alone};
use crate::{At, Entry, Project};
use waypost_flow::source::members::Members;

impl Project {
    /// Names and URLs of the folder's webhooks.
    pub fn webhooks(&self) -> impl Iterator<Item = (&str, &str)> {
        self.webhooks.iter().map(|entry| (entry.spec.name.as_str(), entry.spec.url.as_str()))
    }

    /// Reads a webhook's document.
    pub(crate) fn webhook(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let name = members.name(path);
        let url = members.text("url").unwrap_or_default();
        let enabled = match members.text("state").as_deref() {
            None => None,
            Some("enabled") => Some(true),
            Some("disabled") => Some(false),
            Some(other) => {
                let problem = Diagnostic::error(Code::InvalidValue, "state", "this is not a state of webhooks");
                members.problems.push(problem.expected("enabled or disabled").found(format!("`{other}`")));
                None
            }
        };
        let events = members.texts("events");
        let mut problems = members.finish(&["name", "url", "state", "events"]);
        let spec = WebhookSpec { name, url, enabled, events, start: Some(nothing()) };
        if problems.is_empty() {
            let edit = WebhookEdit::Replace(spec.clone());
            problems.extend(alone::<WebhookRecord>(&edit).err().unwrap_or_default());
        }
        let name = (spec.name.as_str(), WebhookRecord::folded(&spec.name));
        if !problems.is_empty() {
            self.incomplete = true;
            return self.wrong_one(at, Kind::Webhook, name, ("name", problems));
        }
        if self.first_of_its_name(at, Kind::Webhook, name, "name".to_owned()) {
            self.webhooks.push(Entry { at, path: String::new(), spec });
        }
    }
}

/// Nothing is signed offline.
fn nothing() -> Start {
    Start { id: WebhookId(Uuid::nil()), secret: Sealed::default() }
}

impl Offline for WebhookRecord {
    fn renumbered(record: Self, id: Uuid) -> Self {
        Self { id: WebhookId(id), ..record }
    }
}
