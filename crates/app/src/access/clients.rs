//! Clients: made, looked at, changed, given a new secret, deleted. What takes a right away takes it at once, from the tokens that
//! are out as well.

use jiff::Timestamp;
use serde_json::{Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::AuditKind;
use waypost_ids::client::{MAX_DESCRIPTION, MAX_NAME, TOKEN_SECONDS_ALLOWED};
use waypost_store::error::StoreError;
use waypost_store::records::access::ClientRecord;
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::revisions::Revisions;

use super::scopes::{Scope, Scopes};
use super::secret::{self, Secret};
use super::{Access, AccessError, NewClient, TOKEN_SECONDS};

/// What a client is to be.
#[derive(Clone, Debug, Default)]
pub struct ClientSpec {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Names of scopes, ours or Genesys's.
    pub scopes: Vec<String>,
    /// How long its tokens last, in seconds; none is the server's own time.
    pub token_seconds: Option<u32>,
    /// Whether it gets tokens at all; none is as it is, or yes for a new client.
    pub active: Option<bool>,
}

impl Access {
    /// All clients, by name.
    ///
    /// # Errors
    /// The store.
    pub async fn clients(&self) -> Result<Vec<ClientRecord>, StoreError> {
        let mut clients = self.store.clients().await?;
        clients.sort_by(|a, b| (a.name.to_lowercase(), &a.id).cmp(&(b.name.to_lowercase(), &b.id)));
        Ok(clients)
    }

    /// One client.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn client(&self, id: &str) -> Result<ClientRecord, AccessError> {
        self.store.client(id).await?.ok_or_else(|| not_found(id))
    }

    /// Makes a client with a generated secret.
    ///
    /// # Errors
    /// Every problem found, the system's source of chance, or the store.
    pub async fn create_client(&self, actor: &str, spec: ClientSpec) -> Result<NewClient, AccessError> {
        let scopes = checked(&spec)?;
        let secret = Secret::generate(&self.origin)?;
        let now = self.origin.now();
        let record = ClientRecord {
            id: self.origin.id().to_string(),
            name: spec.name,
            description: spec.description,
            secret_hash: secret::generated_hash(&secret),
            configured_hash: None,
            scopes,
            token_seconds: spec.token_seconds,
            created_at: now,
            created_by: actor.to_owned(),
            modified_at: now,
            revision: 1,
            revoked_at: (spec.active == Some(false)).then_some(now),
        };
        let audit = self.changed(actor, "created", None, &record);
        if !self.store.put_client(record.clone(), audit).await? {
            return Err(AccessError::Exists(record.id));
        }
        tracing::info!(actor, client = record.id, "client created");
        Ok(NewClient { record, secret })
    }

    /// Changes a client. One that is not active any more loses its tokens.
    ///
    /// # Errors
    /// Not found, another revision than `if_match`, every problem found, the last client with the scope `admin` losing it, or the
    /// store.
    pub async fn update_client(
        &self,
        actor: &str,
        id: &str,
        spec: ClientSpec,
        if_match: Option<Revisions>,
    ) -> Result<ClientRecord, AccessError> {
        let scopes = checked(&spec)?;
        let before = self.client(id).await?;
        let wanted = (&spec.name, &spec.description, &scopes, spec.token_seconds.unwrap_or(TOKEN_SECONDS));
        if before.person().is_some()
            && wanted != (&before.name, &before.description, &before.scopes, token_seconds(&before))
        {
            return Err(AccessError::Person(before.id));
        }
        let record = self
            .change_client(actor, id, "changed", if_match.as_ref(), |before, now| ClientRecord {
                name: spec.name.clone(),
                description: spec.description.clone(),
                scopes: scopes.clone(),
                token_seconds: spec.token_seconds,
                revoked_at: match spec.active {
                    None => before.revoked_at,
                    Some(true) => None,
                    Some(false) => before.revoked_at.or(Some(now)),
                },
                ..before.clone()
            })
            .await?;
        tracing::info!(actor, client = id, "client changed");
        Ok(record)
    }

    /// Gives a client a new secret. The old one and all tokens end at once.
    ///
    /// # Errors
    /// Not found, the system's source of chance, or the store.
    pub async fn rotate_secret(&self, actor: &str, id: &str) -> Result<NewClient, AccessError> {
        if self.client(id).await?.person().is_some() {
            return Err(AccessError::Person(id.to_owned()));
        }
        let secret = Secret::generate(&self.origin)?;
        let secret_hash = secret::generated_hash(&secret);
        let record = self
            .change_client(actor, id, "secret rotated", None, |before, _| ClientRecord {
                secret_hash: secret_hash.clone(),
                ..before.clone()
            })
            .await?;
        tracing::info!(actor, client = id, "secret rotated");
        Ok(NewClient { record, secret })
    }

    /// Puts in a client's place what `change` makes of it at a time; again on what others made, if they were quicker.
    async fn change_client(
        &self,
        actor: &str,
        id: &str,
        action: &str,
        if_match: Option<&Revisions>,
        change: impl Fn(&ClientRecord, Timestamp) -> ClientRecord,
    ) -> Result<ClientRecord, AccessError> {
        loop {
            let before = self.client(id).await?;
            Revisions::check(if_match, "client", before.revision)?;
            let now = self.origin.now();
            let revision = before.revision.saturating_add(1);
            let record = ClientRecord { revision, modified_at: now, ..change(&before, now) };
            let audit = self.changed(actor, action, Some(&before), &record);
            if self.store.put_client(record.clone(), audit).await? {
                return Ok(record);
            }
        }
    }

    /// Deletes a client; its tokens end at once.
    ///
    /// # Errors
    /// Not found, the last client with the scope `admin`, or the store.
    pub async fn delete_client(&self, actor: &str, id: &str) -> Result<(), AccessError> {
        let before = self.client(id).await?;
        let audit = AuditRecord { before: Some(shown(&before)), ..self.entry(actor, "deleted", &before) };
        if !self.store.delete_client(id, audit).await? {
            return Err(not_found(id));
        }
        tracing::info!(actor, client = id, "client deleted");
        Ok(())
    }

    /// What the audit log says of a change. Neither secrets nor their hashes are part of it.
    pub(super) fn changed(
        &self,
        actor: &str,
        action: &str,
        before: Option<&ClientRecord>,
        after: &ClientRecord,
    ) -> AuditRecord {
        AuditRecord { before: before.map(shown), after: Some(shown(after)), ..self.entry(actor, action, after) }
    }

    fn entry(&self, actor: &str, action: &str, client: &ClientRecord) -> AuditRecord {
        let about = About { kind: AuditKind::Client, id: &client.id, name: &client.name };
        let (id, now) = (self.origin.id_in_order(), self.origin.now());
        AuditRecord::new(id, now, By { actor, note: None }, action, about)
    }
}

