//! What a run sends, compared with what earlier runs sent, and what holds automatic answers back.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use waypost_ids::DeliveryKind;

use super::deliveries::{Delivery, erased};
use super::forwards::Forwards;
use super::pushes::{begins, carried_by};
use super::standing::Decided;
use crate::records::mail::RunRecord;
use crate::records::outbox::{Addressed, Answers, Held, Outgoing};

/// An address as it is compared.
pub(crate) fn folded(address: &str) -> String {
    address.to_lowercase()
}

/// The domain of an address as it is kept; of a webhook, which has none, its id.
pub(crate) fn domain(target: &str) -> String {
    domain_key(target.rsplit_once('@').map_or(target, |(_, domain)| domain))
}

/// A domain as it is kept: folded, and of what is too long for a domain the first characters alone, for it stands in indexes.
pub(crate) fn domain_key(domain: &str) -> String {
    folded(domain).chars().take(200).collect()
}

/// What a run comes to that sends this, beside what stays of earlier runs.
pub(crate) fn decided(run: &RunRecord, earlier: &[Delivery], number: u32) -> Decided {
    let kind = carried_by(run.decision.kind);
    let new = run.sends.iter().filter(|mail| Some(mail.kind) == kind).flat_map(|mail| &mail.to);
    let kept = earlier.iter().map(|one| &one.record);
    let kept = kept.filter(|one| Some(one.kind) == kind && one.run == Some(number)).map(|one| one.state);
    let forwards = Forwards::of(new.map(begins).chain(kept));
    Decided { kind: run.decision.kind, forwards, queue: forwards.queue_of(&run.decision) }
}

/// What the first run of an interaction comes to: nothing was sent before.
pub(crate) fn first(run: &RunRecord) -> Decided {
    decided(run, &[], 1)
}

/// What of a later run is still to be sent. What earlier runs sent to the same recipients counts as this run's from now on; what they
/// have not sent, and what this run does not want, is taken back.
pub(crate) fn later(sends: Vec<Outgoing>, number: u32, earlier: &mut [Delivery], now: Timestamp) -> Vec<Outgoing> {
    let mut sent: HashMap<(DeliveryKind, String), Vec<usize>> = HashMap::new();
    for (place, one) in earlier.iter().enumerate().rev() {
        if one.record.run.is_some() && !one.again && one.was_sent() {
            sent.entry((one.record.kind, folded(&one.record.target))).or_default().push(place);
        }
    }
    let action = |place: usize| earlier.get(place).and_then(|one| asked_for(one.record.place.as_deref()));
    let mut kept = Vec::new();
    let mut new = sends;
    // The same action's first: of two that send to one webhook, the one that arrived is not the other.
    for same_action in [true, false] {
        for mail in &mut new {
            let wanted = asked_for(mail.place.as_deref());
            let kind = mail.kind;
            mail.to.retain(|to| {
                let Some(sent) = sent.get_mut(&(kind, folded(&to.target))) else { return true };
                let fits = |place: &usize| !same_action || wanted == action(*place);
                let found = sent.iter().rposition(fits).map(|position| sent.remove(position));
                kept.extend(found);
                found.is_none()
            });
        }
    }
    new.retain(|mail| !mail.to.is_empty());
    for (place, one) in earlier.iter_mut().enumerate() {
        if kept.contains(&place) {
            one.record.run = Some(number);
            one.want(now);
        } else if one.record.run.is_some() {
            one.withdraw(None, now);
        }
    }
    new
}

/// The action that a stored place names, whatever the version of its flow.
fn asked_for(place: Option<&str>) -> Option<serde_json::Value> {
    let mut place: serde_json::Value = serde_json::from_str(place?).ok()?;
    for member in ["version", "flowName"] {
        place.as_object_mut()?.shift_remove(member);
    }
    Some(place)
}

