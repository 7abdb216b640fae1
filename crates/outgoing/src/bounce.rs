//! Bounces: delivery status notifications (RFC 3464) about mail of ours.

use uuid::Uuid;
pub use waypost_mail::message::Action;
use waypost_mail::message::DeliveryReport;

/// Which delivery a bounce is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// By the signed address that it came to.
    Delivery(Uuid),
    /// By the Message-IDs of the mail that it returns, the one of who sent it on first, without brackets: whether one is ours is for the
    /// caller to find out. Anybody can write a Message-ID that they have seen.
    MessageIds(Vec<String>),
}

/// A report about a mail of ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Which delivery it is about.
    pub about: About,
    /// What became of it.
    pub action: Action,
    /// The enhanced status code, such as `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// The final recipient as the report names it.
    pub recipient: Option<String>,
    /// What the last server said, without the type of the diagnostic; empty if the report does not say.
    pub text: String,
}

/// Reads a report. `delivery` is what [`crate::envelope::delivery_of`] says of the envelope recipient. `None` for a report that says neither
/// by its address nor by what it returns which mail it is about.
///
/// A delivery has one recipient, so that of several that a report names (an alias was expanded) the worst counts.
#[must_use]
pub fn read(report: &DeliveryReport, delivery: Option<Uuid>) -> Option<Bounce> {
    let (action, fields) = report.worst()?;
    let about = match delivery {
        Some(delivery) => About::Delivery(delivery),
        None if report.message_ids.is_empty() => return None,
        None => About::MessageIds(report.message_ids.clone()),
    };
    let recipient = fields.untyped("final-recipient").or_else(|| fields.untyped("original-recipient"));
    Some(Bounce {
        about,
        action,
        status: fields.status().map(str::to_owned),
        recipient: recipient.map(str::to_owned),
        text: fields.untyped("diagnostic-code").unwrap_or_default().to_owned(),
    })
}
