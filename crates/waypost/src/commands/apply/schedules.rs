//! Schedules of a folder onto a server. An emergency that is on stays on unless the folder says otherwise.

use std::io::Write;

use waypost_app::folder::Folder;
use waypost_app::folder::schedules::ScheduleFile;
use waypost_flow::document;
use waypost_wire::schedule::{Schedule, ScheduleRequest};

use super::Arguments;
use crate::failure::Failure;
use crate::remote::Remote;

/// Makes or changes the folder's schedules.
pub(super) fn apply(
    remote: &Remote,
    arguments: &Arguments,
    folder: &Folder,
    out: &mut impl Write,
) -> Result<(), Failure> {
    if folder.schedules.is_empty() {
        return Ok(());
    }
    let known = remote.all(remote.schedules().list())?;
    for file in &folder.schedules {
        let record = &file.record;
        let before = known.iter().find(|known| document::fold_name(&known.name) == record.folded_name);
        let outcome = match before {
            None => "created",
            Some(known) if says_the_same(known, file) => "unchanged",
            Some(_) => "changed",
        };
        let would = if arguments.dry_run && outcome != "unchanged" { "would be " } else { "" };
        if !arguments.dry_run {
            let request = ScheduleRequest {
                name: file.spec.name.clone(),
                description: file.spec.description.clone(),
                definition: file.spec.definition.clone(),
            };
            match (before, outcome) {
                (Some(_), "unchanged") => {}
                (Some(known), _) => {
                    drop(remote.wait(remote.schedules().update(known.id, &request, Some(known.revision)))?);
                }
                (None, _) => drop(remote.wait(remote.schedules().create(&request))?),
            }
        }
        writeln!(out, "schedule {}: {would}{outcome}", record.name)?;
    }
    Ok(())
}

/// Whether a schedule of the server is what the folder says.
fn says_the_same(known: &Schedule, file: &ScheduleFile) -> bool {
    let mut wanted: waypost_wire::Object = serde_json::from_str(&file.record.definition).unwrap_or_default();
    if let (false, Some(switch)) = (wanted.contains_key("emergency"), known.definition.get("emergency")) {
        wanted.insert("emergency".to_owned(), switch.clone());
    }
    known.name == file.record.name && known.description == file.record.description && known.definition == wanted
}
