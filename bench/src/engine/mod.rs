//! Triage in process, on one thread: flows, the same by hand, the same in Sieve.

mod floor;
mod flow;
mod peer;

use std::hint::black_box;
use std::path::Path;

use anyhow::{Context, Result, bail};
use mail_parser::MessageParser;
use waypost_mail::message::Message;
use waypost_members::email::{Envelope, MessageView};

use self::floor::Floor;
use self::flow::{Flows, Triage};
use self::peer::Peer;
use crate::corpus::Mail;
use crate::measure::Turns;
use crate::report::{Goal, Line, Section, Unit, say};
use crate::triage::Answer;

/// Which mails, and what is expected of a run on them.
pub(crate) struct Subject<'s> {
    pub(crate) title: &'s str,
    pub(crate) mails: &'s [Mail],
    /// How much faster than the Sieve interpreter a run must be.
    pub(crate) faster_than_peer: f64,
}

/// The answers of the triage by hand: the labels of mail that nobody labelled.
pub(crate) fn labels<'r>(raws: impl Iterator<Item = &'r [u8]>) -> Result<Vec<Answer>> {
    let mut floor = Floor::new()?;
    Ok(raws
        .map(|raw| {
            let read = floor.read(raw);
            floor.answer(&read)
        })
        .collect())
}

/// Checks every answer on every mail, then measures on the first `timed` of them.
pub(crate) fn section(subject: &Subject<'_>, flows: &Path, timed: usize, rounds: usize) -> Result<Section> {
    let with_call = Flows::read(&flows.join("triage"))?;
    let without_call = Flows::read(&flows.join("without-call"))?;
    let (with_call, without_call) = (with_call.triage()?, without_call.triage()?);
    let peer = Peer::new()?;
    let parser = MessageParser::default();
    let mut section = Section::new(format!("Triage in process, one thread: {}", subject.title));

    say(&format!("{}: comparing all answers", subject.title));
    let differ_in_sieve = check(subject.mails, &with_call, &without_call, &peer)?;
    section.note(format!(
        "{} mails: flows, by hand and labels differ on 0; Sieve, which reads text attachments too, on {differ_in_sieve}",
        subject.mails.len()
    ));

    let mails = &subject.mails[..timed.min(subject.mails.len())];
    let bytes: usize = mails.iter().map(|mail| mail.raw.len()).sum();
    section.note(format!(
        "timed on the first {}, {:.1} kB in the mean, {rounds} rounds",
        mails.len(),
        bytes as f64 / 1e3 / mails.len() as f64
    ));
    say(&format!("{}: measuring", subject.title));

    let messages: Vec<Message<'_>> = mails.iter().map(|mail| Message::parse(&mail.raw)).collect();
    let parsed: Vec<mail_parser::Message<'_>> = mails.iter().filter_map(|mail| parser.parse(&mail.raw)).collect();
    let (mut floor, mut parsing_floor, text_floor) = (Floor::new()?, Floor::new()?, Floor::new()?);
    let read: Vec<floor::Read> = mails.iter().map(|mail| floor.read(&mail.raw)).collect();
    let pages: Vec<String> = messages.iter().map(|one| one.html().to_owned()).filter(|html| !html.is_empty()).collect();
    let all = mails.len();

    // The checks above have shown that none of these fails.
    let mut turns = Turns::default();
    let run = turns.add(|| runs(&with_call, &messages));
    let inline = turns.add(|| runs(&without_call, &messages));
    let counted = turns.add(|| {
        messages.iter().for_each(|message| {
            let view = MessageView::new(message, Envelope::default());
            black_box(with_call.run_counted(&view).is_ok());
        });
        all
    });
    let by_hand = turns.add(|| {
        read.iter().for_each(|read| {
            black_box(floor.answer(read));
        });
        all
    });
    let sieve = turns.add(|| {
        parsed.iter().for_each(|message| {
            black_box(peer.answer(message.clone()).is_ok());
        });
        parsed.len()
    });
    let clone = turns.add(|| {
        parsed.iter().for_each(|message| {
            black_box(message.clone());
        });
        parsed.len()
    });
    let decide = turns.add(|| {
        messages.iter().for_each(|message| {
            black_box(with_call.decide(message).is_ok());
        });
        all
    });
    let parse_and_run = turns.add(|| {
        mails.iter().for_each(|mail| {
            let message = Message::parse(&mail.raw);
            let view = MessageView::new(&message, Envelope::default());
            black_box(with_call.run(&view).is_ok());
        });
        all
    });
    let parse = turns.add(|| {
        mails.iter().for_each(|mail| {
            black_box(parser.parse(&mail.raw));
        });
        all
    });
    let parse_to_text = turns.add(|| {
        mails.iter().for_each(|mail| {
            black_box(text_floor.parse_to_text(&mail.raw));
        });
        all
    });
    let parse_by_hand = turns.add(|| {
        mails.iter().for_each(|mail| {
            black_box(parsing_floor.parse_and_answer(&mail.raw));
        });
        all
    });
    let read_pages = turns.add(|| {
        pages.iter().for_each(|page| {
            black_box(waypost_mail::html::read(page));
        });
        pages.len()
    });
    let strip_pages = turns.add(|| {
        pages.iter().for_each(|page| {
            black_box(mail_parser::decoders::html::html_to_text(page));
        });
        pages.len()
    });
    let taken = turns.take(rounds);

    // The interpreter uses a mail up: what copying one costs is not its doing.
    let sieve = taken[sieve].less(taken[clone]);
    let line = |what: &str, figure| Line::new(what, Unit::Nanoseconds, figure);
    section.line(
        line("run on a parsed mail", taken[run]).beside("by hand in Rust", taken[by_hand]).goal(Goal::AtMostTimes(3.0)),
    );
    section.line(
        line("run on a parsed mail", taken[run])
            .beside("Sieve (sieve-rs)", sieve)
            .goal(Goal::FasterTimes(subject.faster_than_peer)),
    );
    section
        .line(line("  of it, the one runFlow", taken[run].less(taken[inline])).beside("run without it", taken[inline]));
    section.line(line("run, coverage counted", taken[counted]).beside("run, not counted", taken[run]));
    section.line(line("run, trace written as JSON", taken[decide]).beside("run", taken[run]));
    section.line(
        line("parse and run", taken[parse_and_run])
            .beside("mail-parser alone", taken[parse])
            .goal(Goal::AtMostTimes(1.25)),
    );
    section.line(
        line("parse and run", taken[parse_and_run]).beside("mail-parser and its text of HTML", taken[parse_to_text]),
    );
    section.line(line("parse and run", taken[parse_and_run]).beside("by hand in Rust", taken[parse_by_hand]));
    if !pages.is_empty() {
        let bytes: usize = pages.iter().map(String::len).sum();
        section.note(format!(
            "{} pages of HTML, {:.1} kB in the mean",
            pages.len(),
            bytes as f64 / 1e3 / pages.len() as f64
        ));
        section.line(
            line("HTML to text, as a browser", taken[read_pages])
                .beside("mail-parser's html_to_text, which strips tags", taken[strip_pages]),
        );
    }
    Ok(section)
}

