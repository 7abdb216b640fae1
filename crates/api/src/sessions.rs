//! `/console`: sessions of the console. A session is held by a cookie that scripts can't read; it counts only beside the header
//! [`CONSOLE`], which no other site can make a browser send (`docs/decisions/0034-console.md`).

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use jiff::SignedDuration;
use waypost_app::access::Principal;
use waypost_app::access::secret::Secret;
use waypost_app::access::sessions::{LINK_SECONDS, NewSession};
use waypost_wire::error::Problem;
use waypost_wire::session::{LinkRequest, Session, SessionLink, SessionRequest};

use crate::auth::{
    Anyone, Bearer, CONSOLE, SECURE_COOKIE, SESSION_COOKIE, cookie_name, has_console_header, session_cookie,
};
use crate::body::{fields_of, media_type, read, unsupported};
use crate::context::Remote;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::openapi::Endpoints;
use crate::openapi::operation::{open, with_any_token};
use crate::query::Query;
use crate::state::ApiState;

/// Credentials are small.
const MAX_BYTES: usize = 16 << 10;

/// An answer with a cookie.
type WithCookie<T> = ([(HeaderName, String); 1], T);

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .post(
            "/console/sessions",
            begin,
            open("postConsoleSessions", "Sign in to the console: the answer sets its cookie")
                .header("Waypost-Console", "Any value: proves that no other site sent the request.")
                .body::<SessionRequest>()
                .answers::<Session>()
                .refuses(&[401, 429]),
        )
        .get(
            "/console/sessions/me",
            whoami,
            with_any_token("getConsoleSessionsMe", "The current session and its scopes").answers::<Session>(),
        )
        .delete(
            "/console/sessions/me",
            end,
            with_any_token("deleteConsoleSessionsMe", "Sign out of the console: this session, or all of the client")
                .flag("everywhere", "Whether all sessions of the client end.")
                .empty(StatusCode::NO_CONTENT),
        )
        .post(
            "/console/links/preview",
            preview,
            open("postConsoleLinksPreview", "Get the client that a link signs in, without using the link")
                .header("Waypost-Console", "Any value: proves that no other site sent the request.")
                .body::<LinkRequest>()
                .answers::<Session>()
                .refuses(&[401]),
        )
        .post(
            "/console/links",
            link,
            with_any_token("postConsoleLinks", "Create a link that signs in to the console once, within 15 minutes")
                .answers::<SessionLink>(),
        )
}

/// `POST /console/sessions`
async fn begin(
    State(state): State<ApiState>,
    Extension(remote): Extension<Remote>,
    query: Query,
    request: Request,
) -> Result<WithCookie<Json<Session>>, ApiError> {
    query.finish()?;
    let (mut fields, headers) = credentials(&state, request).await?;
    let (link, id, secret) = (fields.hidden_text("link"), fields.text("clientId"), fields.hidden_text("clientSecret"));
    let session = match (link, id, secret) {
        (Some(link), None, None) => {
            fields.finish(&["link", "clientId", "clientSecret"])?;
            state.access.follow_link(&link).await?
        }
        (None, Some(id), Some(secret)) => {
            fields.finish(&["link", "clientId", "clientSecret"])?;
            state.access.sign_in(&id, Secret::new(secret), remote.client).await?
        }
        _ => {
            if !fields.has_problems() {
                fields.problem(Problem {
                    expected: Some("`clientId` with `clientSecret`, or `link`".to_owned()),
                    ..Problem::new("invalid.value", "a session begins with a client's id and secret, or with a link")
                });
            }
            fields.finish(&["link", "clientId", "clientSecret"])?;
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", "the body names no credentials"));
        }
    };
    let cookie = cookie(&session, is_secure(remote, &headers));
    Ok(([(header::SET_COOKIE, cookie)], Json(view(&session.principal))))
}

