//! Schedules as objects of the catalogue.

use std::sync::Arc;

use jiff::Timestamp;
use serde_json::{Map, Value as Json};
use uuid::Uuid;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::ScheduleId;
use waypost_schedule::{Problem, Schedule, Standing};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::CatalogueChange;
use waypost_store::records::tables::ScheduleRecord;

use super::plan::By;
use super::routing::{flow_users, named, not_found, simple};
use super::world::World;
use super::{LiveCatalogue, Planned};
use crate::error::AppError;

/// The member of a definition that is the switch.
const EMERGENCY: &str = "emergency";

/// A schedule of the catalogue.
#[derive(Debug)]
pub struct KnownSchedule {
    /// As it is stored.
    pub record: ScheduleRecord,
    /// What it says; none if the definition does not read, which only another release can have written.
    pub schedule: Option<Schedule>,
}

impl KnownSchedule {
    /// A stored schedule.
    #[must_use]
    pub fn new(record: ScheduleRecord) -> Self {
        let definition = serde_json::from_str(&record.definition).unwrap_or_default();
        let schedule = waypost_schedule::read(&definition)
            .inspect_err(|problems| {
                let problem = problems.first().map(Problem::to_string).unwrap_or_default();
                tracing::error!(schedule = %record.id, problem, "a stored schedule does not read and can't be evaluated");
            })
            .ok();
        Self { record, schedule }
    }

    /// The definition's members.
    #[must_use]
    pub fn definition(&self) -> Map<String, Json> {
        serde_json::from_str(&self.record.definition).unwrap_or_default()
    }
}

/// What a schedule is to be.
#[derive(Clone, Debug)]
pub struct ScheduleSpec {
    /// The name.
    pub name: String,
    /// The description.
    pub description: String,
    /// The definition's members. Without `emergency` the switch stays as it is.
    pub definition: Map<String, Json>,
}

