//! A tree to text.

use crate::WIDTH;
use crate::tree::{Collection, File, Member, Scalar, Shape, Style, Token, Trailing, Tree, Trivia};

/// Spaces for each level.
const STEP: usize = 2;

/// Prints a file.
pub(crate) fn print(file: &File) -> String {
    let printer = Printer { file };
    let mut lines = Vec::new();
    for (index, document) in file.documents.iter().enumerate() {
        if index > 0 {
            lines.push(Line::of(0, "---"));
        }
        let mut part = Vec::new();
        comments(&mut part, &document.head, 0);
        printer.root(&mut part, &document.root);
        comments(&mut part, &document.tail, 0);
        trim(&mut part);
        lines.append(&mut part);
    }
    align(&mut lines);
    text(&lines)
}

/// A line without its end.
#[derive(Debug)]
struct Line {
    indent: usize,
    text: String,
    comment: Option<Trailing>,
    /// A line of a block scalar: it stays as it is, should it be empty.
    content: bool,
}

impl Line {
    fn of(indent: usize, text: impl Into<String>) -> Self {
        Self { indent, text: text.into(), comment: None, content: false }
    }

    fn blank() -> Self {
        Self::of(0, "")
    }

    fn is_blank(&self) -> bool {
        self.text.is_empty() && self.comment.is_none() && !self.content
    }

    fn is_comment(&self) -> bool {
        self.text.starts_with('#') && !self.content
    }

    fn width(&self) -> usize {
        self.indent + self.text.chars().count()
    }
}

struct Printer<'f> {
    file: &'f File,
}

impl Printer<'_> {
    fn comment(&self, token: Token) -> Option<Trailing> {
        self.file.trailing.get(&token).cloned()
    }

    fn root(&self, out: &mut Vec<Line>, root: &Tree) {
        match &root.shape {
            Shape::Scalar(Scalar { style: Style::Empty, .. }) => {}
            Shape::Collection(collection) if self.flow(root, 0).is_none() => {
                out.extend(self.comment_line(self.closing(root), 0));
                self.members(out, collection, root, 0);
            }
            _ => self.after(out, "", root, 0, None),
        }
    }

    /// The members of a collection, each on lines of its own.
    fn members(&self, out: &mut Vec<Line>, collection: &Collection, tree: &Tree, indent: usize) {
        let start = out.len();
        for member in &collection.members {
            let before = if out.len() == start { without_blank(&member.before) } else { &member.before };
            comments(out, before, indent);
            self.one(out, member, collection, indent);
        }
        comments(out, &tree.tail, indent);
    }

    fn one(&self, out: &mut Vec<Line>, member: &Member, of: &Collection, indent: usize) {
        // Within brackets there is no hyphen, and a comment there follows the item before.
        let head = (member.key.is_some() || !of.flow).then(|| self.comment(member.head)).flatten();
        match &member.key {
            Some(key) => {
                self.after(out, &format!("{}:", key_text(key)), &member.value, indent, head);
            }
            None => self.item(out, &member.value, indent, head),
        }
    }

    /// An item of a list. A collection in it begins on the line of the hyphen.
    fn item(&self, out: &mut Vec<Line>, value: &Tree, indent: usize, head: Option<Trailing>) {
        let Shape::Collection(collection) = &value.shape else { return self.after(out, "-", value, indent, head) };
        if self.flow(value, indent + STEP).is_some() {
            return self.after(out, "-", value, indent, head);
        }
        let mut lines = Vec::new();
        self.members(&mut lines, collection, value, indent + STEP);
        let (comment, above) = one_of(head, self.closing(value));
        out.extend(self.comment_line(above, indent));
        // What is above its first member is above the hyphen.
        let comments = lines.iter().take_while(|line| line.is_comment() || line.is_blank()).count();
        out.extend(lines.drain(..comments).map(|line| Line { indent, ..line }));
        match lines.first_mut() {
            Some(first) if comment.is_none() && !first.content => {
                first.text = format!("- {}", first.text);
                first.indent = indent;
            }
            _ => out.push(Line { comment, ..Line::of(indent, "-") }),
        }
        out.append(&mut lines);
    }

    /// A value behind a key or a hyphen.
    fn after(&self, out: &mut Vec<Line>, head: &str, value: &Tree, indent: usize, comment: Option<Trailing>) {
        let space = if head.is_empty() { "" } else { " " };
        let room = indent + head.chars().count() + space.len();
        match &value.shape {
            Shape::Scalar(scalar) => {
                let own = if value.is_empty() { None } else { self.comment(value.token) };
                let (comment, above) = one_of(own, comment);
                out.extend(self.comment_line(above, indent));
                self.scalar(out, (head, space), scalar, indent, comment);
            }
            Shape::Collection(collection) => match self.flow(value, room) {
                Some(text) => {
                    let (comment, above) = one_of(self.comment(value.token).filter(|_| collection.flow), comment);
                    out.extend(self.comment_line(above, indent));
                    out.push(Line { comment, ..Line::of(indent, format!("{head}{space}{text}")) });
                }
                None => {
                    let (comment, above) = one_of(comment, self.closing(value));
                    out.extend(self.comment_line(above, indent));
                    out.push(Line { comment, ..Line::of(indent, head) });
                    self.members(out, collection, value, indent + STEP);
                }
            },
        }
    }

    fn scalar(
        &self,
        out: &mut Vec<Line>,
        (head, space): (&str, &str),
        scalar: &Scalar,
        indent: usize,
        comment: Option<Trailing>,
    ) {
        let Style::Block { header, lines } = &scalar.style else {
            let mut written = scalar.lines().into_iter();
            let first = written.next().unwrap_or_default();
            let text = if first.is_empty() { head.to_owned() } else { format!("{head}{space}{first}") };
            let deeper = if head.is_empty() { indent } else { indent + STEP };
            out.push(Line::of(indent, text));
            out.extend(
                written.map(|line| Line { content: true, ..Line::of(if line.is_empty() { 0 } else { deeper }, line) }),
            );
            if let Some(last) = out.last_mut() {
                last.comment = comment;
            }
            return;
        };
        // Where the first line begins with a space, the indentation must be said.
        let first = lines.iter().find(|line| !line.trim_matches(' ').is_empty());
        let (mark, chomping) = header.split_at(header.len().min(1));
        let said = if first.is_some_and(|line| line.starts_with(' ')) { STEP.to_string() } else { String::new() };
        out.push(Line { comment, ..Line::of(indent, format!("{head}{space}{mark}{said}{chomping}")) });
        out.extend(lines.iter().map(|line| Line {
            content: true,
            ..Line::of(if line.is_empty() { 0 } else { indent + STEP }, line.clone())
        }));
    }

    /// A value in brackets on one line, if it is written so, nothing in it has a comment, and it has room after a column.
    fn flow(&self, tree: &Tree, column: usize) -> Option<String> {
        let Shape::Collection(collection) = &tree.shape else { return None };
        if !collection.flow && !collection.members.is_empty() {
            return None;
        }
        let text = self.in_brackets(tree)?;
        (column + text.chars().count() <= WIDTH).then_some(text)
    }

    fn in_brackets(&self, tree: &Tree) -> Option<String> {
        let collection = match &tree.shape {
            Shape::Scalar(scalar) => return Some(scalar.on_one_line()),
            Shape::Collection(collection) => collection,
        };
        if collection.members.is_empty() {
            return Some(if collection.is_map { "{}" } else { "[]" }.to_owned());
        }
        let commented = |token: Token| self.file.trailing.contains_key(&token);
        let above = |trivia: &[Trivia]| trivia.iter().any(|one| *one != Trivia::Blank);
        if above(&tree.tail) {
            return None;
        }
        let mut parts = Vec::with_capacity(collection.members.len());
        for member in &collection.members {
            let behind = commented(member.value.token) || member.key.is_some() && commented(member.head);
            if behind || above(&member.before) {
                return None;
            }
            let value = self.in_brackets(&member.value)?;
            parts.push(match &member.key {
                Some(key) => format!("{}: {value}", key_text(key)),
                None => value,
            });
        }
        let parts = parts.join(", ");
        Some(if collection.is_map { format!("{{ {parts} }}") } else { format!("[{parts}]") })
    }

    /// The comment behind a closing bracket, which is not printed.
    fn closing(&self, tree: &Tree) -> Option<Trailing> {
        match &tree.shape {
            Shape::Collection(collection) if collection.flow => self.comment(tree.token),
            _ => None,
        }
    }

    fn comment_line(&self, comment: Option<Trailing>, indent: usize) -> Option<Line> {
        comment.map(|comment| Line::of(indent, comment.text))
    }
}

