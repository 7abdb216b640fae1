//! Instants as test files have them.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use waypost_flow::diagnostic::{Code, Diagnostic};

/// Reads an instant. One without an offset could be of any zone: what it would be in UTC is suggested.
pub(crate) fn read(path: impl Into<String>, text: &str) -> Result<Timestamp, Box<Diagnostic>> {
    text.parse::<Timestamp>().map_err(|_| {
        let problem = Diagnostic::error(Code::InvalidValue, path, format!("not a valid time: `{text}`"))
            .expected("a time such as `2026-03-01T09:00:00Z`");
        let local = text.parse::<DateTime>().ok().and_then(|local| local.to_zoned(TimeZone::UTC).ok());
        Box::new(match local {
            Some(local) => problem.suggestion(format!("add the offset: `{}` is UTC", local.timestamp())),
            None => problem,
        })
    })
}
