//! Who we are towards a mailbox's server: the password or the token that its secrets stand for.

use std::fmt::Display;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;
use waypost_ids::SecretId;
use waypost_mailbox::{Login, Problem, Server, Session, Tls};
use waypost_oauth::{Grant, OauthClient, Refusal, token_url};
use waypost_store::records::mailboxes::{MailboxAuth, MailboxGrant, MailboxOauth, MailboxRecord, MailboxTls};
use waypost_store::records::outside::Sealed;

use super::{Mailboxes, TERM, Trouble};
use crate::App;

/// A token counts as ended so long before it does: the login that it is fetched for must not lose it.
const EARLY: Duration = Duration::from_secs(60);

/// A token whose end nobody said is kept for so long.
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// An access token that was fetched.
pub(super) struct Token {
    value: String,
    until: Instant,
    /// Of the mailbox that it was fetched for: with other settings it may be another's.
    revision: u64,
}

/// A refresh token as it is kept, sealed.
#[derive(Serialize, Deserialize)]
struct Kept {
    token: String,
    /// What it is good for.
    good_for: String,
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
    /// Connects to a mailbox and logs in, under the lease of whoever watches. A token that is refused before its time is fetched anew, once.
    pub(super) async fn log_in(
        &self,
        mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        lease: Uuid,
    ) -> Result<Session, Trouble> {
        let had_token = mailboxes.tokens().contains_key(&mailbox.id);
        match self.try_log_in(mailboxes, mailbox, lease).await {
            Err(Trouble::Server(Problem::Login { .. }))
                if mailboxes.tokens().remove(&mailbox.id).is_some() && had_token =>
            {
                self.try_log_in(mailboxes, mailbox, lease).await
            }
            other => other,
        }
    }

    async fn try_log_in(
        &self,
        mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        lease: Uuid,
    ) -> Result<Session, Trouble> {
        let login = self.login(mailboxes, mailbox, Some(lease)).await?;
        let greeted = mailboxes.connector.connect(&server(mailbox)).await?;
        Ok(greeted.log_in(&login).await?)
    }

    /// What proves who we are. Tokens are fetched under the mailbox's lease: whoever looks without one takes it for so long, if it is free.
    pub(super) async fn login(
        &self,
        mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        lease: Option<Uuid>,
    ) -> Result<Login, Trouble> {
        let user = mailbox.settings.user.clone();
        let oauth = match &mailbox.settings.auth {
            MailboxAuth::Secret(secret) => {
                let password = self.secret_for(*secret, &mailbox.settings.host)?;
                return Ok(Login::Password { user, password });
            }
            MailboxAuth::Oauth(oauth) => oauth,
        };
        if let Some(token) = mailboxes.tokens().get(&mailbox.id)
            && token.revision == mailbox.revision
            && Instant::now() < token.until
        {
            return Ok(Login::Token { user, token: token.value.clone() });
        }
        let token = match lease {
            Some(lease) => self.token(mailboxes, mailbox, oauth, lease).await?,
            None if oauth.grant == MailboxGrant::ClientCredentials => {
                self.token(mailboxes, mailbox, oauth, Uuid::nil()).await?
            }
            None => {
                let lease = TERM.begin(self.origin.id(), self.origin.now());
                let Some(watch) = self.store.watch_mailbox(mailbox.id, lease, self.origin.now()).await? else {
                    return Err(Trouble::setup(
                        "the mailbox is watched, and whoever watches it alone may fetch tokens for it",
                        "`waypost mailboxes show` says whether that works",
                    ));
                };
                let token = self.token(mailboxes, mailbox, oauth, lease.id).await;
                self.store.end_watch(mailbox.id, lease.id, watch.health).await?;
                token?
            }
        };
        Ok(Login::Token { user, token })
    }

    /// Fetches a token. A refresh token that replaces the one before is kept before the access token is used.
    async fn token(
        &self,
        mailboxes: &Mailboxes,
        mailbox: &MailboxRecord,
        oauth: &MailboxOauth,
        lease: Uuid,
    ) -> Result<String, Trouble> {
        let client = self.oauth_client(oauth)?;
        let good_for = self.good_for(mailbox, oauth);
        let refresh_token = match oauth.grant {
            MailboxGrant::ClientCredentials => None,
            MailboxGrant::RefreshToken | MailboxGrant::DeviceCode => {
                Some(self.refresh_token(mailbox, oauth, (&client, good_for.as_str())).await?)
            }
        };
        let grant = refresh_token.as_deref().map_or(Grant::ClientCredentials, Grant::RefreshToken);
        let granted = client.ask(&mailboxes.http, grant).await.map_err(|refusal| refused(mailbox, oauth, refusal))?;
        if let (Some(new), Some(old)) = (granted.refresh_token, refresh_token)
            && new != old
        {
            let sealed = self.sealed_token(mailbox, new, good_for)?;
            if !self.store.keep_token(mailbox.id, Some(lease), sealed).await? {
                return Err(Trouble::Lost);
            }
        }
        let lasts = granted.expires_in.map_or(UNSAID, Duration::from_secs);
        if let Some(until) = Instant::now().checked_add(lasts.saturating_sub(EARLY)) {
            let token = Token { value: granted.access_token.clone(), until, revision: mailbox.revision };
            mailboxes.tokens().insert(mailbox.id, token);
        }
        Ok(granted.access_token)
    }

