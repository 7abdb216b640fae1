//! The sending client against the receiving side.

use waypost_mail::smtp::{Client, ClientError, Settings};

use crate::intake::Memory;
use crate::server::Server;

#[tokio::test]
async fn sends_what_the_server_takes() {
    let server = Server::start(Settings::default(), Memory::default()).await;
    let mut client = Client::connect(server.address, "client.example").await.unwrap();
    let raw = "Subject: ü\n\n.dot\nlast";
    let sent =
        client.send("jürgen@sender.example", &["box@example.org", "gone@example.org"], raw.as_bytes()).await.unwrap();
    assert!(sent.is_taken());
    assert_eq!(sent.recipients.iter().map(|reply| reply.code).collect::<Vec<_>>(), [250, 550]);
    assert_eq!(sent.message.unwrap().text, "2.0.0 taken as 1");
    let refused = client.send("", &["x@elsewhere.example"], b"x").await.unwrap();
    assert!(!refused.is_taken() && refused.message.is_none());
    let again = client.send("", &["box@example.org"], b"").await.unwrap();
    assert!(again.is_taken());
    assert_eq!(client.quit().await.unwrap().code, 221);
    let stored = server.intake.take();
    assert_eq!(
        stored[0].text(),
        "jürgen@sender.example -> box@example.org | Subject: ü\\r\\n\\r\\n.dot\\r\\nlast\\r\\n"
    );
    assert!(stored[0].envelope.smtputf8);
    assert_eq!(stored[1].text(), " -> box@example.org | ");
}

#[tokio::test]
async fn an_address_can_not_carry_commands() {
    let server = Server::start(Settings::default(), Memory::default()).await;
    let mut client = Client::connect(server.address, "client.example").await.unwrap();
    let sent = client.send("a@b>\r\nRCPT TO:<evil@example.org", &["box@example.org"], b"x").await;
    assert!(matches!(sent, Err(ClientError::BadAddress(_))));
}

#[tokio::test]
async fn too_large_is_said_before_it_is_sent() {
    let server = Server::start(Settings { max_message: 10, ..Settings::default() }, Memory::default()).await;
    let mut client = Client::connect(server.address, "client.example").await.unwrap();
    let sent = client.send("a@sender.example", &["box@example.org"], b"0123456789").await.unwrap();
    assert_eq!(sent.sender.code, 552);
}