/// Somebody asks for a run that sends everything again: what is not sent yet is taken back, and what was sent does not count. What is being
/// carried is only about to be sent: should the run want it, that is the one.
pub(crate) fn resend(earlier: &mut [Delivery], now: Timestamp) {
    for one in earlier.iter_mut().filter(|one| one.record.run.is_some()) {
        one.again |= !one.is_under_way(now);
        one.withdraw(None, now);
    }
}

/// What is to be sent for an interaction whose content was erased: nothing.
pub(crate) fn hold_all(sends: &mut [Outgoing]) {
    for to in sends.iter_mut().flat_map(|mail| &mut mail.to) {
        to.held = Some(erased());
    }
}

/// So long an automatic answer counts for its correspondent.
const A_DAY: SignedDuration = SignedDuration::from_hours(24);

/// So long an automatic answer counts in its thread.
const AN_HOUR: SignedDuration = SignedDuration::from_hours(1);

/// From when on automatic answers count: for the correspondent, and in the thread.
pub(crate) fn windows(now: Timestamp) -> (Timestamp, Timestamp) {
    let since = |time: SignedDuration| now.checked_sub(time).unwrap_or(Timestamp::UNIX_EPOCH);
    (since(A_DAY), since(AN_HOUR))
}

/// What a mail counts against in its thread, as one answer to however many recipients; none if it is no automatic answer, or every
/// recipient is held back anyway.
pub(crate) fn answer_of(mail: &Outgoing) -> Option<&Answers> {
    mail.to.iter().find_map(counted)
}

/// What a recipient's delivery is counted by later; none if it is no automatic answer, or does not go out.
pub(crate) fn counted(to: &Addressed) -> Option<&Answers> {
    to.answers.as_ref().filter(|_| to.held.is_none())
}

/// Whether an automatic answer to its correspondent is held back by those that went there within a day.
pub(crate) fn correspondent_has_enough(answers: &Answers, sent: u64) -> Option<Held> {
    let Answers { correspondent, most_a_day, .. } = answers;
    (sent >= u64::from(*most_a_day)).then(|| Held {
        rule: "correspondent".to_owned(),
        reason: format!("`{correspondent}` got {sent} automatic answers within a day; the limit is {most_a_day}"),
    })
}

/// Whether an automatic answer is held back, whoever gets it, by the mails that were sent in its thread within an hour.
pub(crate) fn thread_has_enough(answers: &Answers, sent: u64) -> Option<Held> {
    let Answers { thread, most_an_hour, .. } = answers;
    (!thread.is_empty() && sent >= u64::from(*most_an_hour)).then(|| Held {
        rule: "thread".to_owned(),
        reason: format!(
            "{sent} automatic answers were sent in the thread `{thread}` within an hour, and at most {most_an_hour} may be"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_held_when_as_many_were_kept_as_may_be() {
        let answers = Answers {
            correspondent: "ann@example.net".to_owned(),
            thread: "1@example".to_owned(),
            most_a_day: 3,
            most_an_hour: 1,
        };
        let rule = |held: Option<Held>| held.map(|held| held.rule);
        for (sent, held) in [(0, None), (2, None), (3, Some("correspondent")), (9, Some("correspondent"))] {
            assert_eq!(rule(correspondent_has_enough(&answers, sent)).as_deref(), held, "{sent} a day");
        }
        for (sent, held) in [(0, None), (1, Some("thread")), (9, Some("thread"))] {
            assert_eq!(rule(thread_has_enough(&answers, sent)).as_deref(), held, "{sent} an hour");
        }
        let reason = correspondent_has_enough(&answers, 3).unwrap().reason;
        assert_eq!(reason, "`ann@example.net` got 3 automatic answers within a day; the limit is 3");
        let nameless = Answers { thread: String::new(), ..answers };
        assert_eq!(thread_has_enough(&nameless, 9), None, "mail that names none is no thread");
    }

    #[test]
    fn addresses_are_compared_whatever_the_case() {
        assert_eq!(folded("Ann@Example.NET"), "ann@example.net");
        assert_eq!((domain("\"a@b\"@Example.NET"), domain("nobody")), ("example.net".to_owned(), "nobody".to_owned()));
    }
}
