//! The content of a message as it arrives: by DATA, with its end to be found and dots to be unstuffed (RFC 5321
//! section 4.5.2), or by BDAT in counted chunks (RFC 3030).
//!
//! Servers that take a lone LF or CR for a line end disagree with others on where a message ends, and so one message can
//! carry another that its relay never saw ("SMTP smuggling"). Here nothing but CRLF, dot, CRLF ends a message. A lone LF
//! becomes CRLF within the content, the dot after or before it stays what it is; or it is refused, if the server is
//! [set](BareLf) to. A lone CR is refused always. Where one that is refused stands next to a dot, as it would to fake the
//! end, the connection is closed too: whatever follows would be read as commands by a server that believes it.

use std::mem;

use memchr::memchr2;

use waypost_admission::Hold;

use super::settings::BareLf;

/// The most that is set aside by a client's word alone before the bytes come.
const PREALLOCATED: usize = 1024 * 1024;

/// Why a message can't be taken, found while reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    BareLineFeed,
    BareCarriageReturn,
    TooLarge,
    NoRoom,
}

impl Fault {
    /// Which of two faults is told: one of the message's own before one of its size, so that the answer does not depend on
    /// how the network cut the bytes.
    fn rank(self) -> u8 {
        match self {
            Self::BareLineFeed | Self::BareCarriageReturn => 2,
            Self::TooLarge => 1,
            Self::NoRoom => 0,
        }
    }
}

/// Where reading stands after some input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// More input is needed.
    More,
    /// The content is complete.
    End,
    /// Something that a careless server takes for the end.
    FakeEnd,
    /// So much is too much to wait for the end.
    Endless,
}

/// What the next byte of DATA follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum After {
    LineEnd,
    BareLineFeed,
    BareCarriageReturn,
    Text,
}

/// A message being received.
#[derive(Debug)]
pub(super) struct Content {
    bytes: Vec<u8>,
    /// How many bytes came, kept or not.
    length: usize,
    max: usize,
    endless: usize,
    bare_lf: BareLf,
    hold: Hold,
    fault: Option<Fault>,
    after: After,
    /// The last byte of the chunks so far.
    last: Option<u8>,
}

impl Content {
    /// Starts a message of which the client said that it has `declared` bytes, or 0. It may have `max` bytes; what is
    /// beyond that is read and dropped up to `endless` bytes.
    pub(super) fn new(declared: usize, (max, endless): (usize, usize), bare_lf: BareLf, hold: Hold) -> Self {
        let bytes = Vec::with_capacity(declared.min(max).min(PREALLOCATED));
        Self { bytes, length: 0, max, endless, bare_lf, hold, fault: None, after: After::LineEnd, last: None }
    }

    /// Reads DATA. Also says how many bytes of the input were used: a possible end, or line end, of which only a part
    /// is there is left for the next time.
    pub(super) fn read_data(&mut self, input: &[u8]) -> (usize, Progress) {
        let mut at = 0;
        let mut kept = 0;
        loop {
            let rest = input.get(at..).unwrap_or_default();
            if self.after != After::Text {
                match (self.after, rest) {
                    (_, [] | [b'.'] | [b'.', b'\r']) => return self.pause(input, kept, at),
                    (After::LineEnd, [b'.', b'\r', b'\n', ..]) => {
                        self.keep(input.get(kept..at).unwrap_or_default());
                        // Whether all of it came in one piece or in many.
                        return (at + 3, if self.length > self.endless { Progress::Endless } else { Progress::End });
                    }
                    (After::LineEnd, [b'.', b'\n', ..])
                    | (After::BareLineFeed, [b'.', b'\n', ..] | [b'.', b'\r', b'\n', ..])
                        if self.bare_lf == BareLf::Normalise => {}
                    (_, [b'.', b'\r' | b'\n', ..]) => return (at, Progress::FakeEnd),
                    (After::LineEnd, [b'.', ..]) => {
                        self.keep(input.get(kept..at).unwrap_or_default());
                        at += 1;
                        kept = at;
                    }
                    _ => {}
                }
                self.after = After::Text;
                continue;
            }
            let Some(found) = memchr2(b'\r', b'\n', rest) else { return self.pause(input, kept, input.len()) };
            match rest.get(found..) {
                Some([b'\r', b'\n', ..]) => {
                    self.after = After::LineEnd;
                    at += found + 2;
                }
                Some([b'\r']) => return self.pause(input, kept, at + found),
                Some([b'\r', ..]) => {
                    self.fail(Fault::BareCarriageReturn);
                    self.after = After::BareCarriageReturn;
                    at += found + 1;
                }
                _ => {
                    at += found;
                    self.keep(input.get(kept..at).unwrap_or_default());
                    self.bare_line_feed();
                    self.after = After::BareLineFeed;
                    at += 1;
                    kept = at;
                }
            }
        }
    }

