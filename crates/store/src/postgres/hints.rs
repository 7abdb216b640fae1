//! Hints to other nodes: what this node changed, told in notifications. Who watches there learns what to read again. Some may be lost; then
//! the others are told so, or find it out by the loss of the connection that they listen on.

use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::records::events::Hint;

/// More are not told one by one between two notifications: whoever watches reads everything again.
const MOST: usize = 1000;

/// A notification has fewer than 8000 bytes (PostgreSQL, NOTIFY): so many are hints, and the rest is said around them.
const PAYLOAD: usize = 7000;

/// What waits to be told.
#[derive(Clone, Default)]
pub(super) struct Outbox {
    waiting: Arc<Mutex<Waiting>>,
    rings: Arc<Notify>,
}

#[derive(Default)]
struct Waiting {
    hints: Vec<Hint>,
    /// There were more than are kept.
    lost: bool,
}

/// One notification.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Notice {
    /// Whose it is: its own hints a node has already.
    pub(super) node: String,
    /// What was changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) hints: Vec<Hint>,
    /// More was changed than is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) lost: bool,
}

impl Outbox {
    /// Puts hints in, to be told a little later.
    pub(super) fn put(&self, hints: Vec<Hint>) {
        if hints.is_empty() {
            return;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.lost || waiting.hints.len().saturating_add(hints.len()) > MOST {
            *waiting = Waiting { hints: Vec::new(), lost: true };
        } else {
            waiting.hints.extend(hints);
        }
        drop(waiting);
        self.rings.notify_one();
    }

    /// What was taken could not be told: whoever watches elsewhere must read everything again.
    pub(super) fn lose(&self) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Waiting { hints: Vec::new(), lost: true };
        self.rings.notify_one();
    }

    /// Waits until there is something to tell.
    pub(super) async fn filled(&self) {
        self.rings.notified().await;
    }

    /// What is to be told, in the name of a node.
    pub(super) fn take(&self, node: &str) -> Vec<String> {
        let Waiting { hints, lost } = mem::take(&mut *self.waiting.lock().unwrap_or_else(PoisonError::into_inner));
        let mut notices = Vec::new();
        let mut notice = Notice { node: node.to_owned(), hints: Vec::new(), lost };
        let mut bytes = 0_usize;
        for hint in hints {
            let size = serde_json::to_string(&hint).map_or(0, |text| text.len());
            if bytes.saturating_add(size) > PAYLOAD {
                let full = mem::replace(&mut notice, Notice { node: node.to_owned(), ..Notice::default() });
                notices.push(full);
                bytes = 0;
            }
            bytes = bytes.saturating_add(size).saturating_add(1);
            notice.hints.push(hint);
        }
        if !notice.hints.is_empty() || notice.lost {
            notices.push(notice);
        }
        notices.iter().filter_map(|notice| serde_json::to_string(notice).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use waypost_ids::MailboxId;

    use super::*;

    fn hint(number: usize) -> Hint {
        Hint::Mailbox { id: MailboxId(Uuid::from_u128(number as u128)), status: "failing".to_owned() }
    }

    fn read(texts: &[String]) -> Vec<Notice> {
        texts.iter().map(|text| serde_json::from_str(text).unwrap()).collect()
    }

    #[test]
    fn hints_fit_into_notifications_and_too_many_are_said_to_be_lost() {
        let outbox = Outbox::default();
        outbox.put((0..MOST).map(hint).collect());
        let texts = outbox.take("a");
        assert!(texts.len() > 1 && texts.iter().all(|text| text.len() < 8000), "{}", texts.len());
        let told: Vec<Hint> = read(&texts).into_iter().flat_map(|notice| notice.hints).collect();
        assert_eq!(told, (0..MOST).map(hint).collect::<Vec<_>>());
        outbox.put((0..MOST).map(hint).collect());
        outbox.put(vec![hint(1)]);
        outbox.put(vec![hint(2)]);
        let lost = Notice { node: "a".to_owned(), hints: Vec::new(), lost: true };
        assert_eq!(read(&outbox.take("a")), [lost]);
        assert!(outbox.take("a").is_empty());
    }
}
