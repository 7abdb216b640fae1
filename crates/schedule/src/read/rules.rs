//! Rules: weekly hours, iCalendar's, and whole days.

use std::collections::BTreeSet;

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::fields::{Object, Reader};
use super::times::{self, EXPECTED_DATE, EXPECTED_DAYS, EXPECTED_DURATION, EXPECTED_LOCAL};
use super::{MAX_DATES, MAX_DAYS, rrule};
use crate::plan::{Dated, Hours, Length};
use waypost_problem::{Problem, shown};

const WEEKLY: [&str; 4] = ["name", "days", "from", "to"];
const CALENDAR: [&str; 7] = ["name", "start", "end", "duration", "rrule", "exdates", "rdates"];
const HOLIDAY: [&str; 6] = ["name", "date", "through", "rrule", "exdates", "rdates"];
/// Elements of `days`; more say nothing new.
const MAX_WEEK: usize = 7;
const DAY: i64 = 86_400;

/// A rule, its name and when it holds.
pub(super) fn rule(
    reader: &mut Reader,
    path: String,
    value: &Value,
    holiday: bool,
    zone: Option<&TimeZone>,
) -> Option<(Option<String>, Hours)> {
    let expected = if holiday {
        "an object with `name` and `date`, or with `name`, `start` and `end` or `duration`"
    } else {
        "an object with `days`, `from` and `to`, or with `start` and `end` or `duration`"
    };
    let object = reader.object(path, value, expected)?;
    let name = reader.name(&object, "name", holiday);
    // What it is taken for is what it has most members of.
    let calendar = object.count(&CALENDAR);
    let hours = if holiday && object.count(&HOLIDAY) >= calendar {
        reader.known(&object, &HOLIDAY);
        whole_days(reader, &object, zone)
    } else if !holiday && object.count(&WEEKLY) >= calendar {
        reader.known(&object, &WEEKLY);
        weekly(reader, &object)
    } else {
        reader.known(&object, &CALENDAR);
        calendar_hours(reader, &object, zone)
    };
    Some((name, hours?))
}

fn weekly(reader: &mut Reader, object: &Object<'_>) -> Option<Hours> {
    let days = week(reader, object);
    let mut time = |key: &str, last: i64, expected: &str| {
        let text = reader.required_text(object, key, expected)?;
        let minutes = times::minutes(text).filter(|minutes| *minutes <= last);
        if minutes.is_none() {
            let message = format!("{} is not a time of day", shown(text));
            reader.problems.push(Problem::new(object.path(key), message).expected(expected));
        }
        minutes
    };
    let from = time("from", 24 * 60 - 1, "a time from `00:00` to `23:59`");
    let to = time("to", 24 * 60, "a time from `00:00` to `24:00`");
    let (from, to) = (from?, to?);
    if from == to {
        reader.problems.push(
            Problem::new(object.path("to"), "`to` is the same as `from`")
                .suggestion("for the whole day write `00:00` and `24:00`"),
        );
    }
    Some(Hours::Weekly { days: days?, from, to: if to <= from { to + 24 * 60 } else { to } })
}

/// Days of the week, Monday first.
fn week(reader: &mut Reader, object: &Object<'_>) -> Option<[bool; 7]> {
    let texts = match object.get("days") {
        None => {
            reader.missing(object, "days", EXPECTED_DAYS);
            return None;
        }
        Some(Value::Array(_)) => reader.texts(object, "days", MAX_WEEK, EXPECTED_DAYS),
        Some(_) => {
            reader.text(object, "days", EXPECTED_DAYS).map(|text| (object.path("days"), text)).into_iter().collect()
        }
    };
    let mut week = [false; 7];
    for (path, text) in texts {
        let Some(days) = times::days(text) else {
            let problem = Problem::new(path, format!("{} is not a day of the week", shown(text)));
            reader.problems.push(problem.expected(EXPECTED_DAYS).nearest(text, times::day_names()));
            continue;
        };
        for day in days {
            if let Some(day) = week.get_mut(day) {
                *day = true;
            }
        }
    }
    if object.get("days").and_then(Value::as_array).is_some_and(Vec::is_empty) {
        reader.problems.push(Problem::new(object.path("days"), "`days` is empty").expected(EXPECTED_DAYS));
    }
    Some(week)
}

