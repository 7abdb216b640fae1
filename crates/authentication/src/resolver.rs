//! DNS: a resolver that gives up in time.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ProtocolConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use mail_auth::MessageAuthenticator;
use thiserror::Error;

/// Answers that are kept as long as they say: keys and policies of those who write often.
const KEPT: u64 = 4096;

/// There is no resolver.
#[derive(Debug, Error)]
#[error("the system's DNS configuration can't be read: {0}")]
pub struct SetupProblem(String);

/// A resolver that asks a server, or those of the system. Within `time` a question that was lost is asked once more.
pub(crate) fn resolver(server: Option<SocketAddr>, time: Duration) -> Result<MessageAuthenticator, SetupProblem> {
    let problem = |error: hickory_resolver::net::NetError| SetupProblem(error.to_string());
    let mut builder = match server {
        None => TokioResolver::builder_tokio().map_err(problem)?,
        Some(server) => {
            let connections = [ProtocolConfig::Udp, ProtocolConfig::Tcp].map(|protocol| {
                let mut connection = ConnectionConfig::new(protocol);
                connection.port = server.port();
                connection
            });
            let servers = vec![NameServerConfig::new(server.ip(), true, connections.into())];
            let config = ResolverConfig::from_name_servers(servers);
            TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
    };
    let options = builder.options_mut();
    options.timeout = time / 2;
    options.attempts = 1;
    options.cache_size = KEPT;
    builder.build().map(MessageAuthenticator).map_err(problem)
}
