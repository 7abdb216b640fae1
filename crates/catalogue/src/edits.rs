//! Edits of objects: put or delete, one by one or in a change set.

use std::fmt::Debug;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::{Kind, Ref};
use waypost_origin::Origin;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{CatalogueChange, DomainRecord, QueueRecord, RouteRecord};
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outside::WebhookRecord;
use waypost_store::revisions::{Revisions, Stale};

use crate::LiveCatalogue;
use crate::data_actions::KnownDataAction;
use crate::error::ChangeError;
use crate::object::{Making, Object, not_found};
use crate::schedules::KnownSchedule;
use crate::shape::Table;
use crate::terms::{Declared, ForKind, TermKind, with_kind};
use crate::world::World;

/// What is to become of one object.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ObjectEdit<T: Object> {
    /// Which object.
    pub which: Which<T::Id>,
    /// What it is to be; none if it is to go.
    pub to: Option<T::Spec>,
    /// The revisions that the edit is meant for.
    pub if_match: Option<Revisions>,
    /// When it is written.
    pub writing: Writing,
    /// Where its problems are told: empty for an edit alone, else such as `objects[1].put.`.
    pub place: String,
}

/// Which object an edit is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Which<Id> {
    /// One that is not there yet.
    New,
    /// The one with this id.
    Id(Id),
    /// The one with this name; one that is put is made if it is not there.
    Named(String),
}

/// When what is put is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Writing {
    /// In any case.
    Always,
    /// Unless it says the same already.
    IfDifferent,
    /// Unless there is such an object, whatever it says.
    IfMissing,
}

/// What was done to an object, or would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectDone {
    /// Which.
    pub object: Ref,
    /// What it is called since, or was when it was deleted.
    pub name: String,
    /// What was done.
    pub outcome: ObjectOutcome,
    /// The revision that it had before; none if it is new.
    pub before: Option<u64>,
    /// What of a changed object says something else: members of what the audit log keeps of it, such as `priority` or `definition.open`.
    pub differs: Vec<String>,
}

/// What an edit did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObjectOutcome {
    /// It is new.
    Created,
    /// It says something else.
    Changed,
    /// It is gone.
    Deleted,
    /// It was so already.
    Unchanged,
}

impl ObjectOutcome {
    /// The word that the API and the log use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
        }
    }
}

impl<T: Object> ObjectEdit<T> {
    /// An edit alone.
    #[must_use]
    pub fn alone(which: Which<T::Id>, to: Option<T::Spec>, if_match: Option<Revisions>) -> Self {
        Self { which, to, if_match, writing: Writing::Always, place: String::new() }
    }
}

/// An edit of an object of whatever kind.
pub trait AnyEdit: Debug + Send + Sync {
    /// The kind of object.
    fn kind(&self) -> Kind;

    /// Where its problems are told.
    fn place(&self) -> &str;

    /// The object of a world that the edit is about; none if it makes one.
    fn target(&self, world: &World) -> Option<Ref>;

    /// What it makes, as queues may name it before it is made: of kinds that are made when flows are as they will be.
    fn foreseen(&self, making: &Making<'_>) -> Option<CatalogueChange>;

    /// Secrets that it names and can't have, told where the edit stands.
    fn lacking(&self, world: &World) -> Vec<Diagnostic>;

    /// Whether it leaves alone what is there, whatever that says.
    fn only_if_missing(&self) -> bool;

    /// The edit as it is kept: [`stored_edit`] reads it back.
    ///
    /// # Errors
    /// Never, but for a defect.
    fn to_json(&self) -> Result<Json, serde_json::Error>;

    /// Whether it is made when flows are as they will be.
    fn after_flows(&self) -> bool;

    /// What the edit makes of a world. Problems are told where the edit stands.
    ///
    /// # Errors
    /// Not found, stale, protected, or every problem found.
    fn make(&self, making: &Making<'_>) -> Result<Made, ChangeError>;
}

/// Reads an edit of an object of a kind as it is kept.
///
/// # Errors
/// It was written by another release, or is damaged.
pub fn stored_edit(kind: Kind, edit: &Json) -> Result<Arc<dyn AnyEdit>, serde_json::Error> {
    fn read<T: Object>(edit: &Json) -> Result<Arc<dyn AnyEdit>, serde_json::Error> {
        Ok(Arc::new(ObjectEdit::<T>::deserialize(edit)?))
    }
    struct Stored<'e>(&'e Json);
    impl ForKind for Stored<'_> {
        type Answer = Result<Arc<dyn AnyEdit>, serde_json::Error>;

        fn with<K: TermKind>(self) -> Self::Answer {
            read::<Declared<K>>(self.0)
        }
    }
    match kind {
        Kind::Queue => read::<QueueRecord>(edit),
        Kind::Table => read::<Table>(edit),
        Kind::Schedule => read::<KnownSchedule>(edit),
        Kind::Domain => read::<DomainRecord>(edit),
        Kind::Route => read::<RouteRecord>(edit),
        Kind::Webhook => read::<WebhookRecord>(edit),
        Kind::DataAction => read::<KnownDataAction>(edit),
        Kind::Mailbox => read::<MailboxRecord>(edit),
        Kind::Term(term) => with_kind(term, Stored(edit)),
        Kind::Flow => Err(serde::de::Error::custom("flows have a list of their own")),
        Kind::Secret => Err(serde::de::Error::custom("secrets can't be in a change set")),
    }
}

