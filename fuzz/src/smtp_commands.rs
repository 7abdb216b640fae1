//! What an SMTP client sends: any bytes, in pieces of any size.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use waypost_admission::Networks;
use waypost_mail::smtp::{Budget, Cause, Receipt, Refusal, Session, Settings, Step};

/// The largest mail that the session takes, in bytes.
const MAX_MESSAGE: usize = 2000;

/// Nothing panics, every reply is one, the session always gets on, and no message is taken that a relay could read as two.
/// The first byte of the input is the size of the pieces; its highest bit says whether a front end is to name the client first.
pub fn check(input: &[u8]) {
    let Some((&piece, input)) = input.split_first() else { return };
    let (proxied, piece) = (piece & 0x80 != 0, piece & 0x7f);
    let whole = talk(input, proxied, usize::MAX);
    assert!(whole == talk(input, proxied, usize::from(piece).max(1)), "the answers depend on how the input is cut");
}

/// All that the session says and all messages that it takes, in order.
fn talk(input: &[u8], proxied: bool, piece: usize) -> (Vec<u8>, Vec<Vec<u8>>) {
    let here: Networks = "127.0.0.1".parse().into_iter().collect();
    let settings = Settings {
        max_message: MAX_MESSAGE,
        max_recipients: 3,
        max_errors: 20,
        proxies: if proxied { here.clone() } else { Networks::default() },
        xclients: here,
        ..Settings::default()
    };
    let remote = SocketAddr::from((Ipv4Addr::LOCALHOST, 25));
    let mut session = Session::new(Arc::new(settings), Budget::new(1 << 20, Networks::default()), remote, false);
    let (mut said, mut taken, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    'input: for part in input.chunks(piece.min(input.len().max(1))) {
        waiting.extend_from_slice(part);
        loop {
            let (used, step) = session.step(&waiting, &mut said);
            assert!(used <= waiting.len(), "used more than there was");
            waiting.drain(..used);
            match step {
                Step::Read => break,
                Step::Close => break 'input,
                Step::Client(client) => session.answer_client(client, Ok(()), &mut said),
                Step::Sender => session.answer_sender(Ok(()), &mut said),
                Step::Recipient(recipient) => {
                    let known = !recipient.local.starts_with('n');
                    let answer = if known { Ok(()) } else { Err(Refusal::new(Cause::UnknownRecipient, "")) };
                    session.answer_recipient(answer, &mut said);
                }
                Step::Message(envelope, raw) => {
                    assert!(!envelope.recipients.is_empty() && envelope.recipients.len() <= 3, "{envelope:?}");
                    assert!(raw.len() <= MAX_MESSAGE, "{} bytes", raw.len());
                    assert!(!has_bare_line_end(&raw), "{:?}", raw.escape_ascii().to_string());
                    taken.push(raw.to_vec());
                    session.answer_message(Ok(Receipt { id: "1".to_owned() }), &mut said);
                }
                Step::StartTls | Step::Handshake => panic!("TLS was not offered"),
            }
        }
    }
    for line in said.split_inclusive(|byte| *byte == b'\n') {
        let fits = line.len() >= 6
            && line.iter().take(3).all(u8::is_ascii_digit)
            && line.ends_with(b"\r\n")
            && line.is_ascii();
        assert!(fits, "not a reply: {:?}", line.escape_ascii().to_string());
    }
    (said, taken)
}

fn has_bare_line_end(raw: &[u8]) -> bool {
    let mut previous = 0;
    raw.iter().any(|&byte| {
        let bare = (byte == b'\n') != (previous == b'\r');
        previous = byte;
        bare
    }) || previous == b'\r'
}
