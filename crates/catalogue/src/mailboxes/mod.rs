//! Mailboxes as objects of the catalogue.

mod auth;
mod members;
mod read;
mod settings;
mod submission;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;
use waypost_flow::diagnostic::Diagnostic;
use waypost_flow::document;
use waypost_ids::{Kind, MailboxId, Ref, SecretId};
use waypost_store::records::catalogue::ObjectRecord;
use waypost_store::records::mailboxes::{
    MailboxAuth, MailboxGrant, MailboxRecord, MailboxSettings, MailboxStart, MailboxTls, SubmissionSettings,
};

use crate::error::ChangeError;
use crate::object::{Making, Object, named, not_found, present};
use crate::shelf::Shelf;
use crate::world::World;

pub use auth::{DefinitionAuth, DefinitionOauth};
pub use read::{Definition, MEMBERS};
pub use settings::sends_as;
pub use submission::DefinitionSubmission;

/// What a mailbox is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MailboxSpec {
    /// Its identifier, if it is new.
    pub id: MailboxId,
    /// The name.
    pub name: String,
    /// Whether it is watched; none keeps what it is. A new mailbox is watched.
    pub enabled: Option<bool>,
    /// The other members: [`MEMBERS`].
    pub definition: Map<String, Json>,
}

impl MailboxSpec {
    /// The name, and what the members say.
    ///
    /// # Errors
    /// Every problem that is seen without the world around.
    pub fn read(&self) -> Result<(String, Definition), Vec<Diagnostic>> {
        match (named("name", &self.name), read::definition(&self.definition)) {
            (Ok(name), Ok(definition)) => Ok((name, definition)),
            (name, definition) => {
                let mut problems: Vec<Diagnostic> = name.err().map(|problem| *problem).into_iter().collect();
                problems.extend(definition.err().into_iter().flatten());
                Err(problems)
            }
        }
    }
}

/// What is to become of a mailbox.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum MailboxEdit {
    /// It is to be so.
    Replace(MailboxSpec),
    /// Other than that it is no longer watched, nothing changes.
    Disable,
}

impl Object for MailboxRecord {
    const KIND: Kind = Kind::Mailbox;
    const AFTER_FLOWS: bool = true;

    type Id = MailboxId;
    type Record = Self;
    type Spec = MailboxEdit;

    fn new(record: Self) -> Self {
        record
    }

    fn record(&self) -> &Self {
        self
    }

    fn stored(record: &ObjectRecord) -> Option<&Self> {
        record.try_into().ok()
    }

    fn id(record: &Self) -> MailboxId {
        record.id
    }

    fn id_of(object: &Ref) -> MailboxId {
        MailboxId(object.uuid())
    }

    fn object_of(id: &MailboxId) -> Ref {
        (*id).into()
    }

    fn name(record: &Self) -> String {
        record.name.clone()
    }

    fn name_wanted(edit: &MailboxEdit) -> String {
        match edit {
            MailboxEdit::Replace(spec) => spec.name.clone(),
            MailboxEdit::Disable => String::new(),
        }
    }

    fn revision(record: &Self) -> u64 {
        record.revision
    }

    fn audited(record: &Self) -> Json {
        let mut members = definition(record, &|id| Json::String(id.to_string()));
        members.insert("name".to_owned(), record.name.clone().into());
        members.insert("state".to_owned(), if record.enabled { "enabled" } else { "disabled" }.into());
        present(Json::Object(members))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.mailboxes
    }

