//! What an email provider posts: any body, in each provider's form.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use jiff::Timestamp;
use waypost_ingress::sns::{Content, Message};
use waypost_ingress::{Credential, Mail, Posted, Provider};

/// `user:password`.
const BASIC: &str = "Basic dXNlcjpwYXNzd29yZA==";

/// The proof of a form of Mailgun by the key `k`, for the time 0: of fields with one name the first counts.
const SIGNED: &[u8] =
    b"timestamp=0&token=t&signature=9b35deee7fe38354af61c630bbd785d150055a92708f7714fc31b24b4269729f&";

/// Nothing panics, and a mail that is read has recipients, and lines that end with CRLF. The first byte of the input is the provider.
pub fn check(input: &[u8]) {
    let Some((&kind, body)) = input.split_first() else { return };
    let (provider, secret, content_type) = match kind % 4 {
        0 => (Provider::Postmark, "user:password", "application/json"),
        1 => (Provider::Mailgun, "k", "application/x-www-form-urlencoded"),
        2 => (Provider::SendGrid, "user:password", "multipart/form-data; boundary=b"),
        _ => return topic(body),
    };
    let Ok(credential) = Credential::parse(provider, secret) else { panic!("{secret} is a credential") };
    let body = if provider == Provider::Mailgun { [SIGNED, body].concat() } else { body.to_vec() };
    let posted = Posted {
        authorization: Some(BASIC.to_owned()),
        content_type: content_type.to_owned(),
        body: body.into(),
        ..Posted::default()
    };
    if let Ok(mail) = ready(waypost_ingress::read(provider, &credential, posted, Timestamp::UNIX_EPOCH)) {
        whole(&mail);
    }
}

fn topic(body: &[u8]) {
    let Ok(message) = Message::read(body) else { return };
    assert!(message.verify(b"", Timestamp::UNIX_EPOCH).is_err(), "nothing is signed");
    if let Ok(Content::Mail(mail)) = message.content() {
        whole(&mail);
    }
}

fn whole(mail: &Mail) {
    assert!(!mail.recipients.is_empty(), "a mail for nobody");
    let mut previous = 0;
    for byte in &mail.raw {
        assert!(*byte != b'\n' || previous == b'\r', "a LF without CR");
        previous = *byte;
    }
}

/// What waits for nothing that is not there.
fn ready<T>(work: impl Future<Output = T>) -> T {
    let (mut work, mut context) = (pin!(work), Context::from_waker(Waker::noop()));
    loop {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
}
