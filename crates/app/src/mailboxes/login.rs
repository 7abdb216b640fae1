//! Who we are towards a mailbox's server: the password or the token that its secrets stand for.

use uuid::Uuid;
use waypost_ids::SecretId;
use waypost_mailbox::{Login, Server, Session, Tls};
use waypost_store::records::mailboxes::{MailboxAuth, MailboxRecord, MailboxTls};

use super::{Mailboxes, Trouble};
use crate::App;

/// An access token that was fetched.
pub(super) struct Token;

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
    /// Connects to a mailbox and logs in. Whoever watches does it under a lease.
    pub(super) async fn log_in(
        &self,
        mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        lease: Option<Uuid>,
    ) -> Result<Session, Trouble> {
        let login = self.login(mailboxes, mailbox, lease).await?;
        let greeted = mailboxes.connector.connect(&server(mailbox)).await?;
        Ok(greeted.log_in(&login).await?)
    }

    /// What proves who we are.
    pub(super) async fn login(
        &self,
        _mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        _lease: Option<Uuid>,
    ) -> Result<Login, Trouble> {
        let user = mailbox.settings.user.clone();
        match &mailbox.settings.auth {
            MailboxAuth::Secret(secret) => {
                Ok(Login::Password { user, password: self.secret_for(*secret, &mailbox.settings.host)? })
            }
            MailboxAuth::Oauth(_) => Err(Trouble::setup("tokens can't be fetched yet", "use `auth` with `secret`")),
        }
    }

    /// A secret's value, for a host that may be shown it.
    pub(super) fn secret_for(&self, id: SecretId, host: &str) -> Result<String, Trouble> {
        let world = self.catalogue.world();
        let Some(secret) = world.secrets.get(&id) else {
            return Err(Trouble::setup("the secret is gone", "name another secret"));
        };
        let name = &secret.name;
        let set = format!("set it: `waypost secrets set {name}`");
        if !secret.hosts.iter().any(|allowed| allowed == host) {
            let suggestion = format!("allow it: `waypost secrets set {name} --host {host}`");
            return Err(Trouble::setup(format!("the secret `{name}` may not be shown to `{host}`"), suggestion));
        }
        if secret.value.is_forgotten() {
            return Err(Trouble::setup(format!("the secret `{name}` has no value"), set));
        }
        let opened = self.unseal(id, &secret.value);
        let value = opened.map_err(|error| Trouble::setup(format!("the secret `{name}` can't be read: {error}"), &set))?;
        String::from_utf8(value).map_err(|_| Trouble::setup(format!("the secret `{name}` is no text"), set))
    }
}
