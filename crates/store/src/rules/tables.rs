//! Who may change a table's rows. A whole new content is written bit by bit under a lease; until it is finished or taken back, nobody else
//! changes the table.

use jiff::Timestamp;
use uuid::Uuid;

use crate::error::TableError;
use crate::leases::{Hold, Lease};
use crate::records::tables::{Content, ContentVersion};

/// A table's rows as a whole, and who writes the next version of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableState {
    pub(crate) content: Content,
    pub(crate) import: ImportStanding,
}

/// Who writes a new content, and whether what was written is being taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ImportStanding {
    pub(crate) hold: Hold,
    pub(crate) undoing: bool,
}

impl TableState {
    /// The content, if it may be changed by whoever expects this version.
    pub(crate) fn changeable(self, expected: Option<ContentVersion>) -> Result<Content, TableError> {
        let newest = self.content.version;
        if expected.is_some_and(|expected| expected != newest) {
            return Err(TableError::Conflict { newest });
        }
        if self.import.hold != Hold::Nobody {
            return Err(TableError::Importing);
        }
        Ok(self.content)
    }
}

impl ImportStanding {
    /// Somebody begins.
    pub(crate) fn begin(self, lease: Lease) -> Result<Self, TableError> {
        let hold = self.hold.take(lease).ok_or(TableError::Importing)?;
        Ok(Self { hold, ..self })
    }

    /// Somebody writes. A lease that ran out is good until what was written is being taken back.
    pub(crate) fn renew(self, lease: Lease) -> Result<Self, TableError> {
        self.held(lease.id)?;
        Ok(Self { hold: Hold::By(lease), ..self })
    }

    /// All is written.
    pub(crate) fn finish(self, lease: Uuid) -> Result<Self, TableError> {
        self.held(lease)?;
        Ok(Self { hold: Hold::Nobody, ..self })
    }

    /// Whoever writes gives up: what was written is taken back.
    pub(crate) fn abandon(self, lease: Uuid) -> Result<Self, TableError> {
        self.held(lease)?;
        Ok(Self { undoing: true, ..self })
    }

    /// What was written is taken back if whoever wrote it gave up, or has no time left.
    pub(crate) fn expire(self, now: Timestamp) -> Option<Self> {
        (self.undoing || self.hold.expire(now).is_some()).then_some(Self { undoing: true, ..self })
    }

    /// All was taken back.
    pub(crate) const fn taken_back() -> Self {
        Self { hold: Hold::Nobody, undoing: false }
    }

    fn held(self, lease: Uuid) -> Result<(), TableError> {
        if self.hold.is_by(lease) && !self.undoing { Ok(()) } else { Err(TableError::Lost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::samples::{at, lease};

    const FREE: ImportStanding = ImportStanding::taken_back();

    #[test]
    fn one_at_a_time_writes_until_it_is_finished_or_taken_back() {
        let begun = FREE.begin(lease(1, 20)).unwrap();
        assert!(matches!(begun.begin(lease(2, 99)), Err(TableError::Importing)), "even when its time is over");
        let late = begun.renew(lease(1, 40)).unwrap();
        assert_eq!(late.hold, Hold::By(lease(1, 40)));
        for lost in [late.renew(lease(2, 99)), late.finish(lease(2, 99).id), late.abandon(lease(2, 99).id)] {
            assert!(matches!(lost, Err(TableError::Lost)));
        }
        assert_eq!(late.finish(lease(1, 40).id).unwrap(), FREE);
        let gone = late.abandon(lease(1, 40).id).unwrap();
        assert!(gone.undoing && gone.expire(at(0)) == Some(gone));
        assert_eq!(late.expire(at(39)), None);
        let gone = late.expire(at(40)).unwrap();
        assert!(gone.undoing);
        assert!(matches!(gone.renew(lease(1, 99)), Err(TableError::Lost)), "it is being taken back");
        assert!(matches!(gone.begin(lease(2, 99)), Err(TableError::Importing)));
    }

    #[test]
    fn rows_are_changed_at_the_expected_version_while_nobody_writes_a_new_content() {
        let content = Content { version: 3, oldest: 1, rows: 9 };
        let free = TableState { content, import: FREE };
        let taken = TableState { import: FREE.begin(lease(1, 20)).unwrap(), ..free };
        assert_eq!(free.changeable(None).unwrap(), content);
        assert_eq!(free.changeable(Some(3)).unwrap(), content);
        assert!(matches!(free.changeable(Some(2)), Err(TableError::Conflict { newest: 3 })));
        assert!(matches!(taken.changeable(Some(2)), Err(TableError::Conflict { newest: 3 })));
        assert!(matches!(taken.changeable(Some(3)), Err(TableError::Importing)));
    }
}
