//! Flowed text (RFC 3676): lines that a mail program broke, put together again.

use std::borrow::Cow;

use super::parameters::Parameters;

/// A plain text as its reader sees it: as written, unless its Content-Type says that it is flowed.
pub(super) fn read<'x>(text: Cow<'x, str>, content_type: &[u8]) -> Cow<'x, str> {
    let parameters = Parameters::read(content_type);
    let says = |name, expected: &str| parameters.text(name).is_some_and(|value| value.eq_ignore_ascii_case(expected));
    if !says("format", "flowed") {
        return text;
    }
    Cow::Owned(joined(&text, says("delsp", "yes")))
}

/// Joins each line that ends with a space with the next one of the same depth of quotes. `delete_space` leaves out that space, as
/// languages need which have none between words (section 4.2).
fn joined(text: &str, delete_space: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The depth of the line before, if it goes on.
    let mut open = None;
    let mut rest = text;
    while !rest.is_empty() {
        let (line, after) = match rest.find(['\n', '\r']) {
            Some(end) => {
                let (line, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
                let after = after.strip_prefix("\r\n").or_else(|| after.get(1..)).unwrap_or_default();
                (line, Some(after))
            }
            None => (rest, None),
        };
        rest = after.unwrap_or_default();
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        // Section 4.4: a space was put before what would have been read as a quote or as `From `.
        let content = content.strip_prefix(' ').unwrap_or(content);
        // Section 4.3: what separates a signature ends with a space, and is a line of its own.
        let is_separator = content == "-- ";
        if let Some(depth_before) = open.take()
            && (depth_before != depth || is_separator)
        {
            end_line(&mut out);
            open_line(&mut out, depth, content);
        } else if out.is_empty() || out.ends_with('\n') {
            open_line(&mut out, depth, content);
        }
        let flows = content.ends_with(' ') && !is_separator && after.is_some();
        let kept = if flows && delete_space { content.strip_suffix(' ').unwrap_or(content) } else { content };
        out.push_str(kept);
        if flows {
            open = Some(depth);
        } else if after.is_some() {
            out.push('\n');
        }
    }
    if open.is_some() {
        end_line(&mut out);
    }
    out
}

/// A line that was to go on, and does not.
fn end_line(out: &mut String) {
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
}

fn open_line(out: &mut String, depth: usize, content: &str) {
    out.extend(std::iter::repeat_n('>', depth));
    if depth > 0 && !content.is_empty() {
        out.push(' ');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_as_they_were_broken() {
        for (text, expected) in [
            ("one \r\ntwo\r\nthree\r\n", "one two\nthree\n"),
            ("one \ntwo", "one two"),
            ("one \n", "one\n"),
            ("one ", "one "),
            ("one\n\ntwo \n\nthree\n", "one\n\ntwo \nthree\n"),
            // Quotes keep their depth.
            ("> a \n> b\nc\n", "> a b\nc\n"),
            (">> a \n> b \n> c\nd", ">> a\n> b c\nd"),
            (">a\n>\n>b\n", "> a\n>\n> b\n"),
            ("a \n> b\n", "a\n> b\n"),
            // Spaces that were put before lines.
            (" > not quoted\n From me\n  two\n", "> not quoted\nFrom me\n two\n"),
            // A signature.
            ("a \n-- \nAnn\n", "a\n-- \nAnn\n"),
            ("", ""),
        ] {
            assert_eq!(joined(text, false), expected, "{text:?}");
        }
        assert_eq!(joined("我要取消订 \n阅服务\n", true), "我要取消订阅服务\n");
    }

    #[test]
    fn other_text_is_left_as_written() {
        let read = |content_type: &str| read(Cow::Borrowed("a \nb"), content_type.as_bytes()).into_owned();
        assert_eq!(read("text/plain; format=Flowed"), "a b");
        assert_eq!(read("text/plain; format=fixed"), "a \nb");
        assert_eq!(read("text/plain"), "a \nb");
    }
}
