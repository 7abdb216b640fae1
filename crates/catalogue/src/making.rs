//! What a plan makes of objects: most before flows are looked at, those that need flows after them.

use std::sync::Arc;

use waypost_flow::diagnostic::{Diagnostic, Problems};
use waypost_ids::Kind;
use waypost_origin::Origin;
use waypost_store::records::catalogue::CatalogueChange;

use crate::edits::{AnyEdit, Made, ObjectDone};
use crate::error::ChangeError;
use crate::object::Making;
use crate::refusals::refuse_twice;
use crate::world::World;

/// What is made of objects before flows are looked at.
#[derive(Default)]
pub(crate) struct Early {
    /// What each edit makes; none for those that need flows first.
    pub(crate) made: Vec<Option<Made>>,
    /// Secrets that objects name and can't have, those included that need flows first. All else is looked at all the same.
    pub(crate) lacking: Vec<Diagnostic>,
}

/// Makes objects in the world as it is; those that need flows come later.
pub(crate) fn make_early(making: &Making<'_>, objects: &[Arc<dyn AnyEdit>]) -> Result<Early, ChangeError> {
    // One place for each, so that problems are told in the order of the set.
    let mut made: Vec<Option<Result<Made, Vec<Diagnostic>>>> = objects.iter().map(|_| None).collect();
    let make =
        |making: &Making<'_>, made: &mut [Option<Result<Made, Vec<Diagnostic>>>], wanted: &dyn Fn(Kind) -> bool| {
            let early = objects.iter().zip(made).filter(|(object, _)| !object.after_flows() && wanted(object.kind()));
            for (object, made) in early {
                *made = Some(match object.make(making) {
                    Err(ChangeError::Invalid(found)) => Err(found),
                    done => Ok(done?),
                });
            }
            Ok::<(), ChangeError>(())
        };
    make(making, &mut made, &|kind| kind != Kind::Queue)?;
    // Queues name webhooks and mailboxes, which may come with the set.
    let changes = made.iter().flatten().flatten().filter(|made| made.done.object.kind == Kind::Webhook);
    let mut named: Vec<CatalogueChange> = changes.filter_map(|made| made.change.clone()).collect();
    if objects.iter().any(|object| object.kind() == Kind::Queue) {
        named.extend(objects.iter().filter_map(|object| object.foreseen(making)));
    }
    let with_named = (!named.is_empty()).then(|| making.world.for_queues(&named));
    let world = with_named.as_ref().unwrap_or(making.world);
    make(&Making { world, ..*making }, &mut made, &|kind| kind == Kind::Queue)?;
    let mut problems = Problems::default();
    let mut all = Vec::with_capacity(made.len());
    for one in made {
        all.push(one.transpose().unwrap_or_else(|found| {
            problems.extend(found);
            None
        }));
    }
    let lacking: Vec<Diagnostic> = objects.iter().flat_map(|object| object.lacking(making.world)).collect();
    if !problems.is_empty() {
        problems.extend(lacking);
        return Err(ChangeError::Invalid(problems.into_vec()));
    }
    refuse_twice(objects.iter().zip(&all).filter_map(|(edit, made)| Some((edit, &made.as_ref()?.done))))?;
    Ok(Early { made: all, lacking })
}

/// Makes objects in the world that they come into, one after the other. Answers what is wrong with them and what is known to be.
pub(crate) fn make_late(
    world: &mut World,
    (actor, origin): (&str, &Origin),
    late: &[Arc<dyn AnyEdit>],
    changes: &mut Vec<CatalogueChange>,
    known: &[Diagnostic],
) -> Result<(Vec<ObjectDone>, Problems), ChangeError> {
    let (mut done, mut problems) = (Vec::new(), Vec::new());
    for edit in late {
        match edit.make(&Making::of(world, actor, origin)) {
            Err(ChangeError::Invalid(found)) => problems.extend(found),
            made => {
                let made = made?;
                if let Some(change) = made.change {
                    world.apply(&change);
                    changes.push(change);
                }
                done.push(made.done);
            }
        }
    }
    // A mailbox that lacks a secret says so itself.
    let untold: Vec<Diagnostic> = known.iter().filter(|one| !problems.contains(one)).cloned().collect();
    let mut all = Problems::default();
    all.extend(problems.into_iter().chain(untold));
    Ok((done, all))
}
