//! Commands and answers, one after the other.

use tokio::time::timeout;
use waypost_reach::Secrets;

use crate::connect::Timeouts;
use crate::login::{Exchange, Login};
use crate::problem::Problem;
use crate::wire::Wire;

/// Responses other than messages have at most this many bytes.
pub(crate) const USUAL: usize = 1024 * 1024;

/// More characters of a server's words are cut off.
const MOST_WORDS: usize = 300;

/// A server's answer to a command.
pub(crate) enum Line<'r> {
    /// It is done: `OK`.
    Done(&'r [u8]),
    /// It is not: `NO` or `BAD`.
    Refused(&'r [u8]),
    /// The server waits for more.
    More,
    /// The connection ends.
    Bye(&'r [u8]),
    /// Anything else.
    Data,
}

/// What a response is, to the command with a tag.
pub(crate) fn line<'r>(response: &'r [u8], tag: &str) -> Line<'r> {
    if response.starts_with(b"+") {
        return Line::More;
    }
    let word = |rest: &'r [u8]| {
        let end = rest.iter().position(|byte| matches!(byte, b' ' | b'\r')).unwrap_or(rest.len());
        let (word, words) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        (word.to_ascii_uppercase(), words)
    };
    let tagged = response.strip_prefix(tag.as_bytes()).and_then(|rest| rest.strip_prefix(b" "));
    if let Some(rest) = tagged.filter(|_| !tag.is_empty()) {
        let (status, words) = word(rest);
        return if status == b"OK" { Line::Done(words) } else { Line::Refused(words) };
    }
    match response.strip_prefix(b"* ").map(word) {
        Some((status, words)) if status == b"BYE" => Line::Bye(words),
        _ => Line::Data,
    }
}

/// Whether more messages came into the open folder than there were when it was opened. A server tells of each once, with whatever it answers
/// next (RFC 3501 section 5.2): who only begins to wait afterwards does not hear of it.
#[derive(Debug, Default)]
pub(crate) struct Arrivals {
    count: u32,
    some: bool,
}

impl Arrivals {
    /// A folder is opened: what is there is no news.
    pub(crate) fn begin(&mut self) {
        *self = Self { count: u32::MAX, some: false };
    }

    fn hear(&mut self, response: &[u8]) {
        let Some((number, word)) = numbered(response) else { return };
        if word.eq_ignore_ascii_case(b"EXISTS") {
            self.some |= number > self.count;
            self.count = number;
        } else if word.eq_ignore_ascii_case(b"EXPUNGE") {
            self.count = self.count.saturating_sub(1);
        }
    }

    /// Whether some came since this was last asked.
    pub(crate) fn take(&mut self) -> bool {
        std::mem::take(&mut self.some)
    }
}

/// The number that a response begins with, and what follows it.
fn numbered(response: &[u8]) -> Option<(u32, &[u8])> {
    let rest = response.strip_prefix(b"* ")?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    let (number, word) = rest.split_at_checked(end)?;
    let number: u32 = std::str::from_utf8(number).ok()?.parse().ok()?;
    Some((number, word.trim_ascii()))
}

/// Commands and answers, one after the other.
#[derive(Debug)]
pub(crate) struct Dialogue {
    pub(crate) wire: Wire,
    pub(crate) timeouts: Timeouts,
    pub(crate) arrivals: Arrivals,
    commands: u32,
    bye: Option<String>,
    /// What the server was sent and may repeat.
    secrets: Secrets,
}

impl Dialogue {
    pub(crate) fn new(wire: Wire, timeouts: Timeouts) -> Self {
        let (arrivals, secrets) = (Arrivals::default(), Secrets::default());
        Self { wire, timeouts, arrivals, commands: 0, bye: None, secrets }
    }

    pub(crate) fn into_wire(self) -> Wire {
        self.wire
    }

