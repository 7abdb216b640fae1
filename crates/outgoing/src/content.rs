//! The content of a mail as it is kept: what we wrote, and where the original goes.

/// The bytes of a mail: `head`, then the original message if `with_original`, then `tail`. A store keeps the original once, however often
/// it is attached or sent on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    /// What comes before the original; the whole mail if there is none in it.
    pub head: Vec<u8>,
    /// Whether the original's raw bytes follow.
    pub with_original: bool,
    /// What comes after the original.
    pub tail: Vec<u8>,
}

impl Content {
    /// The whole mail. `original` is the raw message that it was composed for.
    #[must_use]
    pub fn bytes(&self, original: &[u8]) -> Vec<u8> {
        let original = if self.with_original { original } else { &[] };
        [&self.head, original, &self.tail].concat()
    }
}
