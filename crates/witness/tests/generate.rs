//! `waypost test --generate`: cases for what no test reaches, made of an example project as if it had no tests.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod folder;

use std::collections::HashSet;
use std::path::Path;
use std::time::Duration;

use folder::{Folder, files};
use waypost_flow_tests::coverage::{Counts, Map, Target, missed};
use waypost_witness::search::{Bounds, generate};

/// Enough to reach nearly everything.
const TRIES: u64 = 3_000;

#[test]
fn cases_reach_what_nothing_reached() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/support-desk");
    let sources = files(&path, &|name| {
        name.ends_with(".yaml") && !name.ends_with(".test.yaml") && !name.ends_with(".answers.yaml")
    });
    let project = Folder::of(&sources);
    let flows = project.flows();
    let map = Map::of(&flows, &sources);
    let missing: HashSet<Target> = missed(&map, &Counts::default()).into_iter().map(|(target, _)| target).collect();
    let all = missing.len();
    let bounds = Bounds { time: Duration::from_secs(3_600), tries: TRIES };
    let (found, tries) = generate(&flows, missing.clone(), &bounds, 0, &|reaches| format!("{} reached", reaches.len()));
    let reached: usize = found.iter().map(|one| one.reaches.len()).sum();
    assert!(reached * 100 >= all * 90, "{reached} of {all} reached by {} cases after {tries} tries", found.len());
    let (again, _) = generate(&flows, missing, &bounds, 0, &|reaches| format!("{} reached", reaches.len()));
    let cases =
        |found: &[waypost_witness::search::Generated]| found.iter().map(|one| one.case.clone()).collect::<Vec<_>>();
    assert_eq!(cases(&found), cases(&again), "the same seed makes the same cases");
}
