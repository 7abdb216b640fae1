//! Plain alternatives that say nothing: blank, or only that their reader needs a program that shows HTML.
//!
//! The HTML of such a mail says the same and more, so that it does no harm to be wrong about a short text.

use super::direction::is_mark;

/// The longest text, in bytes, that may say nothing but that one needs HTML.
const LONGEST: usize = 600;
/// The same, for texts that don't name HTML.
const LONGEST_UNNAMED: usize = 250;

/// What is said of HTML.
const OF_HTML: &[&str] = &[
    "view",
    "display",
    "support",
    "client",
    "reader",
    "program",
    "capable",
    "compatible",
    "enable",
    "anzeig",
    "darstell",
    "unterstütz",
    "nur in html",
    "nur als html",
    "afficher",
    "visuali",
    "activ",
    "version",
    "format",
    "html only",
    "only html",
    "solo html",
    "sólo html",
    "solo en html",
    "格式",
    "支持",
    "形式",
    "対応",
    "형식",
    "формат",
];
/// Where the mail can be seen, or why it can't be here.
const ELSEWHERE: &[&str] = &[
    "in your browser",
    "in a browser",
    "in a web browser",
    "in your web browser",
    "im browser",
    "in ihrem browser",
    "in deinem browser",
    "nel browser",
    "nel tuo browser",
    "in uw browser",
    "in je browser",
    "i din webbläsare",
    "i din browser",
    "dans votre navigateur",
    "dans un navigateur",
    "en su navegador",
    "en tu navegador",
    "en el navegador",
    "no seu navegador",
    "no navegador",
    "w przeglądarce",
    "в браузере",
    "浏览器",
    "瀏覽器",
    "ブラウザ",
    "view it online",
    "view online",
    "view this email online",
    "view this message online",
    "read it online",
    "read this email online",
    "online ansehen",
    "online anzeigen",
    "online lesen",
    "version en ligne",
    "versión en línea",
    "versión online",
    "versione online",
    "versão online",
    "as a webpage",
    "as a web page",
    "online version",
    "web version",
    "online-version",
    "webversion",
    "text version not available",
    "text version is not available",
    "text version available",
    "no plain text",
    "no text version",
    "no text content",
    "keine textversion",
    "multi-part message in mime format",
    "multipart message in mime format",
    "mail client does not",
    "mail client cannot",
    "mail client can't",
    "mail program does not",
    "mail program cannot",
    "mail-programm kann",
    "cliente de correo no",
    "programa de correo no",
    "client de messagerie ne",
    "logiciel de messagerie ne",
    "client di posta non",
    "programma di posta non",
    "邮件客户端",
];
/// What stands for an empty text.
const NO_TEXT: [&str; 7] = ["no text", "no content", "empty", "kein text", "sin texto", "sans texte", "无文本"];
/// What mail programs write for a picture.
const PICTURES: [&str; 3] = ["[image:", "[cid:", "[inline image"];

/// Whether a text is blank, or such a notice.
pub(super) fn says_nothing(text: &str) -> bool {
    if text.len() > LONGEST {
        return is_blank(text);
    }
    let text = without_pictures(&text.to_lowercase());
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    let bare = text.trim_matches(|c: char| !c.is_alphanumeric());
    bare.is_empty()
        || NO_TEXT.contains(&bare)
        || (text.contains("html") && (bare == "html" || has(OF_HTML)))
        || (text.len() < LONGEST_UNNAMED && has(ELSEWHERE))
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_mark(c) || matches!(c, '\u{200B}'..='\u{200D}' | '\u{FEFF}'))
}

fn without_pictures(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, from)) = rest.split_once('[') {
        kept.push_str(before);
        let bracketed = rest.get(before.len()..).unwrap_or_default();
        match from.split_once(']') {
            Some((_, after)) if PICTURES.iter().any(|form| bracketed.starts_with(form)) => rest = after,
            _ => {
                kept.push('[');
                rest = from;
            }
        }
    }
    kept.push_str(rest);
    kept
}

/// Whether a text that is called plain is a page of HTML from its first word on.
pub(super) fn is_page(text: &str) -> bool {
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}');
    let begins = |tag: &str| start.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag));
    begins("<!doctype html") || begins("<html>") || begins("<html ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_that_one_needs_html() {
        for notice in [
            "Your mail program does not support HTML.",
            "To view this message, please use an HTML compatible email viewer!",
            "Diese Nachricht ist im HTML-Format und kann nicht angezeigt werden.",
            "Voir la version HTML de ce message.",
            "View this email in your browser: https://news.sender.example/7",
            "This is a multi-part message in MIME format.",
            "Diese E-Mail kann nur in HTML angezeigt werden.",
            "This is an HTML email. Please enable HTML.",
            "HTML only",
            "If you can't read this email, please view it online http://x.example",
            "Click here to view this email as a webpage",
            "Text version not available",
            "No plain text version available.",
            "Este mensaje está en formato HTML",
            "Su cliente de correo no puede leer este mensaje.",
            "Si vous ne voyez pas ce message, ouvrez-le dans votre navigateur",
            "本邮件为HTML格式，请使用支持HTML的邮件客户端查看",
            "[image: logo]",
            "[cid:logo@x.example]\n[Image: a ship]",
            "(no text)",
            "-",
            ".",
            "\u{FEFF}\u{200B} \n",
        ] {
            assert!(says_nothing(notice), "{notice}");
        }
        for text in [
            "Please refund order 4711.",
            "Our browser shows nothing since noon.",
            "I like HTML.",
            "[image: logo] Please refund order 4711.",
            "[1] see below [image: never closed",
            "There was no text in your answer",
            "7",
        ] {
            assert!(!says_nothing(text), "{text}");
        }
        assert!(!says_nothing(&"All of it was in your browser, and nothing came of it. ".repeat(6)));
        assert!(says_nothing(&"\u{200B} ".repeat(400)));
    }

    #[test]
    fn pages_that_are_called_plain() {
        for page in ["<html><body>x", "\r\n<!DOCTYPE html PUBLIC>", "\u{FEFF}<HTML lang=en>"] {
            assert!(is_page(page), "{page}");
        }
        for text in ["See <html> below", "<htmlx>", "<p>x", ""] {
            assert!(!is_page(text), "{text}");
        }
    }
}
