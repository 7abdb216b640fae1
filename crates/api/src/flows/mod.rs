//! `/flows`: flows and their versions.

pub mod attempt;
pub mod delete;
pub mod diff;
pub mod endpoints;
pub mod get;
pub mod health;
pub mod history;
pub mod labels;
pub mod list;
pub mod positions;
pub mod save;
pub mod texts;
pub mod versions;
pub mod view;

use serde_json::Value as Json;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::versions::VersionName;
use waypost_ids::FlowId;
use waypost_wire::flow::parse_version;

use crate::error::{ApiError, diagnosed, not_found_code};

/// What a note is, for the description of endpoints.
pub(crate) const NOTE: &str = "Why, for the flow's history.";

/// A flow's id in a path. What is no UUID names no flow.
pub(crate) fn parse_id(text: &str) -> Result<FlowId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found(not_found_code("flow"), format!("flow `{text}` was not found")))
}

/// A version as people name it: a number, `published`, `newest`, or a label.
fn version_name(text: &str) -> Option<VersionName> {
    let label = || {
        let first = text.starts_with(|c: char| c.is_ascii_lowercase());
        let rest = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        (first && rest).then(|| VersionName::Label(text.to_owned()))
    };
    match text {
        "published" => Some(VersionName::Published),
        "newest" => Some(VersionName::Newest),
        _ => parse_version(text).map(VersionName::Number).or_else(label),
    }
}

/// The same in a body, where a number may stand.
pub(crate) fn version_in(value: &Json) -> Option<VersionName> {
    match value {
        Json::String(text) => version_name(text),
        Json::Number(number) => version_name(&number.to_string()),
        _ => None,
    }
}

/// What [`version_name`] takes, for messages.
pub(crate) const VERSION_EXPECTED: &str = "a version's number, `published`, `newest`, or a label";

/// Errors of flows: a document's problems go by a code of their own.
pub(crate) fn refused(error: ChangeError) -> ApiError {
    match error {
        ChangeError::Invalid(problems) => ApiError::invalid("flow.invalid", diagnosed(&problems)),
        other => other.into(),
    }
}
