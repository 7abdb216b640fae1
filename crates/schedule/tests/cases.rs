//! The cases in `spec/schedules`: a definition and what it says, or its problems. `WAYPOST_BLESS=1` writes what was found.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::Write;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use waypost_schedule::{Schedule, read};

/// As a clock in the zone shows it.
fn shown(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%.f%:z").to_string()
}

/// A line for each instant, which stands first in the expected line.
fn answers(schedule: &Schedule, lines: &str) -> String {
    let zone = TimeZoneDatabase::bundled().get(schedule.time_zone()).unwrap();
    let mut found = String::new();
    for line in lines.lines().filter(|line| !line.is_empty()) {
        let instant: Timestamp = line.split(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("`{line}`"));
        let standing = schedule.at(instant);
        assert_eq!(standing.is_open, standing.state.as_str() == "open");
        let name = standing.name.map(|name| format!(" ({name})")).unwrap_or_default();
        let until = standing.next_change.map_or("further notice".to_owned(), |change| shown(change, &zone));
        writeln!(found, "{} {}{name} until {until}", shown(instant, &zone), standing.state).unwrap();
    }
    found
}

fn found(definition: &str, expected: &str) -> String {
    let value = serde_json::from_str(definition).unwrap_or_else(|error| panic!("{error}: {definition}"));
    match read(&value) {
        Ok(schedule) => {
            let again = serde_json::to_value(schedule.definition()).unwrap();
            assert_eq!(read(&again).as_ref(), Ok(&schedule), "what is written is read again: {again}");
            answers(&schedule, expected)
        }
        Err(problems) => problems.iter().map(|problem| format!("{problem}\n")).collect(),
    }
}

#[test]
fn every_case() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../spec/schedules");
    let bless = std::env::var_os("WAYPOST_BLESS").is_some();
    let (mut cases, mut lines, mut failed) = (0, 0, Vec::new());
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|file| file.extension().is_some_and(|extension| extension == "txt")) {
        let text = fs::read_to_string(file).unwrap();
        let mut parts = text.split("\n== ");
        let mut blessed = parts.next().unwrap().to_owned();
        for case in parts {
            let (title, rest) = case.split_once('\n').expect("a title");
            let (definition, expected) = rest.split_once("\n--\n").expect("a definition and what is expected");
            let found = found(definition, expected);
            cases += 1;
            lines += found.lines().count();
            if found.trim() != expected.trim() {
                failed.push(format!("{title}\n  expected:\n{expected}\n  found:\n{found}"));
            }
            write!(blessed, "\n== {title}\n{definition}\n--\n{found}").unwrap();
        }
        if bless {
            fs::write(file, blessed).unwrap();
        }
    }
    assert!(bless || failed.is_empty(), "{} cases:\n{}", failed.len(), failed.join("\n"));
    assert!(cases >= 40 && lines >= 150, "only {cases} cases with {lines} lines");
}
