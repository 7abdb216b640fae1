//! What is erased of a correspondent, and what is left.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::contents::bare_decision;
use super::deliveries::{Delivery, erased};
use super::outbox::folded;
use crate::encoding::DecisionMore;
use crate::leases::{Hold, Lease};
use crate::records::correspondents::{Correspondent, ErasureRecord, ErasureState, Part};
use crate::records::mail::{NewMessage, State};

/// Longer than any address can be, in bytes (RFC 5321, section 4.5.3.1, in U-labels). What is longer stands for nobody, and in no index.
const LONGEST: usize = 1000;

/// No honest mail names more senders: each is a row.
const MOST_NAMED: usize = 50;

/// The senders that a mail names and that are not found by its envelope sender, folded.
pub(crate) fn named_beside(message: &NewMessage) -> BTreeSet<String> {
    let envelope = folded(&message.envelope_from);
    let plain = envelope.is_ascii();
    let all = message.senders.iter().map(|address| folded(address)).chain([envelope.clone()]);
    // The index on the envelope sender folds ASCII alone.
    let beside = all.filter(|address| !(address.is_empty() || plain && *address == envelope));
    beside.filter(|address| address.len() <= LONGEST).take(MOST_NAMED).collect()
}

/// Whether an interaction still has something to come that concerns the correspondent. `pending` says whether deliveries are: for a recipient
/// those to them, for a sender all.
pub(crate) fn is_unfinished(part: Part, state: State, pending: bool) -> bool {
    match (part, state) {
        (Part::Sender, State::Completed) | (Part::Recipient, State::Decided | State::Claimed | State::Completed) => {
            pending
        }
        (Part::Recipient, State::GoingOut) => pending,
        (Part::Sender, State::Decided | State::Claimed | State::GoingOut)
        | (Part::Sender | Part::Recipient, State::Received | State::Running | State::Waiting) => true,
    }
}

/// What an erasure does with an interaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// All of it goes; the ledger row stays, without sender, subject and Message-ID.
    Whole,
    /// What was sent to the correspondent goes, with traces and journals, which may name them.
    Sent,
    /// It is left, and counted.
    Leave,
    /// A run that is under way or to come would bring back what was erased: it is looked at again.
    Later,
}

/// What an erasure does with an interaction that stands there. A run of somebody else's mail may send to the correspondent; a run of their own
/// finds nothing of them once it is erased.
pub(crate) fn step(part: Part, state: State, pending: bool, force: bool) -> Step {
    match (is_unfinished(part, state, pending), force, state, part) {
        (true, false, ..) => Step::Leave,
        (true, true, State::Running | State::Waiting, _) | (true, true, State::Received, Part::Recipient) => {
            Step::Later
        }
        (_, _, _, Part::Sender) => Step::Whole,
        (_, _, _, Part::Recipient) => Step::Sent,
    }
}

impl Step {
    /// The same, others' interactions in mind that copied something of this one: their runs read it.
    pub(crate) fn with_copies(self, copies: impl IntoIterator<Item = State>) -> Self {
        match self {
            Self::Whole | Self::Sent => {
                if copies.into_iter().any(State::awaits_decision) {
                    Self::Later
                } else {
                    self
                }
            }
            Self::Leave | Self::Later => self,
        }
    }
}

impl Correspondent {
    /// Each spelling once.
    pub(crate) fn spellings(&self) -> Vec<&str> {
        let other = Some(self.unicode.as_str()).filter(|unicode| *unicode != self.ascii);
        std::iter::once(self.ascii.as_str()).chain(other).collect()
    }

    /// Whether an address is theirs.
    pub(crate) fn is(&self, address: &str) -> bool {
        let address = folded(address);
        address == self.ascii || address == self.unicode
    }

    /// Whether a text has their address in it.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let text = folded(text);
        text.contains(&self.ascii) || text.contains(&self.unicode)
    }
}

/// What is left of a decision: what any erasure leaves, without what names them.
pub(crate) fn nameless_decision(more: DecisionMore, who: &Correspondent) -> DecisionMore {
    let mut more = bare_decision(more);
    more.addresses.retain(|address| !who.is(address));
    more.outcome = more.outcome.filter(|outcome| !who.is_in(outcome));
    more
}

/// Attributes of somebody else's interaction, without those that name the correspondent.
pub(crate) fn without(mut attributes: BTreeMap<String, String>, who: &Correspondent) -> BTreeMap<String, String> {
    attributes.retain(|_, value| !who.is_in(value));
    attributes
}

impl Delivery {
    /// The words go that say why it was held back: they may name somebody.
    pub(crate) fn forget_reason(&mut self) {
        if let Some(held) = &mut self.record.held {
            held.reason = erased().reason;
        }
    }
}

/// How an erasure stands, and who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ErasureStanding {
    pub(crate) state: ErasureState,
    pub(crate) hold: Hold,
}

impl ErasureStanding {
    /// A node begins it, or goes on with it, unless another does.
    pub(crate) fn begin(self, lease: Lease, now: Timestamp) -> Option<Self> {
        let free = self.hold.expire(now).unwrap_or(self.hold);
        let hold = free.take(lease)?;
        self.is_open().then_some(Self { hold, ..self })
    }

    /// Its node goes on with it.
    pub(crate) fn renew(self, lease: Lease) -> Option<Self> {
        let hold = self.hold.renew(lease)?;
        self.is_open().then_some(Self { hold, ..self })
    }

