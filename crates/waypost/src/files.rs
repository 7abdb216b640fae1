//! Files and folders that commands are given.

use std::collections::HashSet;
use std::fs;
use std::io::{self, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use waypost_flow::diagnostic::render;
use waypost_flow::source::Places;
use waypost_mail::mbox;
use waypost_project::pins::Pin;
use waypost_project::{At, FileProblem, Project, SourceFile};

use crate::failure::Failure;
use crate::screen;

/// No header field has a longer name, in bytes.
const MAX_FIELD_NAME: u64 = 256;

/// Larger files are not flows.
const MAX_SOURCE_BYTES: u64 = 4 * 1024 * 1024;

/// All `.yaml`, `.yml` and `.json` files below the paths, in order of their names, tests and what belongs to them left out.
pub(crate) fn sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    read(paths, is_source)
}

/// The same, at least one.
pub(crate) fn some_sources(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    let found = sources(paths)?;
    if found.is_empty() {
        let named: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        return Err(Failure::Failed(format!(
            "there is no YAML file in {}: name the project's folder",
            named.join(", ")
        )));
    }
    Ok(found)
}

/// The files among them that list accepted mutants.
pub(crate) fn accepted_mutants(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    read(paths, lists_mutants)
}

/// The test files among them, such as `refunds.test.yaml`.
pub(crate) fn tests(paths: &[PathBuf]) -> Result<Vec<SourceFile>, Failure> {
    read(paths, is_test)
}

/// The test files to run: those that are named themselves; if none is, all below the folders. With how many of those are left out.
pub(crate) fn named_tests(paths: &[PathBuf]) -> Result<(Vec<SourceFile>, usize), Failure> {
    let named: Vec<PathBuf> = paths.iter().filter(|path| !path.is_dir() && is_test(path)).cloned().collect();
    if named.is_empty() {
        return Ok((tests(paths)?, 0));
    }
    let whole = |path: &Path| fs::canonicalize(path).ok();
    let is_named = |path: &Path| named.iter().any(|named| whole(named) == whole(path));
    let mut below = Vec::new();
    for folder in paths.iter().filter(|path| path.is_dir()) {
        walk(folder, &mut below, &|path| has_extension(path, &["yaml", "yml", "json"]) && is_test(path))?;
    }
    let left_out = below.iter().filter(|path| !is_named(path)).count();
    Ok((tests(&named)?, left_out))
}

/// A file that can't be read as text.
pub(crate) struct Unread {
    /// With what of its text can be read.
    pub(crate) file: SourceFile,
    /// Why not all of it can.
    pub(crate) why: Failure,
}

/// The files among the paths and below them that can be read. The others are added to `unread`.
pub(crate) fn readable(
    paths: &[PathBuf],
    wanted: impl Fn(&Path) -> bool,
    unread: &mut Vec<Unread>,
) -> Result<Vec<SourceFile>, Failure> {
    let mut readable = Vec::new();
    for path in paths_of(paths, wanted)? {
        match source(&path) {
            Ok(file) => readable.push(file),
            Err(one) => unread.push(*one),
        }
    }
    Ok(readable)
}

/// All YAML files below the paths, tests included, in order of their names, and why one can't be read. What is named itself counts as YAML,
/// unless it is JSON.
pub(crate) fn yaml(paths: &[PathBuf]) -> Result<Vec<Result<SourceFile, Failure>>, Failure> {
    Ok(paths_of(paths, |path| !has_extension(path, &["json"]))?
        .iter()
        .map(|path| source(path).map_err(|unread| unread.why))
        .collect())
}

/// Whether a file is neither a test nor belongs to one, by its name.
pub(crate) fn is_source(path: &Path) -> bool {
    ![".test", ".interaction", ".answers"].iter().any(|end| is_named(path, end)) && !lists_mutants(path)
}

/// Whether a file holds tests, by its name.
pub(crate) fn is_test(path: &Path) -> bool {
    is_named(path, ".test")
}

/// Whether a name ends so, before its extension.
fn is_named(path: &Path, end: &str) -> bool {
    path.file_stem().is_some_and(|stem| stem.to_string_lossy().to_lowercase().ends_with(end))
}

