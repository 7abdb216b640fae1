//! Who uses whom: what each loaded version names, and the other way round. It is kept with the world, so that questions
//! about a flow with thousands of callers are look-ups.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use waypost_flow::actions::facts::Named;
use waypost_flow::document::{self, Document};
use waypost_flow::program::Selector;
use waypost_ids::{FlowId, Kind, Ref};
use waypost_store::records::catalogue::Bindings;

use crate::world::{VersionKey, World};

/// One place that names something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Use {
    /// The place, such as `nodes[0].actions[1]` or `end`.
    pub path: Arc<str>,
    /// The action's type, or `end`.
    pub action: &'static str,
    /// What is named; a term as it is written.
    pub target: Ref,
    /// Which version of a flow.
    pub selector: Option<Selector>,
}

impl Use {
    /// The flow that is named, and which of its versions.
    #[must_use]
    pub fn call(&self) -> Option<(FlowId, &Selector)> {
        Some((self.target.flow()?, self.selector.as_ref()?))
    }

    /// The version that is pinned.
    #[must_use]
    pub fn pin(&self) -> Option<VersionKey> {
        match self.call()? {
            (flow, Selector::Version(version)) => Some((flow, *version)),
            _ => None,
        }
    }
}

/// What all loaded versions name. What can't be resolved stands in their problems, not here.
#[derive(Clone, Debug, Default)]
pub struct Usage {
    uses: HashMap<VersionKey, Arc<[Use]>>,
    users: HashMap<Ref, Arc<BTreeSet<VersionKey>>>,
}

impl Usage {
    /// Notes what a version names.
    pub fn insert(&mut self, key: VersionKey, uses: Vec<Use>) {
        self.remove(key);
        for one in &uses {
            Arc::make_mut(self.users.entry(one.target.clone()).or_default()).insert(key);
        }
        self.uses.insert(key, uses.into());
    }

    /// Forgets a version.
    pub fn remove(&mut self, key: VersionKey) {
        for one in self.uses.remove(&key).iter().flat_map(|uses| uses.iter()) {
            let Some(users) = self.users.get_mut(&one.target) else { continue };
            Arc::make_mut(users).remove(&key);
            if users.is_empty() {
                self.users.remove(&one.target);
            }
        }
    }

    /// What a version names, in written order.
    #[must_use]
    pub fn of(&self, key: VersionKey) -> &[Use] {
        self.uses.get(&key).map_or(&[], |uses| uses)
    }

    /// The loaded versions that name something.
    pub fn users(&self, used: &Ref) -> impl Iterator<Item = VersionKey> + use<'_> {
        self.users.get(used).into_iter().flat_map(|users| users.iter().copied())
    }

    /// The places in a version that name something.
    pub fn places<'u>(&'u self, key: VersionKey, used: &'u Ref) -> impl Iterator<Item = &'u Use> {
        self.of(key).iter().filter(move |one| one.target == *used)
    }
}

/// What a document names, as far as it can be resolved.
pub fn uses(document: &Document, world: &World, bindings: &Bindings) -> Vec<Use> {
    let object = |found: Option<Ref>| found.map(|object| (object, None));
    let queue = |written: &str| object(world.resolve_queue(written, bindings).map(Ref::from));
    let mut uses = Vec::new();
    for (path, action) in document.actions() {
        for named in action.kind.facts().names {
            let found = match named {
                Named::Flow(reference) => {
                    let flow = world.resolve_flow(reference, bindings);
                    flow.and_then(|flow| Some((Ref::from(flow), Some(reference.selector()?))))
                }
                Named::Queue(written) => queue(written),
                Named::ComputedQueue => object(Some(Ref::any(Kind::Queue))),
                Named::Table(written) => object(world.resolve_table(written, bindings).map(Ref::from)),
                Named::Schedule(written) => object(world.resolve_schedule(written, bindings).map(Ref::from)),
                Named::Webhook(written) => object(world.resolve_webhook(written, bindings).map(Ref::from)),
                Named::DataAction(written) => object(world.resolve_data_action(written, bindings).map(Ref::from)),
                // Whether it is declared may change while the flow does not.
                Named::Term(term, written) => object(Some(Ref::written(term, &document::fold_name(written)))),
            };
            let action = action.kind.type_name();
            uses.extend(found.map(|(target, selector)| Use { path: path.as_str().into(), action, target, selector }));
        }
    }
    if let Some((target, selector)) = document.end.queue.as_deref().and_then(queue) {
        uses.push(Use { path: "end".into(), action: "end", target, selector });
    }
    uses
}