    /// Its node came to its end.
    pub(crate) fn end(self, lease: Uuid) -> Option<Self> {
        let over = Self { state: ErasureState::Done, hold: Hold::Nobody };
        (self.state == ErasureState::Erased && self.hold.is_by(lease)).then_some(over)
    }

    fn is_open(self) -> bool {
        match self.state {
            ErasureState::Open | ErasureState::Erased => true,
            ErasureState::Done => false,
        }
    }
}

impl ErasureRecord {
    /// A pass came to its end: either some are looked at again, or all rows are erased, and the address with them.
    pub(crate) fn end_pass(&mut self) {
        if std::mem::take(&mut self.progress.again) {
            // What was left is counted again.
            self.progress.left = 0;
            self.after = None;
            return;
        }
        self.who = None;
        self.state = ErasureState::Erased;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use waypost_ids::codes;

    use super::*;
    use crate::conformance::samples::{at, lease, mail};

    fn ann() -> Correspondent {
        Correspondent { ascii: "ann@xn--bcher-kva.example".to_owned(), unicode: "ann@bücher.example".to_owned() }
    }

    #[test]
    fn senders_beside_the_envelope_are_remembered_once() {
        let mut message = mail(1).message;
        message.senders = ["Ann@Example.NET", "Bob@example.net", "bob@example.net", ""].map(str::to_owned).to_vec();
        assert_eq!(named_beside(&message), BTreeSet::from(["bob@example.net".to_owned()]));
        message.envelope_from = "ÄNN@example.net".to_owned();
        assert!(named_beside(&message).contains("änn@example.net"), "no index folds it");
    }

    #[test]
    fn unfinished_work_is_left_unless_forced_and_a_run_is_waited_for() {
        for (part, state, pending, gentle, forced) in [
            (Part::Sender, State::Completed, false, Step::Whole, Step::Whole),
            (Part::Sender, State::Completed, true, Step::Leave, Step::Whole),
            (Part::Sender, State::Decided, false, Step::Leave, Step::Whole),
            (Part::Sender, State::Running, false, Step::Leave, Step::Later),
            (Part::Recipient, State::Decided, false, Step::Sent, Step::Sent),
            (Part::Recipient, State::GoingOut, true, Step::Leave, Step::Sent),
            (Part::Sender, State::Received, false, Step::Leave, Step::Whole),
            (Part::Sender, State::Waiting, false, Step::Leave, Step::Later),
            (Part::Recipient, State::Received, false, Step::Leave, Step::Later),
            (Part::Recipient, State::Running, false, Step::Leave, Step::Later),
            (Part::Recipient, State::Waiting, false, Step::Leave, Step::Later),
        ] {
            assert_eq!(step(part, state, pending, false), gentle, "{part:?} {state:?}");
            assert_eq!(step(part, state, pending, true), forced, "{part:?} {state:?}");
        }
    }

    #[test]
    fn whoever_reads_a_copy_is_waited_for() {
        for (step, later, expected) in [
            (Step::Whole, State::Decided, Step::Whole),
            (Step::Whole, State::Waiting, Step::Later),
            (Step::Sent, State::Received, Step::Later),
            (Step::Leave, State::Running, Step::Leave),
        ] {
            assert_eq!(step.with_copies([State::Completed, later]), expected, "{step:?} {later:?}");
        }
    }

    #[test]
    fn both_spellings_of_an_address_are_one_person() {
        assert!(ann().is("Ann@BÜCHER.example") && ann().is("ANN@xn--bcher-kva.example"));
        assert!(!ann().is("ann@bucher.example"));
        assert!(ann().is_in("wrote <ann@Bücher.example>"));
    }

    #[test]
    fn a_decision_keeps_others_and_kinds_of_errors_alone() {
        let more = DecisionMore {
            addresses: vec!["Ann@bücher.example".to_owned(), "bob@example.net".to_owned()],
            reason: Some("spam of ann".to_owned()),
            outcome: Some("solved".to_owned()),
            error: Some(json!({ "code": codes::NOT_FOUND, "message": "no row for ann", "nodeId": "a" })),
            ..DecisionMore::default()
        };
        let bare = nameless_decision(more, &ann());
        assert_eq!((bare.addresses, bare.reason), (vec!["bob@example.net".to_owned()], None));
        assert_eq!(bare.outcome.as_deref(), Some("solved"));
        let message = codes::without_values(codes::NOT_FOUND);
        assert_eq!(bare.error, Some(json!({ "code": codes::NOT_FOUND, "message": message, "nodeId": "a" })));
    }

    #[test]
    fn one_node_at_a_time_erases_until_it_is_over() {
        let new = ErasureStanding { state: ErasureState::Open, hold: Hold::Nobody };
        let begun = new.begin(lease(1, 20), at(10)).unwrap();
        assert_eq!(begun.begin(lease(2, 40), at(19)), None, "it is another's");
        assert_eq!(begun.renew(lease(2, 40)), None);
        assert_eq!(begun.end(lease(1, 20).id), None, "rows are left");
        let again = begun.begin(lease(2, 40), at(20)).unwrap();
        let erased = ErasureStanding { state: ErasureState::Erased, ..again };
        assert_eq!(erased.end(lease(1, 20).id), None, "it was lost");
        let over = erased.end(lease(2, 40).id).unwrap();
        assert_eq!((over.state, over.begin(lease(3, 99), at(98))), (ErasureState::Done, None));
    }
}
