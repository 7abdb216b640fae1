//! Customer mail as a generator writes it: the same for the same seed, and with the right answer known from the text
//! before it is encoded.
//!
//! By message: 45 % plain text, 15 % HTML alone, 22 % both, 18 % with one to three attachments; 60 % English, else nine
//! languages in fifteen charsets; the text's length is log-normal, so that a message has about 8 kB in the median and
//! 20 kB in the mean; chains of Received, signatures as DKIM has them, encoded words, quoted replies, 3 % automatic.

use super::Mail;
use super::header::{header, other_domain};
use super::mime::{Transfer, attachment, can_write, multipart, text_part};
use super::random::Random;
use super::words::{self, Charset, ENGLISH, LANGUAGES, Language};
use crate::triage::{Answer, Queue, vip_domains};

/// Where all of it goes to.
pub(crate) const RECIPIENT: &str = "care@inbound.example";

const FILE_TYPES: &[(&str, &str)] = &[
    ("application/pdf", "pdf"),
    ("image/jpeg", "jpg"),
    ("image/png", "png"),
    ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    ("text/csv", "csv"),
];

/// So many mails of one seed. A mail depends on the seed and its place alone.
pub(crate) fn generate(seed: u64, count: usize) -> Vec<Mail> {
    let vip = vip_domains();
    (0..count)
        .map(|place| mail(&mut Random::new(seed.wrapping_mul(1_000_003).wrapping_add(place as u64)), place, &vip))
        .collect()
}

/// What a mail says, before it is written down.
pub(super) struct Draft {
    language: &'static Language,
    pub(super) charset: Charset,
    pub(super) subject: String,
    paragraphs: Vec<String>,
    pub(super) is_reply: bool,
}

fn mail(random: &mut Random, place: usize, vip_domains: &[String]) -> Mail {
    let weights: Vec<usize> = LANGUAGES.iter().map(|language| language.weight).collect();
    let language_at = random.weighted(&weights);
    let language = &LANGUAGES[language_at];
    let charset = charset(random, language);
    let mut queue = Queue::ALL[random.weighted(&[30, 25, 15, 30])];
    if language_at != ENGLISH && random.chance(0.5) {
        queue = Queue::General;
    }
    let vip = random.chance(0.05);
    let shape = random.weighted(&[45, 15, 22, 18]);
    let mut draft =
        Draft { language, charset, subject: subject(random, language), paragraphs: Vec::new(), is_reply: false };
    let size = text_size(random, shape);
    draft.paragraphs = paragraphs(random, language, size);
    mention(random, &mut draft, queue);
    if random.chance(0.35) {
        quote(random, &mut draft);
    }
    let name = sign(random, &mut draft);
    let expected = Answer { queue: by_text(&draft), vip };

    let content = match shape {
        0 => plain(random, &draft),
        1 => html(random, &draft),
        2 => alternative(random, &draft),
        _ => with_attachments(random, &draft),
    };
    let domain = if vip { vip_domains[random.below(vip_domains.len())].clone() } else { other_domain(random) };
    let mut raw = header(random, &draft, place, &name, &domain).into_bytes();
    raw.extend_from_slice(&content);
    Mail { name: format!("{place:05}.eml"), raw, expected }
}

/// The answer, from the text as a person reads it.
fn by_text(draft: &Draft) -> Queue {
    let read = format!("{}\n{}", draft.subject, draft.paragraphs.join("\n")).to_lowercase();
    let holds = |queue: &Queue| queue.words().iter().any(|word| read.contains(word));
    Queue::ALL.into_iter().find(holds).unwrap_or(Queue::General)
}

fn charset(random: &mut Random, language: &Language) -> Charset {
    let weights: Vec<usize> = (0..language.charsets.len()).map(|at| if at == 0 { 6 } else { 2 }).collect();
    language.charsets[random.weighted(&weights)]
}

/// The bytes of text to write; HTML and attachments bring more of their own.
fn text_size(random: &mut Random, shape: usize) -> usize {
    let mut size = random.log_normal(7.75, 0.9).min(60_000);
    if random.chance(0.01) {
        size = random.between(80_000, 110_000);
    }
    match shape {
        1 => size,
        2 => size / 2,
        _ => size * 19 / 10,
    }
}

fn subject(random: &mut Random, language: &Language) -> String {
    let length = random.between(18, 60);
    random.pick(language.sentences).chars().take(length).collect::<String>().trim_end().to_owned()
}

fn paragraphs(random: &mut Random, language: &Language, size: usize) -> Vec<String> {
    let mut written = Vec::new();
    let mut bytes = 0;
    while bytes < size {
        let sentences: Vec<&str> = (0..random.between(2, 6)).map(|_| random.pick(language.sentences)).collect();
        let paragraph = sentences.join(" ");
        bytes += paragraph.len() + 2;
        written.push(paragraph);
    }
    written
}

/// Puts a queue's word into the subject, the text, its end, or subject and text.
fn mention(random: &mut Random, draft: &mut Draft, queue: Queue) {
    let word = match queue {
        Queue::Billing => random.pick(words::BILLING),
        Queue::Support => random.pick(words::SUPPORT),
        Queue::Retention => random.pick(words::RETENTION),
        Queue::General => return,
    };
    let place = random.below(4);
    if place == 0 || place == 3 {
        draft.subject = format!("{word}: {}", draft.subject);
    }
    if place != 0 {
        let end = draft.paragraphs.len();
        let at = if place == 2 { end } else { random.between(0, end.min(2)) };
        draft.paragraphs.insert(at, random.pick(words::ABOUT).replace('#', word));
    }
}

