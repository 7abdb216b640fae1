//! Queues made and changed, and pushed.

use std::io::Write;

use waypost_client::Revised;
use waypost_wire::routing::{DeliverTo, MailboxReference, Queue, QueueRequest, WebhookReference};

use super::find;
use crate::failure::Failure;
use crate::remote::Server;
use crate::table::Printing;
use crate::unset;

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// The queue's name
    name: String,
    #[command(flatten)]
    says: Says,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `update`.
#[derive(clap::Args)]
pub(crate) struct Update {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    #[command(flatten)]
    says: Says,
    /// Member to unset (repeatable): without deliver-to, work waits to be claimed
    #[arg(long, value_name = "MEMBER", value_delimiter = ',', value_enum)]
    unset: Vec<Unset>,
    #[command(flatten)]
    printing: Printing,
}

/// What a queue need not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Unset {
    DeliverTo,
    ServiceLevel,
}

/// Arguments of `push`.
#[derive(clap::Args)]
pub(crate) struct Push {
    #[command(flatten)]
    server: Server,
    /// The queue's name or id
    queue: String,
    #[command(flatten)]
    printing: Printing,
}

/// What is said of a queue.
#[derive(clap::Args)]
struct Says {
    /// Deliver to a webhook, by its name or id
    #[arg(id = "webhook", long = "deliver-to-webhook", value_name = "WEBHOOK", conflicts_with = "addresses")]
    webhook: Option<String>,
    /// Deliver to this address; may be given several times, up to 20
    #[arg(id = "addresses", long = "deliver-to-address", value_name = "ADDRESS")]
    addresses: Vec<String>,
    /// Put messages into a folder of a mailbox, by its name or id
    #[arg(
        id = "mailbox",
        long = "deliver-to-mailbox",
        value_name = "MAILBOX",
        requires = "folder",
        conflicts_with_all = ["webhook", "addresses"]
    )]
    mailbox: Option<String>,
    /// Folder of the mailbox
    #[arg(id = "folder", long = "deliver-to-folder", value_name = "FOLDER", requires = "mailbox")]
    folder: Option<String>,
    /// With addresses: attach the mail to a new one, instead of resending it unchanged
    #[arg(long, requires = "addresses")]
    attach: bool,
    /// The time within which work should be claimed, such as PT4H
    #[arg(long, value_name = "DURATION")]
    service_level: Option<String>,
}

impl Says {
    fn deliver_to(&self) -> Option<DeliverTo> {
        let Self { webhook, addresses, attach, mailbox, folder, .. } = self;
        if let Some(wanted) = mailbox {
            let reference = match wanted.parse() {
                Ok(id) => MailboxReference { id: Some(id), name: None },
                Err(_) => MailboxReference { id: None, name: Some(wanted.clone()) },
            };
            return Some(DeliverTo { mailbox: Some(reference), folder: folder.clone(), ..DeliverTo::default() });
        }
        if let Some(wanted) = webhook {
            let reference = match wanted.parse() {
                Ok(id) => WebhookReference { id: Some(id), name: None },
                Err(_) => WebhookReference { id: None, name: Some(wanted.clone()) },
            };
            return Some(DeliverTo { webhook: Some(reference), ..DeliverTo::default() });
        }
        let to = DeliverTo { addresses: Some(addresses.clone()), attach: *attach, ..DeliverTo::default() };
        (!addresses.is_empty()).then_some(to)
    }
}

/// Where a queue delivers, in words.
pub(super) fn place(to: &DeliverTo) -> String {
    if let Some(MailboxReference { id, name }) = &to.mailbox {
        let named = name.clone().or_else(|| id.map(|id| id.to_string()));
        let folder = to.folder.as_deref().unwrap_or_default();
        return format!("folder `{folder}` of mailbox {}", named.unwrap_or_default());
    }
    match &to.webhook {
        Some(WebhookReference { id, name }) => {
            let named = name.clone().or_else(|| id.map(|id| id.to_string()));
            format!("webhook {}", named.unwrap_or_default())
        }
        None => to.addresses.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
    }
}

pub(super) fn create(arguments: &Create, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let request = QueueRequest {
        name: arguments.name.clone(),
        service_level: arguments.says.service_level.clone(),
        deliver_to: arguments.says.deliver_to(),
        ..QueueRequest::default()
    };
    told(&remote.wait(remote.routing().make_queue(&request))?, &arguments.printing, out)
}

pub(super) fn update(arguments: &Update, out: &mut impl Write) -> Result<(), Failure> {
    let Update { server, queue, says, unset, printing } = arguments;
    let deliver_to = says.deliver_to();
    unset::not_set(unset, |member| match member {
        Unset::DeliverTo => deliver_to.is_some(),
        Unset::ServiceLevel => says.service_level.is_some(),
    })?;
    let remote = server.connect()?;
    let id = find(&remote, queue)?;
    let read = || remote.wait(remote.routing().revised_queue(id));
    let changed = remote.change(read()?, read, |Revised { value, revision }| {
        let Queue { name, service_level, deliver_to: to, extra, .. } = value.clone();
        let request = QueueRequest {
            name,
            service_level: says
                .service_level
                .clone()
                .or(service_level.filter(|_| !unset.contains(&Unset::ServiceLevel))),
            deliver_to: deliver_to.clone().or(to.filter(|_| !unset.contains(&Unset::DeliverTo))),
            extra,
        };
        remote.wait(remote.routing().update_queue(id, &request, Some(*revision)))
    });
    told(&changed?, printing, out)
}

pub(super) fn push(arguments: &Push, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let id = find(&remote, &arguments.queue)?;
    let done = remote.wait(remote.routing().push(id))?;
    let more = if done.more { "; there may be more: run the command again" } else { "" };
    Ok(arguments.printing.print(out, &done, format_args!("pushed {}{more}", done.pushed))?)
}

fn told(queue: &Queue, printing: &Printing, out: &mut impl Write) -> Result<(), Failure> {
    let to = queue.deliver_to.as_ref().map(|to| format!("delivers to {}", place(to)));
    let to = to.unwrap_or_else(|| "work waits to be claimed".to_owned());
    Ok(printing.print(out, queue, format_args!("queue {}: id {}, {to}", queue.name, queue.id))?)
}
