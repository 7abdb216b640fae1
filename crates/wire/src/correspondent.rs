//! People who write in or are written to, and erasures of what is kept of them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::interaction::Interaction;
use crate::time::Time;

/// Whom to find.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CorrespondentSearch {
    /// An email address. Case is ignored, and the domain may be written in A-labels or U-labels.
    pub address: String,
    /// The `nextCursor` of the previous page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

/// What is stored about a correspondent: a page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Correspondence {
    /// The keyed hash that stands for the address in the audit log and in erasures.
    pub digest: String,
    /// Interactions, oldest first.
    pub entities: Vec<CorrespondentInteraction>,
    /// The cursor of the next page; absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An interaction that concerns a correspondent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CorrespondentInteraction {
    /// `sender`: they sent it, by the envelope, `From` or `Reply-To`. `recipient`: somebody else did, and something was sent to them about it.
    pub part: String,
    /// It is not completed, or something is still to be sent.
    pub unfinished: bool,
    /// The interaction.
    pub interaction: Interaction,
}

/// Whom to erase, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErasureRequest {
    /// An email address, as in a search.
    pub address: String,
    /// Erase unfinished work as well: what is still to be sent is cancelled, and what waits in a queue stays there without content.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub force: bool,
    /// Rewrite the database at the end, so that free space in its files holds nothing either; meanwhile mail is refused temporarily.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub compact: bool,
}

/// An erasure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Erasure {
    /// Its identifier.
    pub id: Uuid,
    /// `erasing`: rows are being erased. `cleaning`: all rows are, and files are cleaned. `done`.
    pub state: String,
    /// When it was requested.
    pub created_at: Time,
    /// The client that requested it.
    pub created_by: String,
    /// The keyed hash that stands for the address.
    pub digest: String,
    /// Whether unfinished work is erased as well.
    pub force: bool,
    /// Whether the database is rewritten at the end.
    pub compact: bool,
    /// Interactions that the correspondent sent, erased completely.
    pub interactions: u64,
    /// Interactions of others from which was erased what had been sent to the correspondent.
    pub sent: u64,
    /// Unfinished interactions that were left alone.
    pub left: u64,
    /// Where it is.
    pub self_uri: String,
}
