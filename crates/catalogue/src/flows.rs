//! Flows: create, change, publish, restore, deprecate, deactivate, delete. A change that would break a flow that follows is
//! refused with every place named.

mod view;
mod wanted;

use std::sync::Arc;

use jiff::Timestamp;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Document};
use waypost_flow::source::Node;
use waypost_ids::{FlowId, Version};
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{Bindings, EventKind, FlowRecord, VersionRecord};
use waypost_store::revisions::Revisions;

use crate::error::{ChangeError, InUse};
use crate::names::Names;
use crate::plan::{Edit, NewVersion, version_not_found};
use crate::where_used::users_of;
use crate::world::{Loaded, World, refolded};
use crate::{LiveCatalogue, Planned};

pub use view::FlowView;
use wanted::Unread;
pub(crate) use wanted::{Wanted, named_by};

/// What becomes of the content that is saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saving {
    /// It is published.
    Publish,
    /// It is kept as a draft: nothing that runs changes.
    Draft,
}

/// What a flow is saved on top of.
enum Base {
    /// Nothing: it is new.
    New(Box<FlowRecord>),
    /// The flow as it stands, if it still has the revision that was expected.
    Existing { id: FlowId, if_match: Option<Revisions> },
}

impl LiveCatalogue {
    /// Makes a flow, with its content, if it has any, as its first version.
    ///
    /// # Errors
    /// Every problem found, a name that is taken, or the store.
    pub async fn create_flow(&self, by: By<'_>, body: Node, saving: Saving) -> Result<FlowView, ChangeError> {
        let wanted = match self.desk.work_for(by.actor, move |_| Wanted::read(&body)).await? {
            Ok(wanted) => wanted,
            Err(unread) => {
                let base = |wanted: &Wanted| Ok(Base::New(Box::new(wanted.new_record(by, &self.origin)?)));
                return Err(self.refusal(by, unread, base, saving).await);
            }
        };
        let record = wanted.new_record(by, &self.origin)?;
        self.save(by, &wanted, Base::New(Box::new(record)), saving).await
    }

    /// Changes a flow: its metadata, and with content a new version. What is saved already makes no version.
    ///
    /// # Errors
    /// Not found, stale, every problem found, every caller that would break, or the store.
    pub async fn update_flow(
        &self,
        by: By<'_>,
        id: FlowId,
        body: Node,
        if_match: Option<Revisions>,
        saving: Saving,
    ) -> Result<FlowView, ChangeError> {
        let wanted = match self.desk.work_for(by.actor, move |_| Wanted::read_for_existing(&body)).await? {
            Ok(wanted) => wanted,
            Err(unread) => {
                let base = |_: &Wanted| Ok(Base::Existing { id, if_match: None });
                return Err(self.refusal(by, unread, base, saving).await);
            }
        };
        if saving == Saving::Draft && wanted.content.is_none() {
            let problem =
                Diagnostic::error(Code::MissingKey, "nodes", "a draft is a document, and this has no content");
            return Err(ChangeError::Invalid(vec![problem]));
        }
        self.save(by, &wanted, Base::Existing { id, if_match }, saving).await
    }

    /// Publishes a version that exists, a draft or one that was published before; `None` is the newest.
    ///
    /// # Errors
    /// Not found, stale, every problem found, every caller that would break, or the store.
    pub async fn publish_version(
        &self,
        by: By<'_>,
        id: FlowId,
        version: Option<Version>,
        if_match: Option<&Revisions>,
    ) -> Result<FlowView, ChangeError> {
        self.edit(by, id, if_match, "published", |_, record| {
            let version = version.unwrap_or(record.newest);
            if version == 0 || version > record.newest {
                return Err(version_not_found(id, version));
            }
            if record.published == Some(version) && record.lock.is_none() {
                return Ok(None);
            }
            // Publishing ends what checking out began.
            record.lock = None;
            record.published = Some(version);
            Ok(Some((EventKind::Published, Some(version))))
        })
        .await
    }

