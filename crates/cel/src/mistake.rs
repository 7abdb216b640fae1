//! What is wrong in a text, and the edit that mends it.

use crate::tree::Span;

/// More mistakes of one expression are not listed: reading stops there.
pub const MAX_MISTAKES: usize = 16;

/// A mistake. Texts are lower case, without a full stop, what the user wrote in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The part of the text that is wrong.
    pub span: Span,
    /// What is wrong.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What to do.
    pub help: Option<String>,
    /// `help` as changes of the text, none overlapping another. Empty: what was meant is not clear.
    pub edits: Vec<Edit>,
}

/// A change of a text: what stands at `span`, which may be nothing, becomes `text`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// By what.
    pub text: String,
}

impl Mistake {
    pub(crate) fn new(span: Span, message: impl Into<String>) -> Self {
        Self { span, message: message.into(), expected: None, help: None, edits: Vec::new() }
    }

    /// `found` was written where CEL has `meant`.
    pub(crate) fn meant(span: Span, message: impl Into<String>, meant: &str) -> Self {
        Self::new(span, message).help(format!("did you mean `{meant}`?")).edit(span, meant)
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn edit(mut self, span: Span, text: impl Into<String>) -> Self {
        self.edits.push(Edit { span, text: text.into() });
        self
    }
}

/// Gathers mistakes, up to the limit.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    list: Vec<Mistake>,
    is_closed: bool,
}

impl Mistakes {
    pub(crate) fn push(&mut self, mistake: Mistake) {
        if !self.is_full() {
            self.list.push(mistake);
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.is_closed || self.list.len() >= MAX_MISTAKES
    }

    /// Adds the last one: reading ends here, and what seems wrong because of that is not.
    pub(crate) fn push_last(&mut self, mistake: Mistake) {
        self.push(mistake);
        self.is_closed = true;
    }

    /// Adds what to do to the last one.
    pub(crate) fn amend_last(&mut self, help: &str, span: Span, text: &str) {
        if let Some(last) = self.list.pop() {
            self.list.push(last.help(help).edit(span, text));
        }
    }

    /// Takes the last one back: it is part of another.
    pub(crate) fn forget_last(&mut self) {
        self.list.pop();
    }

    /// Takes back what is wrong at a place: it is part of another.
    pub(crate) fn forget_at(&mut self, span: Span) {
        self.list.retain(|mistake| mistake.span != span);
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// In the order of their places.
    pub(crate) fn into_vec(mut self) -> Vec<Mistake> {
        self.list.sort_by_key(|mistake| mistake.span.start);
        self.list
    }
}

/// A user's text as messages quote it.
pub(crate) fn quoted(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("`{}…`", text.get(..end).unwrap_or_default()),
        None => format!("`{text}`"),
    }
}

/// A user's text within a suggestion.
pub(crate) fn short(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
