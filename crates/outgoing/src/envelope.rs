//! The envelope sender of our mail: an address of the delivery's own, so that a bounce says what it is about (VERP), and signed, so
//! that nobody else can say it.
//!
//! `waypost-b+<delivery>.<mac>@domain`, both in base32, read in any case: some servers change it.

use uuid::Uuid;

use crate::address::{Domain, MailAddress};
use crate::mac::Key;

/// How the local part of every bounce address begins. Patterns of routes take no such address.
pub const PREFIX: &str = "waypost-b+";

/// The envelope sender for a delivery. Its local part has 53 bytes of the 64 that it may have.
#[must_use]
pub fn bounce_address(key: &Key, delivery: Uuid, domain: &Domain) -> MailAddress {
    MailAddress::ours(format!("{PREFIX}{}", key.sign(&purpose(domain), delivery)), domain.clone())
}

/// Whether an address has the form of a bounce address, ours or forged: no mail to it is for a route.
#[must_use]
pub fn has_form_of_bounce_address(address: &MailAddress) -> bool {
    address.local().get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// The delivery that a bounce address of ours is for; `None` for any other address.
#[must_use]
pub fn delivery_of(key: &Key, address: &MailAddress) -> Option<Uuid> {
    if !has_form_of_bounce_address(address) {
        return None;
    }
    key.verify(&purpose(address.domain()), address.local().get(PREFIX.len()..)?)
}

fn purpose(domain: &Domain) -> Vec<u8> {
    [b"bounce\0", domain.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIVERY: Uuid = Uuid::from_u128(0x0198_0d3c_7a11_7e01_9c55_1f2e_3d4c_5b6a);

    #[test]
    fn ours_are_known_in_any_case_and_others_are_not() {
        let key = Key::new(&[7; 32]);
        let domain = Domain::parse("Post.Example").unwrap();
        let address = bounce_address(&key, DELIVERY, &domain);
        assert!(address.local().starts_with(PREFIX) && address.local().len() == 53, "{address}");
        assert_eq!(delivery_of(&key, &address), Some(DELIVERY));
        let shouted = MailAddress::parse(&address.to_string().to_uppercase()).unwrap();
        assert_eq!(delivery_of(&key, &shouted), Some(DELIVERY));

        assert_eq!(delivery_of(&Key::new(&[8; 32]), &address), None, "another key");
        let elsewhere = MailAddress::of(address.local(), Domain::parse("other.example").unwrap()).unwrap();
        assert_eq!(delivery_of(&key, &elsewhere), None, "another domain");
        // Each character counts.
        for at in PREFIX.len()..address.local().len() {
            let mut local: Vec<char> = address.local().chars().collect();
            local[at] = if local[at] == '0' { '1' } else { '0' };
            let forged = MailAddress::of(&local.into_iter().collect::<String>(), domain.clone()).unwrap();
            assert_eq!(delivery_of(&key, &forged), None, "{forged}");
            assert!(has_form_of_bounce_address(&forged));
        }
        for local in ["waypost-b+", "waypost-b+.", "waypost-b+x.y", "waypost-b", "sales"] {
            assert_eq!(delivery_of(&key, &MailAddress::of(local, domain.clone()).unwrap()), None, "{local}");
        }
        // A trace field is signed with the same key and proves nothing here.
        let traced = crate::trace_field::TraceField::of(&key, DELIVERY);
        let local = format!("{PREFIX}{}", traced.value());
        assert_eq!(delivery_of(&key, &MailAddress::of(&local, domain).unwrap()), None);
    }
}
