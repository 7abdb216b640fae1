//! A case's mail: written out of its fields, with nothing in it that differs from run to run.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_flow::source::members::{Members, wrong};

/// What `mail` may say.
pub(crate) const KEYS: [&str; 10] =
    ["from", "to", "cc", "replyTo", "subject", "text", "html", "headers", "attachments", "messageId"];

pub(crate) const ATTACHMENT: [&str; 4] = ["name", "contentType", "text", "base64"];

/// Who writes where a case says nothing of it.
const AUTHOR: &str = "customer@example.net";

/// A mail as its fields.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fields {
    /// Header fields in order.
    header: Vec<(String, String)>,
    text: Option<String>,
    html: Option<String>,
    attachments: Vec<Attached>,
}

#[derive(Clone, Debug)]
struct Attached {
    name: String,
    content_type: String,
    /// As it stands in the part, and how it is encoded there.
    content: String,
    encoding: &'static str,
}

impl Fields {
    /// Reads `mail`. `to` is whom it is to if it does not say, `at` its date.
    pub(crate) fn read(
        path: &str,
        node: Option<&Node>,
        to: &str,
        at: Timestamp,
        problems: &mut Vec<Diagnostic>,
    ) -> Self {
        let nothing = Node::Map(Vec::new());
        let mut members = match Members::of(path, node.unwrap_or(&nothing)) {
            Ok(members) => members,
            Err(problem) => {
                problems.push(*problem);
                return Self::default();
            }
        };
        let mut fields = Self::default();
        let from = members.one_or_more("from");
        fields.field("From", if from.is_empty() { vec![AUTHOR.to_owned()] } else { from });
        let recipients = members.one_or_more("to");
        fields.field("To", if recipients.is_empty() { vec![to.to_owned()] } else { recipients });
        fields.field("Cc", members.one_or_more("cc"));
        fields.field("Reply-To", members.one_or_more("replyTo"));
        fields.field("Subject", members.text("subject").into_iter().collect());
        let id = members.text("messageId").unwrap_or_else(|| "<test@waypost.invalid>".to_owned());
        fields.field("Message-ID", vec![id]);
        let date = rfc2822::to_string(&at.to_zoned(TimeZone::UTC)).unwrap_or_default();
        let (text, html) = (members.text("text"), members.text("html"));
        (fields.text, fields.html) = (text, html);
        let headers = members.node("headers");
        let attachments = members.list("attachments");
        problems.extend(members.finish(&KEYS));
        if let Some(headers) = headers {
            fields.headers(&format!("{path}.headers"), headers, problems);
        }
        if !fields.header.iter().any(|(name, _)| name.eq_ignore_ascii_case("date")) {
            fields.field("Date", vec![date]);
        }
        for (name, value) in &fields.header {
            if value.contains(['\r', '\n']) {
                let message = format!("`{name}` has a line end in it");
                problems.push(Diagnostic::error(Code::InvalidValue, path, message).expected("one line"));
            }
        }
        for (index, attachment) in attachments.iter().enumerate() {
            let attached = Attached::read(&format!("{path}.attachments[{index}]"), attachment, problems);
            fields.attachments.extend(attached);
        }
        fields
    }

    fn field(&mut self, name: &str, values: Vec<String>) {
        if !values.is_empty() {
            self.header.push((name.to_owned(), values.join(", ")));
        }
    }

