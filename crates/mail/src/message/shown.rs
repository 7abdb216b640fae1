//! Which parts of a mail are shown as its text, in order; all others are attachments.
//!
//! As RFC 8621, section 4.1.4, says for `textBody` and `htmlBody`, with three things of our own: a related multipart's root
//! is found by `start`, of alternatives the plain one is passed over if it is blank or says only that one needs HTML, and a
//! mail that would show nothing shows its first text with a file name that is in line, else the first text of an unknown kind.

use super::media_type::{Combination, Kind};
use super::parameters::Parameters;
use super::structure::{Part, Structure};

/// Positions of parts.
#[derive(Debug, Default)]
pub(super) struct Shown {
    /// Those that are the body, plain or HTML.
    pub(super) body: Vec<usize>,
    /// Those that are the HTML.
    pub(super) html: Vec<usize>,
    /// Those that are attachments.
    pub(super) attachments: Vec<usize>,
}

/// What the parts within a multipart come to.
#[derive(Default)]
struct Texts {
    body: Vec<usize>,
    html: Vec<usize>,
}

struct Reader<'a, 'x> {
    structure: &'a Structure<'x>,
    says_nothing: &'a dyn Fn(&Part<'x>) -> bool,
    attachments: Vec<usize>,
}

impl Shown {
    /// `says_nothing` tells of a plain part whether it is blank or only asks for a program that shows HTML.
    pub(super) fn of<'x>(structure: &Structure<'x>, says_nothing: &dyn Fn(&Part<'x>) -> bool) -> Self {
        let mut reader = Reader { structure, says_nothing, attachments: Vec::new() };
        let mut texts = Texts::default();
        if !structure.parts.is_empty() {
            reader.part(0, true, false, &mut texts);
        }
        let Reader { mut attachments, .. } = reader;
        attachments.sort_unstable();
        if texts.body.is_empty() {
            let first = |fits: &dyn Fn(&Part<'x>) -> bool| {
                attachments.iter().position(|index| structure.parts.get(*index).is_some_and(fits))
            };
            let only = first(&is_text_in_line).or_else(|| first(&is_unknown_text)).map(|at| attachments.remove(at));
            let is_html = |index: &usize| structure.parts.get(*index).is_some_and(|part| part.kind == Kind::Html);
            texts.html.extend(only.filter(is_html));
            texts.body.extend(only);
        }
        Self { body: texts.body, html: texts.html, attachments }
    }
}

impl Reader<'_, '_> {
    fn part(&mut self, index: usize, first: bool, alternative: bool, to: &mut Texts) {
        let Some(part) = self.structure.parts.get(index) else { return };
        match part.kind {
            Kind::Multipart(_) if part.undivided => to.body.push(index),
            Kind::Multipart(Combination::Alternative) => self.alternatives(index, to),
            Kind::Multipart(Combination::Related) => self.related(index, alternative, to),
            Kind::Multipart(Combination::Mixed | Combination::Digest) => {
                for (position, child) in self.structure.within(index).enumerate() {
                    self.part(child, position == 0, alternative, to);
                }
            }
            Kind::Plain | Kind::Enriched | Kind::Html
                if !is_attached(part) && (first || alternative || !has_name(part)) =>
            {
                to.body.push(index);
                if part.kind == Kind::Html {
                    to.html.push(index);
                }
            }
            _ => self.attachments.push(index),
        }
    }

