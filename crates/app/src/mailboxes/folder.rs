//! Where the watch of a folder begins, and where it goes on when UIDs mean something else.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use waypost_mailbox::{Folder, Found, Problem, Session};
use waypost_store::records::mailboxes::{FolderRecord, MailboxStart};

use super::Trouble;
use super::watch::Watch;
use crate::App;

/// A server's clock may differ from ours by so much.
const CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// What came so shortly before the mailbox was attached is not left alone when UIDs are others: servers tell times in whole seconds, by a
/// clock of their own, and mail that came since must not be taken for older.
const SHORTLY: SignedDuration = SignedDuration::from_secs(30);

/// Which of the mail that was there before is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    /// What it must fit.
    fits: Fits,
    /// Whether its content is compared with what was taken: UIDs say nothing of it.
    pub(super) compared: bool,
    /// Whether what came earlier is left alone.
    since: Option<Timestamp>,
    /// Whose folder it is. Another's may have the same UIDVALIDITY, and UIDs mean other messages there.
    #[serde(default)]
    user: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Fits {
    Nothing,
    Everything,
    Unseen,
    Since(Date),
}

impl Before {
    fn of(start: MailboxStart) -> Self {
        let fits = match start {
            MailboxStart::New => Fits::Nothing,
            MailboxStart::Unseen => Fits::Unseen,
            MailboxStart::All => Fits::Everything,
            MailboxStart::Since(date) => Fits::Since(date),
        };
        Self { fits, compared: false, since: None, user: None }
    }

    /// The same when UIDs are others. Of a folder whose old mail was never wanted, that is what came since the last look.
    fn renumbered(start: MailboxStart, folder: &FolderRecord) -> Self {
        let before = Self { compared: true, ..Self::of(start) };
        if before.fits != Fits::Nothing {
            return before;
        }
        let looked = folder.looked_at.saturating_sub(CLOCKS).unwrap_or(folder.looked_at);
        let since = looked.max(folder.attached_at.saturating_sub(SHORTLY).unwrap_or(folder.attached_at));
        // SINCE knows days alone, in the server's time zone (RFC 3501 section 6.4.4).
        let day = since.to_zoned(jiff::tz::TimeZone::UTC).date();
        Self { fits: Fits::Since(day.yesterday().unwrap_or(day)), since: Some(since), ..before }
    }

    pub(super) fn written(&self) -> Result<String, Trouble> {
        serde_json::to_string(self).map_err(|error| Trouble::Setup { what: error.to_string(), suggestion: None })
    }

    /// What was kept. What another release kept and this one can't read asks for nothing.
    pub(super) fn read(folder: &FolderRecord) -> Self {
        serde_json::from_str(&folder.before).unwrap_or(Self {
            fits: Fits::Nothing,
            compared: true,
            since: None,
            user: None,
        })
    }

    /// Refuses the folder of another user: what is below the UIDs that were settled would never be taken.
    fn is_of(&self, user: &str, folder: &str) -> Result<(), Trouble> {
        match &self.user {
            Some(before) if !before.eq_ignore_ascii_case(user) => Err(Trouble::setup(
                format!("the folder `{folder}` was watched as {before}, and this is the account of {user}"),
                "create another mailbox for another account, or set `user` back",
            )),
            Some(_) | None => Ok(()),
        }
    }

    /// The criterion for a search; none if nothing fits.
    pub(super) fn criterion(&self) -> Option<String> {
        match self.fits {
            Fits::Nothing => None,
            Fits::Everything => Some(String::new()),
            Fits::Unseen => Some("UNSEEN".to_owned()),
            // In the words of IMAP: 3-Nov-2026.
            Fits::Since(date) => Some(format!("SINCE {}", date.strftime("%-d-%b-%Y"))),
        }
    }

    /// Whether a message that a search found is old mail that nobody wants.
    pub(super) fn leaves(&self, found: &Found) -> bool {
        match (self.since, found.received) {
            (Some(since), Some(received)) => received < since,
            (Some(_), None) | (None, _) => false,
        }
    }
}

