//! What publishers change: flows, their versions, queues, domains, routes, tables, schedules, terms, webhooks, data actions, mailboxes and secrets. All of it stands
//! under one number, the epoch.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Span, SpanRelativeTo, Timestamp};
use uuid::Uuid;
use waypost_ids::{
    DataActionId, FlowId, Kind, LabelTarget, MailboxId, QueueId, Ref, ScheduleId, TableId, Term, Version, WebhookId,
};

use super::audit::AuditRecord;
use super::mailboxes::MailboxRecord;
use super::outside::{DataActionRecord, SecretRecord, WebhookRecord};
use super::tables::{ScheduleRecord, TableRecord};

/// Counts the changes of the catalogue: each committed change set adds one.
pub type Epoch = u64;

/// A flow without its content.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowRecord {
    /// The flow's identifier.
    pub id: FlowId,
    /// The name as written.
    pub name: String,
    /// The name folded by us: unique among flows of one kind that are not deleted, together with `shared`.
    pub folded_name: String,
    /// Whether the flow is of type `shared` (or `COMMONMODULE`).
    pub shared: bool,
    /// The type as written by the client (`email`, `INBOUNDEMAIL`, …), returned as such.
    pub type_as_written: String,
    /// The description, empty if there is none.
    pub description: String,
    /// The version that callers follow; none if nothing is published or the flow was deactivated.
    pub published: Option<Version>,
    /// Names of versions, wherever a version may stand: one version each, or two with weights.
    pub labels: BTreeMap<String, Vec<LabelTarget>>,
    /// The notice to its callers; none while it is not deprecated.
    pub deprecated: Option<String>,
    /// The newest version's number; 0 if the flow has no content yet.
    pub newest: Version,
    /// Counts the changes of this flow: the ETag.
    pub revision: u64,
    /// When the flow was made.
    pub created_at: Timestamp,
    /// The client that made it.
    pub created_by: String,
    /// When the flow last changed.
    pub modified_at: Timestamp,
    /// When the flow was deleted. Its content stays for traces.
    pub deleted_at: Option<Timestamp>,
    /// The client that has checked it out; no other may change it.
    pub lock: Option<FlowLock>,
}

impl FlowRecord {
    /// The newest version; none if the flow has no content yet.
    #[must_use]
    pub fn saved(&self) -> Option<Version> {
        Some(self.newest).filter(|number| *number > 0)
    }

    /// The newest version that is checked in: while a client has the flow checked out, the newest at the time of the check-out.
    #[must_use]
    pub fn checked_in(&self) -> Option<Version> {
        let number = self.lock.as_ref().map_or(self.newest, |lock| lock.base);
        Some(number).filter(|number| *number > 0)
    }
}

/// A flow that is checked out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowLock {
    /// The client that holds it.
    pub client: String,
    /// Since when.
    pub at: Timestamp,
    /// The newest version at that time; 0 if there was none.
    pub base: Version,
}

/// One immutable version of a flow's content.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionRecord {
    /// The flow.
    pub flow_id: FlowId,
    /// The version's number.
    pub version: Version,
    /// The document as canonical JSON.
    pub content: Arc<str>,
    /// SHA-256 of `content`, in lower-case hexadecimal.
    pub hash: String,
    /// The ids behind the names in the content when it was saved, so that renaming breaks nothing.
    pub bindings: Bindings,
    /// When the version was saved.
    pub created_at: Timestamp,
    /// The client that saved it.
    pub created_by: String,
    /// When it was last published; none for a draft.
    pub published_at: Option<Timestamp>,
    /// What was found when it was saved, as a JSON list of problems; empty for what could be published then.
    pub validation: Vec<serde_json::Value>,
}

