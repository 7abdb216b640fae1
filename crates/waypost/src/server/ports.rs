//! The ports that the server listens at. They are taken before anything is made; connections wait until everything is ready.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket};

use crate::commands::serve::Arguments;
use crate::failure::Failure;

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
        let has_certificate = arguments.tls_cert.is_some() || arguments.tls_self_signed;
        let mut wrong = Vec::new();
        let mut take = |option: &str, address: SocketAddr, encrypted: bool| {
            if encrypted && !has_certificate {
                wrong.push(format!("{option} needs a certificate: --tls-cert and --tls-key, or --tls-self-signed"));
                return None;
            }
            Port::take(address)
                .map_err(|error| wrong.push(format!("can't listen on {address} ({option}): {error}")))
                .ok()
        };
        let http = take("--http", arguments.http, false);
        let https = arguments.https.map(|address| take("--https", address, true));
        let smtp = take("--smtp", arguments.smtp, false);
        let smtps = arguments.smtps.map(|address| take("--smtps", address, true));
        match (http, smtp, wrong.is_empty()) {
            (Some(http), Some(smtp), true) => Ok(Self { http, https: https.flatten(), smtp, smtps: smtps.flatten() }),
            _ => Err(Failure::Failed(wrong.join("\n"))),
        }
    }
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
