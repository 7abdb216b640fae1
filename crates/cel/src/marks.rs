//! Operators and other signs, and what people write for them.

use crate::lex::Lexer;
use crate::mistake::{Mistake, quoted};
use crate::quotes;
use crate::token::{Bracket, Tok};
use crate::tree::{Operator, Span};

/// CEL's signs. Of two that begin alike the longer stands first.
const SIGNS: [(&str, Tok); 18] = [
    ("==", Tok::Operator(Operator::Equal)),
    ("!=", Tok::Operator(Operator::NotEqual)),
    ("<=", Tok::Operator(Operator::LessOrEqual)),
    (">=", Tok::Operator(Operator::GreaterOrEqual)),
    ("&&", Tok::Operator(Operator::And)),
    ("||", Tok::Operator(Operator::Or)),
    ("<", Tok::Operator(Operator::Less)),
    (">", Tok::Operator(Operator::Greater)),
    ("!", Tok::Not),
    ("+", Tok::Operator(Operator::Add)),
    ("-", Tok::Operator(Operator::Subtract)),
    ("*", Tok::Operator(Operator::Multiply)),
    ("/", Tok::Operator(Operator::Divide)),
    ("%", Tok::Operator(Operator::Remainder)),
    (".", Tok::Dot),
    (",", Tok::Comma),
    (":", Tok::Colon),
    ("?", Tok::Question(false)),
];

/// Signs of other languages, and CEL's in their place. Of two that begin alike the longer stands first.
const OTHERS: [(&str, &str); 33] = [
    ("===", "=="),
    ("!==", "!="),
    ("&amp;&amp;", "&&"),
    ("&amp;", "&&"),
    ("&lt;=", "<="),
    ("&gt;=", ">="),
    ("&lt;&gt;", "!="),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("<>", "!="),
    ("=<", "<="),
    ("=!", "!="),
    ("~=", "!="),
    (":=", "=="),
    ("&&&", "&&"),
    ("|||", "||"),
    ("::", "."),
    ("=", "=="),
    ("&", "&&"),
    ("|", "||"),
    ("≤", "<="),
    ("≥", ">="),
    ("≠", "!="),
    ("≈", "=="),
    ("¬", "!"),
    ("∧", "&&"),
    ("∨", "||"),
    ("×", "*"),
    ("·", "*"),
    ("÷", "/"),
    ("–", "-"),
    ("—", "-"),
    ("−", "-"),
];

/// Signs that change a variable.
const ASSIGNING: [(&str, Operator); 5] = [
    ("+=", Operator::Add),
    ("-=", Operator::Subtract),
    ("*=", Operator::Multiply),
    ("/=", Operator::Divide),
    ("%=", Operator::Remainder),
];

/// Two signs with a blank between them that are one.
const SPACED: [(&str, char, char); 6] =
    [("==", '=', '='), ("!=", '!', '='), ("<=", '<', '='), (">=", '>', '='), ("&&", '&', '&'), ("||", '|', '|')];

fn known(sign: &str) -> Option<Tok> {
    SIGNS.iter().find(|(known, _)| *known == sign).map(|(_, kind)| *kind)
}

/// Reads the sign that begins here.
pub(crate) fn mark(lexer: &mut Lexer<'_>, first: char) {
    let start = lexer.at;
    let rest = lexer.rest();
    if let Some((meant, width)) = spaced(rest) {
        return meant_sign(lexer, width, meant, |written| format!("{written} is not an operator"));
    }
    for (sign, kind) in [
        ("=~", Tok::Matches(true)),
        ("!~", Tok::Matches(false)),
        ("=>", Tok::Arrow),
        ("->", Tok::Arrow),
        (";", Tok::Semicolon),
    ] {
        if rest.starts_with(sign) {
            lexer.at += sign.len();
            return lexer.push(kind, start);
        }
    }
    if let Some((sign, operator)) = ASSIGNING.iter().find(|(sign, _)| rest.starts_with(sign)) {
        lexer.at += sign.len();
        let span = Span::new(start, lexer.at);
        let mistake =
            Mistake::new(span, format!("`{sign}` changes a variable, but expressions can't change variables"))
                .help(format!("write `{}` here, and set the variable in a `setVariable` action", operator.sign()));
        lexer.mistakes.push(mistake.edit(span, operator.sign()));
        return lexer.push(Tok::Operator(*operator), start);
    }
    if rest.starts_with("++") && !lexer.wants_operand() {
        lexer.at += 2;
        let span = Span::new(start, lexer.at);
        let mistake = Mistake::new(span, "`++` changes a variable, but expressions can't change variables");
        let mistake = mistake.help("write `+ 1` here, and set the variable in a `setVariable` action");
        lexer.mistakes.push(mistake.edit(span, " + 1"));
        return lexer.push(Tok::Wrong, start);
    }
    for entity in ["&quot;", "&#34;", "&apos;", "&#39;"] {
        if rest.starts_with(entity) {
            return quotes::entity(lexer, entity);
        }
    }
    let right = SIGNS.iter().find(|(sign, _)| rest.starts_with(sign));
    let other = OTHERS.iter().find(|(sign, _)| rest.starts_with(sign));
    match (right, other) {
        (Some((sign, kind)), other) if other.is_none_or(|(longer, _)| longer.len() <= sign.len()) => {
            if *sign == "*" && rest.starts_with("**") {
                lexer.at += 2;
                let span = Span::new(start, lexer.at);
                lexer.mistakes.push(Mistake::new(span, "there is no operator for powers").expected("`x * x`"));
                return lexer.push(Tok::Wrong, start);
            }
            if *sign == "%" && lexer.wants_operand() && rest.chars().nth(1).is_some_and(char::is_alphabetic) {
                return sigil(lexer, '%');
            }
            lexer.at += sign.len();
            lexer.push(*kind, start);
        }
        (_, Some((sign, meant))) => {
            meant_sign(lexer, sign.len(), meant, |written| format!("{written} is not an operator"));
        }
        _ => unknown(lexer, first),
    }
}

