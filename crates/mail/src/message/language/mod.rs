//! The language of a text.

mod close;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use whatlang::{Detector, Lang, Script};

use super::direction::is_mark;
use close::Said;

/// So much of a text is looked at, in bytes.
const READ: usize = 8 * 1024;
/// A text of fewer letters says nothing of its language unless its script does.
const FEWEST_LETTERS: usize = 20;
/// How much more likely the language must be than the next, of 1. Below it, short texts are taken for others. Between close languages it says
/// little, whatever it is: there the words decide.
const SURE: f64 = 0.3;
/// A letter of a script without spaces says as much as this many others: it is a syllable or a word.
const UNSPACED_SAYS: usize = 3;

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
    let is_clear = found.confidence() >= SURE;
    let confirmed = |code: &&'static str| !prose.is_empty() && declares(declared, code);
    let (code, is_sure) = match close::tell(code, &words(&prose)) {
        Said::Nothing => (*code, is_clear && (is_long || is_by_script)),
        Said::One(code, by) => (code, is_long && (is_clear || by >= fewest_words(found.script()))),
        Said::Any(codes) => return codes.into_iter().find(confirmed).unwrap_or_default(),
    };
    if is_sure || confirmed(&code) { code } else { "" }
}

/// So many of its common words tell a language from those close to it where the text looks like several. Of other scripts than Latin all
/// languages are compared.
fn fewest_words(script: Script) -> i32 {
    if script == Script::Latin { 2 } else { 1 }
}

/// Words alone: addresses, links, numbers and codes are of no language.
fn prose(text: &str) -> String {
    let (mut spaced, mut unspaced) = (String::with_capacity(text.len()), String::new());
    for mut rest in text.split_whitespace() {
        // A number or an address stands in the midst of a sentence where words have no spaces between them.
        while let Some(first) = rest.chars().next() {
            let is_of_one = |c: char| is_unspaced(c) == is_unspaced(first);
            let (piece, after) = rest.split_at(rest.find(|c| !is_of_one(c)).unwrap_or(rest.len()));
            rest = after;
            let is_link = piece.contains('@') || piece.contains("://") || piece.starts_with("www.");
            if !is_link && !piece.chars().any(char::is_numeric) {
                let prose = if is_unspaced(first) { &mut unspaced } else { &mut spaced };
                prose.push_str(piece);
                prose.push(' ');
            }
        }
    }
    let letters = |prose: &str| prose.chars().filter(|c| c.is_alphabetic()).count();
    // Such a text names products in other letters.
    if letters(&unspaced) * UNSPACED_SAYS >= letters(&spaced) && !unspaced.is_empty() {
        return unspaced;
    }
    spaced
}

/// Whether a character is of a script whose words have no spaces between them, or whose numbers have none behind them: Han, kana, Hangul,
/// Thai, Lao, Burmese, Khmer.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{e4f}' | '\u{e5a}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17df}')
        || matches!(c, '\u{1100}'..='\u{11ff}' | '\u{3001}'..='\u{30ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7a3}')
        || matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff66}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// The different words of a text in lower case.
fn words(prose: &str) -> BTreeSet<String> {
    let parts = |c: char| {
        let is_sign =
            c.is_ascii_punctuation() || matches!(c, '\u{200c}' | '\u{2010}'..='\u{2027}' | '«' | '»' | '¿' | '¡');
        c.is_whitespace() || is_sign || is_mark(c) || matches!(c, '،' | '؛' | '؟' | '۔' | '।')
    };
    prose.split(parts).filter(|word| !word.is_empty()).map(str::to_lowercase).collect()
}

/// Whether a field names a language among those it lists.
fn declares(declared: &str, code: &str) -> bool {
    let norwegian = |tag: &str| code == "no" && ["nb", "nn"].iter().any(|form| tag.eq_ignore_ascii_case(form));
    let tags = declared.split(',').take(10).map(|tag| tag.trim().split('-').next().unwrap_or_default());
    tags.into_iter().any(|tag| tag.eq_ignore_ascii_case(code) || norwegian(tag))
}
