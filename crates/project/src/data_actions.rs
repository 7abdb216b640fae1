//! Data actions of a folder: documents of their kind, and files as Genesys exports them. The secrets that they name are the server's.

use uuid::Uuid;
use waypost_catalogue::data_actions::{DataActionSpec, KnownDataAction};
use waypost_catalogue::object::Object;
use waypost_flow::source::Node;
use waypost_ids::{DataActionId, Kind};
use waypost_store::records::outside::DataActionRecord;

use crate::world::{Offline, alone};
use crate::{At, Entry, Project, add_found};
use waypost_flow::source::members::Members;

/// Members of an answer of the API that say where the action was, and not what it is.
const OF_A_SERVER: [&str; 5] = ["id", "version", "selfUri", "dateCreated", "dateModified"];

impl Project {
    /// Reads a data action's document.
    pub(crate) fn data_action(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.missing(at, [*problem]),
        };
        let name = members.name(path);
        let (mut members, mut problems) = members.rest();
        members.retain(|member, _| !OF_A_SERVER.contains(&member.as_str()));
        let spec = DataActionSpec { name: Some(name.clone()), members, version: None };
        add_found(&mut problems, alone::<KnownDataAction>(&spec).err().unwrap_or_default());
        let named = (name.as_str(), KnownDataAction::folded(&name));
        if !problems.is_empty() {
            self.incomplete = true;
            return self.wrong_one(at, Kind::DataAction, named, ("name", problems));
        }
        if self.first_of_its_name(at, Kind::DataAction, named, "name".to_owned()) {
            self.data_actions.push(Entry { at, path: String::new(), spec });
        }
    }
}

impl Offline for KnownDataAction {
    fn renumbered(record: DataActionRecord, id: Uuid) -> DataActionRecord {
        DataActionRecord { id: DataActionId(id), ..record }
    }
}
