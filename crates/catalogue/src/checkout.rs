//! Flows checked out: while a client holds a flow, nobody else may change it.

use std::sync::Arc;

use waypost_flow::document::{self, Document};
use waypost_flow::source;
use waypost_ids::FlowId;
use waypost_store::error::StoreError;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{EventKind, FlowLock, FlowRecord};
use waypost_store::revisions::Revisions;

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::flows::{FlowView, Saving, Wanted, touch};
use crate::names::Names;
use crate::plan::Edit;
use crate::refusals::refuse_held;
use crate::world::World;

impl LiveCatalogue {
    /// Holds a flow for the client that asks (idempotent).
    ///
    /// # Errors
    /// Not found, stale, held by another client, or the store.
    pub async fn check_out(
        &self,
        by: By<'_>,
        id: FlowId,
        if_match: Option<&Revisions>,
    ) -> Result<FlowView, ChangeError> {
        self.edit(by, id, if_match, "checked out", |world, record| {
            refuse_held(world, record, by)?;
            if record.lock.is_some() {
                return Ok(None);
            }
            let client = by.actor.to_owned();
            record.lock = Some(FlowLock { client, at: self.origin.now(), base: record.newest });
            Ok(Some((EventKind::CheckedOut, None)))
        })
        .await
    }

    /// Gives a flow back, with what was saved meanwhile. A flow that nobody holds is well.
    ///
    /// # Errors
    /// Not found, stale, held by another client, or the store.
    pub async fn check_in(
        &self,
        by: By<'_>,
        id: FlowId,
        if_match: Option<&Revisions>,
    ) -> Result<FlowView, ChangeError> {
        self.edit(by, id, if_match, "checked in", |_, record| {
            Ok(record.lock.take().map(|_| (EventKind::CheckedIn, record.saved())))
        })
        .await
    }

    /// Takes a flow from whoever holds it.
    ///
    /// # Errors
    /// Not found, stale, or the store.
    pub async fn unlock(&self, by: By<'_>, id: FlowId, if_match: Option<&Revisions>) -> Result<FlowView, ChangeError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let mut record = self.current(&world, id, if_match).await?;
            if record.lock.take().is_none() {
                break;
            }
            touch(&mut record, self.origin.now());
            let mut edit = Edit { regardless_of_lock: true, ..Edit::of(record) };
            edit.event(by, EventKind::Unlocked, None);
            let planned = self.plan(&world, by, vec![edit], ()).await?;
            if turn.commit(planned).await?.is_some() {
                tracing::info!(actor = by.actor, flow = %id, "flow unlocked");
                break;
            }
        }
        drop(turn);
        self.flow(id).await
    }

    /// Gives a flow back as it was when it was checked out: what was saved since stays as versions, but what was newest then is
    /// saved anew as the newest (of a flow that had no content, one that does nothing). What is published does not change. A flow that nobody holds is well.
    ///
    /// # Errors
    /// Not found, stale, held by another client, or the store.
    pub async fn revert(&self, by: By<'_>, id: FlowId, if_match: Option<&Revisions>) -> Result<FlowView, ChangeError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let mut record = self.current(&world, id, if_match).await?;
            let Some(lock) = record.lock.take() else { break };
            refuse_held(&world, &record, by)?;
            let mut edit = match self.as_it_was(&world, &record, &lock, by).await? {
                Some(edit) => edit,
                None => {
                    touch(&mut record, self.origin.now());
                    Edit::of(record)
                }
            };
            edit.event(by, EventKind::Reverted, None);
            let planned = self.plan(&world, by, vec![edit], ()).await?;
            if turn.commit(planned).await?.is_some() {
                tracing::info!(actor = by.actor, flow = %id, "flow reverted");
                break;
            }
        }
        drop(turn);
        self.flow(id).await
    }

    /// The base of a lock as a new draft, if others were saved since.
    async fn as_it_was(
        &self,
        world: &World,
        record: &FlowRecord,
        lock: &FlowLock,
        by: By<'_>,
    ) -> Result<Option<Edit>, ChangeError> {
        if lock.base == record.newest {
            return Ok(None);
        }
        let content = match lock.base {
            0 => {
                let (name, flow_type) = (record.name.clone(), record.type_as_written.clone());
                Document { name, flow_type, ..Document::default() }
            }
            base => {
                let unreadable = |detail: String| StoreError::Inconsistent { table: "flow_versions", detail };
                let Some(base) = self.version_at(world, record.id, base).await? else { return Ok(None) };
                let node = source::json(&base.content).map_err(|error| unreadable(error.message))?;
                document::read(&node).document.ok_or_else(|| unreadable("it does not read".to_owned()))?
            }
        };
        let wanted = Wanted { metadata: document::Metadata::default(), content: Some(Arc::new(content)) };
        let names = Names::after(world, std::iter::empty(), std::iter::empty());
        self.edit_for((world, &names), record.clone(), &wanted, by, Saving::Draft).await
    }
}
