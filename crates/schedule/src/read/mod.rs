//! The reader: a definition's JSON to a [`Schedule`], or every problem at once.

mod fields;
mod rrule;
mod rules;
mod times;

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::Value;

use self::fields::{Object, Reader};
use crate::definition::Definition;
use crate::plan::{Plan, PlannedRule};
use crate::schedule::{Schedule, State};
use crate::zone;
use waypost_problem::{Problem, settle, shown};

/// Rules that each of `open`, `closed` and `holidays` may hold.
pub const MAX_RULES: usize = 100;
/// Characters of a name, and of an emergency's reason.
pub const MAX_NAME: usize = 200;
/// Bytes of an `rrule`.
pub const MAX_RRULE: usize = 500;
/// Dates that each of `exdates` and `rdates` may hold.
pub const MAX_DATES: usize = 500;
/// Days that an occurrence or a holiday may last.
pub const MAX_DAYS: i64 = 366;
/// COUNT and INTERVAL of an `rrule` may be no more. COUNT needs all occurrences from the start on.
pub const MAX_COUNT: i32 = 1_000;

/// Reads a definition.
///
/// Dates are in the years 1900 to 2199; no `rrule` occurs after them. A rule that never occurs is refused, and so is one that recurs
/// more often than daily.
///
/// # Errors
/// Every problem, each with its path. Of lists that are too long only the beginning is looked at.
pub fn read(value: &Value) -> Result<Schedule, Vec<Problem>> {
    let mut reader = Reader::default();
    let plan = definition(&mut reader, value);
    settle(&mut reader.problems);
    if !reader.problems.is_empty() {
        return Err(reader.problems);
    }
    // What the reader accepts has the definition's shape; if ever it had not, that is a problem like any other.
    let definition = Definition::deserialize_value(value).map_err(|error| vec![Problem::new("", error)])?;
    let plan = plan.ok_or_else(|| vec![Problem::new("", "not a schedule")])?;
    Ok(Schedule::new(definition, plan))
}

fn definition(reader: &mut Reader, value: &Value) -> Option<Plan> {
    let object = reader.object("", value, "an object with `timeZone` and `open`")?;
    reader.known(&object, &["timeZone", "open", "closed", "holidays", "emergency"]);
    let zone = time_zone(reader, &object);
    let mut rules = Vec::new();
    for (key, state) in [("open", State::Open), ("closed", State::Closed), ("holidays", State::Holiday)] {
        for (path, value) in reader.list(&object, key, MAX_RULES) {
            if let Some((name, hours)) = rules::rule(reader, path, value, state == State::Holiday, zone.as_ref()) {
                rules.push(PlannedRule { state, name: name.map(Into::into), hours });
            }
        }
    }
    rules.sort_by_key(|rule| match rule.state {
        State::Emergency => 0,
        State::Holiday => 1,
        State::Closed => 2,
        State::Open => 3,
    });
    emergency(reader, &object);
    Some(Plan { zone: zone?, rules })
}

fn time_zone(reader: &mut Reader, object: &Object<'_>) -> Option<TimeZone> {
    const EXPECTED: &str = "an IANA name such as `Europe/Berlin`";
    let name = reader.required_text(object, "timeZone", EXPECTED)?;
    let zone = zone::find(name).filter(|zone| !zone.is_unknown());
    if zone.is_none() {
        let names = zone::names();
        reader.problems.push(
            Problem::new(object.path("timeZone"), format!("{} is not a time zone", shown(name)))
                .expected(EXPECTED)
                .nearest(name, names.iter().map(String::as_str)),
        );
    }
    zone
}

fn emergency(reader: &mut Reader, object: &Object<'_>) {
    let Some(value) = object.get("emergency") else { return };
    let Some(emergency) = reader.object(object.path("emergency"), value, "an object with `active`") else { return };
    reader.known(&emergency, &["active", "reason"]);
    match emergency.get("active") {
        Some(Value::Bool(_)) => {}
        Some(other) => reader.wrong_kind(emergency.path("active"), other, "`true` or `false`"),
        None => reader.missing(&emergency, "active", "`true` or `false`"),
    }
    reader.name(&emergency, "reason", false);
}

/// Collects without what appears twice.
fn unique<T: Ord + Clone>(values: &[T]) -> Vec<T> {
    let mut seen = BTreeSet::new();
    values.iter().filter(|value| seen.insert((*value).clone())).cloned().collect()
}
