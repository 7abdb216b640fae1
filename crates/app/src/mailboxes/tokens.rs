//! Access tokens of mailboxes and their submission servers. One node at a time fetches one, under a lease of its own, and keeps it for all nodes,
//! sealed: whoever needs one, watching or not, has it from there.

use std::fmt::Display;
use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::sleep;
use uuid::Uuid;
use waypost_ids::{MailboxId, SecretId};
use waypost_oauth::{Grant, OauthClient, Refusal};
use waypost_store::error::StoreError;
use waypost_store::leases::Term;
use waypost_store::records::mailboxes::{MailboxGrant, MailboxOauth, MailboxRecord, MailboxTokenUse};
use waypost_store::records::outside::Sealed;

use super::login::Account;
use super::{Mailboxes, Trouble};
use crate::App;

/// A token counts as ended so long before it does: the login that it is fetched for must not lose it.
const EARLY: Duration = Duration::from_secs(60);

/// A token whose end nobody said is kept for so long.
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// The lease of whoever fetches: longer than an endpoint may take.
const FETCH: Term = Term::of(Duration::from_secs(45));

/// Whoever waits for another to fetch looks this often, and gives up after a while.
const LOOK: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(60);

/// An access token that this node knows.
pub(super) struct Token {
    value: String,
    until: Instant,
    asked: String,
}

/// Tokens as they are kept, sealed.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The newest refresh token, if an endpoint gave one.
    token: Option<String>,
    /// What it is good for.
    good_for: String,
    /// The newest access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    access: Option<Access>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Access {
    token: String,
    /// Until when it counts.
    until: Timestamp,
    /// What it was asked for with: with other settings it may be another's.
    asked: String,
}

impl App {
    /// An access token that counts, and whether it was fetched just now; not the one that was refused.
    pub(super) async fn access_token(
        &self,
        mailboxes: &Mailboxes,
        account: &Account<'_>,
        oauth: &MailboxOauth,
        refused: Option<&str>,
    ) -> Result<(String, bool), Trouble> {
        let id = (account.mailbox.id, account.used_for);
        let asked = self.asked(account, oauth);
        let end = Instant::now().checked_add(PATIENCE);
        loop {
            if let Some(token) = mailboxes.tokens().get(&id)
                && token.asked == asked
                && Instant::now() < token.until
                && refused != Some(&*token.value)
            {
                return Ok((token.value.clone(), false));
            }
            let lease = FETCH.begin(self.origin.id(), self.origin.now());
            if let Some(record) = self.store.begin_tokens(id.0, id.1, lease, self.origin.now()).await? {
                let fetched = self
                    .known_or_fetched(account, oauth, (mailboxes, lease.id, record.tokens), (&asked, refused))
                    .await;
                let (access, fresh) = match fetched {
                    Ok(found) => found,
                    Err(trouble) => {
                        self.store.end_tokens(id.0, id.1, lease.id).await?;
                        return Err(trouble);
                    }
                };
                let left = Duration::try_from(access.until.duration_since(self.origin.now())).unwrap_or_default();
                if let Some(until) = Instant::now().checked_add(left) {
                    let token = Token { value: access.token.clone(), until, asked };
                    mailboxes.tokens().insert(id, token);
                }
                return Ok((access.token, fresh));
            }
            if end.is_none_or(|end| Instant::now() >= end) {
                let what = "another attempt to fetch an access token does not end";
                return Err(Trouble::Setup { what: what.to_owned(), suggestion: None });
            }
            sleep(LOOK).await;
        }
    }

