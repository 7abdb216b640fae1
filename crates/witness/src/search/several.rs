//! What a mail may have several of: addresses, attachments, fields of a name, Message-IDs.

use super::addresses;
use super::changed::filled;
use super::draft::{Attached, Draft};
use super::source::{BODY_BYTES, Part, Source, plain};

/// Where one of several comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Among {
    First,
    Last,
    /// Instead of the last.
    Instead,
}

/// A field with several Message-IDs.
const REFERENCES: &str = "References";

impl Source {
    /// Whether a mail may have several of it.
    pub(crate) fn may_be_many(&self) -> bool {
        match self {
            Self::Address(field, _) => *field != "from",
            Self::Header(name) => name == REFERENCES,
            Self::Attachment(_) | Self::Fields(_) => true,
            _ => false,
        }
    }

    /// Changes one of several, and keeps the others.
    pub(crate) fn one_of_many(&self, draft: &mut Draft, among: Among, change: impl FnOnce(&mut Draft)) {
        let (held, separator) = match self {
            Self::Attachment(_) => {
                if among == Among::Instead || draft.attachments.is_empty() {
                    return change(draft);
                }
                draft.attachments.push(plain());
                change(draft);
                if among == Among::First {
                    draft.attachments.rotate_right(1);
                }
                return;
            }
            Self::Address(field, _) => (draft.texts.entry(field).or_default(), ", "),
            Self::Fields(name) => (draft.headers.entry(name.clone()).or_default(), "\n"),
            Self::Header(name) => (draft.headers.entry(name.clone()).or_default(), " "),
            _ => return change(draft),
        };
        let mut others: Vec<String> = match separator {
            ", " => addresses::each(held).into_iter().map(str::to_owned).collect(),
            _ => held.split(separator).filter(|one| !one.is_empty()).map(str::to_owned).collect(),
        };
        let last = if among == Among::Instead { others.pop() } else { None };
        *held = last.unwrap_or_default();
        change(draft);
        let held = match self {
            Self::Address(field, _) => draft.texts.entry(field).or_default(),
            Self::Fields(name) | Self::Header(name) => draft.headers.entry(name.clone()).or_default(),
            _ => return,
        };
        let one = std::mem::take(held);
        others.insert(if among == Among::First { 0 } else { others.len() }, one);
        *held = others.join(separator);
    }

    /// Makes several of it that differ in each part, out of order, and one of them twice.
    pub(crate) fn set_several(&self, draft: &mut Draft) {
        let each = |one: &dyn Fn(&str) -> String| ["b", "a", "b"].map(one);
        match self {
            Self::Attachment(_) => {
                let one = |name: &str, size| Attached { name: format!("{name}.txt"), size, ..plain() };
                draft.attachments = vec![one("b", 2), one("a", 1), one("b", 2)];
            }
            Self::Address(field, _) => {
                let all = each(&|one| format!("\"{one}\" <{one}@{one}.example.net>"));
                draft.texts.insert(field, all.join(", "));
            }
            Self::Fields(name) => drop(draft.headers.insert(name.clone(), each(&str::to_owned).join("\n"))),
            Self::Header(name) => {
                draft.headers.insert(name.clone(), each(&|one| format!("<{one}@example.net>")).join(" "));
            }
            _ => {}
        }
    }

    /// Makes it so long, in characters or elements.
    pub(crate) fn set_length(&self, draft: &mut Draft, length: usize) {
        let length = length.min(BODY_BYTES);
        match self {
            Self::Attachment(_) => {
                draft.attachments.truncate(length);
                // Like the last one: it may be what is counted.
                let one = draft.attachments.last().cloned().unwrap_or_else(plain);
                draft.attachments.resize(length.min(200), one);
            }
            Self::Address(field, Part::Whole) => {
                // Like the last one, since it may be what is counted; without one each is of another domain.
                let known = draft.texts.get(field).map(String::as_str).unwrap_or_default();
                let mut all: Vec<String> = addresses::each(known).into_iter().map(str::to_owned).collect();
                all.truncate(length);
                let domain = addresses::said(all.last().map(String::as_str), false, Part::Domain);
                while all.len() < length.min(200) {
                    let number = all.len();
                    all.push(match domain.is_empty() {
                        true => format!("a{number}@d{number}.example.net"),
                        false => format!("a{number}@{domain}"),
                    });
                }
                match all.is_empty() {
                    true => drop(draft.texts.remove(field)),
                    false => drop(draft.texts.insert(field, all.join(", "))),
                }
            }
            Self::Fields(name) => {
                draft.headers.insert(name.clone(), vec!["a"; length.min(200)].join("\n"));
            }
            Self::AnyField => {
                draft.headers.extend((0..length.min(200)).map(|number| (format!("X-{number}"), "a".to_owned())));
            }
            Self::AnyAttribute => {
                draft.attributes = (0..length.min(100)).map(|number| (format!("a{number}"), "a".to_owned())).collect();
            }
            Self::Header(name) if name == REFERENCES => {
                let all: Vec<String> = (0..length.min(200)).map(|number| format!("<a{number}@example.net>")).collect();
                draft.headers.insert(name.clone(), all.join(" "));
            }
            _ => {
                let text = filled(self.text(draft), length);
                self.set_text(draft, &text);
            }
        }
    }
}