    fn pause(&mut self, input: &[u8], kept: usize, at: usize) -> (usize, Progress) {
        self.keep(input.get(kept..at).unwrap_or_default());
        (at, if self.length > self.endless { Progress::Endless } else { Progress::More })
    }

    /// Whether a further chunk of this size makes it more than what is read of any message.
    pub(super) fn is_endless_with(&self, chunk: u64) -> bool {
        is_endless(self.endless, self.length as u64, chunk)
    }

    /// Reads a part of a chunk.
    pub(super) fn read_chunk(&mut self, chunk: &[u8]) {
        let mut previous = self.last;
        let mut at = 0;
        let mut kept = 0;
        if previous == Some(b'\r') && chunk.first().is_some_and(|first| *first != b'\n') {
            self.fail(Fault::BareCarriageReturn);
        }
        while let Some(found) = memchr2(b'\r', b'\n', chunk.get(at..).unwrap_or_default()) {
            if found > 0 {
                previous = None;
            }
            at += found;
            match chunk.get(at..) {
                Some([b'\r', b'\n', ..]) => at += 2,
                Some([b'\r']) => at += 1,
                Some([b'\r', ..]) => {
                    self.fail(Fault::BareCarriageReturn);
                    at += 1;
                }
                _ => {
                    if previous != Some(b'\r') {
                        self.keep(chunk.get(kept..at).unwrap_or_default());
                        self.bare_line_feed();
                        kept = at + 1;
                    }
                    at += 1;
                }
            }
            previous = None;
        }
        self.last = chunk.last().copied().or(self.last);
        self.keep(chunk.get(kept..).unwrap_or_default());
    }

    /// The content of chunks ends here.
    pub(super) fn end_chunks(&mut self) {
        if self.last == Some(b'\r') {
            self.fail(Fault::BareCarriageReturn);
        }
    }

    /// The message and the memory it holds, or what is wrong with it.
    pub(super) fn finish(self) -> Result<(Vec<u8>, Hold), Fault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok((self.bytes, self.hold)),
        }
    }

    fn keep(&mut self, part: &[u8]) {
        self.length = self.length.saturating_add(part.len());
        if self.length > self.max {
            self.fail(Fault::TooLarge);
        } else if self.fault.is_none() {
            if self.hold.cover(self.length) {
                self.bytes.extend_from_slice(part);
            } else {
                self.fail(Fault::NoRoom);
            }
        }
    }

    /// A LF without CR within the content.
    fn bare_line_feed(&mut self) {
        match self.bare_lf {
            BareLf::Normalise => self.keep(b"\r\n"),
            BareLf::Reject => {
                self.keep(b"\n");
                self.fail(Fault::BareLineFeed);
            }
        }
    }

    /// Notes a fault; what was read so far is of no use from there on.
    fn fail(&mut self, fault: Fault) {
        if self.fault.is_none_or(|known| known.rank() < fault.rank()) {
            self.fault = Some(fault);
            drop(mem::take(&mut self.bytes));
        }
    }
}

/// Whether so much is more than what is read of any message.
pub(super) fn is_endless(endless: usize, so_far: u64, more: u64) -> bool {
    so_far.saturating_add(more) > endless as u64
}

#[cfg(test)]
mod tests {
    use waypost_admission::{Budget, Networks};

    use super::*;

