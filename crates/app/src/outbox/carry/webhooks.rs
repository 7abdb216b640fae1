//! Requests to webhooks, carried by HTTP and signed (Standard Webhooks 1.0.0).

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::webhooks::WebhookEdit;
use waypost_ids::WebhookId;
use waypost_reach::{Answer, Client, HeaderMap, HeaderName, HeaderValue, Limits, Unreached, header, web_url};
use waypost_store::records::audit::{By, SERVER};
use waypost_store::records::outbox::{AttemptEnd, Attempted, DeliveryRecord, Way};
use waypost_store::records::outside::{Sealed, WebhookRecord};
use waypost_store::revisions::Revisions;

use super::health::Health;
use super::{Carries, unread};
use crate::App;
use crate::breaker::{Ended, Targets};
use crate::outbox::signature::{secret_bytes, signatures};
use crate::retry_after::retry_after;

/// How long a webhook may take, and how much of its answer is kept.
const LIMITS: Limits = Limits { time: Duration::from_secs(20), answer: 1024 };

/// What carries requests to webhooks, and for how long each is tried.
pub struct Courier {
    http: Client,
    retry_for: Duration,
}

impl Courier {
    /// Requests are tried for `retry_for`, from when each was made.
    #[must_use]
    pub fn new(http: Client, retry_for: Duration) -> Self {
        Self { http, retry_for }
    }
}

#[async_trait]
impl Carries for Courier {
    fn way(&self) -> Way {
        Way::Webhooks
    }

    fn slots(&self) -> usize {
        64
    }

    fn retry_for(&self) -> Duration {
        self.retry_for
    }

    fn health(&self) -> Health {
        Health::Each(Targets::default())
    }

    async fn carry(&self, app: &App, delivery: &DeliveryRecord, _: bool) -> (Attempted, Ended) {
        let dead = |answer: &str| (Attempted { end: AttemptEnd::Dead, answer: answer.to_owned() }, Ended::Reached);
        // Another node may have made the webhook, disabled it or rotated its secret a moment ago.
        if let Err(error) = app.catalogue.catch_up().await {
            return (unread(&error, || app.again(self, delivery)), Ended::Reached);
        }
        let webhook =
            delivery.target.parse().ok().and_then(|id: WebhookId| app.catalogue.running().webhooks.get(&id).cloned());
        let Some(webhook) = webhook else { return dead("the webhook was deleted") };
        if !webhook.enabled {
            return dead("the webhook is disabled");
        }
        let body = match app.store.delivery_content(delivery.id).await {
            Ok(Some(content)) => content.head,
            Ok(None) => return dead("its content was erased"),
            Err(error) => return (unread(&error, || app.again(self, delivery)), Ended::Reached),
        };
        match self.send(app, &webhook, delivery, body).await {
            Ok(answer) => self.judge(app, &webhook, delivery, &answer).await,
            Err(Problem::Unsigned(why)) => {
                let end = app.again(self, delivery);
                (Attempted { end, answer: format!("it can't be signed: {why}") }, Ended::Reached)
            }
            // Nothing was sent, and nothing will be until somebody changes a setting. The address is for the operator alone: whoever may make
            // webhooks could map the network by it.
            Err(Problem::Unreached(Unreached::Private(target))) => {
                tracing::warn!(webhook = %webhook.id, address = %target.address, "a webhook leads to a private address");
                dead("its host has a private address; `--allow-private-targets` permits it")
            }
            Err(Problem::Unreached(Unreached::Plain(target))) => dead(&target.to_string()),
            Err(Problem::Unreached(why)) => {
                (Attempted { end: app.again(self, delivery), answer: why.to_string() }, Ended::Unreached)
            }
        }
    }
}

/// Why there is no answer.
enum Problem {
    Unsigned(String),
    Unreached(Unreached),
}

