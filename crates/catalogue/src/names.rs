//! What the names in documents mean: to what a saved version binds them, and how a document is read back after a rename.

use std::collections::{BTreeMap, HashMap, HashSet};

use uuid::Uuid;
use waypost_flow::actions::facts::NamedMut;
use waypost_flow::document::{self, Document, FlowReference};
use waypost_ids::{DataActionId, FlowId, Key, Kind, QueueId, Ref, ScheduleId, TableId, WebhookId};
use waypost_store::records::catalogue::{Bindings, CatalogueChange, FlowRecord};

use crate::world::World;

/// Names as they are once changes are made, before there is a world that has them.
pub(crate) struct Names<'w> {
    world: &'w World,
    /// What the changes touch: the names that it has in the world say nothing.
    changed: HashSet<Ref>,
    /// Folded names that the changes give. Of flows, two of different type may share one.
    given: HashMap<(Kind, String), Vec<Uuid>>,
}

impl<'w> Names<'w> {
    /// The names of a world after changes of objects and of flows. The records of flows are as they will be.
    pub(crate) fn after<'c>(
        world: &'w World,
        changes: impl Iterator<Item = &'c CatalogueChange>,
        flows: impl Iterator<Item = &'c FlowRecord>,
    ) -> Self {
        let mut names = Self { world, changed: HashSet::new(), given: HashMap::new() };
        for change in changes {
            match change {
                CatalogueChange::Put(record) => {
                    let object = record.object();
                    if let Some((name, _)) = world.shelf(object.kind).and_then(|shelf| shelf.audited_record(record)) {
                        names.give(object, &name);
                    }
                }
                CatalogueChange::Delete(object) => drop(names.changed.insert(object.clone())),
                CatalogueChange::PutFlow(_)
                | CatalogueChange::AddVersion(_)
                | CatalogueChange::MarkPublished(..)
                | CatalogueChange::Bind(..)
                | CatalogueChange::AddEvent(_)
                | CatalogueChange::AddAudit(_)
                | CatalogueChange::Applied(_) => {}
            }
        }
        for flow in flows {
            match flow.deleted_at {
                None => names.give(flow.id.into(), &flow.name),
                Some(_) => drop(names.changed.insert(flow.id.into())),
            }
        }
        names
    }

    fn give(&mut self, object: Ref, name: &str) {
        if let Key::Id(id) = object.key {
            self.given.entry((object.kind, document::fold_name(name))).or_default().push(id);
        }
        self.changed.insert(object);
    }

    /// Everything of a kind that has a name then.
    fn meaning(&self, kind: Kind, folded: &str) -> Vec<Uuid> {
        let mut ids = self.world.ids_named(kind, folded);
        ids.retain(|id| !self.changed.contains(&Ref { kind, key: Key::Id(*id) }));
        ids.extend(self.given.get(&(kind, folded.to_owned())).into_iter().flatten());
        ids
    }

    /// What a name is bound to when it is saved again, having meant `before`. A name that means nothing any more means what it meant: whoever
    /// saves a flow after a queue was renamed did not mean to change where it leads. None: several things have the name, and not this one.
    fn bound_anew(&self, kind: Kind, folded: &str, before: Uuid) -> Option<Uuid> {
        match self.meaning(kind, folded).as_slice() {
            [] => Some(before),
            [one] => Some(*one),
            several => several.contains(&before).then_some(before),
        }
    }

    /// Whether names that were bound mean something else when they are saved again.
    pub(crate) fn rebinds(&self, before: &Bindings) -> bool {
        bound(before).any(|(kind, folded, id)| self.bound_anew(kind, folded, id) != Some(id))
    }

    /// A document with names in the place of ids, where a name means that id and nothing else; none if it names nothing by id.
    pub(crate) fn in_place_of_ids(&self, mut document: Document) -> Option<Document> {
        let mut changed = false;
        let name = |kind: Kind, written: &str| {
            let id = written.parse().ok()?;
            let name = self.world.name_of(kind, id)?;
            (self.meaning(kind, &document::fold_name(&name)) == [id]).then_some(name)
        };
        let mut renew = |kind: Kind, written: &mut String| {
            if let Some(name) = name(kind, written) {
                *written = name;
                changed = true;
            }
        };
        document.names_mut(&mut |named| match named {
            NamedMut::Flow(flow) => {
                if let Some(mut written) = flow.flow_id.take() {
                    let before = written.clone();
                    renew(Kind::Flow, &mut written);
                    let is_name = written != before;
                    *(if is_name { &mut flow.flow } else { &mut flow.flow_id }) = Some(written);
                }
            }
            NamedMut::Queue(written) => renew(Kind::Queue, written),
            NamedMut::Table(written) => renew(Kind::Table, written),
            NamedMut::Schedule(written) => renew(Kind::Schedule, written),
            NamedMut::Webhook(written) => renew(Kind::Webhook, written),
            NamedMut::DataAction(written) => renew(Kind::DataAction, written),
        });
        changed.then_some(document)
    }

    /// The bindings that a new version takes over from the one before: of names that mean nothing any more, and of those that several
    /// things have. All others are resolved by what they mean.
    pub(crate) fn inherited(&self, before: &Bindings) -> Bindings {
        let mut inherited = Bindings::default();
        let today = bound(before).filter_map(|(kind, _, id)| {
            let name = self.world.name_of(kind, id)?;
            Some((kind, document::fold_name(&name), id))
        });
        // A name that was written before wins over one that a bound thing has today.
        for (kind, folded, id) in today.chain(bound(before).map(|(kind, name, id)| (kind, name.to_owned(), id))) {
            let several = self.meaning(kind, &folded);
            if several.is_empty() || several.len() > 1 && several.contains(&id) {
                bind(&mut inherited, kind, folded, id);
            }
        }
        inherited
    }
}

