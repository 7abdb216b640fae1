//! Text to a tree: the parser's events say which values there are, and what is between them is read here.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span, StrInput};
use waypost_flow::source::SyntaxError;

use crate::Problem;
use crate::scalar;
use crate::tree::{Collection, Document, File, Member, Scalar, Shape, Style, Token, Trailing, Tree, Trivia};
use crate::trivia::{self, Gap};

/// Reads a file that is known to be YAML without anchors, tags and keys that are no strings.
pub(crate) fn read(text: &str) -> Result<File, Problem> {
    let mut reader = Reader {
        parser: Parser::new_from_str(text),
        text,
        offsets: text.char_indices().map(|(offset, _)| offset).collect(),
        cursor: 0,
        last: None,
        tokens: 0,
        brackets: 0,
        pending: Vec::new(),
        file: File::default(),
    };
    reader.file()?;
    Ok(reader.file)
}

struct Reader<'t> {
    parser: Parser<'t, StrInput<'t>>,
    text: &'t str,
    /// Byte offset of each character: the parser counts characters.
    offsets: Vec<usize>,
    /// Where what was read ends.
    cursor: usize,
    /// The token that a comment on this line follows.
    last: Option<Token>,
    tokens: Token,
    /// How many brackets are open.
    brackets: usize,
    /// Comments and blank lines that nothing has yet.
    pending: Vec<Trivia>,
    file: File,
}

type Next<'t> = (Event<'t>, Span);

