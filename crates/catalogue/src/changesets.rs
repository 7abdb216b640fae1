//! Change sets: many flows and other objects changed at once, or none of them. Members see each other's new versions, in any order.

mod members;

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use waypost_aside::Wanted as Wanting;
use waypost_flow::diagnostic::{Code, Diagnostic, Problems};
use waypost_flow::document::{self, Document};
use waypost_flow::source::Node;
use waypost_ids::FlowId;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{Epoch, EventKind, FlowRecord, QueueRecord};
use waypost_store::revisions::{Revisions, Stale};

use crate::edits::{AnyEdit, Made, ObjectDone, ObjectEdit, ObjectOutcome, Which, Writing};
use crate::error::ChangeError;
use crate::flows::{Saving, deleted, touch};
use crate::making::Early;
use crate::names::Names;
use crate::object::named;
use crate::plan::{Edit, is_small};
use crate::projects::{self, OfOthers, ProjectSet, pruned};
use crate::queues::QueueSpec;
use crate::versions::{VersionName, number_of};
use crate::world::World;
use crate::{Live, LiveCatalogue};

use members::{Aim, read};

/// At most so many flows in one set, and so many other objects.
pub const MAX_MEMBERS: usize = 20_000;

/// One flow of a set.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// The flow's id; or, for a flow that the set makes, a name that the set's other members call it by in `flowId`.
    pub flow_id: Option<String>,
    /// The flow's name, if its id is not known.
    pub name: Option<String>,
    /// The flow's new document.
    pub document: Option<Node>,
    /// Or the version of it to publish.
    pub version: Option<VersionName>,
    /// Or whether to delete it.
    pub delete: bool,
    /// The revisions of a flow that is there which this is meant for.
    pub if_match: Option<Revisions>,
}

/// What a set asks for.
#[derive(Clone, Debug, Default)]
pub struct ChangeSet {
    /// The flows.
    pub members: Vec<Member>,
    /// Names of queues that are made if they are not there: flows of the set may name them.
    pub queues: Vec<String>,
    /// Objects that are put or deleted. Flows of the set may name those that it makes, and its routes may lead to its flows.
    pub objects: Vec<Arc<dyn AnyEdit>>,
    /// The project that the set is, if it is one.
    pub project: Option<ProjectSet>,
    /// The epoch that the set is meant for: at any other it is refused.
    pub if_epoch: Option<Epoch>,
    /// Whether to check only, and change nothing.
    pub dry_run: bool,
}

/// What a set did, or would do.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// The epoch of the catalogue as it is since; of a dry run as it was looked at.
    pub epoch: Epoch,
    /// The flows, in the set's order.
    pub flows: Vec<Changed>,
    /// The queues, in the set's order.
    pub queues: Vec<QueueDone>,
    /// The objects, in the set's order; then what was deleted because the set's project has it no longer.
    pub objects: Vec<ObjectDone>,
    /// What of it another project applied last.
    pub others: OfOthers,
}

/// What became of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDone {
    /// Its name, as it was asked for.
    pub name: String,
    /// Whether it was not there before.
    pub new: bool,
}

/// What became of a member.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed {
    /// The flow as it stands then.
    pub record: FlowRecord,
    /// What was done.
    pub outcome: Outcome,
    /// The revision that it had before; none if it is new.
    pub before: Option<u64>,
}

/// What a set did to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It is new.
    Created,
    /// It has another published version.
    Published,
    /// Its name, description or the like changed, not what it does.
    Described,
    /// It was so already.
    Unchanged,
    /// It is gone.
    Deleted,
}

/// The world as a change set would make it.
pub struct Proposed {
    /// What it was planned on.
    pub base: Live,
    /// The world afterwards.
    pub world: Arc<World>,
    /// The set's flows as they would be.
    pub flows: Vec<FlowRecord>,
    /// What would become of its objects.
    pub objects: Vec<ObjectDone>,
}