    /// What is kept, if it counts; otherwise another, which is kept. A refresh token that replaces the one before is kept before the access
    /// token is used. The lease ends if this goes well.
    async fn known_or_fetched(
        &self,
        account: &Account<'_>,
        oauth: &MailboxOauth,
        (mailboxes, lease, kept): (&Mailboxes, Uuid, Option<Sealed>),
        (asked, refused): (&str, Option<&str>),
    ) -> Result<(Access, bool), Trouble> {
        let (id, used_for, now) = (account.mailbox.id, account.used_for, self.origin.now());
        let client = self.oauth_client(oauth)?;
        let good_for = self.good_for(account.mailbox, used_for, oauth);
        let kept = self.opened(account.mailbox, kept);
        if let Ok(Some(Kept { access: Some(access), .. })) = &kept
            && access.asked == asked
            && access.until > now
            && refused != Some(&*access.token)
        {
            self.store.end_tokens(id, used_for, lease).await?;
            return Ok((access.clone(), false));
        }
        let (refresh_token, before) = match oauth.grant {
            MailboxGrant::ClientCredentials => (None, None),
            MailboxGrant::RefreshToken | MailboxGrant::DeviceCode => {
                let before = kept_for(kept, &good_for);
                let known = before.as_ref().ok().cloned().flatten();
                (Some(self.refresh_token(account.mailbox, oauth, before, &client)?), known)
            }
        };
        let grant = refresh_token.as_deref().map_or(Grant::ClientCredentials, Grant::RefreshToken);
        let granted = client.ask(&mailboxes.http, grant).await;
        let granted = granted.map_err(|refusal| refused_by(account.mailbox, oauth, refusal))?;
        let rotated = granted.refresh_token.filter(|new| refresh_token.as_ref().is_some_and(|old| old != new));
        let lasts = granted.expires_in.map_or(UNSAID, Duration::from_secs).saturating_sub(EARLY);
        let until = now.saturating_add(SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX));
        let until = until.unwrap_or(Timestamp::MAX);
        let access = Access { token: granted.access_token, until, asked: asked.to_owned() };
        let must_be_kept = rotated.is_some();
        let keep = Kept { token: rotated.or(before), good_for, access: Some(access.clone()) };
        let kept = match self.sealed_tokens(account.mailbox, &keep) {
            Ok(sealed) => self.keep_fetched((id, used_for), lease, sealed).await?,
            Err(trouble) if must_be_kept => return Err(trouble),
            // Others fetch their own.
            Err(_) => {
                self.store.end_tokens(id, used_for, lease).await?;
                true
            }
        };
        if must_be_kept && !kept {
            return Err(unkept("fetching it took too long, and another node started again"));
        }
        Ok((access, true))
    }

    /// Keeps what was fetched, if the lease is still good. The endpoint may take the refresh token before it no more: this one must not be
    /// lost because the store is away for a moment.
    async fn keep_fetched(
        &self,
        (id, used_for): (MailboxId, MailboxTokenUse),
        lease: Uuid,
        tokens: Sealed,
    ) -> Result<bool, StoreError> {
        let end = Instant::now().checked_add(FETCH.lasts);
        loop {
            match self.store.keep_tokens(id, used_for, Some(lease), tokens.clone()).await {
                Err(StoreError::Unavailable(_) | StoreError::Full) if end.is_some_and(|end| Instant::now() < end) => {
                    sleep(LOOK).await;
                }
                kept => return kept,
            }
        }
    }

    /// What a refresh token is good for: whom it and its access tokens are shown to, and which first one it came of. With other settings it is
    /// not used: whoever may change a mailbox would have it sent to a host of theirs. Nor is it once the first one was set anew.
    pub(super) fn good_for(&self, mailbox: &MailboxRecord, used_for: MailboxTokenUse, oauth: &MailboxOauth) -> String {
        let settings = &mailbox.settings;
        let submission = settings.submission.as_ref();
        let first = oauth.refresh_token.and_then(|id| self.set_at(id));
        let (host, user) = match (used_for, submission) {
            (MailboxTokenUse::Submission, Some(submission)) => {
                (&submission.host, submission.user.as_ref().unwrap_or(&settings.user))
            }
            (MailboxTokenUse::Submission | MailboxTokenUse::Mailbox, _) => (&settings.host, &settings.user),
        };
        // No secret says which servers may have what a person gave access to: that person does, for those that there were then.
        let shared = submission.filter(|submission| {
            used_for == MailboxTokenUse::Mailbox && oauth.grant == MailboxGrant::DeviceCode && submission.auth.is_none()
        });
        match shared {
            None => json!([oauth.token_url, oauth.client_id, host, user, first]).to_string(),
            Some(shared) => json!([oauth.token_url, oauth.client_id, host, user, first, shared.host]).to_string(),
        }
    }

    /// What an access token is asked for with.
    fn asked(&self, account: &Account<'_>, oauth: &MailboxOauth) -> String {
        let secret = oauth.secret.and_then(|id| self.set_at(id));
        let good_for = self.good_for(account.mailbox, account.used_for, oauth);
        json!([good_for, oauth.scopes, secret, account.mailbox.revision]).to_string()
    }

    /// Which value of a secret this is. In microseconds: stores keep no finer times.
    fn set_at(&self, id: SecretId) -> Option<(String, i64)> {
        let world = self.catalogue.world();
        world.secrets.get(&id).map(|secret| (secret.id.to_string(), secret.set_at.as_microsecond()))
    }

    /// A refresh token that a person gave, as it is kept.
    pub(super) fn sealed_refresh_token(
        &self,
        mailbox: &MailboxRecord,
        oauth: &MailboxOauth,
        token: String,
    ) -> Result<Sealed, Trouble> {
        let good_for = self.good_for(mailbox, MailboxTokenUse::Mailbox, oauth);
        self.sealed_tokens(mailbox, &Kept { token: Some(token), good_for, access: None })
    }

    fn sealed_tokens(&self, mailbox: &MailboxRecord, kept: &Kept) -> Result<Sealed, Trouble> {
        let kept = serde_json::to_vec(kept).map_err(unkept)?;
        self.seal(mailbox.id, &kept).map_err(unkept)
    }

    /// What is kept; why it can't be read.
    fn opened(&self, mailbox: &MailboxRecord, kept: Option<Sealed>) -> Result<Option<Kept>, String> {
        let Some(sealed) = kept.filter(|sealed| !sealed.is_forgotten()) else { return Ok(None) };
        let opened = self.unseal(mailbox.id, &sealed).map_err(|error| error.to_string())?;
        serde_json::from_slice(&opened).map(Some).map_err(|_| "it is of another release".to_owned())
    }

    /// The newest refresh token: what an endpoint gave last, else what the mailbox's secret has.
    fn refresh_token(
        &self,
        mailbox: &MailboxRecord,
        oauth: &MailboxOauth,
        kept: Result<Option<String>, String>,
        client: &OauthClient,
    ) -> Result<String, Trouble> {
        match (kept, oauth.refresh_token) {
            (Ok(Some(token)), _) => Ok(token),
            // What a lost key sealed must not be in the way of a first one that was set anew.
            (Ok(None) | Err(_), Some(secret)) => {
                self.secret_for(secret, client.token_url.host_str().unwrap_or_default())
            }
            (Err(why), None) => {
                Err(Trouble::setup(format!("the refresh token can't be read: {why}"), authorise(mailbox)))
            }
            (Ok(None), None) => Err(Trouble::setup(
                "nobody has authorised access to the mailbox with its current settings",
                authorise(mailbox),
            )),
        }
    }
}

