//! Something between a client and a server, which sees each request before the server does.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

use super::Server;

/// What is done before a request, which is given as `METHOD path`, is passed on; with an answer, that is given in the server's place.
pub type Before = dyn Fn(&str) -> Option<String> + Send + Sync;

/// An address of a server, at which something is done before each request.
pub fn before(server: &Server, before: Arc<Before>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let behind = server.http.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (behind, before) = (behind.clone(), before.clone());
            thread::spawn(move || pass(stream.unwrap(), &behind, &*before));
        }
    });
    format!("http://{address}")
}

/// A refusal as servers answer it, with further header fields, each with its line break.
pub fn refusal((status, code): (u16, &str), message: &str, fields: &str) -> String {
    let body = format!(r#"{{"message":"{message}","code":"{code}","status":{status},"contextId":"x","errors":[]}}"#);
    let length = body.len();
    let head = format!("HTTP/1.1 {status} No\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n");
    format!("{head}{fields}Connection: close\r\n\r\n{body}")
}

/// Passes one request on.
fn pass(mut client: TcpStream, behind: &str, before: &Before) {
    let mut reader = BufReader::new(client.try_clone().unwrap());
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line == "\r\n" {
            break;
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let mut words = head.split(' ');
    let (method, path) = (words.next().unwrap(), words.next().unwrap().split('?').next().unwrap());
    if let Some(answer) = before(&format!("{method} {path}")) {
        let _ = client.write_all(answer.as_bytes());
        return;
    }
    let mut server = TcpStream::connect(behind).unwrap();
    write!(server, "{head}Connection: close\r\n\r\n").unwrap();
    server.write_all(&body).unwrap();
    let mut answered = Vec::new();
    server.read_to_end(&mut answered).unwrap();
    let _ = client.write_all(&answered);
}
