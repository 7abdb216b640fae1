//! `sendWebhook`: sends to an HTTP endpoint.

use serde::Serialize;
use serde_json::Value as Json;

use super::definition::{ActionDefinition, Need, Takes, member};
use super::facts::{Effect, Ends, Facts, Named, NamedMut, PartsMut, ProgramFacts, Sets};
use super::jumps::ProgramJumps;
use super::{Runnable, Written};
use crate::check::Draft;
use crate::document::object::{Object, Reader};
use crate::expr::Compiled;
use crate::program::{ProgramAction, WebhookTarget};
use crate::types::Type;

/// Sends to a webhook.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SendWebhook {
    /// The webhook's name or id.
    pub webhook: String,
    /// What is sent; the interaction if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payload: Option<Json>,
}

/// Sends to a webhook.
#[derive(Debug)]
pub struct ProgramSendWebhook {
    /// Which.
    pub webhook: WebhookTarget,
    /// An expression of type `json`.
    pub payload: Option<Compiled>,
}

impl Written for SendWebhook {
    type Program = ProgramSendWebhook;

    const DEFINITION: ActionDefinition = ActionDefinition {
        name: "sendWebhook",
        summary: "Sends a signed HTTP request to a webhook. It is sent once the run has ended without an error; an `onError` that is taken later drops it. A webhook that is disabled gets nothing.",
        members: &[
            member(
                "webhook",
                Takes::NameOrId,
                Need::Required,
                "The webhook. It must exist when the flow is published.",
            ),
            member(
                "payload",
                Takes::Value("value of type json"),
                Need::Optional,
                "The request's `data`. Left out: the interaction with its decision.",
            ),
        ],
        example: r#"type: sendWebhook
webhook: Orders
payload: { from: "${interaction.email.from.address}", urgent: true }
"#,
    };

    fn read(reader: &mut Reader, object: &Object<'_>) -> Self {
        let webhook = reader.required_string(object, "webhook").unwrap_or_default();
        let payload = reader.optional_value(object, "payload");
        Self { webhook, payload }
    }

    fn facts(&self) -> Facts<'_> {
        Facts { names: vec![Named::Webhook(&self.webhook)], assigns: None, outputs: Vec::new(), inside: &[] }
    }

    fn parts_mut(&mut self) -> PartsMut<'_> {
        PartsMut { names: Some(NamedMut::Webhook(&mut self.webhook)), inside: &mut [] }
    }

    fn compile(&self, draft: &mut Draft<'_, '_>) -> Option<ProgramSendWebhook> {
        let payload = draft.optional("payload", self.payload.as_ref(), &Type::Json);
        let webhook = draft.webhook(&self.webhook)?;
        Some(ProgramSendWebhook { webhook, payload: payload? })
    }
}

impl Runnable for ProgramSendWebhook {
    fn facts(&self) -> ProgramFacts<'_> {
        ProgramFacts {
            evaluates: self.payload.iter().map(|payload| ("payload".to_owned(), payload)).collect(),
            outputs: &[],
            sets: Sets::Nothing,
            jumps: ProgramJumps::NONE,
            jump_outputs: &[],
            effect: Some(Effect::Sends),
            ends: Ends::Nothing,
        }
    }

    fn inside(&self) -> &[ProgramAction] {
        &[]
    }
}
