//! What projects applied. The catalogue remembers for each object which project last did; what a project applied and its change set has
//! no longer can go with the rest of the set.

use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use waypost_ids::{Kind, Ref};
use waypost_store::records::catalogue::{AppliedRecord, CatalogueChange};

use crate::Planned;
use crate::changesets::{Changed, Member, Outcome};
use crate::edits::{AnyEdit, ObjectDone, ObjectOutcome, deletion};
use crate::error::ChangeError;
use crate::world::World;

/// The project that a change set is.
#[derive(Clone, Debug, Default)]
pub struct ProjectSet {
    /// Its name.
    pub name: String,
    /// Whether what it applied before and has no longer is deleted.
    pub prune: bool,
    /// Whether it takes over what another project applied last. Otherwise what is the same already stays with that project, and a set that
    /// would change some of it is refused: the two would undo each other's work with every `apply`.
    pub take_over: bool,
}

/// An object of a set that another project applied last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfAnother {
    /// Which.
    pub object: Ref,
    /// What it is called.
    pub name: String,
    /// The other project.
    pub project: Arc<str>,
}

impl fmt::Display for OfAnother {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the project `{}` applied the {} `{}` last", self.project, self.object.kind.as_str(), self.name)
    }
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

/// What of a set another project applied last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfOthers {
    /// What the set takes over.
    pub taken: Vec<OfAnother>,
    /// What is the same already, and stays with its project.
    pub left: Vec<OfAnother>,
}

/// Notes that a project applied what its set is about, and answers what of it is another's. What it only needs to be there, such as a queue that is listed by name or the domain of a route, is its own if it made it.
pub(crate) fn note(
    world: &World,
    planned: &mut Planned<Vec<ObjectDone>>,
    project: &ProjectSet,
    flows: &[Changed],
    objects: &[Arc<dyn AnyEdit>],
) -> Result<OfOthers, ChangeError> {
    let name: Arc<str> = Arc::from(project.name.as_str());
    let flows = flows.iter().filter(|one| one.outcome != Outcome::Deleted);
    let flows = flows.map(|one| (Ref::from(one.record.id), &one.record.name, one.outcome == Outcome::Unchanged));
    let objects = planned.answer.iter().zip(objects).filter(|(done, edit)| match done.outcome {
        ObjectOutcome::Deleted => false,
        ObjectOutcome::Unchanged => !edit.only_if_missing(),
        ObjectOutcome::Created | ObjectOutcome::Changed => true,
    });
    let objects = objects.map(|(done, _)| (done.object.clone(), &done.name, done.outcome == ObjectOutcome::Unchanged));
    let (mut others, mut changes) = (OfOthers::default(), Vec::new());
    for (object, called, is_same) in flows.chain(objects) {
        let by = world.applied.get(&object);
        if by == Some(&name) {
            continue;
        }
        if let Some(by) = by {
            let other = OfAnother { object: object.clone(), name: called.clone(), project: by.clone() };
            if is_same && !project.take_over {
                others.left.push(other);
                continue;
            }
            others.taken.push(other);
        }
        changes.push(CatalogueChange::Applied(AppliedRecord { object, project: name.clone() }));
    }
    for change in changes {
        planned.next.apply(&change);
        planned.changes.push(change);
    }
    if others.taken.is_empty() || project.take_over {
        Ok(others)
    } else {
        Err(ChangeError::OfAnotherProject(others.taken))
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