impl<'t> Reader<'t> {
    fn next(&mut self) -> Result<Next<'t>, Problem> {
        match self.parser.next_event() {
            Some(Ok(next)) => Ok(next),
            Some(Err(error)) => Err(Problem::Syntax(problem(*error.marker(), error.info()))),
            None => Ok((Event::StreamEnd, Span::default())),
        }
    }

    fn byte(&self, at: Marker) -> usize {
        self.offsets.get(at.index()).copied().unwrap_or(self.text.len())
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        self.last = Some(self.tokens);
        self.tokens
    }

    /// Reads up to a byte, or behind a mark before it.
    fn pass(&mut self, to: usize, until: Option<char>) -> Result<(), Problem> {
        let (Gap { trailing, lines, unknown }, end) = trivia::gap(self.text, self.cursor, to, until);
        if let Some(byte) = unknown {
            return Err(self.unsupported(byte));
        }
        self.cursor = end.max(self.cursor);
        if let Some(trailing) = trailing {
            self.trailing(trailing);
        }
        for one in lines {
            if let Trivia::Comment(text, _) = &one {
                self.file.comments.push(text.clone());
            }
            self.pending.push(one);
        }
        Ok(())
    }

    /// Keeps a comment behind the last token; one that has none or has one already gets a line of its own.
    fn trailing(&mut self, trailing: Trailing) {
        self.file.comments.push(trailing.text.clone());
        match self.last.filter(|last| !self.file.trailing.contains_key(last)) {
            Some(last) => drop(self.file.trailing.insert(last, trailing)),
            None => self.pending.push(Trivia::Comment(trailing.text, trailing.column)),
        }
    }

    fn unsupported(&self, byte: usize) -> Problem {
        let before = self.text.get(..byte).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        let found = self.text.get(byte..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let message = format!("`fmt` can't lay this out: `{}`", found.trim_end());
        Problem::Unsupported(SyntaxError { line, column, message, suggestion: None })
    }

    fn file(&mut self) -> Result<(), Problem> {
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::DocumentStart(explicit) => {
                    if explicit {
                        let start = self.byte(span.start);
                        self.pass(start, None)?;
                        self.end_document();
                        self.cursor = start + 3;
                        self.last = None;
                    }
                    let (event, span) = self.next()?;
                    let mut root = self.value(event, span)?;
                    let mut head = std::mem::take(&mut self.pending);
                    if let Shape::Collection(collection) = &mut root.shape
                        && let Some(first) = collection.members.first_mut()
                    {
                        // What is above a document's first member is about the document.
                        head.append(&mut first.before);
                    }
                    self.file.documents.push(Document { head, root, tail: Vec::new() });
                }
                Event::StreamEnd => {
                    self.pass(self.text.len(), None)?;
                    if self.file.documents.is_empty() {
                        self.only_comments();
                    }
                    self.end_document();
                    self.join();
                    return Ok(());
                }
                _ => {}
            }
        }
    }

    /// A file that has no value may have comments.
    fn only_comments(&mut self) {
        let nothing = Scalar { value: String::new(), style: Style::Empty };
        let root = Tree { shape: Shape::Scalar(nothing), tail: Vec::new(), token: 0 };
        let head = std::mem::take(&mut self.pending);
        self.file.documents.push(Document { head, root, tail: Vec::new() });
    }

    /// Gives what was read after a document to it.
    fn end_document(&mut self) {
        let Some(mut document) = self.file.documents.pop() else { return };
        self.settle(&mut document.root, None);
        document.tail.append(&mut self.pending);
        self.file.documents.push(document);
    }

    /// Gives the comments of documents without a value to the next one, or to the last that has a value.
    fn join(&mut self) {
        let mut carried = Vec::new();
        let mut kept: Vec<Document> = Vec::new();
        for mut document in std::mem::take(&mut self.file.documents) {
            if document.root.is_empty() {
                carried.append(&mut document.head);
                carried.append(&mut document.tail);
            } else {
                carried.append(&mut document.head);
                document.head = std::mem::take(&mut carried);
                kept.push(document);
            }
        }
        self.file.documents = kept;
        match self.file.documents.last_mut() {
            Some(last) => last.tail.append(&mut carried),
            None => {
                self.pending = carried;
                self.only_comments();
            }
        }
    }

    /// Gives comments that are further right than a column to the value before.
    fn settle(&mut self, value: &mut Tree, column: Option<usize>) {
        let further = |one: &Trivia| match (one, column) {
            (Trivia::Comment(_, at), Some(column)) => *at > column,
            (Trivia::Comment(..), None) => true,
            (Trivia::Blank, _) => false,
        };
        loop {
            let comment = self.pending.iter().position(|one| *one != Trivia::Blank);
            let Some(comment) = comment.filter(|at| self.pending.get(*at).is_some_and(further)) else { return };
            let Some(Trivia::Comment(_, at)) = self.pending.get(comment) else { return };
            let at = *at;
            let taken = self.pending.get(..=comment).unwrap_or_default().to_vec();
            if !value.take_tail(&taken, at) {
                return;
            }
            self.pending.drain(..=comment);
        }
    }

    fn value(&mut self, event: Event<'t>, span: Span) -> Result<Tree, Problem> {
        match event {
            Event::Scalar(text, style, ..) => {
                let (scalar, token) = self.scalar(text.into_owned(), style, span)?;
                Ok(Tree { shape: Shape::Scalar(scalar), tail: Vec::new(), token })
            }
            Event::SequenceStart(..) => self.collection(span, false),
            Event::MappingStart(..) => self.collection(span, true),
            _ => Err(self.unsupported(self.byte(span.start))),
        }
    }

    /// A scalar, and the token that comments behind it follow.
    fn scalar(&mut self, value: String, style: ScalarStyle, span: Span) -> Result<(Scalar, Token), Problem> {
        let (start, end) = (self.byte(span.start), self.byte(span.end));
        if matches!(style, ScalarStyle::Literal | ScalarStyle::Folded) {
            return self.block(value, style, end);
        }
        if style == ScalarStyle::Plain && value.is_empty() {
            // Nothing is written; a comment follows what is before it.
            let token = self.last.unwrap_or_default();
            return Ok((Scalar { value, style: Style::Empty }, token));
        }
        self.pass(start, None)?;
        if self.brackets > 0 && self.text.get(start..).is_some_and(|rest| rest.starts_with(['|', '>'])) {
            // The parser takes it for a text; YAML has no such thing within brackets.
            return Err(self.unsupported(start));
        }
        let (scalar, end) = scalar::read(self.text, start, end, style, value);
        self.cursor = end;
        Ok((scalar, self.token()))
    }

    fn block(&mut self, value: String, style: ScalarStyle, end: usize) -> Result<(Scalar, Token), Problem> {
        let mark = if style == ScalarStyle::Literal { '|' } else { '>' };
        self.pass(self.text.len(), Some(mark))?;
        let token = self.token();
        let header = self.cursor - mark.len_utf8();
        let (scalar, comment, end, blank) = scalar::read_block(self.text, header, end, value);
        if let Some((byte, text)) = comment {
            let before = self.text.get(..byte).unwrap_or_default();
            let (line, column) =
                (before.matches('\n').count(), before.rsplit('\n').next().unwrap_or_default().chars().count());
            self.trailing(Trailing { text: text.to_owned(), column, line });
        }
        if blank {
            self.pending.push(Trivia::Blank);
        }
        // The line is over: what follows is on lines of its own.
        (self.cursor, self.last) = (end, None);
        Ok((scalar, token))
    }

    fn collection(&mut self, span: Span, is_map: bool) -> Result<Tree, Problem> {
        let start = self.byte(span.start);
        let bracket = if is_map { '{' } else { '[' };
        let flow = self.text.get(start..).is_some_and(|rest| rest.starts_with(bracket));
        if flow {
            self.pass(start, None)?;
            self.cursor = start + bracket.len_utf8();
            self.brackets += 1;
        }
        let mut collection = Collection { is_map, flow, column: span.start.col(), members: Vec::new() };
        loop {
            let (event, span) = self.next()?;
            if matches!(event, Event::SequenceEnd | Event::MappingEnd) {
                break;
            }
            let member = if is_map {
                self.member(event, span, &mut collection)?
            } else {
                self.item(event, span, &mut collection)?
            };
            collection.members.push(member);
        }
        let mut tail = Vec::new();
        let mut token = self.last.unwrap_or_default();
        if flow {
            self.brackets = self.brackets.saturating_sub(1);
            self.pass(self.text.len(), Some(if is_map { '}' } else { ']' }))?;
            // What is in empty brackets stays for what follows them.
            if !collection.members.is_empty() {
                tail.append(&mut self.pending);
            }
            token = self.token();
        }
        Ok(Tree { shape: Shape::Collection(collection), tail, token })
    }

    fn item(&mut self, event: Event<'t>, span: Span, into: &mut Collection) -> Result<Member, Problem> {
        if into.flow {
            self.pass(self.ahead(&event, span), None)?;
        } else {
            self.pass(self.text.len(), Some('-'))?;
        }
        let before = self.above(into);
        if !into.flow {
            self.token();
        }
        let head = self.last.unwrap_or_default();
        let value = self.value(event, span)?;
        Ok(Member { before, head, key: None, value })
    }

    fn member(&mut self, event: Event<'t>, span: Span, into: &mut Collection) -> Result<Member, Problem> {
        self.pass(self.byte(span.start), None)?;
        if into.members.is_empty() && !into.flow {
            into.column = span.start.col();
        }
        let before = self.above(into);
        let Event::Scalar(text, style, ..) = event else { return Err(self.unsupported(self.byte(span.start))) };
        let (key, mut head) = self.scalar(text.into_owned(), style, span)?;
        if key.style == Style::Empty {
            head = self.token();
        }
        let (event, span) = self.next()?;
        let value = self.value(event, span)?;
        Ok(Member { before, head, key: Some(key), value })
    }

    /// Where the gap before a value ends.
    fn ahead(&self, event: &Event<'t>, span: Span) -> usize {
        match event {
            Event::Scalar(text, ScalarStyle::Plain, ..) if text.is_empty() => self.cursor,
            _ => self.byte(span.start),
        }
    }

    /// What is above the next member, less what belongs to the one before.
    fn above(&mut self, into: &mut Collection) -> Vec<Trivia> {
        let column = into.column;
        if let Some(last) = into.members.last_mut() {
            self.settle(&mut last.value, Some(column));
        }
        std::mem::take(&mut self.pending)
    }
}

fn problem(at: Marker, message: impl Into<String>) -> SyntaxError {
    SyntaxError { line: at.line().max(1), column: at.col() + 1, message: message.into(), suggestion: None }
}
