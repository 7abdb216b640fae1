//! Messages of mailboxes that were set aside.

use std::io::Write;

use waypost_flow::diagnostic::counted;
use waypost_wire::mailbox::{SetAsideMessage, SetAsideRetryRequest};

use super::{One, Show};
use crate::failure::Failure;
use crate::table::{self, Printing};

/// Arguments of `retry`.
#[derive(clap::Args)]
pub(crate) struct Retry {
    #[command(flatten)]
    one: One,
    /// Folder of the one message
    #[arg(long, value_name = "NAME", requires = "uid")]
    folder: Option<String>,
    /// UID of the one message, as `waypost mailboxes set-aside` shows it
    #[arg(long, requires_all = ["folder", "uid_validity"])]
    uid: Option<u32>,
    /// UIDVALIDITY of the folder
    #[arg(long, value_name = "NUMBER", requires = "uid")]
    uid_validity: Option<u32>,
    #[command(flatten)]
    printing: Printing,
}

pub(super) fn list(arguments: &Show, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, mailbox) = arguments.one.find()?;
    let mut all: Vec<SetAsideMessage> = Vec::new();
    let mut cursor = None;
    loop {
        let page = remote.wait(remote.mailboxes().set_aside(mailbox.id, cursor.as_deref()))?;
        all.extend(page.entities);
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &all)?);
    }
    let row = |one: &SetAsideMessage| {
        let (validity, uid) = (one.uid_validity.to_string(), one.uid.to_string());
        [table::flat(&one.folder), validity, uid, one.date.to_string(), table::clip(&one.reason, 100)]
    };
    let rows: Vec<[String; 5]> = all.iter().map(row).collect();
    Ok(table::rows(out, ["FOLDER", "UIDVALIDITY", "UID", "SET ASIDE", "REASON"], &rows)?)
}

pub(super) fn retry(arguments: &Retry, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, mailbox) = arguments.one.find()?;
    let request = SetAsideRetryRequest {
        folder: arguments.folder.clone(),
        uid_validity: arguments.uid_validity,
        uid: arguments.uid,
    };
    let done = remote.wait(remote.mailboxes().retry_set_aside(mailbox.id, &request))?;
    let messages = counted(done.retried, "message");
    let line = format!("mailbox {}: {messages} to be tried again at the next check", mailbox.name);
    Ok(arguments.printing.print(out, &done, line)?)
}
