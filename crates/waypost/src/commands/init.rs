//! `waypost init`: a project folder to begin with, whose tests pass.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use waypost_flow::source::yaml_text;
use waypost_project::name::is_name;

use super::schema;
use crate::failure::Failure;
use crate::{screen, shell};

/// Files of the project, by their paths in it. Editors find the schemas, which are made, by a comment in each file.
const FILES: [(&str, &str); 5] = [
    ("README.md", include_str!("init/README.md")),
    ("flows/inbound.yaml", include_str!("init/inbound.yaml")),
    ("flows/topic.yaml", include_str!("init/topic.yaml")),
    ("routing.yaml", include_str!("init/routing.yaml")),
    ("tests/inbound.test.yaml", include_str!("init/inbound.test.yaml")),
];

/// Arguments of `init`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The project's folder; created if missing
    folder: PathBuf,
}

/// Exit code 0: written; 2: a file is there already, or could not be written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let schemas = schema::for_editors().map(|(name, text)| (format!(".schemas/{name}"), text));
    let waypost_yaml = include_str!("init/waypost.yaml")
        .replace("NAME", yaml_text(&project_name(&arguments.folder).into()).trim_end());
    let files: Vec<(PathBuf, &str)> = FILES
        .iter()
        .copied()
        .chain([("waypost.yaml", waypost_yaml.as_str())])
        .chain(schemas.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .map(|(name, text)| (arguments.folder.join(name), text))
        .collect();
    // Nothing is written over, and nothing is written unless all of it can be.
    if let Some((path, _)) = files.iter().find(|(path, _)| path.exists()) {
        return Err(Failure::Failed(format!("{} is already there", path.display())));
    }
    for (path, text) in &files {
        let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| fail(&error))?;
        }
        fs::write(path, text).map_err(|error| fail(&error))?;
    }
    let mut out = screen::stdout();
    for (path, _) in &files {
        writeln!(out, "{}", path.display())?;
    }
    writeln!(screen::stderr(), "\nrun its tests: waypost test {}", shell::path(&arguments.folder))?;
    Ok(())
}

/// What the project is called: as its folder, so that two projects on one server are not taken for one.
fn project_name(folder: &Path) -> String {
    let folder = std::path::absolute(folder).unwrap_or_default();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().replace(|c: char| !c.is_alphanumeric(), "-");
    let name = name.trim_matches('-');
    if is_name(name) { name.to_owned() } else { "project".to_owned() }
}
