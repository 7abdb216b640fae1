//! Whom a mail is for where nobody says so.

use waypost_catalogue::routes::RouteMatch;
use waypost_catalogue::world::Running;
use waypost_mail::message::{AddressField, Message};

/// Whom a mail is for, as its header says: the first address of To and Cc that has a route, else the first of To.
#[must_use]
pub fn recipient(running: &Running, message: &Message<'_>) -> Option<String> {
    let (to, cc) = (message.addresses(AddressField::To), message.addresses(AddressField::Cc));
    let has_route = |address: &str| matches!(running.routes.find(address), RouteMatch::Route(_));
    let found = to.iter().chain(cc).find(|address| has_route(&address.address)).or_else(|| to.first());
    found.map(|address| address.address.clone())
}
