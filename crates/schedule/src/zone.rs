//! Time zones, from the database that is compiled in, and what local times mean in them.

use std::sync::OnceLock;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

/// The machine's own database is never asked: every node must mean the same.
fn database() -> &'static TimeZoneDatabase {
    static DATABASE: OnceLock<TimeZoneDatabase> = OnceLock::new();
    DATABASE.get_or_init(TimeZoneDatabase::bundled)
}

/// The zone of an IANA name, whatever its case.
pub(crate) fn find(name: &str) -> Option<TimeZone> {
    database().get(name).ok()
}

/// All names, for suggestions.
pub(crate) fn names() -> Vec<String> {
    database().available().map(|name| name.as_str().to_owned()).collect()
}

/// The first instant, in seconds since 1970 UTC, at which a clock on the wall shows this local time or a later one.
pub(crate) fn instant(zone: &TimeZone, local: DateTime) -> i64 {
    match zone.to_ambiguous_timestamp(local).offset() {
        AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
            seconds(offset, local)
        }
        AmbiguousOffset::Gap { before, after } => {
            // By the clock from before the change the time comes after the change, by less than the gap is long.
            let latest = seconds(before, local);
            let earliest = seconds(after, local);
            change(zone, earliest, latest).unwrap_or(latest)
        }
    }
}

/// The last transition after `earliest`, up to `latest`, at which the clocks go forward.
fn change(zone: &TimeZone, earliest: i64, latest: i64) -> Option<i64> {
    let after = Timestamp::from_second(latest.checked_add(1)?).ok()?;
    zone.preceding(after)
        .map(|transition| (transition.timestamp(), transition.offset()))
        .take_while(|(timestamp, _)| timestamp.as_second() > earliest)
        .find(|(timestamp, offset)| {
            let just_before = timestamp.checked_sub(SignedDuration::from_secs(1));
            just_before.is_ok_and(|just_before| zone.to_offset(just_before) < *offset)
        })
        .map(|(timestamp, _)| timestamp.as_second())
}

/// Beyond what a timestamp can say (the year 9999) it is the last one that it can.
fn seconds(offset: Offset, local: DateTime) -> i64 {
    let limit = if local.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
    offset.to_timestamp(local).unwrap_or(limit).as_second()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_instant_that_shows_a_local_time_or_later() {
        for (name, local, expected) in [
            ("Europe/Berlin", "2026-01-05T09:00", "2026-01-05T08:00:00Z"),
            // Forward from 02:00 to 03:00.
            ("Europe/Berlin", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("Europe/Berlin", "2026-03-29T02:00", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T03:00", "2026-03-29T01:00:00Z"),
            ("Europe/Berlin", "2026-03-29T03:01", "2026-03-29T01:01:00Z"),
            // Back from 03:00 to 02:00.
            ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00:00Z"),
            ("Europe/Berlin", "2026-10-25T02:59", "2026-10-25T00:59:00Z"),
            ("Europe/Berlin", "2026-10-25T03:00", "2026-10-25T02:00:00Z"),
            // By half an hour: forward at 02:00, back at 02:00 to 01:30.
            ("Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:30:00Z"),
            ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45:00Z"),
            ("Australia/Lord_Howe", "2026-04-05T02:00", "2026-04-04T15:30:00Z"),
            // 30 December 2011 was left out.
            ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T10:00:00Z"),
            ("Pacific/Apia", "2011-12-31T00:00", "2011-12-30T10:00:00Z"),
            // Back at 00:01 to 23:01: midnight came twice.
            ("America/St_Johns", "2010-11-07T00:00", "2010-11-07T02:30:00Z"),
            ("Asia/Kathmandu", "2026-01-05T09:00", "2026-01-05T03:15:00Z"),
        ] {
            let zone = find(name).unwrap();
            let instant = Timestamp::from_second(instant(&zone, local.parse().unwrap())).unwrap();
            assert_eq!(instant.to_string(), expected, "{name} {local}");
        }
    }
}
