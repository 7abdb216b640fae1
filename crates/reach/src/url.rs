//! URLs that requests are sent to.

use reqwest::Url;
use thiserror::Error;

/// What is wrong with a URL.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UrlProblem {
    /// It can't be read.
    #[error("not a valid URL: {0}")]
    Unreadable(String),
    /// It is for another protocol.
    #[error("expected https:// or http://, found `{0}:`")]
    Scheme(String),
    /// It names a user or holds a password, which would be stored and shown.
    #[error("a URL must not contain a user or a password")]
    Credentials,
    /// It has a fragment, which is never sent.
    #[error("a URL must not contain a fragment (`#…`)")]
    Fragment,
}

/// Reads the URL of an HTTP server. Hosts come out as they are connected to: IPv4 in whatever spelling becomes four decimal numbers, names
/// become A-labels in lower case (URL standard, section 3.5).
///
/// # Errors
/// What is wrong with it; what it holds of a password is not repeated.
pub fn web_url(text: &str) -> Result<Url, UrlProblem> {
    let url = Url::parse(text).map_err(|error| UrlProblem::Unreadable(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(UrlProblem::Scheme(url.scheme().to_owned()));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Credentials);
    }
    if url.fragment().is_some() {
        return Err(UrlProblem::Fragment);
    }
    Ok(url)
}
