//! A shelf: the objects of one kind, by id and by name.

use std::collections::HashMap;
use std::sync::Arc;

use crate::object::Object;

/// The objects of one kind. A world that changes none of them has them from the world before.
#[derive(Debug)]
pub struct Shelf<T: Object> {
    by_id: Arc<HashMap<T::Id, Arc<T>>>,
    /// By folded name. While a change set is being planned two objects may have the same: it is refused.
    by_name: Arc<HashMap<String, Vec<T::Id>>>,
}

impl<T: Object> Default for Shelf<T> {
    fn default() -> Self {
        Self { by_id: Arc::default(), by_name: Arc::default() }
    }
}

impl<T: Object> Clone for Shelf<T> {
    fn clone(&self) -> Self {
        Self { by_id: Arc::clone(&self.by_id), by_name: Arc::clone(&self.by_name) }
    }
}

impl<T: Object> Shelf<T> {
    /// An object by its id.
    #[must_use]
    pub fn get(&self, id: &T::Id) -> Option<&Arc<T>> {
        self.by_id.get(id)
    }

    /// Whether an object is there.
    #[must_use]
    pub fn contains_key(&self, id: &T::Id) -> bool {
        self.by_id.contains_key(id)
    }

    /// All ids, in no order.
    pub fn keys(&self) -> impl Iterator<Item = &T::Id> {
        self.by_id.keys()
    }

    /// All objects, in no order.
    pub fn values(&self) -> impl Iterator<Item = &Arc<T>> {
        self.by_id.values()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The object of a folded name.
    #[must_use]
    pub fn named(&self, folded: &str) -> Option<&Arc<T>> {
        self.by_id.get(self.by_name.get(folded)?.first()?)
    }

    /// Ids by folded name.
    pub fn names(&self) -> impl Iterator<Item = (&String, &T::Id)> {
        self.by_name.iter().filter_map(|(name, ids)| Some((name, ids.first()?)))
    }

    /// Objects that have the name of a record, itself left out.
    pub(crate) fn others(&self, record: &T::Record) -> impl Iterator<Item = &Arc<T>> {
        let id = T::id(record);
        let ids = self.by_name.get(&folded::<T>(record)).into_iter().flatten();
        ids.filter(move |other| **other != id).filter_map(|other| self.by_id.get(other))
    }

    /// Puts an object on the shelf, in the place of the one with its id.
    pub(crate) fn insert(&mut self, record: T::Record) {
        self.put(T::new(record));
    }

    /// The same of an object that was made already.
    pub(crate) fn put(&mut self, object: T) {
        let record = object.record();
        let (id, name) = (T::id(record), folded::<T>(record));
        self.remove(&id);
        Arc::make_mut(&mut self.by_name).entry(name).or_default().push(id.clone());
        Arc::make_mut(&mut self.by_id).insert(id, Arc::new(object));
    }

    /// Takes an object away.
    pub(crate) fn remove(&mut self, id: &T::Id) {
        if !self.by_id.contains_key(id) {
            return;
        }
        let Some(before) = Arc::make_mut(&mut self.by_id).remove(id) else { return };
        let name = folded::<T>(before.record());
        let by_name = Arc::make_mut(&mut self.by_name);
        let Some(ids) = by_name.get_mut(&name) else { return };
        ids.retain(|other| other != id);
        if ids.is_empty() {
            by_name.remove(&name);
        }
    }
}

fn folded<T: Object>(record: &T::Record) -> String {
    T::folded(&T::name(record))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use waypost_ids::QueueId;
    use waypost_store::records::catalogue::QueueRecord;

    use super::*;

    fn queue(id: u128, name: &str) -> QueueRecord {
        QueueRecord {
            id: QueueId(uuid::Uuid::from_u128(id)),
            name: name.to_owned(),
            folded_name: name.to_lowercase(),
            built_in: false,
            extra: serde_json::Map::new(),
            created_at: Timestamp::UNIX_EPOCH,
            modified_at: Timestamp::UNIX_EPOCH,
        }
    }

    #[test]
    fn names_may_pass_from_one_to_another() {
        let mut shelf = Shelf::<QueueRecord>::default();
        shelf.insert(queue(1, "A"));
        shelf.insert(queue(2, "B"));
        let before = shelf.clone();
        shelf.insert(queue(1, "B"));
        assert_eq!(shelf.others(&queue(1, "b")).count(), 1, "for now two have it");
        shelf.insert(queue(2, "A"));
        let holder = |shelf: &Shelf<QueueRecord>, name: &str| shelf.named(name).map(|queue| queue.id.0.as_u128());
        assert_eq!((holder(&shelf, "a"), holder(&shelf, "b")), (Some(2), Some(1)));
        assert_eq!((holder(&before, "a"), holder(&before, "b")), (Some(1), Some(2)));
        shelf.remove(&QueueId(uuid::Uuid::from_u128(2)));
        assert_eq!((holder(&shelf, "a"), shelf.keys().count(), shelf.names().count()), (None, 1, 1));
    }
}
