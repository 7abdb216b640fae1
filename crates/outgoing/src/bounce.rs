//! Bounces: mail of a server about mail of ours that came back or is late, as a report (RFC 3464) or in another server's form.

pub use waypost_mail::message::Action;
use waypost_mail::message::{DeliveryReport, Message};

/// What a server says of a mail. Whose it is, the caller finds out: by the signed address that it came to, else by what it returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// The Message-IDs of the mail that it returns, the one of who sent it on first, without brackets. Anybody can write a Message-ID that
    /// they have seen.
    pub message_ids: Vec<String>,
    /// What became of it.
    pub action: Action,
    /// The enhanced status code, such as `5.1.1` (RFC 3463).
    pub status: Option<String>,
    /// The final recipient as the report names it.
    pub recipient: Option<String>,
    /// What the last server said, without the type of the diagnostic; empty if the report does not say.
    pub text: String,
}

/// Reads a mail as a bounce; `null_sender` is whether it was sent with the null reverse-path (RFC 5321 section 4.5.5). `None` if it is none,
/// or not surely one: only a report speaks for itself. What is none counts with the null reverse-path if a mail server wrote it, by its fields,
/// its sender or its subject. Words alone don't do: "I no longer work there" is an answer.
#[must_use]
pub fn read(message: &Message<'_>, null_sender: bool) -> Option<Bounce> {
    match message.delivery_report().and_then(|report| of_report(&report)) {
        Some(bounce) => Some(bounce),
        None if null_sender => of_notice(message),
        None => None,
    }
}

/// A delivery has one recipient, so that of several that a report names (an alias was expanded) the worst counts.
fn of_report(report: &DeliveryReport) -> Option<Bounce> {
    let (action, fields) = report.worst()?;
    let recipient = fields.untyped("final-recipient").or_else(|| fields.untyped("original-recipient"));
    Some(Bounce {
        message_ids: report.message_ids.clone(),
        action,
        status: fields.status().map(str::to_owned),
        recipient: recipient.map(str::to_owned),
        text: fields.untyped("diagnostic-code").unwrap_or_default().to_owned(),
    })
}

/// qmail's, Exim's and Exchange's own forms, and others in words.
fn of_notice(message: &Message<'_>) -> Option<Bounce> {
    let said = message.bounce().filter(|said| said.is_of_a_server)?;
    let known = |text: &String| !text.is_empty();
    Some(Bounce {
        message_ids: if said.is_returned { vec![said.of.clone()] } else { Vec::new() },
        action: if said.is_delay { Action::Delayed } else { Action::Failed },
        // Nobody said `5.0.0`: it is what is made of nothing.
        status: Some(said.status.clone()).filter(|status| known(status) && !status.ends_with(".0.0")),
        recipient: Some(said.recipient.clone()).filter(known),
        text: said.text.clone(),
    })
}
