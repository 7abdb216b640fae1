//! Who may write beside a flow, and what is then kept.

use serde_json::json;
use waypost_ids::FlowId;

use crate::error::{AnnotationError, StoreError};
use crate::records::annotations::{
    MOST_ID_BYTES, MOST_POSITIONS, Positions, PositionsChange, Replacing, TextChange, TextRecord,
};
use crate::records::audit::AuditRecord;
use crate::records::catalogue::FlowRecord;
use crate::revisions::Revisions;

/// Refuses whoever may not save a draft of the flow now.
pub(crate) fn may_annotate(flow: Option<&FlowRecord>, actor: &str) -> Result<(), AnnotationError> {
    let Some(flow) = flow else { return Err(AnnotationError::Unknown) };
    if flow.deleted_at.is_some() {
        return Err(AnnotationError::Deleted);
    }
    match flow.lock.as_ref().filter(|lock| lock.client != actor) {
        Some(lock) => Err(AnnotationError::Held { name: flow.name.clone(), holder: lock.client.clone() }),
        None => Ok(()),
    }
}

/// No text was ever given so high a revision: one above it is damage.
pub(crate) const MOST_REVISION: u64 = 1 << 48;

/// What stands there before it is written anew: nothing, if it is damaged. Nobody could get rid of it otherwise.
pub(crate) fn standing<T>(found: Result<Option<T>, StoreError>, flow: FlowId) -> Result<(Option<T>, bool), StoreError> {
    match found {
        Ok(found) => Ok((found, false)),
        Err(error) if error.is_damage() => {
            tracing::warn!(%flow, %error, "what was damaged is replaced");
            Ok((None, true))
        }
        Err(error) => Err(error),
    }
}

/// What is known before a text is kept.
pub(crate) struct Known<'k> {
    /// The flow.
    pub(crate) flow: Option<&'k FlowRecord>,
    /// The version's text.
    pub(crate) text: Option<&'k TextRecord>,
    /// The highest revision of all texts of the flow; 0 if there are none.
    pub(crate) highest: u64,
}

/// The revision of a text that is kept, with its log entry; none if it is there already.
pub(crate) fn put_text(
    known: &Known<'_>,
    change: &TextChange,
    audit: &AuditRecord,
) -> Result<Option<(u64, AuditRecord)>, AnnotationError> {
    may_annotate(known.flow, &audit.actor)?;
    if known.flow.is_none_or(|flow| !(1..=flow.newest).contains(&change.version)) {
        return Err(AnnotationError::Unknown);
    }
    let current = known.text.map(|text| text.revision);
    let is_meant = match (&change.replacing, current) {
        (Replacing::Anything, _) | (Replacing::Nothing, None) => true,
        (Replacing::Nothing, Some(_)) | (Replacing::Revisions(_), None) => false,
        (Replacing::Revisions(revisions), Some(current)) => Revisions::check(Some(revisions), "text", current).is_ok(),
    };
    if !is_meant {
        return Err(AnnotationError::Stale { current });
    }
    if known.text.is_some_and(|text| text.text == change.text) {
        return Ok(None);
    }
    let revision = known.highest.saturating_add(1);
    let state = |revision: u64| json!({ "version": change.version, "textRevision": revision });
    let audit = AuditRecord { before: current.map(state), after: Some(state(revision)), ..audit.clone() };
    Ok(Some((revision, audit)))
}

/// Positions as they are after a change.
pub(crate) fn place(known: Positions, change: PositionsChange) -> Result<Positions, AnnotationError> {
    let mut positions = known;
    for (node, position) in change {
        match position {
            Some(position) => drop(positions.insert(node, position)),
            None => drop(positions.remove(&node)),
        }
    }
    let (nodes, bytes) = (positions.len(), positions.keys().map(String::len).sum());
    if nodes > MOST_POSITIONS {
        return Err(AnnotationError::TooMany { would: nodes, most: MOST_POSITIONS });
    }
    if bytes > MOST_ID_BYTES {
        return Err(AnnotationError::TooLong { would: bytes, most: MOST_ID_BYTES });
    }
    Ok(positions)
}
