//! What is done with an interaction under a claim's token.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use uuid::Uuid;
use waypost_ids::InteractionId;
use waypost_origin::Origin;
use waypost_wire::delivery::{CompleteRequest, ForwardRequest, ReplyRequest, TransferQueue, TransferRequest};

use crate::commands::{deliveries, queues};
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::table::{self, Output};

/// An interaction that was claimed.
#[derive(clap::Args)]
pub(crate) struct Claimed {
    #[command(flatten)]
    server: Server,
    /// The interaction's id, or the beginning of it
    id: String,
    /// The claim's token, as `waypost queues claim` prints it
    #[arg(long, value_parser = queues::token)]
    token: Uuid,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `reply`.
#[derive(clap::Args)]
pub(crate) struct Reply {
    #[command(flatten)]
    claimed: Claimed,
    /// The text of the reply
    #[arg(long, required_unless_present = "text_file", conflicts_with = "text_file")]
    text: Option<String>,
    /// A file with the text of the reply
    #[arg(long, value_name = "FILE")]
    text_file: Option<PathBuf>,
    /// A file with the reply as HTML
    #[arg(long, value_name = "FILE")]
    html_file: Option<PathBuf>,
    /// The subject; left out: that of the mail, with `Re:`
    #[arg(long)]
    subject: Option<String>,
    /// Also answer everyone else who got the mail
    #[arg(long)]
    reply_all: bool,
    /// Attach the mail
    #[arg(long)]
    attach_original: bool,
    #[command(flatten)]
    once: Once,
}

/// Arguments of `forward`.
#[derive(clap::Args)]
pub(crate) struct Forward {
    #[command(flatten)]
    claimed: Claimed,
    /// An address to forward to; may be given several times
    #[arg(long, required = true, value_name = "ADDRESS")]
    to: Vec<String>,
    /// Attach the mail to a new one instead of resending it unchanged
    #[arg(long)]
    attach: bool,
    /// The text of the new mail
    #[arg(long, requires = "attach")]
    text: Option<String>,
    #[command(flatten)]
    once: Once,
}

/// What makes the same request again send nothing twice.
#[derive(clap::Args)]
pub(crate) struct Once {
    /// A name for this request: within 24 hours, the same command with the same key sends nothing again. Left out: a new key for each call
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

impl Once {
    /// The key; one of this command's own if none was given, so that a lost answer is asked for again.
    fn key(&self) -> String {
        self.idempotency_key.clone().unwrap_or_else(|| Origin::system().id().to_string())
    }
}

/// Arguments of `transfer`.
#[derive(clap::Args)]
pub(crate) struct Transfer {
    #[command(flatten)]
    claimed: Claimed,
    /// The queue, by name or id
    #[arg(long)]
    queue: String,
    /// A new priority; higher is sooner
    #[arg(long, allow_negative_numbers = true)]
    priority: Option<i64>,
    /// A skill to require, instead of those it has; may be given several times
    #[arg(long)]
    skill: Vec<String>,
    /// The language to require
    #[arg(long)]
    language: Option<String>,
}

/// Arguments of `complete`.
#[derive(clap::Args)]
pub(crate) struct Complete {
    #[command(flatten)]
    claimed: Claimed,
    /// The outcome, such as `refunded`
    #[arg(long)]
    outcome: Option<String>,
}

impl Claimed {
    fn connect(&self) -> Result<(Remote, InteractionId), Failure> {
        let remote = self.server.connect()?;
        let id = super::find(&remote, &self.id)?;
        Ok((remote, id))
    }
}

fn text_of(path: &PathBuf) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|error| Failure::of(format!("can't read {}", path.display()))(&error))
}

pub(super) fn reply(arguments: &Reply, out: &mut impl Write) -> Result<(), Failure> {
    let claimed = &arguments.claimed;
    let text = match (&arguments.text, &arguments.text_file) {
        (Some(text), _) => text.clone(),
        (None, Some(file)) => text_of(file)?,
        (None, None) => String::new(),
    };
    let request = ReplyRequest {
        token: claimed.token,
        text,
        html: arguments.html_file.as_ref().map(text_of).transpose()?,
        subject: arguments.subject.clone(),
        reply_all: arguments.reply_all,
        attach_original: arguments.attach_original,
    };
    let (remote, id) = claimed.connect()?;
    let made = remote.wait(remote.interactions().reply(id, &request, Some(&arguments.once.key())))?;
    deliveries::print(&made.entities, claimed.output, out)
}

pub(super) fn forward(arguments: &Forward, out: &mut impl Write) -> Result<(), Failure> {
    let claimed = &arguments.claimed;
    let request = ForwardRequest {
        token: claimed.token,
        addresses: arguments.to.clone(),
        attach: arguments.attach,
        text: arguments.text.clone(),
    };
    let (remote, id) = claimed.connect()?;
    let made = remote.wait(remote.interactions().forward(id, &request, Some(&arguments.once.key())))?;
    deliveries::print(&made.entities, claimed.output, out)
}

pub(super) fn transfer(arguments: &Transfer, out: &mut impl Write) -> Result<(), Failure> {
    let claimed = &arguments.claimed;
    let queue_id = arguments.queue.parse().ok();
    let request = TransferRequest {
        token: claimed.token,
        queue: TransferQueue { id: queue_id, name: queue_id.is_none().then(|| arguments.queue.clone()) },
        priority: arguments.priority,
        skills: Some(arguments.skill.clone()).filter(|skills| !skills.is_empty()),
        language: arguments.language.clone(),
    };
    let (remote, id) = claimed.connect()?;
    let interaction = remote.wait(remote.interactions().transfer(id, &request))?;
    if claimed.output.is_data() {
        return super::show(&interaction, claimed.output, out);
    }
    let Some(decision) = &interaction.decision else { return Ok(writeln!(out, "transferred {id}")?) };
    let queue = decision.queue.as_ref().and_then(|queue| queue.name.as_deref()).unwrap_or(&arguments.queue);
    let mut line = format!("transferred {id} to {queue}, priority {}", decision.priority);
    if !decision.skills.is_empty() {
        line.push_str(&format!(", skills {}", decision.skills.join(", ")));
    }
    if let Some(language) = &decision.language {
        line.push_str(&format!(", language {language}"));
    }
    Ok(writeln!(out, "{}", table::flat(&line))?)
}

pub(super) fn complete(arguments: &Complete, out: &mut impl Write) -> Result<(), Failure> {
    let claimed = &arguments.claimed;
    let request = CompleteRequest { token: claimed.token, outcome: arguments.outcome.clone() };
    let (remote, id) = claimed.connect()?;
    let interaction = remote.wait(remote.interactions().complete(id, &request))?;
    if claimed.output.is_data() {
        return super::show(&interaction, claimed.output, out);
    }
    let outcome = interaction.decision.and_then(|decision| decision.outcome);
    let outcome = outcome.map(|outcome| format!(", outcome {}", table::flat(&outcome))).unwrap_or_default();
    Ok(writeln!(out, "completed {id}{outcome}")?)
}
