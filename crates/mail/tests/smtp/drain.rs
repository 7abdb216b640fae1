//! Shutting down without losing a message.

use bytes::Bytes;
use tokio::sync::Semaphore;
use waypost_mail::smtp::{Envelope, Intake, Receipt, Recipient, Refusal, Settings};

use crate::intake::Memory;
use crate::server::Server;

#[tokio::test]
async fn the_idle_are_let_go_and_a_message_is_finished() {
    let server = Server::start(Settings::default(), Memory::default()).await;
    let mut idle = server.connect().await;
    let mut busy = server.connect().await;
    assert_eq!((idle.code().await, busy.code().await), (220, 220));
    for line in ["EHLO c.example", "MAIL FROM:<a@sender.example>", "RCPT TO:<box@example.org>", "DATA"] {
        busy.ask(line).await;
    }
    busy.send("half").await;
    server.drain();
    assert_eq!(idle.code().await, 421);
    assert!(idle.is_closed().await);
    assert_eq!(busy.ask(" and half\r\n.").await, 250);
    assert_eq!(busy.code().await, 421);
    let intake = server.ended().await;
    assert_eq!(intake.text(0).unwrap(), "a@sender.example -> box@example.org | half and half\\r\\n");
}

/// Holds each message until let go.
struct Slow {
    asked: Semaphore,
    go: Semaphore,
}

impl Intake for Slow {
    type Ticket = ();

    async fn recipient(&self, _: &Recipient) -> Result<(), Refusal> {
        Ok(())
    }

    async fn message(&self, _: Envelope<()>, _: Bytes) -> Result<Receipt, Refusal> {
        self.asked.add_permits(1);
        self.go.acquire().await.unwrap().forget();
        Ok(Receipt { id: "slow".to_owned() })
    }
}

#[tokio::test]
async fn success_is_told_only_after_the_intake_said_so() {
    let slow = Slow { asked: Semaphore::new(0), go: Semaphore::new(0) };
    let server = Server::start(Settings::default(), slow).await;
    let mut client = server.connect().await;
    client.code().await;
    for line in ["EHLO c.example", "MAIL FROM:<a@sender.example>", "RCPT TO:<box@example.org>", "DATA"] {
        client.ask(line).await;
    }
    client.send("x\r\n.\r\n").await;
    server.intake.asked.acquire().await.unwrap().forget();
    server.drain();
    let mut answer = tokio::spawn(async move { (client.code().await, client.code().await) });
    // The test's runtime has one thread: whatever the server could write by now, it has written after some turns.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(!answer.is_finished());
    server.intake.go.add_permits(1);
    assert_eq!((&mut answer).await.unwrap(), (250, 421));
    server.ended().await;
}