/// What was done to a flow, by whom, when.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowEvent {
    /// The flow.
    pub flow_id: FlowId,
    /// What was done.
    pub kind: EventKind,
    /// The version that it is about.
    pub version: Option<Version>,
    /// The label that it is about.
    pub label: Option<String>,
    /// What the label names since.
    pub targets: Vec<LabelTarget>,
    /// Why, in the words of the one who did it.
    pub note: Option<String>,
    /// When.
    pub at: Timestamp,
    /// The client that did it.
    pub by: String,
}

/// What can be done to a flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A draft was saved.
    Saved,
    /// A version was published, for the first time or again.
    Published,
    /// The flow was unpublished.
    Deactivated,
    /// A label was set, moved or reweighted.
    Labelled,
    /// A label was taken away.
    Unlabelled,
    /// The flow was deprecated.
    Deprecated,
    /// That was taken back.
    Undeprecated,
    /// The flow was deleted.
    Deleted,
    /// A client has checked the flow out; no other may change it.
    CheckedOut,
    /// It gave the flow back.
    CheckedIn,
    /// It gave the flow back as it was: what it saved meanwhile is not the newest any more.
    Reverted,
    /// The flow was taken from the client that held it.
    Unlocked,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 12] = [
        Self::Saved,
        Self::Published,
        Self::Deactivated,
        Self::Labelled,
        Self::Unlabelled,
        Self::Deprecated,
        Self::Undeprecated,
        Self::Deleted,
        Self::CheckedOut,
        Self::CheckedIn,
        Self::Reverted,
        Self::Unlocked,
    ];

    /// The kind's name, as it is stored and returned.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Saved => "saved",
            Self::Published => "published",
            Self::Deactivated => "deactivated",
            Self::Labelled => "labelled",
            Self::Unlabelled => "unlabelled",
            Self::Deprecated => "deprecated",
            Self::Undeprecated => "undeprecated",
            Self::Deleted => "deleted",
            Self::CheckedOut => "checkedOut",
            Self::CheckedIn => "checkedIn",
            Self::Reverted => "reverted",
            Self::Unlocked => "unlocked",
        }
    }
}

/// What the names in a version's content stood for when it was saved: keys are folded names.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Bindings {
    /// Queues.
    pub queues: BTreeMap<String, QueueId>,
    /// Flows.
    pub flows: BTreeMap<String, FlowId>,
    /// Data tables. Versions saved before tables existed have none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, TableId>,
    /// Schedules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schedules: BTreeMap<String, ScheduleId>,
    /// Webhooks.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub webhooks: BTreeMap<String, WebhookId>,
    /// Data actions.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub data_actions: BTreeMap<String, DataActionId>,
}

/// A queue that work waits in.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueRecord {
    /// The queue's identifier.
    pub id: QueueId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique.
    pub folded_name: String,
    /// Made by the server (`Unrouted`): can't be deleted or renamed.
    pub built_in: bool,
    /// The members that clients sent and we only keep and return (Genesys's queue has many), as a JSON object.
    pub extra: serde_json::Map<String, serde_json::Value>,
    /// When the queue was made.
    pub created_at: Timestamp,
    /// When the queue last changed.
    pub modified_at: Timestamp,
}

/// Where a queue delivers what comes into it, instead of keeping it for claims.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase", untagged)]
pub enum DeliverTo {
    /// A request to this webhook.
    Webhook {
        /// Its id.
        webhook: WebhookId,
    },
    /// A mail to each of these.
    Addresses {
        /// The addresses.
        addresses: Vec<String>,
        /// Whether it is attached to a new mail; otherwise it is resent unchanged.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        attach: bool,
    },
    /// The message itself, into a folder.
    Folder {
        /// The mailbox that has it.
        mailbox: MailboxId,
        /// The folder.
        folder: String,
    },
}

impl QueueRecord {
    /// The member of `extra` that says how soon work is to be taken, as an ISO 8601 duration.
    pub const SERVICE_LEVEL: &str = "serviceLevel";

