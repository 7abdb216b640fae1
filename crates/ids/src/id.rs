//! Identifiers that the flow language itself speaks of.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;

            /// Reads the hyphenated form; fails on anything that is not a UUID.
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Uuid::parse_str(text).map(Self)
            }
        }
    };
}

id! {
    /// A flow's identifier; it stays when the flow is renamed.
    FlowId
}
id! {
    /// A queue's identifier; it stays when the queue is renamed.
    QueueId
}
id! {
    /// A data table's identifier; it stays when the table is renamed.
    TableId
}
id! {
    /// A schedule's identifier; it stays when the schedule is renamed.
    ScheduleId
}
id! {
    /// A webhook's identifier; it stays when the webhook is renamed.
    WebhookId
}
id! {
    /// A data action's identifier; it stays when the data action is renamed.
    DataActionId
}
id! {
    /// A secret's identifier; it stays when the secret is renamed.
    SecretId
}
id! {
    /// A mailbox's identifier; it stays when the mailbox is renamed.
    MailboxId
}
id! {
    /// An interaction's identifier: a UUID version 7, so that ids sort by time of acceptance.
    InteractionId
}
id! {
    /// A delivery's identifier: a UUID version 7, so that ids sort by time of making.
    DeliveryId
}

/// A flow's version number, counted from 1 within the flow.
pub type Version = u32;
