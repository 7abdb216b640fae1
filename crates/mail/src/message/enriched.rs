//! Enriched text (RFC 1896) as its reader sees it, and richtext (RFC 1341, section 7.1.3), which came before it.

/// The longest name of a command (RFC 1896, section 2), and more than any has in richtext.
const LONGEST_NAME: usize = 60;

/// Commands that begin and end on a line of their own.
const BLOCKS: [&str; 8] =
    ["center", "flushleft", "flushright", "flushboth", "paraindent", "excerpt", "paragraph", "nofill"];

/// The text without its commands. A single line end is a space, of several one is left out; `nofill` keeps all. An excerpt is quoted.
pub(super) fn read(source: &str) -> String {
    let mut out = Writer { text: String::with_capacity(source.len()), quoted: 0 };
    let mut filled = true;
    // What a `param` or a comment has in it is for programs.
    let mut unshown: Option<String> = None;
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let after = rest.get(c.len_utf8()..).unwrap_or_default();
        if c == '<' && after.starts_with('<') {
            if unshown.is_none() {
                out.put('<');
            }
            rest = after.get(1..).unwrap_or_default();
        } else if let Some((name, ends, after)) = command(rest) {
            rest = after;
            match &unshown {
                Some(until) => unshown = Some(until.clone()).filter(|until| !(ends && name == *until)),
                None if !ends && matches!(&*name, "param" | "comment") => unshown = Some(name),
                None => {
                    filled = if name == "nofill" { ends } else { filled };
                    out.command(&name, ends);
                }
            }
        } else if c == '\n' || c == '\r' {
            let (count, after) = line_ends(rest);
            rest = after;
            if unshown.is_none() {
                out.line_ends(count, filled);
            }
        } else {
            if unshown.is_none() {
                out.put(c);
            }
            rest = after;
        }
    }
    out.text
}

/// A command at the beginning of a text: its name in lower case, whether it ends, and what follows.
fn command(text: &str) -> Option<(String, bool, &str)> {
    let inside = text.strip_prefix('<')?;
    let (ends, inside) = inside.strip_prefix('/').map_or((false, inside), |inside| (true, inside));
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'-';
    let length = inside.bytes().take(LONGEST_NAME + 1).take_while(is_name).count();
    let (name, after) = inside.split_at_checked(length)?;
    let after = after.strip_prefix('>').filter(|_| length > 0)?;
    Some((name.to_ascii_lowercase(), ends, after))
}

/// How many line ends a text begins with, and what follows them.
fn line_ends(text: &str) -> (usize, &str) {
    let (mut count, mut rest) = (0, text);
    while let Some(after) = rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])) {
        count += 1;
        rest = after;
    }
    (count, rest)
}

struct Writer {
    text: String,
    /// How many excerpts are open.
    quoted: usize,
}

impl Writer {
    fn put(&mut self, c: char) {
        if self.quoted > 0 && self.is_at_line() {
            self.text.extend(std::iter::repeat_n('>', self.quoted));
            self.text.push(' ');
        }
        self.text.push(c);
    }

    fn is_at_line(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    fn line_ends(&mut self, count: usize, filled: bool) {
        match count {
            1 if filled && !self.is_at_line() => self.text.push(' '),
            1 if filled => {}
            _ => self.text.extend(std::iter::repeat_n('\n', if filled { count - 1 } else { count })),
        }
    }

    fn command(&mut self, name: &str, ends: bool) {
        if BLOCKS.contains(&name) && !self.is_at_line() {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            self.text.push('\n');
        }
        match name {
            "excerpt" if ends => self.quoted = self.quoted.saturating_sub(1),
            // No more than anybody quotes: each of a line's marks would be a byte for every line.
            "excerpt" => self.quoted = (self.quoted + 1).min(10),
            // Richtext writes what enriched text doubles, and its line ends, as commands.
            "lt" if !ends => self.put('<'),
            "nl" | "np" if !ends => self.text.push('\n'),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_carried_out_or_left_out() {
        for (source, expected) in [
            ("<bold>hi</bold> there", "hi there"),
            ("<Bold>Now</bOLD> is\nthe time\n\nfor all\n\n\nmen", "Now is the time\nfor all\n\nmen"),
            ("one\r\ntwo\r\n\r\nthree\r\n", "one two\nthree "),
            ("a << b <<bold> c", "a < b <bold> c"),
            ("<color><param>red</param>blood</color>", "blood"),
            ("<fontfamily><param>a\n\n<<b</param>x</fontfamily>", "x"),
            ("<nofill>a\n  b\n\nc</nofill>\nd\ne", "a\n  b\n\nc\nd e"),
            ("<center>Title</center>text", "Title\ntext"),
            ("He wrote:\n<excerpt>one\n\ntwo</excerpt>\nnew", "He wrote:\n> one\n> two\nnew"),
            ("<excerpt><excerpt>one</excerpt>two</excerpt>three", ">> one\n> two\nthree"),
            // What is no command is text.
            ("a < b, 1 <2 <x y> <ann@x.example>", "a < b, 1 <2 <x y> <ann@x.example>"),
            ("a <bold", "a <bold"),
            ("<>", "<>"),
            ("</excerpt></param>x", "x"),
            ("<param>never closed", ""),
            // Richtext.
            ("<bold>a</bold> <lt> b<nl>c<comment>no</comment>", "a < b\nc"),
            ("", ""),
        ] {
            assert_eq!(read(source), expected, "{source:?}");
        }
    }
}
