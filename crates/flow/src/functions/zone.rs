//! Time zones: the IANA database that is compiled in, so that the same run has the same zones on every machine.

use std::sync::LazyLock;

use jiff::tz::{Offset, TimeZone, TimeZoneDatabase};

use super::{BadLiteral, clip, failed};
use crate::expr::EvalError;
use waypost_problem::nearest;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of a name such as `Europe/Berlin`, or of an offset such as `+02:00`, as CEL takes them.
pub(super) fn zone(name: &str) -> Result<TimeZone, EvalError> {
    known(name).ok_or_else(|| failed("text", name, "a time zone such as `Europe/Berlin`"))
}

fn known(name: &str) -> Option<TimeZone> {
    if let Some(offset) = offset(name) {
        return Some(offset.to_time_zone());
    }
    ZONES.get(name).ok().filter(|zone| !zone.is_unknown())
}

/// `+02:00`, `-02:30`, and without a sign as with `+`.
fn offset(name: &str) -> Option<Offset> {
    let (sign, rest) = match name.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, name.strip_prefix('+').unwrap_or(name)),
    };
    let (hours, minutes) = rest.split_once(':')?;
    let digits = |text: &str| {
        (text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse::<i32>().ok()).flatten()
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes).filter(|minutes| *minutes < 60)?);
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

/// Whether a zone that is written out is one.
pub(super) fn is_zone(name: &str) -> Result<(), BadLiteral> {
    if known(name).is_some() {
        return Ok(());
    }
    let names: Vec<String> = ZONES.available().map(|known| known.as_str().to_owned()).collect();
    let near = nearest(name, names.iter().map(String::as_str));
    Err(BadLiteral::meaning(
        format!("there is no time zone `{}`", clip(name)),
        "a name of the IANA database such as `Europe/Berlin`, or an offset such as `+02:00`",
        near.map(str::to_owned),
    ))
}
