//! What a kind of object defines. The rest is the same for all: the shelf, revisions, taken names, users, the delete guard, change sets and
//! the audit log.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Kind, Ref};
use waypost_origin::Origin;
use waypost_store::records::catalogue::ObjectRecord;

use crate::error::ChangeError;
use crate::shelf::Shelf;
use crate::world::World;

/// A kind of object of the catalogue.
pub trait Object: Debug + Sized + Send + Sync + 'static {
    /// Which kind.
    const KIND: Kind;
    /// Whether flows must be there before objects of this kind, which name them.
    const AFTER_FLOWS: bool = false;

    /// What identifies an object among those of its kind.
    type Id: Clone + Debug + Display + Eq + Hash + Ord + Send + Sync + Serialize + DeserializeOwned + 'static;
    /// An object as it is stored.
    type Record: Clone + Into<ObjectRecord> + Send + Sync + 'static;
    /// What a client asks for. A replay keeps it as JSON.
    type Spec: Clone + Debug + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// An object from what is stored.
    fn new(record: Self::Record) -> Self;

    /// What is stored of it.
    fn record(&self) -> &Self::Record;

    /// The record, if it is of this kind.
    fn stored(record: &ObjectRecord) -> Option<&Self::Record>;

    /// Its identifier.
    fn id(record: &Self::Record) -> Self::Id;

    /// The identifier in a reference to an object of this kind.
    fn id_of(object: &Ref) -> Self::Id;

    /// A reference to the object with an identifier.
    fn object_of(id: &Self::Id) -> Ref;

    /// What messages and lists call it.
    fn name(record: &Self::Record) -> String;

    /// The name as it is compared: no two objects of a kind have the same.
    #[must_use]
    fn folded(name: &str) -> String {
        document::fold_name(name)
    }

    /// The name that a client asks for.
    fn name_wanted(spec: &Self::Spec) -> String;

    /// Changes whenever the object does: its `ETag`.
    fn revision(record: &Self::Record) -> u64;

    /// What the audit log keeps of it. Two records of which it keeps the same say the same.
    fn audited(record: &Self::Record) -> Json;

    /// Where objects of this kind are kept.
    fn shelf(world: &World) -> &Shelf<Self>;

    /// The record that is asked for, in the place of `before`.
    ///
    /// # Errors
    /// Every problem found; another object that it belongs to is not there.
    fn make(spec: &Self::Spec, making: &Making<'_>, before: Option<&Self>) -> Result<Self::Record, ChangeError>;

    /// The record as queues may name it before it can be made; none for kinds that are made before queues, or that queues don't name.
    #[must_use]
    fn foreseen(_spec: &Self::Spec, _making: &Making<'_>, _before: Option<&Self>) -> Option<Self::Record> {
        None
    }

    /// Secrets that it names and can't have in a world. No set brings secrets, so that this is known before anything else is made; it is told
    /// with everything else that is wrong.
    #[must_use]
    fn lacking(_spec: &Self::Spec, _world: &World, _before: Option<&Self>) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// What is wrong with a change of an object that has content, such as rows.
    #[must_use]
    fn with_content(_before: &Self::Record, _after: &Self::Record) -> Vec<Diagnostic> {
        Vec::new()
    }

    /// Whether it may be deleted at all.
    ///
    /// # Errors
    /// Why not.
    fn deletable(&self) -> Result<(), ChangeError> {
        Ok(())
    }

    /// The name of a record that another object has.
    fn taken(record: &Self::Record, holder: &Self) -> ChangeError {
        let holder = Self::id(holder.record()).to_string();
        ChangeError::NameTaken { kind: Self::KIND.as_str(), name: Self::name(record), holder }
    }
}

/// What a record is made with.
#[derive(Clone, Copy, Debug)]
pub struct Making<'w> {
    /// The world that the object is made in; for kinds that come after flows, with all else that is changed with it.
    pub world: &'w World,
    /// The client.
    pub actor: &'w str,
    /// When.
    pub now: Timestamp,
    /// Where new ids come from.
    pub origin: &'w Origin,
}

