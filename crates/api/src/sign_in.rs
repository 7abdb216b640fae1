//! `/console/sign-in`: what ways into the console there are, and the way by OpenID Connect. A browser goes through it as through pages: refusals
//! are pages, too.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use waypost_app::access::people::{People, PersonError, Returned, SIGN_IN_SECONDS, SignInProblem};
use waypost_wire::session::{SignInProvider, SignInWays};

use crate::auth;
use crate::context::{ForPeople, Remote};
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::open;
use crate::query::Query;
use crate::sessions;
use crate::state::ApiState;

/// The cookie that a sign-in is kept in until the browser comes back.
const COOKIE: &str = "waypost_sign_in";

/// The same where the page came by TLS (RFC 6265bis section 4.1.3.2).
const SECURE_COOKIE: &str = "__Host-waypost_sign_in";

/// Below the server's address: where a sign-in begins.
const BEGIN: &str = "/api/v2/console/sign-in/oidc";

/// A page of words: nothing is loaded, run or sent.
const PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .get(
            "/console/sign-in",
            ways,
            open("getConsoleSignIn", "The ways to sign in to the console, other than a client's secret")
                .answers::<SignInWays>(),
        )
        .get(
            "/console/sign-in/oidc",
            begin,
            open("getConsoleSignInOidc", "Start sign-in by OpenID Connect: redirects a browser to the provider")
                .text("next", "Where in the console to go afterwards, such as `/queues`.")
                .empty(StatusCode::SEE_OTHER)
                .refuses(&[404]),
        )
        .get(
            "/console/sign-in/oidc/callback",
            finish,
            open("getConsoleSignInOidcCallback", "Return address for the provider: sets the session's cookie")
                .text("state", "Names the sign-in.")
                .text("code", "The code by which the provider confirms the sign-in.")
                .text("iss", "The issuer that answers (RFC 9207).")
                .text("error", "Why the provider refused the sign-in.")
                .text("error_description", "The same in the provider's words.")
                .empty(StatusCode::SEE_OTHER)
                .refuses(&[404]),
        )
        .get(
            "/console/sign-in/oidc/end",
            end,
            open("getConsoleSignInOidcEnd", "Sign out of the provider: redirects a browser there, if it offers that")
                .empty(StatusCode::SEE_OTHER)
                .refuses(&[404]),
        )
}

/// `GET /console/sign-in`
async fn ways(State(state): State<ApiState>, query: Query) -> Result<Json<SignInWays>, ApiError> {
    query.finish()?;
    let oidc = state
        .settings
        .people
        .as_ref()
        .map(|people| SignInProvider { name: people.provider_name().to_owned(), path: BEGIN.to_owned() });
    Ok(Json(SignInWays { oidc }))
}

/// `GET /console/sign-in/oidc`
async fn begin(State(state): State<ApiState>, mut query: Query) -> Result<Response, ApiError> {
    let next = query.text("next").unwrap_or_default();
    query.finish()?;
    let people = people(&state)?;
    match people.begin(&state.app, &next).await {
        Ok(begun) => {
            let cookie = cookie(people, &begun.kept, SIGN_IN_SECONDS);
            Ok(redirect(begun.location.as_str(), &[cookie]))
        }
        Err(error) => Ok(refusal(people, error)),
    }
}

/// `GET /console/sign-in/oidc/callback`: providers add parameters of their own.
async fn finish(
    State(state): State<ApiState>,
    Extension(remote): Extension<Remote>,
    headers: HeaderMap,
    mut query: Query,
) -> Result<Response, ApiError> {
    let people = people(&state)?;
    let returned = Returned {
        state: query.text("state"),
        code: query.text("code"),
        issuer: query.text("iss"),
        error: query.text("error"),
        description: query.text("error_description"),
    };
    let kept = auth::cookie(&headers, cookie_name(people));
    let finished = people.finish((&state.app, &state.access), kept, &returned, remote.client).await;
    Ok(match finished {
        // The sign-in is over, and so is what the browser kept.
        Ok((session, next)) => {
            redirect(&next, &[sessions::cookie(&session, people.is_secure()), cookie(people, "", 0)])
        }
        Err(error) => refusal(people, error),
    })
}

/// `GET /console/sign-in/oidc/end`
async fn end(State(state): State<ApiState>, query: Query) -> Result<Response, ApiError> {
    query.finish()?;
    let people = people(&state)?;
    Ok(match people.sign_out().await {
        Ok(Some(location)) => redirect(location.as_str(), &[]),
        Ok(None) => redirect("/sign-in", &[]),
        // The session here has ended; that is what counts.
        Err(error) => {
            tracing::warn!(%error, "sign-out at the identity provider is not possible");
            redirect("/sign-in", &[])
        }
    })
}

