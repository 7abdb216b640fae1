//! DNS records that say how mail of a domain goes in and out, as `waypost doctor` compares them.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::proto::rr::{RData, RecordType};

use super::dialogue::within;
use super::{SetupProblem, targets};

/// Asks for records.
pub struct Records {
    resolver: TokioResolver,
    time: Duration,
}

impl Records {
    /// Records as a DNS server has them, or those of the system. `time` is how long each question may take, with all its retries.
    ///
    /// # Errors
    /// The system's DNS configuration can't be read.
    pub fn new(server: Option<SocketAddr>, time: Duration) -> Result<Self, SetupProblem> {
        Ok(Self { resolver: targets::resolver(server)?, time })
    }

    /// The hosts that take mail for a domain (RFC 5321 section 5.1), the preferred first; none without MX records.
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn mx(&self, domain: &str) -> Result<Vec<String>, String> {
        let mut hosts: Vec<(u16, String)> = Vec::new();
        for data in self.look(domain, RecordType::MX).await? {
            if let RData::MX(mx) = data {
                hosts.push((mx.preference, plain(&mx.exchange.to_ascii())));
            }
        }
        hosts.sort_by_key(|(preference, _)| *preference);
        Ok(hosts.into_iter().map(|(_, host)| host).collect())
    }

    /// The texts of a name, each with its strings joined (RFC 7208 section 3.3).
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn txt(&self, name: &str) -> Result<Vec<String>, String> {
        let text = |data| match data {
            RData::TXT(txt) => Some(txt.txt_data.iter().map(|part| String::from_utf8_lossy(part)).collect::<String>()),
            _ => None,
        };
        Ok(self.look(name, RecordType::TXT).await?.into_iter().filter_map(text).collect())
    }

    /// The addresses of a host.
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let mut addresses = Vec::new();
        for kind in [RecordType::A, RecordType::AAAA] {
            addresses.extend(self.look(host, kind).await?.into_iter().filter_map(|data| data.ip_addr()));
        }
        Ok(addresses)
    }

    /// The names of an address (PTR, RFC 1035 section 3.5).
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn names(&self, address: IpAddr) -> Result<Vec<String>, String> {
        let name = hickory_resolver::proto::rr::Name::from(address).to_ascii();
        let name_of = |data| if let RData::PTR(name) = data { Some(plain(&name.to_ascii())) } else { None };
        Ok(self.look(&plain(&name), RecordType::PTR).await?.into_iter().filter_map(name_of).collect())
    }

    /// Records of a kind; none if the name does not exist.
    async fn look(&self, name: &str, kind: RecordType) -> Result<Vec<RData>, String> {
        let what = format!("looking up {kind} of `{name}`");
        match within(self.time, &what, self.resolver.lookup(format!("{name}."), kind)).await? {
            Ok(found) => Ok(found.answers().iter().map(|record| record.data.clone()).collect()),
            Err(error) if error.is_nx_domain() || error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(format!("{what} failed: {error}")),
        }
    }
}

fn plain(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}
