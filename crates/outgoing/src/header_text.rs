//! Text that may stand in a header field.

/// Text without control characters: no line break can get into a header through it, whoever wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderText(String);

impl HeaderText {
    /// Takes any text. Runs of control characters, line separators and white space become one space; none is left at either end.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let breaks = |c: char| c.is_control() || c.is_whitespace();
        Self(text.split(breaks).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" "))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether there is no text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_break_is_left() {
        for (given, kept) in [
            ("Re: Refund", "Re: Refund"),
            ("a\r\nBcc: evil@x.example", "a Bcc: evil@x.example"),
            ("a\nb\rc\0d\u{85}e\u{2028}f\u{b}g", "a b c d e f g"),
            ("  \r\n ", ""),
            ("Grüße  aus Köln", "Grüße aus Köln"),
        ] {
            assert_eq!(HeaderText::new(given).as_str(), kept);
        }
    }
}
