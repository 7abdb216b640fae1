//! Message-IDs that may be written into a header.

use std::fmt;

use uuid::Uuid;

use crate::address::Domain;
use crate::mac::Key;

/// The longest that is written, in bytes. A line of a header has at most 998 (RFC 5322 section 2.1.1).
const LONGEST: usize = 900;

/// A Message-ID without its angle brackets (RFC 5322 section 3.6.4): visible ASCII, no angle bracket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageId(String);

impl MessageId {
    /// The Message-ID of a mail of ours.
    #[must_use]
    pub fn ours(id: Uuid, domain: &Domain) -> Self {
        Self(format!("{id}@{domain}"))
    }

    /// The Message-ID of a mail of ours in a thread of a route: `<id>.<thread>.<mac>@domain`. Nobody can guess it, and whoever names it has
    /// seen the mail.
    #[must_use]
    pub fn in_thread(key: &Key, id: Uuid, (route, thread): (Uuid, Uuid), domain: &Domain) -> Self {
        Self(format!("{id}.{}@{domain}", key.sign(&purpose(id, route), thread)))
    }

    /// The thread of a route that a Message-ID is signed for; none for any other text.
    #[must_use]
    pub fn thread_of(key: &Key, route: Uuid, text: &str) -> Option<Uuid> {
        let (id, signed) = text.rsplit_once('@')?.0.split_once('.')?;
        key.verify(&purpose(Uuid::try_parse(id).ok()?, route), signed)
    }

    /// Whether a text has the form of a Message-ID of ours, and its domain: nothing else can be one.
    #[must_use]
    pub fn domain_if_ours(text: &str) -> Option<&str> {
        let (left, domain) = text.rsplit_once('@')?;
        let id = left.split_once('.').map_or(left, |(id, _)| id);
        Uuid::try_parse(id).is_ok().then_some(domain)
    }

    /// Takes the text between the brackets as someone else wrote it; `None` if a header can't hold it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'<' | b'>');
        (!text.is_empty() && text.len() <= LONGEST && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The text between the brackets.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A thread's mark counts for one mail and one route.
fn purpose(id: Uuid, route: Uuid) -> Vec<u8> {
    [&b"thread\0"[..], route.as_bytes(), id.as_bytes()].concat()
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{}>", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_counts_for_its_route_under_our_key_alone() {
        let (key, domain) = (Key::new(&[7; 32]), Domain::parse("Post.Example").unwrap());
        let (id, route, thread) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
        let marked = MessageId::in_thread(&key, id, (route, thread), &domain);
        let text = marked.as_str();
        assert_eq!(MessageId::thread_of(&key, route, text), Some(thread), "{text}");
        assert_eq!(MessageId::domain_if_ours(text), Some("post.example"));
        assert_eq!(MessageId::thread_of(&key, route, &text.to_uppercase()), Some(thread));

        assert_eq!(MessageId::thread_of(&key, Uuid::from_u128(4), text), None, "another route");
        assert_eq!(MessageId::thread_of(&Key::new(&[8; 32]), route, text), None, "another key");
        let other = text.replacen('1', "2", 1);
        assert_eq!(MessageId::thread_of(&key, route, &other), None, "another mail");
        // Each character of the mark counts.
        for at in text.find('.').unwrap() + 1..text.find('@').unwrap() {
            let mut letters: Vec<char> = text.chars().collect();
            letters[at] = if letters[at] == '0' { '1' } else { '0' };
            let forged: String = letters.into_iter().collect();
            assert_eq!(MessageId::thread_of(&key, route, &forged), None, "{forged}");
        }
        let plain = MessageId::ours(id, &domain);
        assert_eq!(MessageId::domain_if_ours(plain.as_str()), Some("post.example"));
        for text in [plain.as_str(), "", "@", ".@", "x.y@z", "a@b.example"] {
            assert_eq!(MessageId::thread_of(&key, route, text), None, "{text}");
        }
    }
}
