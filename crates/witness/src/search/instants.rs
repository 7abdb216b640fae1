//! Functions of times backwards: the instant near another one of which a function says what is wanted.

use jiff::civil::{Date, Weekday};
use jiff::fmt::strtime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan, Zoned};
use waypost_cel::{Call, Expr};

use super::goal::Goal;
use super::inverse::{number, text};
use super::random::Random;

/// Days that are looked through for one of which a format prints something, and hours of each of the first.
const MOST_DAYS: i64 = 400;

/// Days that are looked through for one with some fields of the calendar: each 29 February has each weekday once in 28 years.
const CALENDAR_DAYS: usize = 28 * 366;

/// The zone that is written out in an argument; UTC if there is none.
fn zone(part: Option<&Expr>) -> Option<TimeZone> {
    match part {
        None => Some(TimeZone::UTC),
        // An offset such as `+02:00` is a rare zone: UTC is near it.
        Some(_) => Some(TimeZone::get(text(part)?).unwrap_or(TimeZone::UTC)),
    }
}

/// What the datetime that a call is of is to become, said to be `now` so far.
pub(super) fn argument(call: &Call, rest: &[Expr], goal: &Goal, now: Timestamp, random: &mut Random) -> Option<Goal> {
    let time = match (&*call.function, goal) {
        ("formatTime", Goal::Text(wanted) | Goal::With(wanted) | Goal::Begin(wanted) | Goal::End(wanted)) => {
            printed(text(rest.first())?, &zone(rest.get(1))?, wanted, goal, now)?
        }
        ("addDays", Goal::Time(time)) => {
            moved(*time, zone(rest.get(1))?, |at| at.checked_sub(number(rest.first())?.days()).ok())?
        }
        ("addMonths", Goal::Time(time)) => {
            moved(*time, zone(rest.get(1))?, |at| at.checked_sub(number(rest.first())?.months()).ok())?
        }
        (function, Goal::Number(wanted)) => {
            let at = now.to_zoned(zone(rest.first())?);
            match random.below(2) {
                0 => keeping(function, *wanted, &at, random).or_else(|| field(function, *wanted, at))?,
                _ => field(function, *wanted, at)?,
            }
        }
        _ => return None,
    };
    Some(Goal::Time(time))
}

/// The text of which `parseTime` makes an instant.
pub(super) fn text_of(time: Timestamp, rest: &[Expr]) -> Option<Goal> {
    let zoned = time.to_zoned(zone(rest.get(1))?);
    Some(Goal::Text(strtime::format(text(rest.first())?, &zoned).ok()?))
}

/// How long a duration is of which a function says so much.
pub(super) fn span(function: &str, number: i64) -> Option<SignedDuration> {
    Some(match function {
        "getHours" => SignedDuration::from_secs(number.checked_mul(3_600)?),
        "getMinutes" => SignedDuration::from_secs(number.checked_mul(60)?),
        "getSeconds" => SignedDuration::from_secs(number),
        "getMilliseconds" => SignedDuration::from_millis(number),
        _ => return None,
    })
}

fn moved(time: Timestamp, zone: TimeZone, change: impl FnOnce(Zoned) -> Option<Zoned>) -> Option<Timestamp> {
    Some(change(time.to_zoned(zone))?.timestamp())
}

/// The time nearest to another, of the same day or year, of which one field is this number.
fn field(function: &str, number: i64, at: Zoned) -> Option<Timestamp> {
    let (small, whole) = (i8::try_from(number).ok(), i16::try_from(number).ok());
    let with = at.with();
    let changed = match function {
        "getFullYear" => with.year(whole?),
        "getMonth" => with.month(small?.checked_add(1)?).day(1),
        "getDate" => return day(number, at),
        "getDayOfMonth" => return day(number.checked_add(1)?, at),
        "getDayOfYear" => with.day_of_year(whole?.checked_add(1)?),
        "getDayOfWeek" => {
            let wanted = Weekday::from_sunday_zero_offset(small?).ok()?;
            return Some(at.nth_weekday(1, wanted).ok()?.timestamp());
        }
        "getHours" => with.hour(small?),
        "getMinutes" => with.minute(small?),
        "getSeconds" => with.second(small?),
        "getMilliseconds" => with.millisecond(whole?),
        _ => return None,
    };
    // The last day of a leap year is one more.
    let found =
        changed.build().or_else(|_| at.with().year(2028).day_of_year(whole.unwrap_or(0).saturating_add(1)).build());
    found.ok().map(|at| at.timestamp())
}

