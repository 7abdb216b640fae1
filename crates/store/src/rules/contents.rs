//! What an interaction shows of its mail and runs, and what is left when it is erased.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use waypost_ids::codes;

use super::{outbox, pushes};
use crate::encoding::DecisionMore;
use crate::records::mail::{AttributesSet, Opening, RunRecord, State};

/// The trace of a run whose content was erased.
pub(crate) const ERASED_TRACE: &str = "{}";

/// An interaction's attributes.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Attributes {
    /// Those that are shown.
    pub(crate) shown: BTreeMap<String, String>,
    /// Those that were set apart from runs.
    pub(crate) set: BTreeMap<String, String>,
}

/// The attributes that are shown: those that the last run left, with those that were set over them.
pub(crate) fn shown(left: &BTreeMap<String, String>, set: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let mut shown = left.clone();
    shown.extend(set.clone());
    shown
}

impl Attributes {
    /// Attributes are set, others stay. Refused if the content was erased, for nothing is to come back, and if all that are shown would
    /// be more than `most` bytes.
    pub(crate) fn set(
        self,
        changed: &BTreeMap<String, String>,
        erased: bool,
        most: usize,
    ) -> Result<Self, AttributesSet> {
        if erased {
            return Err(AttributesSet::Gone);
        }
        let after = Self { shown: shown(&self.shown, changed), set: shown(&self.set, changed) };
        let bytes = bytes(&after.shown);
        if bytes > most { Err(AttributesSet::TooLarge { bytes }) } else { Ok(after) }
    }
}

/// How much attributes take: names and values together, in bytes.
fn bytes(attributes: &BTreeMap<String, String>) -> usize {
    attributes.iter().map(|(name, value)| name.len().saturating_add(value.len())).fold(0, usize::saturating_add)
}

/// A run whose content was erased while it was under way.
pub(crate) fn bare_run(mut run: RunRecord) -> RunRecord {
    outbox::hold_all(&mut run.sends);
    run.decision.reason = None;
    run.decision.error = run.decision.error.map(bare_error);
    RunRecord { trace: ERASED_TRACE.to_owned(), attributes: BTreeMap::new(), journal: None, ..run }
}

/// What erasing leaves of a decision: where the interaction went, and what kind of error kept it from going further. What a flow or an error says
/// in words may quote the mail.
pub(crate) fn bare_decision(more: DecisionMore) -> DecisionMore {
    DecisionMore { reason: None, error: more.error.map(bare_error), ..more }
}

/// What erasing leaves of an error: its code, what that means, and where it happened.
fn bare_error(mut error: Json) -> Json {
    let code = error.get("code").and_then(Json::as_str).unwrap_or_default();
    let message = codes::without_values(code);
    if let Some(members) = error.as_object_mut() {
        members.insert("message".to_owned(), message.into());
        if let Some(push) = members.get_mut(pushes::MEMBER) {
            *push = bare_error(push.take());
        }
    }
    error
}

/// What erasing leaves of the opening: where the interaction is to go, if a run has still to end.
pub(crate) fn bare_opening<E>(
    state: State,
    opening: impl FnOnce() -> Result<Option<Opening>, E>,
) -> Result<Option<Opening>, E> {
    if !state.awaits_decision() {
        return Ok(None);
    }
    Ok(opening()?.map(|opening| Opening { attributes: BTreeMap::new(), ..opening }))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use serde_json::json;

    use super::*;

    fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn what_was_set_stands_over_what_a_run_left() {
        for (left, set, expected) in [
            (map(&[("a", "1")]), map(&[]), map(&[("a", "1")])),
            (map(&[("a", "1")]), map(&[("b", "2")]), map(&[("a", "1"), ("b", "2")])),
            (map(&[("a", "1")]), map(&[("a", "2")]), map(&[("a", "2")])),
        ] {
            assert_eq!(shown(&left, &set), expected);
        }
    }

    #[test]
    fn attributes_are_added_unless_the_content_was_erased() {
        let before = || Attributes { shown: map(&[("a", "1"), ("b", "1")]), set: map(&[("b", "1")]) };
        let after = before().set(&map(&[("b", "2"), ("c", "2")]), false, 6).unwrap();
        assert_eq!(after.shown, map(&[("a", "1"), ("b", "2"), ("c", "2")]));
        assert_eq!(after.set, map(&[("b", "2"), ("c", "2")]));
        assert_eq!(before().set(&map(&[("c", "2")]), true, 6), Err(AttributesSet::Gone));
        let large = before().set(&map(&[("c", "23")]), false, 6);
        assert_eq!(large, Err(AttributesSet::TooLarge { bytes: 7 }));
    }

    #[test]
    fn a_decision_keeps_the_kind_and_the_place_of_its_error() {
        let more = DecisionMore {
            language: Some("de".to_owned()),
            outcome: Some("solved".to_owned()),
            reason: Some("spam about my card".to_owned()),
            error: Some(json!({
                "code": codes::CONVERSION,
                "message": "the text `my card` can't become an integer",
                "flowName": "Main",
                "nodeId": "a",
                "push": { "code": codes::PUSH_FAILED, "message": "the push to `ann@example.net` was given up: my card" },
            })),
            ..DecisionMore::default()
        };
        let expected = DecisionMore {
            reason: None,
            error: Some(json!({
                "code": codes::CONVERSION,
                "message": "a value that can't become one of the type asked for",
                "flowName": "Main",
                "nodeId": "a",
                "push": { "code": codes::PUSH_FAILED, "message": codes::without_values(codes::PUSH_FAILED) },
            })),
            ..more.clone()
        };
        let bare = bare_decision(more);
        assert_eq!(bare, expected);
        assert_eq!(bare_decision(bare), expected, "twice is once");
    }

    #[test]
    fn of_an_opening_that_a_run_still_needs_only_the_attributes_go() {
        let opening =
            Opening { skills: vec!["german".to_owned()], attributes: map(&[("a", "1")]), ..Opening::default() };
        let bare = Opening { attributes: BTreeMap::new(), ..opening.clone() };
        for (state, left) in [
            (State::Received, Some(&bare)),
            (State::Running, Some(&bare)),
            (State::Waiting, Some(&bare)),
            (State::Decided, None),
            (State::Claimed, None),
            (State::Completed, None),
        ] {
            let kept = bare_opening(state, || Ok::<_, Infallible>(Some(opening.clone()))).unwrap();
            assert_eq!(kept.as_ref(), left, "{state:?}");
            assert_eq!(bare_opening(state, || Ok::<_, Infallible>(None)).unwrap(), None, "{state:?}");
        }
    }
}