/// The refresh token that is kept for this.
fn kept_for(kept: Result<Option<Kept>, String>, good_for: &str) -> Result<Option<String>, String> {
    Ok(kept?.filter(|kept| kept.good_for == good_for).and_then(|kept| kept.token))
}

/// What a person does who may give access.
fn authorise(mailbox: &MailboxRecord) -> String {
    format!("run `waypost mailboxes authorise \"{}\"` and confirm as {}", mailbox.name, mailbox.settings.user)
}

pub(super) fn unkept(error: impl Display) -> Trouble {
    Trouble::Setup { what: format!("the refresh token can't be kept: {error}"), suggestion: None }
}

/// Why there is no token, and what to do about it.
fn refused_by(mailbox: &MailboxRecord, oauth: &MailboxOauth, refusal: Refusal) -> Trouble {
    let suggestion = match (refusal.code.as_deref(), oauth.grant) {
        (Some("invalid_grant"), MailboxGrant::DeviceCode) => Some(authorise(mailbox)),
        (Some("invalid_grant"), _) => Some("set the secret of `auth.oauth.refreshToken` again".to_owned()),
        (Some("invalid_client" | "unauthorized_client"), _) => {
            Some("check `auth.oauth.clientId`, its secret, and that the grant is allowed for this client".to_owned())
        }
        (Some("invalid_scope"), _) => Some("check `auth.oauth.scopes`".to_owned()),
        _ => None,
    };
    Trouble::Setup { what: refusal.told, suggestion }
}
