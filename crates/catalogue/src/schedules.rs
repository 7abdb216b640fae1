//! Schedules as objects of the catalogue.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document;
use waypost_ids::{Kind, Ref, ScheduleId};
use waypost_schedule::{Problem, Schedule, Standing};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::ObjectRecord;
use waypost_store::records::tables::ScheduleRecord;

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::object::{Making, Object, named, not_found, present};
use crate::shelf::Shelf;
use crate::world::World;

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
    /// The definition's members.
    #[must_use]
    pub fn definition(&self) -> Map<String, Json> {
        serde_json::from_str(&self.record.definition).unwrap_or_default()
    }
}

/// What a schedule is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
    pub fn read(&self, before: Option<&KnownSchedule>) -> Result<(String, Arc<str>), ChangeError> {
        let mut definition = self.definition.clone();
        // Whoever changes the hours, or applies them from a folder, did not mean to end an emergency.
        let switch = before.and_then(|before| before.definition().shift_remove(EMERGENCY));
        if let Some(switch) = switch.filter(|_| !definition.contains_key(EMERGENCY)) {
            definition.insert(EMERGENCY.to_owned(), switch);
        }
        match (named("name", &self.name).map_err(ChangeError::from), written(definition)) {
            (Ok(name), Ok(definition)) => Ok((name, definition)),
            (Err(ChangeError::Invalid(mut problems)), Err(ChangeError::Invalid(more))) => {
                problems.extend(more);
                Err(ChangeError::Invalid(problems))
            }
            (Err(error), _) | (_, Err(error)) => Err(error),
        }
    }
}

/// A definition that reads, as it is stored.
fn written(definition: Map<String, Json>) -> Result<Arc<str>, ChangeError> {
    let schedule = waypost_schedule::read(&Json::Object(definition))
        .map_err(|problems| ChangeError::Invalid(problems.into_iter().map(Diagnostic::from).collect()))?;
    let text = serde_json::to_string(schedule.definition()).map_err(|error| StoreError::Failed(error.to_string()))?;
    Ok(text.into())
}

/// What is to become of a schedule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum ScheduleEdit {
    /// All of it is to be so.
    Replace(ScheduleSpec),
    /// Its emergency is to be switched, and the rest stays.
    Emergency {
        /// Whether it is on.
        active: bool,
        /// Why.
        reason: Option<String>,
    },
}

impl ScheduleEdit {
    /// Name, description and definition since.
    fn read(&self, before: Option<&KnownSchedule>) -> Result<(String, String, Arc<str>), ChangeError> {
        match self {
            Self::Replace(spec) => {
                let (name, definition) = spec.read(before)?;
                Ok((name, spec.description.clone(), definition))
            }
            Self::Emergency { active, reason } => {
                let before = before.ok_or_else(|| not_found("schedule", ""))?;
                let mut switch = Map::from_iter([("active".to_owned(), Json::from(*active))]);
                switch.extend(reason.clone().map(|reason| ("reason".to_owned(), reason.into())));
                let mut definition = before.definition();
                definition.insert(EMERGENCY.to_owned(), switch.into());
                Ok((before.record.name.clone(), before.record.description.clone(), written(definition)?))
            }
        }
    }
}

/// Schedules say the same to flows as ever: a change needs no checking.
impl Object for KnownSchedule {
    const KIND: Kind = Kind::Schedule;

    type Id = ScheduleId;
    type Record = ScheduleRecord;
    type Spec = ScheduleEdit;

    fn new(record: ScheduleRecord) -> Self {
        let definition = serde_json::from_str(&record.definition).unwrap_or_default();
        let schedule = waypost_schedule::read(&definition)
            .inspect_err(|problems| {
                let problem = problems.first().map(Problem::to_string).unwrap_or_default();
                tracing::error!(schedule = %record.id, problem, "a stored schedule can't be read or evaluated");
            })
            .ok();
        Self { record, schedule }
    }

    fn record(&self) -> &ScheduleRecord {
        &self.record
    }

    fn stored(record: &ObjectRecord) -> Option<&ScheduleRecord> {
        record.try_into().ok()
    }

    fn id(record: &ScheduleRecord) -> ScheduleId {
        record.id
    }

    fn id_of(object: &Ref) -> ScheduleId {
        ScheduleId(object.uuid())
    }

    fn object_of(id: &ScheduleId) -> Ref {
        (*id).into()
    }

    fn name(record: &ScheduleRecord) -> String {
        record.name.clone()
    }

    fn name_wanted(edit: &ScheduleEdit) -> String {
        match edit {
            ScheduleEdit::Replace(spec) => spec.name.clone(),
            ScheduleEdit::Emergency { .. } => String::new(),
        }
    }

    fn revision(record: &ScheduleRecord) -> u64 {
        record.revision
    }

    fn audited(record: &ScheduleRecord) -> Json {
        let definition: Json = serde_json::from_str(&record.definition).unwrap_or_default();
        present(json!({ "name": record.name, "description": record.description, "definition": definition }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.schedules
    }

    fn make(edit: &ScheduleEdit, making: &Making<'_>, before: Option<&Self>) -> Result<ScheduleRecord, ChangeError> {
        let (name, description, definition) = edit.read(before)?;
        let before = before.map(|before| &before.record);
        Ok(ScheduleRecord {
            id: before.map_or_else(|| ScheduleId(making.origin.id()), |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            description,
            definition,
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            created_at: before.map_or(making.now, |before| before.created_at),
            created_by: before.map_or_else(|| making.actor.to_owned(), |before| before.created_by.clone()),
            modified_at: making.now,
        })
    }
}

impl LiveCatalogue {
    /// What a schedule says of an instant.
    ///
    /// # Errors
    /// Not found, or it does not read.
    pub fn evaluate(&self, id: ScheduleId, at: Timestamp) -> Result<Standing, ChangeError> {
        let known: Arc<KnownSchedule> = self.object(&id)?;
        let broken = || StoreError::Inconsistent { table: "schedules", detail: format!("{id}: the definition") };
        Ok(known.schedule.as_ref().ok_or_else(broken)?.at(at))
    }
}
