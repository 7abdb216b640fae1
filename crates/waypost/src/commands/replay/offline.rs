//! Mails through two folders of flows, without a server.

use std::io;
use std::path::Path;

use serde_json::{Value as Json, json};
use waypost_app::replay::offline::{Offline, Side};
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::Running;
use waypost_mail::message::Message;
use waypost_origin::Origin;
use waypost_project::Project;
use waypost_wire::replay::ReplayReport;

use super::{Arguments, report, within};
use crate::commands::run::route_of;
use crate::failure::Failure;
use crate::table::Output;
use crate::{files, screen};

struct Flows {
    running: Running,
    rows: HeldRows,
}

impl Flows {
    fn side(&self) -> Side<'_> {
        Side { running: &self.running, rows: &self.rows }
    }
}

/// Replays a folder's mails.
pub(super) fn run(arguments: &Arguments, before: &Path, after: &Path) -> Result<(), Failure> {
    let (before, after) = (flows(before)?, flows(after)?);
    if arguments.paths.is_empty() {
        return Err(Failure::Failed("which mails? Name .eml files, mboxes, or folders of them".to_owned()));
    }
    let mut replay = Offline::default();
    let origin = Origin::system();
    let mut failed = None;
    let ended = files::mails(&arguments.paths, &mut |mail| {
        let message = Message::parse(&mail.raw);
        let to = arguments.to.as_deref();
        let routes = (route_of(to, &before.running, &message), route_of(to, &after.running, &message));
        let routes = (routes.0.as_ref(), routes.1.as_ref());
        if let Err(error) = replay.add(&mail.name, &message, (before.side(), after.side()), routes, origin.now()) {
            failed = Some(error.to_string());
        }
        Ok(())
    });
    if let Some(error) = failed {
        return Err(Failure::Failed(error));
    }
    replay.close();
    // One shape for people and programs, with a server or without.
    let told: ReplayReport = serde_json::to_value(&replay.report)
        .and_then(serde_json::from_value)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let mut out = screen::stdout();
    match arguments.output {
        Output::Json | Output::Yaml => {
            let changes: Vec<Json> =
                replay.changes.iter().map(|(name, change)| json!({ "mail": name, "change": change })).collect();
            let all = json!({ "report": told, "changes": changes });
            arguments.output.write(&mut out, &all)?;
        }
        Output::Table => {
            report::counts(&mut out, &told)?;
            let lines = replay.changes.iter().map(|(name, change)| {
                (name.clone(), change.subject.as_str(), (&change.before, &change.after), change.parts.as_ref())
            });
            report::changes(&mut out, lines, replay.changes.len())?;
        }
    }
    ended?;
    within(&told, arguments.max_changed)
}

fn flows(path: &Path) -> Result<Flows, Failure> {
    let sources = files::some_sources(&[path.to_owned()])?;
    let mut project = Project::read(&sources);
    let world = project.world();
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    if project.has_errors() {
        files::print_problems(&mut screen::styled_stderr(), &sources, &project, screen::is_coloured(&io::stderr()))?;
        return Err(Failure::Found);
    }
    files::print_pins(&mut screen::styled_stderr(), &sources, &project)?;
    Ok(Flows { running: world.running(), rows })
}
