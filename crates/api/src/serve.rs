//! Listening: connections, TLS, time limits, and an orderly end.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use axum::response::Response;
use hyper::Request;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Service;
use waypost_admission::{Full, Gate, Networks, Pass, SETTLES_WITHIN};
use waypost_origin::Origin;

use crate::context::{Remote, correlation_id};
use crate::error::ApiError;
use crate::forwarded;

/// How long a connection may be silent before and between requests, and how long a request's header may take.
const HEADER: Duration = Duration::from_secs(30);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long requests that are being worked on may go on when the server ends.
const DRAIN: Duration = Duration::from_secs(20);

/// How long to wait when the system has no room for another connection.
const BREATHER: Duration = Duration::from_millis(50);

/// What stands before the API, the same for all of its listeners.
#[derive(Debug)]
pub struct Edge {
    /// Counts connections.
    pub gate: Arc<Gate>,
    /// Who is believed when it says for whom it asks.
    pub proxies: Networks,
    /// Where ids of what is turned away come from.
    pub origin: Origin,
}

/// Serves a listener, over TLS if there is a configuration for it, until `shutdown` turns true; then ends idle connections
/// at once and the others after their request.
///
/// Without TLS it speaks HTTP/1.1; over TLS what client and configuration agree on (`h2` or `http/1.1`).
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    edge: Arc<Edge>,
    mut shutdown: watch::Receiver<bool>,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let graceful = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = next(&listener, &edge.gate) => accepted,
            () = ended(&mut shutdown) => break,
        };
        let (stream, peer) = match accepted {
            Ok(connection) => connection,
            Err(error) => {
                // A connection that broke off in between is nobody's trouble; a lack of file descriptors passes.
                if !broke_off(&error) {
                    tracing::warn!(%error, "can't accept a connection");
                    sleep(BREATHER).await;
                }
                continue;
            }
        };
        let pass = match edge.gate.enter(peer.ip(), Instant::now()) {
            Ok(pass) => Arc::new(pass),
            Err(full) => {
                tracing::debug!(%peer, ?full, "no room for a connection");
                if acceptor.is_none() {
                    turn_away(&stream, full, &edge.origin);
                }
                continue;
            }
        };
        let connection = Connection {
            peer,
            router: router.clone(),
            edge: Arc::clone(&edge),
            stopping: Stopping(shutdown.clone()),
            pass: Arc::clone(&pass),
            watcher: graceful.watcher(),
        };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = connection.run(stream, acceptor) => {}
                () = pass.evicted() => tracing::debug!(%peer, "an idle connection was closed to make room for another"),
            }
        });
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still in progress when the server stopped");
    }
}

/// The next connection, once nearly all that made room for others are gone.
async fn next(listener: &TcpListener, gate: &Gate) -> io::Result<(TcpStream, SocketAddr)> {
    let _ = timeout(SETTLES_WITHIN, gate.settled()).await;
    listener.accept().await
}

/// Tells a client to come back, without waiting for it.
fn turn_away(stream: &TcpStream, full: Full, origin: &Origin) {
    let message = format!("too many connections {}", full.whose());
    let id = correlation_id(&axum::http::HeaderMap::new(), origin);
    let body = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "service.unavailable", message).body(&id);
    let body = body.unwrap_or_default();
    let mut answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\ncontent-length: {}\r\nretry-after: 1\r\n\
         cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n",
        body.len()
    )
    .into_bytes();
    answer.extend(body);
    // A connection this new takes as much; one that does not is dropped all the same.
    let _ = stream.try_write(&answer);
}

async fn ended(shutdown: &mut watch::Receiver<bool>) {
    // A sender that is gone can't say more: that is the end as well.
    let _ = shutdown.wait_for(|ended| *ended).await;
}

fn broke_off(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// Turns true when the server is to end, in the extensions of each request: what would go on without an end must end then.
#[derive(Clone, Debug)]
pub struct Stopping(pub watch::Receiver<bool>);

/// Waits until the server is to end. Without a server of ours around it, a request is told by nobody.
pub(crate) async fn stopped(stopping: &mut Option<Stopping>) {
    match stopping {
        // A sender that is gone can't say more: that is the end as well.
        Some(Stopping(stop)) => drop(stop.wait_for(|stopped| *stopped).await),
        None => std::future::pending().await,
    }
}

struct Connection {
    peer: SocketAddr,
    router: Router,
    edge: Arc<Edge>,
    stopping: Stopping,
    pass: Arc<Pass>,
    watcher: Watcher,
}

impl Connection {
    async fn run(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        // Answers are written whole: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = acceptor else {
            return self.speak(stream, None).await;
        };
        match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(stream, Some(Tls { h2 })).await;
            }
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(peer = %self.peer, "TLS handshake took too long"),
        }
    }

    async fn speak<S>(self, stream: S, tls: Option<Tls>)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Self { peer, router, edge, stopping, pass, watcher } = self;
        let open = Arc::new(AtomicUsize::new(0));
        let is_tls = tls.is_some();
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let exchange = Exchange::begin(&pass, &open);
            let client = forwarded::client(peer.ip(), request.headers(), &edge.proxies);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(Remote { client, tls: is_tls });
            request.extensions_mut().insert(stopping.clone());
            let answering = router.clone().call(request);
            async move {
                let response: Response = answering.await?;
                Ok::<_, std::convert::Infallible>(response.map(|body| Answering { body, exchange }))
            }
        });
        let mut builder = Builder::new(TokioExecutor::new());
        // The version is settled beforehand: guessing it from the first bytes would wait for them without a limit.
        let h2 = tls.is_some_and(|tls| tls.h2);
        builder = if h2 { builder.http2_only() } else { builder.http1_only() };
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEADER).max_concurrent_streams(100);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = watcher.watch(connection).await {
            tracing::debug!(%peer, error, "connection ended early");
        }
    }
}

/// What was agreed on in the handshake.
#[derive(Clone, Copy)]
struct Tls {
    h2: bool,
}

/// A request that is being worked on, up to the last byte of its answer. While there is one, its connection is not closed
/// for another, save that the client does not read.
struct Exchange {
    pass: Arc<Pass>,
    /// How many there are on the connection.
    open: Arc<AtomicUsize>,
}

impl Exchange {
    fn begin(pass: &Arc<Pass>, open: &Arc<AtomicUsize>) -> Self {
        open.fetch_add(1, Ordering::Relaxed);
        pass.busy();
        Self { pass: Arc::clone(pass), open: Arc::clone(open) }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        if self.open.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.pass.waits(Instant::now());
        }
    }
}

/// The body of an answer.
struct Answering {
    body: Body,
    exchange: Exchange,
}

impl HttpBody for Answering {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.exchange.pass.busy();
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        // Asked for the next part, or dropped, once the client has taken this one.
        if self.exchange.open.load(Ordering::Relaxed) == 1 {
            self.exchange.pass.waits(Instant::now());
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
