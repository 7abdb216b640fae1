//! Who we are towards a mailbox's servers: the password or the token that its secrets stand for.

use std::sync::Arc;

use waypost_ids::SecretId;
use waypost_mailbox::{Login, Problem, Server, Session, Tls};
use waypost_oauth::{OauthClient, token_url};
use waypost_store::records::mailboxes::{
    MailboxAuth, MailboxOauth, MailboxRecord, MailboxTls, MailboxTokenUse, SubmissionSettings,
};
use waypost_store::records::outside::SecretRecord;

use super::{Mailboxes, Trouble};
use crate::App;

/// Who logs in where: at the mailbox, or at its submission server.
pub(super) struct Account<'m> {
    pub(super) mailbox: &'m MailboxRecord,
    /// The server that is shown what proves it.
    pub(super) host: &'m str,
    pub(super) user: &'m str,
    auth: &'m MailboxAuth,
    /// Whose tokens these are. A submission server without an `auth` of its own has those of the mailbox.
    pub(super) used_for: MailboxTokenUse,
}

impl<'m> Account<'m> {
    /// The mailbox itself.
    pub(super) fn of(mailbox: &'m MailboxRecord) -> Self {
        let settings = &mailbox.settings;
        let (host, user, auth) = (&settings.host, &settings.user, &settings.auth);
        Self { mailbox, host, user, auth, used_for: MailboxTokenUse::Mailbox }
    }

    /// Its submission server.
    pub(super) fn submission(mailbox: &'m MailboxRecord, submission: &'m SubmissionSettings) -> Self {
        let settings = &mailbox.settings;
        let (auth, used_for) = match &submission.auth {
            Some(auth) => (auth, MailboxTokenUse::Submission),
            None => (&settings.auth, MailboxTokenUse::Mailbox),
        };
        let user = submission.user.as_ref().unwrap_or(&settings.user);
        Self { mailbox, host: &submission.host, user, auth, used_for }
    }
}

/// What proves who logs in.
pub(super) enum Proven {
    Password(String),
    /// An access token, and whether it was fetched just now.
    Token {
        value: String,
        fresh: bool,
    },
}

/// The server of a mailbox.
pub(super) fn server(mailbox: &MailboxRecord) -> Server {
    let settings = &mailbox.settings;
    let tls = match settings.tls {
        MailboxTls::Implicit => Tls::Implicit,
        MailboxTls::StartTls => Tls::StartTls,
        MailboxTls::None => Tls::None,
    };
    Server { host: settings.host.clone(), port: settings.port, tls }
}

impl App {
    /// Connects to a mailbox and logs in. A token that is refused before its time is fetched anew, once.
    pub(super) async fn log_in(&self, mailboxes: &Mailboxes, mailbox: &MailboxRecord) -> Result<Session, Trouble> {
        let account = Account::of(mailbox);
        let mut refused = None;
        loop {
            let proven = self.prove(mailboxes, &account, refused.as_deref()).await?;
            let greeted = mailboxes.connector.connect(&server(mailbox)).await?;
            match (greeted.log_in(&login(&account, &proven)).await, proven) {
                (Err(problem @ Problem::Login { .. }), Proven::Token { value, fresh: false }) if !problem.passes() => {
                    refused = Some(value);
                }
                (session, _) => return Ok(session?),
            }
        }
    }

    /// What proves who logs in; not the token that was refused.
    pub(super) async fn prove(
        &self,
        mailboxes: &Mailboxes,
        account: &Account<'_>,
        refused: Option<&str>,
    ) -> Result<Proven, Trouble> {
        match account.auth {
            MailboxAuth::Secret(secret) => self.secret_for(*secret, account.host).map(Proven::Password),
            MailboxAuth::Oauth(oauth) => {
                // Whoever may see what a secret is good for is who may see the secret.
                for secret in [oauth.secret, oauth.refresh_token].into_iter().flatten() {
                    self.shown_to(secret, account.host)?;
                }
                let (value, fresh) = self.access_token(mailboxes, account, oauth, refused).await?;
                Ok(Proven::Token { value, fresh })
            }
        }
    }

    /// The client that asks for tokens.
    pub(super) fn oauth_client(&self, oauth: &MailboxOauth) -> Result<OauthClient, Trouble> {
        let url = token_url(&oauth.token_url).map_err(|wrong| Trouble::setup(wrong, "mend `auth.oauth.tokenUrl`"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let secret = oauth.secret.map(|secret| self.secret_for(secret, &host)).transpose()?;
        let scope = Some(oauth.scopes.join(" ")).filter(|scope| !scope.is_empty());
        Ok(OauthClient { token_url: url, client_id: oauth.client_id.clone(), secret, scope })
    }

    /// A secret that a host may be shown.
    fn shown_to(&self, id: SecretId, host: &str) -> Result<Arc<SecretRecord>, Trouble> {
        let world = self.catalogue.world();
        let Some(secret) = world.secrets.get(&id) else {
            return Err(Trouble::setup("the secret is gone", "name another secret"));
        };
        let name = &secret.name;
        if secret.hosts.iter().any(|allowed| allowed == host) {
            return Ok(Arc::clone(secret));
        }
        let hosts = secret.hosts.iter().map(String::as_str).chain([host]);
        let hosts: String = hosts.map(|host| format!(" --host {host}")).collect();
        let suggestion = format!("allow it: `waypost secrets set \"{name}\"{hosts}`");
        Err(Trouble::setup(format!("the secret `{name}` may not be sent to `{host}`"), suggestion))
    }

    /// A secret's value, for a host that may be shown it.
    pub(super) fn secret_for(&self, id: SecretId, host: &str) -> Result<String, Trouble> {
        let secret = self.shown_to(id, host)?;
        let name = &secret.name;
        let set = format!("set it: `waypost secrets set \"{name}\"`");
        if secret.value.is_forgotten() {
            return Err(Trouble::setup(format!("the secret `{name}` has no value"), set));
        }
        let opened = self.unseal(id, &secret.value);
        let value =
            opened.map_err(|error| Trouble::setup(format!("the secret `{name}` can't be read: {error}"), &set))?;
        String::from_utf8(value).map_err(|_| Trouble::setup(format!("the secret `{name}` is no text"), set))
    }
}

/// What is said to a mailbox.
pub(super) fn login(account: &Account<'_>, proven: &Proven) -> Login {
    let user = account.user.to_owned();
    match proven {
        Proven::Password(password) => Login::Password { user, password: password.clone() },
        Proven::Token { value, .. } => Login::Token { user, token: value.clone() },
    }
}
