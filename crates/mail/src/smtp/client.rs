//! A small client that sends mail to one server.

use std::io;

use memchr::memchr2_iter;
use thiserror::Error;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpStream, ToSocketAddrs};

/// The longest reply line that is read, in bytes; RFC 5321 section 4.5.3.1.5 allows 512.
const MAX_REPLY_LINE: usize = 4096;

/// Why sending stopped.
#[derive(Debug, Error)]
pub enum ClientError {
    /// The connection failed.
    #[error("the connection failed: {0}")]
    Io(#[from] io::Error),
    /// What the server sent is no reply.
    #[error("`{0}` is not an SMTP reply")]
    NotAReply(String),
    /// The server won't talk: it refused the connection or EHLO.
    #[error("the server said: {0}")]
    Refused(ServerReply),
    /// An address can't be sent: it has a control character or an angle bracket.
    #[error("`{0}` is not an address")]
    BadAddress(String),
}

/// What a server answered to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerReply {
    /// The reply code, such as 250.
    pub code: u16,
    /// The text, enhanced code included; lines joined by LF.
    pub text: String,
}

impl ServerReply {
    /// Whether the command was carried out, or is to go on.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        (200..400).contains(&self.code)
    }

    /// Whether the command was carried out: the first digit says so (RFC 5321, section 4.2.1).
    #[must_use]
    pub fn is_completed(&self) -> bool {
        (200..300).contains(&self.code)
    }
}

impl std::fmt::Display for ServerReply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.text)
    }
}

/// What became of one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The answer to MAIL.
    pub sender: ServerReply,
    /// The answers to RCPT, in the order of the recipients; empty if the sender was refused.
    pub recipients: Vec<ServerReply>,
    /// The answer to the content, or to DATA if that was refused; `None` if no recipient was taken.
    pub message: Option<ServerReply>,
}

impl Sent {
    /// Whether the message was taken for at least one recipient.
    #[must_use]
    pub fn is_taken(&self) -> bool {
        self.message.as_ref().is_some_and(ServerReply::is_completed)
    }
}

/// A connection to a server that has answered EHLO.
#[derive(Debug)]
pub struct Client {
    stream: BufStream<TcpStream>,
    capabilities: String,
}

