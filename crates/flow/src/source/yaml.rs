//! YAML 1.2 (core schema) to a tree, with the place of every value. JSON is read as well: it is YAML.

use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};

use crate::expr::is_one_expression;
use crate::path::FieldPath;

use super::{Form, MAX_DEPTH, MAX_VALUES, Node, Place, Places, SyntaxError, advice, pairs};

/// Reads a YAML document.
///
/// # Errors
/// The first place where it is not YAML, or uses what flows have no use for: anchors and aliases, tags, several documents,
/// keys that are no strings; or is nested deeper than 64.
pub fn yaml(text: &str) -> Result<(Node, Places), SyntaxError> {
    let joined = pairs::joined(text);
    only_document(&joined.text).map(|(node, places)| (node, joined.places(places))).map_err(|error| joined.error(error))
}

fn only_document(text: &str) -> Result<(Node, Places), SyntaxError> {
    let mut reader = Reader::new(text);
    if reader.document_start()?.is_none() {
        return Ok((Node::Null, Places::new()));
    }
    let document = reader.document()?;
    match reader.document_start()? {
        Some(second) => Err(refuse(second, "a second document in one file")),
        None => Ok(document),
    }
}

/// Reads every YAML document of a file, in order. A document that says nothing, such as what is before a leading `---`, is left out.
///
/// # Errors
/// As [`yaml`], but for several documents.
pub fn yaml_documents(text: &str) -> Result<Vec<(Node, Places)>, SyntaxError> {
    let joined = pairs::joined(text);
    let documents = all_documents(&joined.text).map_err(|error| joined.error(error))?;
    Ok(documents.into_iter().map(|(node, places)| (node, joined.places(places))).collect())
}

fn all_documents(text: &str) -> Result<Vec<(Node, Places)>, SyntaxError> {
    let mut reader = Reader::new(text);
    let mut documents = Vec::new();
    while reader.document_start()?.is_some() {
        let (node, places) = reader.document()?;
        if node != Node::Null {
            documents.push((node, places));
        }
    }
    Ok(documents)
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    /// Byte offset of each character: the parser counts characters.
    offsets: Vec<usize>,
    places: Places,
    values: usize,
}

fn refuse(at: Marker, message: impl Into<String>) -> SyntaxError {
    SyntaxError { line: at.line().max(1), column: at.col() + 1, message: message.into(), suggestion: None }
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            parser: Parser::new_from_str(text),
            text,
            offsets: text.char_indices().map(|(offset, _)| offset).collect(),
            places: Places::new(),
            values: 0,
        }
    }

    /// Goes on to where the next document starts; none at the end.
    fn document_start(&mut self) -> Result<Option<Marker>, SyntaxError> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::DocumentStart(_) => return Ok(Some(span.start)),
                Event::StreamEnd => return Ok(None),
                _ => return Err(refuse(span.start, "text after the end of the document")),
            }
        }
    }

    /// The value of the document that starts here, with its places.
    fn document(&mut self) -> Result<(Node, Places), SyntaxError> {
        let (event, span) = self.next()?;
        let node = self.value(event, span, &FieldPath::Root(""), 0)?;
        Ok((node, std::mem::take(&mut self.places)))
    }

    fn next(&mut self) -> Result<(Event<'t>, Span), SyntaxError> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => {
                let refused = refuse(*error.marker(), error.info());
                Err(advice::of(self.text, refused))
            }
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn byte(&self, at: Marker) -> usize {
        self.offsets.get(at.index()).copied().unwrap_or(self.text.len())
    }

    fn place(&mut self, path: String, span: Span, form: Form, length: Option<usize>) {
        let (start, end) = (self.byte(span.start), self.byte(span.end));
        let end = length.map_or(end, |length| start + length);
        let place =
            Place { line: span.start.line().max(1), column: span.start.col() + 1, bytes: start..end.max(start), form };
        self.places.insert(path, place);
    }

    fn value(&mut self, event: Event<'t>, span: Span, path: &FieldPath<'_>, depth: usize) -> Result<Node, SyntaxError> {
        self.values += 1;
        if depth > MAX_DEPTH {
            return Err(refuse(span.start, format!("nested deeper than {MAX_DEPTH}")));
        }
        if self.values > MAX_VALUES {
            return Err(refuse(span.start, format!("more than {MAX_VALUES} values")));
        }
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                plain_only(span, anchor, tag.is_some())?;
                // The parser's end of a quoted scalar may lie beyond the quote.
                let rest = self.text.get(self.byte(span.start)..).unwrap_or_default();
                let (form, length) = match style {
                    ScalarStyle::Literal | ScalarStyle::Folded => (Form::Other, None),
                    ScalarStyle::Plain | ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                        Form::of(rest, text.as_ref())
                    }
                };
                self.place(path.text(), span, form, length);
                Ok(match style {
                    ScalarStyle::Plain => resolve(text, span)?,
                    ScalarStyle::Literal | ScalarStyle::Folded => {
                        Node::String(block(text, self.text.get(..self.byte(span.start)).unwrap_or_default()))
                    }
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => Node::String(text.into_owned()),
                })
            }
            Event::SequenceStart(anchor, tag) => {
                plain_only(span, anchor, tag.is_some())?;
                let mut elements = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, end) => {
                            self.place(path.text(), Span::new(span.start, end.end), Form::Other, None);
                            return Ok(Node::List(elements));
                        }
                        (event, span) => {
                            let value = self.value(event, span, &path.element(elements.len()), depth + 1)?;
                            elements.push(value);
                        }
                    }
                }
            }
            Event::MappingStart(anchor, tag) => {
                plain_only(span, anchor, tag.is_some())?;
                let mut members = Vec::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, end) => {
                            self.place(path.text(), Span::new(span.start, end.end), Form::Other, None);
                            return Ok(Node::Map(members));
                        }
                        (Event::Scalar(key, style, anchor, tag), key_span) => {
                            plain_only(key_span, anchor, tag.is_some())?;
                            if key == "<<" && style == ScalarStyle::Plain {
                                return Err(refuse(
                                    key_span.start,
                                    "merge keys (`<<`) are not supported: write the members out",
                                ));
                            }
                            let member = path.member(&key);
                            self.place(format!("{}#key", member.text()), key_span, Form::Other, None);
                            let (event, span) = self.next()?;
                            let value = self.value(event, span, &member, depth + 1)?;
                            members.push((key.into_owned(), value));
                        }
                        (_, span) => return Err(refuse(span.start, "a key that is not a string")),
                    }
                }
            }
            Event::Alias(_) => Err(refuse(span.start, "aliases (`*name`) are not supported: write the value out")),
            _ => Err(refuse(span.start, "expected a value")),
        }
    }
}