/// Whether a file lists accepted mutants, by its name.
pub(crate) fn lists_mutants(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name == waypost_witness::mutate::FILE_NAME)
}

fn read(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Vec<SourceFile>, Failure> {
    paths_of(paths, wanted)?.iter().map(|path| source(path).map_err(|unread| unread.why)).collect()
}

/// The files among the paths and below them. A file that is named in several ways, or lies below several of the folders, is one file.
fn paths_of(paths: &[PathBuf], wanted: impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, &|path| has_extension(path, &["yaml", "yml", "json"]))?;
        } else {
            // A name that leads nowhere is a mistake, whatever it ends with.
            fs::metadata(path).map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))?;
            found.push(path.clone());
        }
    }
    let mut known = HashSet::new();
    found.retain(|path| wanted(path) && fs::canonicalize(path).map_or(true, |whole| known.insert(whole)));
    Ok(found)
}

fn source(path: &Path) -> Result<SourceFile, Box<Unread>> {
    let file = |text| SourceFile { path: path.display().to_string(), text };
    let unread = |text, cause: &dyn std::fmt::Display| {
        let why = Failure::of(format!("can't read {}", path.display()))(cause);
        Box::new(Unread { file: file(text), why })
    };
    let size = fs::metadata(path).map_err(|error| unread(String::new(), &error))?.len();
    if size > MAX_SOURCE_BYTES {
        return Err(unread(String::new(), &format!("it has {size} bytes, more than any flow")));
    }
    let bytes = fs::read(path).map_err(|error| unread(String::new(), &error))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
        unread(text, &"it is not text in UTF-8: save it in that encoding")
    })?;
    Ok(file(text))
}

/// Every file below the paths, with what changes when it is written. Snapshots are left out: tests write them themselves.
pub(crate) fn stamps(paths: &[PathBuf]) -> Result<Vec<(PathBuf, Option<SystemTime>, u64)>, Failure> {
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            walk(path, &mut found, &|path| !has_extension(path, &["snap"]))?;
        } else {
            found.push(path.clone());
        }
    }
    let stamp = |path: PathBuf| {
        let known = fs::metadata(&path).ok();
        let written = known.as_ref().and_then(|known| known.modified().ok());
        (path, written, known.map_or(0, |known| known.len()))
    };
    Ok(found.into_iter().map(stamp).collect())
}

/// Opens a file that another of the sources names, from where that one is.
pub(crate) fn beside(sources: &[SourceFile], source: usize, name: &str) -> io::Result<fs::File> {
    let folder = sources.get(source).and_then(|source| Path::new(&source.path).parent());
    fs::File::open(folder.unwrap_or(Path::new(".")).join(name))
}

/// The same, read whole.
pub(crate) fn bytes_beside(sources: &[SourceFile], source: usize, name: &str) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    beside(sources, source, name)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// What is in a file; `-` is standard input.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    let read =
        if path.as_os_str() == "-" { io::stdin().read_to_end(&mut bytes).map(|_| bytes) } else { fs::read(path) };
    read.map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))
}

/// A mail with the place that it came from.
pub(crate) struct MailFile {
    /// The file's path, with a number in an mbox.
    pub(crate) name: String,
    /// The raw message.
    pub(crate) raw: Vec<u8>,
}

/// Why no further mail comes from a file.
enum Stop {
    /// It can't be read.
    Unreadable(Failure),
    /// What was to be done with a mail failed.
    Failed(Failure),
}

/// Calls `each` with every mail below the paths: `.eml` files, mboxes, folders of either; `-` is standard input. A file that is named in
/// several ways, or is in several of the folders, is read once. What else is in a folder is passed over, and said. What can't be read is a
/// failure once all others are done.
pub(crate) fn mails(paths: &[PathBuf], each: &mut dyn FnMut(MailFile) -> Result<(), Failure>) -> Result<(), Failure> {
    let mut unreadable = Unreadable::default();
    let ended = read_all(paths, each, &mut unreadable);
    unreadable.end(ended)
}

