//! `/conversations/emails`: interactions as Genesys's email conversations.

mod read;
mod view;

use axum::Json;
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use waypost_app::access::scopes::Scope;
use waypost_ids::InteractionId;
use waypost_wire::genesys::conversation::{
    ConversationState, CreateEmailRequest, EmailConversation, EmailMessage, EmailMessageListing, ParticipantAttributes,
};

use crate::auth::{Caller, EmailRead, EmailWrite};
use crate::body::ObjectBody;
use crate::context::Remote;
use crate::error::ApiError;
use crate::interactions::parse_id;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;

/// So much of a text stands in lists.
const PREVIEW_CHARACTERS: usize = 200;

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
                "Start an inbound conversation: its fields become a mail",
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
            operation("patchConversationsEmail", Scope::EmailWrite, "End a conversation")
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
                "End a conversation through a participant",
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
                .empty(StatusCode::ACCEPTED)
                .refuses(&[410]),
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
    let new = read::conversation(body)?;
    let id = state.app.begin_conversation(new, remote.client.to_string()).await?;
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
    read::disconnected(body)?;
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
    read::disconnected(body)?;
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
    let set = read::strings(&mut body, "attributes");
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
    let whole = view::message(&state, parse_id(&id)?).await?;
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
    if !message.eq_ignore_ascii_case(&id.to_string()) {
        return Err(ApiError::not_found("not.found", format!("message `{message}` was not found")));
    }
    Ok(Json(view::message(&state, id).await?))
}

async fn answer(state: &ApiState, id: InteractionId) -> Result<Json<EmailConversation>, ApiError> {
    Ok(Json(view::conversation(state, state.app.interaction(id).await?)))
}

async fn taking_part(state: &ApiState, id: &str, who: &str) -> Result<InteractionId, ApiError> {
    let id = parse_id(id)?;
    let conversation = view::conversation(state, state.app.interaction(id).await?);
    match conversation.participants.iter().any(|known| known.id.to_string().eq_ignore_ascii_case(who)) {
        true => Ok(id),
        false => Err(ApiError::not_found("not.found", format!("participant `{who}` was not found"))),
    }
}
