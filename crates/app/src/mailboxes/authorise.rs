//! A person gives access to a mailbox by a code (RFC 8628). Any node can end what another began.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use waypost_ids::MailboxId;
use waypost_mailbox::{Login, Problem, Stage};
use waypost_oauth::{Grant, token_url};
use waypost_store::records::mailboxes::{MailboxAuth, MailboxGrant, MailboxOauth, MailboxRecord, MailboxTokenUse};
use waypost_store::records::outside::Sealed;

use super::login::server;
use super::tokens::unkept;
use super::{Mailboxes, Trouble};
use crate::App;

/// What a person is asked to do.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The code that is typed.
    pub user_code: String,
    /// Where.
    pub verification_uri: String,
    /// Until when.
    pub expires_at: Timestamp,
    /// How often to look whether it was done, in seconds.
    pub interval: u64,
    /// What the end is asked for by: sealed, for any node.
    pub handle: String,
}

/// How far a person came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authorised {
    /// Nobody confirmed the code yet, or the mailbox's server could not be asked who did: ask again, with this.
    Pending {
        /// How often, in seconds.
        interval: u64,
        /// What to ask with from now on.
        handle: String,
    },
    /// Access was given, and works.
    Done,
}

/// Why access was not given.
#[derive(Debug, Error)]
#[error("{what}")]
pub struct NotAuthorised {
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub suggestion: Option<String>,
}

impl From<Trouble> for NotAuthorised {
    fn from(trouble: Trouble) -> Self {
        Self { what: trouble.to_string(), suggestion: trouble.suggestion() }
    }
}

#[derive(Clone, Serialize, Deserialize)]
struct Handle {
    code: String,
    expires_at: Timestamp,
    /// What access is given for: not for servers that somebody names afterwards.
    #[serde(default)]
    good_for: String,
    /// How often to ask, in seconds.
    #[serde(default = "usual_interval")]
    interval: u64,
    /// What the code was exchanged for, until the mailbox's server says whose it is: a code is good once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    granted: Option<Given>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Given {
    access_token: String,
    refresh_token: String,
}

/// RFC 8628 section 3.2.
fn usual_interval() -> u64 {
    5
}

/// So many seconds longer each time that an endpoint says `slow_down` (RFC 8628 section 3.5).
const SLOWER: u64 = 5;

impl App {
    /// Asks for a code; none if there is no such mailbox.
    ///
    /// # Errors
    /// The mailbox has another grant, or the provider gives no code.
    pub async fn begin_authorising(&self, id: MailboxId) -> Option<Result<Asked, NotAuthorised>> {
        let mailbox = self.catalogue.world().mailboxes.get(&id).cloned()?;
        Some(self.ask_for_code(&mailbox).await.map_err(Into::into))
    }

    async fn ask_for_code(&self, mailbox: &MailboxRecord) -> Result<Asked, Trouble> {
        let (mailboxes, oauth) = self.device_grant(mailbox)?;
        let url = oauth.device_url.as_deref().unwrap_or_default();
        let url = token_url(url).map_err(|wrong| Trouble::setup(wrong, "mend `auth.oauth.deviceUrl`"))?;
        let client = self.oauth_client(oauth)?;
        let told = |told| Trouble::Setup { what: told, suggestion: None };
        let device = client.device(&mailboxes.http, &url).await.map_err(|refusal| told(refusal.told))?;
        let lasts = SignedDuration::from_secs(i64::try_from(device.expires_in).unwrap_or(i64::MAX));
        let expires_at = self.origin.now().saturating_add(lasts).unwrap_or(Timestamp::MAX);
        let interval = device.interval.clamp(1, 60);
        let good_for = self.good_for(mailbox, MailboxTokenUse::Mailbox, oauth);
        let handle = Handle { code: device.device_code, expires_at, good_for, interval, granted: None };
        Ok(Asked {
            user_code: device.user_code,
            verification_uri: device.verification_uri,
            expires_at,
            interval,
            handle: self.written(mailbox, &handle)?,
        })
    }

    /// A handle as a client keeps it: any node can go on with it, and nobody can read it.
    fn written(&self, mailbox: &MailboxRecord, handle: &Handle) -> Result<String, Trouble> {
        let handle = serde_json::to_vec(handle).map_err(unkept)?;
        Ok(URL_SAFE_NO_PAD.encode(self.seal(mailbox.id, &handle).map_err(unkept)?.0))
    }

    /// Looks whether the code was confirmed; none if there is no such mailbox. Access is kept once it has logged in as the mailbox's own user:
    /// whoever confirmed as somebody else changes nothing.
    ///
    /// # Errors
    /// The code ran out or was refused, or its account is another's.
    pub async fn end_authorising(&self, id: MailboxId, handle: &str) -> Option<Result<Authorised, NotAuthorised>> {
        let mailbox = self.catalogue.world().mailboxes.get(&id).cloned()?;
        Some(self.ask_by_code(&mailbox, handle).await.map_err(Into::into))
    }

