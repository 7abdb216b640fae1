//! A listener on a free port, and a plain connection to it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use waypost_mail::smtp::{Intake, Listener, Settings, serve};

pub(crate) struct Server<I> {
    pub(crate) address: SocketAddr,
    pub(crate) intake: Arc<I>,
    drain: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl<I: Intake> Server<I> {
    pub(crate) async fn start(settings: Settings, intake: I) -> Self {
        Self::start_with(settings, intake, Listener::plain).await
    }

    pub(crate) async fn start_with(settings: Settings, intake: I, kind: fn(TcpListener) -> Listener) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let listener = kind(socket);
        let intake = Arc::new(intake);
        let (drain, draining) = watch::channel(false);
        let task = tokio::spawn(serve(vec![listener], Arc::new(settings), Arc::clone(&intake), draining));
        Self { address, intake, drain, task }
    }

    pub(crate) fn drain(&self) {
        self.drain.send_replace(true);
    }

    /// Until all connections are gone.
    pub(crate) async fn ended(self) -> Arc<I> {
        self.task.await.unwrap();
        self.intake
    }

    pub(crate) async fn connect(&self) -> Connection<TcpStream> {
        Connection::new(TcpStream::connect(self.address).await.unwrap())
    }

    /// A connection from another address of this machine.
    pub(crate) async fn connect_from(&self, address: [u8; 4]) -> Connection<TcpStream> {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind((address, 0).into()).unwrap();
        Connection::new(socket.connect(self.address).await.unwrap())
    }
}

pub(crate) struct Connection<S> {
    stream: BufReader<S>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    pub(crate) fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
        self.stream.flush().await.unwrap();
    }

    /// Sends the same again and again until the server closes or has something to say, at most so often.
    pub(crate) async fn send_until_closed(&mut self, bytes: &[u8], times: usize) {
        for _ in 0..times {
            tokio::select! {
                biased;
                _ = self.stream.fill_buf() => return,
                sent = async { tokio::time::sleep(Duration::from_micros(10)).await; } => sent,
            }
            if self.stream.write_all(bytes).await.is_err() {
                return;
            }
        }
        panic!("the server read it all");
    }

    /// The next line, or nothing if the server closed.
    pub(crate) async fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        match self.stream.read_line(&mut line).await {
            Ok(0) | Err(_) => None,
            Ok(_) => Some(line.strip_suffix("\r\n").unwrap().to_owned()),
        }
    }

    /// Lines up to the end of a reply; the code of its last.
    pub(crate) async fn code(&mut self) -> u16 {
        loop {
            let line = self.line().await.expect("the server closed");
            if line.as_bytes().get(3) != Some(&b'-') {
                return line[..3].parse().unwrap();
            }
        }
    }

    /// Sends a line and returns the code of its reply.
    pub(crate) async fn ask(&mut self, line: &str) -> u16 {
        self.send(format!("{line}\r\n")).await;
        self.code().await
    }

    pub(crate) async fn is_closed(&mut self) -> bool {
        let mut rest = Vec::new();
        // A reset is as good an end as any.
        let _ = self.stream.read_to_end(&mut rest).await;
        rest.is_empty()
    }

    /// The stream, with nothing read ahead.
    pub(crate) fn into_stream(self) -> S {
        assert!(self.stream.buffer().is_empty(), "the server said more: {:?}", self.stream.buffer());
        self.stream.into_inner()
    }
}