/// The next day of which one field of the calendar is this number, and others are what they are so far: another condition may ask
/// for them.
fn keeping(function: &str, number: i64, at: &Zoned, random: &mut Random) -> Option<Timestamp> {
    let wanted = i16::try_from(number).ok()?;
    let of = |day: Date| match function {
        "getMonth" => Some(i16::from(day.month()) - 1),
        "getDate" => Some(i16::from(day.day())),
        "getDayOfMonth" => Some(i16::from(day.day()) - 1),
        "getDayOfYear" => Some(day.day_of_year() - 1),
        "getDayOfWeek" => Some(i16::from(day.weekday().to_sunday_zero_offset())),
        _ => None,
    };
    let now = at.date();
    of(now)?;
    let kept = random.pick(&[Kept::Day, Kept::Month, Kept::Weekday, Kept::DayAndMonth]).copied()?;
    let mut days = now.series(1.day()).take(CALENDAR_DAYS);
    let found = days.find(|day| of(*day) == Some(wanted) && kept.stays(*day, now))?;
    Some(at.with().date(found).build().ok()?.timestamp())
}

/// What stays of a date.
#[derive(Clone, Copy)]
enum Kept {
    Day,
    Month,
    Weekday,
    DayAndMonth,
}

impl Kept {
    fn stays(self, day: Date, now: Date) -> bool {
        match self {
            Self::Day => day.day() == now.day(),
            Self::Month => day.month() == now.month(),
            Self::Weekday => day.weekday() == now.weekday(),
            Self::DayAndMonth => (day.day(), day.month()) == (now.day(), now.month()),
        }
    }
}

/// The next such day of a month: not every month has it.
fn day(number: i64, at: Zoned) -> Option<Timestamp> {
    let number = i8::try_from(number).ok()?;
    let months = (0..12).filter_map(|months| at.with().day(1).build().ok()?.checked_add(months.months()).ok());
    months.filter_map(|month| month.with().day(number).build().ok()).map(|found| found.timestamp()).next()
}

/// The next instant of which a format prints what is wanted: on some day, at some hour, or in some minute or second.
fn printed(format: &str, zone: &TimeZone, wanted: &str, goal: &Goal, now: Timestamp) -> Option<Timestamp> {
    let start = now.to_zoned(zone.clone());
    let is_met = |at: &Zoned| strtime::format(format, at).is_ok_and(|text| goal.is_met_by(&text));
    // A format that can be read says all of it at once.
    if let Ok(parsed) = strtime::parse(format, wanted)
        && let Ok(time) = parsed.to_time().or_else(|_| Ok::<_, jiff::Error>(start.time()))
        && let date = parsed.to_date().unwrap_or(start.date())
        && let Ok(at) = date.to_datetime(time).to_zoned(zone.clone())
        && is_met(&at)
    {
        return Some(at.timestamp());
    }
    let days = (0..MOST_DAYS).filter_map(|days| start.checked_add(days.days()).ok());
    let hours = (0..24).filter_map(|hours| start.checked_add(hours.hours()).ok());
    let minutes = (0..60).filter_map(|minutes| start.with().minute(minutes).build().ok());
    hours.chain(days).chain(minutes).find(is_met).map(|at| at.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_keeps_what_else_is_asked_of_it() {
        let at: Timestamp = "2026-01-29T09:00:00Z".parse().unwrap_or_default();
        let found = |number: i64, function: &str| {
            let mut random = Random::new(0);
            let mut all: Vec<String> = (0..40)
                .filter_map(|_| keeping(function, number, &at.to_zoned(TimeZone::UTC), &mut random))
                .map(|at| at.strftime("%F").to_string())
                .collect();
            all.sort();
            all.dedup();
            all
        };
        assert_eq!(found(1, "getMonth"), ["2026-02-05", "2028-02-29"]);
        assert_eq!(found(5, "getDayOfWeek"), ["2026-01-30", "2026-05-29", "2027-01-29"]);
    }

    #[test]
    fn an_instant_is_found_by_what_is_printed_of_it() {
        let now: Timestamp = "2026-01-01T09:00:00Z".parse().unwrap_or_default();
        let found = |format: &str, wanted: &str| {
            let goal = Goal::Text(wanted.to_owned());
            printed(format, &TimeZone::UTC, wanted, &goal, now).map(|at| at.to_string())
        };
        assert_eq!(found("%A", "Sunday").as_deref(), Some("2026-01-04T09:00:00Z"));
        assert_eq!(found("%m-%d", "12-24").as_deref(), Some("2026-12-24T09:00:00Z"));
        assert_eq!(found("%H:%M", "18:30").as_deref(), Some("2026-01-01T18:30:00Z"));
        assert_eq!(found("%Y", "none"), None);
    }
}
