//! How a mailbox is.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use waypost_store::error::StoreError;
use waypost_store::records::mailboxes::{MailboxRecord, WatchRecord};

use crate::App;

/// A mailbox that fails for longer than this is one for the alarm.
const FAILS_FOR: SignedDuration = SignedDuration::from_mins(5);

/// So is one that was not looked at for longer, though it should be.
const SILENT_FOR: SignedDuration = SignedDuration::from_mins(15);

/// What whoever watches tells of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Health {
    /// When a check of all folders last completed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_look: Option<Timestamp>,
    /// When mail was last taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_mail: Option<Timestamp>,
    /// The last error, and when it was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<(Timestamp, String)>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// Since when every attempt has failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
}

/// How a mailbox stands, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody is to watch it.
    Disabled,
    /// It was not looked at yet.
    Starting,
    /// The last look came to its end.
    Ok,
    /// The last look failed.
    Failing,
    /// Nobody looked for too long.
    Silent,
}

impl Standing {
    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "disabled",
            Self::Starting => "starting",
            Self::Ok => "ok",
            Self::Failing => "failing",
            Self::Silent => "silent",
        }
    }
}

impl Health {
    /// What was kept; nothing if it is of another release.
    #[must_use]
    pub fn read(watch: &WatchRecord) -> Self {
        serde_json::from_str(&watch.health).unwrap_or_default()
    }

    pub(super) fn written(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// A look came to its end; all was well, or something must be mended all the same.
    pub(super) fn looked(&mut self, now: Timestamp, well: bool) {
        self.last_look = Some(now);
        if well {
            self.failing_since = None;
            self.suggestion = None;
        }
    }

    pub(super) fn failed(&mut self, now: Timestamp, what: String, suggestion: Option<String>) {
        self.last_error = Some((now, what));
        self.suggestion = suggestion;
        self.failing_since.get_or_insert(now);
    }

    /// How the mailbox stands.
    #[must_use]
    pub fn standing(&self, mailbox: &MailboxRecord, now: Timestamp) -> Standing {
        if !mailbox.enabled {
            return Standing::Disabled;
        }
        let since = self.last_look.unwrap_or(mailbox.created_at).max(mailbox.modified_at);
        match (self.failing_since, self.last_look) {
            (Some(_), _) => Standing::Failing,
            _ if now.duration_since(since) > SILENT_FOR => Standing::Silent,
            (None, Some(_)) => Standing::Ok,
            (None, None) => Standing::Starting,
        }
    }

    /// Whether somebody should be woken.
    #[must_use]
    pub fn alarms(&self, mailbox: &MailboxRecord, now: Timestamp) -> bool {
        match self.standing(mailbox, now) {
            Standing::Disabled | Standing::Starting | Standing::Ok => false,
            Standing::Silent => true,
            Standing::Failing => self.failing_since.is_some_and(|since| now.duration_since(since) > FAILS_FOR),
        }
    }
}

impl App {
    /// How mailboxes are, in their order, and how many messages of each were set aside.
    ///
    /// # Errors
    /// The store.
    pub async fn mailbox_health(
        &self,
        mailboxes: &[Arc<MailboxRecord>],
    ) -> Result<Vec<(Arc<MailboxRecord>, (Health, u64))>, StoreError> {
        let watches = self.store.mailbox_watches().await?;
        let mut found = Vec::with_capacity(mailboxes.len());
        for mailbox in mailboxes {
            let watch = watches.iter().find(|watch| watch.mailbox == mailbox.id);
            let health = watch.map(Health::read).unwrap_or_default();
            let set_aside = self.store.set_aside(mailbox.id).await?;
            found.push((Arc::clone(mailbox), (health, set_aside)));
        }
        Ok(found)
    }
}
