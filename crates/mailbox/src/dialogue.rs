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

/// Commands and answers, one after the other.
#[derive(Debug)]
pub(crate) struct Dialogue {
    pub(crate) wire: Wire,
    pub(crate) timeouts: Timeouts,
    commands: u32,
    bye: Option<String>,
    /// What the server was sent and may repeat.
    secrets: Secrets,
}

impl Dialogue {
    pub(crate) fn new(wire: Wire, timeouts: Timeouts) -> Self {
        Self { wire, timeouts, commands: 0, bye: None, secrets: Secrets::default() }
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
                Line::Data => each(&response),
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
