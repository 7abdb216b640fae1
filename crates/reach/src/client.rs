//! The HTTP client for outside servers.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, StatusCode, Url, redirect};
use rustls::{ClientConfig, RootCertStore};
use thiserror::Error;

use crate::guard::{Guard, PrivateTarget, PublicTarget};
use crate::networks::may_reach;

/// Connections that nobody uses are closed after this long.
const IDLE: Duration = Duration::from_secs(30);

/// Sends requests to outside servers.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    /// For what is secret and goes without TLS.
    inside: reqwest::Client,
    guard: Guard,
}

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the lookup of the name to the last byte of the answer.
    pub time: Duration,
    /// Bytes of the answer's body that are kept.
    pub answer: usize,
}

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// Its fields.
    pub headers: HeaderMap,
    /// Its body, or the beginning of it.
    pub body: Bytes,
    /// Whether the body went on beyond the limit.
    pub cut: bool,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum Unreached {
    /// The address must not be connected to. Nothing was sent.
    #[error(transparent)]
    Private(#[from] PrivateTarget),
    /// Something secret would have gone over the net without TLS. Nothing was sent.
    #[error(transparent)]
    Plain(#[from] PublicTarget),
    /// It took too long.
    #[error("no complete answer within {} s", .0.as_secs())]
    Late(Duration),
    /// No connection, no TLS, or no HTTP.
    #[error("{0}")]
    Failed(String),
}

/// Why there is no client.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct SetupProblem(String);

impl Client {
    /// Prepares a client that connects to what the guard lets through. It trusts the certificates of `SSL_CERT_FILE`, or else the system's.
    ///
    /// # Errors
    /// TLS can't be prepared.
    pub fn new(guard: Guard) -> Result<Self, SetupProblem> {
        let http = Self::client(&guard)?;
        let inside = Self::client(&guard.inside())?;
        Ok(Self { http, inside, guard })
    }

    fn client(guard: &Guard) -> Result<reqwest::Client, SetupProblem> {
        reqwest::Client::builder()
            .user_agent(concat!("waypost/", env!("CARGO_PKG_VERSION")))
            // A redirect is an answer: what was meant for one server must not go to another.
            .redirect(redirect::Policy::none())
            // A proxy would connect to whatever the name is for it.
            .no_proxy()
            .referer(false)
            .pool_idle_timeout(IDLE)
            .dns_resolver(Arc::new(guard.clone()))
            .tls_backend_preconfigured(tls_config()?)
            .build()
            .map_err(|error| SetupProblem(error.to_string()))
    }

    /// Sends a POST, and reads the answer.
    ///
    /// # Errors
    /// As [`Client::send`].
    pub async fn post(&self, url: &Url, headers: HeaderMap, body: Bytes, limits: Limits) -> Result<Answer, Unreached> {
        self.send(Method::POST, url, (headers, Some(body)), limits).await
    }

    /// Sends a request, and reads the answer. Headers that are marked as sensitive go without TLS to private addresses alone.
    ///
    /// # Errors
    /// There was no answer. Whether the server acted on the request is unknown then, except for [`Unreached::Private`] and [`Unreached::Plain`].
    pub async fn send(
        &self,
        method: Method,
        url: &Url,
        (headers, body): (HeaderMap, Option<Bytes>),
        limits: Limits,
    ) -> Result<Answer, Unreached> {
        let plain = url.scheme() != "https" && headers.values().any(HeaderValue::is_sensitive);
        // The connector resolves no host that is an address: it is checked here.
        let host = url.host_str().unwrap_or_default();
        if let Ok(address) = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            self.guard.literal(address)?;
            if plain && may_reach(address, &[]) {
                return Err(PublicTarget { host: host.to_owned() }.into());
            }
        }
        let failed = |error: reqwest::Error| unreached(error, limits.time);
        let http = if plain { &self.inside } else { &self.http };
        let mut request = http.request(method, url.clone()).headers(headers).timeout(limits.time);
        if let Some(body) = body {
            request = request.body(body);
        }
        let mut answer = request.send().await.map_err(failed)?;
        let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
        let (mut body, mut cut) = (BytesMut::new(), false);
        while let Some(chunk) = answer.chunk().await.map_err(failed)? {
            let room = limits.answer.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if chunk.len() > room {
                cut = true;
                break;
            }
        }
        Ok(Answer { status, headers, body: body.freeze(), cut })
    }
}

/// Why a request failed, to the cause: the outermost error alone says little.
fn unreached(error: reqwest::Error, time: Duration) -> Unreached {
    if error.is_timeout() {
        return Unreached::Late(time);
    }
    // A URL may hold what is nobody's business.
    let error = error.without_url();
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        if let Some(private) = inner.downcast_ref::<PrivateTarget>() {
            return private.clone().into();
        }
        if let Some(public) = inner.downcast_ref::<PublicTarget>() {
            return public.clone().into();
        }
        told = format!("{told}: {inner}");
        cause = inner.source();
    }
    Unreached::Failed(told)
}

/// TLS towards outside servers: it trusts the certificates of `SSL_CERT_FILE`, or else the system's.
///
/// # Errors
/// TLS can't be prepared.
pub fn tls_config() -> Result<ClientConfig, SetupProblem> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| SetupProblem(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
