//! How a client is made.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};

use crate::retry::Retries;
use crate::token::TokenSource;
use crate::transport::{Limit, OnLimit, Transport};
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

    /// An existing token. Without credentials beside it, the client is unusable once the token expires.
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// How long one request may take; a minute by default.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How often, and with which pauses, failed requests are sent again.
    pub fn retries(mut self, retries: Retries) -> Self {
        self.retries = retries;
        self
    }

    /// What is called before each wait that a limit asks for, with the time that is waited.
    pub fn on_limit(mut self, told: impl Fn(Limit, Duration) + Send + Sync + 'static) -> Self {
        self.on_limit = Some(Box::new(told));
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`] for an address that is none, and without credentials or token.
    pub fn build(self) -> Result<Client> {
        let url = address(&self.url)?;
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

/// The address of a server as clients use it, without a `/` at the end.
///
/// # Errors
/// [`Error::Configuration`]. It never repeats the text: of a broken address, any part may be a password.
pub fn address(written: &str) -> Result<String> {
    let refuse = |why: &str| {
        Err(Error::Configuration(format!("the server's address {why}: expected one such as http://127.0.0.1:8080")))
    };
    let written = written.trim();
    if !["http://", "https://"].iter().any(|scheme| starts_with(written, scheme)) {
        return refuse("does not begin with http:// or https://");
    }
    let url = match reqwest::Url::parse(written) {
        Ok(url) => url,
        Err(error) => return refuse(&format!("is not valid ({error})")),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return refuse("must not contain a user or a password");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("must not contain a query or a fragment");
    }
    Ok(written.trim_end_matches('/').to_owned())
}

fn starts_with(text: &str, scheme: &str) -> bool {
    text.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
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
