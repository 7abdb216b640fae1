//! Dialogues over a socket, with the lines that a client sends without waiting sent in one piece.

use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use waypost_admission::Room;
use waypost_mail::smtp::{Listener, Settings};

use crate::dialogue::{Dialogue, Expectations, Line, all};
use crate::intake::Memory;
use crate::server::{Connection, Server};
use crate::tls::handshake;

#[tokio::test]
async fn listeners_hold_the_dialogues() {
    let mut failed = Vec::new();
    for dialogue in all() {
        let name = dialogue.name.clone();
        if tokio::spawn(async move { play(&dialogue).await }).await.is_err() {
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "see above: {failed:#?}");
}

/// A connection before or after the handshake.
enum Either {
    Plain(Connection<TcpStream>),
    Secure(Box<Connection<TlsStream<TcpStream>>>),
}

impl Either {
    async fn send(&mut self, bytes: &[u8]) {
        match self {
            Self::Plain(connection) => connection.send(bytes).await,
            Self::Secure(connection) => connection.send(bytes).await,
        }
    }

    async fn line(&mut self) -> Option<String> {
        match self {
            Self::Plain(connection) => connection.line().await,
            Self::Secure(connection) => connection.line().await,
        }
    }

    async fn is_closed(&mut self) -> bool {
        match self {
            Self::Plain(connection) => connection.is_closed().await,
            Self::Secure(connection) => connection.is_closed().await,
        }
    }
}

async fn play(dialogue: &Dialogue) {
    let name = &dialogue.name;
    let kind = if dialogue.encrypted { Listener::encrypted } else { Listener::plain };
    let server = Server::start_with(dialogue.settings.clone(), Memory::default(), kind).await;
    let mut connection = Either::Plain(server.connect().await);
    let mut expectations = Expectations::default();
    let mut unsent = Vec::new();
    let mut messages = 0;
    for line in &dialogue.lines {
        if let Line::Client(sent) = line {
            unsent.extend_from_slice(sent);
            continue;
        }
        connection.send(&std::mem::take(&mut unsent)).await;
        match line {
            Line::Message(expected) => {
                assert_eq!(server.intake.text(messages).as_ref(), Some(expected), "{name}");
                messages += 1;
            }
            Line::From(expected) => server.intake.assert_from(messages - 1, expected, name),
            Line::Handshake => {
                let Either::Plain(plain) = connection else { panic!("{name}: a handshake within TLS") };
                connection = Either::Secure(Box::new(handshake(plain).await));
            }
            Line::Closed => assert!(connection.is_closed().await, "{name}: not closed"),
            Line::Client(_) => {}
            Line::Offered(_) | Line::NotOffered(_) => expectations.compare(name, line, || None),
            Line::Server(_) | Line::Reply(_) => {
                let mut lines = Vec::new();
                loop {
                    let Some(answer) = connection.line().await else { break };
                    let last = !matches!(line, Line::Reply(_)) || answer.as_bytes().get(3) != Some(&b'-');
                    lines.push(answer);
                    if last {
                        break;
                    }
                }
                let mut lines = lines.into_iter();
                expectations.compare(name, line, || lines.next());
            }
        }
    }
    drop(connection);
    server.drain();
    assert_eq!(server.ended().await.len(), messages, "{name}: more messages than expected");
}

/// Says what begins a message, up to its content.
async fn begin_data(connection: &mut Connection<TcpStream>) -> u16 {
    for line in ["EHLO c.example", "MAIL FROM:<a@sender.example>", "RCPT TO:<box@example.org>"] {
        assert_eq!(connection.ask(line).await, 250, "{line}");
    }
    connection.ask("DATA").await
}

#[tokio::test]
async fn silent_connections_go_for_new_ones_and_busy_ones_stay() {
    let room = Room { all: 3, address: 2, network: 3 };
    let server = Server::start(Settings { connections: room, ..Settings::default() }, Memory::default()).await;
    let mut busy = server.connect().await;
    assert_eq!(busy.code().await, 220);
    assert_eq!(begin_data(&mut busy).await, 354);
    let mut silent = server.connect().await;
    assert_eq!(silent.code().await, 220);
    let mut next = server.connect().await;
    assert_eq!(next.code().await, 220);
    assert_eq!(silent.code().await, 421);
    assert!(silent.is_closed().await);
    assert_eq!(begin_data(&mut next).await, 354);
    // Both are in the middle of a message now: the address has its share, and others have theirs.
    let mut third = server.connect().await;
    assert_eq!(third.code().await, 421);
    assert!(third.is_closed().await);
    let mut other = server.connect_from([127, 0, 0, 2]).await;
    assert_eq!(other.code().await, 220);
    assert_eq!((busy.ask("x\r\n.").await, next.ask("x\r\n.").await), (250, 250));
    assert_eq!(server.intake.len(), 2);
}

#[tokio::test]
async fn mails_and_commands_a_minute_are_limited_by_address() {
    let trusted = ["127.0.0.3".parse().unwrap()].into_iter().collect();
    let settings = Settings { mails_per_minute: 2, commands_per_minute: 30, trusted, ..Settings::default() };
    let server = Server::start(settings, Memory::default()).await;
    let mut connection = server.connect().await;
    connection.code().await;
    for _ in 0..2 {
        assert_eq!(begin_data(&mut connection).await, 354);
        assert_eq!(connection.ask("x\r\n.").await, 250);
    }
    assert_eq!(connection.ask("MAIL FROM:<a@sender.example>").await, 450);
    assert_eq!(connection.ask("RCPT TO:<box@example.org>").await, 503, "there is no transaction");
    assert_eq!(connection.ask("RSET").await, 250, "the session goes on");
    let mut neighbour = server.connect_from([127, 0, 0, 2]).await;
    neighbour.code().await;
    assert_eq!(begin_data(&mut neighbour).await, 354);
    connection.send("NOOP\r\n".repeat(40)).await;
    let mut codes = Vec::new();
    while let Some(line) = connection.line().await {
        codes.push(line[..3].to_owned());
    }
    assert_eq!(codes.last().unwrap(), "421");
    let mut relay = server.connect_from([127, 0, 0, 3]).await;
    relay.code().await;
    relay.send("NOOP\r\n".repeat(100)).await;
    for _ in 0..100 {
        assert_eq!(relay.code().await, 250);
    }
}

#[tokio::test]
async fn a_message_without_an_end_is_ended_by_its_size() {
    let server = Server::start(Settings { max_message: 1000, ..Settings::default() }, Memory::default()).await;
    let line = format!("{}\r\n", "x".repeat(998));
    for begin in [("DATA", 354), ("BDAT 400000", 552), ("BDAT 4000000", 552)] {
        let mut connection = server.connect().await;
        connection.code().await;
        for line in ["EHLO c.example", "MAIL FROM:<a@sender.example>", "RCPT TO:<box@example.org>"] {
            assert_eq!(connection.ask(line).await, 250, "{line}");
        }
        connection.send(format!("{}\r\n", begin.0)).await;
        if begin.0 == "BDAT 400000" {
            // Chunk after chunk, each of them small enough by itself.
            for _ in 0..2 {
                connection.send("x".repeat(400_000)).await;
                assert_eq!(connection.code().await, 250);
                connection.send(format!("{}\r\n", begin.0)).await;
            }
            connection.send("x".repeat(400_000)).await;
        }
        if begin.1 == 354 {
            assert_eq!(connection.code().await, 354);
            connection.send_until_closed(line.as_bytes(), 20_000).await;
        }
        assert_eq!(connection.line().await.as_deref().and_then(|line| line.get(..3)), Some("552"), "{}", begin.0);
        assert!(connection.is_closed().await);
    }
    assert_eq!(server.intake.len(), 0);
}

#[tokio::test]
async fn a_message_without_an_end_is_ended_by_its_time() {
    let settings = Settings { max_data: Duration::from_millis(300), ..Settings::default() };
    let server = Server::start(settings, Memory::default()).await;
    let mut connection = server.connect().await;
    connection.code().await;
    assert_eq!(begin_data(&mut connection).await, 354);
    // Never silent, and never done.
    connection.send_until_closed(b"x\r\n", 100_000).await;
    assert_eq!(connection.line().await.as_deref().and_then(|line| line.get(..3)), Some("421"));
    assert!(connection.is_closed().await);
    // One that ends is taken. On a busy machine its time may be over before it ends: it is sent again.
    for _ in 0..100 {
        let mut quick = server.connect().await;
        quick.code().await;
        assert_eq!(begin_data(&mut quick).await, 354);
        match quick.ask("x\r\n.").await {
            250 => return,
            code => assert_eq!(code, 421),
        }
    }
    panic!("no message is taken");
}

#[tokio::test]
async fn eleven_unfinished_messages_leave_room_for_others() {
    // The proportions of a server as it is shipped: ten of the largest messages fill the budget.
    let large = 4 << 20;
    let settings = Settings { max_message: large, max_buffered: 10 * large, ..Settings::default() };
    let server = Server::start(settings, Memory::default()).await;
    let line = format!("{}\r\n", "x".repeat(998));
    let mut unfinished = Vec::new();
    for number in 0..11 {
        // Three networks, so that no share of one address or network is what helps.
        let mut connection = server.connect_from([127, 0, number % 3, 1 + number]).await;
        connection.code().await;
        assert_eq!(begin_data(&mut connection).await, 354);
        connection.send(line.repeat((large - 1000) / line.len())).await;
        unfinished.push(connection);
    }
    let mut small = server.connect_from([127, 0, 9, 1]).await;
    small.code().await;
    for size in [1, 500] {
        assert_eq!(begin_data(&mut small).await, 354);
        assert_eq!(small.ask(&format!("{}.", line.repeat(size))).await, 250, "{size} lines");
    }
    // Of the unfinished, those that had room are taken when they are finished after all.
    let mut codes = Vec::new();
    for connection in &mut unfinished {
        codes.push(connection.ask(".").await);
    }
    assert!(codes.contains(&250) && codes.contains(&452), "{codes:?}");
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

#[tokio::test]
async fn whom_a_front_end_names_is_who_limits_are_about() {
    let networks = |text: &str| [text.parse().unwrap()].into_iter().collect();
    let room = Room { all: 20, address: 1, network: 2 };
    let settings = Settings {
        connections: room,
        mails_per_minute: 1,
        proxies: networks("127.0.0.0/24"),
        xclients: networks("198.51.100.0/24"),
        ..Settings::default()
    };
    let server = Server::start(settings, Memory::default()).await;
    let through = async |client: &str| {
        let mut connection = server.connect().await;
        connection.send(format!("PROXY TCP4 {client} 192.0.2.1 4000 25\r\n")).await;
        connection
    };
    // A balancer may have more connections than an address, and each of them counts for its client.
    let mut first = through("203.0.113.1").await;
    assert_eq!(first.code().await, 220);
    assert_eq!(begin_data(&mut first).await, 354);
    let mut again = through("203.0.113.1").await;
    assert_eq!(again.line().await.unwrap(), "421 4.7.0 too many connections from your address, try again later");
    assert!(again.is_closed().await);
    let mut neighbour = through("203.0.113.2").await;
    assert_eq!(neighbour.code().await, 220);
    assert_eq!(begin_data(&mut neighbour).await, 354);
    let mut third = through("203.0.113.3").await;
    assert_eq!(third.line().await.unwrap(), "421 4.7.0 too many connections from your network, try again later");
    assert!(third.is_closed().await);
    // So do mails a minute.
    assert_eq!(first.ask("x\r\n.").await, 250);
    assert_eq!(first.ask("MAIL FROM:<a@sender.example>").await, 450);
    // A front end is exchanged for its client, and gives its place back.
    let mut front = through("198.51.100.1").await;
    assert_eq!(front.code().await, 220);
    assert_eq!(front.ask("EHLO front.example").await, 250);
    assert_eq!(front.ask("XCLIENT ADDR=192.0.2.77").await, 220);
    assert_eq!(begin_data(&mut front).await, 354);
    let mut other = through("198.51.100.1").await;
    assert_eq!(other.code().await, 220);
    assert_eq!(other.ask("XCLIENT ADDR=192.0.2.77").await, 421);
    assert!(other.is_closed().await);
    assert_eq!(front.ask("x\r\n.").await, 250);
    let from: Vec<_> = server.intake.take().iter().map(|stored| stored.envelope.remote.to_string()).collect();
    assert_eq!(from, ["203.0.113.1:4000", "192.0.2.77:0"]);
}

#[tokio::test]
async fn a_session_ends_by_its_time_and_a_message_that_is_coming_is_finished() {
    let settings = Settings { max_session: Duration::from_millis(300), ..Settings::default() };
    let server = Server::start(settings, Memory::default()).await;
    let mut chatty = server.connect().await;
    assert_eq!(chatty.code().await, 220);
    let mut busy = server.connect().await;
    assert_eq!(busy.code().await, 220);
    assert_eq!(begin_data(&mut busy).await, 354);
    // Never silent.
    let mut ended = String::new();
    for _ in 0..20_000 {
        chatty.send("NOOP\r\n").await;
        ended = chatty.line().await.unwrap();
        if !ended.starts_with("250") {
            break;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(ended, "421 4.4.2 the session took too long, connect again");
    assert!(chatty.is_closed().await);
    assert_eq!(busy.ask("x\r\n.").await, 250);
    assert_eq!(busy.code().await, 421);
}

#[tokio::test]
async fn a_front_end_that_names_nobody_is_let_go() {
    let settings = Settings {
        idle: Duration::from_millis(100),
        proxies: ["127.0.0.1".parse().unwrap()].into_iter().collect(),
        ..Settings::default()
    };
    let server = Server::start(settings, Memory::default()).await;
    let mut silent = server.connect().await;
    silent.send("PROXY TCP4 ").await;
    assert_eq!(silent.line().await.unwrap(), "421 4.4.2 no PROXY header received, closing");
    assert!(silent.is_closed().await);
}
