//! One email as flows see it: decoded texts, addresses, header fields and attachments of a raw RFC 5322 message.
//!
//! Reading never fails: of a broken mail one gets what could be read. Only the MIME structure is found at once;
//! each other answer is worked out when first asked for and kept, and borrows from the raw bytes where it can.

mod address;
mod attachment;
mod automatic;
mod body;
mod fields;
mod nesting;
mod parse;
mod parts;
mod shown;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use mail_parser::HeaderValue;

pub use address::{Address, AddressField};
pub use attachment::Attachment;
pub use automatic::Reason;
use body::Text;
use fields::Fields;

/// The most of a body, in bytes of UTF-8, that expressions see: 1 MiB each of text and HTML.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A parsed email, borrowing the raw bytes.
#[derive(Debug)]
pub struct Message<'x> {
    size: usize,
    parsed: Option<mail_parser::Message<'x>>,
    fields: Fields<'x>,
    /// Where the Subject stands: flows ask for it many times, and names are compared one by one.
    subject: OnceLock<Option<usize>>,
    text: OnceLock<Text<'x>>,
    html: OnceLock<Text<'x>>,
    hidden: OnceLock<Text<'x>>,
    addresses: [OnceLock<Vec<Address>>; AddressField::COUNT],
    header_map: OnceLock<BTreeMap<String, Vec<String>>>,
    message_ids: OnceLock<Vec<String>>,
    in_reply_to: OnceLock<Vec<String>>,
    references: OnceLock<Vec<String>>,
    attachments: OnceLock<Vec<Attachment>>,
}

impl<'x> Message<'x> {
    /// Reads a raw message; any bytes are a message.
    #[must_use]
    pub fn parse(raw: &'x [u8]) -> Self {
        let content = parse::from_first_field(raw);
        let parse::Structure { parsed, unread } = parse::structure(content);
        let fields = Fields::new(content, parsed.as_ref());
        Self {
            size: raw.len(),
            text: unread.map_or_else(OnceLock::new, |unread| OnceLock::from(Text::unread(unread))),
            parsed,
            fields,
            subject: OnceLock::new(),
            html: OnceLock::new(),
            hidden: OnceLock::new(),
            addresses: Default::default(),
            header_map: OnceLock::new(),
            message_ids: OnceLock::new(),
            in_reply_to: OnceLock::new(),
            references: OnceLock::new(),
            attachments: OnceLock::new(),
        }
    }

    /// The decoded Subject, empty if there is none.
    #[must_use]
    pub fn subject(&self) -> &str {
        let position = *self.subject.get_or_init(|| self.fields.position("subject"));
        position.and_then(|position| self.fields.at(position)).unwrap_or_default()
    }

    /// All text parts that are not attachments, in order, with LF line ends; the HTML turned to text if no part has
    /// text that is more than white space. The first [`BODY_LIMIT`] bytes, ending on a character boundary.
    #[must_use]
    pub fn body(&self) -> &str {
        self.text().as_str()
    }

    /// The HTML parts that are not attachments, in order, with LF line ends; the first [`BODY_LIMIT`] bytes, ending on a
    /// character boundary.
    #[must_use]
    pub fn html(&self) -> &str {
        self.html_text().as_str()
    }

    /// What the HTML parts have in them without showing it ([`crate::html`]); the first [`BODY_LIMIT`] bytes, ending on a
    /// character boundary.
    #[must_use]
    pub fn hidden_text(&self) -> &str {
        self.hidden.get_or_init(|| self.parsed.as_ref().map(Text::hidden).unwrap_or_default()).as_str()
    }

    /// Whether text or HTML were longer than [`BODY_LIMIT`].
    #[must_use]
    pub fn body_truncated(&self) -> bool {
        self.text().is_truncated() || self.html_text().is_truncated()
    }

    /// The addresses of a field, in order, groups flattened. A field that stands more than once gives all.
    #[must_use]
    pub fn addresses(&self, field: AddressField) -> &[Address] {
        match self.addresses.get(field as usize) {
            Some(cell) => cell.get_or_init(|| address::read(&self.fields, field)),
            None => &[],
        }
    }

    /// The first value of a header field, unfolded and decoded (RFC 2047); the name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.fields.first(name)
    }

    /// All header fields by lower-case name; values unfolded and decoded, in order.
    #[must_use]
    pub fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        self.header_map.get_or_init(|| {
            let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, value) in self.fields.iter() {
                map.entry(name.to_lowercase()).or_default().push(value.to_owned());
            }
            map
        })
    }

    /// The Date field in seconds since 1970-01-01T00:00:00Z, if it can be read as a date (RFC 5322 section 3.3).
    #[must_use]
    pub fn date(&self) -> Option<i64> {
        let date = self.fields.parse_first("date", |stream| stream.parse_date())?;
        match date {
            HeaderValue::DateTime(mut date) => {
                // RFC 5322 section 4.3: years of two and three digits.
                date.year += match date.year {
                    0..=49 => 2000,
                    50..=999 => 1900,
                    _ => 0,
                };
                date.is_valid().then(|| date.to_timestamp())
            }
            _ => None,
        }
    }

    /// The Message-ID without angle brackets, if there is one.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.message_ids.get_or_init(|| self.fields.ids("message-id")).first().map(String::as_str)
    }

    /// The first Message-ID of In-Reply-To without angle brackets, empty if there is none.
    #[must_use]
    pub fn in_reply_to(&self) -> &str {
        self.in_reply_to.get_or_init(|| self.fields.ids("in-reply-to")).first().map_or("", String::as_str)
    }

    /// The Message-IDs of References without angle brackets, in order.
    #[must_use]
    pub fn references(&self) -> &[String] {
        self.references.get_or_init(|| self.fields.ids("references"))
    }

    /// The attachments, in order: all parts that are neither structure nor shown as the body.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        self.attachments.get_or_init(|| self.parsed.as_ref().map(attachment::read).unwrap_or_default())
    }

    /// The size of the raw message in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size as u64
    }

    /// Why one knows that a machine wrote it: an automatic reply, a report, a bulk mailing; `None` if a person may have. Says
    /// nothing of the envelope: mail with the null reverse-path is automatic too (RFC 3834 section 2), and only the caller
    /// knows that path ([`Reason::NULL_REVERSE_PATH`]).
    #[must_use]
    pub fn automatic(&self) -> Option<Reason> {
        automatic::reason(self)
    }

    fn text(&self) -> &Text<'x> {
        self.text.get_or_init(|| self.parsed.as_ref().map(Text::body).unwrap_or_default())
    }

    fn html_text(&self) -> &Text<'x> {
        self.html.get_or_init(|| self.parsed.as_ref().map(Text::html).unwrap_or_default())
    }
}
