//! `POST /oauth/token`: client credentials for a token (RFC 6749 section 4.4).

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use waypost_app::access::secret::Secret;
use waypost_wire::token::{Token, TokenRequest};

use crate::body::{media_type, read};
use crate::context::Remote;
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::open;
use crate::state::ApiState;

const FORM: &str = "application/x-www-form-urlencoded";

/// A form of credentials is small.
const MAX_BYTES: usize = 16 << 10;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let issued = open("postOauthToken", "Get a token for a client")
        .form_body::<TokenRequest>()
        .answers::<Token>()
        .refuses(&[401, 429]);
    Endpoints::default().post("/oauth/token", issue, issued)
}

/// The endpoint.
pub async fn issue(
    State(state): State<ApiState>,
    Extension(remote): Extension<Remote>,
    request: Request,
) -> Result<Json<Token>, ApiError> {
    let (parts, body) = request.into_parts();
    let content = read(&state, &parts, body, MAX_BYTES).await?;
    match media_type(&parts.headers) {
        Some(kind) if kind != FORM && !content.bytes.is_empty() => {
            return Err(refused("invalid_request", format!("the body must be a form ({FORM}), not `{kind}`")));
        }
        _ => {}
    }
    let asked = Asked::read(&parts.headers, &content.bytes)?;
    let issued =
        state.access.issue_token(&asked.client_id, asked.secret, asked.scope.as_deref(), remote.client).await.map_err(
            |error| match ApiError::from(error) {
                // RFC 6749 section 5.2 wants the scheme named that the client may use.
                error if error.status() == StatusCode::UNAUTHORIZED => {
                    error.header(header::WWW_AUTHENTICATE, "Basic realm=\"waypost\"")
                }
                error => error,
            },
        )?;
    let token = Token {
        access_token: issued.token.expose().to_owned(),
        token_type: "bearer".to_owned(),
        expires_in: u64::from(issued.expires_in),
        scope: issued.scopes.to_string(),
    };
    Ok(Json(token))
}

/// What a client asks for.
struct Asked {
    client_id: String,
    secret: Secret,
    scope: Option<String>,
}

impl Asked {
    /// Reads header and form.
    fn read(headers: &HeaderMap, form: &[u8]) -> Result<Self, ApiError> {
        let mut grant_type = None;
        let mut client_id = None;
        let mut secret = None;
        let mut scope = None;
        for (name, value) in form_urlencoded::parse(form) {
            let slot = match name.as_ref() {
                "grant_type" => &mut grant_type,
                "client_id" => &mut client_id,
                "client_secret" => &mut secret,
                "scope" => &mut scope,
                _ => continue,
            };
            if slot.replace(value.into_owned()).is_some() {
                return Err(refused("invalid_request", format!("`{name}` appears twice")));
            }
        }
        match grant_type.as_deref() {
            Some("client_credentials") => {}
            None => return Err(refused("invalid_request", "`grant_type` is missing")),
            Some(other) => {
                let message = format!("the grant type `{other}` is not offered; `client_credentials` is");
                return Err(refused("unsupported_grant_type", message));
            }
        }
        let (client_id, secret) = match (basic(headers)?, client_id, secret) {
            (Some((id, secret)), None, None) => (id, secret),
            // Some clients name themselves in the form as well.
            (Some((id, secret)), Some(same), None) if id == same => (id, secret),
            (Some(_), ..) => {
                return Err(refused("invalid_request", "credentials are both in the header and in the form"));
            }
            (None, Some(id), Some(secret)) => (id, secret),
            (None, ..) => {
                let message = "no client credentials: send them as HTTP Basic, or as `client_id` and `client_secret`";
                return Err(ApiError::new(StatusCode::UNAUTHORIZED, "authentication.required", message)
                    .oauth("invalid_client")
                    .header(header::WWW_AUTHENTICATE, "Basic realm=\"waypost\""));
            }
        };
        Ok(Self { client_id, secret: Secret::new(secret), scope })
    }
}

/// The id and secret of an `Authorization: Basic` header, taken as they are: no client is known that encodes them as forms
/// do (RFC 6749 section 2.3.1), and the official SDKs don't.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, ApiError> {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let decoded = value
        .to_str()
        .ok()
        .and_then(|text| text.trim().split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded.trim()).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned())));
    match decoded {
        Some(credentials) => Ok(Some(credentials)),
        None => Err(refused("invalid_request", "the Authorization header is not HTTP Basic with an id and a secret")),
    }
}

fn refused(error: &'static str, message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad.request", message).oauth(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(authorization: Option<&str>, form: &str) -> Result<(String, String, Option<String>), String> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        match Asked::read(&headers, form.as_bytes()) {
            Ok(asked) => Ok((asked.client_id, asked.secret.expose().to_owned(), asked.scope)),
            Err(error) => {
                let body: serde_json::Value = serde_json::from_slice(&error.body("").unwrap()).unwrap();
                assert_eq!(body["error_description"], body["message"]);
                Err(format!("{} {}", error.status().as_u16(), body["error"].as_str().unwrap()))
            }
        }
    }

    #[test]
    fn credentials_in_header_or_form() {
        let basic = format!("Basic {}", STANDARD.encode("id:se:cret+%20"));
        let found = |scope: Option<&str>| Ok(("id".to_owned(), "se:cret+%20".to_owned(), scope.map(str::to_owned)));
        assert_eq!(ask(Some(&basic), "grant_type=client_credentials"), found(None));
        assert_eq!(
            ask(Some(&basic), "grant_type=client_credentials&client_id=id&scope=flow%3Aread+x"),
            found(Some("flow:read x"))
        );
        let form = "grant_type=client_credentials&client_id=id&client_secret=se%3Acret%2B%2520";
        assert_eq!(ask(None, form), found(None));
    }

    #[test]
    fn what_is_refused_and_how() {
        let basic = format!("basic {}", STANDARD.encode("id:secret"));
        for (authorization, form, answer) in [
            (Some(basic.as_str()), "", "400 invalid_request"),
            (Some(&basic), "grant_type=password", "400 unsupported_grant_type"),
            (Some(&basic), "grant_type=client_credentials&client_secret=secret", "400 invalid_request"),
            (Some(&basic), "grant_type=client_credentials&client_id=another", "400 invalid_request"),
            (Some(&basic), "grant_type=client_credentials&scope=a&scope=b", "400 invalid_request"),
            (Some("Basic ???"), "grant_type=client_credentials", "400 invalid_request"),
            (Some("Bearer x"), "grant_type=client_credentials", "400 invalid_request"),
            (None, "grant_type=client_credentials", "401 invalid_client"),
            (None, "grant_type=client_credentials&client_id=id", "401 invalid_client"),
        ] {
            assert_eq!(ask(authorization, form), Err(answer.to_owned()), "{form}");
        }
    }
}
