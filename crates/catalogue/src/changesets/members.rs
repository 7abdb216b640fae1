//! Members of a change set that are flows, read one by one: which flow each is about, and what is to become of it.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use waypost_flow::diagnostic::{Code, Diagnostic, Problems};
use waypost_flow::document;
use waypost_ids::FlowId;
use waypost_origin::Origin;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::FlowRecord;
use waypost_store::revisions::{Revisions, Stale};

use super::{MAX_MEMBERS, Member};
use crate::error::ChangeError;
use crate::flows::{Saving, Wanted};
use crate::versions::VersionName;
use crate::world::World;

/// A member, as far as it can be read without the others.
pub(super) struct Read {
    pub(super) record: FlowRecord,
    pub(super) temporary: Option<String>,
    pub(super) aim: Aim,
    pub(super) place: String,
}

impl Read {
    /// The flow's record as far as names are concerned, once the set is published.
    pub(super) fn afterwards(&self, world: &World) -> FlowRecord {
        match &self.aim {
            Aim::Content(wanted) => {
                let is_new = !world.flows.contains_key(&self.record.id);
                wanted.described(&self.record, is_new, Saving::Publish)
            }
            Aim::Version(_) => self.record.clone(),
            Aim::Delete => FlowRecord { deleted_at: Some(self.record.modified_at), ..self.record.clone() },
        }
    }
}

/// What is to become of the flow of a member.
pub(super) enum Aim {
    /// It gets this document.
    Content(Wanted),
    /// This version of it is published.
    Version(VersionName),
    /// It goes.
    Delete,
}

/// Reads all members: those that can be read, and every problem of the others.
pub(super) fn read(
    world: &World,
    by: By<'_>,
    members: &[Member],
    origin: &Origin,
) -> Result<(Vec<Read>, Problems), ChangeError> {
    let mut problems = Problems::default();
    let mut wanted = Vec::new();
    let mut seen: HashSet<FlowId> = HashSet::new();
    let mut temporary: BTreeMap<&str, usize> = BTreeMap::new();
    if members.is_empty() || members.len() > MAX_MEMBERS {
        let problem = Diagnostic::error(Code::InvalidValue, "flows", "a change set has at least one flow");
        problems.push(problem.expected(format!("1 to {MAX_MEMBERS} flows")).found(members.len().to_string()));
    }
    for (index, member) in members.iter().enumerate() {
        let place = format!("flows[{index}].");
        match read_one(world, by, member, &place, origin) {
            Err(ChangeError::Invalid(found)) => problems.extend(found),
            Err(other) => return Err(other),
            Ok(one) => {
                if !seen.insert(one.record.id) {
                    let message = format!("the flow `{}` appears twice in the set", one.record.name);
                    problems.push(Diagnostic::error(Code::DuplicateName, place.trim_end_matches('.'), message));
                }
                wanted.push(one);
            }
        }
        if let Some(name) = member.flow_id.as_deref().filter(|id| id.parse::<FlowId>().is_err())
            && temporary.insert(name, index).is_some()
        {
            let message = format!("two flows of the set are called `{name}`");
            problems.push(Diagnostic::error(Code::DuplicateName, format!("{place}flowId"), message));
        }
    }
    Ok((wanted, problems))
}