impl LiveCatalogue {
    /// Publishes all members, or answers everything that stands in the way; when it runs dry, nothing is written either way.
    ///
    /// # Errors
    /// Every problem found in the members, every caller outside of the set that would break, or the store.
    pub async fn change_set(&self, by: By<'_>, set: ChangeSet) -> Result<Done, ChangeError> {
        let (objects, wrong) = set.edits();
        let members = Arc::new(set.members);
        let listed = set.objects.len()..objects.len();
        let mut turn = self.begin(by);
        let done = loop {
            let world = turn.world().await;
            if set.if_epoch.is_some_and(|epoch| epoch != world.epoch) {
                return Err(Stale { kind: "catalogue", name: String::new(), current: world.epoch }.into());
            }
            // A set of nothing at all is a mistake, unless it prunes: then it says that the project has nothing any more.
            let prunes = set.project.as_ref().is_some_and(|project| project.prune);
            let mut parts = self.all_edits(&world, by, (&members, prunes), (&objects, &wrong)).await?;
            let mut objects = Cow::Borrowed(objects.as_slice());
            if let Some(project) = set.project.as_ref().filter(|project| project.prune) {
                let (flows, more) = pruned(&world, &project.name, &parts.2, &objects);
                if !(flows.is_empty() && more.is_empty()) {
                    let members = Arc::new(members.iter().cloned().chain(flows).collect());
                    objects.to_mut().extend(more);
                    parts = self.all_edits(&world, by, (&members, prunes), (&objects, &wrong)).await?;
                }
            }
            let (early, edits, flows) = parts;
            let mut planned = self.plan_made(&world, by, (&objects, early), edits).await?;
            let others = match &set.project {
                Some(project) => projects::note(&world, &mut planned, project, &flows, &objects)?,
                None => OfOthers::default(),
            };
            let mut done = std::mem::take(&mut planned.answer);
            let mut made = done.split_off(listed.start);
            done.extend(made.split_off(listed.len()));
            let queues = told(&set.queues, &made);
            let mut done = Done { epoch: world.epoch, flows, queues, objects: done, others };
            if planned.changes.is_empty() || set.dry_run {
                return Ok(done);
            }
            done.epoch = planned.next.epoch;
            if turn.commit(planned).await?.is_some() {
                break done;
            }
        };
        let flows = done.flows.iter().filter(|one| one.outcome != Outcome::Unchanged).count();
        let queues = done.queues.iter().filter(|queue| queue.new).count();
        let objects = done.objects.iter().filter(|one| one.outcome != ObjectOutcome::Unchanged).count();
        tracing::info!(actor = by.actor, flows, queues, objects, "change set published");
        Ok(done)
    }

    /// The world as a set would make it, checked as if it were published, and the set's flows as they would stand. Nothing is written
    /// and nobody is kept from changing anything.
    ///
    /// # Errors
    /// As [`LiveCatalogue::change_set`].
    pub async fn proposed(&self, by: By<'_>, set: ChangeSet) -> Result<Proposed, ChangeError> {
        let base = self.live();
        let (objects, wrong) = set.edits();
        let (early, edits, flows) =
            self.all_edits(&base.world, by, (&Arc::new(set.members), false), (&objects, &wrong)).await?;
        let flows = flows.into_iter().map(|changed| changed.record).collect();
        let planned = self.plan_made(&base.world, by, (&objects, early), edits).await?;
        let objects = planned.answer;
        if planned.changes.is_empty() {
            return Ok(Proposed { world: base.world.clone(), base, flows, objects });
        }
        Ok(Proposed { world: Arc::new(planned.next), base, flows, objects })
    }

