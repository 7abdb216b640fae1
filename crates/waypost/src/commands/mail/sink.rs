//! `waypost mail sink`: a small SMTP server that takes everything, to see what goes out.

use std::fs;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;
use waypost_admission::{Network, Networks};
use waypost_mail::message::Message;
use waypost_mail::smtp::{Cause, Envelope, Intake, Listener, Receipt, Recipient, Refusal, Settings, serve};

use crate::failure::Failure;
use crate::screen;
use crate::server::Stops;
use crate::table::{Output, flat};

/// Arguments of `mail sink`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The address to listen on; port 0 chooses a free port, which is printed on stderr
    #[arg(long, value_parser = address, default_value = "127.0.0.1:0", value_name = "ADDRESS")]
    listen: SocketAddr,
    /// Write each mail to this folder, as an .eml file
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The reply code for mails: 250, 451, 452, 550 or 552. If given several times, each mail gets the next one, and all further mails the last
    #[arg(long, value_parser = answer, value_name = "CODE", value_delimiter = ',', default_value = "250")]
    reply: Vec<Answer>,
    /// How to print mails: a line of text, or a JSON object on a line
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What a mail is answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    Taken,
    Refused(Cause),
}

/// Reads an address to listen on.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "expected an IP address and a port, such as 127.0.0.1:2526".to_owned())
}

/// Reads a reply code (RFC 5321, section 4.2).
fn answer(text: &str) -> Result<Answer, String> {
    match text {
        "250" => Ok(Answer::Taken),
        "451" => Ok(Answer::Refused(Cause::StorageUnavailable)),
        "452" => Ok(Answer::Refused(Cause::StorageFull)),
        "550" => Ok(Answer::Refused(Cause::Policy)),
        "552" => Ok(Answer::Refused(Cause::TooLarge)),
        _ => Err("expected 250, 451, 452, 550 or 552".to_owned()),
    }
}

/// Runs until it is interrupted or terminated. Exit code 0: it was; 2: could not listen, or the folder can't be written.
pub(crate) fn run(arguments: Arguments) -> Result<(), Failure> {
    let Arguments { listen, dir, reply, output } = arguments;
    let everybody: Networks = ["0.0.0.0/0", "::/0"].iter().filter_map(|text| text.parse::<Network>().ok()).collect();
    let settings = Settings {
        hostname: "sink.localhost".to_owned(),
        mails_per_minute: 0,
        commands_per_minute: 0,
        trusted: everybody,
        ..Settings::default()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(listen)
            .await
            .map_err(|error| Failure::of(format!("can't listen on {listen}"))(&error))?;
        // Only now: without a port there is nothing to keep.
        if let Some(dir) = &dir {
            fs::create_dir_all(dir).map_err(|error| Failure::of(format!("can't make {}", dir.display()))(&error))?;
        }
        let sink = Sink { dir, answers: reply, output, count: AtomicUsize::new(0) };
        let mut stops = Stops::listen()?;
        writeln!(screen::stderr(), "listening on {}", listener.local_addr()?)?;
        let (_open, stop) = watch::channel(false);
        tokio::select! {
            () = serve(vec![Listener::plain(listener)], Arc::new(settings), Arc::new(sink), stop) => {}
            () = stops.next() => {}
        }
        Ok(())
    })
}

/// Takes everything.
struct Sink {
    dir: Option<PathBuf>,
    answers: Vec<Answer>,
    output: Output,
    /// Mails that came so far.
    count: AtomicUsize,
}

impl Intake for Sink {
    type Ticket = ();

    async fn recipient(&self, _: &Recipient) -> Result<(), Refusal> {
        Ok(())
    }

    async fn message(&self, envelope: Envelope<()>, raw: Bytes) -> Result<Receipt, Refusal> {
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let answer = self.answers.get(number).or(self.answers.last()).copied().unwrap_or(Answer::Taken);
        self.tell(number + 1, &envelope, &raw, answer)
            .map_err(|error| Refusal::new(Cause::StorageUnavailable, error.to_string()))?;
        match answer {
            Answer::Taken => Ok(Receipt { id: (number + 1).to_string() }),
            Answer::Refused(cause) => Err(Refusal::new(cause, "as --reply says")),
        }
    }
}

impl Sink {
    /// Keeps a mail, if it is taken, and prints what came.
    fn tell(&self, number: usize, envelope: &Envelope<()>, raw: &[u8], answer: Answer) -> io::Result<()> {
        let taken = answer == Answer::Taken;
        let file = self.dir.as_ref().filter(|_| taken).map(|dir| dir.join(format!("{number:06}.eml")));
        if let Some(file) = &file {
            fs::write(file, raw)?;
        }
        let to: Vec<String> = envelope.recipients.iter().map(|(recipient, ())| recipient.to_string()).collect();
        let message = Message::parse(raw);
        let said = if taken { "taken" } else { "refused" };
        let mut out = screen::read_stdout();
        match self.output {
            Output::Json | Output::Yaml => {
                let mut mail = json!({
                    "from": envelope.sender,
                    "to": to,
                    "subject": message.subject(),
                    "size": raw.len(),
                    "answer": said,
                });
                if let (Some(file), Some(members)) = (&file, mail.as_object_mut()) {
                    members.insert("file".to_owned(), file.display().to_string().into());
                }
                self.output.write_one(&mut out, &mail)?;
            }
            Output::Table => {
                let (from, to, subject) = (&envelope.sender, flat(&to.join(", ")), flat(message.subject()));
                writeln!(out, "{number}  {said}  from <{from}>  to {to}  {} bytes  {subject}", raw.len())?;
            }
        }
        out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_answered_as_it_is_written() {
        for code in ["451", "452", "550", "552"] {
            let Ok(Answer::Refused(cause)) = answer(code) else { panic!("{code}") };
            assert_eq!(cause.status().code().to_string(), code);
        }
        assert_eq!(answer("250"), Ok(Answer::Taken));
        assert!(answer("4xx").is_err() && answer("554").is_err());
    }
}
