//! API clients, their secrets and their tokens.
//!
//! Secrets and tokens that are made here have 256 bits of chance and are kept as SHA-256; secrets that people chose are
//! kept as Argon2. Neither secrets nor tokens are ever logged, and types that hold one can't be printed.

pub mod clients;
pub mod guesses;
pub mod people;
pub mod secret;
pub mod sessions;

use std::net::IpAddr;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::sync::Semaphore;
use waypost_flow::diagnostic::Diagnostic;
use waypost_origin::Origin;
use waypost_store::error::{ClientError, StoreError};
use waypost_store::records::access::{ClientRecord, TokenRecord, TokenUse};
use waypost_store::records::audit::SERVER;
use waypost_store::revisions::Stale;
use waypost_store::traits::Store;

pub use waypost_ids::scopes;

use guesses::Guesses;
use scopes::{Scope, Scopes};
use secret::Secret;

/// How long a token lasts, in seconds: 24 hours.
pub const TOKEN_SECONDS: u32 = 24 * 60 * 60;

/// How many Argon2 hashes are computed at the same time: each takes 19 MiB and a core.
const HASHES_AT_ONCE: usize = 2;

/// The client that is made at the first start.
const ADMIN: &str = "admin";

/// Who may do what.
pub struct Access {
    store: Arc<dyn Store>,
    origin: Origin,
    hashing: Semaphore,
    guesses: Guesses,
}

/// A token that was just issued: the only moment at which it is known.
pub struct IssuedToken {
    /// The token.
    pub token: Secret,
    /// How long it lasts, in seconds.
    pub expires_in: u32,
    /// What it grants.
    pub scopes: Scopes,
}

/// Who asks, proven by a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// The client's id.
    pub client_id: String,
    /// What the person is called; none for a program.
    pub person: Option<String>,
    /// What the token grants.
    pub scopes: Scopes,
}

/// Why a token was not issued.
#[derive(Debug, Error)]
pub enum GrantError {
    /// Client id or secret is wrong, or the client was revoked.
    #[error("client id or secret is wrong")]
    BadCredentials,
    /// Too many wrong secrets; try again later.
    #[error("too many sign-ins with a wrong secret; try again in {seconds} s")]
    Throttled {
        /// When to try again.
        seconds: u64,
    },
    /// A scope that nobody knows.
    #[error("scope `{0}` is not known or not granted to this client")]
    BadScope(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a client was not answered, made or changed.
#[derive(Debug, Error)]
pub enum AccessError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// It does not exist.
    #[error("client `{0}` was not found")]
    NotFound(String),
    /// There is a client with this id.
    #[error("a client named `{0}` exists already")]
    Exists(String),
    /// What the configuration says of a client can't be one.
    #[error("a client needs an id without `:`, and a secret")]
    Unfit,
    /// It was meant for another revision.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// It stands for a person, whom an identity provider describes.
    #[error(
        "`{0}` is a person: their name, scopes and proof come from the identity provider, and only `state` can be changed here"
    )]
    Person(String),
    /// Nobody would have the scope `admin` any more.
    #[error("it is the last active client with the scope `admin`")]
    LastAdmin,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ClientError> for AccessError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::LastAdmin => Self::LastAdmin,
            ClientError::Store(error) => Self::Store(error),
        }
    }
}

/// Why a token is not taken.
#[derive(Debug, Error)]
pub enum TokenError {
    /// Nobody knows it, or its client was revoked.
    #[error("the token is not valid")]
    Unknown,
    /// It ended.
    #[error("the token has expired")]
    Expired,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A client with its secret: the only moment at which it is known.
pub struct NewClient {
    /// The client.
    record: ClientRecord,
    /// Its secret.
    secret: Secret,
}

impl NewClient {
    /// The client's id.
    pub fn id(&self) -> &str {
        &self.record.id
    }

    /// The client.
    pub fn record(&self) -> &ClientRecord {
        &self.record
    }

