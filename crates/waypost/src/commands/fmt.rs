//! `waypost fmt`: one canonical form of the YAML files of a folder, comments kept.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde_json::Value as Json;
use similar::TextDiff;
use waypost_flow::diagnostic::{counted, render};
use waypost_flow::source::{Node, Places};
use waypost_flow_tests::schema as tests;
use waypost_format::{Problem, format};
use waypost_project::SourceFile;
use waypost_project::schema::Schemas;

use crate::failure::Failure;
use crate::{files, screen};

/// Arguments of `fmt`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders or YAML files; - formats standard input to standard output
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write nothing; list the files that are not formatted
    #[arg(long)]
    check: bool,
    /// Write nothing; show what would change
    #[arg(long)]
    diff: bool,
    /// The file name for standard input, such as routing.test.yaml; it determines whether the file has tests
    #[arg(long, value_name = "FILE")]
    stdin_name: Option<PathBuf>,
}

/// Exit code 0: all files are formatted; 1: with --check or --diff, one is not; 2: a file has errors, or could not be read or written.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let schemas = Orders { tests: tests::json_schema(), documents: Schemas::default() };
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return standard_input(arguments, &schemas);
    }
    let mut out = screen::stdout();
    let (mut unformatted, mut bad) = (0, 0);
    for source in files::yaml(&arguments.paths)? {
        let source = match source {
            Ok(source) => source,
            Err(why) => {
                bad += 1;
                writeln!(screen::stderr(), "{why}")?;
                continue;
            }
        };
        let path = Path::new(&source.path);
        let formatted = match schemas.format(path, &source.text) {
            Ok(formatted) if formatted == source.text => continue,
            Ok(formatted) => formatted,
            Err(problem) => {
                bad += 1;
                told(&source, problem)?;
                continue;
            }
        };
        unformatted += 1;
        if arguments.diff {
            write!(out, "{}", difference(&source, &formatted))?;
            continue;
        }
        if !arguments.check {
            replace(path, &formatted)?;
        }
        writeln!(out, "{}", source.path)?;
    }
    out.flush()?;
    match bad {
        0 if unformatted > 0 && (arguments.check || arguments.diff) => {
            let message = format!("{} not formatted: run `waypost fmt`", counted(unformatted, "file"));
            Err(Failure::Refused(message))
        }
        0 => Ok(()),
        bad => Err(Failure::Failed(format!("{} with errors left as they are", counted(bad, "file")))),
    }
}

fn standard_input(arguments: &Arguments, schemas: &Orders) -> Result<(), Failure> {
    if arguments.paths.len() > 1 {
        return Err(Failure::Failed("`-` is standard input, and comes alone".to_owned()));
    }
    let path = arguments.stdin_name.as_deref().unwrap_or(Path::new("-"));
    let text = String::from_utf8(files::bytes(Path::new("-"))?)
        .map_err(|error| Failure::of("can't read standard input")(&error))?;
    let source = SourceFile { path: path.display().to_string(), text };
    let formatted = match schemas.format(path, &source.text) {
        Ok(formatted) => formatted,
        Err(problem) => {
            told(&source, problem)?;
            return Err(Failure::Failed("standard input has errors".to_owned()));
        }
    };
    let same = formatted == source.text;
    match (arguments.check, arguments.diff) {
        (_, true) => write!(screen::stdout(), "{}", difference(&source, &formatted))?,
        (false, false) => io::stdout().lock().write_all(formatted.as_bytes())?,
        (true, false) => {}
    }
    if (arguments.check || arguments.diff) && !same { Err(Failure::Found) } else { Ok(()) }
}

/// A test file that was made, in the form that `fmt` gives it; what it can't format stays as it is.
pub(crate) fn as_test(text: String) -> String {
    let schema = tests::json_schema();
    format(&text, &|_| Some(&schema)).unwrap_or(text)
}

/// The schemas that order members.
struct Orders {
    tests: Json,
    documents: Schemas,
}

impl Orders {
    fn format(&self, path: &Path, text: &str) -> Result<String, Problem> {
        let is_test = files::is_test(path);
        let schema_of = |node: &Node| if is_test { Some(&self.tests) } else { self.documents.of(node) };
        format(text, &schema_of)
    }
}

/// Says what keeps a file from being formatted.
fn told(source: &SourceFile, problem: Problem) -> io::Result<()> {
    match problem {
        Problem::Syntax(error) | Problem::Unsupported(error) => {
            let diagnostic = error.diagnostic();
            let places = Places::from([(String::new(), error.place(&source.text))]);
            let colour = screen::is_coloured(&io::stderr());
            let told = render::in_file(&diagnostic, &source.path, &source.text, &places, colour);
            writeln!(screen::styled_stderr(), "{told}")
        }
        Problem::Changed(why) => {
            let path = &source.path;
            writeln!(screen::stderr(), "{path}: left as it is, because {why}; please report this file as a defect\n")
        }
    }
}

fn difference(source: &SourceFile, formatted: &str) -> String {
    let (before, after) = (source.path.clone(), format!("{} (formatted)", source.path));
    TextDiff::from_lines(source.text.as_str(), formatted).unified_diff().header(&before, &after).to_string()
}

/// Writes a file in one step: whoever reads it meanwhile has the one or the other.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
    // A link stays one.
    let path = fs::canonicalize(path).map_err(|error| fail(&error))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.fmt"));
    let written = fs::metadata(&path).and_then(|known| {
        fs::write(&beside, text)?;
        fs::set_permissions(&beside, known.permissions())?;
        fs::rename(&beside, &path)
    });
    written.map_err(|error| {
        let _ = fs::remove_file(&beside);
        fail(&error)
    })
}
