//! The header fields of a message, each decoded when first asked for.

use std::borrow::Cow;
use std::sync::OnceLock;

use mail_parser::parsers::MessageStream;
use mail_parser::{Header, HeaderName, HeaderValue};

/// One of the parser's readers of field values.
type Reader = for<'s> fn(&mut MessageStream<'s>) -> HeaderValue<'s>;

/// One field: its name as written, its raw value, and the value once decoded.
#[derive(Debug)]
struct Field<'x> {
    name: Cow<'x, str>,
    raw: &'x [u8],
    text: OnceLock<Cow<'x, str>>,
}

impl<'x> Field<'x> {
    fn new(content: &'x [u8], header: &Header<'x>) -> Self {
        let name = match &header.name {
            HeaderName::Other(name) => name.clone(),
            known => Cow::Borrowed(known.as_static_str()),
        };
        let raw = content.get(header.offset_start as usize..header.offset_end as usize).unwrap_or_default();
        Self { name, raw, text: OnceLock::new() }
    }

    /// Hands the value to one of the parser's readers. They all wait for a line end, which the last field of a mail
    /// that was cut off within its header lacks.
    fn parse(&self, read: Reader) -> HeaderValue<'x> {
        if self.raw.ends_with(b"\n") {
            return read(&mut MessageStream::new(self.raw));
        }
        let mut ended = self.raw.to_vec();
        ended.push(b'\n');
        read(&mut MessageStream::new(&ended)).into_owned()
    }

    fn text(&self) -> &str {
        self.text.get_or_init(|| match self.parse(|stream| stream.parse_unstructured()) {
            HeaderValue::Text(text) => text,
            _ => Cow::Borrowed(""),
        })
    }
}

/// The header fields of the outermost message, in order.
#[derive(Debug)]
pub(super) struct Fields<'x> {
    fields: Vec<Field<'x>>,
}

impl<'x> Fields<'x> {
    /// The fields of `content`, where `parsed` found them.
    pub(super) fn new(content: &'x [u8], parsed: Option<&mail_parser::Message<'x>>) -> Self {
        let headers = parsed.and_then(|message| message.parts.first()).map_or(&[][..], |root| &root.headers);
        Self { fields: headers.iter().map(|header| Field::new(content, header)).collect() }
    }

    /// Names and decoded values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (&*field.name, field.text()))
    }

    /// The first decoded value of a field.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.named(name).next().map(Field::text)
    }

    /// The position of the first field of a name, for [`Fields::at`].
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The decoded value of the field at a position.
    pub(super) fn at(&self, position: usize) -> Option<&str> {
        self.fields.get(position).map(Field::text)
    }

    /// The first field of that name, by a reader of the parser.
    pub(super) fn parse_first(&self, name: &str, read: Reader) -> Option<HeaderValue<'x>> {
        self.named(name).next().map(|field| field.parse(read))
    }

    /// Every field of that name, by a reader of the parser.
    pub(super) fn parse_all(&self, name: &str, read: Reader) -> impl Iterator<Item = HeaderValue<'x>> {
        self.named(name).map(move |field| field.parse(read))
    }

    /// The Message-IDs of the first field of that name, without angle brackets.
    pub(super) fn ids(&self, name: &str) -> Vec<String> {
        match self.parse_first(name, |stream| stream.parse_id()) {
            Some(HeaderValue::Text(id)) if !id.is_empty() => vec![id.into_owned()],
            Some(HeaderValue::TextList(ids)) => ids.into_iter().map(Cow::into_owned).collect(),
            _ => Vec::new(),
        }
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Field<'x>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }
}