impl App {
    /// How far a folder is looked at. At the first look that is up to now, or nothing, as the mailbox says.
    pub(super) async fn folder(
        &self,
        watch: &Watch,
        session: &mut Session,
        (name, opened): (&str, Folder),
    ) -> Result<FolderRecord, Trouble> {
        let start = watch.mailbox.settings.start;
        let known = self.store.mailbox_folder(watch.id(), name).await?;
        let (before, attached_at) = match known {
            Some(known) if known.uid_validity == opened.uid_validity => {
                return Before::read(&known).is_of(&watch.mailbox.settings.user, name).map(|()| known);
            }
            Some(known) => {
                tracing::warn!(
                    mailbox = %watch.id(),
                    name = watch.mailbox.name,
                    folder = name,
                    "the server renumbered the folder's messages: they are compared with those that were taken"
                );
                (Before::renumbered(start, &known), known.attached_at)
            }
            None => (Before::of(start), self.origin.now()),
        };
        // Not what the server predicts: a message that gets a lower UID all the same would be lost.
        let last = if opened.exists == 0 { None } else { session.last().await? };
        if opened.exists > 0 && last.is_none() {
            // Taken for an empty folder, its archive would be new. Whether it was emptied just now, the next look tells.
            return Err(Problem::NoImap(format!("it has messages in `{name}` but reports no UID for them")).into());
        }
        let folder = FolderRecord {
            folder: name.to_owned(),
            uid_validity: opened.uid_validity,
            next_uid: 1,
            all_from: last.map_or(1, |last| u64::from(last).saturating_add(1)),
            before: Before { user: Some(watch.mailbox.settings.user.clone()), ..before }.written()?,
            attached_at,
            looked_at: self.origin.now(),
        };
        self.keep_folder(watch, folder.clone()).await?;
        Ok(folder)
    }

    pub(super) async fn keep_folder(&self, watch: &Watch, folder: FolderRecord) -> Result<(), Trouble> {
        match self.store.put_mailbox_folder(watch.id(), watch.lease, folder).await? {
            true => Ok(()),
            false => Err(Trouble::Lost),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn what_was_there_before_is_taken_as_the_mailbox_says() {
        for (start, criterion) in [
            (MailboxStart::New, None),
            (MailboxStart::Unseen, Some("UNSEEN")),
            (MailboxStart::All, Some("")),
            (MailboxStart::Since("2026-11-03".parse().unwrap()), Some("SINCE 3-Nov-2026")),
        ] {
            assert_eq!(Before::of(start).criterion().as_deref(), criterion, "{start:?}");
        }
    }

    #[test]
    fn a_folder_of_another_account_is_not_the_same() {
        let before = Before { user: Some("Desk@a.example".to_owned()), ..Before::of(MailboxStart::New) };
        assert!(before.is_of("desk@a.example", "INBOX").is_ok());
        assert!(before.is_of("desk@b.example", "INBOX").is_err());
        assert!(Before::of(MailboxStart::New).is_of("anybody", "INBOX").is_ok(), "of another release");
    }

    #[test]
    fn a_folder_that_is_numbered_anew_answers_no_archive() {
        let folder = FolderRecord {
            folder: "INBOX".to_owned(),
            uid_validity: 1,
            next_uid: 9,
            all_from: 5,
            before: String::new(),
            attached_at: at("2026-11-01T10:00:00Z"),
            looked_at: at("2026-11-20T00:30:00Z"),
        };
        let before = Before::renumbered(MailboxStart::New, &folder);
        assert_eq!(before.criterion().as_deref(), Some("SINCE 18-Nov-2026"));
        assert!(before.compared);
        let found = |received: Option<&str>| Found { uid: 1, size: 1, received: received.map(at) };
        assert!(
            before.leaves(&found(Some("2026-11-19T23:29:59Z"))) && !before.leaves(&found(Some("2026-11-19T23:30:00Z")))
        );
        assert!(!before.leaves(&found(None)), "rather twice than never");
        let soon = FolderRecord { looked_at: at("2026-11-01T10:05:00Z"), ..folder.clone() };
        let before = Before::renumbered(MailboxStart::New, &soon);
        assert!(before.leaves(&found(Some("2026-11-01T09:59:00Z"))), "the archive stays, however soon");
        assert!(
            !before.leaves(&found(Some("2026-11-01T10:00:00Z")))
                && !before.leaves(&found(Some("2026-11-01T09:59:58Z")))
        );
        assert_eq!(Before::renumbered(MailboxStart::All, &folder).criterion().as_deref(), Some(""));
    }
}
