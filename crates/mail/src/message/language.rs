//! The language of a text.

use std::sync::LazyLock;

use whatlang::{Detector, Lang};

/// So much of a text is looked at, in bytes.
const READ: usize = 8 * 1024;
/// A text of fewer letters says nothing of its language unless its script does.
const FEWEST_LETTERS: usize = 20;
/// How much more likely the language must be than the next, of 1. Below it, short texts are taken for their neighbours: Russian for
/// Bulgarian, Norwegian for Danish.
const SURE: f64 = 0.3;

/// The languages that are told, and how ISO 639-1 calls them. With others, such as Latin, short texts are confused.
const LANGUAGES: [(Lang, &str); 39] = [
    (Lang::Eng, "en"),
    (Lang::Deu, "de"),
    (Lang::Fra, "fr"),
    (Lang::Spa, "es"),
    (Lang::Ita, "it"),
    (Lang::Por, "pt"),
    (Lang::Nld, "nl"),
    (Lang::Swe, "sv"),
    (Lang::Dan, "da"),
    (Lang::Nob, "no"),
    (Lang::Fin, "fi"),
    (Lang::Pol, "pl"),
    (Lang::Ces, "cs"),
    (Lang::Slk, "sk"),
    (Lang::Hun, "hu"),
    (Lang::Ron, "ro"),
    (Lang::Hrv, "hr"),
    (Lang::Slv, "sl"),
    (Lang::Srp, "sr"),
    (Lang::Ell, "el"),
    (Lang::Bul, "bg"),
    (Lang::Rus, "ru"),
    (Lang::Ukr, "uk"),
    (Lang::Tur, "tr"),
    (Lang::Jpn, "ja"),
    (Lang::Cmn, "zh"),
    (Lang::Kor, "ko"),
    (Lang::Ara, "ar"),
    (Lang::Heb, "he"),
    (Lang::Pes, "fa"),
    (Lang::Hin, "hi"),
    (Lang::Ben, "bn"),
    (Lang::Tha, "th"),
    (Lang::Vie, "vi"),
    (Lang::Ind, "id"),
    (Lang::Lit, "lt"),
    (Lang::Lav, "lv"),
    (Lang::Est, "et"),
    (Lang::Cat, "ca"),
];

static DETECTOR: LazyLock<Detector> =
    LazyLock::new(|| Detector::with_allowlist(LANGUAGES.iter().map(|(lang, _)| *lang).collect()));

/// The language of a text as ISO 639-1 says it, such as `de`; empty if the text does not tell. What the mail declares
/// (Content-Language, RFC 3282) counts only as far as the text agrees: programs declare the language of their menus.
pub(super) fn of(text: &str, declared: &str) -> &'static str {
    let prose = prose(text.get(..text.floor_char_boundary(READ)).unwrap_or(text));
    let Some(found) = DETECTOR.detect(&prose) else { return "" };
    let Some((_, code)) = LANGUAGES.iter().find(|(lang, _)| *lang == found.lang()) else { return "" };
    let is_long = prose.chars().filter(|c| c.is_alphabetic()).nth(FEWEST_LETTERS - 1).is_some();
    // These scripts are written in one language alone, or nearly so.
    let is_by_script = matches!(found.lang(), Lang::Jpn | Lang::Kor | Lang::Cmn | Lang::Tha | Lang::Ell);
    let is_sure = found.confidence() >= SURE && (is_long || is_by_script);
    if is_sure || (!prose.is_empty() && declares(declared, code)) { code } else { "" }
}

/// Words alone: addresses, links, numbers and codes are of no language.
fn prose(text: &str) -> String {
    let mut prose = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let is_link = word.contains('@') || word.contains("://") || word.starts_with("www.");
        if !is_link && !word.chars().any(|c| c.is_ascii_digit()) {
            prose.push_str(word);
            prose.push(' ');
        }
    }
    prose
}

/// Whether a field names a language among those it lists.
fn declares(declared: &str, code: &str) -> bool {
    let norwegian = |tag: &str| code == "no" && ["nb", "nn"].iter().any(|form| tag.eq_ignore_ascii_case(form));
    let tags = declared.split(',').take(10).map(|tag| tag.trim().split('-').next().unwrap_or_default());
    tags.into_iter().any(|tag| tag.eq_ignore_ascii_case(code) || norwegian(tag))
}
