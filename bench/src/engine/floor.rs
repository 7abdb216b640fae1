//! The triage written by hand, as fast as an afternoon allows: what an interpreter is measured against.

use std::borrow::Cow;
use std::collections::HashSet;

use aho_corasick::{AhoCorasick, MatchKind};
use anyhow::Result;
use mail_parser::decoders::html::html_to_text;
use mail_parser::{Message, MessageParser, PartType};
use waypost_mail::message::AddressField;

use crate::triage::{Answer, Queue, vip_domains};

/// What the triage reads of a mail, decoded.
pub(crate) struct Read {
    subject: String,
    body: String,
    domain: String,
}

pub(crate) struct Floor {
    words: AhoCorasick,
    /// The queue of each word, by its place among the words.
    queues: Vec<Queue>,
    vip: HashSet<String>,
    parser: MessageParser,
    folded: Vec<u8>,
}

impl Floor {
    pub(crate) fn new() -> Result<Self> {
        let words: Vec<(&str, Queue)> =
            Queue::ALL.into_iter().flat_map(|queue| queue.words().iter().map(move |word| (*word, queue))).collect();
        Ok(Self {
            // Only the leftmost kinds get the vectorised prefilter: the default kind is twenty times slower here.
            words: AhoCorasick::builder()
                .match_kind(MatchKind::LeftmostFirst)
                .build(words.iter().map(|(word, _)| word))?,
            queues: words.iter().map(|(_, queue)| *queue).collect(),
            vip: vip_domains().into_iter().collect(),
            parser: MessageParser::default(),
            folded: Vec::new(),
        })
    }

    /// What the triage needs of a mail, once and for all. As Waypost reads it: what is compared is the triage, not two readers.
    pub(crate) fn read(&self, raw: &[u8]) -> Read {
        let message = waypost_mail::message::Message::parse(raw);
        let from = message.addresses(AddressField::From).first().map(|from| from.domain.clone());
        Read {
            subject: message.subject().to_owned(),
            body: message.body().to_owned(),
            domain: from.unwrap_or_default(),
        }
    }

    /// The triage of a mail that was read before.
    pub(crate) fn answer(&mut self, read: &Read) -> Answer {
        let queue = self.classify(&read.subject, &read.body);
        Answer { queue, vip: self.vip.contains(&read.domain) }
    }

    /// The triage of a raw mail, read by mail-parser.
    pub(crate) fn parse_and_answer(&mut self, raw: &[u8]) -> Answer {
        let message = self.parser.parse(raw);
        let message = message.as_ref();
        let body = message.map(body).unwrap_or_default();
        let queue = self.classify(message.and_then(Message::subject).unwrap_or_default(), &body);
        Answer { queue, vip: message.and_then(domain).is_some_and(|domain| self.vip.contains(&*domain)) }
    }

    /// How long the body of a raw mail is, HTML turned to text.
    pub(crate) fn parse_to_text(&self, raw: &[u8]) -> usize {
        self.parser.parse(raw).as_ref().map(body).unwrap_or_default().len()
    }

    fn classify(&mut self, subject: &str, body: &str) -> Queue {
        self.folded.clear();
        self.folded.extend_from_slice(subject.as_bytes());
        self.folded.push(b'\n');
        self.folded.extend_from_slice(body.as_bytes());
        self.folded.make_ascii_lowercase();
        let mut found = Queue::General;
        for word in self.words.find_iter(&self.folded) {
            found = found.min(self.queues[word.pattern().as_usize()]);
            if found == Queue::Billing {
                break;
            }
        }
        found
    }
}

/// The text parts; the HTML in words if there is none that says anything; all there is if the mail names a boundary that
/// stands nowhere in it.
fn body<'x>(message: &Message<'x>) -> Cow<'x, str> {
    let texts = message.text_body.iter().filter_map(|part| match &message.parts.get(*part as usize)?.body {
        PartType::Text(text) => Some(text.clone()),
        _ => None,
    });
    let pages = message.html_body.iter().chain(&message.text_body).filter_map(|part| {
        match &message.parts.get(*part as usize)?.body {
            PartType::Html(page) => Some(Cow::<str>::Owned(html_to_text(page))),
            _ => None,
        }
    });
    let body = joined(texts);
    if !body.trim_start().is_empty() {
        return body;
    }
    let words = joined(pages);
    match message.parts.first().map(|root| &root.body) {
        Some(PartType::Text(all)) if words.is_empty() => all.clone(),
        Some(PartType::Binary(all)) if words.is_empty() && message.parts.len() == 1 => {
            String::from_utf8_lossy(all).into_owned().into()
        }
        _ => words,
    }
}

fn joined<'x>(mut parts: impl Iterator<Item = Cow<'x, str>>) -> Cow<'x, str> {
    let mut all = parts.next().unwrap_or_default();
    for part in parts {
        let all = all.to_mut();
        all.push('\n');
        all.push_str(&part);
    }
    all
}

fn domain<'m>(message: &'m Message<'_>) -> Option<Cow<'m, str>> {
    let (_, domain) = message.from()?.first()?.address()?.rsplit_once('@')?;
    Some(if domain.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(domain.to_ascii_lowercase())
    } else {
        Cow::Borrowed(domain)
    })
}
