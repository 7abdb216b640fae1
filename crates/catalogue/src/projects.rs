//! What projects applied. The catalogue remembers for each object which project last did; what a project applied and its change set has
//! no longer can go with the rest of the set.

use std::collections::HashSet;
use std::sync::Arc;

use waypost_ids::{Kind, Ref};
use waypost_store::records::catalogue::{AppliedRecord, CatalogueChange};

use crate::Planned;
use crate::changesets::{Changed, Member, Outcome};
use crate::edits::{AnyEdit, ObjectDone, ObjectOutcome, deletion};
use crate::world::World;

/// The project that a change set is.
#[derive(Clone, Debug, Default)]
pub struct ProjectSet {
    /// Its name.
    pub name: String,
    /// Whether what it applied before and has no longer is deleted.
    pub prune: bool,
}

/// What goes with a set: what its project applied last and neither its flows nor its objects are about. Built-in objects stay, and domains
/// that have routes of others.
pub(crate) fn pruned(
    world: &World,
    project: &str,
    flows: &[Changed],
    objects: &[Arc<dyn AnyEdit>],
) -> (Vec<Member>, Vec<Arc<dyn AnyEdit>>) {
    let mut kept: HashSet<Ref> = flows.iter().map(|one| one.record.id.into()).collect();
    kept.extend(objects.iter().filter_map(|edit| edit.target(world)));
    let gone: HashSet<&Ref> = world
        .applied
        .iter()
        .filter(|(object, by)| by.as_ref() == project && !kept.contains(*object) && world.is_deletable(object))
        .map(|(object, _)| object)
        .collect();
    let stays: HashSet<&str> = world
        .routes
        .values()
        .filter(|route| !gone.contains(&Ref::new(Kind::Route, route.id)))
        .map(|route| route.domain.as_str())
        .collect();
    let mut gone: Vec<&Ref> = gone.into_iter().collect();
    gone.retain(|object| object.kind != Kind::Domain || !stays.contains(object.to_string().as_str()));
    gone.sort();
    let flows = gone.iter().filter_map(|object| object.flow());
    let flows = flows.map(|id| Member { flow_id: Some(id.to_string()), delete: true, ..Member::default() });
    (flows.collect(), gone.iter().filter_map(|object| deletion(object)).collect())
}

/// Notes that a project applied what its set is about. What it only needs to be there, such as a queue that is listed by name or the
/// domain of a route, is its own if it made it.
pub(crate) fn note(
    world: &World,
    planned: &mut Planned<Vec<ObjectDone>>,
    project: &str,
    flows: &[Changed],
    objects: &[Arc<dyn AnyEdit>],
) {
    let project: Arc<str> = Arc::from(project);
    let flows = flows.iter().filter(|one| one.outcome != Outcome::Deleted).map(|one| Ref::from(one.record.id));
    let objects = planned.answer.iter().zip(objects).filter(|(done, edit)| match done.outcome {
        ObjectOutcome::Deleted => false,
        ObjectOutcome::Unchanged => !edit.only_if_missing(),
        ObjectOutcome::Created | ObjectOutcome::Changed => true,
    });
    let about: Vec<Ref> = flows.chain(objects.map(|(done, _)| done.object.clone())).collect();
    for object in about.into_iter().filter(|object| world.applied.get(object) != Some(&project)) {
        let change = CatalogueChange::Applied(AppliedRecord { object, project: project.clone() });
        planned.next.apply(&change);
        planned.changes.push(change);
    }
}

impl World {
    /// Whether an object is there and may be deleted.
    fn is_deletable(&self, object: &Ref) -> bool {
        match self.shelf(object.kind) {
            Some(shelf) => shelf.is_deletable(object),
            None => object.flow().is_some_and(|id| self.flows.contains_key(&id)),
        }
    }
}
