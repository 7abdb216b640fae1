//! Who uses whom: what each loaded version names, and the other way round. It is kept with the world, so that questions
//! about a flow with thousands of callers are look-ups.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use waypost_flow::actions::facts::Named;
use waypost_flow::document::Document;
use waypost_flow::program::Selector;
use waypost_ids::{FlowId, QueueId, ScheduleId, TableId};
use waypost_store::records::catalogue::Bindings;

use super::world::{VersionKey, World};

/// What a version names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A flow, and which of its versions.
    Flow(FlowId, Selector),
    /// A queue.
    Queue(QueueId),
    /// A queue that is decided at run time.
    AnyQueue,
    /// A data table.
    Table(TableId),
    /// A schedule.
    Schedule(ScheduleId),
}

/// One place that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The place, such as `nodes[0].actions[1]` or `end`.
    pub path: Arc<str>,
    /// The action's type, or `end`.
    pub action: &'static str,
    /// What is named.
    pub target: Target,
}

/// Something that can be used, whatever its version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Used {
    /// A flow.
    Flow(FlowId),
    /// A queue.
    Queue(QueueId),
    /// Whichever queue is decided at run time.
    AnyQueue,
    /// A data table.
    Table(TableId),
    /// A schedule.
    Schedule(ScheduleId),
}

impl Target {
    /// The thing itself.
    #[must_use]
    pub fn used(&self) -> Used {
        match self {
            Self::Flow(flow, _) => Used::Flow(*flow),
            Self::Queue(queue) => Used::Queue(*queue),
            Self::AnyQueue => Used::AnyQueue,
            Self::Table(table) => Used::Table(*table),
            Self::Schedule(schedule) => Used::Schedule(*schedule),
        }
    }
}

/// What all loaded versions name. What can't be resolved stands in their problems, not here.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    uses: HashMap<VersionKey, Arc<[Use]>>,
    users: HashMap<Used, Arc<BTreeSet<VersionKey>>>,
}

impl Usage {
    /// Notes what a version names.
    pub fn insert(&mut self, key: VersionKey, uses: Vec<Use>) {
        self.remove(key);
        for one in &uses {
            Arc::make_mut(self.users.entry(one.target.used()).or_default()).insert(key);
        }
        self.uses.insert(key, uses.into());
    }

    /// Forgets a version.
    pub fn remove(&mut self, key: VersionKey) {
        for one in self.uses.remove(&key).iter().flat_map(|uses| uses.iter()) {
            let used = one.target.used();
            let Some(users) = self.users.get_mut(&used) else { continue };
            Arc::make_mut(users).remove(&key);
            if users.is_empty() {
                self.users.remove(&used);
            }
        }
    }

    /// What a version names, in written order.
    #[must_use]
    pub fn of(&self, key: VersionKey) -> &[Use] {
        self.uses.get(&key).map_or(&[], |uses| uses)
    }

    /// The loaded versions that name something.
    pub fn users(&self, used: Used) -> impl Iterator<Item = VersionKey> + '_ {
        self.users.get(&used).into_iter().flat_map(|users| users.iter().copied())
    }

    /// The places in a version that name something.
    pub fn places(&self, key: VersionKey, used: Used) -> impl Iterator<Item = &Use> {
        self.of(key).iter().filter(move |one| one.target.used() == used)
    }
}

/// What a document names, as far as it can be resolved.
pub fn uses(document: &Document, world: &World, bindings: &Bindings) -> Vec<Use> {
    let queue = |written: &str| world.resolve_queue(written, bindings).map(Target::Queue);
    let mut uses = Vec::new();
    for (path, action) in document.actions() {
        for named in action.kind.facts().names {
            let target = match named {
                Named::Flow(reference) => {
                    let flow = world.resolve_flow(reference, bindings);
                    flow.and_then(|flow| Some(Target::Flow(flow, reference.selector()?)))
                }
                Named::Queue(written) => queue(written),
                Named::ComputedQueue => Some(Target::AnyQueue),
                Named::Table(written) => world.resolve_table(written, bindings).map(Target::Table),
                Named::Schedule(written) => world.resolve_schedule(written, bindings).map(Target::Schedule),
            };
            let place = |target| Use { path: path.as_str().into(), action: action.kind.type_name(), target };
            uses.extend(target.map(place));
        }
    }
    if let Some(target) = document.end.queue.as_deref().and_then(queue) {
        uses.push(Use { path: "end".into(), action: "end", target });
    }
    uses
}
