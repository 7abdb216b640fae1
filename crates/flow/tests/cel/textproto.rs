//! Protocol buffers' text format, as far as CEL's conformance files use it.

/// A message: fields in written order, some more than once.
#[derive(Debug, Default)]
pub(crate) struct Message(Vec<(String, Field)>);

/// What a field holds.
#[derive(Debug)]
pub(crate) enum Field {
    /// Another message.
    Message(Message),
    /// A string, or bytes, unescaped.
    Bytes(Vec<u8>),
    /// A number, or a word such as `true`.
    Word(String),
}

impl Message {
    /// All messages of a field.
    pub(crate) fn messages<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Message> {
        self.all(name).filter_map(|field| match field {
            Field::Message(message) => Some(message),
            _ => None,
        })
    }

    /// A string; empty if it is not there.
    pub(crate) fn text(&self, name: &str) -> String {
        match self.all(name).next() {
            Some(Field::Bytes(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
            Some(Field::Word(word)) => word.clone(),
            _ => String::new(),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The first field.
    pub(crate) fn first(&self) -> Option<(&str, &Field)> {
        self.0.first().map(|(name, field)| (name.as_str(), field))
    }

    fn all<'m>(&'m self, name: &'m str) -> impl Iterator<Item = &'m Field> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, field)| field)
    }
}

/// Reads a whole file.
pub(crate) fn read(text: &str) -> Message {
    let mut reader = Reader { bytes: text.as_bytes(), at: 0 };
    let message = reader.message();
    assert_eq!(reader.at, text.len(), "the file does not read to its end");
    message
}

struct Reader<'t> {
    bytes: &'t [u8],
    at: usize,
}

impl Reader<'_> {
    fn blank(&mut self) {
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'#' => self.at += self.bytes[self.at..].iter().take_while(|byte| **byte != b'\n').count(),
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b';' => self.at += 1,
                _ => break,
            }
        }
    }

    fn next(&mut self) -> Option<u8> {
        self.blank();
        self.bytes.get(self.at).copied()
    }

    fn takes(&mut self, byte: u8) -> bool {
        let there = self.next() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn message(&mut self) -> Message {
        let mut fields = Vec::new();
        while let Some(byte) = self.next() {
            if byte == b'}' || byte == b'>' {
                break;
            }
            let name = if self.takes(b'[') {
                let name = self.word();
                assert!(self.takes(b']'));
                name
            } else {
                self.word()
            };
            let colon = self.takes(b':');
            if colon && self.takes(b'[') {
                while !self.takes(b']') {
                    fields.push((name.clone(), self.field()));
                }
            } else {
                fields.push((name, self.field()));
            }
        }
        Message(fields)
    }

    fn field(&mut self) -> Field {
        match self.next() {
            Some(b'{') => {
                self.at += 1;
                let message = self.message();
                assert!(self.takes(b'}'));
                Field::Message(message)
            }
            Some(b'"' | b'\'') => {
                let mut bytes = Vec::new();
                while let Some(quote @ (b'"' | b'\'')) = self.next() {
                    self.at += 1;
                    self.string(quote, &mut bytes);
                }
                Field::Bytes(bytes)
            }
            _ => Field::Word(self.word()),
        }
    }

    fn word(&mut self) -> String {
        self.blank();
        let start = self.at;
        let ends = |byte: &u8| b" \t\r\n:{}[]<>,;#\"'".contains(byte);
        self.at += self.bytes[start..].iter().take_while(|byte| !ends(byte)).count();
        assert!(self.at > start, "a word was due at {start}");
        String::from_utf8_lossy(&self.bytes[start..self.at]).into_owned()
    }

    fn string(&mut self, quote: u8, into: &mut Vec<u8>) {
        loop {
            let byte = self.bytes[self.at];
            self.at += 1;
            match byte {
                _ if byte == quote => return,
                b'\\' => self.escape(into),
                _ => into.push(byte),
            }
        }
    }

    fn escape(&mut self, into: &mut Vec<u8>) {
        let byte = self.bytes[self.at];
        self.at += 1;
        match byte {
            b'n' => into.push(b'\n'),
            b't' => into.push(b'\t'),
            b'r' => into.push(b'\r'),
            b'a' => into.push(7),
            b'b' => into.push(8),
            b'f' => into.push(12),
            b'v' => into.push(11),
            b'x' | b'X' => {
                let from = self.at;
                into.push(u8::try_from(self.digits(2, 16, from)).unwrap());
            }
            b'u' | b'U' => {
                let (from, count) = (self.at, if byte == b'u' { 4 } else { 8 });
                let c = char::from_u32(self.digits(count, 16, from)).unwrap_or(char::REPLACEMENT_CHARACTER);
                into.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            b'0'..=b'7' => {
                let from = self.at - 1;
                into.push(u8::try_from(self.digits(3, 8, from)).unwrap());
            }
            other => into.push(other),
        }
    }

    fn digits(&mut self, count: usize, radix: u32, from: usize) -> u32 {
        let digits = self.bytes[from..].iter().take(count).map(|byte| char::from(*byte));
        let text: String = digits.take_while(|c| c.is_digit(radix)).collect();
        self.at = from + text.len();
        u32::from_str_radix(&text, radix).unwrap()
    }
}
