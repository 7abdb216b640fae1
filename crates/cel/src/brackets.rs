//! Brackets that match: those that were forgotten are put in, those too many taken out, so that the parser sees none that does not.

use crate::mistake::{Mistake, Mistakes, quoted};
use crate::token::{Bracket, Tok, Token};
use crate::tree::{Operator, Span};
use crate::{MAX_NESTING, words};

/// A bracket that is open.
struct Open {
    bracket: Bracket,
    sign: Span,
    /// Where a bracket that was forgotten should stand: before the token of this number.
    cut: Option<usize>,
    /// Whether what is compared within it belongs there.
    keeps: bool,
    /// `?` without a `:` so far.
    questions: Vec<usize>,
}

/// Tokens with brackets that match. `None`: they nest too deep, which is among the mistakes.
pub(crate) fn balance(source: &str, tokens: Vec<Token>, mistakes: &mut Mistakes) -> Option<Vec<Token>> {
    let mut pass =
        Pass { source, out: Vec::with_capacity(tokens.len()), put_in: Vec::new(), open: Vec::new(), mistakes };
    let mut questions = Vec::new();
    for token in tokens {
        if !pass.token(token, &mut questions) {
            return None;
        }
    }
    Some(pass.finish())
}

struct Pass<'p> {
    source: &'p str,
    out: Vec<Token>,
    /// Brackets to put in, each before the token of a number.
    put_in: Vec<(usize, Token)>,
    open: Vec<Open>,
    mistakes: &'p mut Mistakes,
}

