//! `/flows`: flows and their versions.

pub mod delete;
pub mod get;
pub mod list;
pub mod save;
pub mod versions;
pub mod view;

use axum::http::{HeaderMap, StatusCode, header};
use waypost_app::error::AppError;
use waypost_flow::id::FlowId;

use crate::error::{ApiError, diagnosed, not_found_code};

/// A flow's id in a path. What is no UUID names no flow.
fn parse_id(text: &str) -> Result<FlowId, ApiError> {
    text.parse().map_err(|_| ApiError::not_found(not_found_code("flow"), format!("flow `{text}` was not found")))
}

/// The revision that `If-Match` asks for; none if there is no such header, or if it is `*`.
fn if_match(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    // Weak tags never match here (RFC 9110 section 13.1.1), and a list can't be meant: a client knows one revision.
    let revision = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    revision.map(Some).ok_or_else(|| {
        let message =
            format!("`If-Match: {text}` is not a revision of this flow; send the `ETag` that it was answered with");
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", message)
    })
}

/// Errors of flows: a document's problems go by a code of their own.
fn refused(error: AppError) -> ApiError {
    match error {
        AppError::Invalid(problems) => ApiError::invalid("flow.invalid", diagnosed(&problems)),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_read_strictly() {
        for (value, revision) in [
            ("\"7\"", Some(Some(7))),
            ("*", Some(None)),
            ("7", None),
            ("W/\"7\"", None),
            ("\"a\"", None),
            ("\"1\", \"2\"", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            assert_eq!(if_match(&headers).ok(), revision, "{value}");
        }
        assert_eq!(if_match(&HeaderMap::new()).ok(), Some(None));
    }
}