    /// What a set's objects make of the world, and edits of its flows. Only a set that has objects, or prunes, can do without flows. What is wrong with
    /// either is told together, with what is wrong with the set besides.
    async fn all_edits(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        (members, may_be_empty): (&Arc<Vec<Member>>, bool),
        (objects, wrong): (&[Arc<dyn AnyEdit>], &[Diagnostic]),
    ) -> Result<(Early, Vec<Edit>, Vec<Changed>), ChangeError> {
        let early = self.make_early(world, by, objects, is_small(objects, members.is_empty())).await;
        let has_more = may_be_empty || !(objects.is_empty() && wrong.is_empty());
        let edits = if members.is_empty() && has_more {
            Ok((Vec::new(), Vec::new()))
        } else {
            self.edits(world, by, members, early.as_ref().map(|early| early.made.as_slice()).unwrap_or_default()).await
        };
        match (edits, early) {
            (Ok((edits, changed)), Ok(early)) if wrong.is_empty() => Ok((early, edits, changed)),
            (edits, early) => {
                let (early, lacking) =
                    early.map_or_else(|error| (Some(error), Vec::new()), |early| (None, early.lacking));
                Err(refusal([edits.err(), early], lacking.iter().chain(wrong)))
            }
        }
    }

    async fn edits(
        &self,
        world: &Arc<World>,
        by: By<'_>,
        members: &Arc<Vec<Member>>,
        made: &[Option<Made>],
    ) -> Result<(Vec<Edit>, Vec<Changed>), ChangeError> {
        let (mut wanted, mut problems) = {
            let (world, actor, members) = (world.clone(), by.actor.to_owned(), members.clone());
            let origin = self.origin.clone();
            let read = move |_: &Wanting| read(&world, By { actor: &actor, note: None }, &members, &origin);
            self.desk.work_for(by.actor, read).await??
        };
        let temporary: HashMap<String, FlowId> =
            wanted.iter().filter_map(|one| Some((one.temporary.clone()?, one.record.id))).collect();
        let afterwards: Vec<FlowRecord> = wanted.iter().map(|one| one.afterwards(world)).collect();
        let objects = made.iter().flatten().filter_map(|made| made.change.as_ref());
        let names = Names::after(world, objects, afterwards.iter());
        let mut edits = Vec::new();
        let mut changed = Vec::new();
        for one in &mut wanted {
            let before = world.flows.get(&one.record.id);
            let edit = match &mut one.aim {
                // The set is refused, and nothing more can be wrong with it here.
                Aim::Content(_) if !problems.is_empty() => continue,
                Aim::Content(content) => {
                    if let Some(document) = &mut content.content {
                        name_by_ids(document, &temporary);
                    }
                    // What runs already is not published anew: it would bury a draft, or undo a rollback's place in the history.
                    if self.is_published((world, &names), &one.record, content).await? {
                        content.content = None;
                    }
                    self.edit_for((world, &names), one.record.clone(), content, by, Saving::Publish).await?
                }
                Aim::Version(name) => match restored(&one.record, name, by, self.origin.now()) {
                    Ok(edit) => edit,
                    Err(_) => {
                        let message = format!("the flow `{}` has no such version", one.record.name);
                        problems.push(Diagnostic::error(
                            Code::UnknownVersion,
                            format!("{}version", one.place),
                            message,
                        ));
                        None
                    }
                },
                Aim::Delete => Some(deleted(one.record.clone(), by, self.origin.now())),
            };
            let record = edit.as_ref().map_or_else(|| one.record.clone(), |edit| edit.record.clone());
            let outcome = match (before, &edit) {
                _ if matches!(one.aim, Aim::Delete) => Outcome::Deleted,
                (None, _) => Outcome::Created,
                (_, None) => Outcome::Unchanged,
                (Some(before), Some(edit)) if before.published != edit.record.published => Outcome::Published,
                _ => Outcome::Described,
            };
            changed.push(Changed { record, outcome, before: before.map(|flow| flow.revision) });
            let inside = matches!(one.aim, Aim::Content(_)).then_some("document.").unwrap_or_default();
            edits.extend(edit.map(|edit| Edit { place: format!("{}{inside}", one.place), ..edit }));
        }
        if problems.is_empty() { Ok((edits, changed)) } else { Err(ChangeError::Invalid(problems.into_vec())) }
    }
}

