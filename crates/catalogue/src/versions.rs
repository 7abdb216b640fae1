//! Versions of flows, read: one, all, what was done to them, and how two differ in meaning.

use std::sync::Arc;

use serde_json::Value as Json;
use waypost_flow::diff::{self, Difference};
use waypost_flow::document;
use waypost_ids::{FlowId, Version};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::{FlowEvent, FlowRecord, VersionRecord};

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::plan::version_not_found;
use crate::world::{Loaded, World};

/// A version as people name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VersionName {
    /// By its number.
    Number(Version),
    /// What is published.
    Published,
    /// What was saved last, published or not.
    Newest,
    /// What a label names; of a weighted one the first.
    Label(String),
}

impl LiveCatalogue {
    /// One version.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn flow_version(&self, id: FlowId, version: Version) -> Result<VersionRecord, ChangeError> {
        match self.store.version(id, version).await? {
            Some(record) => Ok(record),
            None if self.store.flow(id).await?.is_some() => Err(version_not_found(id, version)),
            None => Err(self.absent(id).await?),
        }
    }

    /// Versions, newest first, and how many there are in all.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn flow_versions(
        &self,
        id: FlowId,
        offset: u64,
        limit: u32,
    ) -> Result<(Vec<VersionRecord>, u64), ChangeError> {
        if self.store.flow(id).await?.is_none() {
            return Err(self.absent(id).await?);
        }
        Ok(self.store.versions(id, offset, limit).await?)
    }

    /// What was done to a flow, newest first, and how many entries there are in all. Deleted flows have a history, too.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn flow_events(&self, id: FlowId, offset: u64, limit: u32) -> Result<(Vec<FlowEvent>, u64), ChangeError> {
        if self.store.flow(id).await?.is_none() {
            return Err(self.absent(id).await?);
        }
        Ok(self.store.flow_events(id, offset, limit).await?)
    }

    /// The document of a version as it is read back: it says what its flow and what it names are called now, and whether the flow is
    /// deprecated.
    #[must_use]
    pub fn read_back(&self, version: &VersionRecord) -> String {
        let world = self.world();
        let content = content_read_back(&world, version);
        let deprecated = world.flows.get(&version.flow_id).and_then(|flow| flow.deprecated.clone());
        let members = deprecated.and_then(|notice| Some((notice, serde_json::from_str(&content).ok()?)));
        let Some((notice, Json::Object(mut members))) = members else { return content.to_string() };
        members.insert("deprecated".to_owned(), if notice.is_empty() { true.into() } else { notice.into() });
        Json::Object(members).to_string()
    }

    /// The version that a name means.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn named_version(&self, id: FlowId, name: &VersionName) -> Result<Arc<Loaded>, ChangeError> {
        self.version_named_in(&self.world(), id, name).await
    }

    /// The version that a name means in a world.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn version_named_in(
        &self,
        world: &World,
        id: FlowId,
        name: &VersionName,
    ) -> Result<Arc<Loaded>, ChangeError> {
        let Some(record) = world.flows.get(&id) else { return Err(self.absent(id).await?) };
        let version = number_of(record, name)?;
        if let Some(loaded) = world.loaded.get(&(id, version)) {
            return Ok(loaded.clone());
        }
        let stored = self.store.version(id, version).await?.ok_or_else(|| version_not_found(id, version))?;
        let loaded = Loaded::read(Arc::new(stored))
            .map_err(|detail| StoreError::Inconsistent { table: "flow_versions", detail })?;
        Ok(Arc::new(loaded))
    }

    /// How two versions differ in meaning: their numbers, and every difference.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn flow_diff(
        &self,
        id: FlowId,
        from: &VersionName,
        to: &VersionName,
    ) -> Result<(Version, Version, Vec<Difference>), ChangeError> {
        let (from, to) = (self.named_version(id, from).await?, self.named_version(id, to).await?);
        let numbers = (from.record.version, to.record.version);
        let differences = self.desk.work(move |_| diff::diff(&from.document, &to.document)).await?;
        Ok((numbers.0, numbers.1, differences))
    }
}

/// The content of a version with names as they are now. One that no longer reads as a document is told as it is.
pub(crate) fn content_read_back(world: &World, version: &VersionRecord) -> Arc<str> {
    let loaded = world.loaded.get(&(version.flow_id, version.version)).cloned();
    match loaded.or_else(|| Loaded::read(Arc::new(version.clone())).ok().map(Arc::new)) {
        Some(loaded) if !world.reads_back_changed(version.flow_id, &loaded.document, &loaded.record.bindings) => {
            version.content.clone()
        }
        Some(loaded) => {
            let document = world.read_back(version.flow_id, &loaded.document, &loaded.record.bindings);
            Arc::from(document::canonical_json(&document))
        }
        None => version.content.clone(),
    }
}

/// The number of the version that a name means.
pub(crate) fn number_of(record: &FlowRecord, name: &VersionName) -> Result<Version, ChangeError> {
    let missing = |what: String| ChangeError::NotFound { kind: "flow version", id: format!("{}/{what}", record.id) };
    match name {
        VersionName::Number(number) if (1..=record.newest).contains(number) => Ok(*number),
        VersionName::Number(number) => Err(missing(number.to_string())),
        VersionName::Published => record.published.ok_or_else(|| missing("published".to_owned())),
        VersionName::Newest if record.newest > 0 => Ok(record.newest),
        VersionName::Newest => Err(missing("newest".to_owned())),
        VersionName::Label(label) => {
            let target = record.labels.get(label).and_then(|targets| targets.first());
            target.map(|target| target.version).ok_or_else(|| missing(label.clone()))
        }
    }
}
