//! SPF: whether the domain of the envelope's sender lets this address send (RFC 7208).

use std::net::IpAddr;

use mail_auth::spf::verify::SpfParameters;
use mail_auth::{MessageAuthenticator, SpfOutput, SpfResult};
use waypost_ids::AuthResult;

use super::author::domain;
use super::finding::Finding;

/// Whose mail it is to be, as the envelope has it.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    /// The envelope's sender, its domain in A-labels; empty for the null reverse-path.
    sender: String,
    helo: String,
}

impl Identity {
    pub(crate) fn new(sender: &str, helo: &str) -> Self {
        let sender = match sender.rsplit_once('@') {
            Some((local, of)) => format!("{local}@{}", domain(of)),
            None => String::new(),
        };
        Self { sender, helo: domain(helo) }
    }

    /// The domain that SPF is about: of the sender, else of HELO (RFC 7208 section 2.4).
    pub(crate) fn domain(&self) -> &str {
        self.sender.rsplit_once('@').map_or(self.helo.as_str(), |(_, domain)| domain)
    }

    /// What DNS says. `host` is the name of this server.
    pub(crate) async fn ask(&self, dns: &MessageAuthenticator, client: IpAddr, host: &str) -> SpfOutput {
        let parameters = match self.sender.as_str() {
            "" => SpfParameters::verify_ehlo(client, &self.helo, host),
            sender => SpfParameters::verify_mail_from(client, &self.helo, host, sender),
        };
        dns.verify_spf(parameters).await
    }
}

/// An answer in words.
pub(crate) fn finding(said: SpfResult, domain: &str, client: IpAddr) -> Finding {
    let (result, reason) = match said {
        SpfResult::Pass => (AuthResult::Pass, format!("`{domain}` lets {client} send")),
        SpfResult::Fail => (AuthResult::Fail, format!("`{domain}` does not let {client} send (-)")),
        SpfResult::SoftFail => (AuthResult::SoftFail, format!("`{domain}` probably does not let {client} send (~)")),
        SpfResult::Neutral => (AuthResult::Neutral, format!("`{domain}` says nothing of {client}")),
        SpfResult::None => (AuthResult::None, format!("`{domain}` publishes no SPF record")),
        SpfResult::TempError => (AuthResult::TempError, format!("DNS did not answer for `{domain}`")),
        SpfResult::PermError => (AuthResult::PermError, format!("the SPF record of `{domain}` can't be evaluated")),
    };
    Finding::new(result, domain, reason)
}