/// An edit that deletes an object; none for kinds that change sets can't hold.
pub(crate) fn deletion(object: &Ref) -> Option<Arc<dyn AnyEdit>> {
    fn of<T: Object>(object: &Ref) -> Arc<dyn AnyEdit> {
        Arc::new(ObjectEdit::<T>::alone(Which::Id(T::id_of(object)), None, None))
    }
    struct Deleted<'o>(&'o Ref);
    impl ForKind for Deleted<'_> {
        type Answer = Arc<dyn AnyEdit>;

        fn with<K: TermKind>(self) -> Self::Answer {
            of::<Declared<K>>(self.0)
        }
    }
    Some(match object.kind {
        Kind::Queue => of::<QueueRecord>(object),
        Kind::Table => of::<Table>(object),
        Kind::Schedule => of::<KnownSchedule>(object),
        Kind::Domain => of::<DomainRecord>(object),
        Kind::Route => of::<RouteRecord>(object),
        Kind::Webhook => of::<WebhookRecord>(object),
        Kind::DataAction => of::<KnownDataAction>(object),
        Kind::Mailbox => of::<MailboxRecord>(object),
        Kind::Term(term) => with_kind(term, Deleted(object)),
        Kind::Flow | Kind::Secret => return None,
    })
}

/// What an edit makes.
#[derive(Clone, Debug)]
pub struct Made {
    /// What is done.
    pub done: ObjectDone,
    /// What is written; none if nothing is.
    pub change: Option<CatalogueChange>,
    /// What is wrong with it if the object has content.
    pub with_content: Vec<Diagnostic>,
}

impl<T: Object> AnyEdit for ObjectEdit<T> {
    fn kind(&self) -> Kind {
        T::KIND
    }

    fn place(&self) -> &str {
        self.place.trim_end_matches('.')
    }

    fn target(&self, world: &World) -> Option<Ref> {
        self.known(world).map(|known| known.record().clone().into().object())
    }

    fn foreseen(&self, making: &Making<'_>) -> Option<CatalogueChange> {
        let before = self.known(making.world).map(|known| &**known);
        T::foreseen(self.to.as_ref()?, making, before).map(CatalogueChange::put)
    }

    fn lacking(&self, world: &World) -> Vec<Diagnostic> {
        let known = self.known(world).map(|known| &**known);
        let is_left = self.only_if_missing() && known.is_some();
        let spec = self.to.as_ref().filter(|_| !is_left);
        self.placed(spec.map(|spec| T::lacking(spec, world, known)).unwrap_or_default())
    }

    fn only_if_missing(&self) -> bool {
        self.writing == Writing::IfMissing
    }

    fn to_json(&self) -> Result<Json, serde_json::Error> {
        serde_json::to_value(self)
    }

    fn after_flows(&self) -> bool {
        T::AFTER_FLOWS && self.to.is_some()
    }

