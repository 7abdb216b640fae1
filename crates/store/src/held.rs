//! What a database holds that its server reads when it starts, for those who only look.

use crate::records::catalogue::Catalogue;
use crate::records::mailboxes::MailboxTokens;

/// What a start reads. Nothing is changed by reading it.
#[derive(Debug)]
pub struct Held {
    /// The catalogue.
    pub catalogue: Catalogue,
    /// Tokens of mailboxes.
    pub tokens: Vec<MailboxTokens>,
    /// What all nodes share under the name that was asked for.
    pub shared_key: Option<[u8; 32]>,
    /// How many mails wait to be sent.
    pub waiting: u64,
}
