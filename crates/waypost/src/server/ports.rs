//! The ports that the server listens at. They are taken before anything is made; connections wait until everything is ready.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::commands::serve::Arguments;
use crate::failure::{Failure, Obstacle};

/// How many connections the system keeps until they are accepted.
const BACKLOG: u32 = 1024;

/// Ports that nobody else can take.
pub(super) struct Ports {
    pub(super) http: Port,
    pub(super) https: Option<Port>,
    pub(super) smtp: Port,
    pub(super) smtps: Option<Port>,
}

/// A port that is taken.
pub(super) struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

impl Ports {
    /// Takes all of them, or says of each why it can't be had.
    pub(super) fn take(arguments: &Arguments) -> Result<Self, Failure> {
        let mut wrong: Vec<String> = Vec::new();
        let mut take = |option: &str, address: SocketAddr| {
            Port::take(address)
                .map_err(|error| wrong.push(format!("can't listen on {address} ({option}): {error}")))
                .ok()
        };
        let http = take("--http", arguments.http);
        let https = arguments.https.map(|address| take("--https", address));
        let smtp = take("--smtp", arguments.smtp);
        let smtps = arguments.smtps.map(|address| take("--smtps", address));
        let unencrypted = without_certificate(arguments).into_iter();
        wrong.extend(unencrypted.map(|obstacle| format!("{}: {}", obstacle.found, obstacle.advice)));
        match (http, smtp, wrong.is_empty()) {
            (Some(http), Some(smtp), true) => Ok(Self { http, https: https.flatten(), smtp, smtps: smtps.flatten() }),
            _ => Err(Failure::Failed(wrong.join("\n"))),
        }
    }
}

/// The ports that need a certificate where there is none.
pub(crate) fn without_certificate(arguments: &Arguments) -> Vec<Obstacle> {
    if arguments.tls_cert.is_some() || arguments.tls_self_signed {
        return Vec::new();
    }
    let encrypted = [("--https", arguments.https), ("--smtps", arguments.smtps)];
    let needs = encrypted.into_iter().filter(|(_, address)| address.is_some()).map(|(option, _)| Obstacle {
        found: format!("{option} needs a certificate"),
        advice: "set --tls-cert and --tls-key, or --tls-self-signed".to_owned(),
    });
    needs.collect()
}

impl Port {
    fn take(address: SocketAddr) -> std::io::Result<Self> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        // A server that was stopped a moment ago does not keep its successor from the port.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        // A port that is bound alone, others could bind as well: the first to listen would have it.
        let listener = socket.listen(BACKLOG)?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    /// What accepts connections, and where.
    pub(super) fn opened(self) -> (TcpListener, SocketAddr) {
        (self.listener, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_is_taken_once() {
        let first = Port::take("127.0.0.1:0".parse().unwrap()).unwrap();
        let second = Port::take(first.address).map(|_| ()).unwrap_err();
        assert_eq!(second.kind(), std::io::ErrorKind::AddrInUse);
        let (listener, address) = first.opened();
        drop(listener);
        Port::take(address).unwrap();
    }
}