    async fn ask_by_code(&self, mailbox: &MailboxRecord, handle: &str) -> Result<Authorised, Trouble> {
        let (mailboxes, oauth) = self.device_grant(mailbox)?;
        let again =
            || Trouble::setup("this is no code that was asked for", "start again: `waypost mailboxes authorise`");
        let sealed = Sealed(URL_SAFE_NO_PAD.decode(handle).map_err(|_| again())?);
        let opened = self.unseal(mailbox.id, &sealed).map_err(|_| again())?;
        let mut handle: Handle = serde_json::from_slice(&opened).map_err(|_| again())?;
        if handle.expires_at <= self.origin.now() {
            return Err(Trouble::setup("the code has expired", "start again: `waypost mailboxes authorise`"));
        }
        if handle.good_for != self.good_for(mailbox, MailboxTokenUse::Mailbox, oauth) {
            return Err(Trouble::setup(
                "the mailbox was changed meanwhile",
                "start again: `waypost mailboxes authorise`",
            ));
        }
        let given = match handle.granted.clone() {
            Some(given) => given,
            None => match self.exchange(&mailboxes, oauth, &mut handle).await? {
                Some(given) => given,
                None => {
                    let interval = handle.interval;
                    return Ok(Authorised::Pending { interval, handle: self.written(mailbox, &handle)? });
                }
            },
        };
        let user = mailbox.settings.user.clone();
        let login = Login::Token { user: user.clone(), token: given.access_token.clone() };
        let logged_in = match mailboxes.connector.connect(&server(mailbox)).await {
            Ok(greeted) => greeted.log_in(&login).await,
            Err(problem) => Err(problem),
        };
        match logged_in {
            Ok(session) => session.log_out().await,
            Err(problem @ Problem::Login { .. }) if !problem.passes() => {
                let what = format!("the account that confirmed the code can't log in as {user}: {problem}");
                return Err(Trouble::setup(what, format!("confirm the code as {user}: nothing was changed")));
            }
            Err(problem) if problem.stage() == Stage::Login && !problem.passes() => return Err(problem.into()),
            Err(problem) => {
                // The code is spent by now, and nothing was said about the account yet.
                tracing::warn!(mailbox = %mailbox.id, name = mailbox.name, %problem, "can't verify yet which account granted access");
                let interval = handle.interval;
                let handle = Handle { granted: Some(given), ..handle };
                return Ok(Authorised::Pending { interval, handle: self.written(mailbox, &handle)? });
            }
        }
        let sealed = self.sealed_refresh_token(mailbox, oauth, given.refresh_token)?;
        self.store.keep_tokens(mailbox.id, MailboxTokenUse::Mailbox, None, sealed).await?;
        mailboxes.tokens().remove(&(mailbox.id, MailboxTokenUse::Mailbox));
        tracing::info!(mailbox = %mailbox.id, name = mailbox.name, "access to the mailbox was granted");
        Ok(Authorised::Done)
    }

    /// What a code is exchanged for; none if nobody confirmed it yet.
    async fn exchange(
        &self,
        mailboxes: &Mailboxes,
        oauth: &MailboxOauth,
        handle: &mut Handle,
    ) -> Result<Option<Given>, Trouble> {
        let client = self.oauth_client(oauth)?;
        let granted = match client.ask(&mailboxes.http, Grant::DeviceCode(&handle.code)).await {
            Ok(granted) => granted,
            Err(refusal) => {
                return match refusal.code.as_deref() {
                    Some("authorization_pending") => Ok(None),
                    Some("slow_down") => {
                        handle.interval = handle.interval.saturating_add(SLOWER);
                        Ok(None)
                    }
                    _ => {
                        let suggestion = Some("start again: `waypost mailboxes authorise`".to_owned());
                        Err(Trouble::Setup { what: refusal.told, suggestion })
                    }
                };
            }
        };
        let Some(refresh_token) = granted.refresh_token else {
            return Err(Trouble::setup(
                "the provider gave no refresh token: access would end within the hour",
                "add `offline_access` to `auth.oauth.scopes` (Microsoft)",
            ));
        };
        Ok(Some(Given { access_token: granted.access_token, refresh_token }))
    }

    fn device_grant<'m>(
        &self,
        mailbox: &'m MailboxRecord,
    ) -> Result<(std::sync::Arc<Mailboxes>, &'m MailboxOauth), Trouble> {
        let Some(mailboxes) = self.mailboxes.clone() else {
            return Err(Trouble::Setup { what: "this server watches no mailboxes".to_owned(), suggestion: None });
        };
        match &mailbox.settings.auth {
            MailboxAuth::Oauth(oauth) if oauth.grant == MailboxGrant::DeviceCode => Ok((mailboxes, oauth)),
            MailboxAuth::Oauth(_) | MailboxAuth::Secret(_) => Err(Trouble::setup(
                "nobody needs to authorise access to this mailbox",
                "only mailboxes whose grant is `deviceCode` are authorised by a person",
            )),
        }
    }
}
