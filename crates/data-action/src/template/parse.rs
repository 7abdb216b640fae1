//! Reading a template: texts, directives, and what is not offered.

use std::collections::BTreeSet;

use waypost_problem::{Problem, shown};

use super::tree::{Expression, Node, Template};

/// The longest template, in bytes.
pub(crate) const MAX_TEMPLATE: usize = 128 * 1024;
/// How deep blocks, brackets and texts may be nested.
const MAX_DEPTH: usize = 32;
/// How many operators an expression may have with all that is in it: each is a level of its tree, whatever its brackets.
const MAX_OPERATORS: usize = 256;
/// Problems of one template that are listed.
const MAX_PROBLEMS: usize = 20;

/// What a template may name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known<'a> {
    /// Names of inputs; none where there is no input.
    pub(crate) inputs: Option<&'a [&'a str]>,
    /// Whether other inputs than those may be given.
    pub(crate) more_inputs: bool,
    /// Whether there are credentials.
    pub(crate) credentials: bool,
    /// Names of the translation map; none where there is no answer.
    pub(crate) mapped: Option<&'a [&'a str]>,
}

/// Directives that Velocity has and templates of data actions are not offered.
const REFUSED: [&str; 9] = ["macro", "parse", "include", "evaluate", "define", "stop", "break", "return", "literal"];

/// Parses a template.
///
/// # Errors
/// Its problems, each at `path`.
pub(crate) fn compile(text: &str, path: &str, known: Known<'_>) -> Result<Template, Vec<Problem>> {
    if text.len() > MAX_TEMPLATE {
        let problem = Problem::new(path, "the template is too long").expected(format!("at most {MAX_TEMPLATE} bytes"));
        return Err(vec![problem.found(format!("{} bytes", text.len()))]);
    }
    let mut parser = Parser::new(text, path, known);
    let nodes = match parser.block() {
        Ok((nodes, None)) => nodes,
        Ok((_, Some(end))) => {
            parser.problem(format!("`#{}` without an `#if` or `#foreach`", end.word()));
            Vec::new()
        }
        Err(Stop) => Vec::new(),
    };
    if parser.problems.is_empty() {
        return Ok(Template { nodes, credentials: parser.credentials });
    }
    Err(parser.problems)
}

/// The rest of the template can't be read; the problem is noted.
pub(super) struct Stop;

/// What ended a block.
enum End {
    ElseIf(Expression),
    Else,
    Close,
}

impl End {
    const fn word(&self) -> &'static str {
        match self {
            Self::ElseIf(_) => "elseif",
            Self::Else => "else",
            Self::Close => "end",
        }
    }
}

pub(super) struct Parser<'t> {
    pub(super) text: &'t str,
    /// Where it stands, in bytes.
    pub(super) at: usize,
    path: &'t str,
    pub(super) known: Known<'t>,
    problems: Vec<Problem>,
    pub(super) credentials: BTreeSet<String>,
    /// Names that `#set` and `#foreach` have made.
    pub(super) variables: BTreeSet<String>,
    /// How many `#foreach` are around.
    pub(super) loops: usize,
    depth: usize,
    /// Whether it reads an expression, and how many operators that has so far.
    pub(super) in_expression: bool,
    pub(super) operators: usize,
    /// Where the text of a part of the template begins in the whole one.
    offset: usize,
}

