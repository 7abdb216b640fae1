//! A port for a server that must be told its own before it starts. One that was merely free a moment before may be somebody else's by the
//! time it is needed.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port on loopback: whoever connects is refused. Nobody is given it by chance while this lives; whoever names it can listen there, if
/// they set `SO_REUSEADDR`, as servers do.
#[derive(Debug)]
pub struct Port {
    _socket: TcpSocket,
    address: SocketAddr,
}

impl Port {
    /// Keeps one.
    ///
    /// # Errors
    /// None is free.
    pub fn keep() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        let address = socket.local_addr()?;
        Ok(Self { _socket: socket, address })
    }

    /// Where it is.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}
