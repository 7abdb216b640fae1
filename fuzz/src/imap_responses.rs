//! What an IMAP server answers: any bytes.

use std::io::Cursor;

use jiff::Timestamp;
use waypost_mailbox::{Greeted, Login, Problem, Server, Timeouts, Tls};

/// The largest message that is taken, and the most of all together, in bytes.
const MOST: usize = 2000;
const TOTAL: usize = 3000;

/// Nothing panics, what comes back is what was asked for, and no more is kept than may be.
pub fn check(input: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let Ok(runtime) = runtime else { panic!("no runtime") };
    let _ = runtime.block_on(talk(input.to_vec()));
}

/// All that a look at a folder says, as long as the server goes on.
async fn talk(input: Vec<u8>) -> Result<(), Problem> {
    let server = Server { host: "imap.example".to_owned(), port: 993, tls: Tls::Implicit };
    let stream = tokio::io::join(Cursor::new(input), tokio::io::sink());
    let greeted = Greeted::meet(stream, &server, Timeouts::default()).await?;
    let login = Login::Password { user: "desk".to_owned(), password: "p".to_owned() };
    let mut session = greeted.log_in(&login).await?;
    session.open("INBOX", true).await?;
    session.folders().await?;
    let uids = session.find(3, None, "UNSEEN").await?;
    assert!(uids.is_sorted() && uids.iter().all(|uid| *uid >= 3), "{uids:?}");
    let asked = [3, 4, 7];
    let found = session.sizes(&asked).await?;
    assert!(found.iter().all(|one| asked.contains(&one.uid)), "{found:?}");
    let fetched = session.fetch(&asked, MOST, TOTAL).await?;
    let kept: usize = fetched.iter().filter_map(|one| one.raw.as_ref()).map(|raw| raw.len()).sum();
    assert!(kept <= TOTAL, "{kept} bytes");
    assert!(fetched.len() <= asked.len() && fetched.iter().all(|one| asked.contains(&one.uid)), "{fetched:?}");
    session.mark(&asked, "\\Seen").await?;
    session.move_to(&asked, "Done").await?;
    session.append("Done", Timestamp::UNIX_EPOCH, b"Subject: x\r\n\r\n").await?;
    session.wait(std::time::Duration::ZERO).await?;
    session.log_out().await;
    Ok(())
}
