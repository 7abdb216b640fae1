//! Envelopes that a server can receive: nobody else can send what a witness says.

use std::net::IpAddr;

use waypost_catalogue::routes::RouteMatch;
use waypost_flow_tests::Flows;
use waypost_mail::smtp::Recipient;

use super::draft::{Draft, Entry};

/// Whether a version could receive a mail with a draft's envelope, by the route at which it comes in.
pub(super) fn is_possible(draft: &Draft, flows: &Flows<'_>) -> bool {
    let said = |name: &str| draft.texts.get(name).map(String::as_str).filter(|text| !text.is_empty());
    // A report has no sender, and what is not said is made up.
    said("envelope.from").is_none_or(is_address)
        && said("envelope.remote").is_none_or(|remote| remote.parse::<IpAddr>().is_ok())
        && said("envelope.to").is_none_or(|to| is_address(to) && is_taken(to, &draft.entry, flows))
}

/// Whether a text is an address as RCPT has it (RFC 5321, section 4.1.2).
pub(super) fn is_address(text: &str) -> bool {
    Recipient::parse(text).is_some()
}

/// Whether the route of an entry takes mail to an address. A flow takes any.
fn is_taken(to: &str, entry: &Entry, flows: &Flows<'_>) -> bool {
    let Entry::Route(address) = entry else { return true };
    match (flows.running.routes.find(to), flows.running.routes.find(address)) {
        (RouteMatch::Route(found), RouteMatch::Route(own)) => found.id == own.id,
        _ => false,
    }
}
