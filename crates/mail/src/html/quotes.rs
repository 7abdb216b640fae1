//! Which elements of a mail's HTML hold another mail, or a signature: by the names that mail programs give them.

use html5ever::{LocalName, local_name};
use std::ops::Range;

use super::tree::Element;

/// What a part of a page is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QuoteKind {
    /// It is quoted of another mail, or says whose words are quoted.
    Cited,
    /// It is a `blockquote` that does not say what it is.
    Indented,
    /// It is the signature that a program puts below a mail.
    Signature,
    /// Another mail begins, which goes on to the end of the page.
    Rest,
}

/// A part of a page's text that a mail program marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// What it is.
    pub kind: QuoteKind,
    /// Its bytes: from the end of the text before it to its own end.
    pub at: Range<usize>,
}

/// The most parts of a page that are marked. What follows counts as the sender's.
pub(super) const MOST: usize = 10_000;

/// Ids, and how they end: some programs put something of their own before them.
const IDS: &[(&str, QuoteKind)] = &[
    // Outlook on the web and on phones.
    ("divRplyFwdMsg", QuoteKind::Rest),
    ("appendonsend", QuoteKind::Rest),
    ("mail-editor-reference-message-container", QuoteKind::Rest),
    ("OLK_SRC_BODY_SECTION", QuoteKind::Rest),
    ("ms-outlook-mobile-signature", QuoteKind::Signature),
    ("Signature", QuoteKind::Signature),
    ("AppleMailSignature", QuoteKind::Signature),
    ("isReplyContent", QuoteKind::Cited),
];
/// Classes, and what they have in them.
const CLASSES: &[(&str, QuoteKind)] = &[
    ("gmail_attr", QuoteKind::Cited),
    ("moz-cite-prefix", QuoteKind::Cited),
    ("yahoo_quoted", QuoteKind::Cited),
    ("protonmail_quote", QuoteKind::Cited),
    ("tutanota_quote", QuoteKind::Cited),
    ("zmail_extra", QuoteKind::Cited),
    ("mailru-blockquote", QuoteKind::Cited),
    ("OutlookMessageHeader", QuoteKind::Rest),
    ("ms-outlook-mobile-reference-message", QuoteKind::Rest),
    ("gmail_signature_prefix", QuoteKind::Signature),
    ("gmail_signature", QuoteKind::Signature),
    ("moz-signature", QuoteKind::Signature),
    ("protonmail_signature_block", QuoteKind::Signature),
];

/// What an element is; `None` for all that are nothing of this.
pub(super) fn kind(element: &Element) -> Option<QuoteKind> {
    if !element.is_html || !may_be(&element.name) {
        return None;
    }
    let marks =
        [local_name!("id"), local_name!("class"), local_name!("name"), local_name!("cite"), local_name!("type")];
    let marked = marks.iter().find_map(|mark| marked(&element.name, mark, element.attribute(mark)?));
    marked.or((element.name == local_name!("blockquote")).then_some(QuoteKind::Indented))
}

/// Whether an attribute of an element that may be one says that it is.
pub(super) fn says_anything(element: &LocalName, attribute: &LocalName, value: &str) -> bool {
    marked(element, attribute, value).is_some()
}

/// What an attribute says of its element.
fn marked(element: &LocalName, attribute: &LocalName, value: &str) -> Option<QuoteKind> {
    let is_quote = *element == local_name!("blockquote");
    let one_of = |names: &[(&str, QuoteKind)], word: &str| {
        names.iter().find(|(name, _)| word.ends_with(name)).map(|(_, kind)| *kind)
    };
    match *attribute {
        local_name!("id") => one_of(IDS, value),
        local_name!("class") => value.split_ascii_whitespace().take(20).find_map(|class| {
            let is_cited = || is_quote && (class.contains("quote") || class.contains("cite"));
            one_of(CLASSES, class).or_else(|| is_cited().then_some(QuoteKind::Cited))
        }),
        // GMX and WEB.DE.
        local_name!("name") => (value == "quote").then_some(QuoteKind::Cited),
        local_name!("cite") => is_quote.then_some(QuoteKind::Cited),
        local_name!("type") => (is_quote && value.eq_ignore_ascii_case("cite")).then_some(QuoteKind::Cited),
        _ => None,
    }
}

/// Whether an element may hold another mail or a signature.
pub(super) fn may_be(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("blockquote")
            | local_name!("div")
            | local_name!("span")
            | local_name!("table")
            | local_name!("pre")
            | local_name!("section")
    )
}
