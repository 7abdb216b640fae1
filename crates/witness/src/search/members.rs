//! Which part of a draft a member of the mail reads.

use super::facts::Fact;
use super::kinds::{Line, MailKind};
use super::source::{AttachmentPart, Part, Source};

impl Source {
    /// The member of a mail at a path below `interaction`.
    pub(crate) fn of_path(path: &[&str]) -> Option<Self> {
        let part = |field, rest: &[&str]| {
            Some(Self::Address(
                field,
                match rest {
                    ["name"] => Part::Name,
                    ["domain"] => Part::Domain,
                    _ => Part::Whole,
                },
            ))
        };
        match path {
            ["receivedAt"] => Some(Self::Now),
            ["envelope", "from"] => Some(Self::Text("envelope.from")),
            ["envelope", "to"] => Some(Self::Text("envelope.to")),
            ["envelope", "remote"] => Some(Self::Text("envelope.remote")),
            ["attributes"] => Some(Self::AnyAttribute),
            ["attributes", name] => Some(Self::Attribute((*name).to_owned())),
            ["email", "subject"] => Some(Self::Text("subject")),
            ["email", "body" | "newText"] => Some(Self::Text("text")),
            ["email", "html"] => Some(Self::Text("html")),
            ["email", "hiddenText"] => Some(Self::Hidden),
            ["email", "messageId"] => Some(Self::Text("messageId")),
            ["email", "inReplyTo"] => Some(Self::Header("In-Reply-To".to_owned())),
            ["email", "references"] => Some(Self::Header("References".to_owned())),
            ["email", "date"] => Some(Self::Date),
            ["email", "language"] => Some(Self::Language),
            ["email", "bounce", "of"] => Some(Self::Returned),
            ["email", "bounce" | "calendar", ..] => Line::of_path(path.get(1..)?).map(Self::Line),
            ["email", "size"] => Some(Self::Size),
            ["email", "bodyTruncated"] => Some(Self::Truncated),
            ["email", "attachments", rest @ ..] => Some(Self::Attachment(AttachmentPart::Whole).within(rest)),
            ["email", "from", rest @ ..] => part("from", rest),
            ["email", "to", rest @ ..] => part("to", rest),
            ["email", "cc", rest @ ..] => part("cc", rest),
            ["email", "replyTo", rest @ ..] => part("replyTo", rest),
            ["email", "headers"] => Some(Self::AnyField),
            ["email", "headers", name] => Some(Self::Fields((*name).to_owned())),
            ["email", kind] => MailKind::of(kind).map(Self::Kind),
            _ => Fact::of_path(path).map(Self::Fact),
        }
    }

    /// What `x.a.b` reads if `x` reads this.
    pub(crate) fn within(&self, fields: &[&str]) -> Self {
        fields.iter().fold(self.clone(), |of, field| of.member(field))
    }

    /// What `x.field` reads if `x` reads this.
    pub(crate) fn member(&self, field: &str) -> Self {
        match (self, field) {
            (Self::Address(of, _), "name") => Self::Address(of, Part::Name),
            (Self::Address(of, _), "domain") => Self::Address(of, Part::Domain),
            (Self::Attachment(_), "name") => Self::Attachment(AttachmentPart::Name),
            (Self::Attachment(_), "contentType") => Self::Attachment(AttachmentPart::Type),
            (Self::Attachment(_), "size") => Self::Attachment(AttachmentPart::Size),
            (other, _) => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every member of the reference (`docs/language.md`) that says something by itself is varied.
    #[test]
    fn no_member_of_the_mail_is_left_as_it_is() {
        let reference = include_str!("../../../../docs/language.md");
        let (mut seen, mut left) = (0, Vec::new());
        for section in reference.split("\n### `interaction.").skip(1) {
            let (object, rest) = section.split_once('`').unwrap_or_default();
            let rows = rest.lines().skip(1).take_while(|line| !line.starts_with('#'));
            for row in rows.filter_map(|line| line.strip_prefix("| `")) {
                let mut cells = row.split(" | ");
                let name = cells.next().unwrap_or_default().trim_end_matches('`');
                // An object has rows of its own, and a function is read by its argument.
                let is_object = cells.next() == Some(format!("`{name}`").as_str());
                if is_object || name.contains('(') {
                    continue;
                }
                let whole = format!("{object}.{name}");
                let mut path: Vec<&str> = whole.split('.').collect();
                if matches!(name, "attributes" | "headers") {
                    path.push("x");
                }
                seen += 1;
                if Source::of_path(&path).is_none() {
                    left.push(whole);
                }
            }
        }
        assert!(left.is_empty() && seen > 40, "{seen} members, of which none varies {left:?}");
    }
}
