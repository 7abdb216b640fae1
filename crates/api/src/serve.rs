//! Listening: connections, TLS, time limits, and an orderly end.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use crate::context::Remote;

/// Connections of one listener at the same time; more wait to be accepted.
const CONNECTIONS: usize = 1024;

/// How long a connection may be silent before and between requests, and how long a request's header may take.
const HEADER: Duration = Duration::from_secs(30);

/// How long a TLS handshake may take.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long requests that are being worked on may go on when the server ends.
const DRAIN: Duration = Duration::from_secs(20);

/// How long to wait when the system has no room for another connection.
const BREATHER: Duration = Duration::from_millis(50);

/// Serves a listener, over TLS if there is a configuration for it, until `shutdown` turns true; then ends idle connections
/// at once and the others after their request.
///
/// Without TLS it speaks HTTP/1.1; over TLS what client and configuration agree on (`h2` or `http/1.1`).
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    mut shutdown: watch::Receiver<bool>,
) {
    let acceptor = tls.map(TlsAcceptor::from);
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    loop {
        let permit = tokio::select! {
            permit = room.clone().acquire_owned() => permit,
            () = ended(&mut shutdown) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
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
        let connection = Connection { peer, router: router.clone(), watcher: graceful.watcher() };
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            connection.run(stream, acceptor).await;
            drop(permit);
        });
    }
    drop(listener);
    if timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still being worked on when the server ended");
    }
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

struct Connection {
    peer: SocketAddr,
    router: Router,
    watcher: Watcher,
}

impl Connection {
    async fn run(self, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
        // Answers are written whole: waiting to fill a packet would only delay them.
        let _ = stream.set_nodelay(true);
        let Some(acceptor) = acceptor else {
            return self.speak(stream, false).await;
        };
        match timeout(HANDSHAKE, acceptor.accept(stream)).await {
            Ok(Ok(stream)) => {
                let h2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                self.speak(stream, h2).await;
            }
            Ok(Err(error)) => tracing::debug!(peer = %self.peer, %error, "TLS handshake failed"),
            Err(_) => tracing::debug!(peer = %self.peer, "TLS handshake took too long"),
        }
    }

    async fn speak<S>(self, stream: S, h2: bool)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let remote = Remote(self.peer);
        let router = self.router;
        let service = hyper::service::service_fn(move |request: Request<Incoming>| {
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(remote);
            router.clone().call(request)
        });
        let mut builder = Builder::new(TokioExecutor::new());
        // The version is settled beforehand: guessing it from the first bytes would wait for them without a limit.
        builder = if h2 { builder.http2_only() } else { builder.http1_only() };
        builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(HEADER).max_concurrent_streams(100);
        let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
        if let Err(error) = self.watcher.watch(connection).await {
            tracing::debug!(peer = %self.peer, error, "connection ended early");
        }
    }
}
