//! What a body says that a flow is to become, and its record and document as they are to be.

use std::collections::BTreeMap;
use std::sync::Arc;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::{self, Document, Metadata, Read, Rest};
use waypost_flow::source::Node;
use waypost_ids::FlowId;
use waypost_origin::Origin;
use waypost_store::records::audit::By;
use waypost_store::records::catalogue::FlowRecord;

use super::Saving;
use crate::error::ChangeError;

/// What a flow is to become.
pub(crate) struct Wanted {
    pub(crate) metadata: Metadata,
    pub(crate) content: Option<Arc<Document>>,
}

/// A body that could not be read as a whole.
pub(crate) struct Unread {
    /// What reading found.
    pub(crate) problems: Vec<Diagnostic>,
    pub(super) metadata: Metadata,
    /// What could be read, if it is enough to look for more.
    pub(super) rest: Option<Rest>,
}

impl From<Box<Unread>> for ChangeError {
    fn from(unread: Box<Unread>) -> Self {
        Self::Invalid(unread.problems)
    }
}

impl Wanted {
    /// Reads a body; every problem at once.
    pub(crate) fn read(body: &Node) -> Result<Self, Box<Unread>> {
        Self::of(document::read(body))
    }

    /// Reads a body for a flow that is there: it needs no name and no type.
    pub(crate) fn read_for_existing(body: &Node) -> Result<Self, Box<Unread>> {
        Self::of(document::read_for_existing(body))
    }

    fn of(read: Read) -> Result<Self, Box<Unread>> {
        let Read { document, rest, metadata, diagnostics } = read;
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Box::new(Unread { problems: diagnostics, metadata, rest }));
        }
        Ok(Self { metadata, content: document.map(Arc::new) })
    }

    /// The record of a new flow.
    pub(crate) fn new_record(&self, by: By<'_>, origin: &Origin) -> Result<FlowRecord, ChangeError> {
        let Metadata { name, flow_type, description, deprecated } = &self.metadata;
        let (Some(name), Some(flow_type)) = (name, flow_type) else {
            let members = [("name", name.is_none()), ("type", flow_type.is_none())];
            let problem = |member| Diagnostic::error(Code::MissingKey, member, format!("`{member}` is missing"));
            let problems = members.into_iter().filter(|(_, missing)| *missing).map(|(member, _)| problem(member));
            return Err(ChangeError::Invalid(problems.collect()));
        };
        let now = origin.now();
        Ok(FlowRecord {
            id: FlowId(origin.id()),
            folded_name: document::fold_name(name),
            shared: document::is_shared_type(flow_type),
            name: name.clone(),
            type_as_written: flow_type.clone(),
            description: description.clone().unwrap_or_default(),
            published: None,
            labels: BTreeMap::new(),
            deprecated: deprecated.clone().flatten(),
            newest: 0,
            revision: 0,
            created_at: now,
            created_by: by.actor.to_owned(),
            modified_at: now,
            deleted_at: None,
            lock: None,
        })
    }

    /// The flow's record as it is to be, apart from its content. A draft describes nothing.
    pub(crate) fn described(&self, record: &FlowRecord, is_new: bool, saving: Saving) -> FlowRecord {
        let mut described = record.clone();
        if is_new || saving == Saving::Publish {
            self.describe(&mut described);
        }
        described
    }

    /// Sets what is wanted of a flow besides its content.
    fn describe(&self, record: &mut FlowRecord) {
        if let Some(name) = &self.metadata.name {
            record.folded_name = document::fold_name(name);
            record.name.clone_from(name);
        }
        if let Some(flow_type) = &self.metadata.flow_type {
            record.shared = document::is_shared_type(flow_type);
            record.type_as_written.clone_from(flow_type);
        }
        if let Some(description) = &self.metadata.description {
            record.description.clone_from(description);
        }
        if let Some(deprecated) = &self.metadata.deprecated {
            record.deprecated.clone_from(deprecated);
        }
    }

    /// A draft changes nothing that callers see, so it can't rename the flow or change its type.
    pub(super) fn draft_of(&self, record: &FlowRecord) -> Result<(), ChangeError> {
        let problem = |(member, stands, wanted)| {
            let message = format!("a draft does not change the flow's {member}");
            let problem = Diagnostic::error(Code::InvalidValue, member, message);
            problem.expected(format!("`{stands}`")).found(format!("`{wanted}`"))
        };
        let problems: Vec<Diagnostic> = self.renames(record).map(problem).collect();
        if problems.is_empty() { Ok(()) } else { Err(ChangeError::Invalid(problems)) }
    }

    /// Where this calls a flow by another name or type than it has: the member, what the flow has, what is wanted.
    pub(crate) fn renames<'w>(
        &'w self,
        record: &'w FlowRecord,
    ) -> impl Iterator<Item = (&'static str, &'w str, &'w str)> {
        let Metadata { name, flow_type, .. } = &self.metadata;
        let members = [("name", name, &record.name), ("type", flow_type, &record.type_as_written)];
        let told = |(member, wanted, stands): (&'static str, &'w Option<String>, &'w String)| {
            let wanted = wanted.as_deref().filter(|wanted| *wanted != stands)?;
            Some((member, stands.as_str(), wanted))
        };
        members.into_iter().filter_map(told)
    }
}

/// A document without name and type of its own has those of its flow.
pub(crate) fn named_by(content: &Arc<Document>, record: &FlowRecord) -> Arc<Document> {
    if !content.name.is_empty() && !content.flow_type.is_empty() {
        return content.clone();
    }
    let mut named = (**content).clone();
    if named.name.is_empty() {
        named.name.clone_from(&record.name);
    }
    if named.flow_type.is_empty() {
        named.flow_type.clone_from(&record.type_as_written);
    }
    Arc::new(named)
}
