//! An HTTP service that answers as a test says, each connection on a thread of its own.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value as Json;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The path, with its query.
    pub path: String,
    /// Headers by their names in lower case.
    pub headers: HashMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The last part of the path.
    pub fn what(&self) -> &str {
        self.path.rsplit('/').next().unwrap().split('?').next().unwrap()
    }
}

/// What is answered.
pub enum Reply {
    /// A status line's rest with headers, such as `503 Busy\r\nRetry-After: 1`, and a body.
    Answer(&'static str, String),
    /// Nothing: the connection stays open.
    Nothing,
    /// The connection is closed.
    Close,
    /// A body that goes on and on, one byte at a time.
    Drip,
}

impl Reply {
    /// 200 with JSON.
    pub fn json(body: &Json) -> Self {
        Self::Answer("200 OK\r\nContent-Type: application/json", body.to_string())
    }
}

/// A service on a free port.
pub struct Service {
    /// Where it listens: host and port.
    pub address: String,
    seen: Arc<Mutex<Vec<Asked>>>,
}

impl Service {
    /// Answers each request as `answer` says.
    pub fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (seen, answer) = (Arc::<Mutex<Vec<Asked>>>::default(), Arc::new(answer));
        let all = Arc::clone(&seen);
        thread::spawn(move || {
            while let Ok((socket, _)) = listener.accept() {
                let (all, answer) = (Arc::clone(&all), Arc::clone(&answer));
                thread::spawn(move || {
                    // A client that is killed leaves half of a request.
                    if let Some(asked) = read(&socket) {
                        all.lock().unwrap().push(asked.clone());
                        reply(socket, answer(&asked));
                    }
                });
            }
        });
        Self { address, seen }
    }

    /// All requests so far.
    pub fn seen(&self) -> Vec<Asked> {
        self.seen.lock().unwrap().clone()
    }
}

fn read(socket: &TcpStream) -> Option<Asked> {
    let mut lines = BufReader::new(socket.try_clone().ok()?);
    let mut first = String::new();
    lines.read_line(&mut first).ok()?;
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_ascii_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    Some(Asked { path: first.split(' ').nth(1)?.to_owned(), headers, body })
}

fn reply(mut socket: TcpStream, reply: Reply) {
    match reply {
        Reply::Close => {}
        Reply::Nothing => {
            // Until the client goes.
            let _ = socket.read(&mut [0]);
        }
        Reply::Drip => {
            let _ = socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n[");
            while socket.write_all(b" ").is_ok() {
                thread::sleep(Duration::from_millis(50));
            }
        }
        Reply::Answer(head, body) => {
            let head = format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = socket.write_all(head.as_bytes());
            let _ = socket.write_all(body.as_bytes());
        }
    }
}
