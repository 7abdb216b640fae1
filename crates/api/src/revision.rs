//! Revisions: `ETag` in answers, `If-Match` in requests that mean one of them.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};

use crate::error::ApiError;

/// A revision as `ETag`.
pub(crate) fn tag(revision: u64) -> (HeaderName, String) {
    (header::ETAG, format!("\"{revision}\""))
}

/// The revision that `If-Match` asks for; none if there is no such header, or if it is `*`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(value) = headers.get(header::IF_MATCH) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    if text == "*" {
        return Ok(None);
    }
    // Weak tags never match here (RFC 9110 section 13.1.1), and a list can't be meant: a client knows one revision.
    let revision = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).and_then(|tag| tag.parse().ok());
    revision.map(Some).ok_or_else(|| {
        let message = format!("`If-Match: {text}` is not a revision; send the `ETag` that was answered");
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", message)
    })
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
