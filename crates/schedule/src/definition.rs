//! A schedule as users write it. [`crate::read()`] checks it; these types alone check no more than the shape.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Opening hours. All local times are wall-clock times in `timeZone`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "ScheduleDefinition")]
pub struct Definition {
    /// The IANA name of the time zone, such as `Europe/Berlin`.
    pub time_zone: String,
    /// When it is open. Without a rule it never is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub open: Vec<Rule>,
    /// What is taken away from `open`: a lunch break, maintenance.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub closed: Vec<Rule>,
    /// Holidays; they take precedence over `open` and `closed`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub holidays: Vec<Holiday>,
    /// The switch that takes precedence over everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emergency: Option<Emergency>,
}

/// The emergency switch. It is undone by being switched off, never by time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Emergency {
    /// Whether it is on.
    pub active: bool,
    /// Why, in at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub reason: Option<String>,
}

/// Hours: of a week, or as iCalendar has them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "ScheduleRule")]
pub enum Rule {
    /// The same hours every week.
    Weekly(Weekly),
    /// An event that may recur.
    Calendar(Calendar),
}

/// A holiday: whole days, or hours as iCalendar has them, which then need a `name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Holiday {
    /// Whole local days.
    Days(HolidayDays),
    /// Hours that may recur; `name` must be there.
    Calendar(Calendar),
}

/// The same hours every week.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "WeeklyHours")]
pub struct Weekly {
    /// What the hours are called, in at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// The days on which they begin.
    pub days: Days,
    /// When they begin, from `00:00` to `23:59`.
    #[schemars(regex(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$"))]
    pub from: String,
    /// When they end, up to `24:00`; a time before `from` is one of the next day.
    #[schemars(regex(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"))]
    pub to: String,
}

/// Days of the week: `monday` or `mon`, or a range such as `mon-fri` or `sat-mon`; one or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
#[schemars(rename = "DaysOfWeek")]
pub enum Days {
    /// One day or range.
    One(String),
    /// Several.
    Many(Vec<String>),
}

/// An event of RFC 5545: it begins at `start`, is as long as `end` or `duration` says, and recurs as `rrule`, `rdates` and `exdates` say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename = "CalendarHours")]
pub struct Calendar {
    /// What the hours are called, in at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 200))]
    pub name: Option<String>,
    /// A local date-time such as `2026-01-05T09:00` or `20260105T090000`, in the years 1900 to 2199 (DTSTART; RFC 5545, section
    /// 3.8.2.4). With an `rrule`, it is an occurrence only if the rule says so.
    pub start: String,
    /// The local date-time of the first one's end. Others end at the same time of day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<String>,
    /// A duration such as `PT8H30M` or `P1D` (RFC 5545, section 3.3.6), at most 366 days: weeks and days on the wall, the rest exact.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration: Option<String>,
    /// How it recurs (RFC 5545, section 3.3.10), `DAILY` or coarser, at the time of day of `start`: no `BYHOUR` or finer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub rrule: Option<String>,
    /// Starts that are left out: local date-times, or dates for whatever begins on that day.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub exdates: Vec<String>,
    /// Further starts: local date-times.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub rdates: Vec<String>,
}

/// A holiday of whole local days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct HolidayDays {
    /// What the holiday is called, in at most 200 characters.
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
    /// The day, or the first of several: a date such as `2026-12-25`, in the years 1900 to 2199.
    pub date: String,
    /// The last day, which belongs to the holiday.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub through: Option<String>,
    /// How it recurs (RFC 5545, section 3.3.10), such as `FREQ=YEARLY`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 500))]
    pub rrule: Option<String>,
    /// First days that are left out: dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub exdates: Vec<String>,
    /// Further first days: dates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 500))]
    pub rdates: Vec<String>,
}

impl Definition {
    /// Reads the shape alone.
    pub(crate) fn deserialize_value(value: &serde_json::Value) -> Result<Self, String> {
        Self::deserialize(value).map_err(|error| error.to_string())
    }
}
