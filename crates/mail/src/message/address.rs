//! Addresses of the header (RFC 5322, section 3.4), as senders write them.

use std::borrow::Cow;

use super::comments::{Comments, without_comments};
use super::fields::Fields;
use super::unread::ADDRESSES;
use super::words;
use crate::domain::one_form;

/// A header field that holds addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AddressField {
    /// From: who wrote it.
    From,
    /// To.
    To,
    /// Cc.
    Cc,
    /// Reply-To.
    ReplyTo,
}

impl AddressField {
    /// All of them.
    pub(super) const ALL: [Self; 4] = [Self::From, Self::To, Self::Cc, Self::ReplyTo];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::From => "from",
            Self::To => "to",
            Self::Cc => "cc",
            Self::ReplyTo => "reply-to",
        }
    }
}

/// One address of a header field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Address {
    /// The address in lower case, its domain as a U-label (RFC 5890); empty if only a name was given.
    pub address: String,
    /// The display name, decoded; empty if there is none.
    pub name: String,
    /// What follows the last `@` of the address; empty without one.
    pub domain: String,
}

/// The addresses of all fields of a name, groups flattened, and whether there are more than are read.
pub(super) fn read(fields: &Fields<'_>, field: AddressField) -> (Vec<Address>, bool) {
    let mut found = Vec::new();
    let mut more = false;
    for text in fields.unfolded(field.name()) {
        more = found.len() >= ADDRESSES || !Reader::new(&text, &mut found).list();
        if more {
            break;
        }
    }
    // The first author is whom it is from: one with an address, if any has.
    let is_author = matches!(field, AddressField::From | AddressField::ReplyTo);
    if is_author && found.first().is_some_and(|first| first.address.is_empty()) {
        found.sort_by_key(|one| one.address.is_empty());
    }
    (found, more)
}

impl Address {
    fn new(written: &str, name: &str) -> Self {
        let written: String = bare(written).to_lowercase().chars().filter(|c| !is_invisible(*c)).collect();
        let Some((local, domain)) = written.rsplit_once('@') else {
            return Self { address: written, name: name.to_owned(), domain: String::new() };
        };
        let domain = one_form(domain.trim_end_matches('.'));
        Self { address: format!("{local}@{domain}"), name: name.to_owned(), domain: domain.into_owned() }
    }
}

/// Whether a character has no width: copied along with an address, and no part of any that is in use.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// An address without what does not belong to it: white space, `mailto:`, a source route, quotes, stray brackets.
fn bare(written: &str) -> Cow<'_, str> {
    let written = written.trim().trim_matches(['\'', '<', '>', ',', ';']).trim();
    let written = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(written);
    let written = match written.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => written.get(7..).unwrap_or_default(),
        _ => written,
    };
    let written = match written.strip_prefix('@').and_then(|route| route.split_once(':')) {
        Some((_, mailbox)) => mailbox.trim(),
        None => written,
    };
    if written.starts_with('"') || !written.contains(char::is_whitespace) {
        return Cow::Borrowed(written);
    }
    // A name within the brackets, or white space around the `@`.
    let whole =
        |token: &&str| token.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    match written.split_whitespace().find(whole) {
        Some(token) => Cow::Borrowed(token),
        None => Cow::Owned(written.split_whitespace().collect()),
    }
}

/// Names without an address that may be the beginning of the next one's, as in `Vance, Ann <ann@…>`; with more commas than this
/// they are a list.
const MOST_IN_A_NAME: usize = 4;

/// One word before an address.
struct WordOf {
    text: String,
    quoted: bool,
}

/// Reads a list of addresses. Never fails: of what is no address it makes what can be made.
struct Reader<'t, 'f> {
    text: &'t str,
    at: usize,
    found: &'f mut Vec<Address>,
    /// Words before the address.
    words: Vec<WordOf>,
    /// Words after the address.
    after: Vec<WordOf>,
    angle: Option<String>,
    comment: String,
    /// Names before a comma that had no address.
    names: Vec<String>,
    /// Whether quotes and comments are known to be closed no more.
    quotes_open: bool,
    comments_open: bool,
    /// Whether what is read was an encoded word: then not again.
    decoded: bool,
    /// Whether there are more than are kept.
    more: bool,
}

