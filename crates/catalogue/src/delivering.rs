//! Where queues deliver, as clients say it.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::functions::is_one_address;
use waypost_flow::source::members::unknown;
use waypost_ids::{MailboxId, WebhookId};
use waypost_problem::settle;
use waypost_store::records::catalogue::{DeliverTo, QueueRecord};
use waypost_store::records::mailboxes::{MailboxRecord, MailboxSettings};

use crate::object::found;
use crate::world::World;

/// The most addresses that a queue delivers to: each mail goes to all of them.
const MOST_ADDRESSES: usize = 20;

/// What is expected.
const EXPECTED: &str = "`webhook`, the name of one, `addresses`, or `mailbox` and `folder`";

/// What may be said.
const MEMBERS: [&str; 5] = ["webhook", "addresses", "attach", "mailbox", "folder"];

/// Reads where a queue delivers. A webhook goes by its name, its id, or a reference to it.
pub(crate) fn deliver_to(world: &World, written: &Json, problems: &mut Vec<Diagnostic>) -> Option<DeliverTo> {
    let mut own = Vec::new();
    let read = read(world, written, &mut own);
    settle(&mut own);
    problems.extend(own);
    read
}

fn read(world: &World, written: &Json, problems: &mut Vec<Diagnostic>) -> Option<DeliverTo> {
    let root = QueueRecord::DELIVER_TO;
    let Json::Object(members) = written else {
        problems.push(wrong(root, "this is not a valid value of `deliverTo`", EXPECTED).found(found(written)));
        return None;
    };
    let before = problems.len();
    for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
        problems.push(unknown(root, name, &MEMBERS));
    }
    let said = |name: &str| members.get(name).filter(|value| !value.is_null());
    let into = (said("mailbox"), said("folder"));
    match (said("webhook"), said("addresses"), into) {
        (None, None, (Some(mailbox), Some(folder))) => {
            if let Some(attach) = said("attach") {
                let problem =
                    wrong(&format!("{root}.attach"), "the message itself is put there", "`attach` with `addresses`");
                problems.push(problem.found(found(attach)));
            }
            let (mailbox, folder) = (known_mailbox(world, mailbox, problems), read_folder(folder, problems));
            let (mailbox, folder) = (mailbox?, folder?);
            not_watched(world, &mailbox, &folder, problems);
            (problems.len() == before).then_some(DeliverTo::Folder { mailbox: mailbox.id, folder })
        }
        (None, None, (Some(_), None) | (None, Some(_))) => {
            let missing = if into.0.is_some() { "folder" } else { "mailbox" };
            let problem =
                Diagnostic::error(Code::MissingKey, format!("{root}.{missing}"), format!("`{missing}` is missing"));
            let expected = "`mailbox`, the name of one, and `folder`, the name of a folder there";
            problems.push(problem.expected(expected).lacking(root, &[missing]));
            None
        }
        (Some(webhook), None, (None, None)) => {
            if let Some(attach) = said("attach") {
                let problem =
                    wrong(&format!("{root}.attach"), "a webhook is sent no mail", "`attach` with `addresses`");
                problems.push(problem.found(found(attach)));
            }
            let webhook = known_webhook(world, webhook, problems)?;
            (problems.len() == before).then_some(DeliverTo::Webhook { webhook })
        }
        (None, Some(addresses), (None, None)) => {
            let attach = said("attach").map(|attach| {
                attach.as_bool().unwrap_or_else(|| {
                    let path = format!("{root}.attach");
                    problems.push(
                        wrong(&path, "this is not a valid value of `attach`", "true or false").found(found(attach)),
                    );
                    false
                })
            });
            let addresses = read_addresses(addresses, problems);
            (problems.len() == before).then(|| DeliverTo::Addresses { addresses, attach: attach.unwrap_or_default() })
        }
        (Some(_), _, _) | (_, Some(_), _) => {
            let expected = "`webhook`, `addresses`, or `mailbox` and `folder`: one of the three";
            problems.push(wrong(root, "a queue delivers to one place", expected));
            None
        }
        (None, None, (None, None)) => {
            let problem = wrong(root, "this is not a valid value of `deliverTo`", EXPECTED);
            problems.push(problem.lacking(root, &MEMBERS));
            None
        }
    }
}

fn known_webhook(world: &World, written: &Json, problems: &mut Vec<Diagnostic>) -> Option<WebhookId> {
    let path = format!("{}.webhook", QueueRecord::DELIVER_TO);
    let Some(wanted) = named(written) else {
        problems.push(wrong(&path, "this names no webhook", "the name or the id of a webhook").found(found(written)));
        return None;
    };
    let by_id = wanted.parse::<WebhookId>().ok().filter(|id| world.webhooks.get(id).is_some());
    let named = || world.webhooks.named(&document::fold_name(&wanted)).map(|webhook| webhook.id);
    by_id.or_else(named).or_else(|| {
        let problem = Diagnostic::error(Code::UnknownWebhook, path, format!("there is no webhook `{wanted}`"));
        let known = world.webhooks.values().map(|webhook| webhook.name.as_str());
        problems.push(problem.expected("the name or the id of a webhook").nearest(&wanted, known));
        None
    })
}

