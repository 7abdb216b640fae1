//! The definition of a mailbox, as bodies of the API and documents of a folder write it.

use jiff::civil::Date;
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_store::records::mailboxes::{MailboxAfter, MailboxStart, MailboxTls};

use super::auth::{DefinitionAuth, read_auth};
use super::members::{Members, host, line, lines};
use super::submission::{DefinitionSubmission, read_submission};
use super::tls_word;

/// The members of a definition.
pub const MEMBERS: [&str; 10] =
    ["host", "port", "tls", "user", "auth", "folders", "start", "after", "route", "submission"];

/// The most folders of a mailbox.
const MOST_FOLDERS: usize = 50;

/// Flags of IMAP that a client may set (RFC 3501 section 2.3.2).
const SYSTEM_FLAGS: [&str; 4] = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft"];

/// What a definition says; secrets and route are not looked up.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The server, in lower case and A-labels.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is encrypted.
    pub tls: MailboxTls,
    /// Who logs in.
    pub user: String,
    /// What proves it.
    pub auth: DefinitionAuth,
    /// The folders that are watched; at least one.
    pub folders: Vec<String>,
    /// What of the mail that was there before is taken.
    pub start: MailboxStart,
    /// What happens to a message that was taken.
    pub after: MailboxAfter,
    /// The address whose route its mail takes.
    pub address: String,
    /// The server that takes what goes out by the route.
    pub submission: Option<DefinitionSubmission>,
}

/// Reads a definition.
///
/// # Errors
/// Every problem.
pub(super) fn definition(written: &Map<String, Json>) -> Result<Definition, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut inner = Vec::new();
    let mut members = Members::of("", written, &mut problems);
    let host = members.required("host", "the name of a server, such as imap.example.com", host);
    let tls = [MailboxTls::Implicit, MailboxTls::StartTls, MailboxTls::None];
    let tls = members.parsed("tls", "implicit, starttls or none", |value| {
        tls.into_iter().find(|tls| value.as_str().is_some_and(|word| word.eq_ignore_ascii_case(tls_word(*tls))))
    });
    let port = members
        .parsed("port", "a port from 1 to 65535", |value| u16::try_from(value.as_u64()?).ok().filter(|port| *port > 0));
    // Without `tls` the port says it: on 143 nobody speaks TLS from the first byte.
    let tls = tls.unwrap_or(if port == Some(143) { MailboxTls::StartTls } else { MailboxTls::Implicit });
    let port = port.unwrap_or(if tls == MailboxTls::Implicit { 993 } else { 143 });
    let user = members.required("user", "who logs in, such as support@example.com", line);
    let auth = members.required("auth", "`secret`, or `oauth`", |value| value.as_object().cloned());
    let auth = auth.and_then(|auth| read_auth(("auth", "auth.oauth"), &auth, &mut inner));
    let folders = members.parsed("folders", &format!("a list of 1 to {MOST_FOLDERS} names of folders"), |value| {
        let mut folders = lines(value)?;
        // INBOX is one whatever the case (RFC 3501 section 5.1). What was taken is known by the folder's name, so it is written in one way.
        for folder in folders.iter_mut().filter(|folder| folder.eq_ignore_ascii_case("INBOX")) {
            "INBOX".clone_into(folder);
        }
        let mut seen = Vec::new();
        folders.retain(|folder| {
            let new = !seen.contains(folder);
            seen.push(folder.clone());
            new
        });
        (!folders.is_empty() && folders.len() <= MOST_FOLDERS).then_some(folders)
    });
    let folders = folders.unwrap_or_else(|| vec!["INBOX".to_owned()]);
    let start =
        members.parsed("start", "new, unseen, all, or a date such as 2026-11-30", |value| match value.as_str()? {
            "new" => Some(MailboxStart::New),
            "unseen" => Some(MailboxStart::Unseen),
            "all" => Some(MailboxStart::All),
            date => date.parse::<Date>().ok().map(MailboxStart::Since),
        });
    let after = members.parsed("after", "{flag: …}, {moveTo: …} or {delete: true}", after);
    let after = after.unwrap_or_else(|| MailboxAfter::Flag("\\Seen".to_owned()));
    let address = members.required("route", "the address of a route, such as support@example.com", |value| {
        line(value).filter(|address| {
            address.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
        })
    });
    let submission = members.parsed("submission", "an object with `host`", |value| value.as_object().cloned());
    members.finish(&[&MEMBERS[..], &["name", "state"]].concat());
    let submission = submission.and_then(|submission| read_submission(&submission, &mut inner));
    problems.extend(inner);
    if let MailboxAfter::MoveTo(to) = &after
        && folders.iter().any(|folder| folder.eq_ignore_ascii_case(to))
    {
        let message = format!("`{to}` is watched itself: what is moved there would be taken again");
        problems.push(Diagnostic::error(Code::InvalidValue, "after.moveTo", message).expected("another folder"));
    }
    match (host, user, auth, address) {
        (Some(host), Some(user), Some(auth), Some(address)) if problems.is_empty() => {
            let start = start.unwrap_or(MailboxStart::New);
            Ok(Definition { host, port, tls, user, auth, folders, start, after, address, submission })
        }
        _ => Err(problems),
    }
}

/// How it is written what is done with a message that was taken.
pub(super) fn after_written(after: &MailboxAfter) -> Json {
    match after {
        MailboxAfter::Flag(flag) => json!({ "flag": flag }),
        MailboxAfter::MoveTo(folder) => json!({ "moveTo": folder }),
        MailboxAfter::Delete => json!({ "delete": true }),
    }
}

fn after(value: &Json) -> Option<MailboxAfter> {
    if value.as_str() == Some("delete") {
        return Some(MailboxAfter::Delete);
    }
    let members = value.as_object()?;
    let mut members = members.iter().filter(|(_, value)| !value.is_null());
    let (name, value) = members.next()?;
    if members.next().is_some() {
        return None;
    }
    match name.as_str() {
        "flag" => flag(value).map(MailboxAfter::Flag),
        "moveTo" => line(value).map(MailboxAfter::MoveTo),
        "delete" => (value.as_bool() == Some(true)).then_some(MailboxAfter::Delete),
        _ => None,
    }
}

/// A flag: one of IMAP's own, or a keyword of letters, digits and a few signs (RFC 3501 section 9).
fn flag(value: &Json) -> Option<String> {
    let written = line(value)?;
    let bare = written.trim_start_matches('\\');
    if let Some(known) =
        SYSTEM_FLAGS.into_iter().find(|known| known.trim_start_matches('\\').eq_ignore_ascii_case(bare))
    {
        return Some(known.to_owned());
    }
    let keyword = written.chars().all(|c| c.is_ascii_graphic() && !"(){%*\"\\]".contains(c));
    keyword.then_some(written)
}
