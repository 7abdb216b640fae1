//! How a text begins or ends, where it is read: what else it says stays.

use std::net::IpAddr;

use super::addresses;
use super::draft::Draft;
use super::source::{AttachmentPart, Part, Source};

impl Source {
    /// Makes it begin with a text, and go on as it did.
    pub(crate) fn begin_with(&self, draft: &mut Draft, text: &str) {
        let said = self.said(draft);
        match self {
            _ if said.starts_with(text) => {}
            Self::Address(_, Part::Whole) | Self::Text("envelope.from" | "envelope.to") => {
                self.set_text(draft, &addresses::beginning(text, &said));
            }
            Self::Fact(fact) => fact.begin_with(&mut draft.facts, text),
            Self::Text("envelope.remote") | Self::Attachment(AttachmentPart::Type) | Self::Line(_) | Self::Returned => {
                self.set_text(draft, text);
            }
            _ => self.set_text(draft, &format!("{text}{said}")),
        }
    }

    /// Makes it end with a text, and begin as it did.
    pub(crate) fn end_with(&self, draft: &mut Draft, text: &str) {
        let said = self.said(draft);
        match self {
            _ if said.ends_with(text) => {}
            Self::Address(_, Part::Whole) | Self::Text("envelope.from" | "envelope.to") => {
                self.set_text(draft, &addresses::ending(text, &said));
            }
            Self::Fact(fact) => fact.end_with(&mut draft.facts, text),
            Self::Text("envelope.remote") | Self::Line(_) | Self::Returned => self.set_text(draft, text),
            _ => self.set_text(draft, &format!("{said}{text}")),
        }
    }
}

/// The address of a host that is a text, or begins or ends with it, if there is one.
pub(super) fn host(text: &str) -> Option<String> {
    let begins =
        ["", "1", "0.1", ".1", "0.0.1", ".0.1", "0.0.0.1", ".0.0.1", ":1", "::1"].map(|rest| format!("{text}{rest}"));
    let ends = ["10.0.0.", "10.0.0", "10.0.", "10.0", "10.", "10", "::"].map(|start| format!("{start}{text}"));
    begins.into_iter().chain(ends).find(|address| address.parse::<IpAddr>().is_ok())
}
