//! People who write in or are written to: what is kept of them, and erasures of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::InteractionId;

use super::mail::InteractionRecord;
use crate::encoding::kept_as_numbers;

/// A correspondent, by the two spellings of one address. Both are case-folded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Correspondent {
    /// The domain in A-labels (RFC 5890, section 2.3.2.1).
    pub ascii: String,
    /// The domain in U-labels; the same where there are none.
    pub unicode: String,
}

/// What a correspondent has to do with an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// They sent its mail: by the envelope, or by `From`, `Sender` or `Reply-To`.
    Sender,
    /// Somebody else sent it, and something was sent to them about it.
    Recipient,
}

/// An interaction that concerns a correspondent.
#[derive(Clone, Debug, PartialEq)]
pub struct Correspondence {
    /// The interaction.
    pub interaction: InteractionRecord,
    /// What they have to do with it.
    pub part: Part,
    /// It is not completed, or something is still to be sent to them.
    pub unfinished: bool,
}

kept_as_numbers! {
    /// The progress of an erasure.
    pub enum ErasureState {
        /// Rows are being erased.
        Open = 0,
        /// All rows are erased. Files still have to be cleaned.
        Erased = 1,
        /// It is over.
        Done = 2,
    }
}

/// An erasure of all that is kept of a correspondent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasureRecord {
    /// Its identifier: a UUID version 7.
    pub id: Uuid,
    /// When it was requested.
    pub created_at: Timestamp,
    /// The client that requested it.
    pub created_by: String,
    /// A keyed hash of the address, in hexadecimal.
    pub digest: String,
    /// The address to erase. None once all rows are erased: then the address is erased, too.
    pub who: Option<Correspondent>,
    /// Whether unfinished work is erased as well.
    pub force: bool,
    /// Whether the database is rewritten at the end.
    pub compact: bool,
    /// Its progress.
    pub state: ErasureState,
    /// The last interaction that was looked at.
    pub after: Option<InteractionId>,
    /// What was done so far.
    pub progress: Erased,
}

/// What an erasure did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Erased {
    /// Interactions that the correspondent sent, erased completely.
    pub interactions: u64,
    /// Interactions of others from which was erased what had been sent to the correspondent.
    pub sent: u64,
    /// Unfinished interactions that were left alone.
    pub left: u64,
    /// Some interaction or replay was being run: all are looked at again.
    pub again: bool,
}
