//! How a client is made.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

use crate::retry::Retries;
use crate::token::TokenSource;
use crate::transport::{OnLimit, Transport};
use crate::{Client, Error, Result};

/// What a client is to be.
#[must_use]
pub struct ClientBuilder {
    url: String,
    credentials: Option<(String, String)>,
    scope: Option<String>,
    token: Option<String>,
    timeout: Duration,
    retries: Retries,
    on_limit: Option<OnLimit>,
}

impl ClientBuilder {
    pub(crate) fn new(url: String) -> Self {
        Self {
            url,
            credentials: None,
            scope: None,
            token: None,
            timeout: Duration::from_secs(60),
            retries: Retries::default(),
            on_limit: None,
        }
    }

    /// The OAuth client's id and secret.
    pub fn credentials(mut self, id: impl Into<String>, secret: impl Into<String>) -> Self {
        self.credentials = Some((id.into(), secret.into()));
        self
    }

    /// Fewer scopes than the client has, separated by spaces.
    pub fn scope(mut self, scope: impl Into<String>) -> Self {
        self.scope = Some(scope.into());
        self
    }

    /// A token that is there already. Without credentials beside it, the client is over when it ends.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long one request may take; a minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often and how patiently requests that failed are sent again.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// What is called before each wait that a rate limit asks for, with the time that is waited.
    pub fn on_limit(mut self, told: impl Fn(Duration) + Send + Sync + 'static) -> Self {
        self.on_limit = Some(Box::new(told));
        self
    }

    /// Makes the client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that is none, and without credentials or token.
    pub fn build(self) -> Result<Client> {
        let url = self.url.trim_end_matches('/').to_owned();
        if reqwest::Url::parse(&url).is_ok_and(|url| !["http", "https"].contains(&url.scheme())) || !url.contains("://")
        {
            return Err(Error::Configuration(format!("`{url}` is not an address such as http://127.0.0.1:8080")));
        }
        if self.credentials.is_none() && self.token.is_none() {
            return Err(Error::Configuration("a client needs credentials, or a token".to_owned()));
        }
        let http = reqwest::Client::builder()
            .timeout(self.timeout)
            .user_agent(concat!("waypost-client/", env!("CARGO_PKG_VERSION")))
            // A token must not follow a redirect to somebody else, and this API has none.
            .redirect(reqwest::redirect::Policy::none())
            .tls_backend_preconfigured(tls()?)
            .build()
            .map_err(|error| Error::Configuration(error.to_string()))?;
        let token = TokenSource::new(self.credentials, self.scope, self.token);
        Ok(Client(Arc::new(Transport::new(http, url, token, (self.retries, self.on_limit)))))
    }
}

/// Trusts the certificates of `SSL_CERT_FILE`, or else the system's.
fn tls() -> Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    let found = rustls_native_certs::load_native_certs();
    if let (true, Some(error)) = (found.certs.is_empty(), found.errors.first())
        && std::env::var_os("SSL_CERT_FILE").is_some()
    {
        return Err(Error::Configuration(format!("can't read the certificates of SSL_CERT_FILE: {error}")));
    }
    roots.add_parsable_certificates(found.certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| Error::Configuration(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
