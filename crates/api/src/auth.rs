//! Who asks, whether too often, and whether the token grants what an endpoint wants.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::time::timeout;
use waypost_app::access::scopes::{Scope, Scopes};
use waypost_app::access::{Access, Principal, TokenError};
use waypost_store::error::StoreError;

use crate::context::Remote;
use crate::error::ApiError;
use crate::ratelimit::{Ask, RateLimiter, Standing, Turn, WINDOW};
use crate::state::ApiState;

/// Beside this header a session's cookie counts. No other site can make a browser send it: that takes leave by CORS, which is never given.
/// What a browser asks for by itself, such as a link to an attachment, has no cookie that counts either.
pub const CONSOLE: HeaderName = HeaderName::from_static("waypost-console");

/// The cookie of the console's session, where the page came unencrypted.
pub const SESSION_COOKIE: &str = "waypost_session";

/// The same where the page came by TLS: by its name no other host, and nothing unencrypted, can set it (RFC 6265bis section 4.1.3.2).
pub const SECURE_COOKIE: &str = "__Host-waypost_session";

/// What sessions are counted under, apart from the client's programs. No client's id has a colon.
const CONSOLE_REQUESTS: &str = "console:";

const COUNT: HeaderName = HeaderName::from_static("inin-ratelimit-count");
const ALLOWED: HeaderName = HeaderName::from_static("inin-ratelimit-allowed");
const RESET: HeaderName = HeaderName::from_static("inin-ratelimit-reset");

/// What a request's token proved, in the request's extensions. A refusal is only answered by endpoints that want a token, so
/// that unknown paths and wrong methods are told to anybody.
#[derive(Clone)]
enum Identity {
    Proven(Principal),
    Refused(ApiError),
}

/// Reads the token and counts the request against its client's limit.
pub async fn layer(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let tls = is_tls(request.extensions());
    let identity = identify(&state, request.headers(), tls).await;
    let standing = match &identity {
        // People who look must not use up what programs need, nor the other way round.
        Identity::Proven(principal) if bearer(request.headers()).is_none() => {
            count(&state, &state.console_limiter, &format!("{CONSOLE_REQUESTS}{}", principal.client_id)).await
        }
        Identity::Proven(principal) => count(&state, &state.limiter, &principal.client_id).await,
        Identity::Refused(_) => None,
    };
    request.extensions_mut().insert(identity);
    let mut response = match standing {
        Some(standing) if !standing.admitted => too_many(standing).into_response(),
        _ => next.run(request).await,
    };
    if let Some(standing) = standing {
        let headers = response.headers_mut();
        headers.insert(COUNT, HeaderValue::from(standing.count));
        headers.insert(ALLOWED, HeaderValue::from(standing.allowed));
        headers.insert(RESET, HeaderValue::from(standing.reset_seconds));
    }
    response
}

/// Counts a request as soon as enough is known of those that other nodes let in.
async fn count(state: &ApiState, limiter: &Arc<RateLimiter>, client: &str) -> Option<Standing> {
    loop {
        match limiter.turn(client, Instant::now(), state.app.origin.now().as_second()) {
            Turn::Counted(standing) => return standing,
            // Apart from the request: a client that hangs up must not end what others wait for.
            Turn::Ask(ask) => drop(tokio::spawn(ask_other_nodes(Arc::clone(&state.access), ask))),
            Turn::Wait(mut ended, time) => drop(timeout(time, ended.changed()).await),
        }
    }
}

/// Learns how many requests of a client other nodes let in, and tells them of this node's.
async fn ask_other_nodes(access: Arc<Access>, ask: Ask) {
    match access.share_requests(&ask.client, &ask.owed, ask.since).await {
        Ok(others) => ask.learn(others),
        // What is not known is not held against the client.
        Err(error) => tracing::debug!(%error, "the requests at other nodes are not known"),
    }
}

fn too_many(standing: Standing) -> ApiError {
    let message = format!(
        "Rate limit exceeded the maximum [{}] requests within [{}] seconds",
        standing.allowed,
        WINDOW.as_secs()
    );
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "too.many.requests", message).retry_after(standing.reset_seconds)
}

