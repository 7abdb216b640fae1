//! Dialogues with a session alone: however its input is cut into pieces, it says the same.

use std::collections::VecDeque;
use std::sync::Arc;

use waypost_mail::smtp::{Budget, Session, Step};

use crate::dialogue::{Dialogue, Line, all, fits};
use crate::intake::Memory;

#[test]
fn sessions_hold_the_dialogues() {
    for piece in [1, 2, 3, 7, usize::MAX] {
        for dialogue in all() {
            play(&dialogue, piece);
        }
    }
}

fn play(dialogue: &Dialogue, piece: usize) {
    let name = &dialogue.name;
    let settings = Arc::new(dialogue.settings.clone());
    let budget = Budget::new(settings.max_buffered, settings.trusted.clone());
    let mut session = Session::new(settings, budget, "192.0.2.1:4000".parse().unwrap());
    let intake = Memory::default();
    let mut out = Vec::new();
    session.greet(&mut out);
    let mut input = VecDeque::new();
    let mut closed = false;
    let mut messages = 0;
    for line in &dialogue.lines {
        match line {
            Line::Client(sent) => {
                for part in sent.chunks(piece.min(sent.len())) {
                    input.extend(part);
                    closed |= run(&mut session, &intake, &mut input, &mut out);
                }
            }
            Line::Server(expected) => {
                let end = out.iter().position(|byte| *byte == b'\n');
                let end = end.unwrap_or_else(|| panic!("{name} by {piece}: no answer, but expected {expected}"));
                let answer: Vec<u8> = out.drain(..=end).collect();
                let answer = std::str::from_utf8(&answer).unwrap().strip_suffix("\r\n").unwrap();
                assert!(fits(expected, answer), "{name} by {piece}: expected {expected}, got {answer}");
            }
            Line::Message(expected) => {
                assert_eq!(intake.text(messages).as_ref(), Some(expected), "{name} by {piece}");
                messages += 1;
            }
            Line::Closed => assert!(closed, "{name} by {piece}: not closed"),
        }
    }
    assert_eq!(out.escape_ascii().to_string(), "", "{name} by {piece}: says more than expected");
    assert_eq!(intake.len(), messages, "{name} by {piece}: more messages than expected");
}

/// Lets the session work; `true` when it wants to close.
fn run(session: &mut Session<usize>, intake: &Memory, input: &mut VecDeque<u8>, out: &mut Vec<u8>) -> bool {
    loop {
        let (used, step) = session.step(input.make_contiguous(), out);
        input.drain(..used);
        match step {
            Step::Read => return false,
            Step::Sender => session.answer_sender(Ok(()), out),
            Step::Recipient(recipient) => session.answer_recipient(intake.decide(&recipient), out),
            Step::Message(envelope, raw) => session.answer_message(intake.store(envelope, raw), out),
            Step::StartTls => session.secured(),
            Step::Close => return true,
        }
    }
}