    fn make(&self, making: &Making<'_>) -> Result<Made, ChangeError> {
        match self.made(making) {
            Err(ChangeError::Invalid(problems)) => Err(ChangeError::Invalid(self.placed(problems))),
            // In a set it is one problem among others.
            Err(error @ ChangeError::NotFound { .. }) if !self.place.is_empty() => {
                Err(ChangeError::Invalid(vec![Diagnostic::error(Code::InvalidValue, self.place(), error.to_string())]))
            }
            Ok(made) => Ok(Made { with_content: self.placed(made.with_content), ..made }),
            other => other,
        }
    }
}

impl<T: Object> ObjectEdit<T> {
    /// The object of a world that the edit is about.
    fn known<'w>(&self, world: &'w World) -> Option<&'w Arc<T>> {
        let shelf = T::shelf(world);
        match &self.which {
            Which::New => None,
            Which::Id(id) => shelf.get(id),
            Which::Named(name) => shelf.named(&T::folded(name)),
        }
    }

    /// Problems, told where the edit stands.
    fn placed(&self, mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
        for problem in &mut problems {
            problem.path = format!("{}{}", self.place, problem.path);
        }
        problems
    }

    /// Whether what is put has this name, or none that is one. Otherwise the edit gives another name to what has it now.
    fn is_to_have(&self, name: &str) -> bool {
        self.to.as_ref().is_some_and(|spec| {
            let wanted = T::name_wanted(spec);
            wanted.trim().is_empty() || T::folded(&wanted) == T::folded(name)
        })
    }

    fn made(&self, making: &Making<'_>) -> Result<Made, ChangeError> {
        let kind = T::KIND.as_str();
        let shelf = T::shelf(making.world);
        let before = match &self.which {
            Which::New => None,
            Which::Id(id) => Some(shelf.get(id).ok_or_else(|| not_found(kind, id))?),
            Which::Named(name) => match shelf.named(&T::folded(name)) {
                None if self.if_match.is_some() || !self.is_to_have(name) => return Err(not_found(kind, name)),
                found => found,
            },
        };
        if let Some(before) = before {
            Revisions::check(self.if_match.as_ref(), kind, T::revision(before.record()))
                .map_err(|stale| Stale { name: T::name(before.record()), ..stale })?;
        }
        let done = |record: &T::Record, outcome| {
            let object = record.clone().into().object();
            let before = before.map(|before| T::revision(before.record()));
            ObjectDone { object, name: T::name(record), outcome, before, differs: Vec::new() }
        };
        let unchanged = |before: &Arc<T>| {
            let done = done(before.record(), ObjectOutcome::Unchanged);
            Ok(Made { done, change: None, with_content: Vec::new() })
        };
        let Some(spec) = &self.to else {
            let before = before.ok_or_else(|| not_found(kind, ""))?;
            before.deletable()?;
            let done = done(before.record(), ObjectOutcome::Deleted);
            let change = CatalogueChange::Delete(done.object.clone());
            return Ok(Made { done, change: Some(change), with_content: Vec::new() });
        };
        if let Some(before) = before.filter(|_| self.writing == Writing::IfMissing) {
            return unchanged(before);
        }
        let record = T::make(spec, making, before.map(|before| &**before))?;
        // A domain's name is its identifier: a new one must not take the place of one that is there.
        if let (None, Some(holder)) = (before, shelf.get(&T::id(&record))) {
            return Err(T::taken(&record, holder));
        }
        match before {
            Some(before)
                if self.writing == Writing::IfDifferent && T::audited(before.record()) == T::audited(&record) =>
            {
                unchanged(before)
            }
            _ => {
                let outcome = before.map_or(ObjectOutcome::Created, |_| ObjectOutcome::Changed);
                let with_content = before.map(|before| T::with_content(before.record(), &record)).unwrap_or_default();
                let differs = before.map(|before| differing(&T::audited(before.record()), &T::audited(&record)));
                let done = ObjectDone { differs: differs.unwrap_or_default(), ..done(&record, outcome) };
                Ok(Made { done, change: Some(CatalogueChange::put(record)), with_content })
            }
        }
    }
}

