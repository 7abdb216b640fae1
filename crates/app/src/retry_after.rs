//! When a server wants to be asked again.

use std::time::Duration;

use jiff::Timestamp;
use waypost_reach::{Answer, header};

/// No `Retry-After` is waited for longer.
const LONGEST_WAIT: Duration = Duration::from_secs(60 * 60);

/// When another attempt is wanted (RFC 9110 section 10.2.3), of 429 and 503.
pub(crate) fn retry_after(answer: &Answer, now: Timestamp) -> Option<Timestamp> {
    if !matches!(answer.status.as_u16(), 429 | 503) {
        return None;
    }
    let text = answer.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let latest = now.saturating_add(LONGEST_WAIT).ok()?;
    let wanted = match text.parse::<u32>() {
        Ok(seconds) => now.saturating_add(Duration::from_secs(seconds.into())).ok()?,
        Err(_) => jiff::fmt::rfc2822::parse(text).ok()?.timestamp(),
    };
    Some(wanted.min(latest))
}
