//! Messages put into folders of mailboxes, by IMAP: as they were received, unseen, with the time at which they were.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use waypost_mail::message::Message;
use waypost_store::error::StoreError;
use waypost_store::records::mailboxes::MailboxRecord;
use waypost_store::records::outbox::{AttemptEnd, Attempted, DeliveryRecord, FolderTarget, Way};

use super::health::Health;
use super::{Carries, unread};
use crate::App;
use crate::breaker::{Ended, Targets};
use crate::mailboxes::Filed;

/// What puts messages into folders, and for how long each is tried.
pub struct Filer {
    retry_for: Duration,
}

impl Filer {
    /// Messages are tried for `retry_for`, from when each was pushed.
    #[must_use]
    pub fn new(retry_for: Duration) -> Self {
        Self { retry_for }
    }
}

#[async_trait]
impl Carries for Filer {
    fn way(&self) -> Way {
        Way::Folders
    }

    /// Each holds a whole message.
    fn slots(&self) -> usize {
        4
    }

    fn retry_for(&self) -> Duration {
        self.retry_for
    }

    fn health(&self) -> Health {
        Health::Each(Targets::default())
    }

    async fn carry(&self, app: &App, delivery: &DeliveryRecord, _: bool) -> (Attempted, Ended) {
        let dead = |answer: &str| (Attempted { end: AttemptEnd::Dead, answer: answer.to_owned() }, Ended::Reached);
        let again = || app.again(self, delivery);
        let Some(FolderTarget { mailbox, folder }) = FolderTarget::read(&delivery.target) else {
            return dead("it names no folder");
        };
        // Another node may have made the mailbox a moment ago, or changed who logs in there.
        if let Err(error) = app.catalogue.catch_up().await {
            return (unread(&error, again), Ended::Reached);
        }
        let Some(mailbox) = app.catalogue.world().mailboxes.get(&mailbox).cloned() else {
            return dead("the mailbox was deleted");
        };
        match put(app, delivery, &mailbox, &folder).await {
            Ok(Some(Filed::Put)) => {
                let answer = format!("it is in the folder `{folder}` of {}", mailbox.settings.host);
                (Attempted { end: AttemptEnd::Delivered, answer }, Ended::Reached)
            }
            Ok(Some(Filed::There)) => {
                let answer = format!("an earlier attempt had put it into the folder `{folder}`");
                (Attempted { end: AttemptEnd::Delivered, answer }, Ended::Reached)
            }
            Ok(Some(Filed::Refused(why))) => (Attempted { end: again(), answer: why }, Ended::Reached),
            Ok(Some(Filed::Away(why))) => (Attempted { end: again(), answer: why }, Ended::Unreached),
            Ok(None) => dead("its content was erased"),
            Err(error) => (unread(&error, again), Ended::Reached),
        }
    }
}

/// Puts the message there, unless an earlier attempt did; none if it was erased.
async fn put(
    app: &App,
    delivery: &DeliveryRecord,
    mailbox: &Arc<MailboxRecord>,
    folder: &str,
) -> Result<Option<Filed>, StoreError> {
    let Some(content) = app.store.delivery_content(delivery.id).await? else { return Ok(None) };
    let original = match content.with_original {
        true => app.store.raw_message(delivery.interaction).await?,
        false => Some(content.head),
    };
    let (Some(raw), Some(record)) = (original, app.store.interaction(delivery.interaction).await?) else {
        return Ok(None);
    };
    let message_id = Message::parse(&raw).message_id().map(str::to_owned);
    let may_be_there = delivery.attempts > 1;
    Ok(Some(app.file(mailbox, folder, (raw, record.received_at, message_id), may_be_there).await))
}
