//! `waypost mail send`: mail files to a server by SMTP.

use std::io::{self, Write};
use std::path::PathBuf;

use serde::Serialize;
use waypost_mail::message::{AddressField, Message};
use waypost_mail::smtp::{Client, Sent, ServerReply};

use crate::failure::Failure;
use crate::files::{self, MailFile};
use crate::remote::{Listeners, which_server};
use crate::screen;
use crate::table::Printing;

/// Arguments of `mail send`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The SMTP server, such as 127.0.0.1:2525
    #[arg(long, env = "WAYPOST_SMTP")]
    smtp: Option<String>,
    /// Data directory of a server on this machine, to read its address from
    #[arg(long, env = "WAYPOST_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The envelope sender; left out: the address of From
    #[arg(long)]
    from: Option<String>,
    /// Envelope recipients; left out: the addresses of To and Cc
    #[arg(long)]
    to: Vec<String>,
    /// Mails: .eml files, mboxes, folders of them; `-` is standard input
    #[arg(required = true)]
    mails: Vec<PathBuf>,
    #[command(flatten)]
    printing: Printing,
}

/// What became of a mail, as data.
#[derive(Serialize)]
struct Report<'r> {
    mail: &'r str,
    /// Whether the server took it for every recipient.
    taken: bool,
    from: &'r str,
    to: Vec<To<'r>>,
    /// The last answer about the mail as a whole; left out if nothing was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer<'r>>,
}

/// A recipient.
#[derive(Serialize)]
struct To<'r> {
    address: &'r str,
    /// Left out if the server refused the sender.
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Answer<'r>>,
}

/// A reply by SMTP.
#[derive(Serialize)]
struct Answer<'r> {
    code: u16,
    text: &'r str,
}

/// Exit code 0: all were taken; 1: one was refused, or had nobody to go to; 2: could not read or connect.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let server = match (&arguments.smtp, &arguments.data_dir) {
        (Some(server), _) => server.clone(),
        (None, Some(data_dir)) => Listeners::read(data_dir)?
            .smtp
            .ok_or_else(|| Failure::Failed("the server on this data directory takes no SMTP".to_owned()))?,
        (None, None) => return Err(which_server("WAYPOST_SMTP or --smtp", "")),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("sending to {server}"))(cause);
    let mut client = runtime.block_on(Client::connect(server.as_str(), "localhost")).map_err(|error| fail(&error))?;
    let mut out = screen::stdout();
    let (mut all_taken, output) = (true, arguments.printing.output);
    let ended = files::mails(&arguments.mails, &mut |mail| {
        let (from, to) = envelope(arguments, &mail);
        if to.is_empty() {
            all_taken = false;
            if output.is_data() {
                let report = Report { mail: &mail.name, taken: false, from: &from, to: Vec::new(), answer: None };
                output.write_one(&mut out, &report)?;
            } else {
                writeln!(out, "{}: nobody to send it to (name recipients with --to)", mail.name)?;
            }
            return Ok(());
        }
        let recipients: Vec<&str> = to.iter().map(String::as_str).collect();
        let sent = runtime.block_on(client.send(&from, &recipients, &mail.raw)).map_err(|error| fail(&error))?;
        all_taken &= is_taken_by_all(&sent);
        if output.is_data() {
            output.write_one(&mut out, &data(&mail, &from, &recipients, &sent))?;
        } else {
            report(&mut out, &mail, &recipients, &sent)?;
        }
        Ok(())
    });
    // All is said already: whether the server answers the farewell does not matter.
    let _ = runtime.block_on(client.quit());
    ended?;
    if all_taken { Ok(()) } else { Err(Failure::Found) }
}

fn envelope(arguments: &Arguments, mail: &MailFile) -> (String, Vec<String>) {
    let message = Message::parse(&mail.raw);
    let all = |field: AddressField| message.addresses(field).iter().map(|address| address.address.clone());
    let from = arguments.from.clone().or_else(|| all(AddressField::From).next()).unwrap_or_default();
    let to = match arguments.to.as_slice() {
        [] => all(AddressField::To).chain(all(AddressField::Cc)).filter(|address| address.contains('@')).collect(),
        given => given.to_vec(),
    };
    (from, to)
}

fn is_taken_by_all(sent: &Sent) -> bool {
    sent.is_taken() && sent.recipients.iter().all(ServerReply::is_positive)
}

/// The last answer about a mail as a whole.
fn last(sent: &Sent) -> &ServerReply {
    sent.message.as_ref().unwrap_or(&sent.sender)
}

fn data<'r>(mail: &'r MailFile, from: &'r str, recipients: &[&'r str], sent: &'r Sent) -> Report<'r> {
    let answer = |reply: &'r ServerReply| Answer { code: reply.code, text: &reply.text };
    let mut replies = sent.recipients.iter().map(answer);
    let to = recipients.iter().map(|address| To { address, answer: replies.next() }).collect();
    Report { mail: &mail.name, taken: is_taken_by_all(sent), from, to, answer: Some(answer(last(sent))) }
}

/// Prints what the server said.
fn report(out: &mut impl Write, mail: &MailFile, recipients: &[&str], sent: &Sent) -> io::Result<()> {
    for (recipient, reply) in recipients.iter().zip(&sent.recipients) {
        if !reply.is_positive() {
            writeln!(out, "{}: <{recipient}> refused: {} {}", mail.name, reply.code, reply.text)?;
        }
    }
    let last = last(sent);
    let verb = if sent.is_taken() { "taken" } else { "refused" };
    if sent.is_taken() || sent.message.is_some() || sent.recipients.is_empty() {
        writeln!(out, "{}: {verb}: {} {}", mail.name, last.code, last.text)?;
    }
    Ok(())
}
