//! `waypost export`: a server as a project folder.

mod fetch;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

use serde_json::json;
use waypost_flow::source::{self, Node};
use waypost_format::format;
use waypost_ids::FlowId;
use waypost_project::export::{Bodies, CLIENTS, Exported};
use waypost_project::schema::Schemas;
use waypost_project::{Project, SourceFile};

use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Printing;

/// The file in a folder that lists what an export wrote there, so that the next one may replace it.
const WRITTEN: &str = ".waypost-export";

/// The file that names the project.
const PROJECT: &str = "waypost.yaml";

/// Arguments of `export`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// The folder; it must be empty, or written by an earlier export
    folder: PathBuf,
    /// The project's name, for waypost.yaml; left out: the folder's name
    #[arg(long)]
    name: Option<String>,
    /// Write into a folder that has other files, and replace files of the same names
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    printing: Printing,
}

/// Exit code 0: written; 2: the folder has other files, something could not be written, or the server did not answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let before = written_before(&arguments.folder)?;
    if before.is_none() && !arguments.force && !is_empty(&arguments.folder)? {
        let folder = arguments.folder.display();
        return Err(Failure::Failed(format!(
            "{folder} has files that no export wrote; use an empty folder, or --force"
        )));
    }
    let remote = arguments.server.connect()?;
    let clients = fetch::clients(&remote)?;
    let are_withheld = clients.is_none();
    let mut unwritten = Vec::new();
    let bodies = fetch::everything(&remote, &mut unwritten)?;
    let bodies = Bodies { clients: clients.unwrap_or_default(), ..bodies };
    let Exported { mut files, as_written, mut notes } = bodies.folder();
    notes.splice(..0, unwritten);
    let is_named = arguments.folder.join(PROJECT).exists() && arguments.name.is_none();
    if !is_named {
        let name = arguments.name.clone().unwrap_or_else(|| folder_name(&arguments.folder));
        let document = serde_json::json!({ "kind": "project", "name": name });
        files.insert(PROJECT.to_owned(), source::yaml_text(&document).into_bytes());
        refuse_name(&files, &name)?;
    }
    formatted(&mut files, &as_written);
    if !arguments.force {
        refuse_others(&arguments.folder, files.keys(), before.as_deref().unwrap_or_default())?;
    }
    for (path, text) in &files {
        write(&arguments.folder.join(path), text)?;
    }
    let mut written: BTreeSet<&str> = files.keys().map(String::as_str).collect();
    written.insert(PROJECT);
    if are_withheld {
        notes.push("clients are not exported: that needs the scope `admin`".to_owned());
        // What an export with that scope wrote stays.
        written.extend(before.iter().flatten().map(String::as_str).filter(|path| *path == CLIENTS));
    }
    for gone in before.iter().flatten().filter(|path| !written.contains(path.as_str())) {
        let path = arguments.folder.join(gone);
        if path.exists() {
            fs::remove_file(&path).map_err(|error| Failure::of(format!("can't remove {}", path.display()))(&error))?;
        }
    }
    let list: String = written.iter().map(|path| format!("{path}\n")).collect();
    write(&arguments.folder.join(WRITTEN), list.as_bytes())?;
    let files: Vec<String> = written.iter().map(|path| arguments.folder.join(path).display().to_string()).collect();
    let mut err = screen::stderr();
    for note in &notes {
        writeln!(err, "note: {note}")?;
    }
    let written = json!({ "files": files, "notes": notes });
    Ok(arguments.printing.print(&mut screen::stdout(), &written, files.join("\n"))?)
}

/// Brings files into the form of `waypost fmt`, so that `fmt --check` accepts them. What somebody wrote stays as it is.
fn formatted(files: &mut BTreeMap<String, Vec<u8>>, as_written: &BTreeSet<String>) {
    let schemas = Schemas::default();
    let schema_of = |document: &Node| schemas.of(document);
    let ours = |path: &str| path.ends_with(".yaml") && !as_written.contains(path);
    for (_, text) in files.iter_mut().filter(|(path, _)| ours(path)) {
        if let Ok(written) = std::str::from_utf8(text)
            && let Ok(formatted) = format(written, &schema_of)
        {
            *text = formatted.into_bytes();
        }
    }
}

/// What is on a server as files of a folder, rows of tables among them.
pub(crate) fn files_of(remote: &Remote) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let bodies = fetch::everything(remote, &mut Vec::new())?;
    Ok(Bodies { texts: HashMap::new(), ..bodies }.folder().files)
}

/// What is on a server, rows of tables left out, read as a project would be; and the flows that are not published. Of those it has the
/// version that was published last.
pub(crate) fn project_of(remote: &Remote) -> Result<(Project, HashSet<FlowId>), Failure> {
    let mut bodies = fetch::without_rows(remote, &mut Vec::new())?;
    let mut unpublished = HashSet::new();
    for (flow, content) in bodies.flows.iter_mut().filter(|(flow, _)| flow.published_version.is_none()) {
        *content = fetch::published_last(remote, flow.id)?;
        unpublished.insert(flow.id);
    }
    let exported = Bodies { texts: HashMap::new(), ..bodies }.folder();
    let files = exported.files.into_iter().filter(|(path, _)| path.ends_with(".yaml"));
    let sources = files.map(|(path, text)| SourceFile { path, text: String::from_utf8_lossy(&text).into_owned() });
    Ok((Project::read(&sources.collect::<Vec<_>>()), unpublished))
}

/// The files that an earlier export wrote; none if the folder is of nobody. A line that leads out of the folder is none of ours.
fn written_before(folder: &Path) -> Result<Option<Vec<String>>, Failure> {
    let path = folder.join(WRITTEN);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let inside = |line: &&str| Path::new(line).components().all(|part| matches!(part, Component::Normal(_)));
            Ok(Some(text.lines().filter(inside).map(str::to_owned).collect()))
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Failure::of(format!("can't read {}", path.display()))(&error)),
    }
}

fn is_empty(folder: &Path) -> Result<bool, Failure> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_none()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(Failure::of(format!("can't read {}", folder.display()))(&error)),
    }
}

/// Files that somebody added since the last export are not replaced unasked.
fn refuse_others<'f>(folder: &Path, files: impl Iterator<Item = &'f String>, before: &[String]) -> Result<(), Failure> {
    let others = files.filter(|path| !before.contains(path) && folder.join(path).exists());
    let list: String = others.map(|path| format!("\n  {path}")).collect();
    if list.is_empty() {
        return Ok(());
    }
    let folder = folder.display();
    Err(Failure::Failed(format!("{folder} has files that no export wrote; rename them, or use --force:{list}")))
}

/// What a project is called that is not named: as its folder.
fn folder_name(folder: &Path) -> String {
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    let name = whole.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let kept: String = name.chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).take(64).collect();
    let name = kept.trim_matches('-');
    if name.is_empty() { "project".to_owned() } else { name.to_owned() }
}

/// A name that `apply` would refuse is refused here.
fn refuse_name(files: &BTreeMap<String, Vec<u8>>, name: &str) -> Result<(), Failure> {
    let text = files.get(PROJECT).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default();
    let project = Project::read(&[SourceFile { path: PROJECT.to_owned(), text }]);
    match project.problems.first() {
        None if project.name() == Some(name) => Ok(()),
        None => Err(Failure::Failed(format!("`{name}` can't be a project's name"))),
        Some(problem) => Err(Failure::Failed(problem.diagnostic.to_string())),
    }
}

fn write(path: &Path, text: &[u8]) -> Result<(), Failure> {
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(|error| fail(&error))?;
    }
    fs::write(path, text).map_err(|error| fail(&error))
}
