//! For each flow that would change, a mail that it would decide differently: the server's flows and the folder's, run side by side here.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use waypost_catalogue::tables::held::HeldRows;
use waypost_flow_tests::Flows;
use waypost_project::plan::PlannedWitness;
use waypost_project::{Project, SourceFile};
use waypost_witness::report::WitnessReport;
use waypost_witness::search::{Bounds, Searched, witness};

use crate::commands::{diff, export};
use crate::failure::Failure;
use crate::remote::Remote;

/// Searches for each of the flows, which both the server and the folder have.
pub(super) fn of(
    remote: &Remote,
    flows: &[String],
    (after, rows_after): (&mut Project, &HeldRows),
    seconds: u64,
) -> Result<Vec<PlannedWitness>, Failure> {
    if flows.is_empty() {
        return Ok(Vec::new());
    }
    let files = export::files_of(remote)?;
    let yaml = files.iter().filter(|(path, _)| path.ends_with(".yaml"));
    let source = |(path, text): (&String, &Vec<u8>)| SourceFile {
        path: path.clone(),
        text: String::from_utf8_lossy(text).into_owned(),
    };
    let sources: Vec<SourceFile> = yaml.map(source).collect();
    let mut before = Project::read(&sources);
    let world_before = before.world();
    let rows_before = before.rows(|file, name| beside(&sources, &files, file, name));
    if let Some(problem) = before.problems.iter().find(|problem| problem.diagnostic.is_error()) {
        return Err(Failure::Failed(format!("the server's flows can't be run here: {}", problem.diagnostic)));
    }
    let world_after = after.world();
    let (running_before, running_after) = (world_before.running(), world_after.running());
    let sides = [
        Flows { project: &before, world: &world_before, running: &running_before, rows: &rows_before },
        Flows { project: after, world: &world_after, running: &running_after, rows: rows_after },
    ];
    let bounds = Bounds { time: Duration::from_secs(seconds), tries: diff::MOST_TRIES };
    let search = |flow: &String| {
        let Searched { witness: found, tries } = witness(&sides, Some(flow), "witness.eml", &bounds, 0);
        let none = PlannedWitness { flow: flow.clone(), tries, ..PlannedWitness::default() };
        match found.map(diff::told) {
            Some(found) => {
                let WitnessReport { mail, test, needs_test, differs, .. } = found;
                PlannedWitness { mail: Some(mail), test: Some(test), needs_test, differs, ..none }
            }
            None => none,
        }
    };
    Ok(flows.iter().map(search).collect())
}

/// A file that one of the sources names, from where that one is.
fn beside<'f>(
    sources: &[SourceFile],
    files: &'f BTreeMap<String, Vec<u8>>,
    file: usize,
    name: &str,
) -> io::Result<&'f [u8]> {
    let folder = sources.get(file).and_then(|source| Path::new(&source.path).parent());
    let path = folder.unwrap_or(Path::new("")).join(name);
    let found = files.get(path.to_string_lossy().as_ref());
    found.map(Vec::as_slice).ok_or_else(|| ErrorKind::NotFound.into())
}
