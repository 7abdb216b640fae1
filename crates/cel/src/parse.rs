//! Tokens to a tree: conditionals, chains and arithmetic. Operands are in `operand.rs`, what other languages have between
//! them in `infix.rs`.

use crate::mistake::{Mistake, Mistakes, quoted};
use crate::token::{Tok, Token};
use crate::tree::{Binary, Choice, Expr, Kind, Operator, Span};
use crate::{MAX_BYTES, MAX_DEPTH, MAX_NESTING, brackets, lex};

/// What an expression was read as.
#[derive(Clone, Debug)]
pub struct Parsed {
    /// The tree; of a text with mistakes, that of the text as it was probably meant.
    pub tree: Expr,
    /// Every mistake, in the order of their places.
    pub mistakes: Vec<Mistake>,
    /// How many tokens there are: reading takes time by that.
    pub tokens: usize,
}

/// Reads an expression.
#[must_use]
pub fn parse(source: &str) -> Parsed {
    let whole = Span::new(0, source.len());
    let refuse = |mistake: Mistake| Parsed { tree: Expr::wrong(whole), mistakes: vec![mistake], tokens: 0 };
    if source.len() > MAX_BYTES {
        let message = format!("the expression has {} bytes; at most {MAX_BYTES} are allowed", source.len());
        return refuse(Mistake::new(whole, message));
    }
    let (tokens, mut mistakes) = lex::lex(source);
    let count = tokens.len() - 1;
    if count == 0 && mistakes.len() == 0 {
        return refuse(Mistake::new(whole, "the expression is empty"));
    }
    let Some(tokens) = brackets::balance(source, tokens, &mut mistakes) else {
        return Parsed { tree: Expr::wrong(whole), mistakes: mistakes.into_vec(), tokens: count };
    };
    let mut parser = Parser { source, tokens, at: 0, nesting: 0, lists: false, mistakes };
    let tree = parser.whole();
    Parsed { tree, mistakes: parser.mistakes.into_vec(), tokens: count }
}

pub(crate) struct Parser<'s> {
    pub(crate) source: &'s str,
    tokens: Vec<Token>,
    at: usize,
    nesting: usize,
    /// Whether the innermost brackets hold elements with commas between them.
    pub(crate) lists: bool,
    pub(crate) mistakes: Mistakes,
}

impl<'s> Parser<'s> {
    pub(crate) fn peek(&self) -> Token {
        self.ahead(0)
    }

    /// The token so many behind the next; the end, if there are not as many.
    pub(crate) fn ahead(&self, more: usize) -> Token {
        let end = Token { kind: Tok::End, span: Span::default() };
        self.tokens.get(self.at + more).or(self.tokens.last()).copied().unwrap_or(end)
    }

