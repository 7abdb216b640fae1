//! The field that says which of our routes a mail went through, so that a loop is seen: `Waypost-Trace: <route>.<mac>`, once for each.

use uuid::Uuid;
use waypost_mail::message::Message;

use crate::mac::Key;

/// The name of the field.
pub const NAME: &str = "Waypost-Trace";

const PURPOSE: &[u8] = b"trace\0";

/// One field, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceField(String);

impl TraceField {
    /// The field of a route.
    #[must_use]
    pub fn of(key: &Key, route: Uuid) -> Self {
        Self(key.sign(PURPOSE, route))
    }

    /// What stands after the name.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.0
    }
}

/// The routes of ours that a mail went through, in the order of its fields. Fields that are not ours say nothing.
#[must_use]
pub fn routes(key: &Key, message: &Message<'_>) -> Vec<Uuid> {
    let fields = message.headers().get("waypost-trace").into_iter().flatten();
    fields.filter_map(|value| key.verify(PURPOSE, value.trim())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_signed_fields_count() {
        let key = Key::new(&[7; 32]);
        let routes_in = |text: &str| routes(&key, &Message::parse(text.as_bytes()));
        let (one, two) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let field = |route| format!("{NAME}: {}\r\n", TraceField::of(&key, route).value());
        let foreign = format!("{NAME}: {}\r\n", TraceField::of(&Key::new(&[8; 32]), one).value());
        let mail = format!("{}{foreign}waypost-trace: x\r\n{}From: a@x.example\r\n\r\nhi\r\n", field(two), field(one));
        assert_eq!(routes_in(&mail), [two, one]);
        assert!(routes_in("From: a@x.example\r\n\r\nhi\r\n").is_empty());
    }
}
