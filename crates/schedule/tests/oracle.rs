//! What another implementation says, Python's zoneinfo and python-dateutil: thousands of instants, most of them where clocks change.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use jiff::Timestamp;
use waypost_schedule::{Schedule, read};

#[test]
fn agrees_with_another_implementation() {
    let text = include_str!("oracle/cases.txt");
    let mut schedule: Option<Schedule> = None;
    let (mut definition, mut seen, mut failed) = ("", 0, Vec::new());
    for line in text.lines().skip(1) {
        if line.starts_with('{') {
            definition = line;
            let value = serde_json::from_str(line).unwrap();
            schedule = Some(read(&value).unwrap_or_else(|problems| panic!("{line}: {problems:?}")));
            continue;
        }
        let second: i64 = line.split(' ').next().unwrap().parse().unwrap();
        let standing = schedule.as_ref().unwrap().at(Timestamp::from_second(second).unwrap());
        let change = standing.next_change.map_or("-".to_owned(), |change| change.as_second().to_string());
        let found = format!("{second} {} {change}", standing.state);
        seen += 1;
        if found != line {
            failed.push(format!("{definition}\n  expected {line}\n  found    {found}"));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {seen}:\n{}",
        failed.len(),
        failed.iter().take(20).cloned().collect::<Vec<_>>().join("\n")
    );
    assert!(seen > 3_000, "only {seen} instants");
}
