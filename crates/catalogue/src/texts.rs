//! Texts of versions: each version as somebody wrote it, comments and all. A text says what its version says, so that it changes
//! nothing that runs.

use std::sync::Arc;

use serde_json::Value as Json;
use thiserror::Error;
use waypost_flow::diagnostic::{Code, Diagnostic, counted, render};
use waypost_flow::diff::exactly;
use waypost_flow::document::{self, Document};
use waypost_flow::source::{self, Node, Places};
use waypost_ids::{FlowId, Kind, Version};
use waypost_store::error::{AnnotationError, StoreError};
use waypost_store::records::annotations::{Replacing, TextChange, TextKept, TextRecord};
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::records::catalogue::{FlowRecord, VersionRecord};
use waypost_store::revisions::Stale;

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::flows::{Wanted, named_by};
use crate::names::Names;
use crate::plan::version_not_found;
use crate::world::{Loaded, World};

/// The member by which a document of a project folder says what it is. A flow may have it, and needs none.
pub const KIND: &str = "kind";

/// So many places are told at which a text differs from its version.
const TOLD: usize = 20;

/// A longer value is cut where it is told, in characters.
const MAX_SHOWN: usize = 200;

/// Why a text was not read or kept.
#[derive(Debug, Error)]
pub enum TextError {
    /// It can't be read as a flow: every problem.
    #[error("{} found", counted(.0.len(), "problem"))]
    Unreadable(Vec<TextProblem>),
    /// It says something else than its version.
    #[error("the text does not say what version {version} says")]
    Differs {
        /// The version.
        version: Version,
        /// The first places that differ.
        places: Vec<TextDifference>,
        /// How many more there are.
        more: usize,
    },
    /// The version has no text.
    #[error("version {0} has no text: nobody kept how it was written")]
    Missing(Version),
    /// It was meant for a text that is not there.
    #[error("version {0} has no text yet, so the change is meant for none; send it without If-Match")]
    NotYet(Version),
    /// As for other changes of a flow.
    #[error(transparent)]
    Change(#[from] ChangeError),
}

/// A problem in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct TextProblem {
    /// The problem.
    pub diagnostic: Diagnostic,
    /// Its line and column, counted from 1.
    pub at: Option<(usize, usize)>,
}

/// A place at which a text says something else than its version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextDifference {
    /// The member, such as `nodes[0].actions[1].queue`.
    pub path: String,
    /// What the version says; none if it says nothing there.
    pub expected: Option<String>,
    /// What the text says; none if it says nothing there.
    pub found: Option<String>,
    /// The text's line and column, counted from 1.
    pub at: Option<(usize, usize)>,
}

impl LiveCatalogue {
    /// A version as it was written; with `earlier`, else the newest one before it that has a text.
    ///
    /// # Errors
    /// Not found, without a text, or the store.
    pub async fn version_text(&self, id: FlowId, version: Version, earlier: bool) -> Result<TextRecord, TextError> {
        let found = match earlier {
            false => self.store.version_text(id, version).await,
            true => self.store.newest_text(id, version).await,
        };
        let found = found.map_err(ChangeError::from)?;
        if found.as_ref().is_none_or(|text| text.version != version) {
            self.flow_version(id, version).await?;
        }
        found.ok_or(TextError::Missing(version))
    }

    /// Keeps how a version is written. The same text again changes nothing.
    ///
    /// # Errors
    /// Every problem in the text, the places where it says something else than the version, not found, deleted, held by another client,
    /// stale, or the store.
    pub async fn write_text(
        &self,
        by: By<'_>,
        (id, version): (FlowId, Version),
        text: Arc<str>,
        replacing: Replacing,
    ) -> Result<TextKept, TextError> {
        let world = self.world();
        let record = self.current(&world, id, None).await?;
        let known = self.version_at(&world, id, version).await?.ok_or_else(|| version_not_found(id, version))?;
        let about = About { kind: Kind::Flow.into(), id: &id.to_string(), name: &record.name };
        let audit = AuditRecord::new(self.origin.id_in_order(), self.origin.now(), by, "text changed", about);
        let written = text.clone();
        let check = move |_: &_| says(&world, &record, known, &written);
        self.desk.work_for(by.actor, check).await.map_err(ChangeError::from)??;
        let change = TextChange { flow: id, version, text, replacing };
        let kept = self.store.put_version_text(change, audit).await.map_err(|error| match error {
            AnnotationError::Stale { current: None } => TextError::NotYet(version),
            AnnotationError::Stale { current: Some(current) } => {
                ChangeError::from(Stale { kind: "text", name: String::new(), current }).into()
            }
            AnnotationError::Unknown => version_not_found(id, version).into(),
            other => refused(id, other).into(),
        })?;
        if kept.changed {
            tracing::info!(actor = by.actor, flow = %id, version, "text of a version kept");
        }
        Ok(kept)
    }
}

