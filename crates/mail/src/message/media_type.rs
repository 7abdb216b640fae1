//! Media types, and what is made of those that are misspelled.

use std::borrow::Cow;

/// What a part is, as far as reading it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Html,
    /// Text with commands (RFC 1896).
    Enriched,
    /// Text of another subtype.
    Text,
    /// A mail within the mail.
    Message,
    Multipart(Combination),
    Other,
}

/// How the parts of a multipart belong together (RFC 2046, section 5.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Combination {
    /// One after the other: `mixed`, and all that are not known (RFC 2046, section 5.1.7).
    Mixed,
    /// The same thing in several forms.
    Alternative,
    /// A root and what it refers to (RFC 2387).
    Related,
    /// Parts that are mails unless they say otherwise.
    Digest,
}

/// A media type with its two halves in order, such as `text/plain`: repeated ones and words alone are mended. Empty if it is none,
/// as `utf-8` and `*/*` are: that counts as if nothing were said (RFC 2045, section 5.2).
pub(super) fn mended(value: &str) -> Cow<'_, str> {
    // Half a type, or a kind of file: not to be shown.
    const KNOWN: [&str; 9] =
        ["text", "application", "image", "audio", "video", "font", "model", "message", "octet-stream"];
    if value.starts_with("multipart/") && value.matches('/').count() == 1 {
        return Cow::Borrowed(value);
    }
    let mut halves = value.split('/').filter(|half| !half.is_empty());
    let major = halves.next().unwrap_or_default();
    match (major, halves.next_back()) {
        ("multipart" | "mulitpart" | "mutlipart" | "multi-part" | "mulipart", minor) => {
            Cow::Owned(format!("multipart/{}", minor.unwrap_or("mixed")))
        }
        ("txt" | "test" | "texte" | "tex", Some(minor)) => Cow::Owned(format!("text/{minor}")),
        ("plain" | "plaintext" | "text-plain" | "text_plain" | "txt", None) => Cow::Borrowed("text/plain"),
        ("html" | "htm" | "text-html" | "text_html", None) => Cow::Borrowed("text/html"),
        ("mixed" | "alternative" | "related" | "report", None) => Cow::Owned(format!("multipart/{major}")),
        (major, None) => match major.strip_prefix("multipart-") {
            Some(minor) => Cow::Owned(format!("multipart/{minor}")),
            None if KNOWN.contains(&major) => Cow::Owned(major.to_owned()),
            None => Cow::Borrowed(""),
        },
        ("*", _) => Cow::Borrowed(""),
        ("text", Some("htm" | "htlm" | "hmtl" | "x-html" | "xhtml" | "html5")) => Cow::Borrowed("text/html"),
        (
            "text",
            Some("palin" | "plan" | "pain" | "plane" | "plaintext" | "text" | "txt" | "x-plain" | "ascii" | "unknown"),
        ) => Cow::Borrowed("text/plain"),
        (major, Some(minor)) => Cow::Owned(format!("{major}/{minor}")),
    }
}

impl Kind {
    /// Of a mended media type.
    pub(super) fn of(media_type: &str) -> Self {
        let (major, minor) = media_type.split_once('/').unwrap_or((media_type, ""));
        match (major, minor) {
            // RFC 2045, section 5.2: what does not say is plain text.
            ("", _) | ("text", "plain" | "") => Self::Plain,
            ("text", "html") => Self::Html,
            ("text", "enriched" | "richtext") => Self::Enriched,
            ("text", _) => Self::Text,
            ("message", "rfc822" | "global" | "news") => Self::Message,
            ("multipart", minor) => Self::Multipart(Combination::named(minor)),
            _ => Self::Other,
        }
    }
}

impl Combination {
    fn named(minor: &str) -> Self {
        let is = |start: &str| minor.starts_with(start);
        if is("alt") {
            Self::Alternative
        } else if is("rel") || is("realt") {
            Self::Related
        } else if is("digest") {
            Self::Digest
        } else {
            Self::Mixed
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelled_types() {
        for (given, expected, kind) in [
            ("text/plain", "text/plain", Kind::Plain),
            ("text", "text", Kind::Plain),
            ("text/", "text", Kind::Plain),
            ("", "", Kind::Plain),
            ("plain", "text/plain", Kind::Plain),
            ("text_plain", "text/plain", Kind::Plain),
            ("utf-8", "", Kind::Plain),
            ("us-ascii", "", Kind::Plain),
            ("7bit", "", Kind::Plain),
            ("foo", "", Kind::Plain),
            ("*/*", "", Kind::Plain),
            ("application", "application", Kind::Other),
            ("text/text", "text/plain", Kind::Plain),
            ("html", "text/html", Kind::Html),
            ("text/htm", "text/html", Kind::Html),
            ("multipart/multipart/mixed", "multipart/mixed", Kind::Multipart(Combination::Mixed)),
            ("multipart", "multipart/mixed", Kind::Multipart(Combination::Mixed)),
            ("alternative", "multipart/alternative", Kind::Multipart(Combination::Alternative)),
            ("multipart/alternate", "multipart/alternate", Kind::Multipart(Combination::Alternative)),
            ("multipart-related", "multipart/related", Kind::Multipart(Combination::Related)),
            ("multipart/x-unknown", "multipart/x-unknown", Kind::Multipart(Combination::Mixed)),
            ("message/rfc822", "message/rfc822", Kind::Message),
            ("message/delivery-status", "message/delivery-status", Kind::Other),
            ("text/x-amp-html", "text/x-amp-html", Kind::Text),
            ("text/enriched", "text/enriched", Kind::Enriched),
            ("text/rtf", "text/rtf", Kind::Text),
            ("application/pdf", "application/pdf", Kind::Other),
        ] {
            let found = mended(given);
            assert_eq!((&*found, Kind::of(&found)), (expected, kind), "{given}");
        }
    }
}
