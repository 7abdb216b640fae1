//! What a delivery status notification says (RFC 3464): its fields, and which mail it returns.

use super::fields::{RawField, split};
use super::parameters::Parameters;
use super::structure::{Part, Structure};
use super::{ids, start, words};
use crate::message::charset::Charset;

/// The most of a part that is read, in bytes.
const LONGEST: usize = 64 * 1024;
/// The most recipients that are read.
const MOST_RECIPIENTS: usize = 100;

/// Fields of one group of a report, names in lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatusFields(Vec<(String, String)>);

impl StatusFields {
    /// The first value of a field, unfolded; the name in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// A delivery status notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeliveryReport {
    /// The fields of each recipient (RFC 3464 section 2.3); the first 100.
    pub recipients: Vec<StatusFields>,
    /// The Message-IDs of the mail that is returned, in whole or its header, without brackets: Resent-Message-ID first.
    pub message_ids: Vec<String>,
}

/// What a report says of a recipient (RFC 3464 section 2.3.3), the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// The mail did not arrive and will not.
    Failed,
    /// It has not arrived yet.
    Delayed,
    /// It arrived.
    Delivered,
    /// It went on to where no reports come from.
    Relayed,
    /// It went to a list.
    Expanded,
}

impl Action {
    fn read(word: &str) -> Option<Self> {
        let word = word.split([' ', '\t', ';', '(']).next().unwrap_or_default();
        let of = [
            ("failed", Self::Failed),
            ("failure", Self::Failed),
            ("delayed", Self::Delayed),
            ("delivered", Self::Delivered),
            ("relayed", Self::Relayed),
            ("expanded", Self::Expanded),
        ];
        of.into_iter().find(|(name, _)| word.eq_ignore_ascii_case(name)).map(|(_, action)| action)
    }

    /// What a status means where a report names no action that is known.
    fn of_status(value: &str) -> Option<Self> {
        match status(value)?.split('.').next()? {
            "5" => Some(Self::Failed),
            "4" => Some(Self::Delayed),
            "2" => Some(Self::Delivered),
            _ => None,
        }
    }

    /// Whether the delivery is over, and failed: a delay is not a bounce.
    #[must_use]
    pub fn is_final_failure(self) -> bool {
        self == Self::Failed
    }
}

impl DeliveryReport {
    /// The recipient who is worst off, and what became of the mail to them; the first of several. `None` if the report says of nobody.
    #[must_use]
    pub fn worst(&self) -> Option<(Action, &StatusFields)> {
        let recipients = self.recipients.iter().filter_map(|fields| {
            let said = fields.get("action").and_then(Action::read);
            Some((said.or_else(|| Action::of_status(fields.get("status")?))?, fields))
        });
        recipients.min_by_key(|(action, _)| *action)
    }
}

impl StatusFields {
    /// The code at the beginning of Status, which may have a comment (RFC 3464 section 2.3.4).
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        status(self.get("status")?)
    }

    /// Whether this is about a recipient: Final-Recipient and Action are required there, and not allowed in the group of the message.
    fn names_a_recipient(&self) -> bool {
        ["final-recipient", "original-recipient", "action"].iter().any(|name| self.get(name).is_some())
    }

    /// A field without its type: `smtp; 550 …`, `rfc822; ann@example.com` (RFC 3464 section 2.1.2).
    #[must_use]
    pub fn untyped(&self, name: &str) -> Option<&str> {
        let value = self.get(name)?;
        Some(match value.split_once(';') {
            Some((kind, rest)) if !kind.trim().contains(char::is_whitespace) => rest.trim(),
            _ => value.trim(),
        })
    }
}

fn status(value: &str) -> Option<&str> {
    let word = value.split([' ', '\t', '(']).next()?;
    let numbers = || word.split('.');
    let fits = |number: &str| (1..=3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    (numbers().count() == 3 && numbers().all(fits)).then_some(word)
}

/// The report that a mail is; `None` if no part says how delivery went.
pub(super) fn read(structure: &Structure<'_>) -> Option<DeliveryReport> {
    let status = part(structure, &["message/delivery-status", "message/global-delivery-status"])?;
    let mut recipients = groups(&decoded(status));
    // The first group is about the message. Some leave it out, or write its fields into the one of the recipient.
    if recipients.first().is_some_and(|first| !first.names_a_recipient()) {
        recipients.remove(0);
    }
    recipients.truncate(MOST_RECIPIENTS);
    Some(DeliveryReport { recipients, message_ids: returned(structure) })
}

/// The Message-IDs of the mail that a mail returns, in whole or its header: Resent-Message-ID first.
pub(super) fn returned(structure: &Structure<'_>) -> Vec<String> {
    let types = ["message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"];
    part(structure, &types).map(|part| message_ids(&decoded(part))).unwrap_or_default()
}

/// The first part of one of these types. Some gateways send reports as mixed, or put them into another multipart. What was forwarded is
/// within a part of its own.
fn part<'a, 'x>(structure: &'a Structure<'x>, types: &[&str]) -> Option<&'a Part<'x>> {
    structure.parts.iter().find(|part| types.contains(&&*Parameters::read(part.content_type).value))
}

fn decoded<'x>(part: &Part<'x>) -> std::borrow::Cow<'x, [u8]> {
    part.transfer.decode_text(part.body, LONGEST)
}

/// Groups of fields, ended by blank lines.
fn groups(content: &[u8]) -> Vec<StatusFields> {
    let line_end = start::line_end(content);
    let (mut groups, mut rest) = (Vec::new(), content);
    while !rest.is_empty() && groups.len() <= MOST_RECIPIENTS {
        let mut fields = StatusFields::default();
        let end = split(rest, line_end, |_| false, |field| fields.0.push((field.name.to_lowercase(), text(field))));
        if !fields.0.is_empty() {
            groups.push(fields);
        }
        match rest.get(end..) {
            Some(after) if end > 0 => rest = after,
            _ => break,
        }
    }
    groups
}

fn text(field: RawField<'_>) -> String {
    words::unfold(field.value, || Charset::Unsaid).trim().to_owned()
}

fn message_ids(header: &[u8]) -> Vec<String> {
    let (mut resent, mut own) = (Vec::<String>::new(), Vec::new());
    let content = start::from_first_field(header);
    split(
        content,
        start::line_end(content),
        |_| false,
        |field| {
            if field.is("resent-message-id") {
                resent.extend(ids::read(&text(field)).0);
            } else if field.is("message-id") {
                own.extend(ids::read(&text(field)).0);
            }
        },
    );
    // A mail has one of each: whoever writes more would have each of them looked up.
    resent.truncate(1);
    resent.extend(own.into_iter().next());
    resent
}