impl Courier {
    async fn send(
        &self,
        app: &App,
        webhook: &WebhookRecord,
        delivery: &DeliveryRecord,
        body: Bytes,
    ) -> Result<Answer, Problem> {
        let now = app.origin.now();
        let unsigned = |why: &dyn std::fmt::Display| Problem::Unsigned(why.to_string());
        let mut secrets = vec![signing(app, webhook, &webhook.secret).map_err(Problem::Unsigned)?];
        if let Some((previous, _)) = webhook.previous.as_ref().filter(|(_, until)| *until > now) {
            match signing(app, webhook, previous) {
                Ok(secret) => secrets.push(secret),
                // The newest is enough for receivers that have it.
                Err(why) => {
                    tracing::warn!(webhook = %webhook.id, why, "the previous secret can't be read and does not sign")
                }
            }
        }
        let (id, second) = (delivery.id.to_string(), now.as_second());
        let mut signature =
            HeaderValue::try_from(signatures(&secrets, &id, second, &body)).map_err(|error| unsigned(&error))?;
        signature.set_sensitive(true);
        let headers = HeaderMap::from_iter([
            (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (HeaderName::from_static("webhook-id"), HeaderValue::try_from(id).map_err(|error| unsigned(&error))?),
            (HeaderName::from_static("webhook-timestamp"), HeaderValue::from(second)),
            (HeaderName::from_static("webhook-signature"), signature),
        ]);
        let url = web_url(&webhook.url).map_err(|error| unsigned(&error))?;
        self.http.post(&url, headers, body, LIMITS).await.map_err(Problem::Unreached)
    }

    /// What an answer means (Standard Webhooks 1.0.0, "Delivery").
    async fn judge(
        &self,
        app: &App,
        webhook: &WebhookRecord,
        delivery: &DeliveryRecord,
        answer: &Answer,
    ) -> (Attempted, Ended) {
        let told = in_words(answer);
        let status = answer.status;
        if status.is_success() {
            return (Attempted { end: AttemptEnd::Delivered, answer: told }, Ended::Reached);
        }
        if status.as_u16() == 410 {
            app.disable(webhook).await;
            return (Attempted { end: AttemptEnd::Dead, answer: told }, Ended::Reached);
        }
        let (now, again) = (app.origin.now(), app.again(self, delivery));
        let wanted = retry_after(answer, now);
        let end = match (again, wanted) {
            // One that wants no pause gets ours.
            (AttemptEnd::Deferred(_), Some(wanted)) if wanted > now => {
                let end = delivery.since.saturating_add(self.retry_for).unwrap_or(Timestamp::MAX);
                AttemptEnd::Deferred(wanted.min(end))
            }
            (again, _) => again,
        };
        let pause = wanted.and_then(|wanted| Duration::try_from(wanted.duration_since(now)).ok());
        let ended = match pause {
            Some(pause) => Ended::Busy(pause),
            None if status.is_server_error() || status.as_u16() == 429 => Ended::Unreached,
            None => Ended::Reached,
        };
        (Attempted { end, answer: told }, ended)
    }
}

/// The bytes that a sealed secret of a webhook signs with.
fn signing(app: &App, webhook: &WebhookRecord, sealed: &Sealed) -> Result<Vec<u8>, String> {
    let opened = app.unseal(webhook.id, sealed).map_err(|problem| problem.to_string())?;
    let text = String::from_utf8(opened).map_err(|error| error.utf8_error().to_string())?;
    secret_bytes(&text).map_err(|error| error.to_string())
}

impl App {
    /// Sends no more to a webhook that said it is gone.
    async fn disable(&self, webhook: &WebhookRecord) {
        let by = By { actor: SERVER, note: Some("it answered 410 Gone") };
        // Whoever changed it meanwhile, perhaps its URL, knows better.
        let as_it_was = Some(Revisions::any_of(vec![webhook.revision]));
        match self.catalogue.update::<WebhookRecord>(by, &webhook.id, WebhookEdit::Disable, as_it_was).await {
            Err(ChangeError::Stale(_)) => {
                tracing::info!(webhook = %webhook.id, "a webhook answered 410 and was changed meanwhile: it stays as it is");
            }
            Ok(_) => {
                tracing::warn!(webhook = %webhook.id, name = webhook.name, "a webhook answered 410 and is disabled")
            }
            Err(error) => {
                tracing::error!(webhook = %webhook.id, %error, "a webhook that answered 410 can't be disabled")
            }
        }
    }
}

/// The status and the beginning of the body, on one line.
fn in_words(answer: &Answer) -> String {
    let body = String::from_utf8_lossy(&answer.body);
    let body: String = body.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let (body, more) = (body.trim(), if answer.cut { "…" } else { "" });
    let colon = if body.is_empty() { "" } else { ": " };
    let hint = if answer.status.is_redirection() { " (redirects are not followed)" } else { "" };
    format!("{}{hint}{colon}{body}{more}", answer.status)
}