/// Why parts of a set are refused: what is wrong with any of them, all together, before anything that only stands in its way.
fn refusal<'d>(errors: [Option<ChangeError>; 2], wrong: impl Iterator<Item = &'d Diagnostic>) -> ChangeError {
    let (mut problems, mut other) = (Problems::default(), None);
    for error in errors.into_iter().flatten() {
        match error {
            ChangeError::Invalid(found) => problems.extend(found),
            error => other = other.or(Some(error)),
        }
    }
    problems.extend(wrong.cloned());
    other.filter(|_| problems.is_empty()).unwrap_or_else(|| ChangeError::Invalid(problems.into_vec()))
}

impl ChangeSet {
    /// Edits of its objects, then of its queues; and what is wrong with either before they are looked at.
    fn edits(&self) -> (Vec<Arc<dyn AnyEdit>>, Vec<Diagnostic>) {
        if self.objects.len() > MAX_MEMBERS {
            let problem = Diagnostic::error(Code::InvalidValue, "objects", "a change set has too many objects");
            let expected = format!("at most {MAX_MEMBERS} objects");
            return (Vec::new(), vec![problem.expected(expected).found(self.objects.len().to_string())]);
        }
        let (queues, wrong) = missing(&self.queues);
        (self.objects.iter().cloned().chain(queues).collect(), wrong)
    }
}

/// Edits that make the queues that are not there yet, and what is wrong with their names.
fn missing(names: &[String]) -> (Vec<Arc<dyn AnyEdit>>, Vec<Diagnostic>) {
    let (mut seen, mut edits, mut wrong) = (HashSet::new(), Vec::<Arc<dyn AnyEdit>>::new(), Vec::new());
    for (index, name) in names.iter().enumerate() {
        let name = match named(&format!("queues[{index}]"), name) {
            Ok(name) => name,
            Err(problem) => {
                wrong.push(*problem);
                continue;
            }
        };
        if seen.insert(document::fold_name(&name)) {
            edits.push(Arc::new(ObjectEdit::<QueueRecord> {
                writing: Writing::IfMissing,
                ..ObjectEdit::alone(Which::Named(name.clone()), Some(QueueSpec::named(&name)), None)
            }));
        }
    }
    (edits, wrong)
}

/// What became of each queue: one that is named twice was made once.
fn told(names: &[String], done: &[ObjectDone]) -> Vec<QueueDone> {
    let mut new: HashSet<String> = done
        .iter()
        .filter(|done| done.outcome == ObjectOutcome::Created)
        .map(|done| document::fold_name(&done.name))
        .collect();
    let told = |name: &String| QueueDone { name: name.clone(), new: new.remove(&document::fold_name(name.trim())) };
    names.iter().map(told).collect()
}

/// Puts the ids of flows in the place of the set's own names for them.
fn name_by_ids(document: &mut Arc<Document>, temporary: &HashMap<String, FlowId>) {
    if temporary.is_empty() {
        return;
    }
    Arc::make_mut(document).flow_references_mut(&mut |flow| {
        if let Some(id) = flow.flow_id.as_ref().and_then(|name| temporary.get(name)) {
            flow.flow_id = Some(id.to_string());
        }
    });
}

fn restored(record: &FlowRecord, name: &VersionName, by: By<'_>, now: Timestamp) -> Result<Option<Edit>, ChangeError> {
    let version = number_of(record, name)?;
    if record.published == Some(version) {
        return Ok(None);
    }
    let mut record = record.clone();
    record.published = Some(version);
    touch(&mut record, now);
    let mut edit = Edit::of(record);
    edit.event(by, EventKind::Published, Some(version));
    Ok(Some(edit))
}