impl ScheduleSpec {
    /// The name and the definition, in one form.
    ///
    /// # Errors
    /// Every problem.
    pub fn read(&self, before: Option<&KnownSchedule>) -> Result<(String, Arc<str>), AppError> {
        let mut definition = self.definition.clone();
        // Whoever changes the hours, or applies them from a folder, did not mean to end an emergency.
        let switch = before.and_then(|before| before.definition().shift_remove(EMERGENCY));
        if let Some(switch) = switch.filter(|_| !definition.contains_key(EMERGENCY)) {
            definition.insert(EMERGENCY.to_owned(), switch);
        }
        match (named("name", &self.name), written(definition)) {
            (Ok(name), Ok(definition)) => Ok((name, definition)),
            (Err(AppError::Invalid(mut problems)), Err(AppError::Invalid(more))) => {
                problems.extend(more);
                Err(AppError::Invalid(problems))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// A definition that reads, as it is stored.
fn written(definition: Map<String, Json>) -> Result<Arc<str>, AppError> {
    let schedule = waypost_schedule::read(&Json::Object(definition))
        .map_err(|problems| AppError::Invalid(problems.into_iter().map(diagnosed).collect()))?;
    let text = serde_json::to_string(schedule.definition()).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(text.into())
}

/// A problem of a definition in the words of all others.
#[must_use]
pub fn diagnosed(problem: Problem) -> Diagnostic {
    Diagnostic {
        expected: problem.expected,
        suggestion: problem.suggestion,
        ..Diagnostic::error(Code::InvalidValue, problem.path, problem.message)
    }
}

impl LiveCatalogue {
    /// All schedules, in no order.
    pub fn schedules(&self) -> Vec<Arc<KnownSchedule>> {
        self.world().schedules.values().cloned().collect()
    }

    /// A schedule.
    ///
    /// # Errors
    /// Not found.
    pub fn schedule(&self, id: ScheduleId) -> Result<Arc<KnownSchedule>, AppError> {
        self.world().schedules.get(&id).cloned().ok_or_else(|| not_found("schedule", id))
    }

    /// What a schedule says of an instant.
    ///
    /// # Errors
    /// Not found, or it does not read.
    pub fn evaluate(&self, id: ScheduleId, at: Timestamp) -> Result<Standing, AppError> {
        let known = self.schedule(id)?;
        let broken = || StoreError::Inconsistent { table: "schedules", detail: format!("{id}: the definition") };
        Ok(known.schedule.as_ref().ok_or_else(broken)?.at(at))
    }

    /// Makes a schedule.
    ///
    /// # Errors
    /// Every problem found, a name that is taken, or the store.
    pub async fn create_schedule(&self, actor: &str, spec: &ScheduleSpec) -> Result<Arc<KnownSchedule>, AppError> {
        let (name, definition) = spec.read(None)?;
        let now = Timestamp::now();
        let schedule = ScheduleRecord {
            id: ScheduleId(Uuid::new_v4()),
            folded_name: document::fold_name(&name),
            name,
            description: spec.description.clone(),
            definition,
            revision: 1,
            created_at: now,
            created_by: actor.to_owned(),
            modified_at: now,
        };
        self.change(actor, |world: &World| Ok(Some(put(world, schedule.clone())?))).await?;
        tracing::info!(actor, schedule = %schedule.id, "schedule created");
        self.schedule(schedule.id)
    }

    /// Replaces what is said of a schedule. It says the same to flows as ever: they need no checking.
    ///
    /// # Errors
    /// Not found, another revision, every problem found, a name that is taken, or the store.
    pub async fn update_schedule(
        &self,
        by: By<'_>,
        id: ScheduleId,
        spec: &ScheduleSpec,
        revision: Option<u64>,
    ) -> Result<Arc<KnownSchedule>, AppError> {
        self.alter(by, id, revision, |before| {
            let (name, definition) = spec.read(Some(before))?;
            let (folded_name, description) = (document::fold_name(&name), spec.description.clone());
            Ok(ScheduleRecord { name, folded_name, description, definition, ..before.record.clone() })
        })
        .await
    }

    /// Switches a schedule's emergency on or off.
    ///
    /// # Errors
    /// Not found, another revision, a reason that can't be one, or the store.
    pub async fn switch_emergency(
        &self,
        by: By<'_>,
        id: ScheduleId,
        active: bool,
        reason: Option<String>,
        revision: Option<u64>,
    ) -> Result<Arc<KnownSchedule>, AppError> {
        let mut switch = Map::from_iter([("active".to_owned(), Json::from(active))]);
        switch.extend(reason.map(|reason| ("reason".to_owned(), reason.into())));
        self.alter(by, id, revision, |before| {
            let mut definition = before.definition();
            definition.insert(EMERGENCY.to_owned(), switch.clone().into());
            Ok(ScheduleRecord { definition: written(definition)?, ..before.record.clone() })
        })
        .await
    }

    async fn alter(
        &self,
        by: By<'_>,
        id: ScheduleId,
        revision: Option<u64>,
        change: impl Fn(&KnownSchedule) -> Result<ScheduleRecord, AppError>,
    ) -> Result<Arc<KnownSchedule>, AppError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let before = world.schedules.get(&id).ok_or_else(|| not_found("schedule", id))?;
            let current = before.record.revision;
            if revision.is_some_and(|revision| revision != current) {
                return Err(AppError::Stale { kind: "schedule", current });
            }
            let revision = current.saturating_add(1);
            let record = ScheduleRecord { revision, modified_at: Timestamp::now(), ..change(before)? };
            if turn.commit(put(&world, record)?).await?.is_some() {
                break;
            }
        }
        tracing::info!(actor = by.actor, schedule = %id, "schedule changed");
        self.schedule(id)
    }

    /// Deletes a schedule that no flow uses.
    ///
    /// # Errors
    /// Not found, in use (with every user), or the store.
    pub async fn delete_schedule(&self, actor: &str, id: ScheduleId) -> Result<(), AppError> {
        self.change(actor, |world: &World| {
            let schedule = world.schedules.get(&id).ok_or_else(|| not_found("schedule", id))?;
            let users = flow_users(world, &id.into());
            if !users.is_empty() {
                return Err(AppError::InUse { kind: "schedule", name: schedule.record.name.clone(), users });
            }
            Ok(Some(simple(world, CatalogueChange::DeleteSchedule(id), ())))
        })
        .await?;
        tracing::info!(actor, schedule = %id, "schedule deleted");
        Ok(())
    }
}

/// A schedule that takes nobody's name.
fn put(world: &World, schedule: ScheduleRecord) -> Result<Planned<()>, AppError> {
    match world.schedule_named(&schedule.folded_name) {
        Some(holder) if holder.record.id != schedule.id => {
            Err(AppError::NameTaken { kind: "schedule", name: schedule.name, holder: holder.record.id.to_string() })
        }
        _ => Ok(simple(world, CatalogueChange::PutSchedule(schedule), ())),
    }
}
