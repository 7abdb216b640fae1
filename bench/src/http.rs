//! Requests over HTTP/1.1, again and again over a few connections: a client that costs little beside the server it measures.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::Barrier;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection that is kept.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    line: String,
    body: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> Result<Self> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).context("connecting over HTTP")?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), line: String::new(), body: Vec::new() })
    }

    /// Sends a whole request, and answers the body of a 200.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.get_mut().write_all(request).context("writing over HTTP")?;
        self.next_line()?;
        let status = self.line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = None;
        loop {
            self.next_line()?;
            let Some((name, value)) = self.line.split_once(':') else { break };
            if name.eq_ignore_ascii_case("content-length") {
                length = Some(value.trim().parse::<usize>().context("the length of an answer")?);
            }
        }
        self.body.resize(length.context("an answer without its length")?, 0);
        self.stream.read_exact(&mut self.body).context("reading over HTTP")?;
        if status != "200" {
            bail!("{status}: {}", String::from_utf8_lossy(&self.body));
        }
        Ok(&self.body)
    }

    fn next_line(&mut self) -> Result<()> {
        self.line.clear();
        if self.stream.read_line(&mut self.line).context("reading over HTTP")? == 0 {
            bail!("the server closed the connection");
        }
        self.line.truncate(self.line.trim_end().len());
        Ok(())
    }
}

/// A whole POST request.
pub(crate) fn post(path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    request("POST", path, headers, body)
}

/// A whole request.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: {}\r\n", body.len());
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    request.push_str("\r\n");
    let mut request = request.into_bytes();
    request.extend_from_slice(body);
    request
}

/// Requests a second over so many connections, each request after the answer to the last, for about `time`; and the time that
/// 99 of 100 answers took at most.
pub(crate) fn rate(port: u16, requests: &[Vec<u8>], connections: usize, time: Duration) -> Result<(f64, Duration)> {
    let ready = Barrier::new(connections);
    let parts = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..connections)
            .map(|number| {
                let ready = &ready;
                scope.spawn(move || -> Result<(Vec<Duration>, Duration)> {
                    let connection = Connection::open(port);
                    // Even a connection that failed must come here: the others wait.
                    ready.wait();
                    let mut connection = connection?;
                    let (begun, mut taken) = (Instant::now(), Vec::new());
                    for request in requests.iter().cycle().skip(number * 97) {
                        let sent = Instant::now();
                        connection.exchange(request)?;
                        taken.push(sent.elapsed());
                        if begun.elapsed() >= time {
                            break;
                        }
                    }
                    Ok((taken, begun.elapsed()))
                })
            })
            .collect();
        threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect::<Vec<_>>()
    });
    let (mut all, mut rate) = (Vec::new(), 0.0);
    for part in parts {
        let (taken, time) = part.map_err(|_| anyhow::anyhow!("a connection's thread ended early"))??;
        rate += taken.len() as f64 / time.as_secs_f64();
        all.extend(taken);
    }
    all.sort_unstable();
    let p99 = all.get(all.len().saturating_sub(1) * 99 / 100).copied().context("nothing was answered")?;
    Ok((rate, p99))
}