    /// A server's words: on one line, not too many, and without what proves who we are.
    pub(crate) fn words(&self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let text = self.secrets.hidden_in(text.trim());
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_WORDS).collect();
        if text.is_empty() { "it gave no reason".to_owned() } else { text }
    }

    pub(crate) async fn response(&mut self, most: usize, waited_for: &'static str) -> Result<Vec<u8>, Problem> {
        let response = self.wire.response(most, self.timeouts.silence, waited_for).await;
        match (response, self.bye.take()) {
            // Why it was lost is known.
            (Err(Problem::Lost(_)), Some(words)) => Err(Problem::Bye(words)),
            (response, bye) => {
                self.bye = bye;
                response
            }
        }
    }

    /// Reads the greeting.
    pub(crate) async fn greeting(&mut self) -> Result<(), Problem> {
        let greeting = self.response(USUAL, "the greeting").await?;
        match line(&greeting, "") {
            Line::Bye(said) => Err(Problem::Bye(self.words(said))),
            Line::Data if greeting.starts_with(b"* ") => Ok(()),
            _ => Err(Problem::NoImap(self.words(&greeting))),
        }
    }

    pub(crate) fn tag(&mut self) -> String {
        self.commands = self.commands.wrapping_add(1);
        format!("w{}", self.commands)
    }

    /// Gives a command and waits for its end; `each` sees what comes before.
    pub(crate) async fn run(
        &mut self,
        command: &'static str,
        written: &str,
        each: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<String, Problem> {
        self.run_bounded(command, written, &[], USUAL, each).await
    }

    /// The same with another bound for responses, and with what the server is sent when it asks for more.
    pub(crate) async fn run_bounded(
        &mut self,
        command: &'static str,
        written: &str,
        then: &[Vec<u8>],
        most: usize,
        each: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<String, Problem> {
        let limit = self.timeouts.answer;
        let running = self.run_on(command, written, then, most, each);
        timeout(limit, running).await.unwrap_or(Err(Problem::Late { waited_for: command, limit }))
    }

    async fn run_on(
        &mut self,
        command: &'static str,
        written: &str,
        then: &[Vec<u8>],
        most: usize,
        each: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<String, Problem> {
        let tag = self.tag();
        self.wire.send(format!("{tag} {written}\r\n").as_bytes(), self.timeouts.silence).await?;
        let mut then = then.iter();
        loop {
            let response = self.response(most, command).await?;
            match line(&response, &tag) {
                Line::Done(said) => return Ok(self.words(said)),
                Line::Refused(said) => return Err(Problem::Refused { command, words: self.words(said) }),
                Line::Bye(said) => self.bye = Some(self.words(said)),
                Line::More => {
                    // An empty line ends an exchange that the server goes on with.
                    let next = then.next().map_or(&b"\r\n"[..], Vec::as_slice);
                    self.wire.send(next, self.timeouts.silence).await?;
                }
                Line::Data => {
                    self.arrivals.hear(&response);
                    each(&response);
                }
            }
        }
    }

    /// What the server can do.
    pub(crate) async fn capabilities(&mut self) -> Result<Vec<String>, Problem> {
        let mut found = Vec::new();
        let each = &mut |response: &[u8]| {
            let text = String::from_utf8_lossy(response);
            let mut words = text.split_ascii_whitespace().skip(1);
            if words.next().is_some_and(|word| word.eq_ignore_ascii_case("CAPABILITY")) {
                found.extend(words.map(str::to_ascii_uppercase));
            }
        };
        self.run("CAPABILITY", "CAPABILITY", each).await?;
        Ok(found)
    }

    pub(crate) async fn authenticate(&mut self, exchange: Exchange, login: &Login) -> Result<(), Problem> {
        let (Login::Password { password: secret, .. } | Login::Token { token: secret, .. }) = login;
        self.secrets = Secrets::new([secret.as_str()]);
        let Exchange { first, then, initial } = exchange;
        let written = initial.map_or(first.clone(), |initial| format!("{first} {initial}"));
        let then: Vec<Vec<u8>> = then.into_iter().map(|line| format!("{line}\r\n").into_bytes()).collect();
        match self.run_bounded("the login", &written, &then, USUAL, &mut |_| ()).await {
            Ok(_) => Ok(()),
            Err(Problem::Refused { words, .. }) => Err(Problem::Login { words }),
            Err(other) => Err(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_into_an_open_folder_is_news_once() {
        let mut arrivals = Arrivals::default();
        let mut heard = |opens: bool, responses: &[&str]| {
            if opens {
                arrivals.begin();
            }
            for response in responses {
                arrivals.hear(format!("{response}\r\n").as_bytes());
            }
            arrivals.take()
        };
        let opened = ["* FLAGS (\\Seen)", "* 3 EXISTS", "* 1 RECENT", "* OK [UIDVALIDITY 7] it"];
        assert!(!heard(true, &opened), "what is there is none");
        assert!(!heard(false, &["* SEARCH 3 EXISTS", "* 3 FETCH (UID 9)", "* 3 EXISTS"]));
        assert!(heard(false, &["* 4 exists"]));
        assert!(!heard(false, &["* 4 EXISTS"]));
        // One goes, and another comes.
        assert!(heard(false, &["* 2 EXPUNGE", "* 4 EXISTS"]));
        assert!(!heard(false, &["* 4294967296 EXISTS", "* EXISTS", "* 5", ""]));
        assert!(!heard(true, &["* 9 EXISTS"]));
    }
}
