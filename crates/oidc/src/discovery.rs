//! What a provider says of itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use waypost_oauth::token_url;
use waypost_reach::{Client, HeaderMap, HeaderValue, Limits, Method, Url, header};

/// How long a provider may take, and how much it may answer.
const LIMITS: Limits = Limits { time: Duration::from_secs(10), answer: 512 * 1024 };

/// Where a provider is asked for what.
#[derive(Clone, Debug)]
pub(crate) struct Endpoints {
    pub(crate) authorization: Url,
    pub(crate) token: Url,
    pub(crate) keys: Url,
    /// Where people sign out of the provider (RP-Initiated Logout 1.0), if it offers that.
    pub(crate) end_session: Option<Url>,
    /// Whether its answers name it (RFC 9207 section 3).
    pub(crate) names_itself: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// Asks a provider where its endpoints are.
///
/// # Errors
/// It can't be reached, or its answer can't be used, in words.
pub(crate) async fn discover(http: &Client, issuer: &str, has_secret: bool) -> Result<Endpoints, String> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let address = token_url(&address)?;
    let document: Document = read(&get(http, &address).await?, &address)?;
    // Section 4.3: else one provider could speak for another.
    if document.issuer != issuer {
        return Err(format!("`{address}` is of the issuer `{}`, and `--oidc-issuer` is `{issuer}`", document.issuer));
    }
    // The default is client_secret_basic; who offers nothing else says so in vain here.
    if let Some(methods) = document.token_endpoint_auth_methods_supported
        && has_secret
        && !methods.iter().any(|method| method == "client_secret_post")
    {
        return Err(format!(
            "expected `client_secret_post` among its ways to prove a client, found {}",
            methods.join(", ")
        ));
    }
    let url = |member: &str, text: &str| token_url(text).map_err(|why| format!("`{member}` of `{address}`: {why}"));
    Ok(Endpoints {
        authorization: url("authorization_endpoint", &document.authorization_endpoint)?,
        token: url("token_endpoint", &document.token_endpoint)?,
        keys: url("jwks_uri", &document.jwks_uri)?,
        end_session: document.end_session_endpoint.map(|text| url("end_session_endpoint", &text)).transpose()?,
        names_itself: document.authorization_response_iss_parameter_supported,
    })
}

/// What is at an address.
///
/// # Errors
/// Nothing, in words.
pub(crate) async fn get(http: &Client, url: &Url) -> Result<Vec<u8>, String> {
    let headers = HeaderMap::from_iter([(header::ACCEPT, HeaderValue::from_static("application/json"))]);
    let answer = http.send(Method::GET, url, (headers, None), LIMITS).await;
    let answer = answer.map_err(|why| format!("`{url}`: {why}"))?;
    if !answer.status.is_success() {
        return Err(format!("`{url}` answered {}", answer.status));
    }
    if answer.cut {
        return Err(format!("`{url}` answered more than {} bytes", LIMITS.answer));
    }
    Ok(answer.body.to_vec())
}

fn read<T: DeserializeOwned>(body: &[u8], url: &Url) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|error| format!("`{url}` does not describe an OpenID provider: {error}"))
}
