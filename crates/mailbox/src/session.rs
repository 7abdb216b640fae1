//! What is said to a server, and what it answers.

use std::panic::catch_unwind;
use std::time::Duration;

use bytes::Bytes;
use imap_proto::{AttributeValue, MailboxDatum, Response, ResponseCode};
use jiff::Timestamp;
use tokio::time::Instant;

use crate::dialogue::{Dialogue, Line, USUAL, line};
use crate::folder_name;
use crate::problem::Problem;

/// The most messages that one command names: servers limit the length of a line.
const MOST_NAMED: usize = 200;

/// So often in a row news from before a wait end it at once: then they are left to the next check, should a server always tell of some.
const MOST_AT_ONCE: u32 = 5;

/// Responses whose parentheses nest deeper are not read.
const DEEPEST: usize = 8;

/// A folder that was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Folder {
    /// While it stays the same, UIDs mean what they meant (RFC 3501 section 2.3.1.1).
    pub uid_validity: u32,
    /// How many messages there are.
    pub exists: u32,
    /// Whether nothing can be changed.
    pub read_only: bool,
}

/// A message that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its UID.
    pub uid: u32,
    /// Its size in bytes, as the server says.
    pub size: u32,
    /// When the server got it, if it says that.
    pub received: Option<Timestamp>,
}

/// A message that was fetched.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// Its bytes; none if the server has the message and not its content.
    pub raw: Option<Bytes>,
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waited {
    /// Something changed in the folder.
    News,
    /// The time is over.
    Quiet,
    /// The server can't tell news.
    Unable,
}

/// A session of a user.
#[derive(Debug)]
pub struct Session {
    dialogue: Dialogue,
    capabilities: Vec<String>,
    /// How many waits in a row were over at once.
    at_once: u32,
}

impl Session {
    pub(crate) fn new(dialogue: Dialogue, capabilities: Vec<String>) -> Self {
        Self { dialogue, capabilities, at_once: 0 }
    }

    /// Whether the server has an extension.
    #[must_use]
    pub fn has(&self, extension: &str) -> bool {
        self.capabilities.iter().any(|one| one == extension)
    }

    /// Opens a folder; `change` if messages are to be marked, moved or deleted.
    ///
    /// # Errors
    /// There is no such folder, or it gives no UIDs.
    pub async fn open(&mut self, name: &str, change: bool) -> Result<Folder, Problem> {
        let (mut validity, mut exists) = (None, 0);
        let command = if change { "SELECT" } else { "EXAMINE" };
        let each = &mut |response: &[u8]| match parsed(response) {
            Some(Response::Data { outcome, .. }) => {
                if let Some(ResponseCode::UidValidity(number)) = outcome.code {
                    validity = Some(number);
                }
            }
            Some(Response::MailboxData(MailboxDatum::Exists(number))) => exists = number,
            _ => {}
        };
        self.dialogue.arrivals.begin();
        let done = self.dialogue.run(command, &format!("{command} {}", folder_name::sent(name)), each).await?;
        let Some(uid_validity) = validity else {
            return Err(Problem::NoImap("it gives no UIDVALIDITY for the folder".to_owned()));
        };
        Ok(Folder { uid_validity, exists, read_only: done.to_ascii_uppercase().contains("[READ-ONLY]") })
    }

