//! What an expression can read of the interaction and its email, as an interface, so that the language knows no mail parser
//! and reading costs only what an expression touches.

use std::collections::BTreeMap;

use jiff::Timestamp;

/// A text of the email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextField {
    /// The decoded subject.
    Subject,
    /// All parts that are shown as text, HTML in words, LF line ends, the first MiB.
    Body,
    /// The HTML parts, the first MiB.
    Html,
    /// What the HTML parts have in them without showing it, the first MiB.
    HiddenText,
    /// Message-ID without angle brackets.
    MessageId,
    /// In-Reply-To without angle brackets.
    InReplyTo,
}

/// A part of the envelope that the email came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnvelopeField {
    /// The sender: the reverse-path, to which bounces go (RFC 5321 section 3.3).
    From,
    /// The recipient whose route took it.
    To,
    /// The address of the host that handed it in.
    Remote,
}

/// A list of addresses of the email.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressField {
    /// The first address of From is `interaction.email.from`.
    From,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Reply-To.
    ReplyTo,
}

/// One address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AddressRef<'a> {
    /// The address in lower case.
    pub address: &'a str,
    /// The display name, empty if there is none.
    pub name: &'a str,
    /// What follows the `@`, in lower case.
    pub domain: &'a str,
}

/// One attachment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttachmentRef<'a> {
    /// The file name, empty if there is none.
    pub name: &'a str,
    /// The media type in lower case, such as `application/pdf`.
    pub content_type: &'a str,
    /// The decoded size in bytes.
    pub size: u64,
    /// Whether it is shown within the text.
    pub inline: bool,
}

/// An email as expressions see it. Absent fields read as empty.
pub trait Email: Sync {
    /// A text; empty when absent.
    fn text(&self, field: TextField) -> &str;
    /// How many addresses a field has.
    fn address_count(&self, field: AddressField) -> usize;
    /// One address; `None` past the end.
    fn address(&self, field: AddressField, index: usize) -> Option<AddressRef<'_>>;
    /// The first value of a header field, decoded, the name in any case.
    fn header(&self, name: &str) -> Option<&str>;
    /// All header fields by lower-case name, decoded, in order.
    fn headers(&self) -> &BTreeMap<String, Vec<String>>;
    /// Message-IDs of the References field.
    fn references(&self) -> &[String];
    /// How many attachments there are.
    fn attachment_count(&self) -> usize;
    /// One attachment; `None` past the end.
    fn attachment(&self, index: usize) -> Option<AttachmentRef<'_>>;
    /// The Date field, if it can be read.
    fn date(&self) -> Option<Timestamp>;
    /// The size of the raw message in bytes.
    fn size(&self) -> u64;
    /// Whether body or HTML were longer than what expressions see.
    fn body_truncated(&self) -> bool;
    /// Why one knows that a machine wrote it (RFC 3834 and what is in use beside it), as one word; `None` if a person may have.
    fn automatic(&self) -> Option<&str>;
    /// A part of the envelope; empty when it is not known, and for the null reverse-path.
    fn envelope(&self, field: EnvelopeField) -> &str;
    /// The bounds of reading that the email exceeds, each as one phrase: what lies beyond them can't be seen.
    fn unread(&self) -> Vec<String> {
        Vec::new()
    }
}
