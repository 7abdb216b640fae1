//! How a run ended, in one word.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DecisionKind {
    /// It waits in a queue.
    Queue,
    /// It was forwarded.
    Forward,
    /// It was dropped on purpose.
    Disconnect,
    /// Nothing was decided, or the run failed.
    Unrouted,
}

impl DecisionKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Queue, Self::Forward, Self::Disconnect, Self::Unrouted];

    /// The words of all kinds.
    pub const WORDS: [&str; 4] =
        [Self::Queue.as_str(), Self::Forward.as_str(), Self::Disconnect.as_str(), Self::Unrouted.as_str()];

    /// The word that the API, traces, labels of metrics and the log use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Forward => "forward",
            Self::Disconnect => "disconnect",
            Self::Unrouted => "unrouted",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_use_the_same_words() {
        for kind in DecisionKind::ALL {
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        assert_eq!(DecisionKind::WORDS, DecisionKind::ALL.map(DecisionKind::as_str));
    }
}