/// A key; one that is nothing is a text all the same.
fn key_text(key: &Scalar) -> String {
    if key.value.is_empty() { "\"\"".to_owned() } else { key.on_one_line() }
}

/// A line has one comment: the second of two goes above.
fn one_of(first: Option<Trailing>, second: Option<Trailing>) -> (Option<Trailing>, Option<Trailing>) {
    match (first, second) {
        (None, second) => (second, None),
        both => both,
    }
}

fn without_blank(trivia: &[Trivia]) -> &[Trivia] {
    match trivia {
        [Trivia::Blank, rest @ ..] => rest,
        all => all,
    }
}

/// Comments on lines of their own, and one empty line for many.
fn comments(out: &mut Vec<Line>, trivia: &[Trivia], indent: usize) {
    for one in trivia {
        match one {
            Trivia::Comment(text, _) => out.push(Line::of(indent, text.clone())),
            Trivia::Blank if out.last().is_none_or(Line::is_blank) => {}
            Trivia::Blank => out.push(Line::blank()),
        }
    }
}

/// No empty lines at the ends of a document.
fn trim(lines: &mut Vec<Line>) {
    while lines.last().is_some_and(Line::is_blank) {
        lines.pop();
    }
    let blank = lines.iter().take_while(|line| line.is_blank()).count();
    lines.drain(..blank);
}

/// Comments in a column of lines that follow each other stay in a column; others begin two spaces behind the text.
fn align(lines: &mut [Line]) {
    let mut rest = lines;
    while !rest.is_empty() {
        let length = run(rest).max(1);
        let (block, others) = std::mem::take(&mut rest).split_at_mut(length);
        let widest = block.iter().map(Line::width).max().unwrap_or_default();
        for line in block {
            if let Some(comment) = &mut line.comment {
                comment.column = widest + 2;
            }
        }
        rest = others;
    }
}

/// How many lines at the beginning have their comments in one column.
fn run(lines: &[Line]) -> usize {
    let comments = lines.iter().map_while(|line| line.comment.as_ref());
    let next = lines.iter().skip(1).map_while(|line| line.comment.as_ref());
    let pairs = comments.zip(next).take_while(|(one, next)| one.column == next.column && one.line + 1 == next.line);
    pairs.count() + 1
}

fn text(lines: &[Line]) -> String {
    let mut out = String::new();
    for line in lines {
        let start = out.len();
        out.extend(std::iter::repeat_n(' ', line.indent));
        out.push_str(&line.text);
        if let Some(comment) = &line.comment {
            let width = out.get(start..).map_or(0, |line| line.chars().count());
            out.extend(std::iter::repeat_n(' ', comment.column.saturating_sub(width)));
            out.push_str(&comment.text);
        }
        out.push('\n');
    }
    out
}