/// The name or the id by which something is named: alone, or in a reference.
fn named(written: &Json) -> Option<String> {
    let text = |members: &Map<String, Json>, name: &str| members.get(name).and_then(Json::as_str).map(str::to_owned);
    match written {
        Json::String(wanted) => Some(wanted.clone()),
        Json::Object(members) => text(members, "id").or_else(|| text(members, "name")),
        _ => None,
    }
}

fn known_mailbox(world: &World, written: &Json, problems: &mut Vec<Diagnostic>) -> Option<Arc<MailboxRecord>> {
    let path = format!("{}.mailbox", QueueRecord::DELIVER_TO);
    let Some(wanted) = named(written) else {
        problems.push(wrong(&path, "this names no mailbox", "the name or the id of a mailbox").found(found(written)));
        return None;
    };
    let by_id = wanted.parse::<MailboxId>().ok().and_then(|id| world.mailboxes.get(&id));
    let found = by_id.or_else(|| world.mailboxes.named(&document::fold_name(&wanted)));
    if found.is_none() {
        let problem = wrong(&path, &format!("there is no mailbox `{wanted}`"), "the name or the id of a mailbox");
        problems.push(problem.nearest(&wanted, world.mailboxes.values().map(|mailbox| mailbox.name.as_str())));
    }
    found.cloned()
}

fn read_folder(written: &Json, problems: &mut Vec<Diagnostic>) -> Option<String> {
    let name = written.as_str().map(str::trim);
    let name = name.filter(|name| !name.is_empty() && name.len() <= 1024 && !name.chars().any(char::is_control));
    if name.is_none() {
        let path = format!("{}.folder", QueueRecord::DELIVER_TO);
        problems
            .push(wrong(&path, "this is not a folder", "the name of a folder, such as Archive").found(found(written)));
    }
    // INBOX is one whatever the case (RFC 3501 section 5.1).
    name.map(|name| if name.eq_ignore_ascii_case("INBOX") { "INBOX" } else { name }.to_owned())
}

/// Refuses a folder that is watched: what is pushed there would come in again.
fn not_watched(world: &World, mailbox: &MailboxRecord, folder: &str, problems: &mut Vec<Diagnostic>) {
    let same = world.mailboxes.values().filter(|other| same_account(&other.settings, &mailbox.settings));
    let mut watching = same.filter(|other| other.settings.folders.iter().any(|watched| watched == folder));
    if let Some(other) = watching.next() {
        let message =
            format!("the mailbox `{}` watches `{folder}`: what is put there would be taken again", other.name);
        let path = format!("{}.folder", QueueRecord::DELIVER_TO);
        problems.push(wrong(&path, &message, "a folder that no mailbox watches"));
    }
}

/// Whether two mailboxes are the same account, as far as their settings tell.
pub(crate) fn same_account(one: &MailboxSettings, other: &MailboxSettings) -> bool {
    one.host == other.host && one.user.eq_ignore_ascii_case(&other.user)
}

fn read_addresses(written: &Json, problems: &mut Vec<Diagnostic>) -> Vec<String> {
    let path = format!("{}.addresses", QueueRecord::DELIVER_TO);
    let expected = format!("1 to {MOST_ADDRESSES} addresses");
    let Some(list) = written.as_array().filter(|list| !list.is_empty() && list.len() <= MOST_ADDRESSES) else {
        let found = written.as_array().map_or_else(|| found(written), |list| list.len().to_string());
        problems.push(wrong(&path, "this is no list of addresses, or too long", &expected).found(found));
        return Vec::new();
    };
    let mut addresses = Vec::with_capacity(list.len());
    for (place, address) in list.iter().enumerate() {
        match address.as_str().map(str::trim).filter(|text| is_one_address(text)) {
            Some(text) if addresses.iter().any(|known: &String| known.to_lowercase() == text.to_lowercase()) => {
                let path = format!("{path}[{place}]");
                problems
                    .push(wrong(&path, "this address is already listed", "each address once").found(found(address)));
            }
            Some(text) => addresses.push(text.to_owned()),
            None => problems.push(
                wrong(&format!("{path}[{place}]"), "this is not an address", "one address, such as team@example.com")
                    .found(found(address)),
            ),
        }
    }
    addresses
}

fn wrong(path: &str, message: &str, expected: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, path, message).expected(expected)
}
