//! Interactions as conversations.

use uuid::Uuid;
use waypost_app::conversations::{Party, ReadMessage};
use waypost_ids::{InteractionId, QueueId};
use waypost_store::records::mail::{InteractionRecord, State as Kept};
use waypost_wire::genesys::conversation::{
    EmailAddress, EmailAttachment, EmailConversation, EmailMessage, EmailParticipant, RoutingData,
};
use waypost_wire::reference::Reference;

use crate::error::ApiError;
use crate::state::ApiState;

/// Who takes part goes by identifiers that follow from the interaction's.
fn participant(id: InteractionId, number: u128) -> Uuid {
    Uuid::from_u128(id.0.as_u128() ^ number)
}

/// A conversation.
pub(super) fn conversation(state: &ApiState, record: InteractionRecord) -> EmailConversation {
    let over = record.state == Kept::Completed;
    let common = EmailParticipant {
        start_time: Some(record.received_at.into()),
        state: if over { "disconnected" } else { "connected" }.to_owned(),
        direction: "inbound".to_owned(),
        ..EmailParticipant::default()
    };
    let subject = (!record.erased).then_some(record.subject);
    let customer = EmailParticipant {
        id: participant(record.id, 1),
        address: Some(record.envelope_from).filter(|address| !address.is_empty()),
        purpose: "customer".to_owned(),
        attributes: record.attributes,
        subject: subject.clone(),
        message_id: record.message_id,
        ..common.clone()
    };
    let waiting = record.decision.and_then(|decision| {
        let queue = queue(state, decision.queue?);
        let named = |id: String| Reference { name: Some(id.clone()), id, self_uri: None };
        Some(EmailParticipant {
            id: participant(record.id, 2),
            name: queue.name.clone(),
            purpose: "acd".to_owned(),
            queue: Some(queue.clone()),
            conversation_routing_data: Some(RoutingData {
                queue: Some(queue),
                priority: decision.priority,
                skills: decision.skills.into_iter().map(named).collect(),
                language: decision.language.map(named),
            }),
            ..common
        })
    });
    EmailConversation {
        id: record.id,
        name: subject,
        participants: std::iter::once(customer).chain(waiting).collect(),
        state: if over { "disconnected" } else { "connected" }.to_owned(),
        self_uri: format!("/api/v2/conversations/emails/{}", record.id),
    }
}

fn queue(state: &ApiState, id: QueueId) -> Reference {
    Reference {
        id: id.to_string(),
        name: state.app.queue_name(id).map(|name| name.to_string()),
        self_uri: Some(format!("/api/v2/routing/queues/{id}")),
    }
}

/// Its message, with all its text.
pub(super) async fn message(state: &ApiState, id: InteractionId) -> Result<EmailMessage, ApiError> {
    let record = state.app.interaction(id).await?;
    let ReadMessage { from, to, cc, subject, text, html, attachments, size } = state.app.read_message(id).await?;
    let party = |party: Party| EmailAddress { email: party.address, name: party.name };
    Ok(EmailMessage {
        id: id.to_string(),
        to: to.into_iter().map(party).collect(),
        cc: cc.into_iter().map(party).collect(),
        from: party(from),
        subject,
        attachments: attachments
            .into_iter()
            .map(|(name, content_type, content_length)| EmailAttachment { name, content_type, content_length })
            .collect(),
        text_body: Some(text),
        text_body_preview: None,
        html_body: Some(html).filter(|html| !html.is_empty()),
        time: Some(record.received_at.into()),
        email_size_bytes: size,
        self_uri: format!("/api/v2/conversations/emails/{id}/messages/{id}"),
    })
}
