//! URLs that requests are sent to.

use std::net::IpAddr;

use reqwest::Url;
use thiserror::Error;

use crate::networks::may_reach;

/// What is wrong with a URL. None repeats a part of it: of a broken URL, any part may be a password.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum UrlProblem {
    /// It can't be read: why, in words that have nothing of it.
    #[error("not a valid URL: {0}")]
    Unreadable(String),
    /// It is for another protocol, or for none.
    #[error("expected https:// or http:// at the beginning")]
    Scheme,
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
        return Err(UrlProblem::Scheme);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlProblem::Credentials);
    }
    if url.fragment().is_some() {
        return Err(UrlProblem::Fragment);
    }
    Ok(url)
}

/// Domains that nobody has in public DNS: `.local` (RFC 6762, appendix G names more that networks use), `.home.arpa` (RFC 8375), and
/// `.internal`, which ICANN keeps for private use.
const PRIVATE_DOMAINS: [&str; 8] = ["local", "internal", "home.arpa", "intranet", "private", "corp", "home", "lan"];

/// The host of a URL to which nothing secret is sent as it stands: it is without TLS, and its host is neither this machine nor in a private
/// network. What a name resolves to is only known when a request is sent. Until then it counts as public, unless it is a single word, or
/// ends in a domain that only private networks have.
#[must_use]
pub fn plain_host(url: &str) -> Option<String> {
    let url = Url::parse(url).ok().filter(|url| url.scheme() == "http")?;
    let host = url.host_str()?;
    let literal = host.trim_matches(['[', ']']).parse::<IpAddr>().ok();
    let is_private = match literal {
        Some(address) => !may_reach(address, &[]),
        None => is_private_name(host.strip_suffix('.').unwrap_or(host)),
    };
    (!is_private).then(|| host.to_owned())
}

/// Whether a name, without the root's dot, is this machine's or one of a private network. Top-level domains must have no addresses (ICANN
/// SAC 053): a single word is found by the network's search list or not at all. `localhost` and names in it are this machine (RFC 6761
/// section 6.3).
fn is_private_name(name: &str) -> bool {
    let is_in = |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'));
    !name.contains('.') || is_in("localhost") || PRIVATE_DOMAINS.iter().any(|domain| is_in(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_public_host_without_tls_is_plain() {
        for (url, host) in [
            ("http://crm.example.com/customers/${input.id}", Some("crm.example.com")),
            ("http://93.184.216.34:8080/", Some("93.184.216.34")),
            ("http://[2606:2800:220:1::1]/", Some("[2606:2800:220:1::1]")),
            ("https://crm.example.com/", None),
            ("http://localhost:8080/", None),
            ("http://app.localhost/", None),
            ("http://localhost./", None),
            ("http://LOCALHOST.:8080/", None),
            ("http://intranet/hook", None),
            ("http://crm.corp/", None),
            ("http://crm.internal./", None),
            ("http://nas.home.arpa/", None),
            ("http://printer.local/", None),
            ("http://crm.example.com./", Some("crm.example.com.")),
            ("http://internal.example.com/", Some("internal.example.com")),
            ("http://mylocal.example/", Some("mylocal.example")),
            ("http://127.0.0.1/", None),
            ("http://0x7f.1/", None),
            ("http://[::1]/", None),
            ("http://10.1.2.3/", None),
            ("no URL", None),
        ] {
            assert_eq!(plain_host(url).as_deref(), host, "{url}");
        }
    }
}