fn read_all(
    paths: &[PathBuf],
    each: &mut dyn FnMut(MailFile) -> Result<(), Failure>,
    unreadable: &mut Unreadable,
) -> Result<(), Failure> {
    let mut known = HashSet::new();
    let mut is_new = |path: &Path| known.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()));
    for path in paths {
        if !path.is_dir() {
            if is_new(path) {
                let is_input = path.as_os_str() == "-";
                let read = if is_input { read_mails(path, io::stdin().lock(), each) } else { read_file(path, each) };
                unreadable.goes_on(read)?;
            }
            continue;
        }
        let mut found = Vec::new();
        let mut has_any = false;
        for why in walk_all(path, &mut found, &|_| true) {
            unreadable.add(why)?;
            has_any = true;
        }
        for file in found {
            match is_mail(&file) {
                Ok(true) if is_new(&file) => unreadable.goes_on(read_file(&file, each))?,
                Ok(true) => {}
                Err(why) => unreadable.add(why)?,
                Ok(false) => {
                    writeln!(screen::stderr(), "note: {} is no mail, and is passed over", file.display())?;
                    continue;
                }
            }
            has_any = true;
        }
        if !has_any {
            unreadable.add(Failure::Failed(format!("there is no mail in {}", path.display())))?;
        }
    }
    Ok(())
}

/// What can't be read while others are. Each is said; the last is what the command ends with.
#[derive(Default)]
pub(crate) struct Unreadable(Option<Failure>);

impl Unreadable {
    /// Adds one, and says the one before.
    pub(crate) fn add(&mut self, why: Failure) -> io::Result<()> {
        self.0.replace(why).map_or(Ok(()), |before| writeln!(screen::stderr(), "waypost: {before}"))
    }

    /// What the command ends with, all else being done or having failed.
    pub(crate) fn end(mut self, ended: Result<(), Failure>) -> Result<(), Failure> {
        if let Err(failure) = ended {
            self.add(failure)?;
        }
        self.0.map_or(Ok(()), Err)
    }

    /// Goes on after a file that can't be read.
    fn goes_on(&mut self, read: Result<(), Stop>) -> Result<(), Failure> {
        match read {
            Ok(()) => Ok(()),
            Err(Stop::Failed(failure)) => Err(failure),
            Err(Stop::Unreadable(why)) => Ok(self.add(why)?),
        }
    }
}

fn read_file(path: &Path, each: &mut dyn FnMut(MailFile) -> Result<(), Failure>) -> Result<(), Stop> {
    read_mails(path, open(path).map_err(Stop::Unreadable)?, each)
}

/// Whether a file in a folder is mail: by its name, or because it begins as an mbox or with a header field (RFC 5322 section 2.2). Mail in
/// a Maildir has no extension of its own.
fn is_mail(path: &Path) -> Result<bool, Failure> {
    if has_extension(path, &["eml"]) {
        return Ok(true);
    }
    if has_extension(path, &["yaml", "yml", "json", "md"]) {
        return Ok(false);
    }
    let mut start = Vec::new();
    let read = open(path)?.take(MAX_FIELD_NAME).read_to_end(&mut start);
    read.map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))?;
    let name = start.iter().position(|byte| !matches!(byte, b'!'..=b'9' | b';'..=b'~'));
    let is_field = name.is_some_and(|end| end > 0 && start.get(end) == Some(&b':'));
    Ok(mbox::is_mbox(&start) || is_field)
}

fn open(path: &Path) -> Result<fs::File, Failure> {
    fs::File::open(path).map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))
}

