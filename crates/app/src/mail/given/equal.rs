//! Whether a value is the one that is written.

use serde_json::Value as Json;

/// Whether two values are the same; numbers by what they are.
#[must_use]
pub fn equal(wanted: &Json, found: &Json) -> bool {
    match (wanted, found) {
        (Json::Number(a), Json::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (Json::String(a), Json::String(b)) => a == b || same_instant(a, b),
        _ => wanted == found,
    }
}

/// One instant may be written in several ways.
fn same_instant(a: &str, b: &str) -> bool {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    read(a).is_some_and(|a| read(b) == Some(a))
}
