//! Queues as objects of the catalogue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Kind, QueueId, Ref};
use waypost_store::error::{OccupiedQueue, StoreError};
use waypost_store::records::audit::{By, SERVER};
use waypost_store::records::catalogue::{ObjectRecord, QueueRecord, read_service_level};
use waypost_store::records::queues::DepthOf;

use crate::LiveCatalogue;
use crate::delivering::deliver_to;
use crate::error::{ChangeError, InUse, User};
use crate::object::{Making, Object, found, named, present, revision_of};
use crate::shelf::Shelf;
use crate::world::{UNROUTED, World};

/// What a queue is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct QueueSpec {
    /// The name.
    pub name: String,
    /// Further members: how soon work is to be taken, where it is delivered, and what is only kept.
    pub extra: Map<String, Json>,
    /// Whether the server makes it for itself.
    pub built_in: bool,
}

impl QueueSpec {
    /// A queue of that name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

impl Object for QueueRecord {
    const KIND: Kind = Kind::Queue;

    type Id = QueueId;
    type Record = Self;
    type Spec = QueueSpec;

    fn new(record: Self) -> Self {
        record
    }

    fn record(&self) -> &Self {
        self
    }

    fn stored(record: &ObjectRecord) -> Option<&Self> {
        record.try_into().ok()
    }

    fn id(record: &Self) -> QueueId {
        record.id
    }

    fn id_of(object: &Ref) -> QueueId {
        QueueId(object.uuid())
    }

    fn object_of(id: &QueueId) -> Ref {
        (*id).into()
    }

    fn name(record: &Self) -> String {
        record.name.clone()
    }

    fn name_wanted(spec: &QueueSpec) -> String {
        spec.name.clone()
    }

    fn revision(record: &Self) -> u64 {
        revision_of(&Self::audited(record), record.modified_at)
    }

    fn audited(record: &Self) -> Json {
        present(json!({ "name": record.name, "more": record.extra }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.queues
    }

    fn make(spec: &QueueSpec, making: &Making<'_>, before: Option<&Self>) -> Result<Self, ChangeError> {
        let name = named("name", &spec.name)?;
        let mut problems = Vec::new();
        let level = spec.extra.get(Self::SERVICE_LEVEL);
        if let Some(level) = level.filter(|level| level.as_str().and_then(read_service_level).is_none()) {
            let problem = Diagnostic::error(Code::InvalidValue, Self::SERVICE_LEVEL, "this is not a service level");
            problems.push(problem.expected("an ISO 8601 duration, such as PT4H or P1D").found(found(level)));
        }
        let mut extra = spec.extra.clone();
        if let Some(written) = extra.shift_remove(Self::DELIVER_TO).filter(|written| !written.is_null()) {
            let delivers =
                deliver_to(making.world, &written, &mut problems).and_then(|to| serde_json::to_value(to).ok());
            extra.extend(delivers.map(|to| (Self::DELIVER_TO.to_owned(), to)));
        }
        if !problems.is_empty() {
            return Err(ChangeError::Invalid(problems));
        }
        if let Some(before) = before.filter(|before| before.built_in && before.name != name) {
            return Err(ChangeError::Protected(format!("the queue `{}` is built in and keeps its name", before.name)));
        }
        Ok(Self {
            id: before.map_or_else(|| QueueId(making.origin.id()), |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            built_in: before.map_or(spec.built_in, |before| before.built_in),
            extra,
            created_at: before.map_or(making.now, |before| before.created_at),
            modified_at: making.now,
        })
    }

    fn deletable(&self) -> Result<(), ChangeError> {
        if self.built_in {
            return Err(ChangeError::Protected(format!("the queue `{}` is built in", self.name)));
        }
        Ok(())
    }
}

impl LiveCatalogue {
    /// Makes the built-in queue, if it is not there.
    ///
    /// # Errors
    /// The store.
    pub async fn ensure_built_in(&self) -> Result<(), ChangeError> {
        let spec = QueueSpec { built_in: true, ..QueueSpec::named(UNROUTED) };
        self.ensure::<QueueRecord>(By { actor: SERVER, note: None }, spec).await
    }

    /// Queues that can't be deleted for the work that stands in them. What stood in a queue that is gone could not be claimed.
    pub(crate) async fn occupied(&self, found: Vec<OccupiedQueue>) -> Result<ChangeError, StoreError> {
        let world = self.world();
        let asked: Vec<DepthOf> = found.iter().map(|one| DepthOf { queue: one.queue, late_before: None }).collect();
        let depths = self.store.depths(&asked).await?;
        let told = found.into_iter().zip(depths).map(|(OccupiedQueue { queue, work }, depth)| {
            let name = world.queues.get(&queue).map_or_else(|| queue.to_string(), |queue| queue.name.clone());
            let user = User { kind: "interaction", id: work.id.to_string(), name: work.subject, path: String::new() };
            InUse { kind: "queue", name, users: vec![user], waiting: Some(depth.waiting) }
        });
        Ok(ChangeError::InUse(told.collect()))
    }
}
