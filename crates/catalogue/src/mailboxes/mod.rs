//! Mailboxes as objects of the catalogue.

mod read;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Kind, MailboxId, Ref, SecretId};
use waypost_store::records::catalogue::{ObjectRecord, RouteRecord};
use waypost_store::records::mailboxes::{
    MailboxAuth, MailboxGrant, MailboxOauth, MailboxRecord, MailboxSettings, MailboxStart, MailboxTls,
};

use crate::error::ChangeError;
use crate::object::{Making, Object, named, not_found, present};
use crate::routes::{RouteMatch, Routes};
use crate::routing::Wanted;
use crate::shelf::Shelf;
use crate::world::World;

pub use read::{Definition, DefinitionAuth, DefinitionOauth, MEMBERS};

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
        let settings = settings(definition, making.world, &mut problems);
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
}

/// What a definition comes to in a world.
fn settings(written: Definition, world: &World, problems: &mut Vec<Diagnostic>) -> Option<MailboxSettings> {
    let Definition { host, port, tls, user, auth, folders, start, after, address } = written;
    let auth = match auth {
        DefinitionAuth::Secret(secret) => {
            secret_for(world, "auth.secret", &secret, &host, problems).map(MailboxAuth::Secret)
        }
        DefinitionAuth::Oauth(oauth) => {
            let DefinitionOauth { token_url, token_host, device_url, client_id, secret, refresh_token, scopes, grant } =
                oauth;
            let mut named = |place: &str, secret: Option<Wanted<SecretId>>| {
                let place = format!("auth.oauth.{place}");
                secret.map(|secret| secret_for(world, &place, &secret, &token_host, problems))
            };
            let (secret, refresh_token) = (named("secret", secret), named("refreshToken", refresh_token));
            let missing = [&secret, &refresh_token].into_iter().any(|one| matches!(one, Some(None)));
            let (secret, refresh_token) = (secret.flatten(), refresh_token.flatten());
            let oauth = MailboxOauth { token_url, device_url, client_id, secret, refresh_token, scopes, grant };
            (!missing).then_some(MailboxAuth::Oauth(oauth))
        }
    };
    let route = route_of(world, &address, problems);
    Some(MailboxSettings { host, port, tls, user, auth: auth?, folders, start, after, route: route?, address })
}

/// A secret that a host may be shown.
fn secret_for(
    world: &World,
    place: &str,
    wanted: &Wanted<SecretId>,
    host: &str,
    problems: &mut Vec<Diagnostic>,
) -> Option<SecretId> {
    let (found, written) = match wanted {
        Wanted::Id(id) => (world.secrets.get(id), id.to_string()),
        Wanted::Name(name) => (world.secrets.named(&document::fold_name(name)), name.clone()),
    };
    let Some(secret) = found else {
        let problem = Diagnostic::error(Code::InvalidValue, place, format!("there is no secret `{written}`"));
        let known = world.secrets.values().map(|secret| secret.name.as_str());
        let problem = problem.expected("the name or the id of a secret").nearest(&written, known);
        let set = format!("create it: `waypost secrets set {written} --host {host}`");
        problems.push(if problem.suggestion.is_some() { problem } else { problem.suggestion(set) });
        return None;
    };
    if !secret.hosts.iter().any(|allowed| allowed == host) {
        let message = format!("the secret `{}` may not be shown to `{host}`", secret.name);
        let problem = Diagnostic::error(Code::InvalidValue, place, message);
        problems.push(problem.expected(format!("a secret that has `{host}` among its hosts")));
    }
    Some(secret.id)
}

/// The route that mail to an address goes by.
fn route_of(world: &World, address: &str, problems: &mut Vec<Diagnostic>) -> Option<uuid::Uuid> {
    let routes = Routes::new(world.domains.keys().map(String::as_str), world.routes.values().cloned());
    if let RouteMatch::Route(route) = routes.find(address) {
        return Some(route.id);
    }
    let problem = Diagnostic::error(Code::InvalidValue, "route", format!("no route takes mail for `{address}`"));
    let known: Vec<String> = world.routes.values().map(|route| RouteRecord::name(route)).collect();
    let problem = problem.expected("an address that a route takes mail for");
    problems.push(problem.nearest(address, known.iter().map(String::as_str)));
    None
}

/// The members of a mailbox's definition, each secret as `named` shows it.
#[must_use]
pub fn definition(record: &MailboxRecord, named: &dyn Fn(SecretId) -> Json) -> Map<String, Json> {
    let settings = &record.settings;
    let auth = match &settings.auth {
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
    };
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
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
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