fn plain_only(span: Span, anchor: usize, tagged: bool) -> Result<(), SyntaxError> {
    if anchor != 0 {
        return Err(refuse(span.start, "anchors (`&name`) are not supported: write the value out where it is needed"));
    }
    if tagged {
        return Err(refuse(span.start, "tags (`!type`) are not supported"));
    }
    Ok(())
}

/// A block scalar after the text `before`. The line break at the end of one that is exactly one `${…}` is there because YAML puts it
/// there: with it, the expression would be a template. `|+` says that it is wanted.
fn block(text: Cow<'_, str>, before: &str) -> String {
    let line = before.trim_end().lines().next_back().unwrap_or_default();
    let header = line.split_once(" #").map_or(line, |(header, _)| header).trim_end();
    let keeps = header.trim_end_matches(|c: char| c.is_ascii_digit()).ends_with('+');
    match text.strip_suffix('\n') {
        Some(content) if !keeps && is_one_expression(content) => content.to_owned(),
        _ => text.into_owned(),
    }
}

/// A plain scalar by the core schema (YAML 1.2.2, section 10.3.2).
fn resolve(text: Cow<'_, str>, span: Span) -> Result<Node, SyntaxError> {
    Ok(match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Node::Null,
        "true" | "True" | "TRUE" => Node::Boolean(true),
        "false" | "False" | "FALSE" => Node::Boolean(false),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf" | "-.Inf" | "-.INF" | ".nan" | ".NaN"
        | ".NAN" => {
            return Err(refuse(span.start, format!("`{text}` can't be stored: only finite numbers can")));
        }
        plain => match number(plain) {
            Some(Ok(node)) => node,
            Some(Err(())) => return Err(refuse(span.start, format!("`{plain}` does not fit 64 bits"))),
            None => Node::String(text.into_owned()),
        },
    })
}

fn number(text: &str) -> Option<Result<Node, ()>> {
    for (prefix, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = text.strip_prefix(prefix)
            && !digits.is_empty()
            && digits.chars().all(|c| c.is_digit(radix))
        {
            return Some(i64::from_str_radix(digits, radix).map(Node::Integer).map_err(|_| ()));
        }
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !unsigned.is_empty() && unsigned.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map(Node::Integer).map_err(|_| ()));
    }
    let mantissa = unsigned.split(['e', 'E']).next().unwrap_or_default();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let shaped = match mantissa.split_once('.') {
        Some((whole, fraction)) => digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()),
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let number: f64 = if shaped { text.parse().ok()? } else { return None };
    number.is_finite().then_some(Ok(Node::Number(number)))
}
