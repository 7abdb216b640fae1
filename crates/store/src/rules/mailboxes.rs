//! Who watches a mailbox, and what becomes of its messages.

use jiff::Timestamp;

use crate::leases::{Hold, Lease};
use crate::records::mailboxes::{TakenRecord, Taking};

/// Who watches a mailbox, or fetches tokens for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Watching(pub(crate) Hold);

impl Watching {
    /// Somebody begins to watch, if nobody does.
    pub(crate) fn begin(self, lease: Lease, now: Timestamp) -> Option<Self> {
        self.0.expire(now).unwrap_or(self.0).take(lease).map(Self)
    }

    /// Whoever watches goes on.
    pub(crate) fn keep(self, lease: Lease) -> Option<Self> {
        self.0.renew(lease).map(Self)
    }
}

/// Whether what is noted of a message replaces what is known of it. What was taken or settled is never to be taken again, nor does an attempt
/// that failed elsewhere change it.
pub(crate) fn replaces(noted: &TakenRecord, known: Option<&TakenRecord>) -> bool {
    match (known.map(|known| known.state), noted.state) {
        (None | Some(Taking::Failed), _) | (Some(Taking::Taken), Taking::Done) => true,
        (Some(Taking::Taken | Taking::Done | Taking::SetAside), _) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_taken_is_settled_and_never_taken_again() {
        use Taking::{Done, Failed, SetAside, Taken};
        let of = |state| TakenRecord { uid: 7, state, attempts: 0, content_hash: None, why: None };
        for (known, replaced_by) in [
            (None, &[Taken, Done, SetAside, Failed][..]),
            (Some(Failed), &[Taken, Done, SetAside, Failed]),
            (Some(Taken), &[Done]),
            (Some(Done), &[]),
            (Some(SetAside), &[]),
        ] {
            for noted in [Taken, Done, SetAside, Failed] {
                let replaced = replaces(&of(noted), known.map(of).as_ref());
                assert_eq!(replaced, replaced_by.contains(&noted), "{known:?} by {noted:?}");
            }
        }
    }
}
