//! One email as flows see it: decoded texts, addresses, header fields and attachments of a raw RFC 5322 message.
//!
//! Reading never fails: of a broken mail one gets what could be read. Only the header fields are found at once; each
//! other answer is worked out when first asked for and kept, and borrows from the raw bytes where it can. Which reading is
//! taken where parsers differ: `docs/decisions/0020-reading-mail.md`.

mod address;
mod attachment;
mod automatic;
mod body;
mod bounce;
mod bulk;
mod carried;
mod charset;
mod code_pages;
mod comments;
mod date;
mod direction;
mod enriched;
mod fields;
mod flowed;
mod ids;
mod language;
mod media_type;
mod notice;
mod novel;
mod parameters;
mod report;
mod shown;
mod start;
mod structure;
mod transfer;
mod unread;
mod words;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use memchr::memmem;

pub use address::{Address, AddressField};
pub use attachment::Attachment;
pub use automatic::Reason;
use body::{Body, Text};
pub use bounce::Bounce;
pub use bulk::ToMany;
pub use carried::Calendar;
use carried::Carried;
use fields::Fields;
pub use report::{Action, DeliveryReport, StatusFields};
use shown::Shown;
use structure::Structure;
use unread::HEADER_BYTES;
pub use unread::Unread;

/// The most of a body, in bytes of UTF-8, that expressions see: 1 MiB each of text and HTML.
pub const BODY_LIMIT: usize = 1024 * 1024;

/// A parsed email, borrowing the raw bytes.
#[derive(Debug)]
pub struct Message<'x> {
    size: usize,
    content: &'x [u8],
    line_end: u8,
    /// Where the header ends.
    body_at: usize,
    fields: Fields<'x>,
    structure: OnceLock<Structure<'x>>,
    shown: OnceLock<Shown>,
    /// Where the Subject stands: flows ask for it many times, and names are compared one by one.
    subject: OnceLock<Option<usize>>,
    text: OnceLock<Body<'x>>,
    html: OnceLock<Text<'x>>,
    hidden: OnceLock<Text<'x>>,
    addresses: [OnceLock<(Vec<Address>, bool)>; AddressField::ALL.len()],
    header_map: OnceLock<(BTreeMap<String, Vec<String>>, bool)>,
    message_ids: OnceLock<Vec<String>>,
    in_reply_to: OnceLock<Vec<String>>,
    references: OnceLock<(Vec<String>, bool)>,
    attachments: OnceLock<Vec<Attachment>>,
    new_text: OnceLock<String>,
    language: OnceLock<&'static str>,
    automatic: OnceLock<Option<Reason>>,
    bounce: OnceLock<Option<Bounce>>,
    carried: OnceLock<Carried>,
}

impl<'x> Message<'x> {
    /// Reads a raw message; any bytes are a message.
    #[must_use]
    pub fn parse(raw: &'x [u8]) -> Self {
        let content = start::from_first_field(raw);
        let line_end = start::line_end(content);
        let (mut fields, body_at) = Fields::read(content, line_end);
        let structure = OnceLock::new();
        if !words::is_plain(content.get(..body_at).unwrap_or_default()) {
            // Only the texts say what the header is in.
            let read = Structure::read(content, body_at, &fields, line_end);
            fields.assume(read.charset());
            let _ = structure.set(read);
        }
        Self {
            size: raw.len(),
            content,
            line_end,
            body_at,
            fields,
            structure,
            shown: OnceLock::new(),
            subject: OnceLock::new(),
            text: OnceLock::new(),
            html: OnceLock::new(),
            hidden: OnceLock::new(),
            addresses: Default::default(),
            header_map: OnceLock::new(),
            message_ids: OnceLock::new(),
            in_reply_to: OnceLock::new(),
            references: OnceLock::new(),
            attachments: OnceLock::new(),
            new_text: OnceLock::new(),
            language: OnceLock::new(),
            automatic: OnceLock::new(),
            bounce: OnceLock::new(),
            carried: OnceLock::new(),
        }
    }

    /// The decoded Subject, empty if there is none.
    #[must_use]
    pub fn subject(&self) -> &str {
        let position = *self.subject.get_or_init(|| self.fields.position("subject"));
        position.and_then(|position| self.fields.at(position)).unwrap_or_default()
    }

    /// The text parts that are shown, in order, with LF line ends, HTML turned to text; of alternatives the plain one, unless it says
    /// nothing. The first [`BODY_LIMIT`] bytes, ending on a character boundary.
    #[must_use]
    pub fn body(&self) -> &str {
        self.text().as_str()
    }

