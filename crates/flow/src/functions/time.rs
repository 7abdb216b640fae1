//! Parts of datetimes (in UTC or a time zone) and of durations, as CEL has them.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::zone::{is_zone, zone};
use super::{Answer, Function, Kind, Style, sure, unexpected, unsure};
use crate::value::Value;

fn of_time<'m>(arguments: &[Value<'m>], part: fn(&Zoned) -> i64) -> Answer<'m> {
    let (time, zone) = match arguments {
        [Value::Datetime(time)] => (time, TimeZone::UTC),
        [Value::Datetime(time), Value::String(name)] => (time, zone(name.as_str())?),
        _ => return Err(unexpected()),
    };
    Ok(Value::Integer(part(&time.to_zoned(zone))))
}

fn of_span<'m>(arguments: &[Value<'m>], part: fn(i128) -> i128) -> Answer<'m> {
    let [Value::Duration(span)] = arguments else { return Err(unexpected()) };
    Ok(Value::Integer(i64::try_from(part(span.as_nanos())).unwrap_or(i64::MAX)))
}

macro_rules! parts {
    ($($name:literal, $summary:literal, $example:literal => $result:literal, $of_time:expr $(, $of_span:expr)?;)*) => {
        /// The functions of this family.
        pub(super) static FUNCTIONS: &[Function] = &[$(Function::new(
            $name,
            Style::Method,
            concat!($summary, " In UTC, or in a time zone such as `Europe/Berlin` or `+02:00`; it fails if a computed zone does not exist."),
            &[
                sure(&[Kind::Datetime], Kind::Integer, |arguments| of_time(arguments, $of_time)),
                unsure(&[Kind::Datetime, Kind::String], Kind::Integer, |arguments| of_time(arguments, $of_time)),
                $(sure(&[Kind::Duration], Kind::Integer, |arguments| of_span(arguments, $of_span)),)?
            ],
            &[(concat!("timestamp('2026-11-23T08:09:10.123Z').", $example), $result)],
        )
        .checking(&[(1, is_zone)]),)*];
    };
}

parts! {
    "getFullYear", "The year.", "getFullYear()" => "2026", |t| i64::from(t.year());
    "getMonth", "The month, counted from 0 (January).", "getMonth()" => "10", |t| i64::from(t.month()) - 1;
    "getDate", "The day of the month, counted from 1.", "getDate()" => "23", |t| i64::from(t.day());
    "getDayOfMonth", "The day of the month, counted from 0.", "getDayOfMonth()" => "22", |t| i64::from(t.day()) - 1;
    "getDayOfWeek", "The day of the week, counted from 0 (Sunday).", "getDayOfWeek()" => "1", |t| i64::from(t.weekday().to_sunday_zero_offset());
    "getDayOfYear", "The day of the year, counted from 0.", "getDayOfYear()" => "326", |t| i64::from(t.day_of_year()) - 1;
    "getHours", "The hour of a datetime; the whole hours of a duration.", "getHours('Europe/Berlin')" => "9", |t| i64::from(t.hour()), |nanos| nanos / 3_600_000_000_000;
    "getMinutes", "The minute of a datetime; the whole minutes of a duration.", "getMinutes()" => "9", |t| i64::from(t.minute()), |nanos| nanos / 60_000_000_000;
    "getSeconds", "The second of a datetime; the whole seconds of a duration.", "getSeconds()" => "10", |t| i64::from(t.second()), |nanos| nanos / 1_000_000_000;
    "getMilliseconds", "The milliseconds of a datetime's second; those beyond a duration's whole seconds.", "getMilliseconds()" => "123", |t| i64::from(t.millisecond()), |nanos| nanos % 1_000_000_000 / 1_000_000;
}