/// The revision of a record that has no counter: made of what it holds. Times count in microseconds, as stores keep them.
pub(crate) fn revision_of(says: &Json, at: Timestamp) -> u64 {
    let digest = Sha256::digest(format!("{}\n{says}", at.as_microsecond()));
    digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// A name, trimmed, if it is one.
///
/// # Errors
/// A problem at `path`.
pub(crate) fn named(path: &str, name: &str) -> Result<String, Box<Diagnostic>> {
    let trimmed = name.trim();
    if trimmed.is_empty() || trimmed.chars().count() > 256 || trimmed.chars().any(char::is_control) {
        let problem = Diagnostic::error(Code::InvalidName, path, "this name can't be used")
            .expected("1 to 256 characters, no control characters")
            .found(format!("{} characters", trimmed.chars().count()));
        return Err(Box::new(problem));
    }
    Ok(trimmed.to_owned())
}

pub(crate) fn not_found(kind: &'static str, id: impl ToString) -> ChangeError {
    ChangeError::NotFound { kind, id: id.to_string() }
}

/// What was found instead of a value, in words.
pub(crate) fn found(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(_) | Json::Number(_) => value.to_string(),
        Json::String(text) => format!("`{}`", text.chars().take(60).flat_map(char::escape_debug).collect::<String>()),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "an object".to_owned(),
    }
}

/// What the audit log says of an object: what is absent or empty is left out.
pub(crate) fn present(value: Json) -> Json {
    let Json::Object(members) = value else { return value };
    let says = |value: &Json| match value {
        Json::Null => false,
        Json::String(text) => !text.is_empty(),
        Json::Object(members) => !members.is_empty(),
        _ => true,
    };
    members.into_iter().filter(|(_, value)| says(value)).collect::<Map<_, _>>().into()
}

/// A shelf of whatever kind.
pub(crate) trait AnyShelf {
    /// Puts a record on the shelf.
    fn put(&mut self, record: &ObjectRecord);

    /// Takes an object away.
    fn remove(&mut self, object: &Ref);

    /// The object's name.
    fn name(&self, object: &Ref) -> Option<String>;

    /// What the audit log keeps of the object: its name and what it says.
    fn audited(&self, object: &Ref) -> Option<(String, Json)>;

    /// The same of a record that need not be on the shelf.
    fn audited_record(&self, record: &ObjectRecord) -> Option<(String, Json)>;

    /// Why a record on the shelf can't have its name: another object has it.
    fn taken(&self, record: &ObjectRecord) -> Option<ChangeError>;

    /// Whether the object is there and may be deleted.
    fn is_deletable(&self, object: &Ref) -> bool;

    /// All objects, in no order.
    fn objects(&self) -> Vec<Ref>;
}

impl<T: Object> AnyShelf for Shelf<T> {
    fn put(&mut self, record: &ObjectRecord) {
        if let Some(record) = T::stored(record) {
            self.insert(record.clone());
        }
    }

    fn remove(&mut self, object: &Ref) {
        Shelf::remove(self, &T::id_of(object));
    }

    fn name(&self, object: &Ref) -> Option<String> {
        self.get(&T::id_of(object)).map(|known| T::name(known.record()))
    }

    fn audited(&self, object: &Ref) -> Option<(String, Json)> {
        let record = self.get(&T::id_of(object))?.record();
        Some((T::name(record), T::audited(record)))
    }

    fn audited_record(&self, record: &ObjectRecord) -> Option<(String, Json)> {
        T::stored(record).map(|record| (T::name(record), T::audited(record)))
    }

    fn taken(&self, record: &ObjectRecord) -> Option<ChangeError> {
        let record = T::stored(record)?;
        let holder = self.others(record).next()?;
        Some(T::taken(record, holder))
    }

    fn is_deletable(&self, object: &Ref) -> bool {
        self.get(&T::id_of(object)).is_some_and(|known| known.deletable().is_ok())
    }

    fn objects(&self) -> Vec<Ref> {
        self.values().map(|known: &Arc<T>| known.record().clone().into().object()).collect()
    }
}