/// Every binding: kind, folded name, id.
fn bound(bindings: &Bindings) -> impl Iterator<Item = (Kind, &str, Uuid)> {
    let Bindings { queues, flows, tables, schedules, webhooks, data_actions } = bindings;
    let queues = queues.iter().map(|(name, id)| (Kind::Queue, name.as_str(), id.0));
    let flows = flows.iter().map(|(name, id)| (Kind::Flow, name.as_str(), id.0));
    let tables = tables.iter().map(|(name, id)| (Kind::Table, name.as_str(), id.0));
    let schedules = schedules.iter().map(|(name, id)| (Kind::Schedule, name.as_str(), id.0));
    let webhooks = webhooks.iter().map(|(name, id)| (Kind::Webhook, name.as_str(), id.0));
    let data_actions = data_actions.iter().map(|(name, id)| (Kind::DataAction, name.as_str(), id.0));
    queues.chain(flows).chain(tables).chain(schedules).chain(webhooks).chain(data_actions)
}

/// Binds a name. Flows name nothing else that has an id.
pub(crate) fn bind(bindings: &mut Bindings, kind: Kind, folded: String, id: Uuid) {
    match kind {
        Kind::Flow => drop(bindings.flows.insert(folded, FlowId(id))),
        Kind::Queue => drop(bindings.queues.insert(folded, QueueId(id))),
        Kind::Table => drop(bindings.tables.insert(folded, TableId(id))),
        Kind::Schedule => drop(bindings.schedules.insert(folded, ScheduleId(id))),
        Kind::Webhook => drop(bindings.webhooks.insert(folded, WebhookId(id))),
        Kind::DataAction => drop(bindings.data_actions.insert(folded, DataActionId(id))),
        Kind::Route | Kind::Domain | Kind::Secret | Kind::Mailbox | Kind::Term(_) => {}
    }
}