fn calendar_hours(reader: &mut Reader, object: &Object<'_>, zone: Option<&TimeZone>) -> Option<Hours> {
    let start = reader
        .required_text(object, "start", EXPECTED_LOCAL)
        .and_then(|text| local(reader, &object.path("start"), text));
    let length = length(reader, object, start);
    let mut more = BTreeSet::new();
    for (path, text) in reader.texts(object, "rdates", MAX_DATES, EXPECTED_LOCAL) {
        more.extend(local(reader, &path, text));
    }
    let (mut but, mut but_days) = (BTreeSet::new(), BTreeSet::new());
    for (path, text) in reader.texts(object, "exdates", MAX_DATES, EXPECTED_LOCAL) {
        if let Some(day) = times::date(text) {
            but_days.insert(day);
        } else if let Some(time) = local(reader, &path, text) {
            if let Some(start) = start.filter(|start| start.time() != time.time() && !more.contains(&time)) {
                reader.problems.push(
                    Problem::new(path, format!("nothing begins at {}", shown(text)))
                        .expected(format!("a start, such as `{}`", time.date().to_datetime(start.time())))
                        .suggestion("a date leaves out whatever begins on that day"),
                );
            }
            but.insert(time);
        }
    }
    let recurrence = rrule::rrule(reader, object, start, zone);
    Some(Hours::Dated(Dated { start: start?, length: length?, recurrence: recurrence.ok()?, more, but, but_days }))
}

/// `end` or `duration`.
fn length(reader: &mut Reader, object: &Object<'_>, start: Option<DateTime>) -> Option<Length> {
    match (object.get("end").is_some(), object.get("duration").is_some()) {
        (true, true) => {
            let message = "`end` and `duration` exclude each other";
            reader.problems.push(Problem::new(object.path("duration"), message).suggestion("leave out one of them"));
        }
        (false, false) => {
            let message = "neither `end` nor `duration` is there";
            let problem = Problem::new(object.place(), message).expected("one of them");
            reader.problems.push(problem.lacking(object.place(), &["end", "duration"]));
        }
        _ => {}
    }
    let duration = reader.text(object, "duration", EXPECTED_DURATION).and_then(|text| {
        let duration = times::duration(text);
        if duration.is_none() {
            let message = format!("{} is not a duration", shown(text));
            reader.problems.push(Problem::new(object.path("duration"), message).expected(EXPECTED_DURATION));
        }
        duration
    });
    let end = reader
        .text(object, "end", EXPECTED_LOCAL)
        .and_then(|text| local(reader, &object.path("end"), text))
        .zip(start)
        .and_then(|(end, start)| {
            let nominal = end.duration_since(start).as_secs();
            if 0 < nominal && nominal <= MAX_DAYS * DAY {
                return Some(Length { nominal, exact: 0 });
            }
            let message = format!("`{end}` is not up to {MAX_DAYS} days after `start`");
            reader.problems.push(Problem::new(object.path("end"), message).expected(format!("a time after `{start}`")));
            None
        });
    duration.or(end)
}

fn local(reader: &mut Reader, path: &str, text: &str) -> Option<DateTime> {
    let local = times::local(text);
    if local.is_none() {
        reader.problems.push(times::not_local(path, text));
    }
    local
}

fn whole_days(reader: &mut Reader, object: &Object<'_>, zone: Option<&TimeZone>) -> Option<Hours> {
    let date = |reader: &mut Reader, path: &str, text: &str| {
        let date = times::date(text);
        if date.is_none() {
            let message = format!("{} is not a date", shown(text));
            reader.problems.push(Problem::new(path, message).expected(EXPECTED_DATE));
        }
        date
    };
    let first =
        reader.required_text(object, "date", EXPECTED_DATE).and_then(|text| date(reader, &object.path("date"), text));
    let mut days = 1;
    if let Some(last) =
        reader.text(object, "through", EXPECTED_DATE).and_then(|text| date(reader, &object.path("through"), text))
        && let Some(first) = first
    {
        days = last.duration_since(first).as_hours() / 24 + 1;
        if !(1..=MAX_DAYS).contains(&days) {
            let message = format!("`{last}` is not within {MAX_DAYS} days from `date`");
            let problem = Problem::new(object.path("through"), message);
            reader.problems.push(problem.expected(format!("the last day of the holiday, `{first}` or later")));
        }
    }
    let dates = |reader: &mut Reader, key: &str| {
        let mut dates = BTreeSet::new();
        for (path, text) in reader.texts(object, key, MAX_DATES, EXPECTED_DATE) {
            dates.extend(date(reader, &path, text));
        }
        dates
    };
    let more = dates(reader, "rdates").into_iter().map(|date| date.to_datetime(Time::midnight())).collect();
    let but_days = dates(reader, "exdates");
    let start = first.map(|first| first.to_datetime(Time::midnight()));
    let recurrence = rrule::rrule(reader, object, start, zone);
    Some(Hours::Dated(Dated {
        start: start?,
        length: Length { nominal: days * DAY, exact: 0 },
        recurrence: recurrence.ok()?,
        more,
        but: BTreeSet::new(),
        but_days,
    }))
}