    /// The member of `extra` that says where the queue delivers, as [`DeliverTo`].
    pub const DELIVER_TO: &str = "deliverTo";

    /// Where the queue delivers what comes into it; none if work waits to be claimed. Earlier releases kept whatever clients sent by that name:
    /// what says nothing here delivers nowhere.
    #[must_use]
    pub fn deliver_to(&self) -> Option<DeliverTo> {
        serde::Deserialize::deserialize(self.extra.get(Self::DELIVER_TO)?).ok()
    }

    /// The time within which work should be claimed; none if no service level is set.
    #[must_use]
    pub fn service_level(&self) -> Option<SignedDuration> {
        read_service_level(self.extra.get(Self::SERVICE_LEVEL)?.as_str()?)
    }
}

/// Reads how soon work is to be taken: an ISO 8601 duration such as `PT4H` or `P1DT12H`, a day being 24 hours; more than nothing, and a year at
/// most.
#[must_use]
pub fn read_service_level(text: &str) -> Option<SignedDuration> {
    // The parser reads `4 hours`, too.
    let span: Span = text.starts_with('P').then(|| text.parse().ok()).flatten()?;
    let duration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    (duration.is_positive() && duration <= SignedDuration::from_hours(366 * 24)).then_some(duration)
}

/// A domain that mail is accepted for.
#[derive(Clone, Debug, PartialEq)]
pub struct DomainRecord {
    /// The domain in lower case; also its identifier.
    pub domain: String,
    /// Members that are only kept and returned.
    pub extra: serde_json::Map<String, serde_json::Value>,
    /// When the domain was made.
    pub created_at: Timestamp,
}

/// Where a route leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RouteTarget {
    /// The flow is run.
    Flow(FlowId),
    /// The interaction goes straight to the queue.
    Queue(QueueId),
}

/// A route: a pattern of local parts in one domain, and where matching mail goes.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteRecord {
    /// The route's identifier.
    pub id: Uuid,
    /// The domain in lower case.
    pub domain: String,
    /// A local part, or a pattern that contains `*`; lower case.
    pub pattern: String,
    /// Flow or queue.
    pub target: RouteTarget,
    /// The queue for unrouted mail of this route; `None` is the built-in queue.
    pub unrouted_queue: Option<QueueId>,
    /// The priority that interactions start with.
    pub priority: i64,
    /// Members that are only kept and returned.
    pub extra: serde_json::Map<String, serde_json::Value>,
    /// When the route was made.
    pub created_at: Timestamp,
    /// When the route last changed.
    pub modified_at: Timestamp,
}

impl RouteRecord {
    /// The member of `extra` with the display name of replies.
    pub const FROM_NAME: &str = "fromName";

    /// The member of `extra` that says whether mail that lists pass on may be answered by flows.
    pub const ANSWER_LISTS: &str = "answerLists";

    /// The member of `extra` that says where replies go: [`Self::TO_TARGET`] or [`Self::TO_PREVIOUS_QUEUE`].
    pub const REPLIES: &str = "replies";

    /// Replies go where all mail of the route goes.
    pub const TO_TARGET: &str = "target";

    /// Replies go back to the queue of the conversation.
    pub const TO_PREVIOUS_QUEUE: &str = "previousQueue";

    /// Whether replies go back to the queue of the conversation.
    #[must_use]
    pub fn returns_replies(&self) -> bool {
        self.extra.get(Self::REPLIES).and_then(serde_json::Value::as_str) == Some(Self::TO_PREVIOUS_QUEUE)
    }

    /// The members of `extra` that say for how many days contents and decisions are kept, as `--keep-content-days` and
    /// `--keep-decision-days` do; 0 is for ever.
    pub const KEEP: [&str; 2] = ["keepContentDays", "keepDecisionDays"];