impl World {
    /// The ids of what has a folded name: several of flows alone.
    fn ids_named(&self, kind: Kind, folded: &str) -> Vec<Uuid> {
        match kind {
            Kind::Flow => {
                let named = [true, false].into_iter().filter_map(|shared| self.flow_named(folded, shared));
                named.map(|flow| flow.id.0).collect()
            }
            Kind::Queue => self.queues.named(folded).map(|queue| queue.id.0).into_iter().collect(),
            Kind::Table => self.tables.named(folded).map(|table| table.record.id.0).into_iter().collect(),
            Kind::Schedule => self.schedules.named(folded).map(|schedule| schedule.record.id.0).into_iter().collect(),
            Kind::Webhook => self.webhooks.named(folded).map(|webhook| webhook.id.0).into_iter().collect(),
            Kind::DataAction => self.data_actions.named(folded).map(|action| action.record.id.0).into_iter().collect(),
            Kind::Route | Kind::Domain | Kind::Secret | Kind::Mailbox | Kind::Term(_) => Vec::new(),
        }
    }

    /// What something is called now; none if it is gone.
    fn name_of(&self, kind: Kind, id: Uuid) -> Option<String> {
        match kind {
            Kind::Flow => self.flows.get(&FlowId(id)).map(|flow| flow.name.clone()),
            _ => self.shelf(kind)?.name(&Ref { kind, key: Key::Id(id) }),
        }
    }

    /// Whether a version says something else when it is read back than when it was saved: its flow was described anew, or what it names renamed.
    pub(crate) fn reads_back_changed(&self, flow: FlowId, document: &Document, bindings: &Bindings) -> bool {
        let renamed = |(kind, folded, id): (Kind, &str, Uuid)| {
            self.name_of(kind, id).is_some_and(|name| document::fold_name(&name) != folded)
        };
        let redescribed = self.flows.get(&flow).is_some_and(|record| {
            let description = document.description.as_deref().unwrap_or_default();
            (&record.name, &record.type_as_written) != (&document.name, &document.flow_type)
                || record.description != description
        });
        redescribed || bound(bindings).any(renamed)
    }

    /// Bindings of the names that a version is read back with.
    pub(crate) fn bindings_read_back(&self, bindings: &Bindings) -> Bindings {
        let mut read_back = Bindings::default();
        for (kind, folded, id) in bound(bindings) {
            let now = self.name_of(kind, id).map_or_else(|| folded.to_owned(), |name| document::fold_name(&name));
            bind(&mut read_back, kind, now, id);
        }
        read_back
    }

    /// A document as it is read back: it says what its flow and what it names are called now. What is gone is called as it was.
    #[must_use]
    pub fn read_back(&self, flow: FlowId, document: &Document, bindings: &Bindings) -> Document {
        fn renew<Id>(
            world: &World,
            written: &mut String,
            kind: Kind,
            bound: &BTreeMap<String, Id>,
            id: impl Fn(&Id) -> Uuid,
        ) {
            let folded = document::fold_name(written);
            let now = bound.get(&folded).and_then(|bound| world.name_of(kind, id(bound)));
            // A name in another case is the same name: it stays as it was written.
            if let Some(now) = now.filter(|now| document::fold_name(now) != folded) {
                *written = now;
            }
        }
        let mut document = document.clone();
        if let Some(record) = self.flows.get(&flow) {
            document.name.clone_from(&record.name);
            document.flow_type.clone_from(&record.type_as_written);
            document.description = Some(record.description.clone()).filter(|text| !text.is_empty());
        }
        document.names_mut(&mut |named| match named {
            NamedMut::Flow(FlowReference { flow_id: None, flow: Some(written), .. }) => {
                renew(self, written, Kind::Flow, &bindings.flows, |id| id.0);
            }
            NamedMut::Flow(_) => {}
            NamedMut::Queue(written) => renew(self, written, Kind::Queue, &bindings.queues, |id| id.0),
            NamedMut::Table(written) => renew(self, written, Kind::Table, &bindings.tables, |id| id.0),
            NamedMut::Schedule(written) => renew(self, written, Kind::Schedule, &bindings.schedules, |id| id.0),
            NamedMut::Webhook(written) => renew(self, written, Kind::Webhook, &bindings.webhooks, |id| id.0),
            NamedMut::DataAction(written) => renew(self, written, Kind::DataAction, &bindings.data_actions, |id| id.0),
        });
        document
    }
}
