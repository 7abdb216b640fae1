//! `/webhooks`: HTTP endpoints that flows send to, that queues push to, and that listen to events. A secret is shown once, in the answer that makes it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use waypost_app::access::scopes::Scope;
use waypost_app::outbox::signature::{MADE, secret_bytes, secret_text};
use waypost_catalogue::object::Object;
use waypost_catalogue::webhooks::{Start, WebhookEdit, WebhookSpec};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::WebhookId;
use waypost_store::records::audit::By;
use waypost_store::records::outside::{Sealed, WebhookRecord};
use waypost_wire::error::Problem;
use waypost_wire::webhook::{RotateSecretRequest, Webhook, WebhookRequest, WebhookState};

use crate::auth::{Caller, RoutingRead, RoutingWrite};
use crate::body::ObjectBody;
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::objects::{self, Call, Offer, PathParts, Resource, Tagged, WhereUsed, not_found};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::revision::{if_match, tag};
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] =
    &["id", "dateSecretRotated", "previousSecretUntil", "version", "dateCreated", "dateModified", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let rotates = "Give a webhook a new secret, shown once; the old one also signs for a day";
    objects::endpoints::<WebhookRecord>().post(
        &format!("{}/rotate-secret", WebhookRecord::OFFER.one),
        rotate,
        operation("postWebhookRotateSecret", Scope::RoutingWrite, rotates)
            .text("note", "Why, for the audit log.")
            .if_match()
            .body::<RotateSecretRequest>()
            .answers::<Webhook>()
            .refuses(&[409]),
    )
}

impl Resource for WebhookRecord {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = Webhook;
    type Request = WebhookRequest;
    type Change = WebhookRequest;

    const OFFER: Offer = Offer {
        all: "/webhooks",
        one: "/webhooks/{webhookId}",
        list: ("getWebhooks", "List webhooks, by name"),
        create: ("postWebhooks", "Create a webhook: the only answer with its secret"),
        get: ("getWebhook", "Get a webhook"),
        change: ("putWebhook", "Replace a webhook's name, URL, state and events; its secret stays"),
        patched: false,
        delete: ("deleteWebhook", "Delete a webhook that no flow and no queue uses"),
        where_used: Some(WhereUsed {
            uses: ("getWebhookUses", "What a webhook uses"),
            used_by: ("getWebhookUsedBy", "What uses a webhook"),
        }),
    };

    fn id_in(path: &PathParts) -> Result<WebhookId, ApiError> {
        path.id::<Self>("webhookId")
    }

    fn order(&self) -> &str {
        &self.folded_name
    }

    fn spec(_: Call, mut body: Fields, path: &PathParts, state: &ApiState) -> Result<WebhookEdit, ApiError> {
        let (name, url) = (body.required_text("name"), body.required_text("url"));
        let enabled = body.parsed("state", "`enabled` or `disabled`", |state| match state.as_str()? {
            "enabled" => Some(true),
            "disabled" => Some(false),
            _ => None,
        });
        let events = body.texts("events");
        let exists = Self::id_in(path).is_ok();
        if exists && body.has("secret") {
            body.problem(Problem {
                path: Some("secret".to_owned()),
                suggestion: Some("rotate the secret: both sign for a day".to_owned()),
                ..Problem::new("invalid.value", "a webhook that exists keeps its secret")
            });
        }
        let secret = body.hidden_text("secret");
        body.discard(SET_BY_SERVER);
        body.finish(&["name", "url", "state", "events", "secret"])?;
        let start = if exists {
            None
        } else {
            let id = WebhookId(state.app.origin.id());
            Some(Start { id, secret: sealed(state, id, secret)? })
        };
        Ok(WebhookEdit::Replace(WebhookSpec { name, url, enabled, events, start }))
    }

    fn view(&self, state: &ApiState, _: bool) -> Webhook {
        let now = state.app.origin.now();
        Webhook {
            id: self.id,
            name: self.name.clone(),
            url: self.url.clone(),
            state: if self.enabled { WebhookState::Enabled } else { WebhookState::Disabled },
            events: self.events.clone(),
            secret: None,
            date_secret_rotated: self.rotated_at.into(),
            previous_secret_until: self
                .previous
                .as_ref()
                .map(|(_, until)| *until)
                .filter(|until| *until > now)
                .map(Into::into),
            version: self.revision.to_string(),
            date_created: self.created_at.into(),
            date_modified: self.modified_at.into(),
            self_uri: format!("/api/v2/webhooks/{}", self.id),
        }
    }

    fn created(&self, state: &ApiState) -> Result<Webhook, ApiError> {
        let opened = state.app.unseal(self.id, &self.secret)?;
        Ok(Webhook { secret: Some(String::from_utf8_lossy(&opened).into_owned()), ..self.view(state, true) })
    }
}

/// A secret, given or made, sealed for a webhook.
fn sealed(state: &ApiState, id: WebhookId, given: Option<String>) -> Result<Sealed, ApiError> {
    let text = match given {
        Some(given) => {
            secret_bytes(&given).map_err(|wrong| {
                // What was sent is not repeated: it may be a secret of something else.
                let problem = Diagnostic::error(Code::InvalidValue, "secret", "this can't be a webhook's secret");
                ApiError::invalid("invalid.value", diagnosed(&[problem.expected(wrong.to_string())]))
            })?;
            given
        }
        None => {
            let mut bytes = [0; MADE];
            state.app.origin.fill(&mut bytes).map_err(|_| ApiError::internal())?;
            secret_text(&bytes)
        }
    };
    Ok(state.app.seal(id, text.as_bytes())?)
}

/// `POST /webhooks/{webhookId}/rotate-secret`
async fn rotate(
    State(state): State<ApiState>,
    caller: Caller<RoutingWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
    ObjectBody(mut body): ObjectBody,
) -> Result<Tagged<Webhook>, ApiError> {
    let note = query.text("note");
    query.finish()?;
    let given = body.hidden_text("secret");
    body.finish(&["secret"])?;
    let id: WebhookId = id.parse().map_err(|_| not_found::<WebhookRecord>(&id))?;
    let edit = WebhookEdit::Rotate(sealed(&state, id, given)?);
    let by = By { actor: &caller.client, note: note.as_deref() };
    let revisions = if_match(&headers)?;
    let webhook = state.app.catalogue.update::<WebhookRecord>(by, &id, edit, revisions).await?;
    Ok(([tag(WebhookRecord::revision(&webhook))], Json(webhook.created(&state)?)))
}