    /// For how many days contents and decisions are kept, if the route overrides it; 0 is for ever.
    #[must_use]
    pub fn keeps(&self) -> [Option<u32>; 2] {
        Self::KEEP.map(|name| self.extra.get(name)?.as_u64().and_then(|days| u32::try_from(days).ok()))
    }

    /// The display name in replies; empty if there is none.
    #[must_use]
    pub fn from_name(&self) -> &str {
        self.extra.get(Self::FROM_NAME).and_then(serde_json::Value::as_str).unwrap_or_default()
    }

    /// Whether mail that lists pass on may be answered by flows.
    #[must_use]
    pub fn answers_lists(&self) -> bool {
        self.extra.get(Self::ANSWER_LISTS).and_then(serde_json::Value::as_bool).unwrap_or_default()
    }
}

/// A term: a name that others use, such as a skill.
#[derive(Clone, Debug, PartialEq)]
pub struct TermRecord {
    /// What kind of term.
    pub term: Term,
    /// The term's identifier.
    pub id: Uuid,
    /// The name as written.
    pub name: String,
    /// The name folded by us: unique among terms of one kind.
    pub folded_name: String,
    /// Members that are only kept and returned.
    pub extra: serde_json::Map<String, serde_json::Value>,
    /// Counts the changes of this term: the ETag.
    pub revision: u64,
    /// When the term was made.
    pub created_at: Timestamp,
    /// When the term last changed.
    pub modified_at: Timestamp,
}

/// Everything in the catalogue that runs and publishing need.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    /// The epoch that all of it was read at.
    pub epoch: Epoch,
    /// All flows, deleted ones left out.
    pub flows: Vec<FlowRecord>,
    /// The published versions.
    pub versions: Vec<VersionRecord>,
    /// All queues.
    pub queues: Vec<QueueRecord>,
    /// All domains.
    pub domains: Vec<DomainRecord>,
    /// All routes.
    pub routes: Vec<RouteRecord>,
    /// All data tables, without their rows.
    pub tables: Vec<TableRecord>,
    /// All schedules.
    pub schedules: Vec<ScheduleRecord>,
    /// All terms, of whatever kind.
    pub terms: Vec<TermRecord>,
    /// All webhooks.
    pub webhooks: Vec<WebhookRecord>,
    /// All data actions.
    pub data_actions: Vec<DataActionRecord>,
    /// All secrets.
    pub secrets: Vec<SecretRecord>,
    /// All mailboxes.
    pub mailboxes: Vec<MailboxRecord>,
    /// What projects applied.
    pub applied: Vec<AppliedRecord>,
}

/// Which project last applied an object: only that project may prune it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppliedRecord {
    /// The object.
    pub object: Ref,
    /// The project's name.
    pub project: Arc<str>,
}

/// One change of the catalogue. Several are committed together.
#[derive(Clone, Debug)]
pub enum CatalogueChange {
    /// Insert or replace a flow.
    PutFlow(FlowRecord),
    /// Insert a version.
    AddVersion(VersionRecord),
    /// Set a version's `published_at`.
    MarkPublished(FlowId, Version, Timestamp),
    /// Note in a version what its names stand for: a draft may have named what did not exist yet.
    Bind(FlowId, Version, Bindings),
    /// Note what was done.
    AddEvent(FlowEvent),
    /// Note it in the audit log.
    AddAudit(AuditRecord),
    /// Insert or replace an object that is no flow. A table's rows stay as they are.
    Put(ObjectRecord),
    /// Remove an object that is no flow. No work may be in a queue, and a domain's routes must be gone. A route stays known to the mail
    /// that was bound to it; a table's rows are out of reach immediately, and swept little by little.
    Delete(Ref),
    /// Record that a project applied an object. The record goes with the object.
    Applied(AppliedRecord),
}

impl CatalogueChange {
    /// The object that is gone by it.
    #[must_use]
    pub fn gone(&self) -> Option<Ref> {
        match self {
            Self::Delete(object) => Some(object.clone()),
            Self::PutFlow(flow) if flow.deleted_at.is_some() => Some(flow.id.into()),
            _ => None,
        }
    }