async fn identify(state: &ApiState, headers: &HeaderMap, tls: bool) -> Identity {
    let (what, found) = match (bearer(headers), session_cookie(headers, tls)) {
        (Some(token), _) => ("token", state.access.authenticate(token).await),
        (None, Some(token)) => ("session", state.access.session(token).await),
        (None, None) => {
            return Identity::Refused(unauthorized(
                "authentication.required",
                "no bearer token in the Authorization header",
            ));
        }
    };
    match found {
        // What another node answered a moment ago must be there on this one: a client need not know that there are several.
        Ok(principal) => match state.app.catalogue.catch_up().await {
            Ok(()) => Identity::Proven(principal),
            Err(error) => Identity::Refused(error.into()),
        },
        Err(TokenError::Unknown) => {
            Identity::Refused(unauthorized("bad.credentials", &format!("the {what} is not valid")))
        }
        Err(TokenError::Expired) => {
            Identity::Refused(unauthorized("credentials.expired", &format!("the {what} has expired")))
        }
        Err(TokenError::Store(error)) => Identity::Refused(error.into()),
    }
}

/// The token, if there is one: the official Python SDK sends the word `Bearer` alone when it has none.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Whether a request says that it comes from the console.
pub(crate) fn has_console_header(headers: &HeaderMap) -> bool {
    headers.contains_key(CONSOLE)
}

/// Whether a request came encrypted to this server itself.
fn is_tls(extensions: &Extensions) -> bool {
    extensions.get::<Remote>().is_some_and(|remote| remote.tls)
}

/// The session of a request from the console. Over TLS only the cookie counts that nobody else can set; before a proxy that ends TLS this
/// is not known here, and it goes before the other.
pub(crate) fn session_cookie(headers: &HeaderMap, tls: bool) -> Option<&str> {
    if !has_console_header(headers) {
        return None;
    }
    let plain = || cookie(headers, SESSION_COOKIE).filter(|_| !tls);
    cookie(headers, SECURE_COOKIE).or_else(plain)
}

/// The name of the cookie that a request's session is in.
pub(crate) fn cookie_name(headers: &HeaderMap) -> &'static str {
    if cookie(headers, SECURE_COOKIE).is_some() { SECURE_COOKIE } else { SESSION_COOKIE }
}

pub(crate) fn cookie<'h>(headers: &'h HeaderMap, wanted: &str) -> Option<&'h str> {
    let cookies = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == wanted && !value.is_empty()).map(|(_, value)| value)
}

fn unauthorized(code: &'static str, message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, code, message).header(header::WWW_AUTHENTICATE, "Bearer realm=\"waypost\"")
}

/// A scope as a type, so that an endpoint's signature says what it wants.
pub trait Wanted: Send + Sync + 'static {
    /// The scope.
    const SCOPE: Scope;
}

macro_rules! wanted {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $($(#[$doc])* #[derive(Debug)] pub struct $name;
        impl Wanted for $name {
            const SCOPE: Scope = Scope::$name;
        })*
    };
}

wanted! {
    /// `flow:read`
    FlowRead
    /// `flow:write`
    FlowWrite
    /// `routing:read`
    RoutingRead
    /// `routing:write`
    RoutingWrite
    /// `email:read`
    EmailRead
    /// `email:write`
    EmailWrite
    /// `admin`
    Admin
}

/// The client that asks. Extracting it fails with 401 without a good token, and with 403 if the token lacks the scope `S`.
#[derive(Debug)]
pub struct Caller<S> {
    /// The client's id.
    pub client: String,
    granted: Scopes,
    wanted: PhantomData<S>,
}

impl<S> Caller<S> {
    /// What the token grants.
    pub fn scopes(&self) -> Scopes {
        self.granted
    }

    /// Whether the token grants another scope as well.
    pub fn may(&self, scope: Scope) -> bool {
        self.granted.allow(scope)
    }

    /// Refuses a token that does not grant what this request needs beside the endpoint's scope, if it needs anything.
    ///
    /// # Errors
    /// 403 that names the scope.
    pub fn must(&self, scope: Option<Scope>) -> Result<(), ApiError> {
        match scope.filter(|scope| !self.may(*scope)) {
            Some(scope) => Err(ApiError::missing_scope(scope)),
            None => Ok(()),
        }
    }
}