fn runs(triage: &Triage<'_>, messages: &[Message<'_>]) -> usize {
    for message in messages {
        let view = MessageView::new(message, Envelope::default());
        black_box(triage.run(&view).is_ok());
    }
    messages.len()
}

/// Compares all answers with the labels, mail by mail; answers on how many the Sieve scripts differ.
fn check(mails: &[Mail], with_call: &Triage<'_>, without_call: &Triage<'_>, peer: &Peer) -> Result<usize> {
    let parser = MessageParser::default();
    let mut floor = Floor::new()?;
    let mut differ_in_sieve = 0;
    let mut differ = Vec::new();
    for mail in mails {
        let message = Message::parse(&mail.raw);
        let called = with_call.answer(&message).with_context(|| mail.name.clone())?;
        let inline = without_call.answer(&message).with_context(|| mail.name.clone())?;
        let read = floor.read(&mail.raw);
        let by_hand = floor.answer(&read);
        if [called, inline, by_hand].iter().any(|answer| *answer != mail.expected) {
            differ.push(format!(
                "{}: {:?}, flow {called:?}, without call {inline:?}, by hand {by_hand:?}",
                mail.name, mail.expected
            ));
        }
        if let Some(message) = parser.parse(&mail.raw) {
            differ_in_sieve += usize::from(peer.answer(message)? != mail.expected);
        }
    }
    if !differ.is_empty() {
        differ.truncate(20);
        bail!("answers differ from the labels, such as\n{}", differ.join("\n"));
    }
    Ok(differ_in_sieve)
}
