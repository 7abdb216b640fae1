//! Which thread a mail joins. Nobody joins one by what a stranger can know: a Message-ID may have been seen by anybody, so it counts only
//! from those who take part in the thread; a subject counts only from the author of the mail that it replies to, which is part of its
//! hash. What we have signed counts from whoever names it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{InteractionId, ThreadReason};

use super::correspondents::without;
use crate::records::correspondents::Correspondent;
use crate::records::mail::State;
use crate::records::threads::{PreviousRecord, ThreadClues, ThreadNote, ThreadRecord};

/// The participants of a thread are those of its first mail and of this many of its newest.
pub(crate) const MOST_NOTES: u32 = 200;

/// How many of a thread's newest interactions, or of a subject's newest mails, are tried until one can be read: damage refuses no mail.
pub(crate) const MOST_LOOKED_AT: u32 = 20;

/// What a store knows about the clues.
#[derive(Debug, Default)]
pub(crate) struct Known {
    /// The thread of the earliest mail with each of the named Message-IDs.
    pub(crate) named: BTreeMap<String, Uuid>,
    /// Who takes part in these threads.
    pub(crate) people: BTreeMap<Uuid, Vec<i64>>,
    /// The thread of the newest mail of the subject, and when that mail was received.
    pub(crate) subject: Option<(Uuid, Timestamp)>,
}

/// Decides; `None` begins a thread.
pub(crate) fn join(clues: &ThreadClues, known: &Known) -> Option<(Uuid, ThreadReason)> {
    if let Some(thread) = clues.marked {
        return Some((thread, ThreadReason::Marker));
    }
    let author = clues.author?;
    for (reason, id) in &clues.named {
        let Some(thread) = known.named.get(id) else { continue };
        if known.people.get(thread).is_some_and(|people| people.contains(&author)) {
            return Some((*thread, *reason));
        }
    }
    let (thread, received_at) = known.subject?;
    (clues.subject.is_some() && received_at >= clues.since).then_some((thread, ThreadReason::Subject))
}

/// What erasing an interaction leaves of its thread: nothing of what the earlier one held.
pub(crate) fn bare_thread(thread: ThreadRecord) -> ThreadRecord {
    let previous = thread.previous.map(|previous| PreviousRecord { attributes: BTreeMap::new(), ..previous });
    ThreadRecord { previous, ..thread }
}

/// The earlier interaction whose attributes a mail copied when its thread was found.
pub(crate) fn copied_from(thread: Option<&ThreadRecord>) -> Option<InteractionId> {
    let previous = thread?.previous.as_ref()?;
    (!previous.attributes.is_empty()).then_some(previous.id)
}

/// A mail's thread without what the earlier interaction has no longer, as it is when the mail is kept; none if it still has all that was
/// copied. What was erased in between must not come back with the copy.
pub(crate) fn without_gone(thread: &ThreadRecord, now: &BTreeMap<String, String>) -> Option<ThreadRecord> {
    let mut left = thread.clone();
    let previous = left.previous.as_mut()?;
    let copied = previous.attributes.len();
    previous.attributes.retain(|name, value| now.get(name) == Some(value));
    (previous.attributes.len() < copied).then_some(left)
}

/// How many later interactions of its thread are looked at for copies of one that is erased: the nearest, for each copies the one before it.
pub(crate) const MOST_COPIES: u32 = 1_000;

/// What is left of a later interaction's thread when the earlier one's content goes; none if it copied nothing of that.
pub(crate) fn without_copy(thread: ThreadRecord, is_erased: impl Fn(InteractionId) -> bool) -> Option<ThreadRecord> {
    let previous = thread.previous.as_ref()?;
    (is_erased(previous.id) && !previous.attributes.is_empty()).then(|| bare_thread(thread))
}

/// Another's interaction that has a copy of what is erased.
#[derive(Debug, PartialEq)]
pub(crate) struct Copied {
    pub(crate) interaction: InteractionId,
    pub(crate) state: State,
    /// Its thread, as it is from then on.
    pub(crate) left: ThreadRecord,
}

/// What erasing an interaction leaves of what a later one in its thread copied of it. `whole` says that the correspondent sent the erased one.
/// None if the later one has nothing of them.
pub(crate) fn without_copies(
    mut thread: ThreadRecord,
    (erased, whole): (InteractionId, bool),
    who: &Correspondent,
) -> Option<ThreadRecord> {
    let previous = thread.previous.as_mut()?;
    let all = whole && previous.id == erased;
    let left = if all { BTreeMap::new() } else { without(previous.attributes.clone(), who) };
    let more = previous.attributes.len() > left.len();
    previous.attributes = left;
    more.then_some(thread)
}

/// Participants as they are kept: eight bytes each.
pub(crate) fn people_column(note: &ThreadNote) -> Vec<u8> {
    note.people.iter().flat_map(|one| one.to_le_bytes()).collect()
}

/// Participants as they were kept.
pub(crate) fn people_of(column: &[u8]) -> impl Iterator<Item = i64> {
    column.as_chunks::<8>().0.iter().map(|one| i64::from_le_bytes(*one))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `spec/threads/joins.txt`: what a mail says, what is known, and what becomes of it.
    #[test]
    fn each_case_joins_what_it_says() {
        let cases = include_str!("../../../../spec/threads/joins.txt");
        let mut seen = 0;
        for case in cases.split("\n\n").filter(|case| case.lines().any(|line| !line.starts_with('#'))) {
            let (mut clues, mut known, mut expected) = (ThreadClues::default(), Known::default(), None);
            for line in case.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
                let words: Vec<&str> = line.split(' ').collect();
                let number = |at: usize| words[at].parse::<i64>().unwrap();
                let thread = |at: usize| Uuid::from_u128(u128::try_from(number(at)).unwrap());
                match words[0] {
                    "author" => clues.author = Some(number(1)),
                    "marked" => clues.marked = Some(thread(1)),
                    "references" => clues.named.push((ThreadReason::References, words[1].to_owned())),
                    "in-reply-to" => clues.named.push((ThreadReason::InReplyTo, words[1].to_owned())),
                    "subject" => clues.subject = Some(number(1)),
                    "since" => clues.since = Timestamp::from_second(number(1)).unwrap(),
                    "mail" => drop(known.named.insert(words[1].to_owned(), thread(2))),
                    "people" => {
                        let people = words[2..].iter().map(|one| one.parse().unwrap()).collect();
                        known.people.insert(thread(1), people);
                    }
                    "alike" => known.subject = Some((thread(1), Timestamp::from_second(number(2)).unwrap())),
                    "joins" => {
                        let reason = ThreadReason::ALL.into_iter().find(|one| one.as_str() == words[2]).unwrap();
                        expected = Some(Some((thread(1), reason)));
                    }
                    "new" => expected = Some(None),
                    other => panic!("{other}"),
                }
            }
            assert_eq!(Some(join(&clues, &known)), expected, "{case}");
            seen += 1;
        }
        assert!(seen > 10, "{seen}");
    }

    #[test]
    fn participants_are_read_as_they_were_kept() {
        let note = ThreadNote { subject: None, people: vec![1, -1, i64::MIN] };
        assert_eq!(people_of(&people_column(&note)).collect::<Vec<_>>(), note.people);
    }
}
