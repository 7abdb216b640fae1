//! Objects of the catalogue: what kind, and which.

use std::fmt;
use std::sync::Arc;

use uuid::Uuid;

use crate::{DataActionId, FlowId, MailboxId, QueueId, ScheduleId, SecretId, TableId, WebhookId};

/// A kind of object. Lists that hold several kinds have them in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A route: which mail of a domain goes where.
    Route,
    /// A flow.
    Flow,
    /// A queue.
    Queue,
    /// A data table.
    Table,
    /// A schedule.
    Schedule,
    /// A domain that mail is accepted for.
    Domain,
    /// A webhook: an HTTP endpoint that flows send to.
    Webhook,
    /// A data action: an HTTP request that flows make.
    DataAction,
    /// A secret that outside servers are shown.
    Secret,
    /// A mailbox of somebody's server that mail is taken from.
    Mailbox,
    /// A term.
    Term(Term),
}

/// A kind of objects that are a name which others use, and nothing else that the server acts on. Flows write the name itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {
    /// What somebody who takes work must know.
    Skill,
    /// A language that work can require.
    Language,
}

impl Term {
    /// Every kind of terms.
    pub const ALL: [Self; 2] = [Self::Skill, Self::Language];

    /// The word for one.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Skill => "skill",
            Self::Language => "language",
        }
    }

    /// The word for many: in paths, commands and routing files.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Skill => "skills",
            Self::Language => "languages",
        }
    }
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Route,
        Self::Flow,
        Self::Queue,
        Self::Table,
        Self::Schedule,
        Self::Domain,
        Self::Webhook,
        Self::DataAction,
        Self::Secret,
        Self::Mailbox,
        Self::Term(Term::Skill),
        Self::Term(Term::Language),
    ];

    /// The word that the API, the audit log and messages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Route => "route",
            Self::Flow => "flow",
            Self::Queue => "queue",
            Self::Table => "table",
            Self::Schedule => "schedule",
            Self::Domain => "domain",
            Self::Webhook => "webhook",
            Self::DataAction => "dataAction",
            Self::Secret => "secret",
            Self::Mailbox => "mailbox",
            Self::Term(term) => term.as_str(),
        }
    }

    /// Whether a change set can hold objects of the kind. Flows have a list of their own there. A secret's value is in no stored request.
    #[must_use]
    pub const fn is_in_change_sets(self) -> bool {
        !matches!(self, Self::Flow | Self::Secret)
    }

    /// The kind that a word names.
    #[must_use]
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What identifies an object among those of its kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// Most have a UUID.
    Id(Uuid),
    /// A domain is its name, in lower case. Flows name a term by its folded name, declared or not.
    Name(Arc<str>),
}

/// One object of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ref {
    /// What kind of object.
    pub kind: Kind,
    /// Which of that kind.
    pub key: Key,
}

impl Ref {
    /// An object with a UUID.
    #[must_use]
    pub const fn new(kind: Kind, id: Uuid) -> Self {
        Self { kind, key: Key::Id(id) }
    }

    /// A domain, by its name in lower case.
    #[must_use]
    pub fn domain(name: &str) -> Self {
        Self { kind: Kind::Domain, key: Key::Name(Arc::from(name)) }
    }

    /// A term as flows name it: by its folded name.
    #[must_use]
    pub fn written(term: Term, folded: &str) -> Self {
        Self { kind: Kind::Term(term), key: Key::Name(Arc::from(folded)) }
    }

    /// Whichever object of a kind is decided for at run time.
    #[must_use]
    pub const fn any(kind: Kind) -> Self {
        Self::new(kind, Uuid::nil())
    }

    /// Whether it stands for whichever object is decided for at run time.
    #[must_use]
    pub fn is_any(&self) -> bool {
        self.key == Key::Id(Uuid::nil())
    }

    /// The object of a kind by its identifier, as `to_string` writes it; none if the kind is unknown, or the identifier can't be one.
    #[must_use]
    pub fn read(kind: &str, id: &str) -> Option<Self> {
        match Kind::named(kind)? {
            Kind::Domain => Some(Self::domain(id)),
            kind => Some(Self::new(kind, id.parse().ok()?)),
        }
    }

    /// The UUID; nil for what has none.
    #[must_use]
    pub fn uuid(&self) -> Uuid {
        match self.key {
            Key::Id(id) => id,
            Key::Name(_) => Uuid::nil(),
        }
    }

    /// The flow, if it is one.
    #[must_use]
    pub fn flow(&self) -> Option<FlowId> {
        match (self.kind, &self.key) {
            (Kind::Flow, Key::Id(id)) => Some(FlowId(*id)),
            _ => None,
        }
    }
}

/// The identifier alone, as a client writes it.
impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Key::Id(id) => id.fmt(f),
            Key::Name(name) => f.write_str(name),
        }
    }
}

impl From<FlowId> for Ref {
    fn from(id: FlowId) -> Self {
        Self::new(Kind::Flow, id.0)
    }
}

impl From<QueueId> for Ref {
    fn from(id: QueueId) -> Self {
        Self::new(Kind::Queue, id.0)
    }
}

impl From<TableId> for Ref {
    fn from(id: TableId) -> Self {
        Self::new(Kind::Table, id.0)
    }
}

impl From<WebhookId> for Ref {
    fn from(id: WebhookId) -> Self {
        Self::new(Kind::Webhook, id.0)
    }
}

impl From<DataActionId> for Ref {
    fn from(id: DataActionId) -> Self {
        Self::new(Kind::DataAction, id.0)
    }
}

impl From<SecretId> for Ref {
    fn from(id: SecretId) -> Self {
        Self::new(Kind::Secret, id.0)
    }
}

impl From<MailboxId> for Ref {
    fn from(id: MailboxId) -> Self {
        Self::new(Kind::Mailbox, id.0)
    }
}

impl From<ScheduleId> for Ref {
    fn from(id: ScheduleId) -> Self {
        Self::new(Kind::Schedule, id.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_their_kind() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.as_str()), Some(kind));
        }
        assert_eq!(Kind::named("Queue"), None);
        let terms = Term::ALL.into_iter().filter(|term| Kind::ALL.contains(&Kind::Term(*term)));
        assert_eq!(terms.count(), Term::ALL.len());
    }

    #[test]
    fn the_same_id_of_two_kinds_is_two_objects() {
        let id = Uuid::from_u128(7);
        assert_ne!(Ref::from(QueueId(id)), Ref::from(TableId(id)));
        assert_eq!(Ref::from(QueueId(id)).to_string(), id.to_string());
        assert_eq!(Ref::domain("example.com").to_string(), "example.com");
        assert!(Ref::any(Kind::Queue).is_any() && !Ref::domain("example.com").is_any());
    }
}