    /// The client that asks for tokens.
    pub(super) fn oauth_client(&self, oauth: &MailboxOauth) -> Result<OauthClient, Trouble> {
        let url = token_url(&oauth.token_url).map_err(|wrong| Trouble::setup(wrong, "mend `auth.oauth.tokenUrl`"))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        let secret = oauth.secret.map(|secret| self.secret_for(secret, &host)).transpose()?;
        let scope = Some(oauth.scopes.join(" ")).filter(|scope| !scope.is_empty());
        Ok(OauthClient { token_url: url, client_id: oauth.client_id.clone(), secret, scope })
    }

    /// What a refresh token is good for: whom it and its access tokens are shown to, and which first one it came of. With other settings it is
    /// not used: whoever may change a mailbox would have it sent to a host of theirs. Nor is it once the first one was set anew.
    pub(super) fn good_for(&self, mailbox: &MailboxRecord, oauth: &MailboxOauth) -> String {
        let world = self.catalogue.world();
        let first = oauth.refresh_token.and_then(|id| world.secrets.get(&id));
        // In microseconds: stores keep no finer times.
        let first = first.map(|secret| (secret.id.to_string(), secret.set_at.as_microsecond()));
        let settings = &mailbox.settings;
        json!([oauth.token_url, oauth.client_id, settings.host, settings.user, first]).to_string()
    }

    /// A refresh token as it is kept.
    pub(super) fn sealed_token(
        &self,
        mailbox: &MailboxRecord,
        token: String,
        good_for: String,
    ) -> Result<Sealed, Trouble> {
        let kept = serde_json::to_vec(&Kept { token, good_for }).map_err(unkept)?;
        self.seal(mailbox.id, &kept).map_err(unkept)
    }

    /// The newest refresh token: what an endpoint gave last, else what the mailbox's secret has.
    async fn refresh_token(
        &self,
        mailbox: &MailboxRecord,
        oauth: &MailboxOauth,
        (client, good_for): (&OauthClient, &str),
    ) -> Result<String, Trouble> {
        let watches = self.store.mailbox_watches().await?;
        let kept = watches.into_iter().find(|watch| watch.mailbox == mailbox.id).and_then(|watch| watch.token);
        if let Some(sealed) = kept {
            let again = authorise(mailbox);
            let opened = self.unseal(mailbox.id, &sealed).map_err(|error| error.to_string());
            let read = opened.and_then(|opened| {
                serde_json::from_slice::<Kept>(&opened).map_err(|_| "it is of another release".to_owned())
            });
            match read {
                Ok(kept) if kept.good_for == good_for => return Ok(kept.token),
                // What a lost key sealed must not be in the way of a first one that was set anew.
                Err(why) if oauth.refresh_token.is_none() => {
                    return Err(Trouble::setup(format!("the refresh token can't be read: {why}"), again));
                }
                Ok(_) | Err(_) => {}
            }
        }
        match oauth.refresh_token {
            Some(secret) => self.secret_for(secret, client.token_url.host_str().unwrap_or_default()),
            None => Err(Trouble::setup(
                "nobody has authorised access to the mailbox yet, as it is set up now",
                authorise(mailbox),
            )),
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
        let value =
            opened.map_err(|error| Trouble::setup(format!("the secret `{name}` can't be read: {error}"), &set))?;
        String::from_utf8(value).map_err(|_| Trouble::setup(format!("the secret `{name}` is no text"), set))
    }
}

/// What a person does who may give access.
fn authorise(mailbox: &MailboxRecord) -> String {
    format!("run `waypost mailboxes authorise \"{}\"` and confirm as {}", mailbox.name, mailbox.settings.user)
}

pub(super) fn unkept(error: impl Display) -> Trouble {
    Trouble::Setup { what: format!("the refresh token can't be kept: {error}"), suggestion: None }
}

/// Why there is no token, and what to do about it.
fn refused(mailbox: &MailboxRecord, oauth: &MailboxOauth, refusal: Refusal) -> Trouble {
    let suggestion = match (refusal.code.as_deref(), oauth.grant) {
        (Some("invalid_grant"), MailboxGrant::DeviceCode) => Some(authorise(mailbox)),
        (Some("invalid_grant"), _) => Some("set the secret of `auth.oauth.refreshToken` anew".to_owned()),
        (Some("invalid_client" | "unauthorized_client"), _) => {
            Some("check `auth.oauth.clientId`, its secret, and that the grant is allowed for this client".to_owned())
        }
        (Some("invalid_scope"), _) => Some("check `auth.oauth.scopes`".to_owned()),
        _ => None,
    };
    Trouble::Setup { what: refusal.told, suggestion }
}