impl<'t> Parser<'t> {
    fn new(text: &'t str, path: &'t str, known: Known<'t>) -> Self {
        Self {
            text,
            at: 0,
            path,
            known,
            problems: Vec::new(),
            credentials: BTreeSet::new(),
            variables: BTreeSet::new(),
            loops: 0,
            depth: 0,
            in_expression: false,
            operators: 0,
            offset: 0,
        }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes past `token` if it comes next.
    pub(super) fn take(&mut self, token: &str) -> bool {
        let next = self.rest().starts_with(token);
        if next {
            self.at += token.len();
        }
        next
    }

    pub(super) fn spaces(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Goes past a name: a letter or `_`, then letters, digits and `_`, and hyphens where they can't be a minus.
    pub(super) fn name(&mut self, hyphens: bool) -> Option<&'t str> {
        let rest = self.rest();
        let length = rest
            .char_indices()
            .find(|(at, c)| {
                !(c.is_ascii_alphabetic() || *c == '_' || *at > 0 && (c.is_ascii_digit() || hyphens && *c == '-'))
            })
            .map_or(rest.len(), |(at, _)| at);
        let name = rest.get(..length).filter(|name| !name.is_empty())?;
        self.at += length;
        Some(name)
    }

    /// Notes a problem where the parser stands.
    pub(super) fn problem(&mut self, message: impl Into<String>) {
        self.note(self.at, message, None);
    }

    pub(super) fn note(&mut self, at: usize, message: impl Into<String>, suggestion: Option<Box<str>>) {
        if self.problems.len() >= MAX_PROBLEMS {
            return;
        }
        // Offsets of a nested text count from its start: the characters before it are those of the whole template only there.
        let place = self.offset + self.text.get(..at).map_or(0, |before| before.chars().count());
        let mut problem = Problem::new(self.path, format!("{} (character {})", message.into(), place + 1));
        problem.suggestion = suggestion;
        self.problems.push(problem);
    }

    /// Does something one level deeper.
    pub(super) fn deeper<T>(&mut self, what: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Result<T, Stop> {
        if self.depth >= MAX_DEPTH {
            self.problem(format!("nested more than {MAX_DEPTH} levels deep"));
            return Err(Stop);
        }
        self.depth += 1;
        let done = what(self);
        self.depth -= 1;
        done
    }

    /// One more operator joins what was read so far to what follows.
    pub(super) fn joined(&mut self) -> Result<(), Stop> {
        self.operators += 1;
        if self.operators > MAX_OPERATORS {
            self.problem(format!("an expression has more than {MAX_OPERATORS} operators"));
            return Err(Stop);
        }
        Ok(())
    }

    /// Reads a text in double quotes, as it is between them, as a template of references.
    pub(super) fn within(&mut self, text: &'t str, starts: usize) -> Result<Vec<Node>, Stop> {
        let before = self.text.get(..starts).map_or(0, |before| before.chars().count());
        let outer = (self.text, self.at, self.offset);
        (self.text, self.at, self.offset) = (text, 0, self.offset + before);
        let nodes = self.deeper(Self::references);
        (self.text, self.at, self.offset) = outer;
        nodes
    }

    /// Texts and references up to the end, without directives.
    fn references(&mut self) -> Result<Vec<Node>, Stop> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if c == '#' && self.directive_word().is_some() {
                self.problem("a directive in a text in quotes is not supported");
                return Err(Stop);
            }
            self.one(c, &mut nodes)?;
        }
        Ok(nodes)
    }

    /// Nodes up to the end of a block or of the template.
    fn block(&mut self) -> Result<(Vec<Node>, Option<End>), Stop> {
        let mut nodes = Vec::new();
        while let Some(c) = self.peek() {
            if c != '#' {
                self.one(c, &mut nodes)?;
                continue;
            }
            if self.comment(&mut nodes)? {
                continue;
            }
            let start = self.at;
            let Some(word) = self.directive_word() else {
                self.one(c, &mut nodes)?;
                continue;
            };
            match word {
                "if" => {
                    self.line_before(start, &mut nodes);
                    nodes.push(self.deeper(Self::branches)?);
                }
                "foreach" => {
                    self.line_before(start, &mut nodes);
                    nodes.push(self.deeper(Self::each)?);
                }
                "set" => {
                    self.line_before(start, &mut nodes);
                    let set = self.set()?;
                    self.line_after(start);
                    nodes.push(set);
                }
                "end" | "else" => {
                    self.line_before(start, &mut nodes);
                    self.line_after(start);
                    return Ok((nodes, Some(if word == "end" { End::Close } else { End::Else })));
                }
                "elseif" => {
                    self.line_before(start, &mut nodes);
                    let condition = self.condition()?;
                    self.line_after(start);
                    return Ok((nodes, Some(End::ElseIf(condition))));
                }
                word if REFUSED.contains(&word) => {
                    self.note(start, format!("the directive `#{word}` is not supported"), None);
                    return Err(Stop);
                }
                word => {
                    let write = format!("write `\\#{word}` if it is meant as text");
                    self.note(
                        start,
                        format!("the macro {} is not supported", shown(&format!("#{word}"))),
                        Some(write.into()),
                    );
                    return Err(Stop);
                }
            }
        }
        Ok((nodes, None))
    }

