//! What is published, and what a change set would make of it, side by side: what a search for a mail that they decide differently needs.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use waypost_aside::{Failed, Place, Wanted};
use waypost_catalogue::Live;
use waypost_catalogue::changesets::{ChangeSet, Proposed};
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::where_used::followers;
use waypost_catalogue::world::World;
use waypost_ids::{FlowId, Key, Kind, Ref, TableId};
use waypost_store::error::{StoreError, TableError};
use waypost_store::records::audit::By;
use waypost_store::records::tables::TableRow;

use crate::App;

/// Rows that are read of one table, and of all together.
const MOST_ROWS: usize = 10_000;
const MOST_ROWS_IN_ALL: usize = 50_000;

/// Bytes of all rows that are read: rows may be large.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Rows that are read at once.
const PAGE: u32 = 250;

/// Two worlds, and what of them a change of flows concerns.
pub struct Sides {
    /// What is published.
    pub before: Live,
    /// What would be.
    pub after: Arc<World>,
    /// The flows that change, those that lead to them, and all that these call.
    pub concerned: HashSet<FlowId>,
    /// Rows of the tables that they look up.
    pub rows: HeldRows,
    /// The tables of which not all rows were read, by name.
    pub in_part: Vec<String>,
}

impl App {
    /// What is published and what a set would make of it. Nothing is written.
    ///
    /// # Errors
    /// Everything that keeps the set from being published, or the store.
    pub async fn sides(&self, actor: &str, set: ChangeSet) -> Result<Sides, ChangeError> {
        self.catalogue.catch_up().await?;
        let Proposed { base, world, flows, .. } = self.catalogue.proposed(By { actor, note: None }, set).await?;
        let changed: Vec<FlowId> = flows.iter().map(|flow| flow.id).collect();
        let worlds = [&*base.world, &*world];
        let mut concerned = HashSet::new();
        for side in worlds {
            concerned.extend(followers(side, &changed));
        }
        let mut open: Vec<FlowId> = concerned.iter().copied().collect();
        let mut tables = BTreeMap::new();
        while let Some(flow) = open.pop() {
            for side in worlds {
                for used in used(side, flow) {
                    if let Some(called) = used.flow().filter(|called| concerned.insert(*called)) {
                        open.push(called);
                    }
                    if let (Kind::Table, Key::Id(id)) = (used.kind, &used.key) {
                        tables.extend(
                            side.tables.get(&TableId(*id)).map(|table| (TableId(*id), table.record.name.clone())),
                        );
                    }
                }
            }
        }
        let (rows, in_part) = self.held(tables).await?;
        Ok(Sides { before: base, after: world, concerned, rows, in_part })
    }

    async fn held(&self, tables: BTreeMap<TableId, String>) -> Result<(HeldRows, Vec<String>), ChangeError> {
        let (mut held, mut in_part, mut left) =
            (HeldRows::default(), Vec::new(), Room::of(MOST_ROWS_IN_ALL, MOST_BYTES));
        for (id, name) in tables {
            let Some((rows, is_whole)) = self.rows_within(id, &mut left).await? else { continue };
            if !is_whole {
                in_part.push(name);
            }
            held.hold(id, rows);
        }
        in_part.sort();
        Ok((held, in_part))
    }

    /// Rows of a table that there is room for, and whether these are all; none if a change deleted the table since.
    async fn rows_within(&self, id: TableId, left: &mut Room) -> Result<Option<(Vec<TableRow>, bool)>, ChangeError> {
        let mut rows: Vec<TableRow> = Vec::new();
        loop {
            let after = rows.last().map(|row| row.folded.as_str());
            let found = match self.store.rows(id, after, (0, PAGE), None).await {
                Ok(found) => found.rows,
                Err(TableError::Unknown) => return Ok(None),
                Err(TableError::Store(error)) => return Err(error.into()),
                Err(other) => return Err(StoreError::Failed(other.to_string()).into()),
            };
            let are_last = found.len() < PAGE as usize;
            for row in found {
                if rows.len() >= MOST_ROWS || !left.takes(&row) {
                    return Ok(Some((rows, false)));
                }
                rows.push(row);
            }
            if are_last {
                return Ok(Some((rows, true)));
            }
        }
    }

    /// The place for a search; none if another is under way. Whoever has it loads what the search needs, which is large.
    #[must_use]
    pub fn place_for_search(&self) -> Option<Place> {
        self.searches.free()
    }

    /// Does work that takes as much of a processor as it is given, such as a search. It should stop when it is not wanted any longer.
    ///
    /// # Errors
    /// There is no thread for it, or it panicked.
    pub async fn search<T: Send + 'static>(
        &self,
        place: Place,
        work: impl FnOnce(&Wanted) -> T + Send + 'static,
    ) -> Result<T, Failed> {
        self.searches.work_in(place, work).await
    }
}

/// Room for rows.
struct Room {
    rows: usize,
    bytes: usize,
}

impl Room {
    fn of(rows: usize, bytes: usize) -> Self {
        Self { rows, bytes }
    }

    /// Whether there was room for a row, which has it then.
    fn takes(&mut self, row: &TableRow) -> bool {
        let bytes = row.folded.len().saturating_add(row.key.len()).saturating_add(row.values.len());
        let (Some(rows), Some(left)) = (self.rows.checked_sub(1), self.bytes.checked_sub(bytes)) else { return false };
        *self = Self::of(rows, left);
        true
    }
}

/// What the versions of a flow that can run name.
fn used(world: &World, flow: FlowId) -> impl Iterator<Item = &Ref> {
    world.loaded_versions(flow).into_iter().flat_map(move |key| world.usage.of(key)).map(|one| &one.target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_take_room_by_their_number_and_their_bytes() {
        let row =
            |bytes: usize| TableRow { folded: "k".to_owned(), key: "K".to_owned(), values: "v".repeat(bytes - 2) };
        for (rows, bytes, sizes, expected) in [
            (2, 100, vec![10, 10, 10], vec![true, true, false]),
            (9, 100, vec![60, 60, 40, 2], vec![true, false, true, false]),
            (0, 100, vec![2], vec![false]),
        ] {
            let mut room = Room::of(rows, bytes);
            let taken: Vec<bool> = sizes.into_iter().map(|size| room.takes(&row(size))).collect();
            assert_eq!(taken, expected, "{rows} {bytes}");
        }
    }
}
