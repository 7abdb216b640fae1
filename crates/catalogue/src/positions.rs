//! Where people draw the nodes of a flow: the same for everybody who looks at it, and no part of any version.

use waypost_ids::FlowId;
use waypost_store::records::annotations::{Positions, PositionsChange};

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::texts::refused;

impl LiveCatalogue {
    /// Where a flow's nodes are drawn, as far as people moved them. Nodes of drafts and of other versions may be among them.
    ///
    /// # Errors
    /// Not found, deleted, or the store.
    pub async fn positions(&self, id: FlowId) -> Result<Positions, ChangeError> {
        if !self.world().flows.contains_key(&id) {
            return Err(self.absent(id).await?);
        }
        Ok(self.store.positions(id).await?)
    }

    /// Sets and removes positions, and answers all of them. Those of other nodes stay, whoever moves them at the same time.
    ///
    /// # Errors
    /// Not found, deleted, held by another client, too many, or the store.
    pub async fn place_nodes(
        &self,
        actor: &str,
        id: FlowId,
        change: PositionsChange,
    ) -> Result<Positions, ChangeError> {
        self.store.set_positions(id, actor, change).await.map_err(|error| refused(id, error))
    }
}
