//! Revisions: `ETag` in answers, `If-Match` in requests that mean one of them.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use waypost_store::revisions::Revisions;

use crate::error::ApiError;

/// A revision as `ETag`.
pub(crate) fn tag(revision: u64) -> (HeaderName, String) {
    (header::ETAG, format!("\"{revision}\""))
}

/// The revisions that `If-Match` allows (RFC 9110, section 13.1.1); none if there is no such header, or if it is `*`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<Revisions>, ApiError> {
    let lines: Vec<&str> =
        headers.get_all(header::IF_MATCH).iter().map(|value| value.to_str().unwrap_or_default().trim()).collect();
    if lines.is_empty() || lines == ["*"] {
        return Ok(None);
    }
    let text = lines.join(", ");
    listed(&text).map(Some).ok_or_else(|| {
        let message = format!("`If-Match: {text}` is not a revision; send the `ETag` that was answered");
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", message)
    })
}

/// The revisions among a list of tags; none if there is none.
pub(crate) fn listed(tags: &str) -> Option<Revisions> {
    revisions(tags).filter(|revisions| !revisions.is_empty()).map(Revisions::any_of)
}

/// The revisions among the tags of a list; none if it is not a list of tags. Weak tags never match here, and tags that are no
/// revisions are of somebody else.
fn revisions(list: &str) -> Option<Vec<u64>> {
    let mut revisions = Vec::new();
    let mut rest = list;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(revisions);
        }
        let weak = rest.strip_prefix("W/");
        let (tag, after) = weak.unwrap_or(rest).strip_prefix('"')?.split_once('"')?;
        if let (None, Ok(revision)) = (weak, tag.parse()) {
            revisions.push(revision);
        }
        rest = after.trim_start();
        if !rest.is_empty() && !rest.starts_with(',') {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_are_read_strictly() {
        for (value, revision) in [
            ("\"7\"", Some(Some(vec![7]))),
            ("*", Some(None)),
            ("\"1\", \"2\"", Some(Some(vec![1, 2]))),
            ("\"1\",W/\"2\" ,, \"of, another\",\"3\"", Some(Some(vec![1, 3]))),
            ("7", None),
            ("W/\"7\"", None),
            ("\"a\"", None),
            ("W/\"1\", \"a\"", None),
            ("\"1\" \"2\"", None),
            ("\"1\", 2", None),
            ("\"1", None),
            (",", None),
            ("*, \"1\"", None),
            ("", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_MATCH, value.parse().unwrap());
            assert_eq!(if_match(&headers).ok(), revision.map(|list| list.map(Revisions::any_of)), "{value}");
        }
        assert_eq!(if_match(&HeaderMap::new()).ok(), Some(None));
        let mut lines = HeaderMap::new();
        for value in ["\"1\"", "\"2\""] {
            lines.append(header::IF_MATCH, value.parse().unwrap());
        }
        assert_eq!(if_match(&lines).ok(), Some(Some(Revisions::any_of(vec![1, 2]))));
    }
}
