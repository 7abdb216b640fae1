//! A message is put into a folder, for a queue that delivers there.

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};
use waypost_catalogue::object::Object as _;
use waypost_mailbox::{Problem, Session};
use waypost_store::records::catalogue::DeliverTo;
use waypost_store::records::mailboxes::MailboxRecord;

use super::Trouble;
use super::checkup::what_there_is;
use crate::App;

/// What became of an attempt.
pub(crate) enum Filed {
    /// It was put there.
    Put,
    /// It was there already.
    There,
    /// The server was reached, and did not take it.
    Refused(String),
    /// The server was not reached, or let nobody in.
    Away(String),
}

impl App {
    /// Makes one attempt to put a message into a folder. Whether an earlier one did, whose answer was lost, is looked at first.
    pub(crate) async fn file(
        &self,
        mailbox: &MailboxRecord,
        folder: &str,
        message: (Bytes, Timestamp, Option<String>),
        may_be_there: bool,
    ) -> Filed {
        let Some(mailboxes) = self.mailboxes.clone() else {
            return Filed::Away("this server watches no mailboxes".to_owned());
        };
        let mut session = match self.log_in(&mailboxes, mailbox).await {
            Ok(session) => session,
            Err(trouble) => return Filed::Away(told(&trouble)),
        };
        let (raw, received, message_id) = message;
        let filed = async {
            match session.open(folder, false).await {
                Ok(_) => {}
                Err(Problem::Refused { words, .. }) => {
                    let there = what_there_is(&mut session, folder).await?;
                    return Ok(Filed::Refused(format!("the folder `{folder}` can't be opened: {words}: {there}")));
                }
                Err(problem) => return Err(problem),
            }
            if may_be_there && is_there(&mut session, (raw.len(), received, message_id.as_deref())).await? {
                return Ok(Filed::There);
            }
            session.append(folder, received, &raw).await.map(|()| Filed::Put)
        };
        match filed.await {
            Ok(filed) => {
                session.log_out().await;
                filed
            }
            Err(problem @ Problem::Refused { .. }) => {
                session.log_out().await;
                Filed::Refused(problem.to_string())
            }
            Err(problem) => Filed::Away(told(&problem.into())),
        }
    }

    /// Whether a queue puts messages into a folder of that name, in whichever mailbox.
    pub(super) fn is_delivered_into(&self, folder: &str) -> bool {
        let world = self.catalogue.world();
        world.queues.values().any(
            |queue| matches!(queue.record().deliver_to(), Some(DeliverTo::Folder { folder: to, .. }) if to == folder),
        )
    }

    /// The folders of a mailbox that queues put messages into, each with its queue.
    pub(super) fn delivered_into(&self, mailbox: &MailboxRecord) -> Vec<(String, String)> {
        let world = self.catalogue.world();
        let queues = world.queues.values().map(|queue| queue.record());
        let into = queues.filter_map(|queue| match queue.deliver_to() {
            Some(DeliverTo::Folder { mailbox: to, folder }) if to == mailbox.id => Some((queue.name.clone(), folder)),
            _ => None,
        });
        into.collect()
    }
}

/// Whether the open folder has the message: received in that second, with its Message-ID, or if it has none of its size. Servers change
/// other things of what they are given.
async fn is_there(
    session: &mut Session,
    (size, received, message_id): (usize, Timestamp, Option<&str>),
) -> Result<bool, Problem> {
    let day = SignedDuration::from_hours(24);
    // Days alone, in the server's time zone (RFC 3501 section 6.4.4).
    let on = |time: Timestamp| time.strftime("%-d-%b-%Y").to_string();
    let since = received.saturating_sub(day).unwrap_or(received);
    let before = received.saturating_add(day.saturating_mul(2)).unwrap_or(received);
    let mut criterion = format!("SINCE {} BEFORE {}", on(since), on(before));
    let sendable =
        |id: &&str| id.len() <= 500 && id.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    let known_by = message_id.filter(sendable);
    if let Some(id) = known_by {
        criterion.push_str(&format!(" HEADER Message-ID \"{id}\""));
    }
    let uids = session.find(1, None, &criterion).await?;
    let found = session.sizes(&uids).await?;
    let same_time = |at: Timestamp| at.as_second() == received.as_second();
    Ok(found.iter().any(|one| {
        one.received.is_some_and(same_time) && (known_by.is_some() || usize::try_from(one.size).ok() == Some(size))
    }))
}

fn told(trouble: &Trouble) -> String {
    let hint = trouble.suggestion().map(|hint| format!(" ({hint})")).unwrap_or_default();
    format!("{trouble}{hint}")
}
