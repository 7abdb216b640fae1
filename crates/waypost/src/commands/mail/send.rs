//! `waypost mail send`: mail files to a server by SMTP.

use std::io::{self, Write};
use std::path::PathBuf;

use waypost_mail::message::{AddressField, Message};
use waypost_mail::smtp::{Client, Sent};

use crate::failure::Failure;
use crate::files::{self, MailFile};
use crate::remote::{Listeners, which_server};
use crate::screen;

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
    let mut all_taken = true;
    files::mails(&arguments.mails, &mut |mail| {
        let (from, to) = envelope(arguments, &mail);
        if to.is_empty() {
            all_taken = false;
            writeln!(out, "{}: nobody to send it to (name recipients with --to)", mail.name)?;
            return Ok(());
        }
        let recipients: Vec<&str> = to.iter().map(String::as_str).collect();
        let sent = runtime.block_on(client.send(&from, &recipients, &mail.raw)).map_err(|error| fail(&error))?;
        all_taken &= report(&mut out, &mail, &recipients, &sent)?;
        Ok(())
    })?;
    // All is said already: whether the server answers the farewell does not matter.
    let _ = runtime.block_on(client.quit());
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

/// Prints what the server said; answers whether every recipient was taken.
fn report(out: &mut impl Write, mail: &MailFile, recipients: &[&str], sent: &Sent) -> io::Result<bool> {
    let mut taken = true;
    for (recipient, reply) in recipients.iter().zip(&sent.recipients) {
        if !reply.is_positive() {
            taken = false;
            writeln!(out, "{}: <{recipient}> refused: {} {}", mail.name, reply.code, reply.text)?;
        }
    }
    let last = sent.message.as_ref().unwrap_or(&sent.sender);
    let verb = if sent.is_taken() { "taken" } else { "refused" };
    if sent.is_taken() || sent.message.is_some() || sent.recipients.is_empty() {
        writeln!(out, "{}: {verb}: {} {}", mail.name, last.code, last.text)?;
    }
    Ok(taken && sent.is_taken())
}
