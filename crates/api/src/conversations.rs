//! `/conversations/emails`: interactions as Genesys's email conversations.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_app::conversations::{NewConversation, Party, ReadMessage};
use waypost_flow::id::{FlowId, InteractionId, QueueId};
use waypost_store::records::catalogue::RouteTarget;
use waypost_store::records::mail::{InteractionRecord, Opening, State as Kept};
use waypost_wire::conversation::{
    ConversationState, CreateEmailRequest, EmailAddress, EmailAttachment, EmailConversation, EmailMessage,
    EmailMessageListing, EmailParticipant, ParticipantAttributes, RoutingData,
};
use waypost_wire::error::Problem;
use waypost_wire::reference::Reference;

use crate::auth::{Caller, EmailRead, EmailWrite};
use crate::body::ObjectBody;
use crate::context::Remote;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::interactions::parse_id;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// So much of a text stands in lists.
const PREVIEW_CHARACTERS: usize = 200;

/// Members of Genesys's request that make no difference here.
const NOT_LOOKED_AT: &[&str] = &["skillExpression", "externalContactId", "utilizationLabel"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let one = "/conversations/emails/{conversationId}";
    Endpoints::default()
        .post(
            "/conversations/emails",
            create,
            operation(
                "postConversationsEmails",
                Scope::EmailWrite,
                "Begin an inbound conversation: its fields become a mail",
            )
            .body::<CreateEmailRequest>()
            .answers::<EmailConversation>()
            .refuses(&[422, 501]),
        )
        .get(
            one,
            get,
            operation("getConversationsEmail", Scope::EmailRead, "Get an interaction as a conversation")
                .answers::<EmailConversation>(),
        )
        .patch(
            one,
            disconnect,
            operation("patchConversationsEmail", Scope::EmailWrite, "End a conversation: nothing is left to do")
                .body::<ConversationState>()
                .answers::<EmailConversation>()
                .refuses(&[409]),
        )
        .get(
            "/conversations/emails/{conversationId}/messages",
            messages,
            operation(
                "getConversationsEmailMessages",
                Scope::EmailRead,
                "List a conversation's messages: there is one",
            )
            .answers::<EmailMessageListing>()
            .refuses(&[410]),
        )
        .get(
            "/conversations/emails/{conversationId}/messages/{messageId}",
            message,
            operation("getConversationsEmailMessage", Scope::EmailRead, "Get a message")
                .answers::<EmailMessage>()
                .refuses(&[410]),
        )
        .patch(
            "/conversations/emails/{conversationId}/participants/{participantId}",
            disconnect_participant,
            operation(
                "patchConversationsEmailParticipant",
                Scope::EmailWrite,
                "End a conversation by one who takes part",
            )
            .body::<ConversationState>()
            .empty(StatusCode::ACCEPTED)
            .refuses(&[409]),
        )
        .patch(
            "/conversations/emails/{conversationId}/participants/{participantId}/attributes",
            attributes,
            operation("patchConversationsEmailParticipantAttributes", Scope::EmailWrite, "Set attributes; others stay")
                .body::<ParticipantAttributes>()
                .empty(StatusCode::ACCEPTED),
        )
}

