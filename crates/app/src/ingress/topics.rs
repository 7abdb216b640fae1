//! What is asked of Amazon SNS: certificates, and confirmations of subscriptions. Nobody else is asked, whatever a request says.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use waypost_ingress::sns;
use waypost_reach::{Client, HeaderMap, Limits, Method, Unreached, Url, web_url};

use super::PostedError;

/// A certificate is a few kilobytes.
const LIMITS: Limits = Limits { time: Duration::from_secs(10), answer: 64 * 1024 };

/// Regions change their certificate once a year.
const MOST_CERTIFICATES: usize = 100;

/// Asks SNS.
pub struct Topics {
    http: Client,
    is_theirs: fn(&Url) -> bool,
    certificates: Mutex<HashMap<String, Bytes>>,
}

/// Why SNS was not asked, or did not answer.
#[derive(Debug, Error)]
pub enum TopicsProblem {
    /// The URL leads elsewhere.
    #[error("the URL is not an address of SNS")]
    Elsewhere,
    /// There was no answer.
    #[error("SNS can't be reached: {0}")]
    Unreached(#[from] Unreached),
    /// The answer was no success.
    #[error("SNS answered {0}")]
    Answered(u16),
}

impl From<TopicsProblem> for PostedError {
    fn from(problem: TopicsProblem) -> Self {
        match problem {
            TopicsProblem::Elsewhere => Self::Unproven(problem.to_string()),
            other => Self::Unverified(other.to_string()),
        }
    }
}

impl Topics {
    /// Asks SNS by this client.
    #[must_use]
    pub fn new(http: Client) -> Self {
        let is_theirs =
            |url: &Url| url.scheme() == "https" && url.port().is_none() && url.host_str().is_some_and(sns::is_host);
        Self::at(http, is_theirs)
    }

    /// Asks whoever has such a URL. For tests, which have no SNS.
    #[must_use]
    pub fn at(http: Client, is_theirs: fn(&Url) -> bool) -> Self {
        Self { http, is_theirs, certificates: Mutex::default() }
    }

    /// The certificate at a URL, in PEM.
    pub(super) async fn certificate(&self, url: &str) -> Result<Bytes, TopicsProblem> {
        let known = self.certificates().get(url).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let parsed = self.checked(url)?;
        if !parsed.path().ends_with(".pem") {
            return Err(TopicsProblem::Elsewhere);
        }
        let certificate = self.get(&parsed).await?;
        let mut certificates = self.certificates();
        if certificates.len() >= MOST_CERTIFICATES {
            certificates.clear();
        }
        certificates.insert(url.to_owned(), certificate.clone());
        Ok(certificate)
    }

    /// Says yes to a subscription.
    pub(super) async fn confirm(&self, url: &str) -> Result<(), TopicsProblem> {
        let url = self.checked(url)?;
        self.get(&url).await.map(drop)
    }

    fn checked(&self, url: &str) -> Result<Url, TopicsProblem> {
        let url = web_url(url).map_err(|_| TopicsProblem::Elsewhere)?;
        if (self.is_theirs)(&url) { Ok(url) } else { Err(TopicsProblem::Elsewhere) }
    }

    async fn get(&self, url: &Url) -> Result<Bytes, TopicsProblem> {
        let answer = self.http.send(Method::GET, url, (HeaderMap::new(), None), LIMITS).await?;
        if answer.status.is_success() && !answer.cut {
            Ok(answer.body)
        } else {
            Err(TopicsProblem::Answered(answer.status.as_u16()))
        }
    }

    fn certificates(&self) -> std::sync::MutexGuard<'_, HashMap<String, Bytes>> {
        self.certificates.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
