//! Dialogues with a session alone: however its input is cut into pieces, it says the same, and the log has every refusal.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;
use waypost_mail::smtp::{Budget, Session, Step};

use crate::dialogue::{Dialogue, Expectations, Line, all};
use crate::intake::Memory;

#[test]
fn sessions_hold_the_dialogues() {
    let dialogues = all();
    let failed = dialogues.iter().filter(|dialogue| {
        let play_all = || [1, 2, 3, 7, usize::MAX].map(|piece| play(dialogue, piece));
        catch_unwind(AssertUnwindSafe(play_all)).is_err()
    });
    let failed: Vec<&String> = failed.map(|dialogue| &dialogue.name).collect();
    assert!(failed.is_empty(), "see above: {failed:#?}");
}

/// Lines of a log.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[test]
fn each_refusal_is_logged_with_its_codes_and_a_reason_of_its_own() {
    for dialogue in all() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::DEBUG)
            .with_ansi(false)
            .with_writer(log.clone())
            .finish();
        let said = tracing::subscriber::with_default(subscriber, || play(&dialogue, usize::MAX));
        let name = &dialogue.name;
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        let refused: Vec<&str> = said.lines().filter(|line| line.starts_with(['4', '5'])).collect();
        let logged: Vec<&str> = log.lines().filter(|line| line.contains("refused")).collect();
        if dialogue.encrypted && said.is_empty() {
            // Before its handshake nothing can be said to a client.
            assert_eq!(logged.len(), 1, "{name}: {log}");
            continue;
        }
        assert_eq!(refused.len(), logged.len(), "{name}: {refused:#?} {log}");
        for (refused, logged) in refused.iter().zip(logged) {
            let (code, text) = refused.split_once(' ').unwrap();
            let (enhanced, text) = text.split_once(' ').unwrap();
            assert!(logged.contains(&format!("code={code} enhanced=\"{enhanced}\"")), "{name}: {refused}: {logged}");
            assert!(logged.contains("remote=") && logged.contains("reason="), "{name}: {logged}");
            assert!(!logged.contains(&format!("{text:?}")), "{name}: the log repeats what the sender read: {logged}");
        }
    }
}

/// Plays a dialogue with input in pieces; all that the session said.
fn play(dialogue: &Dialogue, piece: usize) -> String {
    let what = format!("{} by {piece}", dialogue.name);
    let settings = Arc::new(dialogue.settings.clone());
    let budget = Budget::new(settings.max_buffered, settings.trusted.clone());
    let mut player = Player {
        session: Session::new(settings, budget, "127.0.0.1:4000".parse().unwrap(), dialogue.encrypted),
        intake: Memory::default(),
        input: VecDeque::new(),
        out: Vec::new(),
        stand: Stand::Open,
    };
    let mut expectations = Expectations::default();
    let mut said = String::new();
    let mut messages = 0;
    player.run();
    for line in &dialogue.lines {
        match line {
            Line::Client(sent) => {
                for part in sent.chunks(piece.min(sent.len())) {
                    player.input.extend(part);
                    player.run();
                }
            }
            Line::Message(expected) => {
                assert_eq!(player.intake.text(messages).as_ref(), Some(expected), "{what}");
                messages += 1;
            }
            Line::From(expected) => player.intake.assert_from(messages - 1, expected, &what),
            Line::Handshake => {
                assert_ne!(player.stand, Stand::Open, "{what}: no handshake is due");
                player.stand = Stand::Open;
                player.session.secured();
                player.run();
            }
            Line::Closed => assert_eq!(player.stand, Stand::Closed, "{what}: not closed"),
            expected => expectations.compare(&what, expected, || {
                let end = player.out.iter().position(|byte| *byte == b'\n')?;
                let line: Vec<u8> = player.out.drain(..=end).collect();
                said.push_str(std::str::from_utf8(&line).unwrap());
                Some(std::str::from_utf8(&line).unwrap().strip_suffix("\r\n").unwrap().to_owned())
            }),
        }
    }
    assert_eq!(player.out.escape_ascii().to_string(), "", "{what}: says more than expected");
    assert_eq!(player.intake.len(), messages, "{what}: more messages than expected");
    said
}

/// How a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stand {
    Open,
    /// A handshake is to begin; what was said before counts for nothing.
    StartTls,
    /// A handshake is to begin.
    Handshake,
    Closed,
}

struct Player {
    session: Session<usize>,
    intake: Memory,
    input: VecDeque<u8>,
    out: Vec<u8>,
    stand: Stand,
}

impl Player {
    /// Lets the session work as far as it gets.
    fn run(&mut self) {
        loop {
            match self.stand {
                Stand::Open => {}
                Stand::Handshake => return,
                Stand::StartTls | Stand::Closed => return self.input.clear(),
            }
            let (session, out) = (&mut self.session, &mut self.out);
            let (used, step) = session.step(self.input.make_contiguous(), out);
            self.input.drain(..used);
            match step {
                Step::Read => return,
                Step::Client(client) => session.answer_client(client, Ok(()), out),
                Step::Sender => session.answer_sender(Ok(()), out),
                Step::Recipient(recipient) => session.answer_recipient(self.intake.decide(&recipient), out),
                Step::Message(envelope, raw) => session.answer_message(self.intake.store(envelope, raw), out),
                Step::StartTls => self.stand = Stand::StartTls,
                Step::Handshake => self.stand = Stand::Handshake,
                Step::Close => self.stand = Stand::Closed,
            }
        }
    }
}
