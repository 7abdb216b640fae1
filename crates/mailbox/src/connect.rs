//! From a host's name to a server that has greeted us.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use waypost_reach::{Guard, PrivateTarget, may_reach};

use crate::dialogue::Dialogue;
use crate::login::{Login, exchange};
use crate::problem::Problem;
use crate::session::Session;
use crate::wire::{Stream, Wire};

/// How a connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// From the first byte (RFC 8314).
    Implicit,
    /// After STARTTLS.
    StartTls,
    /// Not at all: only towards private addresses.
    None,
}

/// A server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: Tls,
}

/// How long a server is waited for.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To look up a name, to connect, for a handshake: 30 s each.
    pub connect: Duration,
    /// For the next byte of an answer: 60 s.
    pub silence: Duration,
    /// For a whole answer, however steadily it drips: 15 min.
    pub answer: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let of = Duration::from_secs;
        Self { connect: of(30), silence: of(60), answer: of(15 * 60) }
    }
}

/// Connects to servers.
#[derive(Clone)]
pub struct Connector {
    guard: Guard,
    tls: Arc<ClientConfig>,
    timeouts: Timeouts,
}

/// A server that has greeted us, encrypted as it should be.
#[derive(Debug)]
pub struct Greeted {
    dialogue: Dialogue,
    host: String,
    port: u16,
}

impl Connector {
    /// A connector that reaches what the guard lets through, and trusts the certificates of `tls`.
    #[must_use]
    pub fn new(guard: Guard, tls: Arc<ClientConfig>, timeouts: Timeouts) -> Self {
        Self { guard, tls, timeouts }
    }

    /// Connects.
    ///
    /// # Errors
    /// The name, the address, TLS or the greeting.
    pub async fn connect(&self, server: &Server) -> Result<Greeted, Problem> {
        let stream = self.stream(server).await?;
        let stream: Box<dyn Stream> = match server.tls {
            Tls::Implicit => self.encrypt(Box::new(stream), server).await?,
            Tls::StartTls | Tls::None => Box::new(stream),
        };
        let Greeted { mut dialogue, host, port } = Greeted::meet(stream, server, self.timeouts).await?;
        if server.tls == Tls::StartTls {
            if !dialogue.capabilities().await?.iter().any(|one| one.eq_ignore_ascii_case("STARTTLS")) {
                return Err(Problem::NoStartTls(server.host.clone()));
            }
            dialogue.run("STARTTLS", "STARTTLS", &mut |_| ()).await?;
            let plain = dialogue.into_wire().into_stream()?;
            dialogue = Dialogue::new(Wire::new(self.encrypt(plain, server).await?), self.timeouts);
        }
        Ok(Greeted { dialogue, host, port })
    }

    async fn stream(&self, server: &Server) -> Result<TcpStream, Problem> {
        let mut failed = None;
        for address in self.addresses(server).await? {
            // Nothing that may be read on the way may be said to an address out there.
            if server.tls == Tls::None && may_reach(address, &[]) {
                return Err(Problem::Plain(server.host.clone()));
            }
            let connecting = TcpStream::connect(SocketAddr::new(address, server.port));
            let why = match timeout(self.timeouts.connect, connecting).await {
                Ok(Ok(stream)) => {
                    // Commands are small, and each is waited for.
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(error)) => error.to_string(),
                Err(_) => format!("no answer within {} s", self.timeouts.connect.as_secs()),
            };
            failed.get_or_insert(why);
        }
        let why = failed.unwrap_or_else(|| "it has no address".to_owned());
        Err(Problem::Unreachable { host: server.host.clone(), port: server.port, why })
    }

    async fn addresses(&self, server: &Server) -> Result<Vec<IpAddr>, Problem> {
        let host = server.host.trim_start_matches('[').trim_end_matches(']');
        if let Ok(address) = host.parse() {
            self.guard.literal(address)?;
            return Ok(vec![address]);
        }
        let name = |why: String| Problem::Name { host: host.to_owned(), why };
        match timeout(self.timeouts.connect, self.guard.addresses(host)).await {
            Ok(Ok(addresses)) => Ok(addresses),
            Ok(Err(error)) => Err(match error.downcast::<PrivateTarget>() {
                Ok(private) => Problem::Private(*private),
                Err(error) => name(error.to_string()),
            }),
            Err(_) => Err(name(format!("no answer within {} s", self.timeouts.connect.as_secs()))),
        }
    }

    async fn encrypt(&self, stream: Box<dyn Stream>, server: &Server) -> Result<Box<dyn Stream>, Problem> {
        let failed = |why: String| Problem::Tls { host: server.host.clone(), why };
        let host = server.host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|error| failed(error.to_string()))?;
        let shaking = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream);
        match timeout(self.timeouts.connect, shaking).await {
            Ok(Ok(stream)) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(failed(error.to_string())),
            Err(_) => Err(failed(format!("no handshake within {} s", self.timeouts.connect.as_secs()))),
        }
    }
}

impl Greeted {
    /// A server at the other end of a connection, once it has greeted.
    ///
    /// # Errors
    /// It does not, or hangs up.
    pub async fn meet(
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        server: &Server,
        timeouts: Timeouts,
    ) -> Result<Self, Problem> {
        let mut dialogue = Dialogue::new(Wire::new(Box::new(stream)), timeouts);
        dialogue.greeting().await?;
        Ok(Self { dialogue, host: server.host.clone(), port: server.port })
    }

    /// Logs in.
    ///
    /// # Errors
    /// The server refuses, or takes no such proof.
    pub async fn log_in(mut self, login: &Login) -> Result<Session, Problem> {
        let capabilities = self.dialogue.capabilities().await?;
        let exchange = exchange(&capabilities, login, &self.host, self.port)?;
        self.dialogue.authenticate(exchange, login).await?;
        let capabilities = self.dialogue.capabilities().await?;
        Ok(Session::new(self.dialogue, capabilities))
    }
}
