//! Webhooks as objects of the catalogue.

use std::collections::HashSet;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Event, Kind, Ref, WebhookId};
use waypost_reach::web_url;
use waypost_store::records::catalogue::ObjectRecord;
use waypost_store::records::outside::{Sealed, WebhookRecord};

use crate::error::ChangeError;
use crate::object::{Making, Object, named, not_found, present};
use crate::shelf::Shelf;
use crate::world::World;

/// After a rotation, requests are signed with the secret before as well for this long.
pub const OVERLAP: SignedDuration = SignedDuration::from_hours(24);

/// The longest URL, in bytes.
const LONGEST_URL: usize = 2048;

/// What a webhook is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct WebhookSpec {
    /// The name.
    pub name: String,
    /// The URL to send requests to.
    pub url: String,
    /// Whether anything is sent; none keeps what it is. A new webhook is enabled.
    pub enabled: Option<bool>,
    /// What it listens to: names of events, or wildcards; none keeps what it is. A new webhook listens to nothing.
    #[serde(default)]
    pub events: Option<Vec<String>>,
    /// What it starts with if it is new; none for one that must exist. Later the secret changes by rotation alone.
    pub start: Option<Start>,
}

/// What a new webhook starts with.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Start {
    /// Its identifier, which the secret is sealed for.
    pub id: WebhookId,
    /// Its secret.
    pub secret: Sealed,
}

/// What is to become of a webhook.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum WebhookEdit {
    /// It is to be so; the secret stays.
    Replace(WebhookSpec),
    /// It gets another secret, sealed for it. The one before goes on signing for [`OVERLAP`].
    Rotate(Sealed),
    /// Nothing is sent any more.
    Disable,
    /// It gets another secret, sealed for it, and nothing is sent any more. The secrets before can't be read.
    Reset(Sealed),
}

impl Object for WebhookRecord {
    const KIND: Kind = Kind::Webhook;

    type Id = WebhookId;
    type Record = Self;
    type Spec = WebhookEdit;

    fn new(record: Self) -> Self {
        record
    }

    fn record(&self) -> &Self {
        self
    }

    fn stored(record: &ObjectRecord) -> Option<&Self> {
        record.try_into().ok()
    }

    fn id(record: &Self) -> WebhookId {
        record.id
    }

    fn id_of(object: &Ref) -> WebhookId {
        WebhookId(object.uuid())
    }

    fn object_of(id: &WebhookId) -> Ref {
        (*id).into()
    }

    fn name(record: &Self) -> String {
        record.name.clone()
    }

    fn name_wanted(edit: &WebhookEdit) -> String {
        match edit {
            WebhookEdit::Replace(spec) => spec.name.clone(),
            WebhookEdit::Rotate(_) | WebhookEdit::Disable | WebhookEdit::Reset(_) => String::new(),
        }
    }

    fn revision(record: &Self) -> u64 {
        record.revision
    }

    fn audited(record: &Self) -> Json {
        present(json!({
            "name": record.name,
            "url": record.url,
            "state": if record.enabled { "enabled" } else { "disabled" },
            "events": Some(&record.events).filter(|events| !events.is_empty()),
            "secretRotated": record.rotated_at.to_string(),
        }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.webhooks
    }

    fn make(edit: &WebhookEdit, making: &Making<'_>, before: Option<&Self>) -> Result<Self, ChangeError> {
        let now = making.now;
        let spec = match (edit, before) {
            (WebhookEdit::Replace(spec), _) => spec,
            (WebhookEdit::Rotate(secret), Some(before)) => {
                return Ok(Self {
                    secret: secret.clone(),
                    previous: Some((before.secret.clone(), now.saturating_add(OVERLAP).unwrap_or(now))),
                    rotated_at: now,
                    ..changed(before, making)
                });
            }
            (WebhookEdit::Reset(secret), Some(before)) => {
                return Ok(Self {
                    secret: secret.clone(),
                    previous: None,
                    rotated_at: now,
                    enabled: false,
                    ..changed(before, making)
                });
            }
            (WebhookEdit::Disable, Some(before)) => return Ok(Self { enabled: false, ..changed(before, making) }),
            (_, None) => return Err(not_found("webhook", "")),
        };
        let mut problems = Vec::new();
        let name = named("name", &spec.name).unwrap_or_else(|problem| {
            problems.push(*problem);
            String::new()
        });
        problems.extend(wrong_url(&spec.url));
        problems.extend(spec.events.iter().flatten().enumerate().filter_map(unknown_event));
        if !problems.is_empty() {
            return Err(ChangeError::Invalid(problems));
        }
        let record = match (before, &spec.start) {
            (Some(before), _) => changed(before, making),
            (None, None) => return Err(not_found("webhook", &spec.name)),
            (None, Some(start)) => Self {
                id: start.id,
                name: String::new(),
                folded_name: String::new(),
                url: String::new(),
                enabled: true,
                events: Vec::new(),
                secret: start.secret.clone(),
                previous: None,
                rotated_at: now,
                revision: 1,
                created_at: now,
                modified_at: now,
            },
        };
        Ok(Self {
            folded_name: document::fold_name(&name),
            name,
            url: spec.url.trim().to_owned(),
            enabled: spec.enabled.unwrap_or(record.enabled),
            events: spec.events.as_ref().map_or_else(|| record.events.clone(), |events| each_once(events)),
            ..record
        })
    }
}

/// A webhook as it is after a change that leaves everything. A secret that signs no more is forgotten.
fn changed(before: &WebhookRecord, making: &Making<'_>) -> WebhookRecord {
    WebhookRecord {
        revision: before.revision.saturating_add(1),
        previous: before.previous.clone().filter(|(_, until)| *until > making.now),
        modified_at: making.now,
        ..before.clone()
    }
}

/// Why a word names no event.
fn unknown_event((place, word): (usize, &String)) -> Option<Diagnostic> {
    let known = || Event::WORDS.iter().chain(Event::WILDCARDS).copied();
    if known().any(|known| known == word.trim()) {
        return None;
    }
    let problem = Diagnostic::error(
        Code::InvalidValue,
        format!("events[{place}]"),
        format!("there is no event `{}`", word.chars().take(60).collect::<String>()),
    );
    Some(problem.expected(format!("one of {}", known().collect::<Vec<_>>().join(", "))).nearest(word, known()))
}

/// Words in the order in which they were said, each once.
fn each_once(words: &[String]) -> Vec<String> {
    let mut seen = HashSet::new();
    words.iter().map(|word| word.trim()).filter(|word| seen.insert(*word)).map(str::to_owned).collect()
}

fn wrong_url(url: &str) -> Option<Diagnostic> {
    let url = url.trim();
    let wrong = |message: String| {
        Some(
            Diagnostic::error(Code::InvalidValue, "url", message)
                .expected("the URL of an HTTP server, such as https://hooks.example.com/mail")
                .unshown(),
        )
    };
    if url.len() > LONGEST_URL {
        return wrong(format!("the URL is longer than {LONGEST_URL} bytes"));
    }
    web_url(url).err().and_then(|problem| wrong(problem.to_string()))
}