impl Pass<'_> {
    /// Whether to go on.
    fn token(&mut self, mut token: Token, outermost: &mut Vec<usize>) -> bool {
        let here = self.out.len();
        let questions = self.open.last_mut().map_or(outermost, |open| &mut open.questions);
        match token.kind {
            Tok::Open(bracket) => return self.opens(bracket, token),
            Tok::Dollar => return self.opens(Bracket::Curly, token),
            Tok::Close(bracket) => match self.closes(bracket, token) {
                Some(mended) => token = mended,
                None => return true,
            },
            Tok::End => {
                while let Some(open) = self.open.pop() {
                    self.forgotten(open);
                }
            }
            Tok::Comma => {
                if let Some(open) = self.open.last_mut() {
                    open.cut = None;
                }
            }
            // Behind anything but an operand it says that something is optional.
            Tok::Question(_) if self.out.last().is_some_and(|last| last.kind.ends_operand()) => questions.push(here),
            Tok::Colon => {
                if let Some(question) = questions.pop().and_then(|at| self.out.get_mut(at)) {
                    question.kind = Tok::Question(true);
                }
            }
            _ => {}
        }
        let compares = match token.kind {
            Tok::Operator(operator) => operator.strength() <= Operator::Equal.strength(),
            Tok::Question(_) | Tok::Matches(_) => true,
            Tok::Name => {
                self.out.last().is_some_and(|last| last.kind.ends_operand())
                    && words::is_infix(token.span.of(self.source))
            }
            _ => false,
        };
        if compares && let Some(open) = self.open.last_mut() {
            open.cut.get_or_insert(here);
        }
        self.out.push(token);
        true
    }

    fn opens(&mut self, bracket: Bracket, token: Token) -> bool {
        if self.open.len() >= MAX_NESTING {
            let mistake = Mistake::new(token.span, format!("the expression is nested deeper than {MAX_NESTING}"));
            self.mistakes.push(mistake.help("compute parts of it in variables"));
            return false;
        }
        let before = self.out.last().filter(|last| last.kind.ends_operand());
        let keeps = match (bracket, before) {
            (Bracket::Round, Some(name)) => words::takes_condition(name.span.of(self.source)),
            (Bracket::Round, None) | (Bracket::Curly, _) => true,
            (Bracket::Square, _) => false,
        };
        self.open.push(Open { bracket, sign: token.span, cut: None, keeps, questions: Vec::new() });
        self.out.push(token);
        true
    }

    /// The closing bracket that was meant; none if it closes nothing.
    fn closes(&mut self, bracket: Bracket, token: Token) -> Option<Token> {
        let matching = self.open.iter().rposition(|open| open.bracket == bracket);
        let sign = bracket.closing();
        let Some(matching) = matching else {
            let Some(open) = self.open.pop() else {
                let mistake = Mistake::new(token.span, format!("`{sign}` closes nothing")).help("remove it");
                self.mistakes.push(mistake.edit(token.span, ""));
                return None;
            };
            let meant = open.bracket.closing();
            let message = format!("`{sign}` can't close {}", quoted(open.sign.of(self.source)));
            self.mistakes.push(Mistake::meant(token.span, message, meant));
            return Some(Token { kind: Tok::Close(open.bracket), span: token.span });
        };
        while self.open.len() > matching + 1
            && let Some(open) = self.open.pop()
        {
            self.forgotten(open);
        }
        self.open.pop();
        Some(token)
    }

    /// Puts in a closing bracket: before what is compared, if the bracket is hardly meant to hold that, or here.
    fn forgotten(&mut self, open: Open) {
        let here = self.out.len();
        let cut = open.cut.filter(|_| !open.keeps);
        let at = cut.unwrap_or(here);
        if let (Some(cut), Some(outer)) = (cut, self.open.last_mut()) {
            outer.cut.get_or_insert(cut);
        }
        let last = at.checked_sub(1).and_then(|last| self.out.get(last)).map_or(open.sign, |last| last.span);
        let sign = open.bracket.closing();
        let message = format!("{} is never closed", quoted(open.sign.of(self.source)));
        let mut mistake = Mistake::new(open.sign, message).expected(format!("`{sign}`"));
        // With nothing in it, it is no list's or map's end that was forgotten.
        if last != open.sign || open.bracket == Bracket::Round {
            mistake =
                mistake.help(format!("add `{sign}` after {}", quoted(last.of(self.source)))).edit(last.behind(), sign);
        }
        self.mistakes.push(mistake);
        self.put_in.push((at, Token { kind: Tok::Close(open.bracket), span: last.behind() }));
    }

    fn finish(mut self) -> Vec<Token> {
        if self.put_in.is_empty() {
            return self.out;
        }
        // The innermost was put in first and stays first.
        self.put_in.sort_by_key(|(at, _)| *at);
        let mut put_in = self.put_in.into_iter().peekable();
        let mut all = Vec::with_capacity(self.out.len());
        for (at, token) in self.out.into_iter().enumerate() {
            while let Some((_, bracket)) = put_in.next_if(|(before, _)| *before <= at) {
                all.push(bracket);
            }
            all.push(token);
        }
        all
    }
}

/// How long the expression at the beginning of a text is, up to the `}` that nothing in it opened; `None` if there is none. Braces in
/// texts and comments don't count.
#[must_use]
pub fn length_to_closing_brace(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0_usize, 0_usize);
    // Up to where no text in single or double quotes ends: what is never closed hides no brace.
    let mut unclosed = [0_usize; 2];
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            b'\'' | b'"' => {
                let known = unclosed.get_mut(usize::from(*byte == b'"'))?;
                match if at < *known { Err(*known) } else { end_of_text(bytes, at) } {
                    Ok(end) => {
                        at = end;
                        continue;
                    }
                    Err(end) => *known = end,
                }
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                // A comment runs to the end of the line.
                at += bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// Behind the text whose quote stands at `start`; if it is never closed, up to where that was looked for.
fn end_of_text(bytes: &[u8], start: usize) -> Result<usize, usize> {
    let quote = bytes.get(start).copied().unwrap_or_default();
    let raw = start > 0 && matches!(bytes.get(start - 1), Some(b'r' | b'R'));
    let triple = [quote; 3];
    let close = if bytes.get(start..start + 3) == Some(&triple) { triple.as_slice() } else { &triple[..1] };
    let mut at = start + close.len();
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with(close) {
            return Ok(at + close.len());
        }
        at += match rest.first() {
            Some(b'\n' | b'\r') if close.len() == 1 => return Err(at),
            Some(b'\\') if !raw => 2,
            _ => 1,
        };
    }
    Err(at)
}
