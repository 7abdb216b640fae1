//! JSONPath (RFC 9535), as far as answers need it, and what Genesys's files have beyond it.
//!
//! `serde_json_path` reads and evaluates; this module makes of a path what it takes, refuses by name what it can't, and bounds what a path costs:
//! with d descendant segments (`..`) it is a tree's nodes times its depth to the power of d - 1.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value as Json;
use serde_json_path::JsonPath;

use waypost_problem::{Problem, shown};

/// The longest path, in bytes.
const MAX_PATH: usize = 1024;
/// How often `..` may be written.
const MAX_DESCENDANTS: usize = 2;
/// How deep brackets may be nested: the library's reader tries some of them twice at each level.
const MAX_NESTED: usize = 6;
/// How often one node may be found: the product of the selectors between commas.
const MAX_REPEATED: usize = 32;
/// How much all paths of a definition may find in one answer, in about as many bytes as JSON takes. With `..` a value may be found once for
/// each value that it is in.
pub(crate) const MAX_FOUND: usize = 16 * 1024 * 1024;

/// A path, ready to find something.
pub(crate) struct Path {
    path: JsonPath,
    /// Whether it stands for one value: names and indexes alone.
    single: bool,
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.path)
    }
}

impl Path {
    /// Reads a path. One without `$` begins at the root.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn read(text: &str, place: &str) -> Result<Self, Problem> {
        let problem = |message: String| Problem::new(place, message);
        let text = text.trim();
        if text.is_empty() {
            return Err(problem("the path is empty".to_owned()).expected("a JSONPath, such as `$.customer.name`"));
        }
        if text.len() > MAX_PATH {
            return Err(problem("the path is too long".to_owned()).expected(format!("at most {MAX_PATH} bytes")));
        }
        let rooted = match text.chars().next() {
            Some('$') => Cow::Borrowed(text),
            Some('.' | '[') => Cow::Owned(format!("${text}")),
            _ => Cow::Owned(format!("$.{text}")),
        };
        let mut reader = Reader {
            text: &rooted,
            at: 1,
            written: "$".to_owned(),
            single: true,
            descendants: 0,
            repeated: 1,
            nested: 0,
        };
        reader.segments(false).map_err(|wrong| problem(format!("{wrong} in the path {}", shown(text))))?;
        let path = JsonPath::parse(&reader.written).map_err(|_| {
            let expected = "a path such as `$.items[?(@.kind == 'a')].id`";
            problem(format!("not a valid JSONPath: {}", shown(text))).expected(expected)
        })?;
        Ok(Self { path, single: reader.single })
    }

    /// What it finds: the value for a path of names and indexes, else a list of all that fit, which may be empty. `left` is how much may
    /// still be found.
    ///
    /// # Errors
    /// In words, that it finds too much.
    pub(crate) fn find<'j>(&self, json: &'j Json, left: &mut usize) -> Result<Option<Cow<'j, Json>>, String> {
        let found = self.path.query(json);
        if self.single {
            return Ok(found.first().map(Cow::Borrowed));
        }
        let found = found.all();
        for json in &found {
            spend(json, left).ok_or("the path finds too much of the answer")?;
        }
        Ok(Some(Cow::Owned(Json::Array(found.into_iter().cloned().collect()))))
    }
}

/// Takes what a value's copy costs from what is left; none if that is not enough.
fn spend(json: &Json, left: &mut usize) -> Option<()> {
    let own: usize = match json {
        Json::Null | Json::Bool(_) | Json::Number(_) => 0,
        Json::String(text) => text.len(),
        Json::Array(list) => {
            list.iter().try_for_each(|element| spend(element, left))?;
            0
        }
        Json::Object(map) => {
            map.values().try_for_each(|value| spend(value, left))?;
            map.keys().map(|name| name.len() + 8).sum()
        }
    };
    *left = left.checked_sub(own + 8)?;
    Some(())
}