/// `POST /console/links/preview`
async fn preview(State(state): State<ApiState>, query: Query, request: Request) -> Result<Json<Session>, ApiError> {
    query.finish()?;
    let (mut fields, _) = credentials(&state, request).await?;
    let link = fields.hidden_text("link");
    if link.is_none() && !fields.has_problems() {
        fields.problem(Problem {
            expected: Some("`link`".to_owned()),
            ..Problem::new("invalid.value", "the link is missing")
        });
    }
    fields.finish(&["link"])?;
    Ok(Json(view(&state.access.look_at_link(&link.unwrap_or_default()).await?)))
}

/// The body of a request that the console alone makes, and the request's headers.
async fn credentials(state: &ApiState, request: Request) -> Result<(Fields, HeaderMap), ApiError> {
    let (parts, body) = request.into_parts();
    if !has_console_header(&parts.headers) {
        let message = format!("the header `{CONSOLE}` is missing: only the console signs in here");
        return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", message));
    }
    let kind = media_type(&parts.headers).unwrap_or_default();
    if kind != "application/json" {
        return Err(unsupported(&kind, "application/json"));
    }
    let content = read(state, &parts, body, MAX_BYTES).await?;
    Ok((fields_of(&content.bytes)?, parts.headers))
}

/// `GET /console/sessions/me`
async fn whoami(Anyone(principal): Anyone, query: Query) -> Result<Json<Session>, ApiError> {
    query.finish()?;
    Ok(Json(view(&principal)))
}

/// `DELETE /console/sessions/me`
async fn end(
    State(state): State<ApiState>,
    Extension(remote): Extension<Remote>,
    Anyone(principal): Anyone,
    headers: HeaderMap,
    mut query: Query,
) -> Result<WithCookie<StatusCode>, ApiError> {
    let everywhere = query.flag("everywhere");
    query.finish()?;
    match session_cookie(&headers, remote.tls) {
        _ if everywhere => drop(state.access.end_sessions(&principal.client_id).await?),
        Some(token) => state.access.end_token(token).await?,
        None => {
            let message = "the request is not made with a session: `everywhere=true` ends those of the client";
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad.request", message));
        }
    }
    let name = cookie_name(&headers);
    let secure = if name == SECURE_COOKIE { "; Secure" } else { "" };
    let gone = format!("{name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict{secure}");
    Ok(([(header::SET_COOKIE, gone)], StatusCode::NO_CONTENT))
}

/// `POST /console/links`: for tokens alone. A session that could make its own successor would never end.
async fn link(
    State(state): State<ApiState>,
    Anyone(principal): Anyone,
    _: Bearer,
    query: Query,
) -> Result<Json<SessionLink>, ApiError> {
    query.finish()?;
    let link = state.access.make_link(&principal).await?;
    let expires_at = state.app.origin.now() + SignedDuration::from_secs(i64::from(LINK_SECONDS));
    // In the fragment: servers and proxies, whose logs have paths, don't get to see it.
    Ok(Json(SessionLink { path: format!("/sign-in#link={}", link.token.expose()), expires_at: expires_at.into() }))
}

fn view(principal: &Principal) -> Session {
    Session {
        client_id: principal.client_id.clone(),
        person: principal.person.clone(),
        scopes: principal.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
    }
}

pub(crate) fn cookie(session: &NewSession, secure: bool) -> String {
    let (name, secure) = if secure { (SECURE_COOKIE, "; Secure") } else { (SESSION_COOKIE, "") };
    format!(
        "{name}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        session.token.expose(),
        session.expires_in
    )
}

/// Whether the browser came by TLS: to us, or to a proxy before us, by the page's own origin, about which browsers don't lie.
fn is_secure(remote: Remote, headers: &HeaderMap) -> bool {
    let origin = headers.get(header::ORIGIN).and_then(|origin| origin.to_str().ok());
    remote.tls || origin.is_some_and(|origin| origin.starts_with("https://"))
}
