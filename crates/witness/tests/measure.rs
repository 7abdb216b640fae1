//! How many differences the search finds, and how soon: every mutant of the example projects, of the templates and of the bench's flows is a
//! second version. CONTRIBUTING.md has the command. `WITNESS_EVERY=5` takes every fifth mutant, `WITNESS_FOLDER=DIR` another folder.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a measurement says what it found, and fails by panicking"
)]

mod folder;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use folder::{Folder, files};
use waypost_flow::source::{self, Node, yaml_documents, yaml_text};
use waypost_flow_tests::{Flows, Suite};
use waypost_project::SourceFile;
use waypost_witness::mutate::{Base, Mutant, Verdict, judge, mutants};
use waypost_witness::search::{Bounds, witness};

const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(20);

/// What came of a pair.
struct Found {
    mutant: String,
    after: Option<Duration>,
    killed: bool,
    late: bool,
}

#[test]
#[ignore = "it takes minutes: CONTRIBUTING.md says when"]
fn how_many_differences_are_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let groups = ["examples", "examples/templates", "bench/flows"].map(|group| root.join(group));
    let folders = groups.map(|group| {
        let entries = fs::read_dir(group).into_iter().flatten().map(|entry| entry.unwrap().path());
        // What `calls` asks is made by the bench. Templates are projects of their own.
        let is_project = |path: &PathBuf| path.is_dir() && !path.ends_with("calls") && !path.ends_with("templates");
        let mut folders: Vec<PathBuf> = entries.filter(|path| is_project(path) && has_flows(path)).collect();
        folders.sort();
        folders
    });
    let own = std::env::var_os("WITNESS_FOLDER").map(|folder| vec![PathBuf::from(folder)]);
    let mut all = Vec::new();
    for folder in own.unwrap_or_else(|| folders.into_iter().flatten().collect()) {
        let found = measured(&folder);
        println!("{}: {}", folder.file_name().unwrap().display(), summary(&found));
        all.extend(found);
    }
    println!("all: {}", summary(&all));
    for one in all.iter().filter(|one| one.after.is_none() && (one.killed || one.late)) {
        println!("not found in {LONG:?}: {}", one.mutant);
    }
    for (one, after) in all.iter().filter_map(|one| Some((one, one.after.filter(|after| *after > SHORT)?))) {
        println!("found after {:.1} s: {}", after.as_secs_f64(), one.mutant);
    }
}

/// Whether a folder has a flow that is ours to read.
fn has_flows(folder: &Path) -> bool {
    let sources = files(folder, &|name| name.ends_with(".yaml") && !name.ends_with(".test.yaml"));
    sources.iter().any(|source| {
        let documents = yaml_documents(&source.text).unwrap_or_default();
        let says = |node: &Node, name: &str| source::member(node, name).is_some();
        documents.iter().any(|(document, _)| says(document, "type") && says(document, "nodes"))
    })
}

fn measured(folder: &Path) -> Vec<Found> {
    let is_yaml =
        |name: &str| name.ends_with(".yaml") && !name.ends_with(".accepted.yaml") && !name.ends_with(".answers.yaml");
    let sources = files(folder, &|name| is_yaml(name) && !name.ends_with(".test.yaml"));
    let tests = files(folder, &|name| name.ends_with(".test.yaml"));
    let project = Folder::of(&sources);
    let flows = project.flows();
    let beside = |file: usize, name: &str| {
        let folder = tests.get(file).and_then(|file| Path::new(&file.path).parent()).unwrap();
        fs::read(folder.join(name))
    };
    let suite = Suite::read(&tests, &flows, &beside);
    let bases: Vec<Base<'_>> = suite
        .cases
        .iter()
        .filter(|case| !case.expects_snapshot())
        .map(|case| Base::new(case, None, case.run(&flows, None, false).unwrap()))
        .collect();
    let every = std::env::var("WITNESS_EVERY").ok().and_then(|every| every.parse().ok()).unwrap_or(1);
    let mutants: Vec<Mutant> = mutants(&flows).into_iter().step_by(every).collect();
    let verdicts = judge(&mutants, &bases, &flows).unwrap();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((mutant, verdict)) = {
            let index = next.fetch_add(1, Ordering::Relaxed);
            mutants.get(index).zip(verdicts.get(index))
        } {
            if *verdict != Verdict::Invalid {
                let found = one(mutant, verdict, (&flows, &sources));
                done.lock().unwrap().push(found);
            }
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    done.into_inner().unwrap()
}

fn one(mutant: &Mutant, verdict: &Verdict, (flows, sources): (&Flows<'_>, &[SourceFile])) -> Found {
    let (_, tree) = mutant.variant(flows.project, flows.world).unwrap();
    let at = flows.project.flows.get(mutant.flow).unwrap().at;
    let mut sources = sources.to_vec();
    let file = sources.get_mut(at.file).unwrap();
    let documents = yaml_documents(&file.text).unwrap().into_iter().enumerate();
    let written = documents.map(|(number, (document, _))| {
        yaml_text(&if number == at.document { tree.to_json() } else { document.to_json() })
    });
    file.text = written.collect::<Vec<_>>().join("---\n");
    let changed = Folder::of(&sources);
    let sides = [*flows, changed.flows()];
    let clock = Instant::now();
    let bounds = |time| Bounds { time, tries: u64::MAX };
    let found = witness(&sides, None, "witness.eml", &bounds(LONG), 0).witness.is_some();
    let took = clock.elapsed();
    let killed = *verdict == Verdict::Killed;
    let late = !found && !killed && witness(&sides, None, "witness.eml", &bounds(LONGEST), 1).witness.is_some();
    let mutant = format!("{}: {}", mutant.at, mutant.change);
    Found { mutant, after: found.then_some(took), killed, late }
}

fn summary(found: &[Found]) -> String {
    let differing = found.iter().filter(|one| one.after.is_some() || one.killed || one.late).count();
    let within = |time| found.iter().filter(|one| one.after.is_some_and(|after| after <= time)).count();
    let percent = |count: usize| count as f64 * 100.0 / differing.max(1) as f64;
    let (short, long) = (within(SHORT), within(LONG + Duration::from_secs(4)));
    format!(
        "{} pairs, {differing} differ; found in 1 s: {short} ({:.1} %), in 10 s: {long} ({:.1} %)",
        found.len(),
        percent(short),
        percent(long)
    )
}