    /// Fields by name, each a text or several. They replace what the mail has besides.
    fn headers(&mut self, path: &str, node: &Node, problems: &mut Vec<Diagnostic>) {
        let mut members = match Members::of(path, node) {
            Ok(members) => members,
            Err(problem) => return problems.push(*problem),
        };
        for name in members.names() {
            let values = members.one_or_more(&name);
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b':');
            if !is_name {
                let message = format!("`{name}` is not the name of a header field");
                problems.push(Diagnostic::error(Code::InvalidValue, format!("{path}.{name}"), message));
            }
            self.header.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
            self.header.extend(values.into_iter().map(|value| (name.clone(), value)));
        }
        problems.extend(members.finish(&[]));
    }

    /// The raw message. Texts are in it as they are, in UTF-8 (RFC 6532).
    pub(crate) fn write(&self) -> Vec<u8> {
        let mut raw = String::new();
        for (name, value) in &self.header {
            // Writing to a String can't fail.
            let _ = write!(raw, "{name}: {value}\r\n");
        }
        raw.push_str("MIME-Version: 1.0\r\n");
        let mut parts: Vec<String> = Vec::new();
        parts.extend(self.text.as_ref().map(|text| part("text/plain; charset=utf-8", "8bit", None, &lines(text))));
        parts.extend(self.html.as_ref().map(|html| part("text/html; charset=utf-8", "8bit", None, &lines(html))));
        let mut whole = match parts.as_slice() {
            [] => part("text/plain; charset=utf-8", "8bit", None, ""),
            [one] => one.clone(),
            several => multipart("alternative", several),
        };
        if !self.attachments.is_empty() {
            let attached =
                self.attachments.iter().map(|one| part(&one.content_type, one.encoding, Some(&one.name), &one.content));
            whole = multipart("mixed", &std::iter::once(whole).chain(attached).collect::<Vec<_>>());
        }
        raw.push_str(&whole);
        raw.into_bytes()
    }
}

impl Attached {
    fn read(path: &str, node: &Node, problems: &mut Vec<Diagnostic>) -> Option<Self> {
        let mut members = Members::of(path, node).map_err(|problem| problems.push(*problem)).ok()?;
        let name = members.text("name").unwrap_or_else(|| "attachment".to_owned());
        let content_type = members.text("contentType").unwrap_or_else(|| "application/octet-stream".to_owned());
        let (text, base64) = (members.text("text"), members.text("base64"));
        problems.extend(members.finish(&ATTACHMENT));
        if name.contains(['\r', '\n', '"', '\\']) || content_type.contains(['\r', '\n']) {
            problems.push(Diagnostic::error(
                Code::InvalidValue,
                path,
                "the name or the type can't be written in a mail",
            ));
            return None;
        }
        let (content, encoding) = match (text, base64) {
            (Some(_), Some(_)) => {
                problems.push(wrong(path, "`text` or `base64`, one of them"));
                return None;
            }
            (Some(text), None) => (lines(&text), "8bit"),
            (None, Some(written)) => {
                let packed: String = written.chars().filter(|c| !c.is_whitespace()).collect();
                if let Err(error) = STANDARD.decode(&packed) {
                    let message = format!("this is not base64: {}", error.to_string().to_lowercase());
                    problems.push(Diagnostic::error(Code::InvalidValue, format!("{path}.base64"), message));
                    return None;
                }
                (packed, "base64")
            }
            (None, None) => (String::new(), "8bit"),
        };
        Some(Self { name, content_type, content, encoding })
    }
}

/// Line ends as mail has them.
fn lines(text: &str) -> String {
    text.replace("\r\n", "\n").replace('\n', "\r\n")
}

fn part(content_type: &str, encoding: &str, name: Option<&str>, content: &str) -> String {
    let name = name.map(|name| format!("Content-Disposition: attachment; filename=\"{name}\"\r\n")).unwrap_or_default();
    format!("Content-Type: {content_type}\r\nContent-Transfer-Encoding: {encoding}\r\n{name}\r\n{content}")
}

fn multipart(kind: &str, parts: &[String]) -> String {
    let boundary =
        (0..).map(|number| format!("=_{kind}_{number}")).find(|one| !parts.iter().any(|part| part.contains(one)));
    let boundary = boundary.unwrap_or_default();
    let mut whole = format!("Content-Type: multipart/{kind}; boundary=\"{boundary}\"\r\n\r\n");
    for part in parts {
        let _ = write!(whole, "--{boundary}\r\n{part}\r\n");
    }
    let _ = write!(whole, "--{boundary}--\r\n");
    whole
}