fn quote(random: &mut Random, draft: &mut Draft) {
    let quoted: Vec<String> = draft.paragraphs.iter().take(2).map(|paragraph| format!("> {paragraph}")).collect();
    draft.paragraphs.extend(quoted);
    draft.subject = format!("{} {}", random.pick(&["Re:", "AW:", "RE:", "Fwd:"]), draft.subject);
    draft.is_reply = true;
}

/// A name the charset can write, put at the end.
fn sign(random: &mut Random, draft: &mut Draft) -> String {
    let name = loop {
        let name = format!("{} {}", random.pick(words::FIRST_NAMES), random.pick(words::LAST_NAMES));
        if can_write(draft.charset, &name) {
            break name;
        }
    };
    draft.paragraphs.push(format!("{name}\n+{} {}", random.between(1, 99), random.between(100_000, 999_999_999)));
    name
}

fn transfer(random: &mut Random, draft: &Draft) -> Transfer {
    use Transfer::{Base64, Identity, QuotedPrintable};
    let usual: [Transfer; 4] = if draft.charset.seven_bit {
        [Identity; 4]
    } else if draft.language.dense {
        [Base64, Base64, QuotedPrintable, Identity]
    } else {
        [QuotedPrintable, QuotedPrintable, Identity, Base64]
    };
    usual[random.below(usual.len())]
}

/// Lines of at most so many characters, broken at spaces.
fn wrapped(paragraph: &str, width: usize) -> String {
    let mut lines = String::with_capacity(paragraph.len() + 8);
    let mut column = 0;
    for word in paragraph.split(' ') {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
            lines.push('\n');
            column = 0;
        } else if column > 0 {
            lines.push(' ');
            column += 1;
        }
        lines.push_str(word);
        column += length;
    }
    lines
}

fn plain(random: &mut Random, draft: &Draft) -> Vec<u8> {
    let paragraphs: Vec<String> = draft.paragraphs.iter().map(|paragraph| wrapped(paragraph, 74)).collect();
    text_part(&(paragraphs.join("\n\n") + "\n"), "plain", draft.charset, transfer(random, draft))
}

fn html(random: &mut Random, draft: &Draft) -> Vec<u8> {
    let mut page = String::from("<!DOCTYPE html>\n<html><head><style>\n");
    for class in 0..random.between(2, 14) {
        let colour = random.below(0x100_0000);
        page.push_str(&format!(
            ".p{class} {{ margin: {class}px; color: #{colour:06x}; font-family: Verdana, Arial, sans-serif }}\n"
        ));
    }
    page.push_str("</style></head>\n<body><table width=\"640\" cellspacing=\"0\">\n");
    for (at, paragraph) in draft.paragraphs.iter().enumerate() {
        let text = wrapped(paragraph, 120).replace('&', "&amp;").replace('<', "&lt;");
        let class = at % 8;
        page.push_str(&format!(
            "<tr><td class=\"p{class}\" style=\"font-size: 13px; line-height: 1.4\"><p>{text}</p></td></tr>\n"
        ));
    }
    let pixel = random.bits();
    page.push_str(&format!(
        "</table><img src=\"https://pixel.example/{pixel:x}.gif\" width=\"1\" height=\"1\"></body></html>\n"
    ));
    text_part(&page, "html", draft.charset, transfer(random, draft))
}

fn alternative(random: &mut Random, draft: &Draft) -> Vec<u8> {
    let boundary = format!("alternative-{:x}", random.bits());
    let parts = [plain(random, draft), html(random, draft)];
    multipart("alternative", &boundary, &parts)
}

fn with_attachments(random: &mut Random, draft: &Draft) -> Vec<u8> {
    let boundary = format!("----=_Part_{:x}", random.bits());
    let text = if random.chance(0.5) { plain(random, draft) } else { alternative(random, draft) };
    let mut parts = vec![text];
    let mut left: usize = 200_000;
    for at in 0..random.between(1, 3) {
        let size = if random.chance(0.03) { 0 } else { random.log_normal(8.9, 1.4).min(left) };
        left -= size;
        let (media_type, extension) = FILE_TYPES[random.below(FILE_TYPES.len())];
        let stem = random.pick(&["photo", "offer", "Übersicht", "資料", "letter"]);
        parts.push(attachment(media_type, &format!("{stem}{at}.{extension}"), &random.bytes(size)));
    }
    multipart("mixed", &boundary, &parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_a_corpus() {
        let one: Vec<Vec<u8>> = generate(1, 20).into_iter().map(|mail| mail.raw).collect();
        let more: Vec<Vec<u8>> = generate(1, 30).into_iter().take(20).map(|mail| mail.raw).collect();
        assert_eq!(one, more);
        assert_ne!(one, generate(2, 20).into_iter().map(|mail| mail.raw).collect::<Vec<_>>());
    }

    /// The sizes of the corpus that the project's targets were set with, within a tenth or two.
    #[test]
    fn mails_have_the_sizes_promised() {
        let mut sizes: Vec<usize> = generate(1, 4_000).iter().map(|mail| mail.raw.len()).collect();
        sizes.sort_unstable();
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((17_000..24_000).contains(&mean), "mean {mean}");
        let median = sizes[sizes.len() / 2];
        assert!((7_000..9_500).contains(&median), "median {median}");
    }
}
