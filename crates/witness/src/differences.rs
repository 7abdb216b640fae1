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
            let (cut_was, cut_is) = apart(&was, &is, SHOWN);
            lines.push(format!("{path}: {} instead of {}", shown(&is, &cut_is), shown(&was, &cut_was)));
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

fn shown(whole: &str, cut: &str) -> String {
    match whole {
        "" => "nothing".to_owned(),
        EMPTY => "an empty text".to_owned(),
        _ => format!("`{cut}`"),
    }
}

/// Two texts that differ, each on one line and in `most` characters: of a longer one the part around the first difference. What they
/// have in common would hide what they have not.
#[must_use]
pub fn apart(before: &str, after: &str, most: usize) -> (String, String) {
    let common = before.chars().zip(after.chars()).take_while(|(one, other)| one == other).count();
    (around(before, common, most), around(after, common, most))
}

/// The part of a text around what follows its first characters.
fn around(text: &str, common: usize, most: usize) -> String {
    let length = text.chars().count();
    let from = if length > most { common.saturating_sub(most / 4) } else { 0 };
    let part: String = text.chars().skip(from).take(most).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (before, after) = (if from > 0 { "…" } else { "" }, if from + most < length { "…" } else { "" });
    format!("{before}{part}{after}")
}