    /// Ends a flow's being published: nobody follows it any more.
    ///
    /// # Errors
    /// Not found, stale, every caller that would break, routes that lead to it, or the store.
    pub async fn deactivate_flow(
        &self,
        by: By<'_>,
        id: FlowId,
        if_match: Option<&Revisions>,
    ) -> Result<FlowView, ChangeError> {
        self.edit(by, id, if_match, "deactivated", |world, record| {
            let Some(version) = record.published.take() else { return Ok(None) };
            let routes: Vec<_> = users_of(world, &id.into()).into_iter().filter(|user| user.kind == "route").collect();
            if routes.is_empty() {
                return Ok(Some((EventKind::Deactivated, Some(version))));
            }
            Err(ChangeError::InUse(vec![InUse {
                kind: "flow",
                name: record.name.clone(),
                users: routes,
                waiting: None,
            }]))
        })
        .await
    }

    /// Deletes a flow that nothing uses. Its content stays for traces.
    ///
    /// # Errors
    /// Not found, stale, in use (with every user), or the store.
    pub async fn delete_flow(&self, by: By<'_>, id: FlowId, if_match: Option<Revisions>) -> Result<(), ChangeError> {
        self.delete_all(by, &[id], if_match.as_ref()).await
    }

    /// Deletes flows that nothing else uses, all of them or none.
    ///
    /// # Errors
    /// Not found, in use (with every user of the first such), or the store.
    pub async fn delete_flows(&self, by: By<'_>, ids: &[FlowId]) -> Result<(), ChangeError> {
        self.delete_all(by, ids, None).await
    }