fn read_one(world: &World, by: By<'_>, member: &Member, place: &str, origin: &Origin) -> Result<Read, ChangeError> {
    let wrong = |code: Code, member: &str, message: String| {
        ChangeError::Invalid(vec![Diagnostic::error(code, format!("{place}{member}"), message)])
    };
    let inside = |error: ChangeError| match error {
        ChangeError::Invalid(mut problems) => {
            for problem in &mut problems {
                problem.path = format!("{place}document.{}", problem.path);
            }
            ChangeError::Invalid(problems)
        }
        other => other,
    };
    let known_id = member.flow_id.as_deref().and_then(|id| id.parse::<FlowId>().ok());
    let aim = match (&member.document, &member.version, member.delete) {
        (Some(document), None, false) => {
            // Whoever says which flow is meant need not say so in the document.
            let is_said = member.name.is_some() || known_id.is_some();
            let mut wanted = match is_said {
                true => Wanted::read_for_existing(document),
                false => Wanted::read(document),
            };
            if let (Ok(wanted), None) = (&mut wanted, known_id) {
                wanted.metadata.name = wanted.metadata.name.take().or_else(|| member.name.clone());
            }
            Aim::Content(wanted.map_err(|unread| inside(unread.into()))?)
        }
        (None, Some(version), false) => Aim::Version(version.clone()),
        (None, None, true) => Aim::Delete,
        _ => {
            let message = "a flow of the set has either a `document` or a `version`, or `delete`".to_owned();
            return Err(wrong(Code::MissingKey, "document", message));
        }
    };
    let named = match &aim {
        Aim::Content(wanted) => wanted.metadata.name.as_deref().or(member.name.as_deref()),
        Aim::Version(_) | Aim::Delete => member.name.as_deref(),
    };
    let found = match (known_id, named) {
        (Some(id), _) => match world.flows.get(&id) {
            Some(record) => Some(record),
            None => return Err(wrong(Code::UnknownFlow, "flowId", format!("there is no flow `{id}`"))),
        },
        (None, Some(name)) => {
            let folded = document::fold_name(name);
            let flow_type = match &aim {
                Aim::Content(wanted) => wanted.metadata.flow_type.as_deref(),
                Aim::Version(_) | Aim::Delete => None,
            };
            match (flow_type, world.flow_named(&folded, true), world.flow_named(&folded, false)) {
                (Some(flow_type), shared, email) => {
                    if document::is_shared_type(flow_type) {
                        shared
                    } else {
                        email
                    }
                }
                (None, Some(_), Some(_)) => {
                    let message =
                        format!("the name `{name}` means two flows: one of type shared and one of type email");
                    let problem = Diagnostic::error(Code::InvalidValue, format!("{place}name"), message);
                    return Err(ChangeError::Invalid(vec![problem.suggestion("name the flow by its `flowId`")]));
                }
                (None, shared, email) => shared.or(email),
            }
        }
        (None, None) => {
            return Err(wrong(Code::MissingKey, "flowId", "which flow? Name its `flowId` or `name`".to_owned()));
        }
    };
    if let Some(found) = found {
        Revisions::check(member.if_match.as_ref(), "flow", found.revision)
            .map_err(|stale| Stale { name: found.name.clone(), ..stale })?;
    } else if member.if_match.is_some() {
        return Err(wrong(Code::UnknownFlow, "ifMatch", "there is no such flow, so it has no revision".to_owned()));
    }
    if let Some(problem) = disagreement(member, &aim, found, place) {
        return Err(ChangeError::Invalid(vec![problem]));
    }
    let temporary = member.flow_id.clone().filter(|_| known_id.is_none());
    let record = match (found, &aim) {
        (Some(record), _) => (**record).clone(),
        (None, Aim::Content(wanted)) => wanted.new_record(by, origin).map_err(inside)?,
        (None, Aim::Version(_) | Aim::Delete) => {
            let name = named.unwrap_or_default();
            return Err(wrong(Code::UnknownFlow, "name", format!("there is no flow `{name}`")));
        }
    };
    Ok(Read { record, temporary, aim, place: place.to_owned() })
}

/// A member that calls its flow by a name which is neither the flow's nor the document's: which of them is meant?
fn disagreement(member: &Member, aim: &Aim, found: Option<&Arc<FlowRecord>>, place: &str) -> Option<Diagnostic> {
    let said = document::fold_name(member.name.as_deref()?);
    let in_document = match aim {
        Aim::Content(wanted) => wanted.metadata.name.as_deref(),
        Aim::Version(_) | Aim::Delete => None,
    };
    let known = found.map(|flow| flow.name.as_str());
    let meant = in_document.or(known)?;
    if document::fold_name(meant) == said {
        return None;
    }
    // With its id, a flow may be called as it is, and the document may rename it.
    if member.flow_id.is_some() && known.is_some_and(|known| document::fold_name(known) == said) {
        return None;
    }
    let message = format!("the member is about `{}`, but its flow is called `{meant}`", member.name.as_deref()?);
    let problem = Diagnostic::error(Code::InvalidValue, format!("{place}name"), message);
    Some(problem.expected(format!("`{meant}`")).suggestion("to rename a flow, name it by its `flowId`"))
}
