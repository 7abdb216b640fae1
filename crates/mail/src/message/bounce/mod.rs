//! Mail that came back, or that is late: which recipient did not get it, why, and which mail it was.
//!
//! A report (RFC 3464, RFC 6533) says so in fields (`report`); what other servers write is read as people would read it (`text`).

mod codes;
mod text;

use super::{AddressField, Message, automatic, report};
use text::Parties;

/// The longest address that is taken from a report, in bytes (RFC 5321 section 4.5.3.1, and some).
const LONGEST_ADDRESS: usize = 512;

/// What a server says of a mail that it could not deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounce {
    /// Whether it goes on trying: the mail is late, and may still arrive.
    pub is_delay: bool,
    /// The recipient who did not get the mail, as it was addressed; of several the first. Empty if the mail does not say.
    pub recipient: String,
    /// The enhanced status code (RFC 3463), such as `5.1.1`. Where a server gives none, what its words or its reply code come to.
    pub status: String,
    /// The Message-ID of the mail that came back, without brackets; empty if it is not there.
    pub of: String,
    /// Whether [`Self::of`] stands in what is returned of the mail, not only in In-Reply-To: away notices have that as well.
    pub is_returned: bool,
    /// What the last server said: Diagnostic-Code without its type, or the line of a notice that says why. Empty if there is none.
    pub text: String,
    /// Whether a mail server wrote it, by its fields, its sender or its subject, and not by the words of its text alone.
    pub is_of_a_server: bool,
    /// How one knows: `report`, `failed-recipients`, or `notice` in words.
    pub reason: &'static str,
}

/// What a mail says of another that came back or is late; `None` if it is no bounce.
pub(super) fn read(message: &Message<'_>) -> Option<Bounce> {
    let report = message.delivery_report();
    let told = report.as_ref().and_then(|report| report.worst());
    if let Some((action, fields)) = told {
        use report::Action::{Delayed, Failed};
        if !matches!(action, Failed | Delayed) {
            return None;
        }
        let named = || ["original-recipient", "final-recipient"].into_iter().filter_map(|name| recipient(fields, name));
        let recipient = named().find(|recipient| is_address(recipient)).or_else(|| {
            // A gateway's name for somebody is better than nothing.
            let said = Some(notice(message).recipient).filter(|recipient| !recipient.is_empty());
            said.or_else(|| named().find(|name| !name.is_empty() && !name.contains(char::is_whitespace)))
        });
        let text = fields.untyped("diagnostic-code").unwrap_or_default();
        let status = status_of(fields.status(), &text.to_lowercase(), action == Delayed);
        let (of, is_returned) = of(message, report.as_ref(), "");
        return Some(Bounce {
            is_delay: action == Delayed,
            recipient: recipient.unwrap_or_default(),
            status,
            of,
            is_returned,
            text: text.to_owned(),
            is_of_a_server: true,
            reason: "report",
        });
    }
    let failed = message.header("x-failed-recipients").unwrap_or_default();
    let is_of_a_server = report.is_some() || !failed.is_empty() || automatic::is_of_a_server(message);
    // Of others only a machine's words count, and no reply of a machine's; of whoever else, what looks like a list of recipients.
    let is_machine = || message.automatic().is_some() && message.automatic_reply().is_none();
    let is_titled = automatic::may_be_of_a_server(message);
    // Services tell of accounts and parcels in the same words. What comes back has no sender, or a server's title, or is a postmaster's.
    let says_so = || {
        is_titled
            || message.automatic() == Some(automatic::Reason::NULL_REVERSE_PATH)
            || automatic::is_of_a_postmaster(message)
    };
    if !is_of_a_server && !is_titled && !is_machine() {
        return None;
    }
    let mut notice = notice(message);
    if let Some(first) = failed.split([',', ' ', '\t']).find(|address| is_address(address)) {
        notice.recipient = first.to_owned();
    } else if !notice.is_sure
        || !(is_of_a_server || notice.is_listed || (says_so() && is_machine() && !notice.recipient.is_empty()))
    {
        return None;
    }
    let reason = if failed.is_empty() { "notice" } else { "failed-recipients" };
    let (of, is_returned) = of(message, report.as_ref(), &notice.of);
    Some(Bounce {
        is_delay: notice.is_delay,
        recipient: notice.recipient,
        status: notice.status,
        of,
        is_returned,
        text: notice.says,
        is_of_a_server,
        reason,
    })
}

fn notice(message: &Message<'_>) -> text::Notice {
    let address = |field: AddressField| message.addresses(field).iter().map(|one| one.address.as_str());
    let to: Vec<&str> = address(AddressField::To).take(100).collect();
    text::read(message.body(), Parties { from: address(AddressField::From).next().unwrap_or_default(), to: &to })
}

/// The code of Status, or the one of what the last server said if that tells more.
fn status_of(status: Option<&str>, diagnostic: &str, is_delay: bool) -> String {
    let says_nothing = |status: &str| status.ends_with(".0.0");
    let told = || codes::enhanced(diagnostic);
    match status.filter(|status| !status.starts_with('2')) {
        Some(status) if !says_nothing(status) => status.to_owned(),
        given => match told().or(given) {
            Some(status) if !says_nothing(status) => status.to_owned(),
            other => {
                let class = other.and_then(|code| code.split('.').next()).unwrap_or(if is_delay { "4" } else { "5" });
                let detail = codes::of_words(diagnostic).or_else(|| codes::of_reply(diagnostic)).unwrap_or("0.0");
                format!("{class}.{detail}")
            }
        },
    }
}

/// Which mail came back, and whether that is returned, in a part or in the text: else it is what the bounce answers.
fn of(message: &Message<'_>, report: Option<&report::DeliveryReport>, in_text: &str) -> (String, bool) {
    let returned = match report {
        Some(report) => report.message_ids.clone(),
        None => report::returned(message.structure()),
    };
    let in_text = || Some(in_text.to_owned()).filter(|id| !id.is_empty());
    match returned.into_iter().next().or_else(in_text) {
        Some(id) => (id, true),
        None => (Some(message.in_reply_to()).filter(|id| id.contains('@')).unwrap_or_default().to_owned(), false),
    }
}

/// The recipient that a field names, without brackets. Of the type `utf-8` it may be written in ASCII (RFC 6533 section 3).
fn recipient(fields: &report::StatusFields, name: &str) -> Option<String> {
    let address = bare(fields.untyped(name)?);
    if address.len() > LONGEST_ADDRESS {
        return None;
    }
    let kind = fields.get(name)?.split(';').next().unwrap_or_default();
    Some(if kind.trim().eq_ignore_ascii_case("utf-8") { from_xtext(address) } else { address.to_owned() })
}

/// `\x{E9}` is `é`.
fn from_xtext(address: &str) -> String {
    let mut pieces = address.split("\\x{");
    let mut decoded = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (code, rest) = piece.split_once('}').unwrap_or((piece, ""));
        match u32::from_str_radix(code, 16).ok().and_then(char::from_u32) {
            Some(c) => decoded.push(c),
            None => decoded.push_str(code),
        }
        decoded.push_str(rest);
    }
    decoded
}

/// An address without brackets.
fn bare(address: &str) -> &str {
    address.trim().trim_start_matches('<').trim_end_matches('>')
}

fn is_address(text: &str) -> bool {
    text.len() <= LONGEST_ADDRESS
        && !text.contains(char::is_whitespace)
        && text.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}
