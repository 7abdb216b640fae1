//! What its sender wrote anew in a mail: its text without quotes of earlier mails and without signatures.
//!
//! One pass over the lines, each looked at with a bounded number of those below it. What is in doubt is kept: a text that says too
//! much does less harm than one that lost the question. The rules for each case: `docs/decisions/0044-what-is-new-in-a-mail.md`.

mod block;
mod introduction;
mod prefix;
mod signature;

use std::borrow::Cow;
use std::cell::Cell;
use std::ops::Range;

use super::direction::{is_mark, without_marks};
use crate::html::{Quote, QuoteKind};

/// A signature below `--` has no more lines; below `-- ` (RFC 3676 section 4.3) it has as many as it has.
const LONGEST_SIGNATURE: usize = 20;
/// A footer below a rule of a mailing list has no more lines.
const LONGEST_FOOTER: usize = 8;

/// A mail's text and what is known of its parts.
pub(super) struct Written<'t> {
    /// The text.
    pub(super) text: &'t str,
    /// What the HTML that it was made of says of its parts, as ranges of the text.
    pub(super) quotes: &'t [Quote],
    /// The subject.
    pub(super) subject: &'t str,
    /// Whether the mail names another that it answers.
    pub(super) names_another: bool,
}

/// What is new in a mail, without white space at either end.
pub(super) fn read(written: &Written<'_>) -> String {
    let forwards = prefix::is_forward(written.subject);
    let answers = !forwards && (written.names_another || prefix::is_reply(written.subject));
    let clear = Cell::default();
    let mut reader = Reader { lines: lines(written), own: Vec::new(), block: 0, clear, forwards, answers };
    reader.run();
    reader.finish()
}

/// What HTML says of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Marked {
    /// Nothing.
    No,
    /// It is quoted.
    Cited,
    /// It is indented: quoted if an introduction stands above it.
    Indented,
    /// It is of a signature.
    Signature,
    /// It is of the mail that is answered or forwarded, as is all that follows.
    Rest,
}

struct Line<'t> {
    /// As it is kept.
    text: &'t str,
    /// As it is recognised: without signs of direction.
    bare: Cow<'t, str>,
    marked: Marked,
}

impl Line<'_> {
    fn is_blank(&self) -> bool {
        is_blank(self.text)
    }

    /// Whether it is quoted by itself.
    fn is_quoted(&self) -> bool {
        self.marked == Marked::Cited || self.bare.trim_start_matches([' ', '\t', '\u{a0}']).starts_with(['>', '＞'])
    }
}

/// Whether a line shows nothing.
fn is_blank(line: &str) -> bool {
    line.chars().all(|c| c.is_whitespace() || is_mark(c))
}

/// The lines of a text with what HTML says of them.
fn lines<'t>(written: &Written<'t>) -> Vec<Line<'t>> {
    let mut quotes = written.quotes.iter().peekable();
    // How far each kind goes on that is open.
    let mut open: [(Marked, usize); 4] =
        [(Marked::Rest, 0), (Marked::Cited, 0), (Marked::Signature, 0), (Marked::Indented, 0)];
    let mut at = 0;
    let mut lines = Vec::new();
    for text in written.text.split('\n') {
        while let Some(Quote { kind, at: Range { start, end } }) = quotes.peek() {
            // A block begins at the end of the text before it.
            if *start > at {
                break;
            }
            let marked = match kind {
                QuoteKind::Rest => Marked::Rest,
                QuoteKind::Cited => Marked::Cited,
                QuoteKind::Signature => Marked::Signature,
                QuoteKind::Indented => Marked::Indented,
            };
            let end = if marked == Marked::Rest { usize::MAX } else { *end };
            for (kind, until) in &mut open {
                if *kind == marked {
                    *until = (*until).max(end);
                }
            }
            quotes.next();
        }
        let marked = open.iter().find(|(_, until)| *until > at).map_or(Marked::No, |(marked, _)| *marked);
        lines.push(Line { text, bare: without_marks(text), marked });
        at += text.len() + 1;
    }
    lines
}

/// What stands at a line.
enum Found {
    /// A line of the sender's.
    Own,
    /// So many lines that are left out.
    Left(usize),
    /// What was forwarded begins: all of it is new.
    Forwarded,
    /// The mail that is answered begins, and goes on to the end.
    End,
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    /// The lines that are kept. An empty one stands where something was left out.
    own: Vec<&'t str>,
    /// Where the lines since the last quote begin in `own`.
    block: usize,
    /// Where nothing quoted begins, as far as it was looked for: it is looked for at each line once, whatever the lines above it are.
    clear: Cell<(usize, usize)>,
    forwards: bool,
    answers: bool,
}

impl<'t> Reader<'t> {
    fn run(&mut self) {
        let mut at = 0;
        while let Some(line) = self.lines.get(at) {
            match self.found(at, line) {
                Found::Own => {
                    // What was left out stands for one blank line.
                    if self.own.len() > self.block || !line.is_blank() {
                        self.own.push(line.text);
                    }
                    at += 1;
                }
                Found::Left(count) => {
                    self.end_block();
                    at += count.max(1);
                }
                Found::Forwarded => {
                    if self.sign_off() {
                        self.own.push("");
                    }
                    let rest = self.lines.get(at..).unwrap_or_default();
                    self.own.extend(rest.iter().map(|line| line.text));
                    return;
                }
                Found::End => break,
            }
        }
        self.end_block();
    }

