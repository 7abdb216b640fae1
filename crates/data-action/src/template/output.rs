//! What a template prints, and where it goes: what comes from outside must not leave the place that the author gave it.

use waypost_problem::shown;

/// The most bytes that a template prints.
pub(crate) const MAX_PRINTED: usize = 4 * 1024 * 1024;

/// Where the text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// A URL.
    Url,
    /// The value of a header.
    Header,
    /// A JSON text.
    Json,
    /// A body of another kind.
    Other,
}

/// Whether a JSON text stands inside of a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quoted {
    Outside,
    Inside,
    /// Inside, after a backslash.
    Escaping,
}

/// A text that grows.
#[derive(Debug)]
pub(crate) struct Output {
    text: String,
    place: Place,
    quoted: Quoted,
    /// Whether a URL has come to its query.
    in_query: bool,
    /// References that had no value and printed their own text.
    pub(crate) unset: Vec<String>,
}

impl Output {
    pub(crate) fn new(place: Place) -> Self {
        Self { text: String::new(), place, quoted: Quoted::Outside, in_query: false, unset: Vec::new() }
    }

    pub(crate) fn into_text(self) -> String {
        self.text
    }

    /// Adds what the author wrote.
    pub(super) fn constant(&mut self, text: &str) -> Result<(), String> {
        self.follow(text);
        self.add(text)
    }

    /// Adds a value from outside, printed by the reference `source`.
    pub(super) fn value(&mut self, text: &str, source: &str) -> Result<(), String> {
        match self.place {
            Place::Url => self.url(text, source)?,
            Place::Json if self.quoted != Quoted::Outside => {
                let mut inside = self.quoted;
                for c in text.chars() {
                    inside = next(inside, c);
                    if inside == Quoted::Outside || c < ' ' {
                        return Err(format!(
                            "{} has a character that ends the JSON text that it is in; write `$esc.jsonString(…)` around it",
                            shown(source)
                        ));
                    }
                }
                if inside == Quoted::Escaping {
                    return Err(format!(
                        "{} ends with a backslash, which would change the JSON text that it is in; write `$esc.jsonString(…)` around it",
                        shown(source)
                    ));
                }
                // What the author's backslash escaped may have been this value's first character.
                self.quoted = inside;
            }
            Place::Json => self.follow(text),
            // Headers are checked as wholes.
            Place::Header | Place::Other => {}
        }
        self.add(text)
    }

    /// Adds the text of a reference that has no value.
    pub(super) fn unset(&mut self, source: &str) -> Result<(), String> {
        if self.place == Place::Url {
            return Err(format!("{} has no value; write `$!` to leave it out where it has none", shown(source)));
        }
        if !self.unset.iter().any(|unset| unset == source) {
            self.unset.push(source.to_owned());
        }
        self.constant(source)
    }

    fn add(&mut self, text: &str) -> Result<(), String> {
        if self.text.len() + text.len() > MAX_PRINTED {
            return Err(format!("the template prints more than {MAX_PRINTED} bytes"));
        }
        self.text.push_str(text);
        Ok(())
    }

    fn follow(&mut self, text: &str) {
        match self.place {
            Place::Url => self.in_query |= text.contains('?'),
            Place::Json => self.quoted = text.chars().fold(self.quoted, next),
            Place::Header | Place::Other => {}
        }
    }

    /// A value must not add parts to a URL: segments, parameters, a fragment. A whole query may be one value.
    fn url(&mut self, text: &str, source: &str) -> Result<(), String> {
        let whole_query = self.in_query && self.text.ends_with(['?', '&']);
        let bad = text.chars().find(|c| match c {
            '#' | '\\' => true,
            '/' | '?' => !self.in_query,
            '&' => self.in_query && !whole_query,
            c => c.is_control(),
        });
        match bad {
            None => Ok(()),
            Some(c) => Err(format!(
                "{} has {}, which would change the parts of the URL; write `$esc.{}(…)` around it",
                shown(source),
                if c.is_control() { "a control character".to_owned() } else { format!("`{c}`") },
                if self.in_query { "url" } else { "uriEncode" }
            )),
        }
    }
}

fn next(quoted: Quoted, c: char) -> Quoted {
    match (quoted, c) {
        (Quoted::Outside, '"') | (Quoted::Escaping, _) => Quoted::Inside,
        (Quoted::Outside, _) | (Quoted::Inside, '"') => Quoted::Outside,
        (Quoted::Inside, '\\') => Quoted::Escaping,
        (Quoted::Inside, _) => Quoted::Inside,
    }
}