impl<'t, 'f> Reader<'t, 'f> {
    fn new(text: &'t str, found: &'f mut Vec<Address>) -> Self {
        Self {
            text,
            at: 0,
            found,
            words: Vec::new(),
            after: Vec::new(),
            angle: None,
            comment: String::new(),
            names: Vec::new(),
            quotes_open: false,
            comments_open: false,
            decoded: false,
            more: false,
        }
    }

    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads everything; whether all was read.
    fn list(mut self) -> bool {
        while let Some(c) = self.rest().chars().next() {
            if self.found.len() >= ADDRESSES {
                return false;
            }
            match c {
                ',' | ';' => {
                    self.at += 1;
                    self.end(true);
                }
                // What stood before it is the name of a group, or no part of an address.
                ':' if self.angle.is_none() => {
                    self.at += 1;
                    self.words.clear();
                }
                '<' => self.bracketed(),
                '"' => self.quoted(),
                '(' => self.commented(),
                '>' | ')' | ':' => self.at += 1,
                c if c.is_whitespace() => self.at += c.len_utf8(),
                _ => self.atom(),
            }
        }
        self.end(false);
        self.flush_names();
        !self.more
    }

    /// An address in angle brackets. One that follows another without a comma is one of its own.
    fn bracketed(&mut self) {
        let rest = self.rest().trim_start_matches('<');
        let start = self.text.len() - rest.len();
        // An encoded word, a quoted local part or a comment may have anything in it.
        let mut quoted = false;
        let mut comments = Comments::default();
        let end = rest.char_indices().find(|(at, c)| {
            if !quoted && comments.cover(rest, *at) {
                return false;
            }
            if *c == '"' {
                quoted = !quoted
                    && rest.get(at + 1..).is_some_and(|after| {
                        after.get(..after.floor_char_boundary(200)).unwrap_or(after).contains('"')
                    });
            }
            !quoted && matches!(c, '>' | ',' | ';' | '<')
        });
        // A source route has commas in it.
        let end = match end {
            Some((at, ',')) if rest.starts_with('@') => {
                rest.get(at..).and_then(|after| after.find('>')).map(|more| at + more)
            }
            Some((at, _)) => Some(at),
            None => None,
        }
        .unwrap_or(rest.len());
        let inside = rest.get(..end).unwrap_or_default().trim();
        if let Some(angle) = &self.angle {
            let is_name = !angle.is_empty() && !angle.contains('@') && inside.contains('@');
            if is_name && !self.words.iter().any(|word| is_address(&word.text)) {
                // `Ann <Sales> <ann@x.example>`
                self.bracket_is_name();
            } else {
                let after = std::mem::take(&mut self.after);
                self.end(true);
                self.words = after;
            }
        }
        self.at = start + end + usize::from(rest.get(end..).is_some_and(|after| after.starts_with('>')));
        self.angle = Some(words::decode(without_comments(inside)).into_owned());
    }

    /// Makes a bracket that has no address in it part of the name.
    fn bracket_is_name(&mut self) {
        if let Some(angle) = self.angle.take() {
            self.words.push(WordOf { text: format!("<{angle}>"), quoted: false });
        }
        self.words.append(&mut self.after);
    }

    fn keep(&mut self, address: Address) {
        if address.address.is_empty() && address.name.is_empty() {
            return;
        }
        if self.found.len() < ADDRESSES {
            self.found.push(address);
        } else {
            self.more = true;
        }
    }

    fn push(&mut self, text: String, quoted: bool) {
        let words = if self.angle.is_some() { &mut self.after } else { &mut self.words };
        words.push(WordOf { text, quoted });
    }

    /// A quoted string, or a quote that is never closed: then it means nothing.
    fn quoted(&mut self) {
        let inside = self.text.get(self.at + 1..).unwrap_or_default();
        let mut text = String::new();
        let mut chars = inside.char_indices();
        let end = if self.quotes_open {
            None
        } else {
            loop {
                match chars.next() {
                    Some((at, '"')) => break Some(at),
                    Some((_, '\\')) => text.extend(chars.next().map(|(_, c)| c)),
                    Some((_, c)) => text.push(c),
                    None => break None,
                }
            }
        };
        let Some(end) = end else {
            self.quotes_open = true;
            self.at += 1;
            return;
        };
        let after = self.at + 1 + end + 1;
        if self.text.get(after..).is_some_and(|rest| rest.starts_with('@')) {
            // A quoted local part goes on as an address.
            let start = self.at;
            self.at = after;
            let end = self.atom_end();
            let address = self.text.get(start..end).unwrap_or_default().to_owned();
            self.at = end;
            self.push(address, false);
        } else {
            self.at = after;
            self.push(text, true);
        }
    }

