//! Forms as browsers and providers post them: `application/x-www-form-urlencoded` and `multipart/form-data`.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::stream;
use percent_encoding::percent_decode;

use crate::{Problem, Refused};

/// The most fields of a form.
const MOST_FIELDS: usize = 1000;

/// Fields by name, as bytes: a message need not be UTF-8.
pub(crate) struct Form(Vec<(String, Bytes)>);

impl Form {
    pub(crate) async fn read(content_type: &str, body: Bytes) -> Result<Self, Refused> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => Ok(Self(encoded(&body))),
            "multipart/form-data" => multipart(content_type, body).await.map(Self),
            _ => Err(malformed("Content-Type", format!("`{kind}` is not a form"))),
        }
    }

    /// A field; the first of its name.
    pub(crate) fn bytes(&self, name: &str) -> Option<&Bytes> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// A field that is text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        str::from_utf8(self.bytes(name)?).ok()
    }
}

fn malformed(field: &'static str, message: String) -> Refused {
    Refused::Malformed(vec![Problem { field, message, expected: "a form, URL-encoded or multipart/form-data" }])
}

fn encoded(body: &[u8]) -> Vec<(String, Bytes)> {
    let decoded = |part: &[u8]| -> Vec<u8> {
        let spaced: Vec<u8> = part.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        percent_decode(&spaced).collect()
    };
    let fields = body.split(|byte| *byte == b'&').take(MOST_FIELDS).filter(|field| !field.is_empty());
    let pair = |field: &[u8]| {
        let at = field.iter().position(|byte| *byte == b'=').unwrap_or(field.len());
        let (name, value) = field.split_at(at);
        let name = String::from_utf8_lossy(&decoded(name)).into_owned();
        (name, Bytes::from(decoded(value.strip_prefix(b"=").unwrap_or_default())))
    };
    fields.map(pair).collect()
}

async fn multipart(content_type: &str, body: Bytes) -> Result<Vec<(String, Bytes)>, Refused> {
    let broken = |error: multer::Error| malformed("body", error.to_string());
    let boundary = multer::parse_boundary(content_type).map_err(broken)?;
    let mut parts = multer::Multipart::new(stream::iter([Ok::<Bytes, Infallible>(body)]), boundary);
    let mut fields = Vec::new();
    while let Some(part) = parts.next_field().await.map_err(broken)? {
        let Some(name) = part.name().map(str::to_owned) else { continue };
        if fields.len() >= MOST_FIELDS {
            return Err(malformed("body", format!("the form has more than {MOST_FIELDS} fields")));
        }
        fields.push((name, part.bytes().await.map_err(broken)?));
    }
    Ok(fields)
}
