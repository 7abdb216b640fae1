//! How a message is known again.

use sha2::{Digest, Sha256};
use waypost_ids::InteractionId;

use crate::records::mail::{NewInteraction, NewMessage};

/// A message for one route, as it is compared with others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key {
    /// A hash of place and Message-ID.
    pub(crate) message: [u8; 16],
    /// A hash of sender and content.
    pub(crate) content: [u8; 16],
}

impl Key {
    /// None for a message without a Message-ID: it is never a duplicate.
    pub(crate) fn of(message: &NewMessage, interaction: &NewInteraction) -> Option<Self> {
        let message_id = message.message_id.as_deref()?;
        let place = match interaction.route {
            Some(route) => hash(&[b"route", route.as_bytes(), message_id.as_bytes()]),
            // Mail to `postmaster` has no route: its address stands for one.
            None => hash(&[b"address", interaction.envelope_to.to_lowercase().as_bytes(), message_id.as_bytes()]),
        };
        let content = hash(&[message.envelope_from.as_bytes(), &message.content_hash]);
        Some(Self { message: place, content })
    }
}

/// Why mail was counted on an interaction instead of making one: what [`Key`] compares.
pub(crate) const fn reason(has_route: bool) -> &'static str {
    if has_route {
        "the same route, envelope sender, Message-ID and content"
    } else {
        "the same recipient, envelope sender, Message-ID and content"
    }
}

/// The first 16 bytes of SHA-256 over the parts, each led by its length so that no two lists read alike.
fn hash(parts: &[&[u8]]) -> [u8; 16] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().zip(hasher.finalize()) {
        *to = from;
    }
    short
}

/// How a message compares with what came within the window.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// The very same: it makes no interaction.
    Same(InteractionId),
    /// The same Message-ID on the same route with another sender or content; the earliest.
    Like(InteractionId),
    /// New.
    No,
}

impl Seen {
    /// How a message compares with others of its Message-ID, earliest first: their contents' hashes and interactions.
    pub(crate) fn among<E>(
        key: &Key,
        earlier: impl IntoIterator<Item = Result<([u8; 16], InteractionId), E>>,
    ) -> Result<Self, E> {
        let mut seen = Self::No;
        for one in earlier {
            let (content, interaction) = one?;
            if content == key.content {
                return Ok(Self::Same(interaction));
            }
            if seen == Self::No {
                seen = Self::Like(interaction);
            }
        }
        Ok(seen)
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;
    use crate::conformance::samples::{id, mail};

    #[test]
    fn the_same_content_counts_before_the_earliest_of_others() {
        let key = Key { message: [0; 16], content: [7; 16] };
        for (earlier, seen) in [
            (vec![], Seen::No),
            (vec![(7, 1)], Seen::Same(id(1))),
            (vec![(8, 1)], Seen::Like(id(1))),
            (vec![(8, 1), (9, 2)], Seen::Like(id(1))),
            (vec![(8, 1), (7, 2), (7, 3)], Seen::Same(id(2))),
        ] {
            let found = earlier.iter().map(|(content, number)| Ok::<_, Infallible>(([*content; 16], id(*number))));
            assert_eq!(Seen::among(&key, found).unwrap(), seen, "{earlier:?}");
        }
    }

    #[test]
    fn mail_is_known_by_route_message_id_sender_and_content() {
        let key = |change: fn(&mut NewMessage, &mut NewInteraction)| {
            let mut mail = mail(1);
            let mut interaction = mail.interactions.remove(0);
            change(&mut mail.message, &mut interaction);
            Key::of(&mail.message, &interaction)
        };
        let usual = key(|_, _| {}).unwrap();
        assert_eq!(key(|message, _| message.message_id = None), None);
        assert_eq!(key(|message, _| message.subject.clear()), Some(usual), "the hash of the content stands for it");
        assert_eq!(key(|_, to| to.envelope_to.clear()), Some(usual), "the route counts");
        let other = key(|message, _| message.message_id = Some("other@example".to_owned())).unwrap();
        assert_ne!(other.message, usual.message);
        for changed in
            [key(|message, _| message.envelope_from.clear()), key(|message, _| message.content_hash = [9; 32])]
        {
            let changed = changed.unwrap();
            assert!(changed.message == usual.message && changed.content != usual.content);
        }
        let address = |to: &str| {
            let mut mail = mail(1);
            let mut interaction = mail.interactions.remove(0);
            interaction.route = None;
            to.clone_into(&mut interaction.envelope_to);
            Key::of(&mail.message, &interaction)
        };
        assert_eq!(address("a@example.com"), address("A@Example.com"));
        assert_ne!(address("a@example.com"), address("b@example.com"));
    }
}
