//! Tokens.

use crate::tree::{Operator, Span};

/// A token and its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Token {
    pub(crate) kind: Tok,
    pub(crate) span: Span,
}

/// What a token is. What the lexer has mended is what was meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Tok {
    /// A name or a word.
    Name,
    /// A name in backticks.
    Escaped,
    /// A whole number.
    Int,
    /// One with a `u`.
    Uint,
    /// A number with a fraction or an exponent.
    Double,
    /// A text, or bytes.
    Text(Text),
    /// An operator between operands; `-` is one before an operand as well.
    Operator(Operator),
    /// `!`
    Not,
    Open(Bracket),
    Close(Bracket),
    /// `${`, which opens as `{` does.
    Dollar,
    Dot,
    Comma,
    Colon,
    /// `?`, and whether there is a `:` for it.
    Question(bool),
    /// `=>` or `->`.
    Arrow,
    Semicolon,
    /// `=~`, and `!~` if not.
    Matches(bool),
    /// Something that was reported and stands for an operand.
    Wrong,
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bracket {
    Round,
    Square,
    Curly,
}

impl Bracket {
    pub(crate) fn closing(self) -> &'static str {
        match self {
            Self::Round => ")",
            Self::Square => "]",
            Self::Curly => "}",
        }
    }
}

/// How a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text {
    /// What stands in the quotes.
    pub(crate) content: Span,
    /// Whether backslashes stand for themselves.
    pub(crate) raw: bool,
    /// Whether it is bytes.
    pub(crate) bytes: bool,
}

impl Tok {
    /// Whether an operand can begin with it. `-` is asked for apart.
    pub(crate) fn begins_operand(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Int
                | Self::Uint
                | Self::Double
                | Self::Text(_)
                | Self::Not
                | Self::Open(_)
                | Self::Dollar
                | Self::Dot
                | Self::Wrong
        )
    }

    /// Whether an operand can end with it, so that an operator must follow.
    pub(crate) fn ends_operand(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::Escaped
                | Self::Int
                | Self::Uint
                | Self::Double
                | Self::Text(_)
                | Self::Close(_)
                | Self::Wrong
        )
    }
}
