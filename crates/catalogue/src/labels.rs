//! Labels: movable names of versions. A label names one version, or two of which each interaction gets one.

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::{FlowId, LabelTarget, Version};
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::{EventKind, FlowRecord};
use waypost_store::revisions::Revisions;

use crate::LiveCatalogue;
use crate::error::ChangeError;
use crate::flows::{FlowView, touch};
use crate::plan::Edit;

/// A label is at most so long, in bytes.
const MAX_LENGTH: usize = 64;

/// What these words mean where a version is named is not for labels to say.
const RESERVED: [&str; 2] = ["published", "newest"];

/// A weight is at most so much.
const MAX_WEIGHT: u32 = 1_000_000;

/// A version that a label is to name, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WantedTarget {
    /// The version.
    pub version: Version,
    /// Its weight; none: all of it, or as much as the other's.
    pub weight: Option<u32>,
}

impl LiveCatalogue {
    /// Gives a label to a version, or to two with weights; moves it if it was another's.
    ///
    /// # Errors
    /// Not found, stale, every problem found, every caller that would break, or the store.
    pub async fn put_label(
        &self,
        by: By<'_>,
        id: FlowId,
        label: &str,
        targets: &[WantedTarget],
        if_match: Option<&Revisions>,
    ) -> Result<FlowView, ChangeError> {
        self.relabel(by, (id, if_match), label, |record| {
            let targets = checked_targets(record, label, targets)?;
            Ok(record.labels.get(label) != Some(&targets) && {
                record.labels.insert(label.to_owned(), targets);
                true
            })
        })
        .await
    }

    /// Takes a label away.
    ///
    /// # Errors
    /// Not found, stale, every caller that would break, or the store.
    pub async fn delete_label(
        &self,
        by: By<'_>,
        id: FlowId,
        label: &str,
        if_match: Option<&Revisions>,
    ) -> Result<FlowView, ChangeError> {
        self.relabel(by, (id, if_match), label, |record| match record.labels.remove(label) {
            Some(_) => Ok(true),
            None => Err(ChangeError::NotFound { kind: "label", id: format!("{id}/{label}") }),
        })
        .await
    }

    /// `change` answers whether it changed anything.
    async fn relabel(
        &self,
        by: By<'_>,
        (id, if_match): (FlowId, Option<&Revisions>),
        label: &str,
        change: impl Fn(&mut FlowRecord) -> Result<bool, ChangeError> + Send + Sync,
    ) -> Result<FlowView, ChangeError> {
        let mut turn = self.begin(by);
        loop {
            let world = turn.world().await;
            let mut record = self.current(&world, id, if_match).await?;
            if !change(&mut record)? {
                break;
            }
            touch(&mut record, self.origin.now());
            let targets = record.labels.get(label).cloned().unwrap_or_default();
            let mut edit = Edit::of(record);
            let kind = if targets.is_empty() { EventKind::Unlabelled } else { EventKind::Labelled };
            edit.event(by, kind, targets.first().map(|target| target.version));
            for event in &mut edit.events {
                event.label = Some(label.to_owned());
                event.targets.clone_from(&targets);
            }
            let planned = self.plan(&world, by, vec![edit], ()).await?;
            if turn.commit(planned).await?.is_some() {
                tracing::info!(actor = by.actor, flow = %id, label, "label changed");
                break;
            }
        }
        drop(turn);
        self.flow(id).await
    }
}

/// The targets as they are kept, or everything that is wrong with them.
fn checked_targets(record: &FlowRecord, label: &str, wanted: &[WantedTarget]) -> Result<Vec<LabelTarget>, ChangeError> {
    let mut problems = Vec::new();
    let starts_well = label.starts_with(|c: char| c.is_ascii_lowercase());
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !starts_well || !label.chars().all(letters) || label.len() > MAX_LENGTH {
        let problem = Diagnostic::error(Code::InvalidName, "label", format!("`{label}` is not a label"));
        problems.push(problem.expected("a lower-case letter, then lower-case letters, digits and hyphens"));
    }
    if RESERVED.contains(&label) {
        let message = format!("`{label}` can't be a label: as a version it already has a meaning");
        problems.push(Diagnostic::error(Code::InvalidName, "label", message).expected("any other word"));
    }
    if !(1..=2).contains(&wanted.len()) {
        let problem = Diagnostic::error(Code::InvalidValue, "targets", "a label names one version, or two");
        problems.push(problem.found(format!("{} targets", wanted.len())));
    }
    for (index, target) in wanted.iter().enumerate() {
        let at = |member: &str| format!("targets[{index}].{member}");
        if !(1..=record.newest).contains(&target.version) {
            let message = format!("the flow `{}` has no version {}", record.name, target.version);
            problems.push(Diagnostic::error(Code::UnknownVersion, at("version"), message));
        }
        if wanted.iter().take(index).any(|other| other.version == target.version) {
            let message = format!("version {} appears twice", target.version);
            problems.push(Diagnostic::error(Code::DuplicateName, at("version"), message));
        }
        if target.weight.is_some_and(|weight| !(1..=MAX_WEIGHT).contains(&weight)) {
            let problem = Diagnostic::error(Code::InvalidValue, at("weight"), "this is not a weight");
            problems.push(problem.expected(format!("a whole number from 1 to {MAX_WEIGHT}")));
        }
    }
    if wanted.len() == 2
        && wanted.iter().any(|target| target.weight.is_some()) != wanted.iter().all(|target| target.weight.is_some())
    {
        let problem = Diagnostic::error(Code::MissingKey, "targets", "one target has a weight, and the other has none");
        problems.push(problem.suggestion("give both a weight, or neither for halves"));
    }
    if !problems.is_empty() {
        return Err(ChangeError::Invalid(problems));
    }
    // One alone has all, whatever its weight.
    let weight = |target: &WantedTarget| if wanted.len() == 1 { 1 } else { target.weight.unwrap_or(1) };
    Ok(wanted.iter().map(|target| LabelTarget { version: target.version, weight: weight(target) }).collect())
}
