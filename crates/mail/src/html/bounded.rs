//! The parser within bounds. The standard's algorithm walks the open elements and the open formatting elements at most tags,
//! and may open all formatting elements anew at each: a sender who wants to can make each of these as large as the mail. So
//! there is a bound on how deep elements are, on nodes, and on the steps of all walks, counted, not timed. Real mail is far from all of them.

use std::cell::{Cell, RefCell};

use html5ever::interface::Tracer;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};
use html5ever::{LocalName, local_name};

use super::tree::{Handle, Tree};
use super::{Budget, TEXT_LIMIT, tokens};

/// The most open elements and open formatting elements together. Browsers stop at 512 elements as well; what is deeper is read
/// as if it stood in the deepest that is kept.
const MAX_OPEN: usize = 512;
/// The most nodes of all pages of a mail.
pub(super) const MAX_NODES: usize = 300_000;
/// The most steps of walks over open elements, in all.
pub(super) const MAX_STEPS: usize = 400_000_000;
/// The most text in all nodes, in bytes. White space collapses, so that this is more than what is shown.
pub(super) const MAX_TEXT: usize = 4 * TEXT_LIMIT;

/// The tree of a page, and whether something had to be left out.
pub(super) fn parse(html: &str, budget: &mut Budget) -> (Tree, bool) {
    let within = html.get(..html.floor_char_boundary(budget.bytes)).unwrap_or(html);
    let bounded = Bounded::new(within.len(), budget.clone());
    tokens::give(within, &bounded, |bounded| bounded.full.get());
    let cut = within.len() < html.len() || bounded.full.get();
    budget.bytes = budget.bytes.saturating_sub(within.len());
    budget.nodes = budget.nodes.saturating_sub(bounded.builder.sink.len());
    budget.steps = budget.steps.saturating_sub(bounded.steps.get());
    budget.text = budget.text.saturating_sub(bounded.text.get());
    (bounded.builder.sink, cut)
}

/// The tree builder behind its bounds.
struct Bounded {
    builder: TreeBuilder<Handle, Tree>,
    budget: Budget,
    /// Whether a bound was met: the rest is not read.
    full: Cell<bool>,
    /// Bytes of text.
    text: Cell<usize>,
    steps: Cell<usize>,
    /// How many elements are open at most: what was counted last, at so many nodes and so many closed.
    counted: Cell<(usize, usize, usize)>,
    /// Elements that were too deep, so that their ends close nothing else.
    dropped: RefCell<Vec<LocalName>>,
}

impl Bounded {
    fn new(bytes: usize, budget: Budget) -> Self {
        let options = TreeBuilderOpts { drop_doctype: true, ..TreeBuilderOpts::default() };
        Self {
            builder: TreeBuilder::new(Tree::new(bytes), options),
            budget,
            full: Cell::new(false),
            text: Cell::new(0),
            steps: Cell::new(0),
            counted: Cell::new((0, 0, 0)),
            dropped: RefCell::default(),
        }
    }

    fn is_full(&self) -> bool {
        self.full.get()
            || self.builder.sink.len() > self.budget.nodes
            || self.steps.get() > self.budget.steps
            || self.text.get() > self.budget.text
    }

    /// How many elements are open, and how many formatting elements are to be opened again: at most so many.
    fn open(&self) -> usize {
        let (open, nodes, popped) = self.counted.get();
        let tree = &self.builder.sink;
        let estimate = (open + tree.len() - nodes).saturating_sub(tree.popped() - popped);
        if estimate < 2 * open + 32 && estimate <= MAX_OPEN {
            return estimate;
        }
        let count = Count(Cell::new(0));
        self.builder.trace_handles(&count);
        let open = count.0.get();
        self.counted.set((open, tree.len(), tree.popped()));
        self.steps.set(self.steps.get() + open);
        open
    }

    /// Whether a tag is to be left out; notes what it costs.
    fn is_dropped(&self, tag: &Tag) -> bool {
        let open = self.open();
        let is_formatting = is_formatting(&tag.name);
        if tag.kind == TagKind::EndTag {
            self.steps.set(self.steps.get() + open * if is_formatting { 16 } else { 2 });
            return self.dropped.borrow_mut().pop_if(|name| *name == tag.name).is_some();
        }
        if open > MAX_OPEN && !is_raw(&tag.name) {
            if !tag.self_closing {
                self.dropped.borrow_mut().push(tag.name.clone());
            }
            return true;
        }
        // Each open formatting element may be compared with it, attribute by attribute.
        let compared = if is_formatting { 1 + 24 * tag.attrs.len() } else { 2 };
        self.steps.set(self.steps.get() + open * compared);
        false
    }
}

impl TokenSink for Bounded {
    type Handle = Handle;