    fn content(max: usize, bare_lf: BareLf) -> Content {
        let budget = Budget::new(1 << 20, Networks::default());
        Content::new(0, (max, 2 * max), bare_lf, budget.hold([192, 0, 2, 1].into()))
    }

    type Case = (&'static [u8], Result<&'static [u8], Fault>, Progress);

    /// Feeds input in pieces of a size; whatever the size, the answer must be the same.
    fn data(input: &[u8], piece: usize, bare_lf: BareLf) -> (Result<Vec<u8>, Fault>, usize, Progress) {
        let mut content = content(100, bare_lf);
        let mut buffer = Vec::new();
        let mut used = 0;
        for part in input.chunks(piece) {
            buffer.extend_from_slice(part);
            let (taken, progress) = content.read_data(&buffer);
            buffer.drain(..taken);
            used += taken;
            if progress != Progress::More {
                return (content.finish().map(|(bytes, _)| bytes), used, progress);
            }
        }
        (content.finish().map(|(bytes, _)| bytes), used, Progress::More)
    }

    #[test]
    fn data_ends_where_it_ends() {
        use Fault::{BareCarriageReturn as Cr, BareLineFeed as Lf, TooLarge};
        use Progress::{End, FakeEnd, More};
        let cases: &[Case] = &[
            (b"a\r\n.\r\n", Ok(b"a\r\n"), End),
            (b".\r\n", Ok(b""), End),
            (b"..\r\n.x\r\n...\r\n.\r\n", Ok(b".\r\nx\r\n..\r\n"), End),
            (b"a\r\n.\r\nQUIT\r\n", Ok(b"a\r\n"), End),
            (b"a\nb\r\n.\r\n", Err(Lf), End),
            (b"a\rb\r\n.\r\n", Err(Cr), End),
            (b"a\r\r\n.\r\n", Err(Cr), End),
            (b"\n\r\n.\r\n", Err(Lf), End),
            (b"a\n.\r\nMAIL", Err(Lf), FakeEnd),
            (b"a\n.\nMAIL", Err(Lf), FakeEnd),
            (b"a\r.\rMAIL", Err(Cr), FakeEnd),
            (b"a\r.\r\nMAIL", Err(Cr), FakeEnd),
            (b"a\r\n.\nMAIL", Ok(b""), FakeEnd),
            (b"a\r\n.\rMAIL", Ok(b""), FakeEnd),
            (b"a\n.b\r\n.\r\n", Err(Lf), End),
            (b"a\n.\rMAIL", Err(Lf), FakeEnd),
            (b"a\r.\nMAIL", Err(Cr), FakeEnd),
            (b"a\r\n.", Ok(b"a\r\n"), More),
            (
                b"0123456789012345678901234567890123456789\r\n0123456789012345678901234567890123456789\r\n01234567890123\r\n1\r\n.\r\n",
                Err(TooLarge),
                End,
            ),
            (
                b"0123456789012345678901234567890123456789\r\n0123456789012345678901234567890123456789\r\n012345678901234567\r\na\rb\r\n.\r\n",
                Err(Cr),
                End,
            ),
        ];
        for (input, expected, progress) in cases {
            for piece in 1..=input.len() {
                let (found, used, reached) = data(input, piece, BareLf::Reject);
                assert_eq!(reached, *progress, "{:?} by {piece}", input.escape_ascii().to_string());
                if reached == End {
                    assert_eq!(found.as_deref(), expected.as_ref().map(|bytes| *bytes), "{input:?} by {piece}");
                    assert!(input[..used].ends_with(b".\r\n"));
                } else if let Err(fault) = expected {
                    assert_eq!(found, Err(*fault));
                }
            }
        }
    }

