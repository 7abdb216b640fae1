//! What runs ask of the outside, answered: queues by name, schedules, rows of tables.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;
use waypost_aside::Wanted;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::Running;
use waypost_engine::{
    Answered, Ask, CallDataAction, EvaluateSchedule, Exchange, FindQueue, LookupTable, Question, Queue, QueueAnswer,
    Reply, ScheduleAnswer, TableAnswer,
};
use waypost_flow::document;
use waypost_ids::TableId;
use waypost_schedule::Standing;
use waypost_store::error::{StoreError, TableError};
use waypost_store::records::tables::ContentVersion;
use waypost_store::traits::{Store, TableStore};

use super::parked::{Outside, Received};

/// What is answered to a question.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The answer.
    Now(Box<Answered>),
    /// It comes from elsewhere: the run waits for it until this time.
    Later(Timestamp),
}

impl From<Answered> for Answer {
    fn from(answered: Answered) -> Self {
        Self::Now(Box::new(answered))
    }
}

/// Whoever answers the questions of one run.
#[async_trait]
pub trait Answers: Send + Sync {
    /// Answers a question. What can't be answered for good is a failure, which the flow may catch.
    ///
    /// # Errors
    /// The store is away: there is no decision, and the run is to be made again.
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError>;

    /// Whether the run is still wanted: one that is not is dropped between two of its actions.
    fn wanted(&self) -> bool {
        true
    }
}

/// The queue of a name or id.
fn find_queue(running: &Running, asked: FindQueue) -> Answered {
    let named = running.queues_by_name.get(&document::fold_name(&asked.name)).copied();
    let id = asked.name.parse().ok().filter(|id| running.queue_names.contains_key(id)).or(named);
    let queue = id.and_then(|id| Some(Queue { id, name: running.queue_names.get(&id)?.to_string() }));
    asked.answered(QueueAnswer { queue })
}

/// How a schedule is at an instant.
fn evaluate_schedule(running: &Running, asked: EvaluateSchedule) -> Answered {
    let Some(schedule) = running.schedules.get(&asked.schedule).and_then(|known| known.schedule.as_ref()) else {
        return asked.failed("the schedule is gone, or can't be read");
    };
    let Standing { state, name, next_change, .. } = schedule.at(asked.at);
    asked.answered(ScheduleAnswer { state, name, next_change })
}

/// Why nobody is asked: who tries a flow, runs it offline or replays it must not act on other systems.
fn asks_nobody(running: &Running, asked: CallDataAction) -> Answered {
    let why = format!("the data action `{}` is not called here, and no answer is given for it", name(running, &asked));
    asked.unasked(why)
}

/// Why nobody is asked about content that is erased: neither the question nor the answer could be kept.
fn erased(running: &Running, asked: CallDataAction) -> Answered {
    let why =
        format!("the data action `{}` is not called: the interaction's content was erased", name(running, &asked));
    asked.unasked(why)
}

fn name<'r>(running: &'r Running, asked: &CallDataAction) -> &'r str {
    running.data_actions.get(&asked.data_action).map_or("?", |known| known.record.name.as_str())
}

const TABLE_GONE: &str = "the table is gone";

/// What is in memory answers: a catalogue without a server, and the rows of its tables.
pub struct HeldAnswers<'r> {
    /// What runs.
    pub running: &'r Running,
    /// The rows.
    pub rows: &'r HeldRows,
}

#[async_trait]
impl Answers for HeldAnswers<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        let answered = match question.clone() {
            Question::CallDataAction(asked) => asks_nobody(self.running, asked),
            Question::FindQueue(asked) => find_queue(self.running, asked),
            Question::EvaluateSchedule(asked) => evaluate_schedule(self.running, asked),
            Question::LookupTable(asked) => match self.running.tables.get(&asked.table) {
                None => asked.failed(TABLE_GONE),
                Some(table) => {
                    let row = self.rows.look_up(table, &asked.key);
                    asked.answered(TableAnswer { version: None, row })
                }
            },
        };
        Ok(answered.into())
    }
}

/// What the server answers the questions of one run: the catalogue's, and rows of tables. Each table is seen as it was at the run's
/// first look into it.
pub struct LiveAnswers<'r> {
    running: &'r Running,
    tables: &'r dyn TableStore,
    seen: Mutex<HashMap<TableId, Seen>>,
    held: Option<&'r HeldRows>,
    outside: Option<(&'r dyn Outside, Timestamp)>,
    wanted: Option<Wanted>,
    erased: bool,
}