    fn process_token(&self, mut token: Token, line: u64) -> TokenSinkResult<Handle> {
        if self.is_full() && !matches!(token, Token::EOFToken) {
            self.full.set(true);
            return TokenSinkResult::Continue;
        }
        let is_dropped = match &token {
            Token::TagToken(tag) => self.is_dropped(tag),
            Token::CharacterTokens(text) => {
                self.text.set(self.text.get() + text.len());
                false
            }
            _ => false,
        };
        if is_dropped {
            token = Token::CharacterTokens(StrTendril::from_slice(" "));
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder.adjusted_current_node_present_but_not_in_html_namespace()
    }
}

/// Counts what the tree builder holds.
struct Count(Cell<usize>);

impl Tracer for Count {
    type Handle = Handle;

    fn trace_handle(&self, _node: &Handle) {
        self.0.set(self.0.get() + 1);
    }
}

/// The elements that are opened again when a block has closed them (HTML standard, 13.2.4.3).
fn is_formatting(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("a")
            | local_name!("b")
            | local_name!("big")
            | local_name!("code")
            | local_name!("em")
            | local_name!("font")
            | local_name!("i")
            | local_name!("nobr")
            | local_name!("s")
            | local_name!("small")
            | local_name!("strike")
            | local_name!("strong")
            | local_name!("tt")
            | local_name!("u")
    )
}

/// The elements whose content is no markup. They hold no other, and must be told to the parser wherever they are.
fn is_raw(name: &LocalName) -> bool {
    matches!(
        *name,
        local_name!("style")
            | local_name!("script")
            | local_name!("title")
            | local_name!("textarea")
            | local_name!("xmp")
            | local_name!("iframe")
            | local_name!("noembed")
            | local_name!("noframes")
            | local_name!("noscript")
            | local_name!("plaintext")
    )
}

#[cfg(test)]
mod tests {
    use super::super::read;

    /// What takes the standard's algorithm quadratic time, or more: each with a word at the end that is read unless a bound was
    /// met.
    #[test]
    fn hostile_pages_are_read_within_bounds() {
        const MANY: usize = 1_500;
        let numbered = |piece: fn(usize) -> String| (0..MANY).map(piece).collect::<String>();
        let attributes: String = (0..MANY).map(|at| format!("a{at} ")).collect();
        for (page, is_read_whole) in [
            ("<div>".repeat(MANY), true),
            ("<b>".repeat(MANY), true),
            ("<a><div>".repeat(MANY), true),
            ("<table><tr><td>".repeat(MANY), true),
            ("<svg>".to_owned() + &"<g>".repeat(MANY), true),
            (numbered(|at| format!("<b title={at}>")), true),
            (numbered(|at| format!("<p><b href={at}></p>")), false),
            (numbered(|at| format!("<a href={at}><div></a>")), true),
            (numbered(|at| format!("<x{at}>")), true),
            (format!("<p {attributes}>"), true),
            (format!("<p a='>' b=\">\" {attributes}>"), true),
            (format!("<!-- <p {attributes}> -->"), true),
            (format!("<p title='{attributes}'>"), true),
            ("<p a=\"".to_owned() + &"x>".repeat(MANY) + "\">", true),
            ("&amp;".repeat(3 * MANY), true),
            (format!("<style>{}</style>", "@media x{".repeat(MANY)), true),
            (format!("<style>{}</style>", ".a{margin:0}".repeat(MANY)) + &"<i class=a></i>".repeat(MANY), false),
            (
                format!("<style>{}</style>", "a b i{margin:0}".repeat(MANY))
                    + &"<b>".repeat(400)
                    + &"<i></i>".repeat(MANY),
                false,
            ),
            (
                format!("<style>{}</style>", format!("{}{{margin:0}}", ".a".repeat(100)).repeat(MANY))
                    + &format!("<i class='{}a'></i>", "b ".repeat(63)).repeat(MANY),
                false,
            ),
            (
                format!("<style>{}</style>", "[class*=x]{margin:0}".repeat(MANY))
                    + &format!("<i class='{}'></i>", "b".repeat(20_000)).repeat(100),
                false,
            ),
        ] {
            let start: String = page.chars().take(40).collect();
            let read = read(&(page + "<u>end"));
            assert_eq!(read.truncated, !is_read_whole, "{start}");
            assert!(!is_read_whole || read.text.ends_with("end"), "{start}");
        }
    }

    #[test]
    fn what_is_past_the_limits_is_left_out_and_said() {
        let long = read(&"word ".repeat(400_000));
        assert!(long.truncated && long.text.len() > crate::message::BODY_LIMIT);
        let large = read(&format!("<p>a</p><!--{}--><p>b</p>", "x".repeat(super::super::INPUT_LIMIT)));
        assert!(large.truncated && large.text == "a", "{}", large.text);
        let picture = read(&format!("<img src='data:image/png;base64,{}'>b", "a/b+".repeat(1_000_000)));
        assert!(!picture.truncated && picture.text == "b", "one long attribute is no bound");
    }

    #[test]
    fn what_is_too_deep_is_read_in_its_place() {
        let deep = format!("{}<p hidden>a</p><p>b</p>{}c", "<div>".repeat(600), "</div>".repeat(600));
        assert_eq!(read(&deep).text.split_whitespace().collect::<String>(), "abc");
        assert!(!read(&deep).truncated);
    }
}
