//! Mail, carried by SMTP.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use waypost_outgoing::address::{Domain, MailAddress};
use waypost_outgoing::carry::{Carried, Carrier, Outgoing};
use waypost_outgoing::envelope;
use waypost_store::error::StoreError;
use waypost_store::records::outbox::{AttemptEnd, Attempted, Content, DeliveryRecord, Way};

use super::health::{Health, Smarthost};
use super::submitted::Submissions;
use super::{Carries, unread};
use crate::App;
use crate::breaker::Ended;

/// What carries mails, and for how long it is tried.
pub struct Post {
    carrier: Carrier,
    retry_for: Duration,
    submissions: Submissions,
    /// Room for the mails that are being carried, in KiB.
    room: Arc<Semaphore>,
}

/// So much mail is being carried at a time, in KiB; a mail that is larger is carried alone.
const ROOM_KIB: u32 = 256 * 1024;

/// A mail with the original in it takes no more, in KiB.
const LARGEST_KIB: u32 = ROOM_KIB / 2;

/// How much room so many bytes take while they are carried, in KiB: they are read, put together and written out.
fn kib(parts: &[&Bytes]) -> u32 {
    let bytes: usize = parts.iter().map(|part| part.len()).sum();
    u32::try_from(bytes.saturating_mul(3) / 1024 + 1).unwrap_or(u32::MAX).min(LARGEST_KIB)
}

impl Post {
    /// Mails are tried for `retry_for`, from when each was made.
    #[must_use]
    pub fn new(carrier: Carrier, retry_for: Duration) -> Self {
        let room = Semaphore::new(ROOM_KIB as usize);
        Self { carrier, retry_for, submissions: Submissions::default(), room: Arc::new(room) }
    }
}

/// A mail that is being carried.
struct Parcel {
    /// None: the null reverse-path, of mail that had it itself.
    sender: Option<MailAddress>,
    recipient: MailAddress,
    /// The domain whose key it is signed with: of mail that we wrote.
    sign_as: Option<Domain>,
    bytes: Vec<u8>,
    _room: OwnedSemaphorePermit,
}

impl Parcel {
    fn outgoing(&self) -> Outgoing<'_> {
        let Self { sender, recipient, sign_as, bytes, _room } = self;
        Outgoing { sender: sender.as_ref(), recipient, sign_as: sign_as.as_ref(), content: bytes }
    }
}

/// Whether the header is ours; that of a forward that is resent goes on in the original.
fn has_whole_header(content: &Content) -> bool {
    content.head.windows(4).any(|four| four == b"\r\n\r\n")
}

#[async_trait]
impl Carries for Post {
    fn way(&self) -> Way {
        Way::Mail
    }

    fn slots(&self) -> usize {
        16
    }

    fn retry_for(&self) -> Duration {
        self.retry_for
    }

    fn health(&self) -> Health {
        Health::Smarthost(Smarthost::default())
    }

    fn ask_again(&self, now: Instant) {
        self.submissions.ask_again(now);
    }

    async fn carry(&self, app: &App, delivery: &DeliveryRecord, asked: bool) -> (Attempted, Ended) {
        let again = || app.again(self, delivery);
        let mailbox = match app.submitting(delivery.interaction).await {
            Ok(mailbox) => mailbox,
            Err(error) => return (unread(&error, again), Ended::Apart),
        };
        let turn = match &mailbox {
            None => None,
            Some(mailbox) => match self.submissions.begin(mailbox.id, asked, Instant::now()) {
                Ok(turn) => Some(turn),
                Err(pause) => {
                    let until = app.origin.now().saturating_add(pause).unwrap_or(Timestamp::MAX);
                    return (Attempted { end: AttemptEnd::PutOff(until), answer: String::new() }, Ended::Apart);
                }
            },
        };
        let parcel = match self.parcel(app, delivery, mailbox.is_some()).await {
            Ok(Some(parcel)) => parcel,
            Ok(None) => {
                let answer = "its content was erased".to_owned();
                return (Attempted { end: AttemptEnd::Dead, answer }, Ended::Apart);
            }
            Err(error) => return (unread(&error, again), Ended::Apart),
        };
        let carried = match &mailbox {
            Some(mailbox) => app.submit(mailbox, &parcel.outgoing()).await,
            None => self.carrier.carry(&parcel.outgoing()).await,
        };
        let (end, answer, ended) = match carried {
            Carried::Delivered { answer } => (AttemptEnd::Delivered, answer, Ended::Reached),
            Carried::Refused { answer } => (AttemptEnd::Dead, answer, Ended::Reached),
            Carried::Deferred { answer } => (again(), answer, Ended::Reached),
            // A mail is not given up for what ails the server that all mail goes through.
            Carried::Away { answer } => (app.again_after(delivery, Duration::MAX), answer, Ended::Unreached),
        };
        let attempted = Attempted { end, answer: answer.to_string() };
        match turn {
            Some(turn) => {
                turn.end(&ended, Instant::now());
                (attempted, Ended::Apart)
            }
            None => (attempted, ended),
        }
    }
}

impl Post {
    /// What is handed to the receiver; none if it was erased. Mail that is being carried shares a stated room, which is taken before the
    /// mail is read: of one with the original in it as much as it can need, and then what it does.
    async fn parcel(
        &self,
        app: &App,
        delivery: &DeliveryRecord,
        submitted: bool,
    ) -> Result<Option<Parcel>, StoreError> {
        let Some(content) = app.store.delivery_content(delivery.id).await? else { return Ok(None) };
        let failed = |error: &dyn std::fmt::Display| StoreError::Failed(error.to_string());
        let most = if content.with_original { LARGEST_KIB } else { kib(&[&content.head]) };
        let mut room = Arc::clone(&self.room).acquire_many_owned(most).await.map_err(|error| failed(&error))?;
        let original = if content.with_original {
            match app.store.raw_message(delivery.interaction).await? {
                Some(raw) => raw,
                None => return Ok(None),
            }
        } else {
            Bytes::new()
        };
        let needed = kib(&[&content.head, &original, &content.tail]);
        drop(room.split(usize::try_from(most.saturating_sub(needed)).unwrap_or_default()));
        let bytes = [&content.head[..], &original[..], &content.tail[..]].concat();
        let address = |text: &str| MailAddress::parse(text).map_err(|error| failed(&error));
        // A mail that had the null reverse-path is handed on with it: what comes back must not come back for ever.
        let from = if delivery.sender.is_empty() { None } else { Some(address(&delivery.sender)?) };
        Ok(Some(Parcel {
            // Submission servers take mail from their users' own addresses alone (RFC 6409 section 6.1).
            sender: from.as_ref().map(|from| match submitted {
                true => from.clone(),
                false => envelope::bounce_address(&app.desk.key, delivery.id.0, from.domain()),
            }),
            recipient: address(&delivery.target)?,
            sign_as: from.filter(|_| has_whole_header(&content)).map(|from| from.domain().clone()),
            bytes,
            _room: room,
        }))
    }
}