    /// The names of all folders.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn folders(&mut self) -> Result<Vec<String>, Problem> {
        let mut names = Vec::new();
        let each = &mut |response: &[u8]| {
            if let Some(Response::MailboxData(MailboxDatum::List(list))) = parsed(response) {
                names.push(folder_name::read(&list.name));
            }
        };
        self.dialogue.run("LIST", "LIST \"\" \"*\"", each).await?;
        Ok(names)
    }

    /// The UIDs in a range that fit a criterion such as `UNSEEN`, ascending, each once.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn find(&mut self, from: u32, to: Option<u32>, criterion: &str) -> Result<Vec<u32>, Problem> {
        let to = to.map_or_else(|| "*".to_owned(), |to| to.to_string());
        let mut uids = self.search(&format!("UID {from}:{to} {criterion}")).await?;
        // `n:*` always has the last message, whatever its UID (RFC 3501 section 6.4.8).
        uids.retain(|uid| *uid >= from);
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// The UID of the last message; none if there is none.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn last(&mut self) -> Result<Option<u32>, Problem> {
        Ok(self.search("UID *").await?.into_iter().max())
    }

    /// The UIDs that fit, as the server lists them. A list that can't be read is an error: what is on it would count as settled.
    async fn search(&mut self, wanted: &str) -> Result<Vec<u32>, Problem> {
        let (mut uids, mut unread) = (Vec::<u32>::new(), false);
        let each = &mut |response: &[u8]| match parsed(response) {
            Some(Response::MailboxData(MailboxDatum::Search(found))) => uids.extend(found),
            Some(_) => {}
            None => unread |= response.get(..8).is_some_and(|begin| begin.eq_ignore_ascii_case(b"* SEARCH")),
        };
        self.dialogue.run("SEARCH", format!("UID SEARCH {wanted}").trim_end(), each).await?;
        if unread { Err(Problem::NoImap("its answer to SEARCH can't be read".to_owned())) } else { Ok(uids) }
    }

    /// Messages, their sizes and times. Those that are gone are left out.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<Found>, Problem> {
        let mut found = Vec::new();
        for part in uids.chunks(MOST_NAMED) {
            let each = &mut |response: &[u8]| {
                let Some(Response::Fetch(_, attributes)) = parsed(response) else { return };
                let (mut uid, mut size, mut received) = (None, None, None);
                for attribute in attributes {
                    match attribute {
                        AttributeValue::Uid(number) => uid = Some(number),
                        AttributeValue::Rfc822Size(number) => size = Some(number),
                        AttributeValue::InternalDate(text) => received = internal_date(&text),
                        _ => {}
                    }
                }
                // Others may be told of by the way.
                if let (Some(uid), Some(size)) = (uid.filter(|uid| part.contains(uid)), size) {
                    found.push(Found { uid, size, received });
                }
            };
            let written = format!("UID FETCH {} (UID RFC822.SIZE INTERNALDATE)", set(part));
            self.dialogue.run("FETCH", &written, each).await?;
        }
        Ok(found)
    }

    /// Messages with their content, without marking them as seen. Those that are gone are left out, and those whose answer makes no sense.
    /// At most `total` bytes are kept: a server that was wrong about sizes takes no memory, and what is beyond is left out.
    ///
    /// # Errors
    /// The server refuses, or a message is larger than `most` bytes.
    pub async fn fetch(&mut self, uids: &[u32], most: usize, total: usize) -> Result<Vec<Fetched>, Problem> {
        let (mut fetched, mut left) = (Vec::new(), total);
        for part in uids.chunks(MOST_NAMED) {
            let each = &mut |response: &[u8]| {
                let Some(Response::Fetch(_, attributes)) = parsed(response) else { return };
                let (mut uid, mut content) = (None, None);
                for attribute in attributes {
                    match attribute {
                        AttributeValue::Uid(number) => uid = Some(number),
                        AttributeValue::BodySection { section: None, data, .. } => content = Some(data),
                        _ => {}
                    }
                }
                // Once is enough: a server that repeats itself takes no memory.
                let new = |uid: &u32| part.contains(uid) && !fetched.iter().any(|one: &Fetched| one.uid == *uid);
                if let (Some(uid), Some(data)) = (uid.filter(new), content) {
                    let size = data.as_ref().map_or(0, |data| data.len());
                    let Some(less) = left.checked_sub(size) else { return };
                    left = less;
                    fetched.push(Fetched { uid, raw: data.map(|data| Bytes::copy_from_slice(&data)) });
                }
            };
            let written = format!("UID FETCH {} (UID BODY.PEEK[])", set(part));
            self.dialogue.run_bounded("FETCH", &written, &[], most.saturating_add(USUAL), each).await?;
        }
        Ok(fetched)
    }

    /// Sets a flag.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn mark(&mut self, uids: &[u32], flag: &str) -> Result<(), Problem> {
        for part in uids.chunks(MOST_NAMED) {
            let written = format!("UID STORE {} +FLAGS.SILENT ({flag})", set(part));
            self.dialogue.run("STORE", &written, &mut |_| ()).await?;
        }
        Ok(())
    }

    /// Moves messages into another folder (RFC 6851), or copies and deletes them where the server can't move.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn move_to(&mut self, uids: &[u32], folder: &str) -> Result<(), Problem> {
        let folder = folder_name::sent(folder);
        for part in uids.chunks(MOST_NAMED) {
            if self.has("MOVE") {
                self.dialogue.run("MOVE", &format!("UID MOVE {} {folder}", set(part)), &mut |_| ()).await?;
            } else {
                self.dialogue.run("COPY", &format!("UID COPY {} {folder}", set(part)), &mut |_| ()).await?;
                self.delete(part).await?;
            }
        }
        Ok(())
    }

    /// Deletes messages. A server without UIDPLUS (RFC 4315) keeps them, marked as deleted: its EXPUNGE would delete those of others, too.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn delete(&mut self, uids: &[u32]) -> Result<(), Problem> {
        self.mark(uids, "\\Deleted").await?;
        if self.has("UIDPLUS") {
            for part in uids.chunks(MOST_NAMED) {
                self.dialogue.run("EXPUNGE", &format!("UID EXPUNGE {}", set(part)), &mut |_| ()).await?;
            }
        }
        Ok(())
    }

    /// Puts a message into a folder, unseen, with the time at which it was received (RFC 3501 section 6.3.11).
    ///
    /// # Errors
    /// The server refuses.
    pub async fn append(&mut self, folder: &str, received: Timestamp, raw: &[u8]) -> Result<(), Problem> {
        let date = received.strftime("%d-%b-%Y %H:%M:%S +0000");
        let written = format!("APPEND {} () \"{date}\" {{{}}}", folder_name::sent(folder), raw.len());
        let message = [raw, b"\r\n"].concat();
        self.dialogue.run_bounded("APPEND", &written, &[message], USUAL, &mut |_| ()).await.map(drop)
    }

    /// Waits until something changes in the open folder (RFC 2177), so long at most. What came since it was opened, and was told of with
    /// something else, is news as well.
    ///
    /// # Errors
    /// The connection.
    pub async fn wait(&mut self, time: Duration) -> Result<Waited, Problem> {
        if !self.has("IDLE") {
            return Ok(Waited::Unable);
        }
        if self.dialogue.arrivals.take() && self.at_once < MOST_AT_ONCE {
            self.at_once += 1;
            return Ok(Waited::News);
        }
        self.at_once = 0;
        let silence = self.dialogue.timeouts.silence;
        let tag = self.dialogue.tag();
        self.dialogue.wire.send(format!("{tag} IDLE\r\n").as_bytes(), silence).await?;
        let mut waited = Waited::Quiet;
        loop {
            let response = self.dialogue.response(USUAL, "IDLE").await?;
            match line(&response, &tag) {
                Line::More => break,
                Line::Refused(_) => {
                    self.capabilities.retain(|one| one != "IDLE");
                    return Ok(Waited::Unable);
                }
                Line::Done(_) => return Ok(Waited::Unable),
                Line::Bye(said) => return Err(Problem::Bye(self.dialogue.words(said))),
                Line::Data if is_news(&response) => waited = Waited::News,
                Line::Data => {}
            }
        }
        let end = Instant::now() + time;
        while waited == Waited::Quiet {
            let left = end.saturating_duration_since(Instant::now());
            let response = match self.dialogue.wire.response(USUAL, left, "IDLE").await {
                Err(Problem::Late { .. }) => break,
                response => response?,
            };
            match line(&response, &tag) {
                Line::Bye(said) => return Err(Problem::Bye(self.dialogue.words(said))),
                // It ended the wait by itself.
                Line::Done(_) | Line::Refused(_) => return Ok(Waited::Quiet),
                Line::Data if is_news(&response) => waited = Waited::News,
                Line::Data | Line::More => {}
            }
        }
        self.dialogue.wire.send(b"DONE\r\n", silence).await?;
        loop {
            let response = self.dialogue.response(USUAL, "the end of IDLE").await?;
            match line(&response, &tag) {
                Line::Done(_) | Line::Refused(_) => return Ok(waited),
                Line::Bye(said) => return Err(Problem::Bye(self.dialogue.words(said))),
                Line::Data if is_news(&response) => waited = Waited::News,
                Line::More | Line::Data => {}
            }
        }
    }

    /// Says goodbye. Whether the server hears it does not matter.
    pub async fn log_out(mut self) {
        let _ = self.dialogue.run("LOGOUT", "LOGOUT", &mut |_| ()).await;
    }
}

