//! A project that is ready to run, from its files or from texts.

use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};

use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::{Running, World};
use waypost_flow_tests::Flows;
use waypost_project::{Project, SourceFile};

pub(crate) struct Folder {
    pub(crate) project: Project,
    pub(crate) world: World,
    pub(crate) running: Running,
    pub(crate) rows: HeldRows,
}

impl Folder {
    pub(crate) fn of(sources: &[SourceFile]) -> Self {
        let mut project = Project::read(sources);
        let world = project.world();
        let beside = |file: usize, name: &str| {
            let folder = sources.get(file).and_then(|source| Path::new(&source.path).parent());
            let path = folder.map(|folder| folder.join(name)).ok_or(io::ErrorKind::NotFound)?;
            Ok(Cursor::new(fs::read(path)?))
        };
        let rows = project.rows(beside);
        let errors: Vec<String> = project
            .problems
            .iter()
            .filter(|problem| problem.diagnostic.is_error())
            .map(|problem| problem.diagnostic.to_string())
            .collect();
        assert!(errors.is_empty(), "{}", errors.join("\n"));
        let running = world.running();
        Self { project, world, running, rows }
    }

    pub(crate) fn flows(&self) -> Flows<'_> {
        Flows { project: &self.project, world: &self.world, running: &self.running, rows: &self.rows }
    }
}

/// The files below a folder whose names end so, in order.
#[allow(dead_code, reason = "one of the tests has no folders")]
pub(crate) fn files(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Vec<SourceFile> {
    let mut open: Vec<PathBuf> = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        for path in entries {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if wanted(&name) {
                found.push(SourceFile { text: fs::read_to_string(&path).unwrap(), path: path.display().to_string() });
            }
        }
    }
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}