fn people(state: &ApiState) -> Result<&People, ApiError> {
    let none = || ApiError::not_found("not.found", "this server has no identity provider (`--oidc-issuer`)");
    state.settings.people.as_deref().ok_or_else(none)
}

fn cookie_name(people: &People) -> &'static str {
    if people.is_secure() { SECURE_COOKIE } else { COOKIE }
}

/// `SameSite=Lax`: the provider's answer comes from another site.
fn cookie(people: &People, value: &str, seconds: u32) -> String {
    let (name, secure) = (cookie_name(people), if people.is_secure() { "; Secure" } else { "" });
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

fn redirect(location: &str, cookies: &[String]) -> Response {
    let location = HeaderValue::from_str(location).unwrap_or(HeaderValue::from_static("/"));
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response();
    for cookie in cookies.iter().filter_map(|cookie| HeaderValue::from_str(cookie).ok()) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    private(response)
}

/// Neither kept on the way, nor told to where the browser goes next.
fn private(mut response: Response) -> Response {
    let fields: [(HeaderName, &'static str); 2] =
        [(header::CACHE_CONTROL, "no-store"), (header::REFERRER_POLICY, "no-referrer")];
    for (name, value) in fields {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// Why nobody was signed in, on a page for the person alone.
fn refusal(people: &People, error: PersonError) -> Response {
    let mut told = vec![sentence(&error.to_string())];
    let status = match &error {
        PersonError::NotBegun => StatusCode::BAD_REQUEST,
        // Anybody can ask for this page: addresses of the operator's network are the log's alone.
        PersonError::Provider(SignInProblem::Unusable(_)) => {
            told = vec!["The identity provider can't be used at the moment; the server's log tells why.".to_owned()];
            StatusCode::BAD_GATEWAY
        }
        PersonError::Provider(_) | PersonError::Disabled(_) => StatusCode::FORBIDDEN,
        PersonError::NoGrant { name, claim, groups } => {
            told.push(format!("You signed in as {name}."));
            told.push(if groups.is_empty() {
                format!("The identity provider names no groups of yours (claim {claim}).")
            } else {
                format!("Groups that it names (claim {claim}): {}.", groups.join(", "))
            });
            told.push("Ask an administrator of this server to grant one of your groups something.".to_owned());
            StatusCode::FORBIDDEN
        }
        PersonError::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        PersonError::Seal(_) | PersonError::Store(_) => {
            tracing::error!(%error, "sign-in through the identity provider is not possible");
            told = vec!["The server failed; see its log.".to_owned()];
            StatusCode::SERVICE_UNAVAILABLE
        }
    };
    if let PersonError::Provider(problem) = &error {
        tracing::warn!(%problem, "sign-in refused");
    }
    let told: String = told.iter().map(|line| format!("  <p>{}</p>\n", escaped(line))).collect();
    let page = format!(
        "<!doctype html>\n<html lang=\"en\">\n  <meta charset=\"utf-8\">\n  \
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n  <meta name=\"color-scheme\" content=\"light dark\">\n  \
         <title>Not signed in · Waypost</title>\n  <h1>You are not signed in</h1>\n{told}  <p><a href=\"/sign-in\">Back to signing in</a></p>\n</html>\n"
    );
    let fields = [(header::CONTENT_TYPE, "text/html; charset=utf-8"), (header::CONTENT_SECURITY_POLICY, PAGE)];
    let mut response = (status, fields, page).into_response();
    response.extensions_mut().insert(ForPeople);
    if let PersonError::Throttled { seconds } = error
        && let Ok(seconds) = HeaderValue::from_str(&seconds.to_string())
    {
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    // Another attempt begins anew.
    if let Ok(gone) = HeaderValue::from_str(&cookie(people, "", 0)) {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    private(response)
}

fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use waypost_app::access::people::CALLBACK;

    use super::*;

    #[test]
    fn somebody_elses_words_are_text() {
        assert_eq!(escaped("<script>\"&'"), "&lt;script&gt;&quot;&amp;&#39;");
        assert_eq!(sentence("the identity provider refused: x"), "The identity provider refused: x.");
    }

    #[test]
    fn the_callback_is_below_where_it_begins() {
        assert_eq!(CALLBACK, format!("{BEGIN}/callback"));
    }
}
