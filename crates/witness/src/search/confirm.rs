//! What a search found, made as small as it can be and run again as it is written.

use std::collections::HashSet;

use jiff::SignedDuration;
use serde_json::json;
use waypost_flow::document::fold_name;
use waypost_flow::source::yaml_text;
use waypost_flow_tests::Flows;
use waypost_flow_tests::recipient::recipient;
use waypost_flow_tests::trial::WHEN;
use waypost_mail::message::Message;

use super::attempt::{attempt, leads_somewhere};
use super::clock::Clock;
use super::draft::{Answer, Asked, Draft, Entry, Failure};
use super::hunt::Hunt;
use super::{Witness, shrink, written};

/// A mail of more bytes was filled up, and another way to the same may need no filling.
const HEAVY: usize = 4_096;

/// So many more mails are tried for a lighter one,
const FOR_A_LIGHTER: u64 = 256;

/// as long as they have been filled up with no more bytes than this together: where each of them takes a MiB, the weight is what it is about.
const FILLED_FOR_A_LIGHTER: usize = 16 << 20;

/// A mail that is lighter than a heavy one and shows a difference as well, if there is one nearby; with how many were tried then.
pub(super) fn lighter(
    sides: &[Flows<'_>; 2],
    found: Witness,
    hunt: &mut Hunt<'_>,
    file: &str,
    (mut tries, clock): (u64, &Clock<'_>),
) -> (Witness, u64) {
    let (mut best, most, mut filled) = (found, tries + FOR_A_LIGHTER, 0_usize);
    while best.mail.len() > HEAVY && tries < most && filled < FILLED_FOR_A_LIGHTER && !clock.is_over(tries) {
        tries += 1;
        let Some((draft, came)) = hunt.step() else { continue };
        filled = filled.saturating_add(draft.size.unwrap_or_default());
        let light = Draft { size: None, ..draft };
        if came.differs()
            && attempt(sides, &light).is_some_and(|came| came.differs())
            && let Some(other) = confirmed(sides, light, file, clock).filter(|other| other.mail.len() < best.mail.len())
        {
            best = other;
        }
    }
    (best, tries)
}

/// The smallest draft that shows the same, read and run again from what is written of it.
pub(super) fn confirmed(sides: &[Flows<'_>; 2], draft: Draft, file: &str, clock: &Clock<'_>) -> Option<Witness> {
    let small = shrink::shrunk(sides, draft, clock, &|attempt| attempt.differs());
    let [before, after] = sides;
    // Whichever version has the entry can write the mail.
    let writer = if leads_somewhere(after, &small.entry) { after } else { before };
    let mail = written::mail(&small, writer)?;
    let came = attempt(sides, &small)?;
    let expect = match came.observed.as_slice() {
        [Some(was), Some(is)] => written::expected_unlike(is, was),
        other => other.iter().rev().flatten().next().map(written::expected)?,
    };
    let case = written::case(&small, writer, ("two versions decide this mail differently", file), expect);
    let test = yaml_text(&json!({ "tests": [case] }));
    let observed = written::run_again(&test, &mail, sides, &small.entry)?;
    let [was, is] = observed.as_slice() else { return None };
    (was != is).then(|| Witness {
        needs_test: small.needs_more_than_mail()
            || !comes_there(writer, &small.entry, &mail)
            || depends_on_time(sides, &small)
            || asks_a_schedule(sides, &small),
        entry: small.entry.clone(),
        mail,
        test,
        before: was.clone(),
        after: is.clone(),
    })
}

/// Whether the mail's own header leads it to where it was run.
fn comes_there(flows: &Flows<'_>, entry: &Entry, mail: &[u8]) -> bool {
    let Entry::Route(address) = entry else { return false };
    recipient(flows.running, &Message::parse(mail)).is_some_and(|found| found.eq_ignore_ascii_case(address))
}

/// Whether another time of the day or of the week makes anything else of the mail, in one of the versions.
fn depends_on_time(sides: &[Flows<'_>], draft: &Draft) -> bool {
    let Some(now) = attempt(sides, draft) else { return true };
    let at = draft.at.unwrap_or(WHEN);
    [-11, 7, 60, 100].iter().any(|hours| {
        let at = at.checked_add(SignedDuration::from_hours(*hours)).ok();
        let later = attempt(sides, &Draft { at, ..draft.clone() });
        later.is_some_and(|later| later.observed != now.observed)
    })
}

/// Whether a run of the mail asks what a schedule says: it says something else on another day.
fn asks_a_schedule(sides: &[Flows<'_>], draft: &Draft) -> bool {
    let named = sides.iter().flat_map(|side| side.running.schedules.values());
    let schedules: HashSet<Asked> = named.map(|known| Asked::Schedule(known.record.name.clone())).collect();
    sides.iter().any(|side| {
        let mut probe = draft.clone();
        probe.answers.extend(schedules.iter().map(|asked| (asked.clone(), Answer::Failure(Failure::default()))));
        let knows = |asked: &&Asked| side.running.schedules.named(&fold_name(asked.member().1)).is_some();
        leads_somewhere(side, &draft.entry)
            && attempt(&[*side], &probe)
                .is_some_and(|came| schedules.iter().filter(knows).any(|asked| !came.unasked.contains(&asked.label())))
    })
}
