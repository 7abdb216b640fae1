//! `waypost test --generate`: cases for what no test reaches.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::json;
use waypost_flow::diagnostic::counted;
use waypost_flow::source::yaml_text;
use waypost_flow_tests::Flows;
use waypost_flow_tests::coverage::{Counts, Gap, Map, Target, missed};
use waypost_witness::search::{Bounds, generate};

use super::Arguments;
use crate::commands::fmt;
use crate::failure::Failure;
use crate::screen;

/// What the file begins with.
const HEAD: &str = "# Made by `waypost test --generate`. What is expected is what came: read it, mend it, and give each case a name.\n";

/// Mails that are tried at most, however long there is.
const MOST_TRIES: u64 = 100_000_000;

/// Searches for mail that reaches what no test reaches, and writes it as cases into a new file.
pub(super) fn run(arguments: &Arguments, flows: &Flows<'_>, map: &Map, counts: &Counts) -> Result<(), Failure> {
    let gaps: HashMap<Target, Gap> = missed(map, counts).into_iter().collect();
    let mut out = screen::stderr();
    if gaps.is_empty() {
        writeln!(out, "the tests reach everything: nothing to generate")?;
        return Ok(());
    }
    let missing: HashSet<Target> = gaps.keys().copied().collect();
    let bounds = Bounds { time: Duration::from_secs(arguments.seconds), tries: MOST_TRIES };
    let name = |reaches: &[Target]| {
        let first =
            reaches.iter().filter_map(|target| gaps.get(target)).min_by_key(|gap| (&gap.file, gap.line, gap.column));
        first.map_or_else(String::new, |gap| format!("name me: until now, {} (line {})", gap.missed, gap.line))
    };
    let (found, tries) = generate(flows, missing, &bounds, 0, &name);
    let tries = counted(tries, "try");
    let reached: usize = found.iter().map(|one| one.reaches.len()).sum();
    let left = gaps.len() - reached.min(gaps.len());
    if found.is_empty() {
        writeln!(out, "none found after {tries}: {left} still unreached")?;
        return Ok(());
    }
    let mut taken = HashSet::new();
    let mut cases = Vec::new();
    for (number, one) in found.into_iter().enumerate() {
        let mut case = one.case;
        if let Some(name) = case.get_mut("name") {
            let written = name.as_str().unwrap_or_default().to_owned();
            if !taken.insert(written.clone()) {
                *name = json!(format!("{written}, {}", number + 1));
            }
        }
        cases.push(case);
    }
    let path = new_file(arguments.paths.first());
    let text = fmt::as_test(format!("{HEAD}{}", yaml_text(&json!({ "tests": cases }))));
    fs::write(&path, text).map_err(|error| Failure::of(format!("can't write {}", path.display()))(&error))?;
    let written = counted(cases.len(), "case");
    writeln!(out, "{written} written to {}; {left} still unreached after {tries}", path.display())?;
    Ok(())
}

/// A name that no file has.
fn new_file(folder: Option<&PathBuf>) -> PathBuf {
    let folder = folder.map(PathBuf::as_path).unwrap_or(Path::new("."));
    let folder = if folder.is_dir() { folder } else { folder.parent().unwrap_or(Path::new(".")) };
    let named = |number: usize| match number {
        0 | 1 => folder.join("generated.test.yaml"),
        number => folder.join(format!("generated-{number}.test.yaml")),
    };
    (1..).map(named).find(|path| !path.exists()).unwrap_or_else(|| named(1))
}
