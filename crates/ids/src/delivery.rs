//! What goes out, and how far it came, in one word each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An enum whose members are words of the API. The words stand once.
macro_rules! words {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$what:meta])* $member:ident = $word:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$what])* #[serde(rename = $word)] $member,)+ }

        impl $name {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$member,)+];

            /// The words of all.
            pub const WORDS: &[&str] = &[$($word,)+];

            /// The word that the API, labels of metrics and the log use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$member => $word,)+ }
            }
        }
    };
}

pub(crate) use words;

words! {
    /// What a delivery is.
    pub enum DeliveryKind {
        /// An answer to the mail's sender.
        Reply = "reply",
        /// A new mail.
        Mail = "mail",
        /// The mail itself, forwarded.
        Forward = "forward",
        /// A request to a webhook: sent by a flow, or about an event.
        Webhook = "webhook",
        /// The interaction, pushed by the queue that it came into, to an address or a webhook.
        QueuePush = "queuePush",
    }
}

words! {
    /// The state of a delivery.
    pub enum DeliveryState {
        /// An attempt is in progress, or it waits for the next one.
        Pending = "pending",
        /// The receiver accepted it.
        Delivered = "delivered",
        /// The receiver accepted it, and a bounce came back.
        Bounced = "bounced",
        /// It was refused for good, or its time ran out: a dead letter.
        Dead = "dead",
        /// It is not sent: somebody cancelled it, or a rule holds it back.
        Cancelled = "cancelled",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_use_the_same_words() {
        for kind in DeliveryKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for state in DeliveryState::ALL {
            assert_eq!(serde_json::to_value(state).unwrap(), state.as_str());
        }
    }
}
