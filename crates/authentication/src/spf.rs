//! SPF: whether the domain of the envelope's sender lets this address send (RFC 7208).

mod records;

use std::net::IpAddr;

use mail_auth::spf::verify::SpfParameters;
use mail_auth::spf::{Directive, Qualifier, Spf};
use mail_auth::{MessageAuthenticator, Parameters, SpfOutput, SpfResult};
use waypost_ids::AuthResult;

use super::author::domain;
use super::finding::Finding;
use records::{Records, are_several, has_doubtful, is_doubtful};

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
        let question = Question { identity: self, dns, client, host };
        let records = Records::default();
        let mut result = question.ask(&records).await;
        let read = records.read();
        for (domain, _) in &read {
            if are_several(dns, domain).await {
                result = SpfResult::PermError;
            }
        }
        if result == SpfResult::Pass
            && let [(domain, record), included @ ..] = read.as_slice()
        {
            // How it ends within an included record is not found out: it is no `pass`.
            let is_unclear = included.iter().any(|(_, record)| has_doubtful(record));
            result = if is_unclear { SpfResult::Neutral } else { question.ask_in_parts(domain, record).await };
        }
        SpfOutput::new(self.domain().to_owned()).with_result(result)
    }
}

/// Whether a host may send for an identity.
#[derive(Clone, Copy)]
struct Question<'q> {
    identity: &'q Identity,
    dns: &'q MessageAuthenticator,
    client: IpAddr,
    host: &'q str,
}

impl Question<'_> {
    async fn ask(&self, records: &Records) -> SpfResult {
        let Identity { sender, helo } = self.identity;
        let parameters = match sender.as_str() {
            "" => SpfParameters::verify_ehlo(self.client, helo, self.host),
            sender => SpfParameters::verify_mail_from(self.client, helo, self.host, sender),
        };
        self.dns.verify_spf(Parameters::new(parameters).with_txt_cache(records)).await.result()
    }

    /// What a record says that lets the host pass, as far as can be seen: each `include` by which none passes is asked alone, and what stands
    /// before and after it as well.
    async fn ask_in_parts(&self, domain: &str, record: &Spf) -> SpfResult {
        let part = |directives: &[Directive], goes_on: bool| {
            let redirect = record.redirect.clone().filter(|_| goes_on);
            Records::instead(domain, Spf { directives: directives.into(), redirect, ..record.clone() })
        };
        let mut rest = &*record.directives;
        while let Some(at) = rest.iter().position(is_doubtful) {
            let (before, from) = rest.split_at(at);
            if self.ask(&part(before, false)).await == SpfResult::Pass {
                return SpfResult::Pass;
            }
            let Some((include, after)) = from.split_first() else { break };
            let alone = Directive { qualifier: Qualifier::Pass, ..include.clone() };
            if self.ask(&part(&[alone], false)).await == SpfResult::Pass {
                return SpfResult::from(&include.qualifier);
            }
            rest = after;
        }
        if rest.len() == record.directives.len() {
            return SpfResult::Pass;
        }
        self.ask(&part(rest, true)).await
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
