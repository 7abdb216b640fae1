//! Times on the command line.

use jiff::Timestamp;

/// Reads a time (RFC 3339).
///
/// # Errors
/// It is none; what one looks like is said.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|_| "expected a time with its offset, such as 2026-11-28T09:00:00Z".to_owned())
}
