//! HTML to text, as a browser lays it out: what a person sees, and apart from it what the sender hid.
//!
//! The tree is html5ever's, the parser of the HTML standard, so that comments, unclosed elements and entities are read as
//! browsers read them. The text follows `innerText`, with the differences that `docs/decisions/0021-html-to-text.md` lists.
//! Nothing here is recursive, and whatever a sender can make large has a bound (`bounded`).

mod bounded;
mod declarations;
mod elements;
mod layout;
mod quotes;
mod references;
mod selector;
mod stylesheet;
mod tag;
mod tokens;
mod tree;
mod unclosed;
mod writer;

pub use quotes::{Quote, QuoteKind};

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
    /// What of `text` mail programs marked as another mail's or as a signature, in the order in which it begins.
    pub quotes: Vec<Quote>,
    /// Whether a bound was met, so that `text` or `hidden` are not all of it.
    pub truncated: bool,
}

/// What reading may cost. All pages of a mail share one, so that a thousand parts cost no more than one.
#[derive(Clone, Debug)]
pub struct Budget {
    /// Bytes of HTML.
    bytes: usize,
    /// Nodes of trees.
    nodes: usize,
    /// Steps of walks over open elements.
    steps: usize,
    /// Bytes of text in nodes.
    text: usize,
    /// Rules of style sheets that are held against elements.
    matches: usize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            bytes: INPUT_LIMIT,
            nodes: bounded::MAX_NODES,
            steps: bounded::MAX_STEPS,
            text: bounded::MAX_TEXT,
            matches: stylesheet::MAX_MATCHES,
        }
    }
}

/// Reads a page; any text is one.
#[must_use]
pub fn read(html: &str) -> Page {
    read_within(html, &mut Budget::default())
}

/// Reads a page with what others have left of a budget.
pub fn read_within(html: &str, budget: &mut Budget) -> Page {
    let page = read_as_it_stands(html, budget);
    if page.text.is_empty()
        && let Some(mended) = unclosed::mended(html)
    {
        let second = read_as_it_stands(&mended, budget);
        if !second.text.is_empty() {
            return second;
        }
    }
    page
}

fn read_as_it_stands(html: &str, budget: &mut Budget) -> Page {
    let (tree, cut) = bounded::parse(html, budget);
    let mut page = layout::lay_out(&tree, budget);
    page.truncated |= cut;
    page
}