/// The version in which a run sees a table.
#[derive(Clone, Copy)]
struct Seen {
    version: ContentVersion,
    /// It is known from before the run was parked: it may not be kept any more.
    parked: bool,
}

impl<'r> LiveAnswers<'r> {
    /// Answers for one run.
    pub fn new(running: &'r Running, store: &'r dyn Store) -> Self {
        Self { running, tables: store, seen: Mutex::default(), held: None, outside: None, wanted: None, erased: false }
    }

    /// The same where some tables have these rows instead of those in the store.
    pub(crate) fn with_rows(self, held: &'r HeldRows) -> Self {
        Self { held: Some(held), ..self }
    }

    /// The same where some questions are for the outside, which is asked now.
    pub(crate) fn with_outside(self, outside: Option<&'r dyn Outside>, now: Timestamp) -> Self {
        Self { outside: outside.map(|outside| (outside, now)), ..self }
    }

    /// The same about content that may be erased: then nothing outside is asked.
    pub(crate) fn about_erased(self, erased: bool) -> Self {
        Self { erased, ..self }
    }

    /// The same for a run that goes on: it sees tables as it saw them before it was parked, as long as those versions are kept.
    pub(crate) fn after(self, so_far: &[Answered]) -> Self {
        let versions = so_far.iter().filter_map(|answered| match answered {
            Answered::LookupTable(Exchange { request, reply: Reply::Answer(found), .. }) => {
                Some((request.table, Seen { version: found.version?, parked: true }))
            }
            _ => None,
        });
        self.seen().extend(versions);
        self
    }

    /// The same for a run that ends when nobody waits for it any more.
    pub(crate) fn while_wanted(self, wanted: Wanted) -> Self {
        Self { wanted: Some(wanted), ..self }
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<TableId, Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn look_up(&self, asked: LookupTable) -> Result<Answered, StoreError> {
        let Some(table) = self.running.tables.get(&asked.table) else { return Ok(asked.failed(TABLE_GONE)) };
        let folded = table.folded(&asked.key);
        if folded.is_empty() {
            return Ok(asked.answered(TableAnswer::default()));
        }
        if let Some(held) = self.held.filter(|held| held.holds(asked.table)) {
            let row = held.look_up(table, &asked.key);
            return Ok(asked.answered(TableAnswer { version: None, row }));
        }
        let at = self.seen().get(&asked.table).copied();
        let found = match self.tables.row(asked.table, &folded, at.map(|seen| seen.version)).await {
            Err(TableError::NotKept { .. }) if at.is_some_and(|seen| seen.parked) => {
                self.tables.row(asked.table, &folded, None).await
            }
            found => found,
        };
        match found {
            Ok(found) => {
                self.seen().insert(asked.table, Seen { version: found.version, parked: false });
                let row = found.row.as_ref().map(|row| table.values(row));
                Ok(asked.answered(TableAnswer { version: Some(found.version), row }))
            }
            Err(TableError::Store(error)) => Err(error),
            Err(other) => Ok(asked.failed(other.to_string())),
        }
    }
}

#[async_trait]
impl Answers for LiveAnswers<'_> {
    async fn answer(&self, question: &Question) -> Result<Answer, StoreError> {
        if let Some((outside, now)) = self.outside.filter(|_| !self.erased) {
            match outside.receives(self.running, question, now) {
                Received::No => {}
                Received::Known(answered) => return Ok(Answer::Now(answered)),
                Received::Later(until) => return Ok(Answer::Later(until)),
            }
        }
        let answered = match question.clone() {
            Question::FindQueue(asked) => find_queue(self.running, asked),
            Question::EvaluateSchedule(asked) => evaluate_schedule(self.running, asked),
            Question::LookupTable(asked) => self.look_up(asked).await?,
            Question::CallDataAction(asked) if self.erased => erased(self.running, asked),
            Question::CallDataAction(asked) => asks_nobody(self.running, asked),
        };
        Ok(answered.into())
    }

    fn wanted(&self) -> bool {
        self.wanted.as_ref().is_none_or(Wanted::holds)
    }
}
