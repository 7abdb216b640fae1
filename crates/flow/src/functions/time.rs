//! Parts of datetimes (in UTC) and durations, as CEL has them.

use jiff::Zoned;
use jiff::tz::TimeZone;

use super::{Function, Kind, Overload, Style, unexpected};
use crate::expr::EvalError;
use crate::value::Value;

fn part<'m>(
    arguments: &[Value<'m>],
    of_time: fn(&Zoned) -> i64,
    of_span: fn(i128) -> i128,
) -> Result<Value<'m>, EvalError> {
    match arguments {
        [Value::Datetime(time)] => Ok(Value::Integer(of_time(&time.to_zoned(TimeZone::UTC)))),
        [Value::Duration(span)] => Ok(Value::Integer(i64::try_from(of_span(span.as_nanos())).unwrap_or(i64::MAX))),
        _ => Err(unexpected()),
    }
}

macro_rules! parts {
    ($($name:literal, $summary:literal, $example:literal => $result:literal, $of_time:expr $(, $of_span:expr)?;)*) => {
        /// The functions of this family.
        pub(super) static FUNCTIONS: &[Function] = &[$(Function {
            name: $name,
            style: Style::Method,
            summary: $summary,
            overloads: &[
                Overload {
                    parameters: &[Kind::Datetime],
                    result: Kind::Integer,
                    can_fail: false,
                    call: |arguments| part(arguments, $of_time, |_| 0),
                },
                $(Overload {
                    parameters: &[Kind::Duration],
                    result: Kind::Integer,
                    can_fail: false,
                    call: |arguments| part(arguments, |_| 0, $of_span),
                },)?
            ],
            examples: &[(concat!("timestamp('2026-11-23T08:09:10.123Z').", $example), $result)],
            search: None,
        },)*];
    };
}

parts! {
    "getFullYear", "The year.", "getFullYear()" => "2026", |t| i64::from(t.year());
    "getMonth", "The month, counted from 0 (January).", "getMonth()" => "10", |t| i64::from(t.month()) - 1;
    "getDate", "The day of the month, counted from 1.", "getDate()" => "23", |t| i64::from(t.day());
    "getDayOfMonth", "The day of the month, counted from 0.", "getDayOfMonth()" => "22", |t| i64::from(t.day()) - 1;
    "getDayOfWeek", "The day of the week, counted from 0 (Sunday).", "getDayOfWeek()" => "1", |t| i64::from(t.weekday().to_sunday_zero_offset());
    "getDayOfYear", "The day of the year, counted from 0.", "getDayOfYear()" => "326", |t| i64::from(t.day_of_year()) - 1;
    "getHours", "The hour of a datetime; the whole hours of a duration.", "getHours()" => "8", |t| i64::from(t.hour()), |nanos| nanos / 3_600_000_000_000;
    "getMinutes", "The minute of a datetime; the whole minutes of a duration.", "getMinutes()" => "9", |t| i64::from(t.minute()), |nanos| nanos / 60_000_000_000;
    "getSeconds", "The second of a datetime; the whole seconds of a duration.", "getSeconds()" => "10", |t| i64::from(t.second()), |nanos| nanos / 1_000_000_000;
    "getMilliseconds", "The milliseconds of a datetime's second; those beyond a duration's whole seconds.", "getMilliseconds()" => "123", |t| i64::from(t.millisecond()), |nanos| nanos % 1_000_000_000 / 1_000_000;
}