/// Reads one mail, or the mails of an mbox one by one: an mbox may be larger than memory.
fn read_mails(
    path: &Path,
    mut reader: impl Read,
    each: &mut dyn FnMut(MailFile) -> Result<(), Failure>,
) -> Result<(), Stop> {
    let fail =
        |cause: &dyn std::fmt::Display| Stop::Unreadable(Failure::of(format!("can't read {}", path.display()))(cause));
    let name = path.display().to_string();
    let mut raw = Vec::new();
    let start = mbox::START.len() as u64;
    reader.by_ref().take(start).read_to_end(&mut raw).map_err(|error| fail(&error))?;
    if !has_extension(path, &["eml"]) && mbox::is_mbox(&raw) {
        let reader = BufReader::new(raw.as_slice().chain(reader));
        for (index, message) in mbox::messages(reader).enumerate() {
            let raw = message.map_err(|error| fail(&error))?;
            each(MailFile { name: format!("{name}#{}", index + 1), raw }).map_err(Stop::Failed)?;
        }
        return Ok(());
    }
    reader.read_to_end(&mut raw).map_err(|error| fail(&error))?;
    each(MailFile { name, raw }).map_err(Stop::Failed)
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>, wanted: &dyn Fn(&Path) -> bool) -> Result<(), Failure> {
    walk_all(folder, found, wanted).into_iter().next().map_or(Ok(()), Err)
}

/// The same, whatever folder below can't be read: answers why for each.
fn walk_all(folder: &Path, found: &mut Vec<PathBuf>, wanted: &dyn Fn(&Path) -> bool) -> Vec<Failure> {
    let mut unread = Vec::new();
    if let Err(why) = walk_in((&mut Vec::new(), &mut unread), folder, found, wanted) {
        unread.push(why);
    }
    unread
}

/// A link that leads back to one of the folders that were entered on the way is no folder of its own.
fn walk_in(
    (entered, unread): (&mut Vec<PathBuf>, &mut Vec<Failure>),
    folder: &Path,
    found: &mut Vec<PathBuf>,
    wanted: &dyn Fn(&Path) -> bool,
) -> Result<(), Failure> {
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't read {}", folder.display()))(cause);
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| entry.map(|entry| entry.path())).collect())
        .map_err(|error| fail(&error))?;
    entries.sort();
    let itself = fs::canonicalize(folder).map_err(|error| fail(&error))?;
    if entered.contains(&itself) {
        return Ok(());
    }
    entered.push(itself);
    for path in entries {
        let hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if hidden {
            continue;
        }
        if path.is_dir() {
            if let Err(why) = walk_in((entered, unread), &path, found, wanted) {
                unread.push(why);
            }
        } else if wanted(&path) {
            found.push(path);
        }
    }
    entered.pop();
    Ok(())
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| extensions.contains(&extension.as_str()))
}

/// Tells of every call that names a version: a folder has only what its files say.
pub(crate) fn print_pins(out: &mut impl Write, files: &[SourceFile], project: &Project) -> io::Result<()> {
    for Pin { at, path, caller, called, version } in project.pins() {
        let file = files.get(at.file).map_or("", |file| file.path.as_str());
        writeln!(
            out,
            "note: {file}: {path}: `{caller}` calls version `{version}` of `{called}`; a folder has no versions, so the file of `{called}` runs"
        )?;
    }
    Ok(())
}

/// Prints every problem of a project, in order of files and places; then once how to learn more. Answers how many
/// errors and warnings there are.
pub(crate) fn print_problems(
    out: &mut impl Write,
    files: &[SourceFile],
    project: &Project,
    colour: bool,
) -> io::Result<(usize, usize)> {
    print_found(out, files, &project.problems, &|at| project.places(at), colour)
}

/// The same for problems of other files.
pub(crate) fn print_found<'p>(
    out: &mut impl Write,
    files: &[SourceFile],
    problems: &[FileProblem],
    places: &dyn Fn(At) -> Option<&'p Places>,
    colour: bool,
) -> io::Result<(usize, usize)> {
    let mut errors = 0;
    for problem in problems {
        errors += usize::from(problem.diagnostic.is_error());
        let Some(file) = files.get(problem.at.file) else { continue };
        let no_places = Default::default();
        let places = places(problem.at).unwrap_or(&no_places);
        let text = render::in_file(&problem.diagnostic, &file.path, &file.text, places, colour);
        writeln!(out, "{text}")?;
    }
    // An error first: it is what has to be mended.
    let first = problems.iter().find(|problem| problem.diagnostic.is_error()).or(problems.first());
    if let Some(problem) = first {
        writeln!(out, "`waypost explain {}` says more, with examples\n", problem.diagnostic.code)?;
    }
    Ok((errors, problems.len() - errors))
}
