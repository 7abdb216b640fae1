//! BDAT: a counted chunk of the content follows (RFC 3030).

use super::super::complaint::Complaint;
use super::super::content::is_endless;
use super::super::session::{Session, Step};
use super::DONE;

pub(super) fn run<T>(session: &mut Session<T>, rest: &str, out: &mut Vec<u8>) -> Option<Step<T>> {
    let mut words = rest.split_ascii_whitespace();
    let size = words.next().filter(|size| size.bytes().all(|byte| byte.is_ascii_digit()));
    let last = match words.next() {
        None => Some(false),
        Some(word) => word.eq_ignore_ascii_case("LAST").then_some(true),
    };
    let (Some(Ok(size)), Some(last), None) = (size.map(str::parse::<u64>), last, words.next()) else {
        // How much follows is not known, and it must not be taken for commands.
        return session.complained(Complaint::BadChunk, None, out);
    };
    let endless = session.settings.endless();
    let chunks = session.transaction.as_ref().and_then(|transaction| transaction.chunks.as_ref());
    if chunks.map_or_else(|| is_endless(endless, 0, size), |chunks| chunks.is_endless_with(size)) {
        session.end_endless(out);
        return None;
    }
    let fresh = match &session.transaction {
        Some(transaction) if transaction.chunks.is_none() && !transaction.recipients.is_empty() => {
            Some(session.content(transaction.declared))
        }
        _ => None,
    };
    if let (Some(content), Some(transaction)) = (fresh, session.transaction.as_mut()) {
        transaction.chunks = Some(content);
    }
    session.expect_chunk(size, last);
    None
}

/// A chunk is read. One that belonged to no message was read to stay in step with the client, and is refused now.
pub(in super::super) fn chunk_read<T>(session: &mut Session<T>, last: bool, out: &mut Vec<u8>) -> Option<Step<T>> {
    let Some(transaction) = session.transaction.as_mut().filter(|transaction| transaction.chunks.is_some()) else {
        return session.complained(Complaint::ChunkOfNothing, None, out);
    };
    if !last {
        session.uncount();
        DONE.write(out, "chunk received");
        return None;
    }
    let mut content = transaction.chunks.take()?;
    content.end_chunks();
    session.complete(content, out)
}
