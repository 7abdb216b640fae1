//! Pages that a browser shows nothing of, because a `title` or `style` in the head never ends: written as XML (`<title/>`), or cut off.
//! What they hold is no markup, so that the whole page is in them. Mail programs that write such pages read them as XML, and
//! their readers see text.

use memchr::memmem;

/// Elements whose content is no markup.
const RAW: [&str; 7] = ["title", "style", "script", "textarea", "iframe", "noframes", "xmp"];

/// The page with such elements ended, where they are empty or before the body; `None` if there are none.
pub(super) fn mended(html: &str) -> Option<String> {
    let lower = html.to_ascii_lowercase();
    let mut mended = String::new();
    let mut kept = 0;
    let mut at = 0;
    // Names that nothing ends from here on.
    let mut endless = [false; RAW.len()];
    while let Some(found) = memchr::memchr(b'<', lower.as_bytes().get(at..).unwrap_or_default()) {
        at += found + 1;
        let Some(rest) = lower.get(at..) else { break };
        if rest.starts_with("!--") {
            at += rest.find("-->").unwrap_or(3);
            continue;
        }
        let Some((which, name)) = RAW.iter().enumerate().find(|(_, name)| is_tag(rest, name)) else { continue };
        let Some(end) = memchr::memchr(b'>', rest.as_bytes()) else { break };
        let after = at + end + 1;
        let rest = lower.get(after..).unwrap_or_default();
        let close = format!("</{name}");
        if lower.get(..after).is_some_and(|tag| tag.ends_with("/>")) {
            mended.push_str(html.get(kept..after).unwrap_or_default());
            mended.push_str(&close);
            mended.push('>');
            (kept, at) = (after, after);
            continue;
        }
        let closed =
            if endless.get(which) == Some(&true) { None } else { memmem::find(rest.as_bytes(), close.as_bytes()) };
        if let Some(closed) = closed {
            at = after + closed + close.len();
            continue;
        }
        if let Some(flag) = endless.get_mut(which) {
            *flag = true;
        }
        let Some(body) =
            ["</head", "<body"].iter().filter_map(|tag| memmem::find(rest.as_bytes(), tag.as_bytes())).min()
        else {
            break;
        };
        at = after + body;
        mended.push_str(html.get(kept..at).unwrap_or_default());
        mended.push_str(&close);
        mended.push('>');
        kept = at;
    }
    if kept == 0 {
        return None;
    }
    mended.push_str(html.get(kept..).unwrap_or_default());
    Some(mended)
}

/// Whether a tag of this name begins.
fn is_tag(text: &str, name: &str) -> bool {
    text.strip_prefix(name).is_some_and(|rest| rest.starts_with(['>', '/', ' ', '\t', '\r', '\n']))
}