/// `POST /conversations/emails`
async fn create(
    State(state): State<ApiState>,
    _: Caller<EmailWrite>,
    Extension(remote): Extension<Remote>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<EmailConversation>, ApiError> {
    query.finish()?;
    let new = read(body)?;
    let id = state.app.begin_conversation(new, remote.0.ip().to_string()).await?;
    answer(&state, id).await
}

/// `GET /conversations/emails/{conversationId}`
async fn get(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<EmailConversation>, ApiError> {
    query.finish()?;
    answer(&state, parse_id(&id)?).await
}

/// `PATCH /conversations/emails/{conversationId}`
async fn disconnect(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<EmailConversation>, ApiError> {
    query.finish()?;
    disconnected(body)?;
    let id = parse_id(&id)?;
    state.app.complete(&caller.client, id).await?;
    answer(&state, id).await
}

/// `PATCH /conversations/emails/{conversationId}/participants/{participantId}`
async fn disconnect_participant(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path((id, participant)): Path<(String, String)>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    disconnected(body)?;
    let id = taking_part(&state, &id, &participant).await?;
    state.app.complete(&caller.client, id).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `PATCH /conversations/emails/{conversationId}/participants/{participantId}/attributes`
async fn attributes(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path((id, participant)): Path<(String, String)>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    let set = strings(&mut body, "attributes");
    body.finish(&["attributes"])?;
    let id = taking_part(&state, &id, &participant).await?;
    state.app.set_attributes(&caller.client, id, set).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /conversations/emails/{conversationId}/messages`
async fn messages(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<EmailMessageListing>, ApiError> {
    query.finish()?;
    let whole = whole(&state, parse_id(&id)?).await?;
    let text = whole.text_body.clone().unwrap_or_default();
    let preview = text.chars().take(PREVIEW_CHARACTERS).collect();
    let entities = vec![EmailMessage { text_body: None, html_body: None, text_body_preview: Some(preview), ..whole }];
    Ok(Json(EmailMessageListing { entities, page_size: 25, page_number: 1, total: 1, page_count: 1 }))
}

/// `GET /conversations/emails/{conversationId}/messages/{messageId}`
async fn message(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path((id, message)): Path<(String, String)>,
    query: Query,
) -> Result<Json<EmailMessage>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    state.app.interaction(id).await?;
    if message != id.to_string() {
        return Err(ApiError::not_found("not.found", format!("message `{message}` was not found")));
    }
    Ok(Json(whole(&state, id).await?))
}

/// Reads the request; every problem at once.
fn read(mut body: Fields) -> Result<NewConversation, ApiError> {
    body.required_text("provider");
    let direction = body.text("direction");
    let party = |body: &mut Fields, address: &str, name: &str| Party {
        address: body.text(address).unwrap_or_default().trim().to_owned(),
        name: body.text(name).unwrap_or_default(),
    };
    let from = party(&mut body, "fromAddress", "fromName");
    let to = party(&mut body, "toAddress", "toName");
    let uuid = |value: &serde_json::Value| value.as_str()?.parse::<Uuid>().ok();
    let queue = body.parsed("queueId", "a UUID", uuid);
    let flow = body.parsed("flowId", "a UUID", uuid);
    if queue.is_some() && flow.is_some() {
        body.problem(Problem {
            path: Some("flowId".to_owned()),
            expected: Some("either `queueId` or `flowId`".to_owned()),
            found: Some("both".to_owned()),
            ..Problem::new("bad.flow.id", "a conversation goes to a queue or to a flow, not to both")
        });
    }
    let target = queue.map(|id| RouteTarget::Queue(QueueId(id))).or(flow.map(|id| RouteTarget::Flow(FlowId(id))));
    let (skills, language) = (body.texts("skillIds").unwrap_or_default(), body.text("languageId"));
    if queue.is_none() {
        for (path, said) in [("skillIds", !skills.is_empty()), ("languageId", language.is_some())] {
            if said {
                body.problem(Problem {
                    path: Some(path.to_owned()),
                    expected: Some("nothing, without a `queueId`".to_owned()),
                    ..Problem::new(
                        "email.error.invalid.queue",
                        format!("`{path}` says something of a queue alone: a flow decides for itself"),
                    )
                });
            }
        }
    }
    let new = NewConversation {
        from,
        to,
        subject: body.text("subject").unwrap_or_default(),
        text: body.text("textBody"),
        html: body.text("htmlBody"),
        priority: body.number("priority", i64::MIN..=i64::MAX),
        opening: Opening { target, skills, language, attributes: strings(&mut body, "attributes") },
    };
    body.discard(NOT_LOOKED_AT);
    body.finish(&[
        "provider",
        "direction",
        "queueId",
        "flowId",
        "skillIds",
        "languageId",
        "priority",
        "attributes",
        "toAddress",
        "toName",
        "fromAddress",
        "fromName",
        "subject",
        "htmlBody",
        "textBody",
    ])?;
    match direction.as_deref() {
        Some(direction) if direction.eq_ignore_ascii_case("INBOUND") => Ok(new),
        _ => Err(ApiError::not_offered("an outbound conversation (`direction` is not `INBOUND`)")),
    }
}

fn strings(body: &mut Fields, name: &str) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for (key, value) in body.object(name) {
        match value {
            serde_json::Value::String(text) => {
                texts.insert(key, text);
            }
            _ => body.problem(Problem {
                path: Some(format!("{name}.{key}")),
                expected: Some("a string".to_owned()),
                ..Problem::new("invalid.value", format!("the attribute `{key}` must be a string"))
            }),
        }
    }
    texts
}

/// The one thing that can be said of a conversation's state.
fn disconnected(mut body: Fields) -> Result<(), ApiError> {
    let said =
        |value: &serde_json::Value| value.as_str().filter(|text| text.eq_ignore_ascii_case("disconnected")).map(drop);
    if body.parsed("state", "disconnected", said).is_none() && !body.has_problems() {
        body.missing("state", "disconnected");
    }
    body.rest().map(drop)
}

async fn answer(state: &ApiState, id: InteractionId) -> Result<Json<EmailConversation>, ApiError> {
    Ok(Json(view(state, state.app.interaction(id).await?)))
}

/// Who takes part goes by identifiers that follow from the interaction's.
fn participant(id: InteractionId, number: u128) -> Uuid {
    Uuid::from_u128(id.0.as_u128() ^ number)
}

async fn taking_part(state: &ApiState, id: &str, who: &str) -> Result<InteractionId, ApiError> {
    let id = parse_id(id)?;
    let conversation = view(state, state.app.interaction(id).await?);
    match conversation.participants.iter().any(|known| known.id.to_string() == who) {
        true => Ok(id),
        false => Err(ApiError::not_found("not.found", format!("participant `{who}` was not found"))),
    }
}

fn view(state: &ApiState, record: InteractionRecord) -> EmailConversation {
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

async fn whole(state: &ApiState, id: InteractionId) -> Result<EmailMessage, ApiError> {
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