    /// Goes past a directive's `#word`, if one comes next; a word that is no directive is one only before a bracket.
    fn directive_word(&mut self) -> Option<&'t str> {
        let start = self.at;
        self.at += 1;
        let braced = self.take("{");
        let word = self.name(false);
        let closed = !braced || self.take("}");
        let word = word.filter(|word| {
            closed
                && (matches!(*word, "if" | "elseif" | "else" | "end" | "foreach" | "set")
                    || REFUSED.contains(word) && *word != "literal"
                    || self.rest().starts_with('('))
        });
        if word.is_none() {
            self.at = start;
        }
        word
    }

    /// One reference, or text up to what may be one.
    fn one(&mut self, first: char, nodes: &mut Vec<Node>) -> Result<(), Stop> {
        match first {
            '\\' => self.backslashes(nodes),
            '$' => {
                let start = self.at;
                if let Some(print) = self.print()? {
                    nodes.push(Node::Print(print));
                } else {
                    self.at = self.at.max(start + 1);
                    add_text(nodes, self.text.get(start..self.at).unwrap_or_default());
                }
                Ok(())
            }
            _ => {
                let rest = self.rest();
                let first = first.len_utf8();
                let length =
                    rest.get(first..).and_then(|rest| rest.find(['$', '#', '\\'])).map_or(rest.len(), |at| at + first);
                add_text(nodes, rest.get(..length).unwrap_or_default());
                self.at += length;
                Ok(())
            }
        }
    }

    /// Backslashes count where they stand before a reference or a directive: two are one, and one alone makes it text.
    fn backslashes(&mut self, nodes: &mut Vec<Node>) -> Result<(), Stop> {
        let rest = self.rest();
        let count = rest.len() - rest.trim_start_matches('\\').len();
        let start = self.at + count;
        self.at = start;
        let noted = self.problems.len();
        let escapes = match self.peek() {
            Some('$') => self.print().is_ok_and(|print| print.is_some()) || self.problems.len() > noted,
            Some('#') => self.directive_word().is_some(),
            _ => false,
        };
        self.problems.truncate(noted);
        if !escapes {
            self.at = start;
            add_text(nodes, &"\\".repeat(count));
            return Ok(());
        }
        add_text(nodes, &"\\".repeat(count / 2));
        if count % 2 == 1 {
            // Only its sign is taken as text, so that what a text in it escapes is read again.
            let sign = self.text.get(start..start + 1).unwrap_or_default();
            add_text(nodes, sign);
            self.at = start + 1;
        } else {
            self.at = start;
        }
        Ok(())
    }

    /// Goes past a comment, if one comes next.
    fn comment(&mut self, nodes: &mut [Node]) -> Result<bool, Stop> {
        let start = self.at;
        if self.rest().starts_with("##") {
            let line = self.rest();
            self.at += line.find('\n').map_or(line.len(), |at| at + 1);
            return Ok(true);
        }
        if self.rest().starts_with("#[[") {
            self.problem("text in `#[[…]]#` is not supported");
            return Err(Stop);
        }
        if !self.take("#*") {
            return Ok(false);
        }
        let Some(length) = self.rest().find("*#") else {
            self.note(start, "the comment `#*` has no `*#`", None);
            return Err(Stop);
        };
        self.at += length + 2;
        self.line_before(start, nodes);
        self.line_after(start);
        Ok(true)
    }

    /// A directive alone on its line takes the whole line: nothing of it is printed.
    fn line_before(&self, start: usize, nodes: &mut [Node]) {
        if !self.alone(start) {
            return;
        }
        if let Some(Node::Text(text)) = nodes.last_mut() {
            text.truncate(text.trim_end_matches([' ', '\t']).len());
        }
    }

    fn line_after(&mut self, start: usize) {
        if self.alone(start) {
            let rest = self.rest();
            self.at += rest.find('\n').map_or(rest.len(), |at| at + 1);
        }
    }

    /// Whether nothing but spaces stands before `start` on its line, and a line's end after where the parser stands.
    fn alone(&self, start: usize) -> bool {
        let before = self.text.get(..start).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        // Without a line's end anywhere, a template is not in lines.
        let in_lines = before.contains('\n') || self.rest().contains('\n');
        let after = self.rest().trim_start_matches([' ', '\t', '\r']);
        in_lines && line.trim().is_empty() && (after.is_empty() || after.starts_with('\n'))
    }

    /// The rest of an `#if`, up to its `#end`.
    fn branches(&mut self) -> Result<Node, Stop> {
        let start = self.at;
        let (mut arms, mut condition) = (Vec::new(), Some(self.condition()?));
        self.line_after(self.start_of("if", start));
        loop {
            let (body, end) = self.block()?;
            let otherwise = condition.is_none();
            let before = match condition.take() {
                Some(condition) => {
                    arms.push((condition, body));
                    Vec::new()
                }
                None => body,
            };
            match end {
                Some(End::Close) => return Ok(Node::If { arms, otherwise: before }),
                Some(End::Else) if !otherwise => {}
                Some(End::ElseIf(next)) if !otherwise => condition = Some(next),
                Some(end) => {
                    self.problem(format!("`#{}` after `#else`", end.word()));
                    return Err(Stop);
                }
                None => {
                    self.note(start, "`#if` without `#end`", None);
                    return Err(Stop);
                }
            }
        }
    }

    /// The rest of a `#foreach`, up to its `#end`.
    fn each(&mut self) -> Result<Node, Stop> {
        let start = self.at;
        self.spaces();
        self.expect("(", "after `#foreach`")?;
        let variable = self.variable("#foreach")?;
        self.spaces();
        self.expect("in", "after the variable of `#foreach`")?;
        let over = self.expression()?;
        self.spaces();
        self.expect(")", "at the end of `#foreach(…`")?;
        self.line_after(self.start_of("foreach", start));
        self.variables.insert(variable.clone());
        self.loops += 1;
        let block = self.block();
        self.loops -= 1;
        match block? {
            (body, Some(End::Close)) => Ok(Node::Each { variable, over, body }),
            (_, Some(end)) => {
                self.problem(format!("`#{}` in a `#foreach`", end.word()));
                Err(Stop)
            }
            (_, None) => {
                self.note(start, "`#foreach` without `#end`", None);
                Err(Stop)
            }
        }
    }

    /// Where a directive with its sign began.
    fn start_of(&self, word: &str, end: usize) -> usize {
        let before = self.text.get(..end).unwrap_or_default();
        let braced = before.ends_with('}');
        end.saturating_sub(word.len() + if braced { 3 } else { 1 })
    }

    /// The rest of a `#set`.
    fn set(&mut self) -> Result<Node, Stop> {
        self.spaces();
        self.expect("(", "after `#set`")?;
        let variable = self.variable("#set")?;
        self.spaces();
        self.expect("=", "after the variable of `#set`")?;
        let value = self.expression()?;
        self.spaces();
        self.expect(")", "at the end of `#set(…`")?;
        self.variables.insert(variable.clone());
        Ok(Node::Set { variable, value })
    }

    fn condition(&mut self) -> Result<Expression, Stop> {
        self.spaces();
        self.expect("(", "before a condition")?;
        let condition = self.expression()?;
        self.spaces();
        self.expect(")", "after a condition")?;
        Ok(condition)
    }

    /// A variable that is set: a name that stands for nothing else.
    fn variable(&mut self, directive: &str) -> Result<String, Stop> {
        self.spaces();
        let start = self.at;
        let name = if self.take("$") {
            let braced = self.take("{");
            self.name(braced).filter(|_| !braced || self.take("}"))
        } else {
            None
        };
        let taken = |name: &str| {
            ["input", "credentials", "rawResult", "esc", "successTemplateUtils", "foreach"].contains(&name)
                || self.known.mapped.is_some_and(|mapped| mapped.contains(&name))
        };
        match name {
            Some(name) if taken(name) => {
                self.note(start, format!("`{directive}` can't set {}", shown(&format!("${name}"))), None);
                Err(Stop)
            }
            Some(name) => Ok(name.to_owned()),
            None => {
                self.problem(format!("`{directive}` needs a variable, such as `$x`"));
                Err(Stop)
            }
        }
    }

    pub(super) fn expect(&mut self, token: &str, place: &str) -> Result<(), Stop> {
        if self.take(token) {
            return Ok(());
        }
        self.problem(format!("expected `{token}` {place}"));
        Err(Stop)
    }
}

fn add_text(nodes: &mut Vec<Node>, more: &str) {
    match nodes.last_mut() {
        Some(Node::Text(text)) => text.push_str(more),
        _ if more.is_empty() => {}
        _ => nodes.push(Node::Text(more.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_expression_makes_no_deep_tree() {
        let known = Known { inputs: None, more_inputs: false, credentials: false, mapped: None };
        let sum = |operators: usize| format!("#set($x = 1{})", "+1".repeat(operators));
        assert!(compile(&sum(MAX_OPERATORS), "x", known).is_ok());
        assert!(compile(&sum(MAX_OPERATORS).repeat(2), "x", known).is_ok(), "each expression by itself");
        for text in [sum(MAX_OPERATORS + 1), format!("#if(true{})#end", "||(true&&true)".repeat(MAX_OPERATORS))] {
            let problems = compile(&text, "x", known).unwrap_err();
            assert!(problems.iter().any(|problem| problem.message.contains("operators")), "{problems:?}");
        }
    }
}
