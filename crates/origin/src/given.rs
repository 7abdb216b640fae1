//! A clock that stands still, and ids and bytes that are counted.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use uuid::{Builder, Uuid};

#[derive(Debug)]
pub(crate) struct Given {
    now: Mutex<Timestamp>,
    counted: AtomicU64,
}

impl Given {
    pub(crate) fn at(now: Timestamp) -> Self {
        Self { now: Mutex::new(now), counted: AtomicU64::new(0) }
    }

    pub(crate) fn set(&self, now: Timestamp) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> u64 {
        self.counted.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    pub(crate) fn id(&self) -> Uuid {
        Builder::from_random_bytes(u128::from(self.count()).to_be_bytes()).into_uuid()
    }

    pub(crate) fn id_in_order(&self) -> Uuid {
        let millis = u64::try_from(self.now().as_millisecond()).unwrap_or_default();
        let mut counted = [0; 10];
        counted.iter_mut().skip(2).zip(self.count().to_be_bytes()).for_each(|(to, from)| *to = from);
        Builder::from_unix_timestamp_millis(millis, &counted).into_uuid()
    }

    pub(crate) fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(size_of::<u64>()) {
            chunk.iter_mut().zip(self.count().to_be_bytes()).for_each(|(to, from)| *to = from);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::Origin;
    use jiff::Timestamp;

    #[test]
    fn what_is_given_is_the_same_each_time_and_never_twice() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let told = || {
            let origin = Origin::given(at(1_000));
            let mut bytes = [0; 12];
            origin.fill(&mut bytes).unwrap();
            let first = [origin.id(), origin.id(), origin.id_in_order(), origin.id_in_order()];
            origin.clone().set(at(1_001));
            assert_eq!(origin.now(), at(1_001), "clones share a clock");
            (bytes, first, origin.id_in_order())
        };
        let (bytes, [one, two, three, four], five) = told();
        assert_eq!((bytes, [one, two, three, four], five), told());
        assert!(one != two && three < four && four < five);
        assert_eq!([one, three].map(|id| id.get_version_num()), [4, 7]);
    }

    #[test]
    fn the_system_repeats_nothing() {
        let origin = Origin::system();
        let (mut one, mut two) = ([0; 32], [0; 32]);
        origin.fill(&mut one).unwrap();
        origin.fill(&mut two).unwrap();
        assert!(one != two && origin.id() != origin.id());
        let (earlier, later) = (origin.id_in_order(), origin.id_in_order());
        assert!(earlier < later && (0.0..1.0).contains(&origin.share()));
    }
}
