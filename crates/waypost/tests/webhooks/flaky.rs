//! An endpoint that fails in every way, and remembers what came.

#![allow(unreachable_pub, reason = "a module of one test")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use standardwebhooks::Webhook;
use waypost_reach::{HeaderMap, HeaderName};

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Came {
    pub body: String,
    /// Whether it was taken, and the sender told so.
    pub taken: bool,
}

/// The endpoint. What it does with a request goes by the request's id, and by how often that came.
pub struct Flaky {
    pub url: String,
    came: Arc<Mutex<BTreeMap<String, Vec<Came>>>>,
}

/// What it does with the first copy.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Take,
    Fail,
    /// It has read the request, and says nothing.
    Close,
    Half,
}

impl Flaky {
    /// Each request must be signed with this secret.
    pub fn start(secret: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let came: Arc<Mutex<BTreeMap<String, Vec<Came>>>> = Arc::default();
        let known = came.clone();
        thread::spawn(move || {
            for socket in listener.incoming() {
                let known = known.clone();
                // One that was killed in the middle ends this thread alone.
                thread::spawn(move || serve(socket.ok()?, secret, &known));
            }
        });
        Self { url, came }
    }

    /// What came, by id.
    pub fn came(&self) -> BTreeMap<String, Vec<Came>> {
        self.came.lock().unwrap().clone()
    }
}

fn manner(id: &str, copies: usize) -> Manner {
    match (id.bytes().next_back(), copies) {
        (Some(b'0' | b'1'), 0) => Manner::Fail,
        (Some(b'2'), 0) => Manner::Close,
        (Some(b'3'), 0) => Manner::Half,
        _ => Manner::Take,
    }
}

fn serve(mut socket: TcpStream, secret: &str, came: &Mutex<BTreeMap<String, Vec<Came>>>) -> Option<()> {
    let mut lines = BufReader::new(socket.try_clone().ok()?);
    let mut first = String::new();
    lines.read_line(&mut first).ok()?;
    let mut headers = HeaderMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(HeaderName::try_from(name).ok()?, value.parse().ok()?);
    }
    let length: usize = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    let signed = Webhook::new(secret).unwrap().verify(&body, &headers).is_ok();
    let id = headers.get("webhook-id")?.to_str().ok()?.to_owned();
    let manner = {
        let mut came = came.lock().unwrap();
        let copies = came.entry(id.clone()).or_default();
        let manner = if signed { manner(&id, copies.len()) } else { Manner::Fail };
        copies.push(Came { body: String::from_utf8(body).ok()?, taken: manner == Manner::Take });
        manner
    };
    let answer = match manner {
        Manner::Take => "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
        Manner::Fail => "HTTP/1.1 400 No\r\nConnection: close\r\n\r\n",
        Manner::Close => return None,
        Manner::Half => "HTTP/1.1 20",
    };
    socket.write_all(answer.as_bytes()).ok()
}