/// Members in which two objects differ, as the audit log keeps them; of a member that is an object itself, its members.
fn differing(before: &Json, after: &Json) -> Vec<String> {
    let (Json::Object(before), Json::Object(after)) = (before, after) else { return vec![String::new()] };
    let absent = before.keys().filter(|name| !after.contains_key(*name));
    let names = after.keys().chain(absent).filter(|name| before.get(*name) != after.get(*name));
    let inside = |name: &String| match (before.get(name), after.get(name)) {
        (Some(was @ Json::Object(_)), Some(is @ Json::Object(_))) => {
            differing(was, is).into_iter().map(|inner| format!("{name}.{inner}")).collect()
        }
        _ => vec![name.clone()],
    };
    names.flat_map(inside).collect()
}

impl<'w> Making<'w> {
    /// Making in a world, now.
    pub(crate) fn of(world: &'w World, actor: &'w str, origin: &'w Origin) -> Self {
        Self { world, actor, now: origin.now(), origin }
    }
}

impl LiveCatalogue {
    /// All objects of a kind, in no order.
    #[must_use]
    pub fn objects<T: Object>(&self) -> Vec<Arc<T>> {
        T::shelf(&self.world()).values().cloned().collect()
    }

    /// An object.
    ///
    /// # Errors
    /// Not found.
    pub fn object<T: Object>(&self, id: &T::Id) -> Result<Arc<T>, ChangeError> {
        T::shelf(&self.world()).get(id).cloned().ok_or_else(|| not_found(T::KIND.as_str(), id))
    }

    /// Makes an object.
    ///
    /// # Errors
    /// Every problem found, a name that is taken, or the store.
    pub async fn create<T: Object>(&self, by: By<'_>, spec: T::Spec) -> Result<Arc<T>, ChangeError> {
        let made = self.edit_object(by, ObjectEdit::<T>::alone(Which::New, Some(spec), None)).await?;
        made.ok_or_else(|| not_found(T::KIND.as_str(), ""))
    }

    /// Changes an object. Flows name it by id inside: those that follow go on working, or the change is refused.
    ///
    /// # Errors
    /// Not found, another revision, every problem found, flows that would break, a name that is taken, or the store.
    pub async fn update<T: Object>(
        &self,
        by: By<'_>,
        id: &T::Id,
        spec: T::Spec,
        if_match: Option<Revisions>,
    ) -> Result<Arc<T>, ChangeError> {
        let made = self.edit_object(by, ObjectEdit::<T>::alone(Which::Id(id.clone()), Some(spec), if_match)).await?;
        made.ok_or_else(|| not_found(T::KIND.as_str(), id))
    }

    /// Deletes an object that nothing uses.
    ///
    /// # Errors
    /// Not found, another revision, in use (with every user), or the store.
    pub async fn delete<T: Object>(
        &self,
        by: By<'_>,
        id: &T::Id,
        if_match: Option<Revisions>,
    ) -> Result<(), ChangeError> {
        self.edit_object(by, ObjectEdit::<T>::alone(Which::Id(id.clone()), None, if_match)).await?;
        Ok(())
    }

    /// Makes an object, unless there is one of that name.
    ///
    /// # Errors
    /// Every problem found, or the store.
    pub(crate) async fn ensure<T: Object>(&self, by: By<'_>, spec: T::Spec) -> Result<(), ChangeError> {
        let which = Which::Named(T::name_wanted(&spec));
        let edit = ObjectEdit::<T> { writing: Writing::IfMissing, ..ObjectEdit::alone(which, Some(spec), None) };
        self.edit_object(by, edit).await?;
        Ok(())
    }

    /// Makes an edit, and answers the object as it was committed, whatever others make of it next; none if it is gone.
    async fn edit_object<T: Object>(&self, by: By<'_>, edit: ObjectEdit<T>) -> Result<Option<Arc<T>>, ChangeError> {
        let edits: [Arc<dyn AnyEdit>; 1] = [Arc::new(edit)];
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let mut planned = self.plan_all(&world, by, &edits, Vec::new()).await?;
            let Some(done) = planned.answer.pop() else { return Ok(None) };
            let made = T::shelf(&planned.next).get(&T::id_of(&done.object)).cloned();
            if !planned.changes.is_empty() && turn.commit(planned).await?.is_none() {
                continue;
            }
            if done.outcome != ObjectOutcome::Unchanged {
                tracing::info!(actor = by.actor, id = %done.object, "{} {}", T::KIND, done.outcome.as_str());
            }
            return Ok(made);
        }
    }
}