fn meant_sign(lexer: &mut Lexer<'_>, width: usize, meant: &'static str, message: impl Fn(&str) -> String) {
    let start = lexer.at;
    lexer.at += width;
    let span = Span::new(start, lexer.at);
    let message = message(&quoted(span.of(lexer.source)));
    lexer.mistakes.push(Mistake::meant(span, message, meant));
    lexer.push(known(meant).unwrap_or(Tok::Wrong), start);
}

/// `= =` and its like: what it means, and how wide it is.
fn spaced(rest: &str) -> Option<(&'static str, usize)> {
    SPACED.iter().find_map(|(meant, first, second)| {
        let behind = rest.strip_prefix(*first)?;
        let after = behind.trim_start_matches([' ', '\t']);
        let blanks = behind.len() - after.len();
        let last = after.strip_prefix(*second)?;
        (blanks > 0 && !last.starts_with(*second) && !last.starts_with('~')).then_some((*meant, 2 + blanks))
    })
}

/// A sign before a name that other languages' variables have.
pub(crate) fn sigil(lexer: &mut Lexer<'_>, sign: char) {
    let start = lexer.at;
    lexer.at += sign.len_utf8();
    // JSONPath begins with `$.`.
    let width = if sign == '$' && lexer.rest().starts_with('.') { 2 } else { 1 };
    let name = lexer.word_length(start + width);
    let span = Span::new(start, start + width);
    if name == 0 {
        lexer.mistakes.push(Mistake::new(span, format!("`{sign}` is not allowed in an expression")));
        return lexer.push(Tok::Wrong, start);
    }
    lexer.at = start + width;
    let name = lexer.rest().get(..name).unwrap_or_default();
    let mut mistake = Mistake::new(span, format!("`{sign}` is not allowed before names"))
        .help(format!("write `{name}`"))
        .edit(span, "");
    let begin = lexer.at;
    lexer.at += name.len();
    lexer.push(Tok::Name, begin);
    if sign == '%' && lexer.byte(lexer.at) == Some(b'%') {
        mistake = mistake.edit(Span::new(lexer.at, lexer.at + 1), "");
        lexer.at += 1;
    }
    lexer.mistakes.push(mistake);
}

fn unknown(lexer: &mut Lexer<'_>, first: char) {
    let start = lexer.at;
    if first == '@' {
        return sigil(lexer, first);
    }
    // Full-width forms stand in the same order as ASCII.
    if ('\u{ff01}'..='\u{ff5e}').contains(&first)
        && let Some(plain) = u8::try_from(first as u32 - 0xff01 + 0x21).ok().map(char::from)
    {
        lexer.at += first.len_utf8();
        let span = Span::new(start, lexer.at);
        lexer.mistakes.push(Mistake::meant(span, format!("`{first}` is a full-width character"), &plain.to_string()));
        let kind = match plain {
            '(' => Tok::Open(Bracket::Round),
            ')' => Tok::Close(Bracket::Round),
            '[' => Tok::Open(Bracket::Square),
            ']' => Tok::Close(Bracket::Square),
            '{' => Tok::Open(Bracket::Curly),
            '}' => Tok::Close(Bracket::Curly),
            '=' => Tok::Operator(Operator::Equal),
            other => known(&other.to_string()).unwrap_or(Tok::Wrong),
        };
        return lexer.push(kind, start);
    }
    lexer.at += first.len_utf8();
    let span = Span::new(start, lexer.at);
    let shown = if first.is_control() { format!("U+{:04X}", u32::from(first)) } else { format!("`{first}`") };
    let mistake = Mistake::new(span, format!("{shown} is not allowed in an expression"));
    let mistake = match first {
        '^' => mistake.expected("`x * x` for a power, `x != y` for either, but not both"),
        '…' => mistake.expected("the expression written out"),
        '\\' => mistake.help("remove it: an expression may go over several lines").edit(span, ""),
        _ => mistake,
    };
    lexer.mistakes.push(mistake);
    if first != '\\' {
        lexer.push(Tok::Wrong, start);
    }
}
