//! Revisions: `ETag` in answers, `If-Match` in requests that mean one of them.

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use waypost_store::records::annotations::Replacing;
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
    let listed = revisions(&text).filter(|revisions| !revisions.is_empty());
    listed.map(|revisions| Some(Revisions::any_of(revisions))).ok_or_else(|| {
        let message = format!("`If-Match: {text}` is not a revision; send the `ETag` that was answered");
        ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", message)
    })
}

/// What `If-Match` and `If-None-Match` say that a PUT replaces where there may be nothing yet (RFC 9110, sections 13.1.1 and 13.1.2).
pub(crate) fn replacing(headers: &HeaderMap) -> Result<Replacing, ApiError> {
    let refused = |message: String| ApiError::new(StatusCode::PRECONDITION_FAILED, "precondition.failed", message);
    let if_match = headers.contains_key(header::IF_MATCH);
    let lines: Vec<&str> =
        headers.get_all(header::IF_NONE_MATCH).iter().map(|value| value.to_str().unwrap_or_default().trim()).collect();
    match (if_match, lines.as_slice()) {
        (false, []) => Ok(Replacing::Anything),
        (true, []) => Ok(Replacing::Revisions(self::if_match(headers)?.unwrap_or(Revisions::ANY))),
        (false, ["*"]) => Ok(Replacing::Nothing),
        (false, others) => Err(refused(format!(
            "`If-None-Match: {}` is not taken here; send `If-None-Match: *` to replace nothing, or `If-Match`",
            others.join(", ")
        ))),
        (true, _) => Err(refused("`If-Match` and `If-None-Match` exclude each other: send one of them".to_owned())),
    }
}

/// What a member of a change set is meant for, in the words of `If-Match`; none if it is neither `*` nor a list of tags.
pub(crate) fn listed(tags: &str) -> Option<Revisions> {
    if tags.trim() == "*" {
        return Some(Revisions::ANY);
    }
    revisions(tags).map(Revisions::any_of)
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
    fn what_a_put_replaces_is_read_strictly() {
        let (matched, none) = (header::IF_MATCH, header::IF_NONE_MATCH);
        let only = |revision| Replacing::Revisions(Revisions::any_of(vec![revision]));
        for (given, replacing) in [
            (vec![], Some(Replacing::Anything)),
            (vec![(&matched, "\"7\"")], Some(only(7))),
            (vec![(&matched, "*")], Some(Replacing::Revisions(Revisions::ANY))),
            (vec![(&none, "*")], Some(Replacing::Nothing)),
            (vec![(&none, "\"7\"")], None),
            (vec![(&none, "*"), (&matched, "\"7\"")], None),
            (vec![(&matched, "7")], None),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in &given {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(super::replacing(&headers).ok(), replacing, "{given:?}");
        }
    }

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