    /// A comment; the first one is the name of an address that has no other.
    fn commented(&mut self) {
        let inside = self.text.get(self.at + 1..).unwrap_or_default();
        let mut depth = 1;
        let mut text = String::new();
        let mut chars = inside.char_indices();
        while let Some((at, c)) = chars.next().filter(|_| !self.comments_open) {
            match c {
                '\\' => {
                    text.extend(chars.next().map(|(_, c)| c));
                    continue;
                }
                '(' => depth += 1,
                ')' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                self.at += 1 + at + 1;
                if self.comment.is_empty() {
                    self.comment = text;
                }
                return;
            }
            text.push(c);
        }
        self.comments_open = true;
        self.at += 1;
    }

    fn atom(&mut self) {
        if let Some(word) = words::word_at(self.text, self.at) {
            let text = self.text.get(self.at..word.end).unwrap_or_default().to_owned();
            self.at = word.end;
            self.push(text, false);
            return;
        }
        let end = self.atom_end();
        let text = self.text.get(self.at..end).unwrap_or_default().to_owned();
        self.at = end;
        self.push(text, false);
    }

    /// Where the characters end that are neither white space nor separate addresses. An address literal may have colons.
    fn atom_end(&self) -> usize {
        let mut literal = false;
        let end = self.rest().char_indices().find(|(at, c)| {
            literal = (literal || *c == '[') && *c != ']';
            let ends =
                c.is_whitespace() || matches!(c, ',' | ';' | '<' | '>' | '"' | '(' | ')') || (*c == ':' && !literal);
            *at > 0 && ends
        });
        end.map_or(self.text.len(), |(end, _)| self.at + end)
    }

    /// Ends one address; before a comma, words without an address may belong to the next one.
    fn end(&mut self, comma: bool) {
        // `Ann <Sales> ann@x.example`
        let has_address = |words: &[WordOf]| words.iter().any(|word| !word.quoted && is_address(&word.text));
        let is_name = self.angle.as_ref().is_some_and(|angle| !angle.is_empty() && !angle.contains('@'));
        if is_name && has_address(&self.after) && !has_address(&self.words) {
            self.bracket_is_name();
        }
        let words = std::mem::take(&mut self.words);
        let after = std::mem::take(&mut self.after);
        let comment = std::mem::take(&mut self.comment);
        if let Some(mut angle) = self.angle.take() {
            let mut words = if words.is_empty() { after } else { words };
            // `ann@x.example <Ann>`: the other way round.
            if !angle.contains('@')
                && let [word] = words.as_mut_slice()
                && is_address(&word.text)
            {
                std::mem::swap(&mut angle, &mut word.text);
            }
            let mut name = std::mem::take(&mut self.names).join(", ");
            let own = phrase(&words);
            if !name.is_empty() && !own.is_empty() {
                name.push_str(", ");
            }
            name.push_str(&own);
            if name.is_empty() {
                name = comment;
            }
            if angle.is_empty() && name.is_empty() {
                return;
            }
            self.keep(Address::new(&angle, &decoded(&name)));
            return;
        }
        let words = joined_at_signs(words);
        let stands_alone = |word: &&WordOf| !word.quoted && is_address(&word.text);
        if words.iter().any(|word| stands_alone(&word)) {
            self.flush_names();
            let name = phrase(words.iter().filter(|word| !stands_alone(word)));
            let name = decoded(if name.is_empty() { &comment } else { &name });
            let mut name = Some(name);
            for word in words.iter().filter(stands_alone) {
                let name = name.take().unwrap_or_default();
                self.keep(Address::new(&word.text, &name));
            }
            return;
        }
        let name = phrase(&words);
        // `Ann (ann@x.example)`: the other way round.
        if is_address(&comment) && !comment.contains(char::is_whitespace) {
            self.flush_names();
            self.keep(Address::new(&comment, &decoded(&name)));
            return;
        }
        if name.is_empty() {
            if !comment.is_empty() && !comma {
                self.names.push(comment);
            }
            return;
        }
        // RFC 2047, section 5, forbids to encode an address, and nobody means to quote one with its name; both are done.
        if !self.decoded {
            let text = words::decode(Cow::Borrowed(&name));
            if text.contains('@') && (text != name || words.iter().any(|word| word.quoted)) {
                self.flush_names();
                let mut reader = Reader::new(&text, self.found);
                reader.decoded = true;
                reader.list();
                return;
            }
        }
        self.names.push(name);
        if !comma || self.names.len() > MOST_IN_A_NAME {
            self.flush_names();
        }
    }

    /// Names that turned out to be all there is.
    fn flush_names(&mut self) {
        for name in std::mem::take(&mut self.names) {
            self.keep(Address { name: decoded(&name), ..Address::default() });
        }
    }
}