    fn make(edit: &MailboxEdit, making: &Making<'_>, before: Option<&Self>) -> Result<Self, ChangeError> {
        let revision = before.map_or(1, |before| before.revision.saturating_add(1));
        let spec = match (edit, before) {
            (MailboxEdit::Replace(spec), _) => spec,
            (MailboxEdit::Disable, Some(before)) => {
                return Ok(Self { enabled: false, revision, modified_at: making.now, ..before.clone() });
            }
            (MailboxEdit::Disable, None) => return Err(not_found("mailbox", "")),
        };
        let (name, definition) = spec.read().map_err(ChangeError::Invalid)?;
        let mut problems = Vec::new();
        let settings = settings::settings(definition, making.world, before.map(|before| before.id), &mut problems);
        let Some(settings) = settings.filter(|_| problems.is_empty()) else {
            return Err(ChangeError::Invalid(problems));
        };
        Ok(Self {
            id: before.map_or(spec.id, |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            enabled: spec.enabled.unwrap_or(before.is_none_or(|before| before.enabled)),
            settings,
            revision,
            created_at: before.map_or(making.now, |before| before.created_at),
            modified_at: making.now,
        })
    }

    fn lacking(edit: &MailboxEdit, world: &World, _: Option<&Self>) -> Vec<Diagnostic> {
        match edit {
            MailboxEdit::Replace(spec) => {
                spec.read().map(|(_, definition)| settings::lacking(definition, world)).unwrap_or_default()
            }
            MailboxEdit::Disable => Vec::new(),
        }
    }

    fn foreseen(edit: &MailboxEdit, making: &Making<'_>, before: Option<&Self>) -> Option<Self> {
        match edit {
            MailboxEdit::Replace(spec) => foreseen(spec, before, making.now),
            MailboxEdit::Disable => None,
        }
    }
}

/// A mailbox as it will be, but for the route and the secrets that it names: they are not looked up, and need not be there yet. Enough for
/// queues, which name it. None if it can't be read.
#[must_use]
pub fn foreseen(spec: &MailboxSpec, before: Option<&MailboxRecord>, now: Timestamp) -> Option<MailboxRecord> {
    let (name, definition) = spec.read().ok()?;
    let Definition { host, port, tls, user, auth: _, folders, start, after, address, submission } = definition;
    let (auth, route) = (MailboxAuth::Secret(SecretId(Uuid::nil())), Uuid::nil());
    let submission = submission.map(|one| {
        let DefinitionSubmission { host, port, tls, user, auth: _ } = one;
        Box::new(SubmissionSettings { host, port, tls, user, auth: None })
    });
    let settings = MailboxSettings { host, port, tls, user, auth, folders, start, after, route, address, submission };
    Some(MailboxRecord {
        id: before.map_or(spec.id, |before| before.id),
        folded_name: document::fold_name(&name),
        name,
        enabled: true,
        settings,
        revision: 0,
        created_at: now,
        modified_at: now,
    })
}

/// The members of a mailbox's definition, each secret as `named` shows it.
#[must_use]
pub fn definition(record: &MailboxRecord, named: &dyn Fn(SecretId) -> Json) -> Map<String, Json> {
    let settings = &record.settings;
    let auth = auth_written(&settings.auth, named);
    let start = match settings.start {
        MailboxStart::New => "new".to_owned(),
        MailboxStart::Unseen => "unseen".to_owned(),
        MailboxStart::All => "all".to_owned(),
        MailboxStart::Since(date) => date.to_string(),
    };
    let members = [
        ("host", Json::from(settings.host.as_str())),
        ("port", settings.port.into()),
        ("tls", tls_word(settings.tls).into()),
        ("user", settings.user.as_str().into()),
        ("auth", auth),
        ("folders", settings.folders.clone().into()),
        ("start", start.into()),
        ("after", read::after_written(&settings.after)),
        ("route", settings.address.as_str().into()),
    ];
    let mut members: Map<String, Json> = members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    if let Some(submission) = &settings.submission {
        let written = present(json!({
            "host": submission.host,
            "port": submission.port,
            "tls": tls_word(submission.tls),
            "user": submission.user,
            "auth": submission.auth.as_ref().map(|auth| auth_written(auth, named)),
        }));
        members.insert("submission".to_owned(), written);
    }
    members
}

/// What proves who logs in, each secret as `named` shows it.
fn auth_written(auth: &MailboxAuth, named: &dyn Fn(SecretId) -> Json) -> Json {
    match auth {
        MailboxAuth::Secret(secret) => json!({ "secret": named(*secret) }),
        MailboxAuth::Oauth(oauth) => json!({ "oauth": present(json!({
            "tokenUrl": oauth.token_url,
            "deviceUrl": oauth.device_url,
            "clientId": oauth.client_id,
            "secret": oauth.secret.map(named),
            "refreshToken": oauth.refresh_token.map(named),
            "scopes": oauth.scopes,
            "grant": grant_word(oauth.grant),
        })) }),
    }
}

/// The word for a way to encrypt.
fn tls_word(tls: MailboxTls) -> &'static str {
    match tls {
        MailboxTls::Implicit => "implicit",
        MailboxTls::StartTls => "starttls",
        MailboxTls::None => "none",
    }
}

/// The word for a grant.
fn grant_word(grant: MailboxGrant) -> &'static str {
    match grant {
        MailboxGrant::ClientCredentials => "clientCredentials",
        MailboxGrant::RefreshToken => "refreshToken",
        MailboxGrant::DeviceCode => "deviceCode",
    }
}
