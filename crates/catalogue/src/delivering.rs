//! Where queues deliver, as clients say it.

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::functions::is_one_address;
use waypost_ids::WebhookId;
use waypost_store::records::catalogue::{DeliverTo, QueueRecord};

use crate::object::found;
use crate::world::World;

/// The most addresses that a queue delivers to: each mail goes to all of them.
const MOST_ADDRESSES: usize = 20;

/// What is expected.
const EXPECTED: &str = "`webhook`, the name of one, or `addresses`";

/// What may be said.
const MEMBERS: [&str; 3] = ["webhook", "addresses", "attach"];

/// Reads where a queue delivers. A webhook goes by its name, its id, or a reference to it.
pub(crate) fn deliver_to(world: &World, written: &Json, problems: &mut Vec<Diagnostic>) -> Option<DeliverTo> {
    let root = QueueRecord::DELIVER_TO;
    let Json::Object(members) = written else {
        problems.push(wrong(root, "this does not say where to deliver", EXPECTED).found(found(written)));
        return None;
    };
    let before = problems.len();
    for name in members.keys().filter(|name| !MEMBERS.contains(&name.as_str())) {
        let path = format!("{root}.{name}");
        problems.push(match name.as_str() {
            "mailbox" | "folder" => wrong(&path, "queues do not deliver to mailboxes yet", EXPECTED),
            _ => Diagnostic::error(Code::UnknownKey, path, format!("unknown key `{name}`")).nearest(name, MEMBERS),
        });
    }
    let said = |name: &str| members.get(name).filter(|value| !value.is_null());
    match (said("webhook"), said("addresses")) {
        (Some(webhook), None) => {
            if let Some(attach) = said("attach") {
                let problem =
                    wrong(&format!("{root}.attach"), "a webhook is sent no mail", "`attach` with `addresses`");
                problems.push(problem.found(found(attach)));
            }
            let webhook = known_webhook(world, webhook, problems)?;
            (problems.len() == before).then_some(DeliverTo::Webhook { webhook })
        }
        (None, Some(addresses)) => {
            let attach = said("attach").map(|attach| {
                attach.as_bool().unwrap_or_else(|| {
                    let path = format!("{root}.attach");
                    problems.push(
                        wrong(&path, "this does not say whether the mail is attached", "true or false")
                            .found(found(attach)),
                    );
                    false
                })
            });
            let addresses = read_addresses(addresses, problems);
            (problems.len() == before).then(|| DeliverTo::Addresses { addresses, attach: attach.unwrap_or_default() })
        }
        (Some(_), Some(_)) => {
            problems.push(wrong(root, "a queue delivers to one place", "`webhook` or `addresses`, one of them"));
            None
        }
        (None, None) => {
            if problems.len() == before {
                problems.push(wrong(root, "this does not say where to deliver", EXPECTED));
            }
            None
        }
    }
}

fn known_webhook(world: &World, written: &Json, problems: &mut Vec<Diagnostic>) -> Option<WebhookId> {
    let path = format!("{}.webhook", QueueRecord::DELIVER_TO);
    let text = |members: &Map<String, Json>, name: &str| members.get(name).and_then(Json::as_str).map(str::to_owned);
    let wanted = match written {
        Json::String(wanted) => Some(wanted.clone()),
        Json::Object(members) => text(members, "id").or_else(|| text(members, "name")),
        _ => None,
    };
    let Some(wanted) = wanted else {
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
                problems.push(wrong(&path, "this address is there already", "each address once").found(found(address)));
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