/// Why the store kept nothing beside a flow.
pub(crate) fn refused(id: FlowId, error: AnnotationError) -> ChangeError {
    match error {
        AnnotationError::Unknown => ChangeError::NotFound { kind: "flow", id: id.to_string() },
        AnnotationError::Deleted => ChangeError::Deleted(id),
        AnnotationError::Held { name, holder } => ChangeError::Locked { name, holder },
        AnnotationError::Stale { current } => {
            Stale { kind: "flow", name: String::new(), current: current.unwrap_or_default() }.into()
        }
        AnnotationError::TooMany { would, most } => {
            full("too many nodes would have positions", format!("at most {most} nodes"), would.to_string())
        }
        AnnotationError::TooLong { would, most } => {
            let expected = format!("ids with at most {most} bytes together");
            full("the ids of all nodes that have positions would be too long", expected, format!("{would} bytes"))
        }
        AnnotationError::Store(error) => error.into(),
    }
}

/// That a flow has no room for more positions.
fn full(message: &str, expected: String, found: String) -> ChangeError {
    let problem = Diagnostic::error(Code::InvalidValue, "positions", message).expected(expected).found(found);
    Box::new(problem.suggestion("set the positions of nodes that are gone to null")).into()
}

/// Whether a text says what a version says.
fn says(world: &World, record: &FlowRecord, known: Arc<VersionRecord>, text: &str) -> Result<(), TextError> {
    let (wanted, places) = read(text).map_err(TextError::Unreadable)?;
    let loaded = match world.loaded.get(&(known.flow_id, known.version)) {
        Some(loaded) => loaded.clone(),
        None => {
            let unreadable = |detail| StoreError::Inconsistent { table: "flow_versions", detail };
            Arc::new(Loaded::read(known).map_err(unreadable).map_err(ChangeError::from)?)
        }
    };
    let at = |path: &str| render::spot(path, None, text, &places);
    let of_the_flow = wanted.renames(record).map(|(member, stands, written)| TextDifference {
        path: member.to_owned(),
        expected: Some(format!("`{stands}`")),
        found: Some(format!("`{written}`")),
        at: at(member),
    });
    let mut differences: Vec<TextDifference> = of_the_flow.collect();
    let (found, more) = wanted
        .content
        .as_ref()
        .map_or_else(Default::default, |content| differing(world, &loaded, &named_by(content, record)));
    differences.extend(found.into_iter().map(|one| TextDifference {
        at: at(&one.path),
        expected: one.before.as_ref().map(shown),
        found: one.after.as_ref().map(shown),
        path: one.path,
    }));
    if differences.is_empty() {
        return Ok(());
    }
    Err(TextError::Differs { version: loaded.record.version, places: differences, more })
}

/// Reads a text, as a file of a project folder is read.
fn read(text: &str) -> Result<(Wanted, Places), Vec<TextProblem>> {
    let (node, places) = source::yaml(text)
        .map_err(|error| vec![TextProblem { at: Some((error.line, error.column)), diagnostic: error.diagnostic() }])?;
    let is_flow = |kind: &Node| matches!(kind, Node::String(word) if Kind::named(word) == Some(Kind::Flow));
    let tree = if source::member(&node, KIND).is_some_and(is_flow) { source::without(&node, &[KIND]) } else { node };
    let problems = match Wanted::read_for_existing(&tree) {
        Ok(wanted) if wanted.content.is_some() => return Ok((wanted, places)),
        Err(unread) => unread.problems,
        Ok(_) => {
            vec![Diagnostic::error(Code::MissingKey, "nodes", "`nodes` is missing").suggestion("add `nodes`")]
        }
    };
    let place = |problem: &Diagnostic| render::spot(&problem.path, problem.range.clone(), text, &places);
    Err(problems.into_iter().map(|diagnostic| TextProblem { at: place(&diagnostic), diagnostic }).collect())
}

/// Where a document says something else than a version: as it was saved, as it is read back, or with names in the place of ids, whichever it
/// is nearest to. A name that means something else today than the version means by it is not the version's.
fn differing(world: &World, known: &Loaded, document: &Document) -> (Vec<waypost_flow::diff::Difference>, usize) {
    let names = Names::after(world, std::iter::empty(), std::iter::empty());
    let read_back = world.read_back(known.record.flow_id, &known.document, &known.record.bindings);
    let in_words = names.in_place_of_ids(read_back.clone());
    let as_saved = (!names.rebinds(&known.record.bindings)).then(|| (*known.document).clone());
    let hash = document::content_hash(document);
    let sayings = || as_saved.iter().chain([&read_back]).chain(&in_words);
    if sayings().any(|one| document::content_hash(one) == hash) {
        return (Vec::new(), 0);
    }
    let differences = sayings().map(|one| exactly(one, document, TOLD));
    differences.min_by_key(|(found, more)| found.len() + more).unwrap_or_default()
}

/// A value as it is told.
fn shown(value: &Json) -> String {
    let whole = match value {
        Json::String(text) => format!("`{text}`"),
        other => other.to_string(),
    };
    match whole.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", whole.get(..end).unwrap_or_default()),
        None => whole,
    }
}