    /// The plain form is the body, the HTML is the HTML; the last form that has HTML is the best one (RFC 2046, section 5.1.4).
    fn alternatives(&mut self, index: usize, to: &mut Texts) {
        let mut forms: Vec<Texts> = Vec::new();
        for child in self.structure.within(index) {
            let mut form = Texts::default();
            let multipart = self.structure.parts.get(child).is_some_and(|part| matches!(part.kind, Kind::Multipart(_)));
            self.part(child, true, !multipart, &mut form);
            if !form.body.is_empty() {
                forms.push(form);
            }
        }
        let says_nothing = |form: &Texts| {
            form.body.iter().filter_map(|index| self.structure.parts.get(*index)).all(|part| (self.says_nothing)(part))
        };
        let is_plain = |form: &&Texts| form.html.is_empty();
        let rich = forms.iter().rfind(|form| !form.html.is_empty());
        let plain = forms.iter().find(|form| is_plain(form) && !says_nothing(form)).or_else(|| match rich {
            Some(_) => None,
            None => forms.iter().find(is_plain),
        });
        if let Some(form) = plain.or(rich) {
            to.body.extend(&form.body);
        }
        if let Some(form) = rich {
            to.html.extend(&form.html);
        }
    }

    /// The root is the part that `start` names, else the first (RFC 2387, section 3.2).
    fn related(&mut self, index: usize, alternative: bool, to: &mut Texts) {
        let start = self.structure.parts.get(index).and_then(|part| {
            let parameters = Parameters::read(part.content_type);
            parameters.text("start").map(|id| bare_id(id.as_bytes()).to_vec()).filter(|id| !id.is_empty())
        });
        let named = start.and_then(|start| {
            self.structure.within(index).find(|child| {
                let id = self.structure.parts.get(*child).and_then(|part| part.content_id);
                id.is_some_and(|id| bare_id(id) == start)
            })
        });
        let is_text = |child: &usize| {
            let part = self.structure.parts.get(*child);
            part.is_some_and(|part| {
                matches!(part.kind, Kind::Plain | Kind::Enriched | Kind::Html | Kind::Multipart(_))
                    && !is_attached(part)
            })
        };
        // A picture can't be what the others belong to.
        let root = named.filter(is_text).or_else(|| self.structure.within(index).find(is_text));
        for child in self.structure.within(index) {
            let is_multipart =
                self.structure.parts.get(child).is_some_and(|part| matches!(part.kind, Kind::Multipart(_)));
            if Some(child) == root || is_multipart {
                self.part(child, true, alternative, to);
            } else {
                self.attachments.push(child);
            }
        }
    }
}

/// A Content-ID without its brackets.
pub(super) fn bare_id(id: &[u8]) -> &[u8] {
    let id = id.trim_ascii();
    let id = id.strip_prefix(b"<").unwrap_or(id);
    id.strip_suffix(b">").unwrap_or(id).trim_ascii()
}

/// Whether a part is not to be shown: it says `attachment`, or something that nobody knows and a name (RFC 2183, section 2.8).
pub(super) fn is_attached(part: &Part<'_>) -> bool {
    part.disposition.is_some_and(|raw| {
        let disposition = Parameters::read(raw);
        match &*disposition.value {
            "" | "inline" => false,
            value => value.starts_with("att") || disposition.text("filename").is_some(),
        }
    })
}

/// Whether a part has the name of a file.
fn has_name(part: &Part<'_>) -> bool {
    let named = |raw: &[u8], name: &str| Parameters::read(raw).text(name).is_some_and(|name| !name.is_empty());
    part.disposition.is_some_and(|raw| named(raw, "filename")) || named(part.content_type, "name")
}

fn is_text_in_line(part: &Part<'_>) -> bool {
    matches!(part.kind, Kind::Plain | Kind::Enriched | Kind::Html) && !is_attached(part)
}

fn is_unknown_text(part: &Part<'_>) -> bool {
    // RTF is a program's file: what it shows is written between its commands, and nobody reads those.
    const NOT_PROSE: [&str; 8] = [
        "text/rtf",
        "text/calendar",
        "text/x-amp-html",
        "text/rfc822-headers",
        "text/css",
        "text/csv",
        "text/vcard",
        "text/x-vcard",
    ];
    let is_prose = || !NOT_PROSE.contains(&&*Parameters::read(part.content_type).value);
    part.kind == Kind::Text && is_prose() && !is_attached(part) && !has_name(part)
}