impl<S: Wanted> FromRequestParts<ApiState> for Caller<S> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Proven(principal)) if principal.scopes.allow(S::SCOPE) => {
                Ok(Self { client: principal.client_id.clone(), granted: principal.scopes, wanted: PhantomData })
            }
            Some(Identity::Proven(_)) => Err(ApiError::missing_scope(S::SCOPE)),
            Some(Identity::Refused(error)) => Err(error.clone()),
            None => Err(unauthorized("authentication.required", "no bearer token in the Authorization header")),
        }
    }
}

/// Who asks, whatever the token or the session grants.
#[derive(Debug)]
pub struct Anyone(pub Principal);

impl FromRequestParts<ApiState> for Anyone {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        match parts.extensions.get::<Identity>() {
            Some(Identity::Proven(principal)) => Ok(Self(principal.clone())),
            Some(Identity::Refused(error)) => Err(error.clone()),
            None => Err(unauthorized("authentication.required", "no bearer token in the Authorization header")),
        }
    }
}

/// What proved who asks, kept by what goes on for longer than a request. It is a secret: this type can't be printed.
pub struct Proof {
    token: String,
    session: bool,
}

impl Proof {
    /// Who holds it still; none if it has ended.
    ///
    /// # Errors
    /// The store.
    pub async fn holds(&self, state: &ApiState) -> Result<Option<Principal>, StoreError> {
        let found = if self.session {
            state.access.session(&self.token).await
        } else {
            state.access.authenticate(&self.token).await
        };
        match found {
            Ok(principal) => Ok(Some(principal)),
            Err(TokenError::Unknown | TokenError::Expired) => Ok(None),
            Err(TokenError::Store(error)) => Err(error),
        }
    }
}

impl FromRequestParts<ApiState> for Proof {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        match (bearer(&parts.headers), session_cookie(&parts.headers, is_tls(&parts.extensions))) {
            (Some(token), _) => Ok(Self { token: token.to_owned(), session: false }),
            (None, Some(token)) => Ok(Self { token: token.to_owned(), session: true }),
            (None, None) => Err(unauthorized("authentication.required", "no bearer token in the Authorization header")),
        }
    }
}

/// The token of a request, whatever it grants. It is a secret: this type can't be printed.
pub struct Bearer(pub String);

impl FromRequestParts<ApiState> for Bearer {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, ApiError> {
        match (parts.extensions.get::<Identity>(), bearer(&parts.headers)) {
            (Some(Identity::Proven(_)), Some(token)) => Ok(Self(token.to_owned())),
            (Some(Identity::Refused(error)), _) => Err(error.clone()),
            _ => Err(unauthorized("authentication.required", "no bearer token in the Authorization header")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_clients_send_them() {
        for (value, token) in [
            ("Bearer abc", Some("abc")),
            ("bearer  abc ", Some("abc")),
            ("Bearer ", None),
            ("Bearer", None),
            ("", None),
            ("Basic abc", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, HeaderValue::from_static(value));
            assert_eq!(bearer(&headers), token, "{value:?}");
        }
    }

    #[test]
    fn a_session_counts_beside_the_header_alone() {
        for (cookie, session) in [
            ("waypost_session=abc", Some("abc")),
            ("a=b; waypost_session=abc; c=d", Some("abc")),
            ("waypost_session=", None),
            ("xwaypost_session=abc", None),
            ("waypost_session", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookie));
            assert_eq!(session_cookie(&headers, false), None, "{cookie:?} without the header");
            headers.insert(CONSOLE, HeaderValue::from_static("1"));
            assert_eq!(session_cookie(&headers, false), session, "{cookie:?}");
            assert_eq!(session_cookie(&headers, true), None, "{cookie:?}: anybody may have set it");
        }
    }

    #[test]
    fn the_cookie_that_nobody_else_can_set_goes_first() {
        let mut headers = HeaderMap::new();
        headers.insert(CONSOLE, HeaderValue::from_static("1"));
        let both = HeaderValue::from_static("waypost_session=planted; __Host-waypost_session=ours");
        headers.insert(header::COOKIE, both);
        for tls in [false, true] {
            assert_eq!(session_cookie(&headers, tls), Some("ours"));
        }
        assert_eq!(cookie_name(&headers), SECURE_COOKIE);
    }
}
