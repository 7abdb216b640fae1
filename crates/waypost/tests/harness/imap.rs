//! An IMAP server that does what a good one won't.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// How a message is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum How {
    Well,
    /// As if it had no content.
    Nil,
    /// `NO`.
    Refused,
    /// A literal that is longer than anything.
    Endless,
    /// A literal that ends too soon, with the connection.
    Broken,
    /// A size of its own, whatever its content has.
    Sized(u32),
}

#[derive(Clone, Debug)]
pub struct Message {
    pub uid: u32,
    pub raw: Vec<u8>,
    pub how: How,
    pub received: &'static str,
    pub flags: BTreeSet<String>,
}

/// What the server has and does.
pub struct State {
    pub validity: u32,
    pub messages: Vec<Message>,
    pub capabilities: String,
    /// Tokens that let somebody in; passwords do always.
    pub tokens: Vec<String>,
    /// So many commands of a kind are answered with this instead.
    pub instead: Vec<(&'static str, String)>,
    /// So many connections are never greeted.
    pub mute: usize,
    /// Every command, without tags.
    pub heard: Vec<String>,
    /// Messages that were moved away or deleted.
    pub gone: Vec<u32>,
}

#[derive(Clone)]
pub struct Scripted {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Scripted {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = State {
            validity: 1,
            messages: Vec::new(),
            capabilities: "IMAP4rev1 SASL-IR AUTH=PLAIN AUTH=XOAUTH2 UIDPLUS MOVE".to_owned(),
            tokens: Vec::new(),
            instead: Vec::new(),
            mute: 0,
            heard: Vec::new(),
            gone: Vec::new(),
        };
        let scripted = Self { port, state: Arc::new(Mutex::new(state)) };
        let serving = scripted.clone();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let serving = serving.clone();
                thread::spawn(move || serving.serve(client));
            }
        });
        scripted
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub fn put(&self, uid: u32, raw: &[u8], how: How) {
        let received = "01-Jan-2030 10:00:00 +0000";
        self.state().messages.push(Message { uid, raw: raw.to_vec(), how, received, flags: BTreeSet::new() });
    }

    /// Puts a message that came long ago.
    pub fn put_old(&self, uid: u32, raw: &[u8]) {
        self.put(uid, raw, How::Well);
        self.state().messages.last_mut().unwrap().received = "01-Nov-2026 10:00:00 +0000";
    }

    pub fn flags(&self, uid: u32) -> String {
        let state = self.state();
        let message = state.messages.iter().find(|message| message.uid == uid).unwrap();
        message.flags.iter().cloned().collect::<Vec<_>>().join(" ")
    }

    fn serve(&self, client: TcpStream) {
        let muted = {
            let mut state = self.state();
            let muted = state.mute > 0;
            state.mute = state.mute.saturating_sub(1);
            muted
        };
        if muted {
            thread::sleep(Duration::from_secs(600));
            return;
        }
        let mut client = BufReader::new(client);
        // Some greet with more than they should.
        if client.get_mut().write_all(b"* OK [ALERT] welcome {not a literal}\r\n").is_err() {
            return;
        }
        let mut line = String::new();
        while client.read_line(&mut line).is_ok_and(|read| read > 0) {
            let (tag, command) = line.trim_end().split_once(' ').unwrap_or(("", line.trim_end()));
            let answer = self.answer(tag, command);
            let (answer, ends) = answer.map_or_else(|last| (last, true), |answer| (answer, false));
            if client.get_mut().write_all(&answer).is_err() || ends {
                return;
            }
            line.clear();
        }
    }

    /// The answer to a command; an error is the last that the connection says.
    fn answer(&self, tag: &str, command: &str) -> Result<Vec<u8>, Vec<u8>> {
        let mut state = self.state();
        state.heard.push(command.to_owned());
        let upper = command.to_ascii_uppercase();
        if let Some(at) = state.instead.iter().position(|(wanted, _)| upper.contains(wanted)) {
            let (_, answer) = state.instead.remove(at);
            let answer = answer.replace("TAG", tag).into_bytes();
            return if answer.starts_with(b"* BYE") { Err(answer) } else { Ok(answer) };
        }
        let mut words = command.split(' ');
        let ok = |before: &str| Ok(format!("{before}{tag} OK done\r\n").into_bytes());
        let no = |words: &str| Ok(format!("{tag} NO {words}\r\n").into_bytes());
        match (words.next().unwrap_or_default().to_ascii_uppercase().as_str(), words.next()) {
            ("CAPABILITY", _) => ok(&format!("* CAPABILITY {}\r\n", state.capabilities)),
            ("AUTHENTICATE", Some("XOAUTH2")) => {
                let said = STANDARD.decode(words.next().unwrap_or_default()).unwrap_or_default();
                let said = String::from_utf8_lossy(&said).into_owned();
                let is_in = said.starts_with("user=desk\x01")
                    && state.tokens.iter().any(|token| said.contains(&format!("auth=Bearer {token}\x01")));
                if is_in { ok("") } else { no("[AUTHENTICATIONFAILED] Invalid credentials (Failure)") }
            }
            ("AUTHENTICATE" | "LOGIN" | "NOOP", _) => ok(""),
            ("SELECT" | "EXAMINE", _) => {
                let uid_next = state.messages.iter().map(|message| message.uid).max().unwrap_or(0).saturating_sub(3);
                // UIDNEXT is a lie, and there is what nobody knows.
                ok(&format!(
                    "* {} EXISTS\r\n* FLAGS (\\Seen $X)\r\n* 5 XSTRANGE (a {{3}}\r\nb\r\n)\r\n* OK [UIDVALIDITY {}] it\r\n* OK [UIDNEXT {uid_next}] perhaps\r\n",
                    state.messages.len(),
                    state.validity
                ))
            }
            ("UID", Some("SEARCH")) => {
                let wanted = wanted(&state, words.nth(1).unwrap_or_default());
                let unseen = upper.contains("UNSEEN");
                let mut found: Vec<String> = state
                    .messages
                    .iter()
                    .filter(|message| wanted.contains(&message.uid))
                    .filter(|message| !unseen || !message.flags.contains("\\Seen"))
                    .map(|message| message.uid.to_string())
                    .collect();
                // In no order, and some of them twice.
                found.reverse();
                found.extend(found.first().cloned());
                ok(&format!("* SEARCH {}\r\n", found.join(" ")))
            }
            ("UID", Some("FETCH")) => {
                self.fetch(tag, &state, &wanted(&state, words.next().unwrap_or_default()), &upper)
            }
            ("UID", Some(act @ ("STORE" | "MOVE" | "EXPUNGE"))) => {
                let wanted = wanted(&state, words.next().unwrap_or_default());
                let flag = command.rsplit_once('(').map(|(_, flag)| flag.trim_end_matches(')').to_owned());
                for message in state.messages.iter_mut().filter(|message| wanted.contains(&message.uid)) {
                    message.flags.extend(flag.clone().filter(|_| act == "STORE"));
                }
                if act != "STORE" {
                    state.gone.extend(&wanted);
                    state.messages.retain(|message| !wanted.contains(&message.uid));
                }
                ok("")
            }
            ("LOGOUT", _) => Err(format!("* BYE\r\n{tag} OK bye\r\n").into_bytes()),
            _ => Ok(format!("{tag} BAD what?\r\n").into_bytes()),
        }
    }

    fn fetch(&self, tag: &str, state: &State, wanted: &[u32], upper: &str) -> Result<Vec<u8>, Vec<u8>> {
        let mut answer = b"* 1 FETCH (FLAGS (\\Recent))\r\n* 99 EXISTS\r\n".to_vec();
        for (number, message) in (1..).zip(&state.messages) {
            if !wanted.contains(&message.uid) {
                continue;
            }
            let (uid, length) = (message.uid, message.raw.len());
            if upper.contains("RFC822.SIZE") {
                let size = if let How::Sized(size) = message.how { size } else { u32::try_from(length).unwrap() };
                let received = message.received;
                let fetched =
                    format!("* {number} FETCH (RFC822.SIZE {size} INTERNALDATE \"{received}\" UID {uid})\r\n");
                answer.extend(fetched.bytes());
                continue;
            }
            match message.how {
                How::Well | How::Sized(_) => {
                    answer.extend(format!("* {number} FETCH (BODY[] {{{length}}}\r\n").bytes());
                    answer.extend(&message.raw);
                    answer.extend(format!(" UID {uid})\r\n").bytes());
                }
                How::Nil => answer.extend(format!("* {number} FETCH (UID {uid} BODY[] NIL)\r\n").bytes()),
                How::Refused => return Ok(format!("{tag} NO [SERVERBUG] could not be fetched\r\n").into_bytes()),
                How::Endless => {
                    answer.extend(format!("* {number} FETCH (UID {uid} BODY[] {{4294967295}}\r\n").bytes());
                    return Ok(answer);
                }
                How::Broken => {
                    answer.extend(format!("* {number} FETCH (UID {uid} BODY[] {{{length}}}\r\nhalf").bytes());
                    return Err(answer);
                }
            }
        }
        answer.extend(format!("{tag} OK done\r\n").bytes());
        Ok(answer)
    }
}

/// The UIDs of a set that there are.
fn wanted(state: &State, set: &str) -> Vec<u32> {
    let last = state.messages.iter().map(|message| message.uid).max().unwrap_or(0);
    let number = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(0) };
    let mut found = Vec::new();
    for part in set.split(',') {
        let (from, to) = part.split_once(':').map_or((part, part), |(from, to)| (from, to));
        let (from, to) = (number(from).min(number(to)), number(from).max(number(to)));
        found.extend(state.messages.iter().map(|message| message.uid).filter(|uid| (from..=to).contains(uid)));
    }
    found
}
