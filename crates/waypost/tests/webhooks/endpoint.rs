//! A scripted HTTP endpoint.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use serde_json::Value as Json;
use standardwebhooks::Webhook;
use waypost_reach::{HeaderMap, HeaderName};

use crate::harness::DEADLINE;

/// A request as it came.
pub struct Request {
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Whether the reference library takes it for one that was signed with this secret.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(&self.body, &self.headers).is_ok()
    }
}

/// An endpoint that gives these answers, one after the other and the last one again and again. An empty one is no answer: the connection stays
/// open.
pub struct Endpoint {
    pub url: String,
    requests: Receiver<Request>,
}

impl Endpoint {
    pub fn start(answers: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let (tell, requests) = channel();
        thread::spawn(move || {
            let mut open = Vec::new();
            for turn in 0.. {
                let (socket, _) = listener.accept().unwrap();
                let answer = answers[turn.min(answers.len() - 1)];
                open.extend(serve(socket, answer, &tell));
            }
        });
        Self { url, requests }
    }

    pub fn next(&self) -> Request {
        self.requests.recv_timeout(DEADLINE).expect("a request")
    }

    pub fn saw_nothing(&self) -> bool {
        self.requests.try_recv().is_err()
    }
}

/// Reads a request and answers it; the socket, if it stays open.
fn serve(mut socket: TcpStream, answer: &str, tell: &Sender<Request>) -> Option<TcpStream> {
    let mut lines = BufReader::new(socket.try_clone().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(HeaderName::try_from(name).unwrap(), value.parse().unwrap());
    }
    let length = headers.get("content-length").map_or(0, |length| length.to_str().unwrap().parse().unwrap());
    let mut body = vec![0; length];
    lines.read_exact(&mut body).unwrap();
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let _ = tell.send(Request { path, headers, body });
    if answer.is_empty() {
        return Some(socket);
    }
    socket.write_all(format!("HTTP/1.1 {answer}\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    None
}
