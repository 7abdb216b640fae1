//! What a replayed change set changes besides flows: runs ask it as it would be, whatever the record says.

use std::collections::HashSet;

use waypost_engine::Question;
use waypost_flow::document;
use waypost_ids::{FlowId, Kind, QueueId, Ref, TableId};

use waypost_catalogue::changesets::Proposed;
use waypost_catalogue::edits::ObjectOutcome;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::World;

/// Objects that a change set changes.
#[derive(Debug, Default)]
pub(super) struct Changed {
    objects: HashSet<Ref>,
    /// Folded names that queues had or would have.
    queues: HashSet<String>,
    /// Rows that tables would have; a table that would be new has none but these.
    pub(super) rows: HeldRows,
}

impl Changed {
    /// What a set changes, with the rows that tables would have.
    pub(super) fn of(proposed: &Proposed, mut rows: HeldRows) -> Self {
        let differ = || proposed.objects.iter().filter(|done| done.outcome != ObjectOutcome::Unchanged);
        let mut objects: HashSet<Ref> = differ().map(|done| done.object.clone()).collect();
        for done in differ().filter(|done| done.outcome == ObjectOutcome::Created && done.object.kind == Kind::Table) {
            let id = TableId(done.object.uuid());
            if !rows.holds(id) {
                rows.hold(id, []);
            }
        }
        objects.extend(rows.tables().map(Ref::from));
        let mut queues = HashSet::new();
        for done in differ().filter(|done| done.object.kind == Kind::Queue) {
            queues.insert(document::fold_name(&done.name));
            let before = proposed.base.world.queues.get(&QueueId(done.object.uuid()));
            queues.extend(before.map(|queue| queue.folded_name.clone()));
        }
        Self { objects, queues, rows }
    }

    /// Whether a question is about something that is changed.
    pub(super) fn asks(&self, question: &Question) -> bool {
        match question {
            Question::LookupTable(asked) => self.has(&asked.table.into()),
            Question::EvaluateSchedule(asked) => self.has(&asked.schedule.into()),
            Question::CallDataAction(asked) => self.has(&asked.data_action.into()),
            Question::FindQueue(asked) => {
                self.queues.contains(&document::fold_name(&asked.name))
                    || asked.name.parse().is_ok_and(|id| self.has(&Ref::new(Kind::Queue, id)))
            }
        }
    }

    /// Whether an object is changed.
    pub(super) fn has(&self, object: &Ref) -> bool {
        self.objects.contains(object)
    }

    /// Flows of a world that name what is changed, a queue that is found by its name at run time included.
    pub(super) fn users(&self, world: &World) -> Vec<FlowId> {
        let found = (!self.queues.is_empty()).then(|| Ref::any(Kind::Queue));
        let used = self.objects.iter().chain(&found);
        used.flat_map(|object| world.usage.users(object)).map(|(flow, _)| flow).collect()
    }
}
