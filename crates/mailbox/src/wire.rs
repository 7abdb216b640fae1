//! Responses from the wire: whole, bounded and in time.

use std::fmt;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use crate::problem::Problem;

/// A connection, encrypted or not.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Reads responses and writes commands.
pub(crate) struct Wire {
    stream: BufReader<Box<dyn Stream>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire(…)")
    }
}

/// The longest line outside of literals. The list of all messages in a folder is one line.
const LINE: usize = 16 * 1024 * 1024;

/// How much room is made ahead for a literal: a length that is a lie takes no memory.
const AHEAD: usize = 64 * 1024;

/// The most literals of one response.
const MOST_LITERALS: usize = 64;

impl Wire {
    pub(crate) fn new(stream: Box<dyn Stream>) -> Self {
        Self { stream: BufReader::with_capacity(16 * 1024, stream) }
    }

    /// The stream, to encrypt it.
    ///
    /// # Errors
    /// The server sent more than it was asked for: it would be taken for what comes encrypted.
    pub(crate) fn into_stream(self) -> Result<Box<dyn Stream>, Problem> {
        if self.stream.buffer().is_empty() {
            Ok(self.stream.into_inner())
        } else {
            Err(Problem::NoImap("it went on after STARTTLS without TLS".to_owned()))
        }
    }

    /// Writes a command. The time is for each part of a long one.
    pub(crate) async fn send(&mut self, bytes: &[u8], limit: Duration) -> Result<(), Problem> {
        for part in bytes.chunks(AHEAD) {
            let sent = async {
                self.stream.write_all(part).await?;
                self.stream.flush().await
            };
            match timeout(limit, sent).await {
                Ok(sent) => sent.map_err(|error| Problem::Lost(error.to_string()))?,
                Err(_) => return Err(Problem::Late { waited_for: "a command", limit }),
            }
        }
        Ok(())
    }

    /// The next response, with its literals and CRLF at its end. The time is for each silence.
    pub(crate) async fn response(
        &mut self,
        most: usize,
        silence: Duration,
        waited_for: &'static str,
    ) -> Result<Vec<u8>, Problem> {
        let late = Problem::Late { waited_for, limit: silence };
        let mut response = Vec::new();
        for _ in 0..MOST_LITERALS {
            let begin = response.len();
            self.line(&mut response, most.max(LINE), silence, &late).await?;
            let Some(length) = literal(response.get(begin..).unwrap_or_default()) else { return Ok(response) };
            if length > most.saturating_sub(response.len()) {
                return Err(Problem::TooMuch(most));
            }
            let end = response.len().saturating_add(length);
            while response.len() < end {
                let missing = end.saturating_sub(response.len());
                response.reserve(missing.min(AHEAD));
                let mut part = (&mut self.stream).take(u64::try_from(missing.min(AHEAD)).unwrap_or(u64::MAX));
                let read = timeout(silence, part.read_buf(&mut response)).await.map_err(|_| late.clone())?;
                if read.map_err(|error| Problem::Lost(error.to_string()))? == 0 {
                    return Err(Problem::Lost("it ended within a message".to_owned()));
                }
            }
        }
        Err(Problem::TooMuch(most))
    }

    /// Appends the next line, with CRLF at its end whatever was there.
    async fn line(
        &mut self,
        response: &mut Vec<u8>,
        most: usize,
        silence: Duration,
        late: &Problem,
    ) -> Result<(), Problem> {
        loop {
            let read = timeout(silence, self.stream.fill_buf()).await.map_err(|_| late.clone())?;
            let read = read.map_err(|error| Problem::Lost(error.to_string()))?;
            if read.is_empty() {
                return Err(Problem::Lost("the server closed it".to_owned()));
            }
            let end = read.iter().position(|byte| *byte == b'\n');
            let part = read.get(..end.unwrap_or(read.len())).unwrap_or_default();
            response.extend_from_slice(part);
            let used = end.map_or(read.len(), |end| end.saturating_add(1));
            self.stream.consume(used);
            if response.len() > most {
                return Err(Problem::TooMuch(most));
            }
            if end.is_some() {
                if response.last() == Some(&b'\r') {
                    response.pop();
                }
                response.extend_from_slice(b"\r\n");
                return Ok(());
            }
        }
    }
}

/// The length of the literal that a line ends with, if it does (RFC 3501 section 4.3).
fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}\r\n")?;
    let open = line.iter().rposition(|byte| *byte == b'{')?;
    let digits = line.get(open.saturating_add(1)..)?;
    let digits = digits.strip_suffix(b"+").unwrap_or(digits);
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // One that is too long for a number is too long for everything.
    Some(std::str::from_utf8(digits).ok()?.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    async fn read(sent: &'static [u8], most: usize) -> Result<Vec<String>, Problem> {
        let (mut server, client) = tokio::io::duplex(8);
        let sending = tokio::spawn(async move {
            let _ = server.write_all(sent).await;
        });
        let mut wire = Wire::new(Box::new(client));
        let mut responses = Vec::new();
        loop {
            match wire.response(most, SECOND, "a test").await {
                Ok(response) => responses.push(String::from_utf8_lossy(&response).into_owned()),
                Err(Problem::Lost(why)) if why == "the server closed it" => break,
                Err(other) => return Err(other),
            }
        }
        sending.await.unwrap();
        Ok(responses)
    }

    #[tokio::test]
    async fn responses_come_whole_however_they_are_cut() {
        let got =
            read(b"* OK hi\r\n* 1 FETCH (BODY[] {10}\r\na\r\nb {3}\r\n UID 7)\n* X {9z}\r\n* Y {0}\r\n)\r\n", 1000)
                .await;
        assert_eq!(
            got.unwrap(),
            ["* OK hi\r\n", "* 1 FETCH (BODY[] {10}\r\na\r\nb {3}\r\n UID 7)\r\n", "* X {9z}\r\n", "* Y {0}\r\n)\r\n"]
        );
    }

    #[tokio::test]
    async fn what_is_too_long_is_refused_before_it_is_read() {
        for sent in [&b"* 1 FETCH (BODY[] {4000000000}\r\n"[..], b"* {99999999999999999999999}\r\n"] {
            assert!(matches!(read(sent, 1000).await, Err(Problem::TooMuch(1000))));
        }
        assert!(
            matches!(read(b"* 1 FETCH (BODY[] {20}\r\nhalf", 1000).await, Err(Problem::Lost(why)) if why.contains("within"))
        );
    }

    #[tokio::test(start_paused = true)]
    async fn silence_ends_the_wait() {
        let (_server, client) = tokio::io::duplex(8);
        let got = Wire::new(Box::new(client)).response(10, SECOND, "a test").await;
        assert!(matches!(got, Err(Problem::Late { waited_for: "a test", .. })));
    }
}