    /// The token before the next.
    pub(crate) fn last(&self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).copied()
    }

    /// The token before that.
    pub(crate) fn before_last(&self) -> Option<Token> {
        self.at.checked_sub(2).and_then(|at| self.tokens.get(at)).copied()
    }

    pub(crate) fn bump(&mut self) -> Token {
        let token = self.peek();
        if token.kind != Tok::End {
            self.at += 1;
        }
        token
    }

    /// Takes the next token if it is of a kind.
    pub(crate) fn takes(&mut self, kind: Tok) -> Option<Token> {
        (self.peek().kind == kind).then(|| self.bump())
    }

    pub(crate) fn text(&self, span: Span) -> &'s str {
        span.of(self.source)
    }

    /// The next token as a word.
    pub(crate) fn word(&self, more: usize) -> Option<&'s str> {
        let token = self.ahead(more);
        (token.kind == Tok::Name).then(|| token.span.of(self.source))
    }

    /// Whether the next token is one of some words, whatever the case.
    pub(crate) fn is_word(&self, more: usize, words: &[&str]) -> bool {
        self.word(more).is_some_and(|word| words.iter().any(|known| known.eq_ignore_ascii_case(word)))
    }

    /// A node, if the tree is not too deep with it.
    pub(crate) fn node(&mut self, kind: Kind, span: Span) -> Expr {
        let made = Expr::new(kind, span);
        if made.depth() <= MAX_DEPTH {
            return made;
        }
        self.give_up(Mistake::new(
            Span::new(0, self.source.len()),
            format!("the expression's tree is deeper than {MAX_DEPTH}: shorten its chains of operators"),
        ));
        Expr::wrong(span)
    }

    /// Reads no more.
    fn give_up(&mut self, mistake: Mistake) {
        if self.peek().kind != Tok::End {
            self.at = self.tokens.len().saturating_sub(1);
        }
        self.mistakes.push_last(mistake);
    }

    /// Goes a level deeper, if that is not too deep.
    pub(crate) fn nested(&mut self, read: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let here = self.peek().span;
        if self.mistakes.is_full() {
            self.at = self.tokens.len().saturating_sub(1);
            return Expr::wrong(here);
        }
        if self.nesting > MAX_NESTING {
            let message = format!("the expression is nested deeper than {MAX_NESTING}");
            self.give_up(Mistake::new(here, message).help("compute parts of it in variables"));
            return Expr::wrong(here);
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    /// An expression in brackets which hold elements, or do not.
    pub(crate) fn within(&mut self, lists: bool) -> Expr {
        let outer = std::mem::replace(&mut self.lists, lists);
        let read = self.expression();
        self.lists = outer;
        read
    }

    fn whole(&mut self) -> Expr {
        let tree = self.expression();
        if let Some(semicolon) = self.takes(Tok::Semicolon) {
            if self.peek().kind == Tok::End {
                self.mistakes.push(
                    Mistake::new(semicolon.span, "an expression does not end in `;`")
                        .help("remove it")
                        .edit(semicolon.span, ""),
                );
                return tree;
            }
            let message = "there is one expression in `${…}`, and nothing after it";
            self.mistakes.push(Mistake::new(semicolon.span, message));
            return tree;
        }
        let next = self.peek();
        match next.kind {
            Tok::End | Tok::Wrong => {}
            Tok::Comma => {
                let mistake = Mistake::new(next.span, "there is one expression in `${…}`, and no list of them")
                    .expected("an operator such as `&&`, or a list in `[…]`");
                let ended = self.ahead(1).kind == Tok::End;
                self.mistakes.push(if ended { mistake.help("remove it").edit(next.span, "") } else { mistake });
            }
            Tok::Colon => {
                self.mistakes.push(Mistake::new(next.span, "there is no `?` before this `:`").expected("`c ? x : y`"));
            }
            _ => self.mistakes.push(Mistake::new(
                next.span,
                format!("expected the end of the expression, found {}", quoted(self.text(next.span))),
            )),
        }
        tree
    }

    /// Any expression.
    pub(crate) fn expression(&mut self) -> Expr {
        self.nested(Self::conditional)
    }

    fn conditional(&mut self) -> Expr {
        let when = self.chain(Operator::Or);
        if self.is_word(0, &["if"]) && self.last().is_some_and(|last| last.kind.ends_operand()) {
            return self.if_behind(when);
        }
        let Tok::Question(answered) = self.peek().kind else { return when };
        let sign = self.bump();
        if !answered {
            return self.unanswered(when, sign);
        }
        if let Some(colon) = self.takes(Tok::Colon) {
            return self.elvis(when, sign.span.to(colon.span));
        }
        // CEL wants brackets around a conditional in the middle; there is one way to read it without.
        let then = self.expression();
        let Some(_) = self.takes(Tok::Colon) else {
            let mistake = Mistake::new(sign.span, "there is no `:` for this `?`").expected("`c ? x : y`");
            self.mistakes.push(mistake);
            return Expr::wrong(when.span.to(then.span));
        };
        let otherwise = self.expression();
        let span = when.span.to(otherwise.span);
        self.node(Kind::Choice(Box::new(Choice { when, then, otherwise })), span)
    }

    /// Operands joined by `||`, or by `&&`. They become a balanced tree, as CEL has it.
    fn chain(&mut self, operator: Operator) -> Expr {
        let mut terms = vec![self.term(operator)];
        let mut signs = Vec::new();
        while let Some(sign) = self.joined_by(operator) {
            signs.push(sign);
            terms.push(self.term(operator));
        }
        if signs.is_empty() {
            return terms.pop().unwrap_or_else(|| Expr::wrong(self.peek().span));
        }
        let mut terms: Vec<Option<Expr>> = terms.into_iter().map(Some).collect();
        self.balanced(operator, &mut terms, &signs).unwrap_or_else(|| Expr::wrong(self.peek().span))
    }

    fn term(&mut self, operator: Operator) -> Expr {
        match operator {
            Operator::Or => self.chain(Operator::And),
            _ => self.relation(),
        }
    }

    fn balanced(&mut self, operator: Operator, terms: &mut [Option<Expr>], signs: &[Span]) -> Option<Expr> {
        if let [only] = terms {
            return only.take();
        }
        let middle = signs.len() / 2;
        let (before, behind) = terms.split_at_mut_checked(middle + 1)?;
        let (sign, (signs_before, signs_behind)) =
            (signs.get(middle).copied()?, (signs.get(..middle)?, signs.get(middle + 1..)?));
        let left = self.balanced(operator, before, signs_before)?;
        let right = self.balanced(operator, behind, signs_behind)?;
        Some(self.binary(operator, sign, left, right))
    }

    pub(crate) fn binary(&mut self, operator: Operator, sign: Span, left: Expr, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        self.node(Kind::Binary(Box::new(Binary { operator, sign, left, right })), span)
    }

    /// Operands that are compared, one after the other.
    pub(crate) fn relation(&mut self) -> Expr {
        let mut left = self.arithmetic(Operator::Add.strength());
        loop {
            let next = self.peek();
            match next.kind {
                Tok::Operator(operator) if operator.strength() == Operator::Equal.strength() => {
                    self.bump();
                    let right = self.arithmetic(Operator::Add.strength());
                    left = self.binary(operator, next.span, left, right);
                }
                Tok::Name if self.text(next.span) == "in" => {
                    self.bump();
                    let right = self.arithmetic(Operator::Add.strength());
                    left = self.binary(Operator::In, next.span, left, right);
                }
                _ => match self.foreign(left) {
                    Ok(read) => left = read,
                    Err(read) => return read,
                },
            }
        }
    }

    /// Operands joined by operators that bind so strongly or stronger.
    pub(crate) fn arithmetic(&mut self, strength: u8) -> Expr {
        let mut left = self.unary();
        while let Tok::Operator(operator) = self.peek().kind
            && operator.strength() >= strength
        {
            let sign = self.bump().span;
            let right = self.arithmetic_behind(operator);
            left = self.binary(operator, sign, left, right);
        }
        left
    }

    /// The right side of an operator: what binds stronger than it.
    pub(crate) fn arithmetic_behind(&mut self, operator: Operator) -> Expr {
        if operator.strength() < Operator::Multiply.strength() {
            self.arithmetic(operator.strength() + 1)
        } else {
            self.unary()
        }
    }
}