    fn found(&self, at: usize, line: &Line<'t>) -> Found {
        if line.marked == Marked::Signature {
            return Found::Left(1);
        }
        if line.is_blank() && line.marked != Marked::Rest {
            return if line.marked == Marked::Cited { Found::Left(1) } else { Found::Own };
        }
        let below = |most: usize| {
            let end = self.lines.len().min(at + most);
            self.lines.get(at..end).unwrap_or_default().iter().map(|line| &*line.bare)
        };
        if block::is_forward_marker(&line.bare) {
            return Found::Forwarded;
        }
        if line.marked == Marked::Rest {
            return if self.answers || !self.is_empty() && !self.forwards { Found::End } else { Found::Forwarded };
        }
        if line.is_quoted() {
            return Found::Left(1);
        }
        if block::is_original_marker(&line.bare) || block::begins(below(block::LONGEST)) {
            // What looks like another mail, in one that answers none, came along with it.
            return if self.answers { Found::End } else { Found::Forwarded };
        }
        if let Some(introduction) = introduction::at(below(introduction::LONGEST)) {
            let after = at + introduction.lines;
            let next = self.lines.get(after..).unwrap_or_default().iter().position(|line| !line.is_blank());
            let next = next.and_then(|blank| self.lines.get(after + blank).map(|line| (after + blank, line)));
            match next {
                Some((_, next)) if next.is_quoted() => return Found::Left(introduction.lines),
                Some((_, next)) if block::is_forward_marker(&next.bare) && self.forwards => return Found::Forwarded,
                Some((from, Line { marked: Marked::Indented, .. })) => {
                    let indented = self.lines.get(from..).unwrap_or_default();
                    let count = indented.iter().take_while(|line| line.marked == Marked::Indented).count();
                    return Found::Left(from + count - at);
                }
                Some((_, Line { marked: Marked::Rest, .. })) | None => return Found::Left(after - at),
                // Nothing says where what it introduces ends: with nothing above it, the answer may stand below.
                Some(_) if introduction.is_sure && self.answers => {
                    return if self.is_empty() { Found::Left(introduction.lines) } else { Found::End };
                }
                Some(_) => {}
            }
        }
        if let Some(count) = self.signature(at, line) {
            return Found::Left(count);
        }
        if signature::is_reply_above(&line.bare) {
            return if self.is_empty() { Found::Left(1) } else { Found::End };
        }
        if signature::is_rule(&line.bare) && signature::is_list_footer(below(LONGEST_FOOTER + 1)) {
            return Found::Left(self.until_quote(at + 1, usize::MAX).unwrap_or(0) + 1);
        }
        Found::Own
    }

    /// How many lines the signature has that begins here.
    fn signature(&self, at: usize, line: &Line<'t>) -> Option<usize> {
        let most = match line.bare.trim_end_matches('\r') {
            "-- " | "--\u{a0}" => usize::MAX,
            "--" => LONGEST_SIGNATURE,
            _ => return None,
        };
        self.until_quote(at + 1, most).map(|count| count + 1)
    }

    /// How many lines there are until something quoted begins, or to the end; none if there are more than `most`.
    fn until_quote(&self, from: usize, most: usize) -> Option<usize> {
        let (start, end) = self.clear.get();
        let known = (start..=end).contains(&from);
        let (start, mut at) = if known { (start, end) } else { (from, from) };
        while at - from <= most && self.lines.get(at).is_some_and(|line| !self.is_quote(at, line)) {
            at += 1;
        }
        self.clear.set((start, at));
        Some(at - from).filter(|count| *count <= most)
    }

    /// Whether something quoted begins at a line.
    fn is_quote(&self, at: usize, line: &Line<'t>) -> bool {
        let below = |most: usize| {
            let end = self.lines.len().min(at + most);
            self.lines.get(at..end).unwrap_or_default().iter().map(|line| &*line.bare)
        };
        line.is_quoted()
            || line.marked == Marked::Rest
            || block::is_forward_marker(&line.bare)
            || block::is_original_marker(&line.bare)
            || block::begins(below(block::LONGEST))
            || introduction::at(below(introduction::LONGEST)).is_some_and(|found| found.is_sure)
    }

    fn is_empty(&self) -> bool {
        self.own.iter().all(|line| is_blank(line))
    }

    /// Something is left out: what stands above it ends.
    fn end_block(&mut self) {
        self.sign_off();
        while self.own.len() > self.block && self.own.last().is_some_and(|last| is_blank(last)) {
            self.own.pop();
        }
        if self.own.last().is_some_and(|last| !is_blank(last)) {
            self.own.push("");
        }
        self.block = self.own.len();
    }

    /// Takes away the lines at the end of what stands here that a device or a program signs with, and says whether there were any.
    fn sign_off(&mut self) -> bool {
        let block = self.own.get(self.block..).unwrap_or_default();
        let signs = |line: &str| signature::is_of_a_device(&without_marks(line));
        let last = block.iter().rposition(|line| !is_blank(line));
        let Some(last) = last.filter(|last| block.get(*last).is_some_and(|line| signs(line))) else { return false };
        let above = block.get(..last).unwrap_or_default();
        let kept = above.iter().rposition(|line| !is_blank(line) && !signs(line));
        self.own.truncate(self.block + kept.map_or(0, |kept| kept + 1));
        true
    }

    fn finish(self) -> String {
        let text = self.own.join("\n");
        text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}').to_owned()
    }
}
