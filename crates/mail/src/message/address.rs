//! Addresses of the header.

use mail_parser::{Addr, HeaderValue};

use super::fields::Fields;

/// A header field that holds addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressField {
    /// From: who wrote it.
    From,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Reply-To.
    ReplyTo,
}

impl AddressField {
    /// How many there are.
    pub(super) const COUNT: usize = 4;

    fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Cc => "cc",
            Self::ReplyTo => "reply-to",
        }
    }
}

/// One address of a header field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The address in lower case; empty if only a name was given.
    pub address: String,
    /// The display name, decoded; empty if there is none.
    pub name: String,
    /// What follows the last `@` of the address; empty without one.
    pub domain: String,
}

impl Address {
    fn new(address: &Addr<'_>) -> Self {
        let name = address.name.as_deref().unwrap_or_default().trim();
        let address = address.address.as_deref().unwrap_or_default().trim().to_lowercase();
        let domain = address.rsplit_once('@').map_or("", |(_, domain)| domain).to_owned();
        Self { address, name: name.to_owned(), domain }
    }
}

pub(super) fn read(fields: &Fields<'_>, field: AddressField) -> Vec<Address> {
    let mut found = Vec::new();
    for value in fields.parse_all(field.name(), |stream| stream.parse_address()) {
        if let HeaderValue::Address(addresses) = value {
            found.extend(addresses.iter().map(Address::new));
        }
    }
    found
}
