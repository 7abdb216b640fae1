//! `/ingress`: mail that email providers post. Each proves itself in its own way; none has a token.

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use waypost_app::ingress::{Posted, PostedError, Provider};
use waypost_wire::Object;

use crate::body::{Content, read};
use crate::context::Remote;
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, open};
use crate::query::Query;
use crate::state::ApiState;

/// A provider's form may hold a message so many times: encoded, and beside it in parts.
const TIMES: usize = 4;

/// What a form has besides.
const BESIDES: usize = 1 << 20;

const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
const SIGNED_AT: &str = "x-twilio-email-event-webhook-timestamp";

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let taken = |id, summary, refuses: &[u16]| -> Operation { open(id, summary).answers::<Object>().refuses(refuses) };
    Endpoints::default()
        .post(
            "/ingress/postmark",
            postmark,
            taken("postIngressPostmark", "Take a mail from Postmark's inbound webhook", &[400, 401, 403, 404]),
        )
        .post(
            "/ingress/mailgun/mime",
            mailgun,
            taken("postIngressMailgun", "Take a mail from a route of Mailgun", &[400, 401, 404, 406]),
        )
        .post(
            "/ingress/sendgrid",
            sendgrid,
            taken("postIngressSendgrid", "Take a mail from SendGrid's Inbound Parse", &[400, 401, 404, 422]),
        )
        .post(
            "/ingress/ses",
            ses,
            taken("postIngressSes", "Take a mail from Amazon SES by an SNS topic", &[400, 401, 404, 422]),
        )
}

type Taken = Result<Json<Object>, ApiError>;

async fn postmark(state: State<ApiState>, remote: Extension<Remote>, query: Query, request: Request) -> Taken {
    query.finish()?;
    take(Provider::Postmark, state, remote, request).await
}

async fn mailgun(state: State<ApiState>, remote: Extension<Remote>, query: Query, request: Request) -> Taken {
    query.finish()?;
    take(Provider::Mailgun, state, remote, request).await
}

async fn sendgrid(state: State<ApiState>, remote: Extension<Remote>, query: Query, request: Request) -> Taken {
    query.finish()?;
    take(Provider::SendGrid, state, remote, request).await
}

async fn ses(state: State<ApiState>, remote: Extension<Remote>, query: Query, request: Request) -> Taken {
    query.finish()?;
    take(Provider::Ses, state, remote, request).await
}

async fn take(
    provider: Provider,
    State(state): State<ApiState>,
    Extension(remote): Extension<Remote>,
    request: Request,
) -> Taken {
    let (parts, body) = request.into_parts();
    let field = |name: &str| text(&parts.headers, name);
    let mut posted = Posted {
        authorization: field(header::AUTHORIZATION.as_str()),
        content_type: field(header::CONTENT_TYPE.as_str()).unwrap_or_default(),
        signed: field(SIGNATURE).zip(field(SIGNED_AT)),
        ..Posted::default()
    };
    // Who does not prove itself by the header need not be listened to.
    state.app.admits_posted(provider, &posted, remote.client)?;
    let most = state.settings.max_message_bytes;
    let limit = match provider {
        // SNS carries 256 KiB at most, and proves itself only by what it says.
        Provider::Ses => BESIDES,
        _ => most.saturating_mul(TIMES).saturating_add(BESIDES),
    };
    let content: Content = read(&state, &parts, body, limit).await?;
    posted.body = content.bytes.clone();
    match state.app.take_posted(provider, posted, remote.client, most).await {
        Ok(()) => Ok(Json(Object::default())),
        Err(error @ PostedError::Unknown(_)) => {
            let status = StatusCode::from_u16(provider.gives_up_at()).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
            Err(ApiError::new(status, "email.route.missing", error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

fn text(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}