    #[test]
    fn a_bare_line_feed_is_a_line_end_within_the_content_and_never_its_end() {
        use Fault::BareCarriageReturn as Cr;
        use Progress::{End, FakeEnd, More};
        let cases: &[Case] = &[
            (b"a\nb\r\n.\r\n", Ok(b"a\r\nb\r\n"), End),
            (b"\n\n\r\n.\r\n", Ok(b"\r\n\r\n\r\n"), End),
            (b"a\n.\nMAIL\r\n.\r\n", Ok(b"a\r\n.\r\nMAIL\r\n"), End),
            (b"a\n.\r\nMAIL\r\n.\r\n", Ok(b"a\r\n.\r\nMAIL\r\n"), End),
            (b"a\r\n.\nMAIL\r\n.\r\n", Ok(b"a\r\n.\r\nMAIL\r\n"), End),
            (b".\n.\r\n.\r\n", Ok(b".\r\n.\r\n"), End),
            (b"a\n.\r\n.\r\nMAIL", Ok(b"a\r\n.\r\n"), End),
            // Whoever sends a lone LF has stuffed the lines that end with CRLF, if any.
            (b"a\n..b\n.c\r\n..d\r\n.\r\n", Ok(b"a\r\n..b\r\n.c\r\n.d\r\n"), End),
            (b"a\n.\n", Ok(b"a\r\n.\r\n"), More),
            (b"a\n.\rMAIL", Ok(b""), FakeEnd),
            (b"a\r\n.\rMAIL", Ok(b""), FakeEnd),
            (b"a\r.\nMAIL", Err(Cr), FakeEnd),
            (b"a\r.\r\nMAIL", Err(Cr), FakeEnd),
            (b"a\nb\rc\r\n.\r\n", Err(Cr), End),
            // What was added counts.
            (
                b"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\r\n.\r\n",
                Err(Fault::TooLarge),
                End,
            ),
        ];
        for (input, expected, progress) in cases {
            for piece in 1..=input.len() {
                let (found, used, reached) = data(input, piece, BareLf::Normalise);
                assert_eq!(reached, *progress, "{:?} by {piece}", input.escape_ascii().to_string());
                if reached != FakeEnd {
                    assert_eq!(found.as_deref(), expected.as_ref().map(|bytes| *bytes), "{input:?} by {piece}");
                }
                assert!(reached != End || input[..used].ends_with(b"\r\n.\r\n"), "{input:?} by {piece}");
            }
        }
        let chunks: &[Case] = &[
            (b"a\nb\n", Ok(b"a\r\nb\r\n"), End),
            (b"\n\r\n\n.\n", Ok(b"\r\n\r\n\r\n.\r\n"), End),
            (b"a\nb\rc", Err(Cr), End),
        ];
        for (input, expected, _) in chunks {
            for piece in 1..=input.len() {
                let mut content = content(100, BareLf::Normalise);
                input.chunks(piece).for_each(|chunk| content.read_chunk(chunk));
                content.end_chunks();
                let found = content.finish().map(|(bytes, _)| bytes);
                assert_eq!(found.as_deref(), expected.as_ref().map(|bytes| *bytes), "{input:?} by {piece}");
            }
        }
    }

    #[test]
    fn chunks_hold_whole_lines_wherever_they_are_cut() {
        use Fault::{BareCarriageReturn as Cr, BareLineFeed as Lf};
        let cases: &[(&[u8], Option<Fault>)] = &[
            (b"a\r\n.\r\n.b\r\n", None),
            (b"no line end", None),
            (b"a\nb", Some(Lf)),
            (b"\n", Some(Lf)),
            (b"a\r\n\n", Some(Lf)),
            (b"a\rb", Some(Cr)),
            (b"a\r\r\n", Some(Cr)),
            (b"a\r", Some(Cr)),
        ];
        for (input, fault) in cases {
            for piece in 1..=input.len() {
                let mut content = content(100, BareLf::Reject);
                input.chunks(piece).for_each(|chunk| content.read_chunk(chunk));
                content.end_chunks();
                let found = content.finish().map(|(bytes, _)| bytes);
                assert_eq!(found, fault.map_or(Ok(input.to_vec()), Err), "{input:?} by {piece}");
            }
        }
    }

    #[test]
    fn no_room_is_no_fault_of_the_message() {
        let budget = Budget::new(12, Networks::default());
        let mut content = Content::new(0, (100, 200), BareLf::default(), budget.hold([192, 0, 2, 1].into()));
        content.read_chunk(b"abcd");
        assert_eq!(content.finish().err(), Some(Fault::NoRoom));
    }
}
