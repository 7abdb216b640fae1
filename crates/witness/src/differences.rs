//! How two runs of one mail differ, in words.

use serde_json::Value as Json;
use waypost_flow_tests::Observed;

/// Longer texts are shown in part, in characters.
const SHOWN: usize = 100;

/// A text that is empty, which is something else than none.
const EMPTY: &str = "''";

/// What differs, in lines such as ``queue: `General` instead of `Billing` ``.
#[must_use]
pub fn differences(before: &Observed, after: &Observed) -> Vec<String> {
    let json = |observed: &Observed| serde_json::to_value(observed).unwrap_or_default();
    let mut lines = Vec::new();
    values("", Some(&json(before)), Some(&json(after)), &mut lines);
    lines
}

fn values(path: &str, before: Option<&Json>, after: Option<&Json>, lines: &mut Vec<String>) {
    match (before, after) {
        (was, is) if was == is => {}
        (Some(Json::Object(was)), Some(Json::Object(is))) => {
            let dot = if path.is_empty() { "" } else { "." };
            for name in was.keys().chain(is.keys().filter(|name| !was.contains_key(*name))) {
                values(&format!("{path}{dot}{name}"), was.get(name), is.get(name), lines);
            }
        }
        (Some(Json::Array(was)), Some(Json::Array(is))) if was.len() == is.len() => {
            for (place, (was, is)) in was.iter().zip(is).enumerate() {
                values(&format!("{path}[{place}]"), Some(was), Some(is), lines);
            }
        }
        (was, is) => {
            let (was, is) = (text(was), text(is));
            // What they have in common would hide what they have not.
            let common = was.chars().zip(is.chars()).take_while(|(one, other)| one == other).count();
            lines.push(format!("{path}: {} instead of {}", shown(&is, common), shown(&was, common)));
        }
    }
}

fn text(value: Option<&Json>) -> String {
    match value {
        None => String::new(),
        Some(Json::String(text)) if text.is_empty() => EMPTY.to_owned(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The part of a text that holds the first difference.
fn shown(text: &str, common: usize) -> String {
    if text.is_empty() {
        return "nothing".to_owned();
    }
    if text == EMPTY {
        return "an empty text".to_owned();
    }
    let length = text.chars().count();
    let from = if length > SHOWN { common.saturating_sub(SHOWN / 4) } else { 0 };
    let part: String = text.chars().skip(from).take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if from + SHOWN < length { "…" } else { "" });
    format!("`{before}{part}{after}`")
}
