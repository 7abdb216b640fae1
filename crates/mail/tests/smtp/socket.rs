//! Dialogues over a socket, with the lines that a client sends without waiting sent in one piece.

use std::time::Duration;

use waypost_mail::smtp::Settings;

use crate::dialogue::{Dialogue, Line, all, fits};
use crate::intake::Memory;
use crate::server::Server;

#[tokio::test]
async fn listeners_hold_the_dialogues() {
    for dialogue in all() {
        play(&dialogue).await;
    }
}

async fn play(dialogue: &Dialogue) {
    let name = &dialogue.name;
    let server = Server::start(dialogue.settings.clone(), Memory::default()).await;
    let mut connection = server.connect().await;
    let mut unsent = Vec::new();
    let mut messages = 0;
    for line in &dialogue.lines {
        if let Line::Client(sent) = line {
            unsent.extend_from_slice(sent);
            continue;
        }
        connection.send(&std::mem::take(&mut unsent)).await;
        match line {
            Line::Server(expected) => {
                let answer = connection.line().await.unwrap_or_else(|| panic!("{name}: closed before {expected}"));
                assert!(fits(expected, &answer), "{name}: expected {expected}, got {answer}");
            }
            Line::Message(expected) => {
                assert_eq!(server.intake.text(messages).as_ref(), Some(expected), "{name}");
                messages += 1;
            }
            Line::Closed => assert!(connection.is_closed().await, "{name}: not closed"),
            Line::Client(_) => {}
        }
    }
    drop(connection);
    server.drain();
    assert_eq!(server.ended().await.len(), messages, "{name}: more messages than expected");
}

#[tokio::test]
async fn connections_over_the_cap_are_told_to_come_back() {
    let server = Server::start(Settings { max_connections: 1, ..Settings::default() }, Memory::default()).await;
    let mut first = server.connect().await;
    assert_eq!(first.code().await, 220);
    let mut second = server.connect().await;
    assert_eq!(second.code().await, 421);
    assert!(second.is_closed().await);
    assert_eq!(first.ask("NOOP").await, 250);
}

#[tokio::test]
async fn silent_clients_are_let_go() {
    let settings = Settings { idle: Duration::from_millis(20), ..Settings::default() };
    let server = Server::start(settings, Memory::default()).await;
    let mut connection = server.connect().await;
    assert_eq!(connection.code().await, 220);
    assert_eq!(connection.code().await, 421);
    assert!(connection.is_closed().await);
}
