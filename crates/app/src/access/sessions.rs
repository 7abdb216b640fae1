//! Sessions of the console. A browser holds one in a cookie; it begins with a client's secret, with a link that a client asked for, or with
//! an identity provider's word for a person (`people.rs`).

use std::net::IpAddr;

use thiserror::Error;
use waypost_store::error::StoreError;
use waypost_store::records::access::{ClientRecord, TokenUse};

use super::scopes::Scopes;
use super::secret::Secret;
use super::{Access, GrantError, IssuedToken, Principal, TOKEN_SECONDS, TokenError, refused};

/// How long a session lasts at most, in seconds: a working day of 12 hours. A client's tokens may be given less.
pub const SESSION_SECONDS: u32 = 12 * 60 * 60;

/// How long a link can be followed, in seconds: 15 minutes.
pub const LINK_SECONDS: u32 = 15 * 60;

/// Why a link began no session, or none was made.
#[derive(Debug, Error)]
pub enum LinkError {
    /// Nobody knows it, it was followed before, it is too old, or its client lost its rights.
    #[error("the link is not valid: it works once, and for {} minutes", LINK_SECONDS / 60)]
    Spent,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A session that just began.
pub struct NewSession {
    /// Who it is for.
    pub principal: Principal,
    /// What the browser is to hold: known at this moment alone.
    pub token: Secret,
    /// How long it lasts, in seconds.
    pub expires_in: u32,
}

impl Access {
    /// Begins a session of a client that proves itself, with all that the client has.
    ///
    /// # Errors
    /// Wrong id or secret, too many wrong attempts, or the store.
    pub async fn sign_in(&self, client_id: &str, secret: Secret, remote: IpAddr) -> Result<NewSession, GrantError> {
        let client = self.proven(client_id, secret, remote).await?;
        let seconds = client.token_seconds.unwrap_or(TOKEN_SECONDS).min(SESSION_SECONDS);
        let scopes = Scopes::stored(&client.scopes);
        let issued = self.issue(&client, TokenUse::Session, scopes, seconds).await?;
        Ok(begun(&client, issued.ok_or_else(|| refused(Some(client_id), remote))?))
    }

    /// Makes a link for whoever asks: who follows it has a session with the same rights.
    ///
    /// # Errors
    /// The client was revoked meanwhile, or the store.
    pub async fn make_link(&self, asks: &Principal) -> Result<IssuedToken, LinkError> {
        let client = self.store.client(&asks.client_id).await?.ok_or(LinkError::Spent)?;
        self.issue(&client, TokenUse::Link, asks.scopes, LINK_SECONDS).await?.ok_or(LinkError::Spent)
    }

    /// Begins a session by a link, which is spent with that.
    ///
    /// # Errors
    /// The link is not good any more, or the store.
    pub async fn follow_link(&self, link: &str) -> Result<NewSession, LinkError> {
        let principal = self.look_at_link(link).await?;
        let client = self.store.client(&principal.client_id).await?.ok_or(LinkError::Spent)?;
        let seconds = client.token_seconds.unwrap_or(TOKEN_SECONDS).min(SESSION_SECONDS);
        // Of two that follow it at the same moment, on any nodes, one exchanges it.
        let issued = self.exchange(link, &client, TokenUse::Session, (principal.scopes, seconds)).await?;
        Ok(begun(&client, issued.ok_or(LinkError::Spent)?))
    }

    /// For whom a link begins a session. It stays as it is: whoever follows links that others made is asked first whether to be them.
    ///
    /// # Errors
    /// The link is not good any more, or the store.
    pub async fn look_at_link(&self, link: &str) -> Result<Principal, LinkError> {
        match self.holder(link, TokenUse::Link).await {
            Ok(principal) => Ok(principal),
            Err(TokenError::Unknown | TokenError::Expired) => Err(LinkError::Spent),
            Err(TokenError::Store(error)) => Err(error.into()),
        }
    }

    /// Who holds a session.
    ///
    /// # Errors
    /// The session is unknown or has ended, its client was revoked, or the store.
    pub async fn session(&self, token: &str) -> Result<Principal, TokenError> {
        self.holder(token, TokenUse::Session).await
    }

    /// Ends all sessions of a client on all nodes, and spends its links. Answers how many sessions there were.
    ///
    /// # Errors
    /// The store.
    pub async fn end_sessions(&self, client_id: &str) -> Result<u64, StoreError> {
        let ended = self.store.delete_sessions(client_id).await?;
        tracing::info!(client = client_id, ended, "signed out of the console everywhere");
        Ok(ended)
    }
}

pub(super) fn begun(client: &ClientRecord, issued: IssuedToken) -> NewSession {
    tracing::info!(client = client.id, "signed in to the console");
    let person = client.person().map(|_| client.name.clone());
    let principal = Principal { client_id: client.id.clone(), person, scopes: issued.scopes };
    NewSession { principal, token: issued.token, expires_in: issued.expires_in }
}
