//! Flows as clients want to see them.

use std::sync::Arc;

use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::interface::Interface;
use waypost_ids::FlowId;
use waypost_store::records::catalogue::{FlowRecord, VersionRecord};

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::versions::content_read_back;
use crate::world::World;

/// A flow with what clients want to see of it.
#[derive(Clone, Debug)]
pub struct FlowView {
    /// The flow.
    pub record: Arc<FlowRecord>,
    /// The published version, or else the newest, with names as they are now; none if the flow has no content.
    pub content: Option<Arc<VersionRecord>>,
    /// The versions that the flow names, with all that is known of them.
    pub versions: Vec<Arc<VersionRecord>>,
    /// What callers see of the published version.
    pub interface: Option<Arc<Interface>>,
    /// Warnings about the published version.
    pub warnings: Vec<Diagnostic>,
}

impl LiveCatalogue {
    /// A flow.
    ///
    /// # Errors
    /// Not found, deleted, or the store.
    pub async fn flow(&self, id: FlowId) -> Result<FlowView, ChangeError> {
        let world = self.world();
        match world.flows.get(&id) {
            Some(record) => self.view(&world, record.clone()).await,
            None => Err(self.absent(id).await?),
        }
    }

    /// All flows that are not deleted, in no order.
    pub fn flows(&self) -> Vec<Arc<FlowRecord>> {
        self.world().flows.values().cloned().collect()
    }

    /// Deleted flows.
    ///
    /// # Errors
    /// The store.
    pub async fn deleted_flows(&self) -> Result<Vec<FlowRecord>, ChangeError> {
        Ok(self.store.deleted_flows().await?)
    }

    /// The published version of a flow; none if nothing is published.
    ///
    /// # Errors
    /// The store.
    pub async fn published_version(&self, record: &FlowRecord) -> Result<Option<Arc<VersionRecord>>, ChangeError> {
        match record.published {
            None => Ok(None),
            Some(version) => self.version_at(&self.world(), record.id, version).await,
        }
    }

    /// The versions that a flow names: the published one, the newest, and the newest that is checked in.
    ///
    /// # Errors
    /// The store.
    pub async fn versions_of(&self, record: &FlowRecord) -> Result<Vec<Arc<VersionRecord>>, ChangeError> {
        self.versions_in(&self.world(), record).await
    }

    async fn versions_in(&self, world: &World, record: &FlowRecord) -> Result<Vec<Arc<VersionRecord>>, ChangeError> {
        let mut numbers: Vec<_> =
            [record.published, record.saved(), record.checked_in()].into_iter().flatten().collect();
        numbers.sort_unstable();
        numbers.dedup();
        let mut versions = Vec::with_capacity(numbers.len());
        for number in numbers {
            versions.extend(self.version_at(world, record.id, number).await?);
        }
        Ok(versions)
    }

    pub(super) async fn view(&self, world: &World, record: Arc<FlowRecord>) -> Result<FlowView, ChangeError> {
        let versions = self.versions_in(world, &record).await?;
        let shown = record.published.or(record.saved());
        let content = versions.iter().find(|version| Some(version.version) == shown).map(|version| {
            let content = content_read_back(world, version);
            Arc::new(VersionRecord { content, ..(**version).clone() })
        });
        let checked = world.published(record.id);
        Ok(FlowView {
            record,
            content,
            versions,
            interface: checked.as_ref().map(|checked| checked.interface.clone()),
            warnings: checked.map(|checked| checked.diagnostics.clone()).unwrap_or_default(),
        })
    }
}
