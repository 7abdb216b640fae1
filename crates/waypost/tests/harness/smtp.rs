//! SMTP by hand: what goes over the wire is what a test writes.

use std::io::{self, BufRead, BufReader, Write};
use std::net::TcpStream;

use super::DEADLINE;

/// A session after EHLO.
pub struct Smtp {
    reader: BufReader<TcpStream>,
}

/// A reply: its code, and its lines joined.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply {
    /// The code.
    pub code: u16,
    /// The text, without the code.
    pub text: String,
}

impl Smtp {
    /// Connects and says EHLO.
    pub fn connect(address: &str) -> io::Result<Self> {
        Self::on(TcpStream::connect(address)?)
    }

    /// Says EHLO on a connection.
    pub fn on(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(DEADLINE))?;
        stream.set_write_timeout(Some(DEADLINE))?;
        let mut session = Self { reader: BufReader::new(stream) };
        session.expect(220)?;
        session.command("EHLO client.example")?;
        session.expect(250)?;
        Ok(session)
    }

    /// Sends a line.
    pub fn command(&mut self, line: &str) -> io::Result<()> {
        self.reader.get_mut().write_all(format!("{line}\r\n").as_bytes())
    }

    /// Reads a reply.
    pub fn reply(&mut self) -> io::Result<Reply> {
        let mut texts = Vec::new();
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 || !line.ends_with("\r\n") {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let code = line.get(..3).and_then(|code| code.parse().ok());
            let code = code.ok_or_else(|| io::Error::other(format!("not a reply: {line}")))?;
            texts.push(line.get(4..).unwrap_or_default().trim_end().to_owned());
            if line.as_bytes().get(3) != Some(&b'-') {
                return Ok(Reply { code, text: texts.join("\n") });
            }
        }
    }

    fn expect(&mut self, code: u16) -> io::Result<()> {
        let reply = self.reply()?;
        if reply.code == code { Ok(()) } else { Err(io::Error::other(format!("expected {code}: {reply:?}"))) }
    }

    /// One mail to one recipient. The answer is the server's word on the content; everything before must go well.
    /// `raw` has CRLF line ends, ends with one, and has no line that begins with a dot.
    pub fn deliver(&mut self, from: &str, to: &str, raw: &str) -> io::Result<Reply> {
        self.address(from, to)?;
        self.content(raw)
    }

    /// The first half of [`Self::deliver`]: whom it is from, and whom it is to.
    pub fn address(&mut self, from: &str, to: &str) -> io::Result<()> {
        self.command(&format!("MAIL FROM:<{from}>"))?;
        self.expect(250)?;
        self.command(&format!("RCPT TO:<{to}>"))?;
        self.expect(250)
    }

    /// The second half.
    pub fn content(&mut self, raw: &str) -> io::Result<Reply> {
        self.command("DATA")?;
        self.expect(354)?;
        self.reader.get_mut().write_all(format!("{raw}.\r\n").as_bytes())?;
        self.reply()
    }
}

/// A mail with this Message-ID.
pub fn mail(message_id: &str, subject: &str, body: &str) -> String {
    format!(
        "From: Ana <ana@customer.example>\r\nTo: care@example.com\r\nSubject: {subject}\r\nMessage-ID: <{message_id}>\r\n\r\n{body}\r\n"
    )
}
