//! HTML to text, as a browser lays it out: what a person sees, and apart from it what the sender hid.
//!
//! The tree is html5ever's, the parser of the HTML standard, so that comments, unclosed elements and entities are read as
//! browsers read them. The text follows `innerText`, with the differences that `docs/decisions/0021-html-to-text.md` lists.
//! Nothing here is recursive, and whatever a sender can make large has a bound ([`bounded`]).

mod bounded;
mod declarations;
mod elements;
mod layout;
mod references;
mod stylesheet;
mod tag;
mod tokens;
mod tree;
mod writer;

/// The most HTML that is read, in bytes of UTF-8. What follows is left out, and the page says so.
pub const INPUT_LIMIT: usize = 16 * 1024 * 1024;

/// The most text, in bytes of UTF-8, that a page has, shown and hidden each. A little more than a flow sees, so that whoever
/// cuts it to size knows that there is more.
pub const TEXT_LIMIT: usize = crate::message::BODY_LIMIT + 4096;

/// A page in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// What a person sees, lines ended by LF; no white space at either end.
    pub text: String,
    /// What is in the page but not shown, such as a preheader; no white space at either end.
    pub hidden: String,
    /// Whether a bound was met, so that `text` or `hidden` are not all of it.
    pub truncated: bool,
}

/// Reads a page; any text is one.
#[must_use]
pub fn read(html: &str) -> Page {
    let (tree, cut) = bounded::parse(html);
    let mut page = layout::lay_out(&tree);
    page.truncated |= cut;
    page
}