    /// Insert or replace an object.
    pub fn put(record: impl Into<ObjectRecord>) -> Self {
        Self::Put(record.into())
    }

    /// Remove an object.
    pub fn delete(object: impl Into<Ref>) -> Self {
        Self::Delete(object.into())
    }

    /// The object that is made, changed or removed; none for what is noted beside one. A flow's record changes with each of its versions.
    pub(crate) fn object(&self) -> Option<Ref> {
        match self {
            Self::PutFlow(flow) => Some(flow.id.into()),
            Self::Put(record) => Some(record.object()),
            Self::Delete(object) => Some(object.clone()),
            Self::AddVersion(_) | Self::MarkPublished(..) | Self::Bind(..) => None,
            Self::AddEvent(_) | Self::AddAudit(_) | Self::Applied(_) => None,
        }
    }
}

/// An object of the catalogue that is no flow, as it is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum ObjectRecord {
    /// A queue.
    Queue(QueueRecord),
    /// A data table, without its rows.
    Table(TableRecord),
    /// A schedule.
    Schedule(ScheduleRecord),
    /// A domain.
    Domain(DomainRecord),
    /// A route.
    Route(RouteRecord),
    /// A term.
    Term(TermRecord),
    /// A webhook.
    Webhook(WebhookRecord),
    /// A data action.
    DataAction(DataActionRecord),
    /// A secret.
    Secret(SecretRecord),
    /// A mailbox.
    Mailbox(MailboxRecord),
}

impl ObjectRecord {
    /// Which object it is.
    #[must_use]
    pub fn object(&self) -> Ref {
        match self {
            Self::Queue(queue) => queue.id.into(),
            Self::Table(table) => table.id.into(),
            Self::Schedule(schedule) => schedule.id.into(),
            Self::Domain(domain) => Ref::domain(&domain.domain),
            Self::Route(route) => Ref::new(Kind::Route, route.id),
            Self::Term(record) => Ref::new(Kind::Term(record.term), record.id),
            Self::Webhook(webhook) => webhook.id.into(),
            Self::DataAction(action) => action.id.into(),
            Self::Secret(secret) => secret.id.into(),
            Self::Mailbox(mailbox) => mailbox.id.into(),
        }
    }
}

macro_rules! objects {
    ($($record:ident => $variant:ident,)*) => {
        $(impl From<$record> for ObjectRecord {
            fn from(record: $record) -> Self {
                Self::$variant(record)
            }
        }

        impl<'r> TryFrom<&'r ObjectRecord> for &'r $record {
            type Error = Kind;

            /// Fails with the kind that it is of instead.
            fn try_from(record: &'r ObjectRecord) -> Result<Self, Kind> {
                match record {
                    ObjectRecord::$variant(record) => Ok(record),
                    other => Err(other.object().kind),
                }
            }
        })*
    };
}

objects! {
    QueueRecord => Queue,
    TableRecord => Table,
    ScheduleRecord => Schedule,
    DomainRecord => Domain,
    RouteRecord => Route,
    TermRecord => Term,
    WebhookRecord => Webhook,
    DataActionRecord => DataAction,
    SecretRecord => Secret,
    MailboxRecord => Mailbox,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_levels_are_iso_durations() {
        for (text, seconds) in [
            ("PT4H", Some(14_400)),
            ("PT90S", Some(90)),
            ("P1DT12H", Some(129_600)),
            ("P1W", Some(604_800)),
            ("P366D", Some(31_622_400)),
            ("P367D", None),
            ("P1M", None),
            ("PT0S", None),
            ("-PT1H", None),
            ("4 hours", None),
            ("PT", None),
            ("", None),
        ] {
            assert_eq!(read_service_level(text).map(|level| level.as_secs()), seconds, "{text}");
        }
    }
}
