//! What is wrong with a mailbox, found out before anything is taken.

use waypost_ids::MailboxId;
use waypost_mailbox::{Problem, Session, Stage};
use waypost_problem::nearest;
use waypost_store::records::mailboxes::{MailboxAfter, MailboxRecord};

use super::login::{Account, Proven, login, server};
use super::{Mailboxes, Trouble};
use crate::App;

/// What was looked at, in order; it ends with what must be mended first.
#[derive(Clone, Debug, Default)]
pub struct Checkup {
    /// Each thing that was looked at.
    pub checks: Vec<Checked>,
}

/// One check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What.
    pub what: String,
    /// What was found, if it is well.
    pub found: Result<String, String>,
    /// What to do, if it is not.
    pub suggestion: Option<String>,
}

impl Checkup {
    /// Whether all checks passed.
    #[must_use]
    pub fn is_well(&self) -> bool {
        self.checks.iter().all(|check| check.found.is_ok())
    }

    pub(super) fn well(&mut self, what: impl Into<String>, found: impl Into<String>) {
        self.checks.push(Checked { what: what.into(), found: Ok(found.into()), suggestion: None });
    }

    pub(super) fn wrong(&mut self, what: impl Into<String>, why: impl Into<String>, suggestion: Option<String>) {
        self.checks.push(Checked { what: what.into(), found: Err(why.into()), suggestion });
    }
}

impl App {
    /// Looks at everything that watching a mailbox needs. Nothing is changed there; none if there is no such mailbox.
    pub async fn check_mailbox(&self, id: MailboxId) -> Option<Checkup> {
        let mailbox = self.catalogue.world().mailboxes.get(&id).cloned()?;
        let mut checkup = Checkup::default();
        match self.mailboxes.clone() {
            None => checkup.wrong("watching", "this server watches no mailboxes", None),
            Some(mailboxes) => self.check_up(&mailboxes, &mailbox, &mut checkup).await,
        }
        Some(checkup)
    }

    async fn check_up(&self, mailboxes: &Mailboxes, mailbox: &MailboxRecord, checkup: &mut Checkup) {
        let settings = &mailbox.settings;
        let place = format!("{}, port {}", settings.host, settings.port);
        let mut greeted = match mailboxes.connector.connect(&server(mailbox)).await {
            Ok(greeted) => greeted,
            Err(problem) => {
                let stages = [(Stage::Name, "name"), (Stage::Connection, "connection"), (Stage::Tls, "tls")];
                let at = stages.iter().position(|(stage, _)| *stage == problem.stage()).unwrap_or(1);
                for (stage, what) in stages.iter().take(at) {
                    let found = if *stage == Stage::Name { settings.host.clone() } else { place.clone() };
                    checkup.well(*what, found);
                }
                let what = stages.get(at).map_or("connection", |(_, what)| *what);
                return checkup.wrong(what, problem.to_string(), problem.suggestion().map(str::to_owned));
            }
        };
        checkup.well("name", settings.host.clone());
        checkup.well("connection", place);
        checkup.well("tls", format!("{:?}", settings.tls).to_lowercase());
        let account = Account::of(mailbox);
        let mut refused = None;
        let mut session = loop {
            let proven = match self.prove(mailboxes, &account, refused.as_deref()).await {
                Ok(proven) => proven,
                Err(trouble) => return checkup.wrong("login", trouble.to_string(), trouble.suggestion()),
            };
            let wrong = match (greeted.log_in(&login(&account, &proven)).await, proven) {
                (Ok(session), _) => break session,
                // What was refused once may be allowed by now: a token has the rights that there were when it was given.
                (Err(Problem::Login { .. }), Proven::Token { value, fresh: false }) => {
                    refused = Some(value);
                    match mailboxes.connector.connect(&server(mailbox)).await {
                        Ok(again) => {
                            greeted = again;
                            continue;
                        }
                        Err(problem) => problem,
                    }
                }
                (Err(problem), _) => problem,
            };
            return checkup.wrong("login", wrong.to_string(), wrong.suggestion().map(str::to_owned));
        };
        checkup.well("login", settings.user.clone());
        match self.check_folders(mailbox, &mut session, checkup).await {
            Ok(()) => session.log_out().await,
            Err(trouble) => checkup.wrong("folders", trouble.to_string(), trouble.suggestion()),
        }
        self.check_submission(mailboxes, mailbox, checkup).await;
    }

    async fn check_folders(
        &self,
        mailbox: &MailboxRecord,
        session: &mut Session,
        checkup: &mut Checkup,
    ) -> Result<(), Trouble> {
        let settings = &mailbox.settings;
        let folders = settings.folders.iter().map(|folder| (format!("folder `{folder}`"), folder));
        let target = match &settings.after {
            MailboxAfter::MoveTo(folder) => Some((format!("moveTo `{folder}`"), folder)),
            MailboxAfter::Flag(_) | MailboxAfter::Delete => None,
        };
        let delivered = self.delivered_into(mailbox);
        let delivered =
            delivered.iter().map(|(queue, folder)| (format!("folder `{folder}` of queue `{queue}`"), folder));
        for (what, folder) in folders.chain(target).chain(delivered) {
            match session.open(folder, false).await {
                Ok(opened) => checkup.well(what, format!("{} messages", opened.exists)),
                Err(Problem::Refused { words, .. }) => {
                    let suggestion = what_there_is(session, folder).await?;
                    checkup.wrong(what, words, Some(suggestion));
                }
                Err(other) => return Err(other.into()),
            }
        }
        let new_mail = match session.has("IDLE") {
            true => "the server reports new mail immediately",
            false => "no, new mail is found at the next check (--mailbox-poll)",
        };
        checkup.well("idle", new_mail);
        if matches!(settings.after, MailboxAfter::MoveTo(_)) {
            checkup.well("move", if session.has("MOVE") { "yes" } else { "no, messages are copied and deleted" });
        }
        Ok(())
    }
}

/// The folders that there are, in words, for whoever named one that is not among them.
pub(super) async fn what_there_is(session: &mut Session, folder: &str) -> Result<String, Problem> {
    let known = session.folders().await?;
    let list = known.iter().take(20).map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    Ok(match nearest(folder, known.iter().map(String::as_str)) {
        Some(near) => format!("did you mean `{near}`? There are {list}"),
        None => format!("there are {list}"),
    })
}
