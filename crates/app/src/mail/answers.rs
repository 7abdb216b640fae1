//! What runs ask of the outside, answered: queues by name, schedules, rows of tables.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use serde_json::{Map, Value as Json, json};
use waypost_engine::{Answer, Question};
use waypost_flow::document;
use waypost_ids::TableId;
use waypost_store::error::{StoreError, TableError};
use waypost_store::records::tables::ContentVersion;
use waypost_store::traits::{Store, TableStore};

use crate::aside::Wanted;
use crate::catalogue::world::Running;
use crate::folder::tables::FolderRows;

/// Whoever answers the questions of one run.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Answers a question. What can't be answered for good is a [`Answer::Failed`], which the flow may catch.
    ///
    /// # Errors
    /// The store is away: there is no decision, and the run is to be made again.
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError>;

    /// Whether the run is still wanted: one that is not is dropped between two of its actions.
    fn wanted(&self) -> bool {
        true
    }
}

/// Answers what the catalogue alone knows: queues by name or id, and schedules. None for what it can't.
#[must_use]
pub fn from_catalogue(running: &Running, question: &Question) -> Option<Answer> {
    let text = |name: &str| question.request.get(name).and_then(Json::as_str).unwrap_or_default();
    match question.kind.as_str() {
        "findQueue" => Some(Answer::Value(find_queue(running, text("name")))),
        "evaluateSchedule" => Some(evaluate_schedule(running, text("schedule"), text("at"))),
        _ => None,
    }
}

fn find_queue(running: &Running, written: &str) -> Json {
    let named = running.queues_by_name.get(&document::fold_name(written)).copied();
    let id = written.parse().ok().filter(|id| running.queue_names.contains_key(id)).or(named);
    match id.and_then(|id| Some((id, running.queue_names.get(&id)?))) {
        Some((id, name)) => json!({ "id": id, "name": &**name }),
        None => json!({}),
    }
}

fn evaluate_schedule(running: &Running, id: &str, at: &str) -> Answer {
    let known = id.parse().ok().and_then(|id| running.schedules.get(&id));
    let (Some(schedule), Ok(at)) = (known.and_then(|known| known.schedule.as_ref()), at.parse()) else {
        return Answer::Failed("the schedule is gone, or can't be read".to_owned());
    };
    let standing = schedule.at(at);
    let mut told = Map::new();
    told.insert("state".to_owned(), standing.state.as_str().into());
    told.extend(standing.name.map(|name| ("name".to_owned(), name.into())));
    told.extend(standing.next_change.map(|next| ("nextChange".to_owned(), next.to_string().into())));
    Answer::Value(told.into())
}

/// What is answered to a question that nobody here can answer.
#[must_use]
pub fn nobody(question: &Question) -> Answer {
    Answer::Failed(format!("nothing here answers `{}`", question.kind))
}

/// A folder answers: what its files make of the catalogue, and the rows of its tables.
pub struct FolderAnswers<'r> {
    /// What runs.
    pub running: &'r Running,
    /// The rows.
    pub rows: &'r FolderRows,
}

#[async_trait]
impl Answers for FolderAnswers<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        let text = |name: &str| question.request.get(name).and_then(Json::as_str).unwrap_or_default();
        if question.kind != "lookupTable" {
            return Ok(from_catalogue(self.running, question).unwrap_or_else(|| nobody(question)));
        }
        let Some(table) = text("table").parse().ok().and_then(|id| self.running.tables.get(&id)) else {
            return Ok(Answer::Failed("the table is gone".to_owned()));
        };
        Ok(Answer::Value(match self.rows.look_up(table, text("key")) {
            Some((_, row)) => json!({ "row": row }),
            None => json!({}),
        }))
    }
}

/// What the server answers the questions of one run: the catalogue's, and rows of tables. Each table is seen as it was at the run's
/// first look into it.
pub struct LiveAnswers<'r> {
    running: &'r Running,
    tables: &'r dyn TableStore,
    seen: Mutex<HashMap<TableId, ContentVersion>>,
    wanted: Option<Wanted>,
}

impl<'r> LiveAnswers<'r> {
    /// Answers for one run.
    pub fn new(running: &'r Running, store: &'r dyn Store) -> Self {
        Self { running, tables: store, seen: Mutex::default(), wanted: None }
    }

    /// The same for a run that ends when nobody waits for it any more.
    pub(crate) fn while_wanted(self, wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<TableId, ContentVersion>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_up(&self, question: &Question) -> Result<Answer, StoreError> {
        let text = |name: &str| question.request.get(name).and_then(Json::as_str).unwrap_or_default();
        let Some(table) = text("table").parse().ok().and_then(|id| self.running.tables.get(&id)) else {
            return Ok(Answer::Failed("the table is gone".to_owned()));
        };
        let id = table.record.id;
        let folded = table.folded(text("key"));
        if folded.is_empty() {
            return Ok(Answer::Value(json!({})));
        }
        let at = self.seen().get(&id).copied();
        match self.tables.row(id, &folded, at).await {
            Ok(found) => {
                self.seen().insert(id, found.version);
                let mut told = json!({ "version": found.version });
                if let (Some(row), Some(told)) = (&found.row, told.as_object_mut()) {
                    told.insert("row".to_owned(), Json::Object(table.values(row)));
                }
                Ok(Answer::Value(told))
            }
            Err(TableError::Store(error)) => Err(error),
            Err(other) => Ok(Answer::Failed(other.to_string())),
        }
    }
}

#[async_trait]
impl Answers for LiveAnswers<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        if question.kind == "lookupTable" {
            return self.look_up(question).await;
        }
        Ok(from_catalogue(self.running, question).unwrap_or_else(|| nobody(question)))
    }

    fn wanted(&self) -> bool {
        self.wanted.as_ref().is_none_or(Wanted::holds)
    }
}