    /// Its secret: to be shown or kept once, by whoever asked for the client.
    pub fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl Access {
    /// Access by what `store` knows.
    pub fn new(store: Arc<dyn Store>, origin: Origin) -> Self {
        Self { store, origin, hashing: Semaphore::new(HASHES_AT_ONCE), guesses: Guesses::default() }
    }

    /// The admin client to begin with, if there is no client at all. It is not kept yet: hand its secret over first, then
    /// [`Access::keep`] it, so that a crash in between leaves no client whose secret nobody has.
    ///
    /// # Errors
    /// The store, or the system's source of chance.
    pub async fn first_client(&self) -> Result<Option<NewClient>, StoreError> {
        if !self.store.clients().await?.is_empty() {
            return Ok(None);
        }
        let secret = Secret::generate(&self.origin)?;
        let record = admin(ADMIN, secret::generated_hash(&secret), self.origin.now());
        Ok(Some(NewClient { record, secret }))
    }

    /// Keeps a client that was made by [`Access::first_client`].
    ///
    /// # Errors
    /// The store.
    pub async fn keep(&self, client: NewClient) -> Result<(), AccessError> {
        let id = client.record.id.clone();
        let audit = self.changed(SERVER, "created", None, &client.record);
        if !self.store.put_client(client.record, audit).await? {
            return Err(AccessError::Exists(id));
        }
        tracing::info!(client = id, "client created");
        Ok(())
    }

    /// Creates the admin client `id`, or gives it this secret and all rights again. The secret that was given last is remembered:
    /// a restart with the same configuration disturbs nobody, and undoes nothing that was done to the client since.
    ///
    /// # Errors
    /// An empty id or one with a colon, an empty secret, or the store.
    pub async fn bootstrap(&self, id: &str, secret: Secret) -> Result<(), AccessError> {
        if id.is_empty() || id.contains(':') || secret.expose().is_empty() {
            return Err(AccessError::Unfit);
        }
        loop {
            let before = self.store.client(id).await?;
            if let Some(given) = before.as_ref().and_then(|before| before.configured_hash.as_deref())
                && self.matches(given, secret.clone()).await?
            {
                return Ok(());
            }
            let permit = self.hashing.acquire().await;
            let (chosen, origin) = (secret.clone(), self.origin.clone());
            let hash = blocking(move || secret::chosen_hash(&chosen, &origin)).await??;
            drop(permit);
            let action = if before.is_some() { "reset" } else { "created" };
            let revision = before.as_ref().map_or(1, |before| before.revision.saturating_add(1));
            let record =
                ClientRecord { revision, configured_hash: Some(hash.clone()), ..admin(id, hash, self.origin.now()) };
            let audit = self.changed(SERVER, action, before.as_ref(), &record);
            // Others that start at the same time may have been quicker.
            if self.store.put_client(record, audit).await? {
                tracing::info!(client = id, "client created or reset");
                return Ok(());
            }
        }
    }

    /// Issues a token to a client that proves itself. Asking for no scope gives all that the client has.
    ///
    /// # Errors
    /// Wrong id or secret, a scope that is not known or not the client's, too many wrong attempts, or the store.
    pub async fn issue_token(
        &self,
        client_id: &str,
        secret: Secret,
        requested: Option<&str>,
        remote: IpAddr,
    ) -> Result<IssuedToken, GrantError> {
        let client = self.proven(client_id, secret, remote).await?;
        let has = Scopes::stored(&client.scopes);
        let scopes = match requested.map(str::trim).filter(|text| !text.is_empty()) {
            None => has,
            Some(text) => Scopes::requested(text).and_then(|asked| asked.within(has)).map_err(GrantError::BadScope)?,
        };
        let seconds = client.token_seconds.unwrap_or(TOKEN_SECONDS);
        let issued = self.issue(&client, TokenUse::Bearer, scopes, seconds).await?;
        issued.ok_or_else(|| refused(Some(client_id), remote))
    }

    /// A client that proves itself by its secret.
    async fn proven(&self, client_id: &str, secret: Secret, remote: IpAddr) -> Result<ClientRecord, GrantError> {
        let now = self.origin.now();
        let attempt =
            self.guesses.begin(remote, client_id, now).map_err(|seconds| GrantError::Throttled { seconds })?;
        let client = self.store.client(client_id).await?;
        // A person has no secret to prove anything by.
        let client = client.filter(|client| client.revoked_at.is_none() && client.person().is_none());
        // That an unknown id is answered sooner than a wrong secret tells which ids exist; ids are no secret.
        let Some(client) = client else {
            return Err(refused(None, remote));
        };
        if !self.matches(&client.secret_hash, secret).await? {
            return Err(refused(Some(client_id), remote));
        }
        attempt.succeeded();
        Ok(client)
    }

    /// A new token of `client`; none if the client is another by now: its secret may have been rotated since it was looked at, and a
    /// token must not outlive what it was asked for with.
    async fn issue(
        &self,
        client: &ClientRecord,
        used_as: TokenUse,
        scopes: Scopes,
        seconds: u32,
    ) -> Result<Option<IssuedToken>, StoreError> {
        let (issued, record) = self.new_token(client, used_as, scopes, seconds)?;
        let kept = self.store.put_token(record, &client.secret_hash).await?;
        Ok(kept.then_some(issued))
    }

    /// The same in the place of another token, which is spent with that; none if that is gone by now.
    async fn exchange(
        &self,
        spent: &str,
        client: &ClientRecord,
        used_as: TokenUse,
        (scopes, seconds): (Scopes, u32),
    ) -> Result<Option<IssuedToken>, StoreError> {
        let (issued, record) = self.new_token(client, used_as, scopes, seconds)?;
        let kept = self.store.exchange_token(&digest(spent), record, &client.secret_hash).await?;
        Ok(kept.then_some(issued))
    }

    fn new_token(
        &self,
        client: &ClientRecord,
        used_as: TokenUse,
        scopes: Scopes,
        seconds: u32,
    ) -> Result<(IssuedToken, TokenRecord), StoreError> {
        let now = self.origin.now();
        let token = Secret::generate(&self.origin)?;
        let record = TokenRecord {
            hash: digest(token.expose()),
            client_id: client.id.clone(),
            scopes: scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
            issued_at: now,
            expires_at: now + SignedDuration::from_secs(i64::from(seconds)),
            used_as,
        };
        Ok((IssuedToken { token, expires_in: seconds, scopes }, record))
    }

    /// Who holds a bearer token.
    ///
    /// # Errors
    /// The token is unknown or has expired, its client was revoked, or the store.
    pub async fn authenticate(&self, token: &str) -> Result<Principal, TokenError> {
        self.holder(token, TokenUse::Bearer).await
    }

    /// Who holds a token that is used as what it is for.
    async fn holder(&self, token: &str, used_as: TokenUse) -> Result<Principal, TokenError> {
        let found = self.store.token(&digest(token)).await?;
        let record = found.filter(|record| record.used_as == used_as).ok_or(TokenError::Unknown)?;
        if record.expires_at <= self.origin.now() {
            return Err(TokenError::Expired);
        }
        let client = self.store.client(&record.client_id).await?;
        let client = client.filter(|client| client.revoked_at.is_none()).ok_or(TokenError::Unknown)?;
        // A client that lost a scope has lost it in the tokens that it holds, too.
        let scopes = Scopes::stored(&record.scopes).limited_to(Scopes::stored(&client.scopes));
        Ok(Principal { person: client.person().map(|_| client.name.clone()), client_id: client.id, scopes })
    }

    /// Ends one token at once.
    ///
    /// # Errors
    /// The store.
    pub async fn end_token(&self, token: &str) -> Result<(), StoreError> {
        self.store.delete_token(&digest(token)).await.map(drop)
    }

    /// Whether the store that tokens are checked against answers: asks it the cheapest thing there is.
    ///
    /// # Errors
    /// The store.
    pub async fn reach_store(&self) -> Result<(), StoreError> {
        self.store.epoch().await.map(drop)
    }

    /// Whether other processes may serve the same clients.
    pub fn has_peers(&self) -> bool {
        self.store.heard().is_some()
    }

    /// Tells other nodes of requests that this one let in, by the second since 1970; answers what they let in since `since`.
    ///
    /// # Errors
    /// The store.
    pub async fn share_requests(
        &self,
        client: &str,
        admitted: &[(i64, u32)],
        since: i64,
    ) -> Result<Vec<(i64, u32)>, StoreError> {
        self.store.share_requests(client, admitted, since).await
    }

    async fn matches(&self, hash: &str, secret: Secret) -> Result<bool, StoreError> {
        if let Some(matches) = secret::matches_generated(hash, &secret) {
            return Ok(matches);
        }
        let _permit = self.hashing.acquire().await;
        let hash = hash.to_owned();
        blocking(move || secret::matches_chosen(&hash, &secret)).await
    }
}

fn admin(id: &str, secret_hash: String, now: Timestamp) -> ClientRecord {
    ClientRecord {
        id: id.to_owned(),
        name: id.to_owned(),
        description: String::new(),
        secret_hash,
        configured_hash: None,
        scopes: vec![Scope::Admin.as_str().to_owned()],
        token_seconds: None,
        created_at: now,
        created_by: SERVER.to_owned(),
        modified_at: now,
        revision: 1,
        revoked_at: None,
    }
}

/// The log has no id that nobody has: it may be a secret that was put in the wrong place.
fn refused(client: Option<&str>, remote: IpAddr) -> GrantError {
    tracing::warn!(client, %remote, "token refused: wrong client id or secret");
    GrantError::BadCredentials
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Unavailable(error.to_string()))
}
