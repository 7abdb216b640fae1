//! Checksums of what is kept. They tell damage, not forgery: CRC-32 sees every change within 32 bits in a row, and any other but for one in
//! four billion.

use bytes::Bytes;
use crc32fast::Hasher;
use waypost_ids::InteractionId;

use crate::error::StoreError;

/// The checksum of a message, of a trace, or of a journal.
pub(crate) fn sum(content: &[u8]) -> i64 {
    i64::from(crc32fast::hash(content))
}

/// A message as it was read, if it is the one that was kept. Messages of earlier releases have no checksum.
pub(crate) fn sound_message(id: InteractionId, raw: Option<Vec<u8>>, kept: Option<i64>) -> Result<Bytes, StoreError> {
    let damaged = |detail: &str| StoreError::Damaged {
        what: format!("the message of interaction `{id}` is damaged"),
        detail: detail.to_owned(),
    };
    let raw = raw.ok_or_else(|| damaged("it is not there any more"))?;
    if kept.is_some_and(|kept| kept != sum(&raw)) {
        return Err(damaged("its checksum does not match"));
    }
    Ok(Bytes::from(raw))
}

/// Refuses a trace that is not the one that was kept. Traces of earlier releases have no checksum.
pub(crate) fn sound_trace(id: InteractionId, trace: &str, kept: Option<i64>) -> Result<(), StoreError> {
    if kept.is_none_or(|kept| kept == sum(trace.as_bytes())) {
        return Ok(());
    }
    Err(StoreError::Damaged {
        what: format!("a run of interaction `{id}` is damaged"),
        detail: "its trace's checksum does not match".to_owned(),
    })
}

/// Refuses a journal that is not the one that was kept.
pub(crate) fn sound_journal(id: InteractionId, journal: &str, kept: i64) -> Result<(), StoreError> {
    if kept == sum(journal.as_bytes()) {
        return Ok(());
    }
    Err(StoreError::Damaged {
        what: format!("the journal of a run of interaction `{id}` is damaged"),
        detail: "its checksum does not match".to_owned(),
    })
}

/// Refuses facts of a mail that are not those that were kept.
pub(crate) fn sound_facts(id: InteractionId, facts: &str, kept: Option<i64>) -> Result<(), StoreError> {
    if kept == Some(sum(facts.as_bytes())) {
        return Ok(());
    }
    Err(StoreError::Damaged {
        what: format!("what was found out about the mail of interaction `{id}` is damaged"),
        detail: "its checksum does not match".to_owned(),
    })
}

/// Reads only what is intact: damaged rows are left out and block nothing else.
///
/// # Errors
/// Everything but damage.
pub(crate) fn sound_or_none<T>(found: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Err(error) if error.is_damage() => {
            tracing::error!(%error, "left out");
            Ok(None)
        }
        found => found,
    }
}

/// A checksum over several values. Each is led by its kind and length, so that no two lists of values read alike.
#[derive(Default)]
pub(crate) struct Sum(Hasher);

impl Sum {
    /// No value.
    pub(crate) fn nothing(&mut self) {
        self.0.update(&[0]);
    }

    /// A number.
    pub(crate) fn number(&mut self, value: [u8; 8]) {
        self.0.update(&[1]);
        self.0.update(&value);
    }

    /// Text, or bytes.
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.0.update(&[2]);
        self.0.update(&(value.len() as u64).to_le_bytes());
        self.0.update(value);
    }

    /// The checksum.
    pub(crate) fn end(self) -> i64 {
        i64::from(self.0.finalize())
    }
}
