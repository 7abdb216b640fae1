//! Token endpoints of OAuth 2: access tokens by client credentials (RFC 6749 section 4.4), refresh tokens (section 6), device codes
//! (RFC 8628) and authorization codes (RFC 6749 section 4.1.3, RFC 7636).
//!
//! Requests go through the guard of `waypost-reach`. What an endpoint says is told on one line, cut, and without what is secret.

use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use thiserror::Error;
use waypost_reach::{Client, HeaderMap, HeaderValue, Limits, Secrets, Url, header, web_url};

/// How long an endpoint may take, and how much it may answer.
const LIMITS: Limits = Limits { time: Duration::from_secs(30), answer: 64 * 1024 };

/// So many characters of an endpoint's own words are told.
const MOST_WORDS: usize = 300;

/// The grant of RFC 8628 section 3.4.
const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Reads the address of a token endpoint.
///
/// # Errors
/// What is wrong with it. Secrets are sent there: without TLS only to this machine.
pub fn token_url(text: &str) -> Result<Url, String> {
    let url = web_url(text).map_err(|error| format!("expected a URL such as https://login.example/token: {error}"))?;
    if may_have_secrets(&url) { Ok(url) } else { Err("expected https://: a secret is sent there".to_owned()) }
}

/// Whether a secret may be sent there: by TLS, or to this machine.
#[must_use]
pub fn may_have_secrets(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let here =
        host == "localhost" || host.trim_matches(['[', ']']).parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback());
    url.scheme() == "https" || here
}

/// Who asks for tokens, and where.
pub struct OauthClient {
    /// The token endpoint.
    pub token_url: Url,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; public clients have none.
    pub secret: Option<String>,
    /// What is asked for.
    pub scope: Option<String>,
}

/// What a token is asked for by.
#[derive(Clone, Copy)]
pub enum Grant<'g> {
    /// By the client's own credentials.
    ClientCredentials,
    /// A refresh token.
    RefreshToken(&'g str),
    /// A device code that a person was asked to confirm.
    DeviceCode(&'g str),
    /// A code that a browser brought back.
    AuthorizationCode {
        /// The code.
        code: &'g str,
        /// What shows that who asks is who began (RFC 7636 section 4.5).
        verifier: &'g str,
        /// Where the browser was sent back to.
        redirect_uri: &'g str,
    },
}

impl Grant<'_> {
    fn secrets(&self) -> Vec<&str> {
        match self {
            Self::ClientCredentials => Vec::new(),
            Self::RefreshToken(secret) | Self::DeviceCode(secret) => vec![secret],
            Self::AuthorizationCode { code, verifier, .. } => vec![code, verifier],
        }
    }
}

/// What an endpoint answers (RFC 6749 section 5.1).
#[derive(Deserialize)]
pub struct Granted {
    /// The token.
    pub access_token: String,
    /// How long it lasts, in seconds, if that is said.
    pub expires_in: Option<u64>,
    /// Another refresh token, in place of the one before.
    pub refresh_token: Option<String>,
    /// Who was signed in, where that was asked for (OpenID Connect Core 1.0 section 3.1.3.3).
    pub id_token: Option<String>,
}

/// What a person is asked to confirm (RFC 8628 section 3.2).
#[derive(Deserialize)]
pub struct Device {
    /// What the token is asked for by: a secret.
    pub device_code: String,
    /// What the person types.
    pub user_code: String,
    /// Where. Google calls it by another name.
    #[serde(alias = "verification_url")]
    pub verification_uri: String,
    /// How long the person has, in seconds.
    pub expires_in: u64,
    /// How often to ask, in seconds.
    #[serde(default = "usual_interval")]
    pub interval: u64,
}

fn usual_interval() -> u64 {
    5
}

/// Why there is no token.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{told}")]
pub struct Refusal {
    /// In words, without anything secret.
    pub told: String,
    /// The endpoint's error code, such as `invalid_grant`; none if it was not reached or spoke otherwise.
    pub code: Option<String>,
}

