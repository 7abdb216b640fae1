//! What the audit log has entries of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delivery::words;
use crate::{Kind, Term};

words! {
    /// What an entry of the audit log is about.
    pub enum AuditKind {
        /// A route.
        Route = "route",
        /// A flow.
        Flow = "flow",
        /// A queue.
        Queue = "queue",
        /// A data table.
        Table = "table",
        /// A schedule.
        Schedule = "schedule",
        /// A domain.
        Domain = "domain",
        /// A webhook.
        Webhook = "webhook",
        /// A data action.
        DataAction = "dataAction",
        /// A secret.
        Secret = "secret",
        /// A mailbox.
        Mailbox = "mailbox",
        /// A skill.
        Skill = "skill",
        /// A language.
        Language = "language",
        /// A client of the API.
        Client = "client",
        /// An interaction.
        Interaction = "interaction",
        /// A delivery.
        Delivery = "delivery",
        /// A person, by the keyed hash of an address.
        Correspondent = "correspondent",
    }
}

impl From<Kind> for AuditKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Route => Self::Route,
            Kind::Flow => Self::Flow,
            Kind::Queue => Self::Queue,
            Kind::Table => Self::Table,
            Kind::Schedule => Self::Schedule,
            Kind::Domain => Self::Domain,
            Kind::Webhook => Self::Webhook,
            Kind::DataAction => Self::DataAction,
            Kind::Secret => Self::Secret,
            Kind::Mailbox => Self::Mailbox,
            Kind::Term(Term::Skill) => Self::Skill,
            Kind::Term(Term::Language) => Self::Language,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_have_one_word_everywhere() {
        for kind in Kind::ALL {
            assert_eq!(AuditKind::from(kind).as_str(), kind.as_str());
        }
    }
}
