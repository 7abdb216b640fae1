//! What goes out by a mailbox's route is handed to the mailbox's submission server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use waypost_catalogue::mailboxes::sends_as;
use waypost_ids::InteractionId;
use waypost_outgoing::carry::{
    Answer, Carried, Outgoing, Proof, Relay, Submission, SubmissionProblem, SubmissionStage, TokenSource,
};
use waypost_outgoing::smarthost::Smarthost;
use waypost_store::error::StoreError;
use waypost_store::records::mailboxes::{MailboxRecord, MailboxTls, SubmissionSettings};

use super::checkup::Checkup;
use super::login::{Account, Proven};
use super::{Mailboxes, Trouble};
use crate::App;

/// One token, for one attempt.
struct OneToken {
    value: String,
    refused: AtomicBool,
}

#[async_trait]
impl TokenSource for OneToken {
    async fn token(&self) -> Result<String, String> {
        Ok(self.value.clone())
    }

    async fn refused(&self, _: &str) -> bool {
        self.refused.store(true, Ordering::Relaxed);
        false
    }
}

/// A submission server with what proves who we are; of a token whether it was refused, unless it was fetched just now.
type Ready = (Submission, Option<Arc<OneToken>>);

impl App {
    /// The mailbox whose submission server takes what goes out about an interaction; none if it is the smarthost's.
    ///
    /// # Errors
    /// The store.
    pub(crate) async fn submitting(
        &self,
        interaction: InteractionId,
    ) -> Result<Option<Arc<MailboxRecord>>, StoreError> {
        if self.mailboxes.is_none() {
            return Ok(None);
        }
        // Another node may have given a mailbox its submission server a moment ago.
        self.catalogue.catch_up().await?;
        let live = self.catalogue.live();
        let mut with: Vec<Arc<MailboxRecord>> = live.world.mailboxes.values().cloned().collect();
        with.retain(|mailbox| mailbox.settings.submission.is_some());
        if with.is_empty() {
            return Ok(None);
        }
        let Some(record) = self.store.interaction(interaction).await? else { return Ok(None) };
        let Some(route) = self.route_of(&record, &live.running).await? else { return Ok(None) };
        Ok(with.into_iter().find(|mailbox| {
            let settings = &mailbox.settings;
            settings.route == route.id && sends_as(&route, &settings.address, &record.envelope_to)
        }))
    }

    /// Makes one attempt to hand a mail to a mailbox's submission server. A token that is refused before its time is fetched anew, once.
    pub(crate) async fn submit(&self, mailbox: &MailboxRecord, mail: &Outgoing<'_>) -> Carried {
        let (Some(mailboxes), Some(settings)) = (&self.mailboxes, &mailbox.settings.submission) else {
            return Carried::Away { answer: ours(mailbox, "there is no submission server any more") };
        };
        let mut refused = None;
        loop {
            let ready = self.submission(mailboxes, mailbox, settings, refused.as_deref()).await;
            let (submission, token) = match ready {
                Ok(ready) => ready,
                Err(trouble) => {
                    let hint = trouble.suggestion().map(|hint| format!(": {hint}")).unwrap_or_default();
                    return Carried::Away { answer: ours(mailbox, &format!("{trouble}{hint}")) };
                }
            };
            let carried = mailboxes.submitter.submit(&submission, mail).await;
            match token.filter(|token| token.refused.load(Ordering::Relaxed)) {
                Some(token) => refused = Some(token.value.clone()),
                None => return carried,
            }
        }
    }

    /// Looks at everything that handing mail over needs, and sends nothing.
    pub(super) async fn check_submission(&self, mailboxes: &Mailboxes, mailbox: &MailboxRecord, checkup: &mut Checkup) {
        let Some(settings) = &mailbox.settings.submission else { return };
        let mut refused = None;
        loop {
            let (submission, token) = match self.submission(mailboxes, mailbox, settings, refused.as_deref()).await {
                Ok(ready) => ready,
                Err(trouble) => return checkup.wrong("submission login", trouble.to_string(), trouble.suggestion()),
            };
            let checked = mailboxes.submitter.check(&submission).await;
            match token.filter(|token| token.refused.load(Ordering::Relaxed)) {
                Some(token) => refused = Some(token.value.clone()),
                None => return checked_submission(settings, &submission, checked.err(), checkup),
            }
        }
    }

    async fn submission(
        &self,
        mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        settings: &SubmissionSettings,
        refused: Option<&str>,
    ) -> Result<Ready, Trouble> {
        let account = Account::submission(mailbox, settings);
        let (proof, token) = match self.prove(mailboxes, &account, refused).await? {
            Proven::Password(password) => (Proof::Password(password.into()), None),
            Proven::Token { value, fresh } => {
                let token = Arc::new(OneToken { value, refused: AtomicBool::new(false) });
                (Proof::Token(Arc::clone(&token) as Arc<dyn TokenSource>), Some(token).filter(|_| !fresh))
            }
        };
        let smarthost = Smarthost {
            implicit_tls: settings.tls == MailboxTls::Implicit,
            user: Some(account.user.to_owned()),
            host: settings.host.trim_matches(['[', ']']).to_owned(),
            port: settings.port,
        };
        let pooled = format!("{smarthost} {} {}", mailbox.id, mailbox.revision);
        Ok((Submission { relay: Relay { smarthost, proof: Some(proof) }, pooled }, token))
    }
}

/// What we say of a mailbox's submission server.
fn ours(mailbox: &MailboxRecord, what: &str) -> Answer {
    let text = format!("the submission server of the mailbox `{}`: {what}", mailbox.name);
    Answer { code: None, enhanced: None, text, host: None }
}

fn checked_submission(
    settings: &SubmissionSettings,
    submission: &Submission,
    problem: Option<SubmissionProblem>,
    checkup: &mut Checkup,
) {
    let smarthost = &submission.relay.smarthost;
    let place = format!("{}, port {}", smarthost.host, smarthost.port);
    let steps = [
        (SubmissionStage::Name, "submission name", smarthost.host.clone()),
        (SubmissionStage::Connection, "submission connection", place),
        (SubmissionStage::Tls, "submission tls", format!("{:?}", settings.tls).to_lowercase()),
        (SubmissionStage::Login, "submission login", smarthost.user.clone().unwrap_or_default()),
    ];
    for (stage, what, found) in steps {
        match &problem {
            Some(problem) if problem.stage == stage => {
                return checkup.wrong(what, problem.told.clone(), suggestion(stage).map(str::to_owned));
            }
            _ => checkup.well(what, found),
        }
    }
}

/// What to do, as far as that is known.
fn suggestion(stage: SubmissionStage) -> Option<&'static str> {
    match stage {
        SubmissionStage::Name => {
            Some("check `submission.host`; private networks must be named by --allow-private-targets")
        }
        SubmissionStage::Connection => {
            Some("check `submission.port` and firewalls: 465 is usual with tls `implicit`, 587 with `starttls`")
        }
        SubmissionStage::Tls => Some(
            "check that `submission.host` is the name in the server's certificate, and that `submission.tls` fits the port: 465 `implicit`, 587 `starttls`",
        ),
        SubmissionStage::Login => Some(
            "check `submission.user` and the secret; Gmail takes app passwords or OAuth, Microsoft 365 OAuth, where authenticated SMTP must be enabled for the mailbox",
        ),
    }
}
