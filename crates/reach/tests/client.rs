//! The client against servers on this machine: what it connects to, follows, waits for and keeps.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use waypost_reach::{Answer, Client, Guard, HeaderMap, Limits, Names, PrivateTarget, Unreached, web_url};

/// The network that cases allow: a server is there, and another on 127.0.0.1, which is not allowed.
const ALLOWED: &str = "127.0.0.2/32";
const OUTSIDE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
const INSIDE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A resolver that gives one answer after the other, and the last one again and again.
struct Turns(Vec<Vec<IpAddr>>, AtomicUsize);

#[async_trait]
impl Names for Turns {
    async fn addresses(&self, _: &str) -> io::Result<Vec<IpAddr>> {
        let turn = self.1.fetch_add(1, Ordering::SeqCst).min(self.0.len() - 1);
        Ok(self.0[turn].clone())
    }
}

fn client(turns: &[&[IpAddr]]) -> Client {
    let names = Turns(turns.iter().map(|turn| turn.to_vec()).collect(), AtomicUsize::new(0));
    Client::new(Guard::new(Arc::new(names), &[ALLOWED.parse().unwrap()])).unwrap()
}

/// A server that gives this answer to each connection and closes it; it counts connections.
fn serve(listener: TcpListener, answer: &'static str) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            let mut request = [0; 4096];
            let _ = socket.read(&mut request).await;
            let _ = socket.write_all(answer.as_bytes()).await;
            if answer.is_empty() {
                // Never answers, never closes.
                std::mem::forget(socket);
            }
        }
    });
    count
}

/// Such a server at the address that may be reached; answers its port and its count.
async fn server(answer: &'static str) -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((OUTSIDE, 0)).await.unwrap();
    (listener.local_addr().unwrap().port(), serve(listener, answer))
}

/// One at each address, on the same port: not every port that is free at one is free at the other.
async fn both() -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    loop {
        let outside = TcpListener::bind((OUTSIDE, 0)).await.unwrap();
        let port = outside.local_addr().unwrap().port();
        if let Ok(inside) = TcpListener::bind((INSIDE, port)).await {
            return (port, serve(outside, OK), serve(inside, OK));
        }
    }
}

async fn post(client: &Client, url: &str, time: Duration) -> Result<Answer, Unreached> {
    let limits = Limits { time, answer: 8 };
    client.post(&web_url(url).unwrap(), HeaderMap::new(), Bytes::from_static(b"{}"), limits).await
}

const LONG: Duration = Duration::from_secs(60);
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";

#[tokio::test]
async fn a_name_whose_second_answer_is_private_is_refused_then() {
    let (port, outside, inside) = both().await;
    let client = client(&[&[OUTSIDE], &[INSIDE]]);
    let url = format!("http://rebinding.example:{port}/");
    let first = post(&client, &url, LONG).await.unwrap();
    assert_eq!((first.status.as_u16(), &*first.body), (200, &b"ok"[..]));
    let refused = PrivateTarget { host: "rebinding.example".to_owned(), address: INSIDE };
    assert!(matches!(post(&client, &url, LONG).await, Err(Unreached::Private(private)) if private == refused));
    assert_eq!((outside.load(Ordering::SeqCst), inside.load(Ordering::SeqCst)), (1, 0));
}

#[tokio::test]
async fn each_connection_looks_the_name_up_once_and_goes_to_what_was_checked() {
    let (port, outside, inside) = both().await;
    // The private address comes first, and is left out.
    let client = client(&[&[INSIDE, OUTSIDE]]);
    for _ in 0..3 {
        assert!(post(&client, &format!("http://both.example:{port}/"), LONG).await.is_ok());
    }
    assert_eq!((outside.load(Ordering::SeqCst), inside.load(Ordering::SeqCst)), (3, 0));
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    const REDIRECT: &str = "HTTP/1.1 307 Temporary Redirect\r\nLocation: http://169.254.169.254/latest/\r\n\
                            Content-Length: 0\r\nConnection: close\r\n\r\n";
    let (port, _) = server(REDIRECT).await;
    let client = client(&[&[OUTSIDE], &[INSIDE]]);
    let answer = post(&client, &format!("http://hop.example:{port}/"), LONG).await.unwrap();
    assert_eq!((answer.status.as_u16(), answer.body.len()), (307, 0));
}

#[tokio::test]
async fn an_answer_is_kept_as_far_as_the_limit() {
    const LENGTHY: &str = "HTTP/1.1 500 Broken\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n5\r\n67890\r\n";
    let (port, _) = server(LENGTHY).await;
    let answer = post(&client(&[&[OUTSIDE]]), &format!("http://long.example:{port}/"), LONG).await.unwrap();
    assert_eq!((&*answer.body, answer.cut), (&b"12345678"[..], true));
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let (port, count) = server("").await;
    let short = Duration::from_secs(2);
    let given_up = post(&client(&[&[OUTSIDE]]), &format!("http://slow.example:{port}/"), short).await;
    assert!(matches!(given_up, Err(Unreached::Late(time)) if time == short), "{given_up:?}");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_with_the_cause_and_without_the_url() {
    // It is kept, so that nobody listens there meanwhile.
    let kept = TcpSocket::new_v4().unwrap();
    kept.bind((OUTSIDE, 0).into()).unwrap();
    let port = kept.local_addr().unwrap().port();
    let failed = post(&client(&[&[OUTSIDE]]), &format!("http://gone.example:{port}/s3cret"), LONG).await;
    let told = failed.unwrap_err().to_string();
    assert!(told.contains("refused") && !told.contains("s3cret"), "{told}");
}