/// Goes through a path once, and writes it as the library takes it.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    written: String,
    single: bool,
    descendants: usize,
    repeated: usize,
    nested: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Copies a character.
    fn copy(&mut self) {
        if let Some(c) = self.peek() {
            self.written.push(c);
            self.at += c.len_utf8();
        }
    }

    fn spaces(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.copy();
        }
    }

    /// Segments, up to the end of the path or, in a filter, of the query.
    fn segments(&mut self, in_filter: bool) -> Result<(), String> {
        loop {
            match self.peek() {
                Some('.') => {
                    if self.rest().starts_with("..") {
                        self.descendants += 1;
                        if self.descendants > MAX_DESCENDANTS {
                            return Err(format!("more than {MAX_DESCENDANTS} times `..`"));
                        }
                        self.single &= in_filter;
                        self.written.push_str("..");
                        self.at += 2;
                    } else {
                        self.at += 1;
                        // `$.[0]` is `$[0]`.
                        if self.peek() != Some('[') {
                            self.written.push('.');
                        }
                    }
                    self.member(in_filter)?;
                }
                Some('[') => self.bracket(in_filter)?,
                None => return Ok(()),
                Some(_) if in_filter => return Ok(()),
                Some(c) => return Err(format!("unexpected {}", shown(&c.to_string()))),
            }
        }
    }

    /// What stands after a dot.
    fn member(&mut self, in_filter: bool) -> Result<(), String> {
        match self.peek() {
            Some('*') => {
                self.single &= in_filter;
                self.copy();
                return Ok(());
            }
            Some('[') => return Ok(()),
            _ => {}
        }
        let ends = |c: char| {
            matches!(c, '.' | '[' | '(' | ']' | ')' | ',')
                || in_filter
                    && (c.is_whitespace() || matches!(c, '=' | '!' | '<' | '>' | '&' | '|' | '~' | '+' | '*' | '/'))
        };
        let length = self.rest().find(ends).unwrap_or(self.rest().len());
        let name = self.rest().get(..length).unwrap_or_default().to_owned();
        if name.is_empty() {
            return Err("a name is missing after `.`".to_owned());
        }
        self.at += length;
        if self.rest().starts_with('(') {
            return Err(format!("the function {} is not supported", shown(&format!(".{name}()"))));
        }
        let shorthand = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || !c.is_ascii())
            && !name.starts_with(|c: char| c.is_ascii_digit());
        if shorthand {
            self.written.push_str(&name);
            return Ok(());
        }
        // Names with hyphens and the like are for brackets (RFC 9535, section 2.5.1); files have them after dots.
        if !self.written.ends_with("..") {
            self.written.pop();
        }
        let quoted = name.replace('\\', "\\\\").replace('\'', "\\'");
        self.written.push_str(&format!("['{quoted}']"));
        Ok(())
    }

    fn bracket(&mut self, in_filter: bool) -> Result<(), String> {
        self.deeper()?;
        self.copy();
        let mut selectors = 1;
        loop {
            match self.peek() {
                Some(']') => {
                    self.copy();
                    break;
                }
                Some('"' | '\'') => self.quoted()?,
                Some('?') => {
                    self.single &= in_filter;
                    self.copy();
                    self.filter()?;
                }
                Some('(') => return Err("a script (`[(…)]`) is not supported".to_owned()),
                Some('*' | ':') => {
                    self.single &= in_filter;
                    self.copy();
                }
                Some(',') => {
                    self.single &= in_filter;
                    selectors += 1;
                    self.copy();
                }
                Some(_) => self.copy(),
                None => return Err("`[` without `]`".to_owned()),
            }
        }
        self.nested -= 1;
        self.repeated = self.repeated.saturating_mul(selectors);
        if self.repeated > MAX_REPEATED {
            return Err(format!("selectors that may find one value more than {MAX_REPEATED} times"));
        }
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.nested += 1;
        if self.nested > MAX_NESTED {
            return Err(format!("brackets nested more than {MAX_NESTED} levels deep"));
        }
        Ok(())
    }

    fn quoted(&mut self) -> Result<(), String> {
        let quote = self.peek();
        self.copy();
        loop {
            match self.peek() {
                Some('\\') => {
                    self.copy();
                    self.copy();
                }
                None => return Err("a text without a closing quote".to_owned()),
                c => {
                    self.copy();
                    if c == quote {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// A filter, up to the bracket or comma that ends it.
    fn filter(&mut self) -> Result<(), String> {
        let outer = self.nested;
        loop {
            self.spaces();
            match self.peek() {
                Some(']' | ',') | None if self.nested == outer => return Ok(()),
                None => return Err("`(` without `)`".to_owned()),
                Some('"' | '\'') => self.quoted()?,
                Some('@') => {
                    self.copy();
                    self.segments(true)?;
                }
                Some('$') => return Err("a filter that looks at the whole answer (`$`) is not supported".to_owned()),
                Some('(') => {
                    self.deeper()?;
                    self.copy();
                }
                Some(')') => {
                    self.nested =
                        self.nested.checked_sub(1).filter(|nested| *nested >= outer).ok_or("`)` without `(`")?;
                    self.copy();
                }
                Some('=') if self.rest().starts_with("=~") => {
                    return Err("the operator `=~` is not supported".to_owned());
                }
                Some(c) if c.is_alphabetic() => self.word()?,
                Some(_) => self.copy(),
            }
        }
    }

    /// A word in a filter: a constant, a function, or an operator that is not offered.
    fn word(&mut self) -> Result<(), String> {
        let length = self.rest().find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(self.rest().len());
        let word = self.rest().get(..length).unwrap_or_default().to_owned();
        let is_function = self.rest().get(length..).is_some_and(|rest| rest.starts_with('('));
        let functions = ["length", "count", "value", "match", "search"];
        match word.as_str() {
            "true" | "false" | "null" => {}
            word if is_function && functions.contains(&word) => {}
            _ if is_function => return Err(format!("the function {} is not supported", shown(&format!("{word}()")))),
            _ => return Err(format!("the operator {} is not supported", shown(&word))),
        }
        self.written.push_str(&word);
        self.at += length;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_paths_find_is_bounded() {
        let one = format!("{}1{}", r#"{"data":"#.repeat(100), "}".repeat(100));
        let answer: Json = serde_json::from_str(&format!("[{}]", vec![one; 1000].join(","))).unwrap();
        let path = Path::read("$..data", "").unwrap();
        let mut left = MAX_FOUND;
        assert!(path.find(&answer, &mut left).is_err(), "each value once for each that it is in");
        let mut left = MAX_FOUND;
        let all = Path::read("$[*]", "").unwrap().find(&answer, &mut left).unwrap();
        assert!(all.is_some_and(|all| *all == answer) && left < MAX_FOUND);
    }
}
