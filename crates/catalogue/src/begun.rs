//! What a run goes on with that has waited: the flows and labels that it began with, beside everything else as it is now.

use std::collections::BTreeSet;
use std::sync::Arc;

use waypost_flow::link::{FlowSet, Snapshot};
use waypost_ids::FlowId;
use waypost_store::error::StoreError;

use crate::data_actions::KnownDataAction;
use crate::error::ChangeError;
use crate::versions::VersionName;
use crate::world::{Loaded, World};
use crate::{Live, LiveCatalogue};

impl LiveCatalogue {
    /// The versions of a set, as they are stored; none if a flow of it was deleted meanwhile.
    ///
    /// # Errors
    /// The store.
    pub async fn loaded_of_set(&self, live: &Live, set: &FlowSet) -> Result<Option<Vec<Arc<Loaded>>>, StoreError> {
        let mut versions = Vec::new();
        for (flow, version) in &set.versions {
            match self.version_named_in(&live.world, *flow, &VersionName::Number(*version)).await {
                Ok(loaded) => versions.push(loaded),
                Err(ChangeError::Store(error)) => return Err(error),
                Err(_) => return Ok(None),
            }
        }
        Ok(Some(versions))
    }
}

impl World {
    /// The snapshot that a run began with, made anew of its versions: they are checked against each other, and against the objects of
    /// today. A data action that was deleted is what it was then, and answers that it is gone. None if one of them can't run any more, as
    /// when a queue was deleted.
    pub fn snapshot_of(&self, set: &FlowSet, versions: Vec<Arc<Loaded>>) -> Option<Snapshot> {
        let mut then = self.without_flows();
        let flows: BTreeSet<FlowId> = set.versions.iter().map(|(flow, _)| *flow).collect();
        for flow in flows {
            let mut record = (**self.flows.get(&flow)?).clone();
            record.published = set.published.get(&flow).copied();
            record.labels = set.labels.get(&flow).cloned().unwrap_or_default();
            then.put_flow(record);
        }
        for (id, called) in &set.data_actions {
            if !then.data_actions.contains_key(id) {
                then.data_actions.put(KnownDataAction::deleted(*id, called));
            }
        }
        versions.into_iter().for_each(|version| then.add(version));
        let snapshot = then.snapshot();
        set.versions.iter().all(|(flow, version)| snapshot.program(*flow, *version).is_some()).then_some(snapshot)
    }
}
