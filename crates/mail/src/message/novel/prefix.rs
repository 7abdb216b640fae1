//! What a subject begins with: `Re:`, `WG:`, in the languages in use.

use crate::message::direction::without_marks;

/// The longest prefix, in bytes.
const LONGEST: usize = 24;

/// What stands before the subject of an answer.
const REPLIES: &[&str] = &[
    "re",
    "aw",
    "sv",
    "antw",
    "antwort",
    "ref",
    "r",
    "rif",
    "res",
    "odp",
    "ynt",
    "yan",
    "vá",
    "atb",
    "відп",
    "отв",
    "ha",
    "на",
    "答复",
    "回复",
    "回覆",
    "返信",
    "답장",
    "회신",
    "vs",
    "תשובה",
    "תגובה",
    "השב",
    "رد",
    "الرد",
    "پاسخ",
    "جواب",
    "απ",
    "απάντηση",
    "σχετ",
    "bls",
    "balas",
    "trả lời",
    "ตอบ",
    "ตอบกลับ",
];
/// What stands before the subject of a forwarded mail.
const FORWARDS: &[&str] = &[
    "fw",
    "fwd",
    "wg",
    "wtr",
    "tr",
    "rv",
    "enc",
    "i",
    "doorst",
    "vb",
    "vl",
    "vid",
    "pd",
    "př",
    "ilt",
    "i̇lt",
    "tov",
    "továbbítás",
    "пересл",
    "переслано",
    "fs",
    "转发",
    "轉寄",
    "转寄",
    "転送",
    "전달",
    "reenv",
    "הועבר",
    "העברה",
    "إعادة توجيه",
    "اعادة توجيه",
    "هدایت",
    "πρθ",
    "προώθηση",
    "trs",
    "terusan",
    "chuyển tiếp",
    "ส่งต่อ",
];

/// Whether a subject says that the mail answers another.
pub(super) fn is_reply(subject: &str) -> bool {
    first(subject).is_some_and(|word| REPLIES.contains(&word.as_str()))
}

/// Whether a subject says that the mail forwards another. Of several prefixes the first counts.
pub(super) fn is_forward(subject: &str) -> bool {
    first(subject).is_some_and(|word| FORWARDS.contains(&word.as_str()))
}

/// The first prefix in lower case, without what a gateway put before it, such as `[EXTERNAL]`, and without a count: `Re[2]:`, `RE (3):`.
fn first(subject: &str) -> Option<String> {
    let subject = without_marks(subject);
    let mut subject = subject.trim_start();
    while let Some((tag, rest)) = subject.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        if tag.len() > 30 {
            break;
        }
        subject = rest.trim_start();
    }
    let (word, _) = subject.split_once([':', '：'])?;
    let word = word.trim().trim_end_matches(']').trim_end_matches(')').trim_end_matches(|c: char| c.is_ascii_digit());
    let word = word.trim_end_matches(['[', '(', '^']).trim();
    (word.len() <= LONGEST).then(|| word.to_lowercase())
}