    async fn delete_all(&self, by: By<'_>, ids: &[FlowId], if_match: Option<&Revisions>) -> Result<(), ChangeError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let mut edits = Vec::new();
            for id in ids {
                edits.push(deleted(self.current(&world, *id, if_match).await?, by, self.origin.now()));
            }
            let planned = self.plan(&world, by, edits, ()).await?;
            if turn.commit(planned).await?.is_some() {
                break;
            }
        }
        for id in ids {
            tracing::info!(actor = by.actor, flow = %id, "flow deleted");
        }
        Ok(())
    }

    /// Changes a flow's record. `change` answers what was done, or nothing if there is nothing to do.
    pub(crate) async fn edit(
        &self,
        by: By<'_>,
        id: FlowId,
        if_match: Option<&Revisions>,
        done: &'static str,
        change: impl Fn(&World, &mut FlowRecord) -> Result<Option<(EventKind, Option<Version>)>, ChangeError> + Send + Sync,
    ) -> Result<FlowView, ChangeError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let mut record = self.current(&world, id, if_match).await?;
            let Some((kind, version)) = change(&world, &mut record)? else { break };
            touch(&mut record, self.origin.now());
            let mut edit = Edit::of(record);
            edit.event(by, kind, version);
            let planned = self.plan(&world, by, vec![edit], ()).await?;
            if turn.commit(planned).await?.is_some() {
                tracing::info!(actor = by.actor, flow = %id, version, "flow {done}");
                break;
            }
        }
        drop(turn);
        self.flow(id).await
    }

    /// Why a body is refused that could not be read: what reading found, and what checking the rest of it finds. A draft may have mistakes
    /// of the latter kind.
    async fn refusal(
        &self,
        by: By<'_>,
        unread: Box<Unread>,
        base: impl FnOnce(&Wanted) -> Result<Base, ChangeError> + Send,
        saving: Saving,
    ) -> ChangeError {
        let Unread { mut problems, metadata, rest } = *unread;
        let Some(rest) = rest.filter(|_| saving == Saving::Publish) else { return ChangeError::Invalid(problems) };
        let wanted = Wanted { metadata, content: Some(Arc::new(rest.document.clone())) };
        // What it lacks for a flow was told already.
        let Ok(base) = base(&wanted) else { return ChangeError::Invalid(problems) };
        let planned = self.planned(&self.world(), by, &wanted, &base, saving).await;
        if let Err(ChangeError::Invalid(found)) = planned {
            problems.extend(found.into_iter().filter(|problem| rest.is_problem(problem)));
        }
        ChangeError::Invalid(problems)
    }

    /// What saving does to a world, and to which flow; no plan if all is as it is wanted.
    async fn planned(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        wanted: &Wanted,
        base: &Base,
        saving: Saving,
    ) -> Result<(FlowId, Option<Planned<()>>), ChangeError> {
        let record = match base {
            Base::New(record) => (**record).clone(),
            Base::Existing { id, if_match } => self.current(world, *id, if_match.as_ref()).await?,
        };
        let id = record.id;
        let described = wanted.described(&record, !world.flows.contains_key(&id), saving);
        let names = Names::after(world, std::iter::empty(), std::iter::once(&described));
        let Some(edit) = self.edit_for((world, &names), record, wanted, by, saving).await? else {
            return Ok((id, None));
        };
        Ok((id, Some(self.plan(world, by, vec![edit], ()).await?)))
    }

    /// Saves what is wanted on top of the newest world.
    async fn save(&self, by: By<'_>, wanted: &Wanted, base: Base, saving: Saving) -> Result<FlowView, ChangeError> {
        let mut turn = self.begin(by);
        let id = loop {
            let world = turn.world().await;
            let (id, planned) = self.planned(&world, by, wanted, &base, saving).await?;
            let Some(planned) = planned else { break id };
            if turn.commit(planned).await?.is_some() {
                tracing::info!(actor = by.actor, flow = %id, "flow saved");
                break id;
            }
        };
        drop(turn);
        self.flow(id).await
    }

    /// What is to become of a flow so that it is as wanted; none if it is. `names` are those of the world afterwards.
    pub(crate) async fn edit_for(
        &self,
        (world, names): (&World, &Names<'_>),
        record: FlowRecord,
        wanted: &Wanted,
        by: By<'_>,
        saving: Saving,
    ) -> Result<Option<Edit>, ChangeError> {
        let now = self.origin.now();
        let before = world.flows.get(&record.id).cloned();
        if let (Saving::Draft, Some(before)) = (saving, &before) {
            wanted.draft_of(before)?;
        }
        let mut record = wanted.described(&record, before.is_none(), saving);
        let mut new_version = None;
        let mut done = Vec::new();
        if let Some(content) = &wanted.content {
            let content = named_by(content, &record);
            let hash = document::content_hash(&content);
            let known = match record.newest {
                0 => None,
                number => self.version_at(world, record.id, number).await?,
            };
            if known.as_ref().is_none_or(|known| !says_already((world, names), known, &hash)) {
                // What is published tells what names meant, too: the newest may be a draft in which they meant nothing.
                let published = match record.published {
                    Some(version) if version != record.newest => self.version_at(world, record.id, version).await?,
                    _ => None,
                };
                let mut bindings = Bindings::default();
                for before in published.iter().chain(&known) {
                    let Bindings { queues, flows, tables, schedules, webhooks, data_actions } =
                        names.inherited(&before.bindings);
                    bindings.queues.extend(queues);
                    bindings.flows.extend(flows);
                    bindings.tables.extend(tables);
                    bindings.schedules.extend(schedules);
                    bindings.webhooks.extend(webhooks);
                    bindings.data_actions.extend(data_actions);
                }
                record.newest += 1;
                let record = VersionRecord {
                    flow_id: record.id,
                    version: record.newest,
                    content: Arc::from(document::canonical_json(&content)),
                    hash,
                    bindings,
                    created_at: now,
                    created_by: by.actor.to_owned(),
                    published_at: None,
                    validation: Vec::new(),
                };
                new_version = Some(NewVersion { record, document: content });
                if saving == Saving::Draft {
                    done.push((EventKind::Saved, Some(new_version_number(&new_version))));
                }
            }
            if saving == Saving::Publish && record.published != Some(record.newest) {
                record.published = Some(record.newest);
                done.push((EventKind::Published, Some(record.newest)));
            }
        }
        if before.as_deref() == Some(&record) {
            return Ok(None);
        }
        let was = before.as_ref().and_then(|before| before.deprecated.as_deref());
        match (was, record.deprecated.as_deref()) {
            (was, Some(now)) if was != Some(now) => done.push((EventKind::Deprecated, None)),
            (Some(_), None) => done.push((EventKind::Undeprecated, None)),
            _ => {}
        }
        touch(&mut record, now);
        let mut edit = Edit { new_version, ..Edit::of(record) };
        for (kind, version) in done {
            edit.event(by, kind, version);
        }
        if let Some(version) = edit.new_version.as_mut()
            && saving == Saving::Publish
        {
            version.record.published_at = Some(edit.record.modified_at);
        }
        Ok(Some(edit))
    }

    /// Whether an older version than the newest is published, and is what is wanted already.
    pub(crate) async fn is_published(
        &self,
        (world, names): (&World, &Names<'_>),
        record: &FlowRecord,
        wanted: &Wanted,
    ) -> Result<bool, ChangeError> {
        let older = record.published.filter(|version| *version != record.newest);
        let (Some(content), Some(version)) = (&wanted.content, older) else { return Ok(false) };
        let described = wanted.described(record, false, Saving::Publish);
        let hash = document::content_hash(&named_by(content, &described));
        let published = self.version_at(world, record.id, version).await?;
        Ok(published.is_some_and(|published| says_already((world, names), &published, &hash)))
    }

    /// A version, from memory or the store.
    pub(crate) async fn version_at(
        &self,
        world: &World,
        id: FlowId,
        version: Version,
    ) -> Result<Option<Arc<VersionRecord>>, ChangeError> {
        match world.loaded.get(&(id, version)) {
            Some(loaded) => Ok(Some(loaded.record.clone())),
            None => Ok(self.store.version(id, version).await?.map(|record| refolded(Arc::new(record)))),
        }
    }

    /// The record that a change starts from.
    pub(crate) async fn current(
        &self,
        world: &World,
        id: FlowId,
        if_match: Option<&Revisions>,
    ) -> Result<FlowRecord, ChangeError> {
        let Some(record) = world.flows.get(&id) else { return Err(self.absent(id).await?) };
        Revisions::check(if_match, "flow", record.revision)?;
        Ok((**record).clone())
    }

    /// Why a flow is not there: deleted, or never made.
    pub(crate) async fn absent(&self, id: FlowId) -> Result<ChangeError, ChangeError> {
        Ok(match self.store.flow(id).await? {
            Some(_) => ChangeError::Deleted(id),
            None => ChangeError::NotFound { kind: "flow", id: id.to_string() },
        })
    }
}

/// Whether a version is what a document with this hash would be if it were saved now: it says the same, as it was written, as it is read
/// back, or with names in the place of ids (as an export writes it); and its names mean the same.
fn says_already((world, names): (&World, &Names<'_>), known: &Arc<VersionRecord>, hash: &str) -> bool {
    if known.hash == hash {
        return !names.rebinds(&known.bindings);
    }
    let loaded = world.loaded.get(&(known.flow_id, known.version)).cloned();
    let Some(loaded) = loaded.or_else(|| Loaded::read(known.clone()).ok().map(Arc::new)) else { return false };
    let read_back = world.read_back(known.flow_id, &loaded.document, &known.bindings);
    let is = |document: &Document| document::content_hash(document) == hash;
    let same = world.reads_back_changed(known.flow_id, &loaded.document, &known.bindings) && is(&read_back);
    (same || names.in_place_of_ids(read_back).is_some_and(|named| is(&named)))
        && !names.rebinds(&world.bindings_read_back(&known.bindings))
}

fn new_version_number(version: &Option<NewVersion>) -> Version {
    version.as_ref().map_or(0, |version| version.record.version)
}

/// A flow that is to go, if nothing uses it then. Its content stays for traces.
pub(crate) fn deleted(mut record: FlowRecord, by: By<'_>, now: Timestamp) -> Edit {
    touch(&mut record, now);
    record.deleted_at = Some(record.modified_at);
    record.published = None;
    record.labels.clear();
    let mut edit = Edit::of(record);
    edit.event(by, EventKind::Deleted, None);
    edit
}

pub(crate) fn touch(record: &mut FlowRecord, now: Timestamp) {
    record.revision += 1;
    record.modified_at = now;
}