impl Client {
    /// Connects and introduces itself as `name`.
    ///
    /// # Errors
    /// If the connection fails or the server refuses it.
    pub async fn connect(server: impl ToSocketAddrs, name: &str) -> Result<Self, ClientError> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        let mut client = Self { stream: BufStream::new(stream), capabilities: String::new() };
        let greeting = client.reply().await?;
        if !greeting.is_positive() {
            return Err(ClientError::Refused(greeting));
        }
        let answer = client.command(&format!("EHLO {name}")).await?;
        if !answer.is_positive() {
            return Err(ClientError::Refused(answer));
        }
        client.capabilities = answer.text.to_ascii_uppercase();
        Ok(client)
    }

    /// Sends a message. Its line ends become CRLF, whatever they were.
    ///
    /// # Errors
    /// If an address can't be sent, the connection fails, or the server answers nonsense. That the server refuses
    /// something is no error: it is in the answer.
    pub async fn send(&mut self, sender: &str, recipients: &[&str], raw: &[u8]) -> Result<Sent, ClientError> {
        for address in recipients.iter().chain([&sender]) {
            if address.contains(|c: char| c.is_control() || c == '<' || c == '>') {
                return Err(ClientError::BadAddress((*address).to_owned()));
            }
        }
        let content = dot_stuffed(raw);
        let ascii = sender.is_ascii() && recipients.iter().all(|recipient| recipient.is_ascii());
        let mut parameters = String::new();
        if self.can("SIZE") {
            parameters.push_str(&format!(" SIZE={}", content.len()));
        }
        if !raw.is_ascii() && self.can("8BITMIME") {
            parameters.push_str(" BODY=8BITMIME");
        }
        if !ascii && self.can("SMTPUTF8") {
            parameters.push_str(" SMTPUTF8");
        }
        let mut sent = Sent {
            sender: self.command(&format!("MAIL FROM:<{sender}>{parameters}")).await?,
            recipients: Vec::with_capacity(recipients.len()),
            message: None,
        };
        if !sent.sender.is_positive() {
            return Ok(sent);
        }
        for recipient in recipients {
            sent.recipients.push(self.command(&format!("RCPT TO:<{recipient}>")).await?);
        }
        if !sent.recipients.iter().any(ServerReply::is_positive) {
            self.command("RSET").await?;
            return Ok(sent);
        }
        let answer = self.command("DATA").await?;
        sent.message = if answer.code == 354 {
            self.stream.write_all(&content).await?;
            self.stream.write_all(b".\r\n").await?;
            self.stream.flush().await?;
            Some(self.reply().await?)
        } else {
            self.command("RSET").await?;
            Some(answer)
        };
        Ok(sent)
    }

    /// Says goodbye.
    ///
    /// # Errors
    /// If the connection fails.
    pub async fn quit(mut self) -> Result<ServerReply, ClientError> {
        self.command("QUIT").await
    }

    fn can(&self, extension: &str) -> bool {
        self.capabilities.lines().any(|line| line.split(' ').next() == Some(extension))
    }

    async fn command(&mut self, line: &str) -> Result<ServerReply, ClientError> {
        self.stream.write_all(line.as_bytes()).await?;
        self.stream.write_all(b"\r\n").await?;
        self.stream.flush().await?;
        self.reply().await
    }

    async fn reply(&mut self) -> Result<ServerReply, ClientError> {
        let mut text = String::new();
        loop {
            let line = self.line().await?;
            let code = line.get(..3).and_then(|code| code.parse::<u16>().ok());
            let (Some(code), more) = (code, line.get(3..4)) else { return Err(ClientError::NotAReply(line)) };
            text.push_str(line.get(4..).unwrap_or_default());
            match more {
                Some("-") => text.push('\n'),
                Some(" ") | None => return Ok(ServerReply { code, text }),
                Some(_) => return Err(ClientError::NotAReply(line)),
            }
        }
    }

    async fn line(&mut self) -> Result<String, ClientError> {
        let mut line = Vec::new();
        loop {
            let available = self.stream.fill_buf().await?;
            if available.is_empty() {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            }
            let end = memchr::memchr(b'\n', available);
            let used = end.map_or(available.len(), |end| end + 1);
            line.extend_from_slice(available.get(..used).unwrap_or_default());
            self.stream.consume(used);
            if end.is_some() || line.len() > MAX_REPLY_LINE {
                let text = String::from_utf8_lossy(&line).trim_end().to_owned();
                return if end.is_some() { Ok(text) } else { Err(ClientError::NotAReply(text)) };
            }
        }
    }
}

/// The content as DATA wants it: each line end CRLF, the last one there, dots at the start of lines doubled.
fn dot_stuffed(raw: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(raw.len() + raw.len() / 32 + 2);
    let mut start = 0;
    for end in memchr2_iter(b'\r', b'\n', raw).chain([raw.len()]) {
        if end < start {
            continue;
        }
        let line = raw.get(start..end).unwrap_or_default();
        if end < raw.len() || !line.is_empty() {
            if line.first() == Some(&b'.') {
                out.push(b'.');
            }
            out.extend_from_slice(line);
            out.extend_from_slice(b"\r\n");
        }
        let pair = raw.get(end..end + 2) == Some(b"\r\n");
        start = end + if pair { 2 } else { 1 };
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_made_fit_for_data() {
        for (given, expected) in [
            (&b""[..], &b""[..]),
            (b"a", b"a\r\n"),
            (b"a\nb\r\nc\rd\r\n", b"a\r\nb\r\nc\r\nd\r\n"),
            (b".\n..\nx.", b"..\r\n...\r\nx.\r\n"),
            (b"\n\r\n\r", b"\r\n\r\n\r\n"),
        ] {
            assert_eq!(dot_stuffed(given), expected, "{given:?}");
        }
    }
}
