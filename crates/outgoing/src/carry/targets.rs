//! Which hosts take mail for a domain (RFC 5321 section 5.1).

use std::net::{IpAddr, SocketAddr};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{
    ConnectionConfig, LookupIpStrategy, NameServerConfig, ProtocolConfig, ResolverConfig, ResolverOpts,
};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::RData;
use ipnet::IpNet;
use waypost_reach::may_reach;

use super::Carried;
use super::answer::Answer;
use super::dialogue::within;
use super::timeouts::Timeouts;
use crate::address::Domain;

/// The most hosts of a domain that are tried.
const MOST_HOSTS: usize = 5;
/// The most addresses of a host that are tried.
const MOST_ADDRESSES: usize = 4;

/// A host with its addresses.
pub(super) struct Target {
    /// Its name, or its address.
    pub(super) host: String,
    pub(super) addresses: Vec<SocketAddr>,
}

/// Looks up who takes mail for a domain.
pub(super) struct Targets {
    pub(super) resolver: TokioResolver,
    pub(super) port: u16,
    pub(super) allowed: Vec<IpNet>,
    pub(super) timeouts: Timeouts,
}

/// A resolver that asks a server, or those of the system.
pub(super) fn resolver(server: Option<SocketAddr>) -> Result<TokioResolver, NetError> {
    let mut builder = match server {
        None => TokioResolver::builder_tokio()?,
        Some(server) => {
            let connections = [ProtocolConfig::Udp, ProtocolConfig::Tcp].map(|protocol| {
                let mut connection = ConnectionConfig::new(protocol);
                connection.port = server.port();
                connection
            });
            let servers = vec![NameServerConfig::new(server.ip(), true, connections.into())];
            let config = ResolverConfig::from_name_servers(servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
                .with_options(ResolverOpts::default())
        }
    };
    builder.options_mut().ip_strategy = LookupIpStrategy::Ipv4AndIpv6;
    builder.build()
}

/// The names that MX records give, or what is wrong with them.
enum Exchangers {
    /// In the order of preference.
    Hosts(Vec<String>),
    /// There are no MX records: the domain is its own host.
    Implicit,
    /// It takes no mail (RFC 7505).
    Null,
    /// The domain does not exist.
    Nowhere,
}

impl Targets {
    /// The hosts of a domain in the order in which they are tried; or what becomes of the mail without any.
    pub(super) async fn of(&self, domain: &Domain) -> Result<Vec<Target>, Carried> {
        let refused = |text: String| Err(Carried::Refused { answer: Answer::ours(text) });
        if let Some(address) = domain.literal() {
            return match self.reachable(domain.as_str(), vec![address]) {
                Ok(target) => Ok(vec![Target { host: address.to_string(), ..target }]),
                Err(why) => refused(why),
            };
        }
        let hosts = match self.exchangers(domain).await {
            Ok(Exchangers::Hosts(hosts)) => hosts,
            Ok(Exchangers::Implicit) => vec![domain.as_str().to_owned()],
            Ok(Exchangers::Null) => return refused(format!("`{domain}` takes no mail: it has a null MX (RFC 7505)")),
            Ok(Exchangers::Nowhere) => return refused(format!("`{domain}` does not exist in DNS (NXDOMAIN)")),
            Err(why) => return Err(Carried::Deferred { answer: Answer::ours(why) }),
        };
        let (mut targets, mut permanent, mut passing) = (Vec::new(), None, None);
        for host in hosts.iter().take(MOST_HOSTS) {
            match self.addresses(host).await {
                Ok(addresses) => match self.reachable(host, addresses) {
                    Ok(target) => targets.push(target),
                    Err(why) => permanent = Some(why),
                },
                Err(why) => passing = Some(why),
            }
        }
        match (targets.is_empty(), passing, permanent) {
            (false, ..) => Ok(targets),
            (true, Some(why), _) => Err(Carried::Deferred { answer: Answer::ours(why) }),
            (true, None, Some(why)) => refused(why),
            (true, None, None) => refused(format!("`{domain}` has no host that takes mail")),
        }
    }

    async fn exchangers(&self, domain: &Domain) -> Result<Exchangers, String> {
        let lookup = self.resolver.mx_lookup(format!("{domain}."));
        let answer = match within(self.timeouts.dns, &format!("looking up MX of `{domain}`"), lookup).await? {
            Ok(answer) => answer,
            Err(error) if error.is_nx_domain() => return Ok(Exchangers::Nowhere),
            Err(error) if error.is_no_records_found() => return Ok(Exchangers::Implicit),
            Err(error) => return Err(format!("looking up MX of `{domain}` failed: {error}")),
        };
        let mut hosts: Vec<(u16, String)> = Vec::new();
        for record in answer.answers() {
            if let RData::MX(mx) = &record.data {
                hosts.push((mx.preference, mx.exchange.to_ascii().trim_end_matches('.').to_owned()));
            }
        }
        if hosts.is_empty() {
            return Ok(Exchangers::Implicit);
        }
        hosts.sort_by_key(|(preference, _)| *preference);
        let named: Vec<String> = hosts.into_iter().map(|(_, host)| host).filter(|host| !host.is_empty()).collect();
        Ok(if named.is_empty() { Exchangers::Null } else { Exchangers::Hosts(named) })
    }

    /// The addresses of a host; none if it has none.
    async fn addresses(&self, host: &str) -> Result<Vec<IpAddr>, String> {
        let lookup = self.resolver.lookup_ip(format!("{host}."));
        match within(self.timeouts.dns, &format!("looking up `{host}`"), lookup).await? {
            Ok(found) => Ok(found.iter().collect()),
            Err(error) if error.is_no_records_found() => Ok(Vec::new()),
            Err(error) => Err(format!("looking up `{host}` failed: {error}")),
        }
    }

    fn reachable(&self, host: &str, addresses: Vec<IpAddr>) -> Result<Target, String> {
        let Some(first) = addresses.first().copied() else {
            return Err(format!("`{host}`, which is to take the mail, has no address in DNS"));
        };
        let reachable: Vec<SocketAddr> = addresses
            .into_iter()
            .filter(|address| may_reach(*address, &self.allowed))
            .map(|address| SocketAddr::new(address, self.port))
            .take(MOST_ADDRESSES)
            .collect();
        if reachable.is_empty() {
            return Err(format!(
                "`{host}` has the address {first}, which is private: allow its network (`--allow-private-targets`) if mail is to go there"
            ));
        }
        Ok(Target { host: host.to_owned(), addresses: reachable })
    }
}
