//! Snapshots: what came of cases that expect one, in a file beside their test file (`x.test.yaml`, `x.test.snap`).

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use waypost_flow_tests::{Case, Observed, Ran, Suite};
use waypost_project::SourceFile;

use crate::failure::Failure;

/// The snapshots of all test files, by their positions.
pub(super) struct Snapshots(Vec<(PathBuf, BTreeMap<String, Observed>)>);

impl Snapshots {
    /// Reads those that are there.
    pub(super) fn open(tests: &[SourceFile]) -> Result<Self, Failure> {
        let one = |test: &SourceFile| {
            let path = Path::new(&test.path).with_extension("snap");
            let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't read {}", path.display()))(cause);
            let all = match fs::read(&path) {
                Ok(text) => serde_json::from_slice(&text).map_err(|error| fail(&error))?,
                Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
                Err(error) => return Err(fail(&error)),
            };
            Ok((path, all))
        };
        tests.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    /// A case's snapshot.
    pub(super) fn of(&self, case: &Case) -> Option<&Observed> {
        self.0.get(case.at.file)?.1.get(&case.name)
    }

    /// Writes what came. Snapshots that no case expects any more go, if `whole`.
    pub(super) fn update(&mut self, suite: &Suite, cases: &[&Case], ran: &[Ran], whole: bool) -> Result<(), Failure> {
        for (file, (path, all)) in self.0.iter_mut().enumerate() {
            let before = all.clone();
            if whole {
                let wants = |name: &str| {
                    let mut cases = suite.cases.iter().filter(|case| case.at.file == file);
                    cases.any(|case| case.expects_snapshot() && case.name == name)
                };
                all.retain(|name, _| wants(name));
            }
            for (case, ran) in cases.iter().zip(ran) {
                if case.at.file == file && case.expects_snapshot() {
                    all.insert(case.name.clone(), ran.observed.clone());
                }
            }
            if *all == before {
                continue;
            }
            let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
            if all.is_empty() {
                fs::remove_file(&*path).map_err(|error| fail(&error))?;
                continue;
            }
            let text = serde_json::to_string_pretty(all).map_err(|error| fail(&error))?;
            fs::write(&*path, format!("{text}\n")).map_err(|error| fail(&error))?;
        }
        Ok(())
    }
}