/// Whether a word is an address as it stands.
fn is_address(word: &str) -> bool {
    let encoded = word.starts_with("=?");
    !encoded && word.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

/// Words with those around a lone `@` put together: white space there is obsolete but legal (RFC 5322, section 4.4).
fn joined_at_signs(words: Vec<WordOf>) -> Vec<WordOf> {
    let mut joined: Vec<WordOf> = Vec::with_capacity(words.len());
    for word in words {
        match joined.last_mut() {
            Some(last)
                if !word.quoted
                    && !last.quoted
                    && (word.text.starts_with('@') != last.text.ends_with('@'))
                    && !is_address(&last.text) =>
            {
                last.text.push_str(&word.text);
            }
            _ => joined.push(word),
        }
    }
    joined
}

fn phrase<'w>(words: impl IntoIterator<Item = &'w WordOf>) -> String {
    let mut phrase = String::new();
    for word in words {
        if !phrase.is_empty() && !word.text.is_empty() {
            phrase.push(' ');
        }
        phrase.push_str(&word.text);
    }
    phrase
}

fn decoded(name: &str) -> String {
    words::decode(Cow::Borrowed(name)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let mut found = Vec::new();
        assert!(Reader::new(text, &mut found).list());
        let found: Vec<_> = found.iter().map(|one| (&*one.address, &*one.name)).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn addresses_as_they_are_sent() {
        check("ann@x.example", &[("ann@x.example", "")]);
        check("Ann Vance <Ann@X.example>", &[("ann@x.example", "Ann Vance")]);
        check("ann@x.example (Ann (the) Vance)", &[("ann@x.example", "Ann (the) Vance")]);
        check("\"Vance, Ann\" <ann@x.example>, b@y", &[("ann@x.example", "Vance, Ann"), ("b@y", "")]);
        // Commas without quotes.
        check("Vance, Ann <ann@x.example>", &[("ann@x.example", "Vance, Ann")]);
        check("Vance, Ann <a@x>, Doe, Bob <b@y>", &[("a@x", "Vance, Ann"), ("b@y", "Doe, Bob")]);
        check("Vance, Ann, Dr. <a@x>", &[("a@x", "Vance, Ann, Dr.")]);
        check("=?utf-8?Q?Vance,_Ann?= <a@x>", &[("a@x", "Vance, Ann")]);
        check("root, b@y", &[("", "root"), ("b@y", "")]);
        check("John Doe", &[("", "John Doe")]);
        // Quotes.
        check("\"Shop - =?utf-8?b?w4RubiI=?= <a@x>", &[("a@x", "Shop - Änn\"")]);
        check("Ann \"the Boss <a@x>", &[("a@x", "Ann the Boss")]);
        check("\"a b\"@x.example", &[("\"a b\"@x.example", "")]);
        check("<\"a>b\"@x.example>", &[("\"a>b\"@x.example", "")]);
        check("\"ann@fake.example\" <real@x>", &[("real@x", "ann@fake.example")]);
        check("ann@fake.example <real@x>", &[("real@x", "ann@fake.example")]);
        check("'ann@x.example' <ann@x.example>", &[("ann@x.example", "'ann@x.example'")]);
        check("'ann@x.example'", &[("ann@x.example", "")]);
        check("\"=?UTF-8?Q?Miros=C5=82aw?=\" <a@x>", &[("a@x", "Mirosław")]);
        // Brackets.
        check("Ann <ann@x.example", &[("ann@x.example", "Ann")]);
        check("Ann <<ann@x.example>>", &[("ann@x.example", "Ann")]);
        check("Ann ann@x.example>", &[("ann@x.example", "Ann")]);
        check("<mailto:ann@x.example>", &[("ann@x.example", "")]);
        // Comments are no part of an address, wherever they stand.
        check("Ann (of Sales) <ann(c)@s.example>", &[("ann@s.example", "Ann")]);
        check("<ann@(of >,<)s.example>, b@y", &[("ann@s.example", ""), ("b@y", "")]);
        check("Ann <(a (b) \\) c) ann @ s.example (d)>", &[("ann@s.example", "Ann")]);
        check("ann(c)@s.example, b@(d)y(Bob)", &[("ann@s.example", "c"), ("b@y", "d")]);
        check("<\"a(b)\"@s.example>", &[("\"a(b)\"@s.example", "")]);
        check("Ann <ann(@s.example>, b@y", &[("ann(@s.example", "Ann"), ("b@y", "")]);
        check("mailto:ann@x.example", &[("ann@x.example", "")]);
        check("< ann @ x.example >", &[("ann@x.example", "")]);
        check("ann @ x.example", &[("ann@x.example", "")]);
        check("<@a.example,@b.example:ann@x.example>", &[("ann@x.example", "")]);
        check("<Ann ann@x.example>", &[("ann@x.example", "")]);
        check("<ann@x.example> Ann", &[("ann@x.example", "Ann")]);
        check("<ann@x.example> (Ann)", &[("ann@x.example", "Ann")]);
        check("Ann <>", &[("", "Ann")]);
        check("<>", &[]);
        check("<mailto:>, \"\"", &[]);
        check("ann@x.example.", &[("ann@x.example", "")]);
        check("ann@[IPv6:::1]", &[("ann@[ipv6:::1]", "")]);
        // Without commas, and with others.
        check("Bob <b@o> Bobby <bobby@e>", &[("b@o", "Bob"), ("bobby@e", "Bobby")]);
        // A bracket without an address is part of the name.
        check("Ann <Sales> <ann@x.example>", &[("ann@x.example", "Ann <Sales>")]);
        check("\"Ann\" <Sales Team> ann@x.example", &[("ann@x.example", "Ann <Sales Team>")]);
        check("Ann <Sales>, b@y", &[("sales", "Ann"), ("b@y", "")]);
        check("<Sales> <ann@x.example>, Bob <b@y>", &[("ann@x.example", "<Sales>"), ("b@y", "Bob")]);
        // Characters without width.
        check("\u{200B}ann@x.example\u{FEFF}", &[("ann@x.example", "")]);
        check("Ann <\u{202A}ann\u{AD}@x.example\u{202C}>", &[("ann@x.example", "Ann")]);
        check("<a@x><b@y>", &[("a@x", ""), ("b@y", "")]);
        check("a@x b@y", &[("a@x", ""), ("b@y", "")]);
        check("Ann <a@x>; b@y; c@z", &[("a@x", "Ann"), ("b@y", ""), ("c@z", "")]);
        check("Ann Vance a@x", &[("a@x", "Ann Vance")]);
        check("\"Ann Vance\" a@x", &[("a@x", "Ann Vance")]);
        check("Vance; Ann <a@x>", &[("a@x", "Vance, Ann")]);
        // Name and address where the other belongs, or both as one.
        check("ann@x.example <Ann Vance>", &[("ann@x.example", "Ann Vance")]);
        check("Ann Vance (ann@x.example)", &[("ann@x.example", "Ann Vance")]);
        check("Ann Vance [ann@x.example]", &[("ann@x.example", "Ann Vance")]);
        check("\"Ann Vance <ann@x.example>\"", &[("ann@x.example", "Ann Vance")]);
        check("\"ann@x.example\"", &[("ann@x.example", "")]);
        check(",, a@x,,b@y,", &[("a@x", ""), ("b@y", "")]);
        // Encoded as a whole.
        check("=?utf-8?b?w4RubiBWYW5jZSA8YW5uQHNlbmRlci5leGFtcGxlPg==?=", &[("ann@sender.example", "Änn Vance")]);
        check("=?utf-8?Q?ann=40x.example?=", &[("ann@x.example", "")]);
        check("Ann <=?utf-8?Q?ann=40x.example?=>", &[("ann@x.example", "Ann")]);
        check("=?utf-8?Q?ann=40x.example?= <b@y>", &[("b@y", "ann@x.example")]);
        // Groups.
        check("Team: X <x@o>, y@o;, z@o", &[("x@o", "X"), ("y@o", ""), ("z@o", "")]);
        check("undisclosed-recipients:;", &[]);
        check("Email: Ann <a@x>", &[("a@x", "Ann")]);
        // One domain, two forms.
        check("a@XN--BCHER-KVA.example, b@bücher.example", &[("a@bücher.example", ""), ("b@bücher.example", "")]);
        check("", &[]);
        check("(only a comment)", &[("", "only a comment")]);
    }

    #[test]
    fn hostile_lists_take_no_time() {
        for piece in
            ["\"", "(", "<", "<(", "<((((((((", "a,", "a@b,", "a@b ", "@ ", "\"a\" ", "((", "<\"", "a:", "=?a?q?", "<a"]
        {
            let text = piece.repeat(1_000_000 / piece.len());
            let mut found = Vec::new();
            Reader::new(&text, &mut found).list();
            assert!(found.len() <= ADDRESSES, "{piece} gives {}", found.len());
        }
    }
}