/// What an endpoint answers if it gives none (RFC 6749 section 5.2).
#[derive(Default, Deserialize)]
#[serde(default)]
struct Denied {
    error: String,
    error_description: String,
}

impl fmt::Debug for OauthClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthClient").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl OauthClient {
    /// Asks for a token.
    ///
    /// # Errors
    /// The endpoint can't be reached, or gives none.
    pub async fn ask(&self, http: &Client, grant: Grant<'_>) -> Result<Granted, Refusal> {
        self.post(http, &self.token_url, self.form(grant), grant.secrets(), "access_token").await
    }

    /// The form of a request for a token.
    fn form(&self, grant: Grant<'_>) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        match grant {
            Grant::ClientCredentials => form.append_pair("grant_type", "client_credentials"),
            Grant::RefreshToken(token) => {
                form.append_pair("grant_type", "refresh_token").append_pair("refresh_token", token)
            }
            Grant::DeviceCode(code) => form.append_pair("grant_type", DEVICE_CODE).append_pair("device_code", code),
            Grant::AuthorizationCode { code, verifier, redirect_uri } => form
                .append_pair("grant_type", "authorization_code")
                .append_pair("code", code)
                .append_pair("code_verifier", verifier)
                .append_pair("redirect_uri", redirect_uri),
        };
        form.append_pair("client_id", &self.client_id);
        for (name, value) in [("client_secret", &self.secret), ("scope", &self.scope)] {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
        form.finish()
    }

    /// Asks for a code that a person confirms.
    ///
    /// # Errors
    /// The endpoint can't be reached, or gives none.
    pub async fn device(&self, http: &Client, device_url: &Url) -> Result<Device, Refusal> {
        let form = {
            let mut form = form_urlencoded::Serializer::new(String::new());
            form.append_pair("client_id", &self.client_id);
            if let Some(scope) = &self.scope {
                form.append_pair("scope", scope);
            }
            form.finish()
        };
        self.post(http, device_url, form, Vec::new(), "device_code").await
    }

    async fn post<T: DeserializeOwned>(
        &self,
        http: &Client,
        url: &Url,
        form: String,
        secrets: Vec<&str>,
        wanted: &str,
    ) -> Result<T, Refusal> {
        let host = url.host_str().unwrap_or_default();
        let refused = |told: String| Refusal { told, code: None };
        let fields = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded")),
            (header::ACCEPT, HeaderValue::from_static("application/json")),
        ];
        let answer = http.post(url, HeaderMap::from_iter(fields), form.into(), LIMITS).await;
        let answer = answer.map_err(|why| refused(format!("the token endpoint at {host}: {why}")))?;
        let (status, body) = (answer.status, answer.body);
        if answer.cut {
            return Err(refused(format!("the token endpoint at {host} answered more than {} bytes", LIMITS.answer)));
        }
        if status.is_success() {
            // What is wrong with a body that holds a token is not told word for word.
            return serde_json::from_slice(&body)
                .map_err(|_| refused(format!("the token endpoint at {host} answered {status} without an {wanted}")));
        }
        let Denied { error, error_description } = serde_json::from_slice(&body).unwrap_or_default();
        let code = Some(error.clone()).filter(|code| !code.is_empty());
        let secrets = Secrets::new(self.secret.as_deref().into_iter().chain(secrets));
        let words = [error, error_description].map(|words| plain(&words, &secrets));
        let words: Vec<&str> = words.iter().map(String::as_str).filter(|words| !words.is_empty()).collect();
        let words = if words.is_empty() { String::new() } else { format!(": {}", words.join(", ")) };
        Err(Refusal { told: format!("the token endpoint at {host} answered {status}{words}"), code })
    }
}

/// An endpoint's own words: not too many, on one line, and without what nobody may see.
fn plain(words: &str, secrets: &Secrets) -> String {
    secrets.hidden_in(words).chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_WORDS).collect()
}
