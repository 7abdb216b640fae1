//! A token endpoint.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

/// Gives its answers one after the other, and keeps what it was sent.
#[derive(Clone)]
pub struct Tokens {
    pub url: String,
    answers: Arc<Mutex<VecDeque<(u16, String)>>>,
    forms: Arc<Mutex<Vec<String>>>,
}

impl Tokens {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let tokens = Self { url, answers: Arc::default(), forms: Arc::default() };
        let serving = tokens.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let mut client = BufReader::new(client);
                let (mut line, mut length) = (String::new(), 0);
                while client.read_line(&mut line).is_ok_and(|read| read > 2) {
                    if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                        length = value.trim().parse().unwrap();
                    }
                    line.clear();
                }
                let mut form = vec![0; length];
                client.read_exact(&mut form).unwrap();
                serving.forms.lock().unwrap().push(String::from_utf8(form).unwrap());
                let next = serving.answers.lock().unwrap().pop_front();
                let (status, body) = next.unwrap_or((400, r#"{"error": "invalid_grant"}"#.to_owned()));
                let head =
                    format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = client.get_mut().write_all(format!("{head}{body}").as_bytes());
            }
        });
        tokens
    }

    pub fn then(&self, status: u16, body: &str) {
        self.answers.lock().unwrap().push_back((status, body.to_owned()));
    }

    /// What it was sent so far.
    pub fn forms(&self) -> Vec<String> {
        self.forms.lock().unwrap().clone()
    }
}
