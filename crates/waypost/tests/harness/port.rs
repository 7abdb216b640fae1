//! A port that nobody listens at yet. One that was merely free a moment before may be somebody else's by the time it is needed.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on loopback: whoever connects is refused. Nobody is given it by chance while this lives; whoever names it can listen there, if
/// they set `SO_REUSEADDR`, as servers do.
pub struct Port {
    socket: TcpSocket,
}

impl Port {
    /// Keeps one.
    pub fn keep() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        Self { socket }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }
}