/// Whether a response tells of more messages.
fn is_news(response: &[u8]) -> bool {
    matches!(parsed(response), Some(Response::MailboxData(MailboxDatum::Exists(_) | MailboxDatum::Recent(_))))
}

/// A response, if it can be read. The parser panics on some, such as `INTERNALDATE NIL`, and goes as deep as parentheses nest.
fn parsed(response: &[u8]) -> Option<Response<'_>> {
    if is_deep(response) {
        return None;
    }
    catch_unwind(|| Response::parse(response)).ok()?.ok().map(|(_, response)| response)
}

/// Whether parentheses nest deeper than in anything that is asked for: a body structure may, without end. Literals are passed over.
fn is_deep(response: &[u8]) -> bool {
    let (mut rest, mut depth, mut quoted) = (response, 0_usize, false);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            b'\\' if quoted => rest = after.get(1..).unwrap_or_default(),
            b'"' => quoted = !quoted,
            b'(' if !quoted && depth >= DEEPEST => return true,
            b'(' if !quoted => depth = depth.saturating_add(1),
            b')' if !quoted => depth = depth.saturating_sub(1),
            b'{' if !quoted => {
                let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
                let (length, end) = after.split_at_checked(digits).unwrap_or_default();
                let length = std::str::from_utf8(length).ok().and_then(|length| length.parse::<usize>().ok());
                if let (Some(length), Some(content)) = (length, end.strip_prefix(b"}\r\n")) {
                    rest = content.get(length..).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    false
}

/// A date and time of IMAP, such as ` 7-Nov-2026 09:00:00 +0100` (RFC 3501 section 9).
fn internal_date(text: &str) -> Option<Timestamp> {
    Timestamp::strptime("%d-%b-%Y %H:%M:%S %z", text.trim()).ok()
}

/// Ascending UIDs as a sequence set (RFC 3501 section 9).
fn set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*uid) => *last = *uid,
            _ => ranges.push((*uid, *uid)),
        }
    }
    let ranges = ranges.into_iter();
    let written = ranges.map(|(first, last)| if first == last { first.to_string() } else { format!("{first}:{last}") });
    written.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let time: Timestamp = "2026-11-07T08:00:00Z".parse().unwrap();
        for text in ["07-Nov-2026 09:00:00 +0100", " 7-Nov-2026 09:00:00 +0100", "7-Nov-2026 08:00:00 +0000"] {
            assert_eq!(internal_date(text), Some(time), "{text}");
        }
        assert_eq!(internal_date("yesterday"), None);
    }

    #[test]
    fn what_the_parser_panics_on_is_not_read() {
        assert!(parsed(b"* 1 FETCH (UID 7 INTERNALDATE NIL)\r\n").is_none());
        assert!(parsed(b"* SEARCH 99999999999\r\n").is_none());
        for empty in [&b"* SEARCH\r\n"[..], b"* SEARCH \r\n"] {
            assert!(
                matches!(parsed(empty), Some(Response::MailboxData(MailboxDatum::Search(found))) if found.is_empty())
            );
        }
    }

    #[test]
    fn what_nests_without_end_is_not_read() {
        let deep = format!("* 1 FETCH (UID 7 BODYSTRUCTURE {}\r\n", "(".repeat(1_000_000));
        assert!(parsed(deep.as_bytes()).is_none());
        let hidden = format!("* 1 FETCH (UID 7 BODY[] {{1}}\r\n\" BODYSTRUCTURE {}\r\n", "(".repeat(1_000_000));
        assert!(parsed(hidden.as_bytes()).is_none());
        let content = "(".repeat(100);
        let message = format!("* 1 FETCH (FLAGS (\\Seen) BODY[] {{{}}}\r\n{content} UID 7)\r\n", content.len());
        assert!(matches!(parsed(message.as_bytes()), Some(Response::Fetch(1, found)) if found.len() == 3));
    }

    #[test]
    fn uids_are_written_as_ranges() {
        for (uids, written) in [
            (&[1][..], "1"),
            (&[1, 2, 3], "1:3"),
            (&[1, 3, 4, 9], "1,3:4,9"),
            (&[u32::MAX - 1, u32::MAX], "4294967294:4294967295"),
        ] {
            assert_eq!(set(uids), written);
        }
    }
}
