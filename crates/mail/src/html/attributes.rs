//! Counting the attributes of a tag before the tokenizer reads it: it compares each with all others of the tag.

/// Where in the syntax the input stands, as far as attributes go (HTML standard, 13.2.5.6 to 13.2.5.40).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// In text, where a tag or something else may begin.
    Text,
    /// In a comment or the like, in which nothing is an attribute.
    Other,
    TagName,
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Unquoted,
    Quoted(u8),
}

/// How many attributes the tag has in which the input stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attributes {
    state: State,
    count: usize,
}

impl Attributes {
    /// In text.
    pub(super) fn none() -> Self {
        Self { state: State::Text, count: 0 }
    }

    /// Whether the input stands in text.
    pub(super) fn is_in_text(self) -> bool {
        self.state == State::Text
    }

    /// Goes over the next piece of the input, in which no tag ends but at its end. How many attributes there are by then.
    pub(super) fn go_over(&mut self, piece: &[u8]) -> usize {
        let mut bytes = piece;
        if self.state == State::Text {
            bytes = self.begin(piece);
        }
        if self.state == State::Other {
            return self.count;
        }
        for byte in bytes {
            self.state = self.after(*byte);
        }
        self.count
    }

    /// Finds the first tag, or what else begins like one; what follows it.
    fn begin<'p>(&mut self, piece: &'p [u8]) -> &'p [u8] {
        for at in memchr::memchr_iter(b'<', piece) {
            let rest = piece.get(at + 1..).unwrap_or_default();
            self.state = match rest {
                [b'!' | b'?', ..] => State::Other,
                [b'/', b'>', ..] => continue,
                [b'/', letter, ..] if !letter.is_ascii_alphabetic() => State::Other,
                [b'/', rest @ ..] | rest if rest.first().is_some_and(u8::is_ascii_alphabetic) => State::TagName,
                _ => continue,
            };
            return rest.get(1..).unwrap_or_default();
        }
        &[]
    }

    fn after(&mut self, byte: u8) -> State {
        let is_blank = matches!(byte, b' ' | b'\t' | b'\n' | b'\r' | 0x0c);
        match (self.state, byte) {
            (State::TagName | State::Unquoted, _) if is_blank => State::BeforeName,
            (State::TagName | State::Name | State::AfterName | State::BeforeName, b'/') => State::BeforeName,
            (State::Name | State::AfterName, b'=') => State::BeforeValue,
            (State::Name, _) if is_blank => State::AfterName,
            (State::BeforeName | State::AfterName, _) if !is_blank => {
                self.count += 1;
                State::Name
            }
            (State::BeforeValue, b'"' | b'\'') => State::Quoted(byte),
            (State::BeforeValue, _) if !is_blank => State::Unquoted,
            (State::Quoted(quote), byte) if quote == byte => State::BeforeName,
            (state, _) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_counted_as_the_tokenizer_reads_them() {
        for (piece, expected) in [
            ("a < b <p>", 0),
            ("<p a>", 1),
            ("<p a b=c d = e f='g h' i=\"j k\"l/m>", 7),
            ("<p a=b/c d==\"e f>", 3),
            ("<p a\" b\" c\">", 3),
            ("<!-- <p a b c>", 0),
            ("<? a b c>", 0),
            ("</p a b>", 2),
            ("</> <p a>", 1),
            ("</1 a b c>", 0),
        ] {
            assert_eq!(Attributes::none().go_over(piece.as_bytes()), expected, "{piece}");
        }
    }
}