/// How long a client's tokens last, in seconds.
pub fn token_seconds(client: &ClientRecord) -> u32 {
    client.token_seconds.unwrap_or(TOKEN_SECONDS)
}

/// The scopes in our names, or every problem of the whole.
fn checked(spec: &ClientSpec) -> Result<Vec<String>, AccessError> {
    let mut problems = Vec::new();
    let mut problem = |path: String, message: String, expected: String| {
        problems.push(Diagnostic::error(Code::InvalidValue, path, message).expected(expected));
    };
    let name = spec.name.trim();
    if name.is_empty() || name.chars().count() > MAX_NAME || name.chars().any(char::is_control) {
        let expected = format!("1 to {MAX_NAME} characters, none of them a control character");
        problem("name".to_owned(), "this can't be a client's name".to_owned(), expected);
    }
    if spec.description.chars().count() > MAX_DESCRIPTION {
        let expected = format!("at most {MAX_DESCRIPTION} characters");
        problem("description".to_owned(), "the description is too long".to_owned(), expected);
    }
    if let Some(seconds) = spec.token_seconds.filter(|seconds| !TOKEN_SECONDS_ALLOWED.contains(seconds)) {
        let expected = format!("{} to {} seconds", TOKEN_SECONDS_ALLOWED.start(), TOKEN_SECONDS_ALLOWED.end());
        problem("accessTokenValiditySeconds".to_owned(), format!("{seconds} seconds can't be granted"), expected);
    }
    let ours = || Scope::ALL.map(Scope::as_str).join(", ");
    let mut scopes: Vec<String> = Vec::new();
    for (index, name) in spec.scopes.iter().enumerate() {
        match Scopes::requested(name) {
            Ok(known) => scopes.extend(known.iter().map(|scope| scope.as_str().to_owned())),
            Err(name) => problem(format!("scope[{index}]"), format!("`{name}` is not a scope"), ours()),
        }
    }
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() && problems.is_empty() {
        let message = "the client would have no scope".to_owned();
        problems.push(Diagnostic::error(Code::InvalidValue, "scope", message).expected(format!("some of {}", ours())));
    }
    if problems.is_empty() { Ok(scopes) } else { Err(AccessError::Invalid(problems)) }
}

fn shown(client: &ClientRecord) -> Json {
    let mut shown = json!({
        "name": client.name,
        "description": client.description,
        "scope": client.scopes,
        "accessTokenValiditySeconds": token_seconds(client),
        "state": if client.revoked_at.is_none() { "active" } else { "inactive" },
    });
    if let (Some((issuer, subject)), Some(members)) = (client.person(), shown.as_object_mut()) {
        members.insert("person".to_owned(), json!({ "issuer": issuer, "subject": subject }));
    }
    shown
}

fn not_found(id: &str) -> AccessError {
    AccessError::NotFound(id.to_owned())
}
