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

/// The report that a mail is; `None` if no part says how delivery went.
pub(super) fn read(structure: &Structure<'_>) -> Option<DeliveryReport> {
    // Some gateways send reports as mixed. What was forwarded is within a part of its own.
    let parts = structure.within(0).chain([0]).filter_map(|index| structure.parts.get(index));
    let (mut status, mut returned) = (None, None);
    for part in parts {
        match &*Parameters::read(part.content_type).value {
            "message/delivery-status" | "message/global-delivery-status" => status = status.or(Some(part)),
            "message/rfc822" | "text/rfc822-headers" | "message/global" | "message/global-headers" => {
                returned = returned.or(Some(part));
            }
            _ => {}
        }
    }
    // The first group is about the message.
    let recipients = groups(&decoded(status?)).into_iter().skip(1).take(MOST_RECIPIENTS).collect();
    Some(DeliveryReport {
        recipients,
        message_ids: returned.map(|part| message_ids(&decoded(part))).unwrap_or_default(),
    })
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