    /// The HTML parts that are shown, in order, with LF line ends; the first [`BODY_LIMIT`] bytes, ending on a character boundary.
    #[must_use]
    pub fn html(&self) -> &str {
        self.html_text().as_str()
    }

    /// What the HTML parts have in them without showing it ([`crate::html`]); the first [`BODY_LIMIT`] bytes, ending on a
    /// character boundary.
    #[must_use]
    pub fn hidden_text(&self) -> &str {
        self.hidden.get_or_init(|| Text::hidden(self.structure(), self.shown(), self.shown_text())).as_str()
    }

    /// Whether text or HTML were longer than [`BODY_LIMIT`].
    #[must_use]
    pub fn body_truncated(&self) -> bool {
        self.text().is_truncated() || self.html_text().is_truncated()
    }

    /// The addresses of a field, in order, groups flattened. A field that stands more than once gives all.
    #[must_use]
    pub fn addresses(&self, field: AddressField) -> &[Address] {
        &self.address_list(field).0
    }

    /// The first value of a header field, unfolded and decoded (RFC 2047); the name in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.fields.first(name)
    }

    /// How many fields of a name there are, whatever the case.
    #[must_use]
    pub fn count(&self, name: &str) -> usize {
        self.fields.raw_named(name).count()
    }

    /// All header fields by lower-case name; values unfolded and decoded, in order.
    #[must_use]
    pub fn headers(&self) -> &BTreeMap<String, Vec<String>> {
        &self.header_map().0
    }

    /// The first Date field that can be read, in seconds since 1970-01-01T00:00:00Z (RFC 5322 section 3.3).
    #[must_use]
    pub fn date(&self) -> Option<i64> {
        self.fields.unfolded("date").find_map(|text| date::read(&text))
    }

    /// The Message-ID without angle brackets, if there is one.
    #[must_use]
    pub fn message_id(&self) -> Option<&str> {
        self.message_ids.get_or_init(|| self.ids("message-id").0).first().map(String::as_str)
    }

    /// The first Message-ID of In-Reply-To without angle brackets, empty if there is none.
    #[must_use]
    pub fn in_reply_to(&self) -> &str {
        self.in_reply_to.get_or_init(|| self.ids("in-reply-to").0).first().map_or("", String::as_str)
    }

    /// The Message-IDs of References without angle brackets, in order.
    #[must_use]
    pub fn references(&self) -> &[String] {
        &self.reference_list().0
    }

    /// The attachments, in order: all parts that are neither structure, nor shown as the body, nor another form of it.
    #[must_use]
    pub fn attachments(&self) -> &[Attachment] {
        self.attachments.get_or_init(|| attachment::read(self.structure(), self.shown()))
    }

    /// The bytes of an attachment by its place in [`Self::attachments`], transfer encoding undone; `None` if there are not so many.
    #[must_use]
    pub fn attachment_content(&self, index: usize) -> Option<Cow<'x, [u8]>> {
        attachment::content(self.structure(), self.shown(), index)
    }

    /// The bounds that this mail exceeds: what lies beyond them is in the raw message alone.
    #[must_use]
    pub fn unread(&self) -> Vec<Unread> {
        // What is short can't have too much of anything.
        if self.content.len() < unread::HARMLESS {
            return Vec::new();
        }
        let structure = self.structure();
        let long = |name: &str, most: usize| {
            self.body_at > most && self.fields.raw_named(name).map(<[u8]>::len).sum::<usize>() > most
        };
        let addresses = |field: AddressField| long(field.name(), unread::ADDRESSES) && self.address_list(field).1;
        let long_header = || self.fields.has_long() || (self.body_at > HEADER_BYTES && self.header_map().1);
        [
            (Unread::Fields, self.fields.has_more()),
            (Unread::HeaderBytes, self.body_at > unread::FIELD_BYTES && long_header()),
            (Unread::Addresses, AddressField::ALL.into_iter().any(addresses)),
            (Unread::References, long("references", unread::IDS) && self.reference_list().1),
            (Unread::Parameters, structure.more_parameters),
            (Unread::Parts, structure.too_many),
            (Unread::Depth, structure.too_deep),
        ]
        .into_iter()
        .filter_map(|(unread, exceeded)| exceeded.then_some(unread))
        .collect()
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
        *self.automatic.get_or_init(|| automatic::reason(self))
    }

    /// Why one knows that a machine answers a mail with this one: an away notice, an acknowledgement (RFC 3834); `None` otherwise.
    #[must_use]
    pub fn automatic_reply(&self) -> Option<Reason> {
        automatic::reply(self)
    }

    /// Whether it went to many, in bulk or by a mailing list, and how one knows.
    #[must_use]
    pub fn to_many(&self) -> ToMany {
        bulk::read(self)
    }

    /// What it says of another mail that came back or is late; `None` if it is no bounce.
    #[must_use]
    pub fn bounce(&self) -> Option<&Bounce> {
        self.bounce.get_or_init(|| bounce::read(self)).as_ref()
    }

    /// What its sender wrote anew: the body without quotes of other mails and without signatures. Of a mail that forwards another,
    /// the other is new.
    #[must_use]
    pub fn new_text(&self) -> &str {
        self.new_text.get_or_init(|| {
            novel::read(&novel::Written {
                text: self.body(),
                quotes: self.text().quotes(),
                subject: self.subject(),
                names_another: !self.in_reply_to().is_empty() || !self.references().is_empty(),
            })
        })
    }

    /// The language of [`Self::new_text`] by ISO 639-1, such as `de`; empty if it does not tell.
    #[must_use]
    pub fn language(&self) -> &'static str {
        self.language.get_or_init(|| language::of(self.new_text(), self.header("content-language").unwrap_or_default()))
    }

    /// The calendar object that came with it, such as an invitation (RFC 6047); its parts are empty if there is none.
    #[must_use]
    pub fn calendar(&self) -> &Calendar {
        &self.carried().calendar
    }

    /// Whether it, or a part of it, is encrypted: S/MIME, PGP/MIME, or PGP within the text.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.carried().is_encrypted
    }

    /// Whether it, or a part of it, is signed: S/MIME, PGP/MIME, or PGP within the text. Nobody checked the signature.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.carried().is_signed
    }

    /// Whether it came as Exchange's own form, TNEF (`winmail.dat`).
    #[must_use]
    pub fn is_tnef(&self) -> bool {
        self.carried().is_tnef
    }

    /// The header field, in lower case, by which one knows that a list passed it on to many; `None` if nothing says so.
    #[must_use]
    pub fn list(&self) -> Option<&'static str> {
        automatic::list(self)
    }

    /// What a delivery status notification says (RFC 3464); `None` for any other mail.
    #[must_use]
    pub fn delivery_report(&self) -> Option<DeliveryReport> {
        // The structure is not looked for in every mail.
        if self.may_have_report() { report::read(self.structure()) } else { None }
    }

    /// Whether the raw message has the type of a report in it, as it is written by one server or another.
    fn may_have_report(&self) -> bool {
        memmem::find(self.content, b"elivery-").is_some() || memmem::find(self.content, b"DELIVERY-STATUS").is_some()
    }

    fn structure(&self) -> &Structure<'x> {
        self.structure.get_or_init(|| Structure::read(self.content, self.body_at, &self.fields, self.line_end))
    }

    fn carried(&self) -> &Carried {
        self.carried.get_or_init(|| carried::read(self))
    }

    fn shown(&self) -> &Shown {
        self.shown.get_or_init(|| Shown::of(self.structure(), &body::says_nothing))
    }

    fn text(&self) -> &Text<'x> {
        &self.shown_text().text
    }

    fn shown_text(&self) -> &Body<'x> {
        self.text.get_or_init(|| Body::read(self.structure(), self.shown()))
    }

    fn html_text(&self) -> &Text<'x> {
        self.html.get_or_init(|| Text::html(self.structure(), self.shown()))
    }

    fn address_list(&self, field: AddressField) -> &(Vec<Address>, bool) {
        static NONE: (Vec<Address>, bool) = (Vec::new(), false);
        self.addresses.get(field as usize).map_or(&NONE, |cell| cell.get_or_init(|| address::read(&self.fields, field)))
    }

    fn header_map(&self) -> &(BTreeMap<String, Vec<String>>, bool) {
        self.header_map.get_or_init(|| {
            let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let mut bytes = 0;
            for (name, value) in self.fields.iter() {
                bytes += name.len() + value.len();
                if bytes > HEADER_BYTES {
                    return (map, true);
                }
                map.entry(name.to_lowercase()).or_default().push(value.to_owned());
            }
            (map, false)
        })
    }

    fn reference_list(&self) -> &(Vec<String>, bool) {
        self.references.get_or_init(|| self.ids("references"))
    }

    fn ids(&self, name: &str) -> (Vec<String>, bool) {
        self.fields.unfolded(name).next().map(|text| ids::read(&text)).unwrap_or_default()
    }
}
