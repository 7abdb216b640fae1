//! Terms as objects of the catalogue: names that others use, such as skills.
//!
//! Flows write a term's name itself, declared or not, and that text is what runs keep and claims ask for. So where-used knows terms by
//! their names, and a declared name that a flow writes can't go: `docs/decisions/0024-kinds.md`.

use std::fmt::Debug;
use std::marker::PhantomData;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use uuid::Uuid;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Key, Kind, Ref, Term};
use waypost_store::records::catalogue::{ObjectRecord, TermRecord};

use crate::error::ChangeError;
use crate::object::{AnyShelf, Making, Object, named, present};
use crate::shelf::Shelf;
use crate::world::World;

/// What a term is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TermSpec {
    /// The name. An existing term keeps its own by default.
    pub name: Option<String>,
    /// Members that are only kept. What a term keeps already stays, unless it is named here.
    pub extra: Map<String, Json>,
}

/// A declared term of one kind.
#[derive(Debug)]
pub struct Declared<K> {
    record: TermRecord,
    kind: PhantomData<K>,
}

/// A kind of terms, as a type.
pub trait TermKind: Copy + Debug + Send + Sync + 'static {
    /// Which.
    const TERM: Term;

    /// Where terms of this kind are kept.
    fn shelf(terms: &Terms) -> &Shelf<Declared<Self>>;
}

/// Something that is done in the same way with every kind of terms.
pub trait ForKind {
    /// What comes of it.
    type Answer;

    /// Does it.
    fn with<K: TermKind>(self) -> Self::Answer;
}

macro_rules! terms {
    ($($(#[$doc:meta])* $kind:ident => $shelf:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $kind;

            impl TermKind for $kind {
                const TERM: Term = Term::$kind;

                fn shelf(terms: &Terms) -> &Shelf<Declared<Self>> {
                    &terms.$shelf
                }
            }
        )*

        /// The terms of a world.
        #[derive(Clone, Debug, Default)]
        pub struct Terms {
            $($shelf: Shelf<Declared<$kind>>,)*
        }

        impl Terms {
            pub(crate) fn shelf(&self, term: Term) -> &dyn AnyShelf {
                match term {
                    $(Term::$kind => &self.$shelf,)*
                }
            }

            pub(crate) fn shelf_mut(&mut self, term: Term) -> &mut dyn AnyShelf {
                match term {
                    $(Term::$kind => &mut self.$shelf,)*
                }
            }

            /// The declared term of a folded name.
            fn named(&self, term: Term, folded: &str) -> Option<Ref> {
                match term {
                    $(Term::$kind => self.$shelf.named(folded).map(|known| known.object()),)*
                }
            }
        }

        /// Does something with the kind of a term.
        pub fn with_kind<W: ForKind>(term: Term, work: W) -> W::Answer {
            match term {
                $(Term::$kind => work.with::<$kind>(),)*
            }
        }
    };
}

terms! {
    /// Skills.
    Skill => skills,
    /// Languages.
    Language => languages,
}

impl<K: TermKind> Declared<K> {
    fn object(&self) -> Ref {
        Self::object_of(&self.record.id)
    }
}

impl<K: TermKind> Object for Declared<K> {
    const KIND: Kind = Kind::Term(K::TERM);

    type Id = Uuid;
    type Record = TermRecord;
    type Spec = TermSpec;

    fn new(record: TermRecord) -> Self {
        Self { record, kind: PhantomData }
    }

    fn record(&self) -> &TermRecord {
        &self.record
    }

    fn stored(record: &ObjectRecord) -> Option<&TermRecord> {
        <&TermRecord>::try_from(record).ok().filter(|record| record.term == K::TERM)
    }

    fn id(record: &TermRecord) -> Uuid {
        record.id
    }

    fn id_of(object: &Ref) -> Uuid {
        object.uuid()
    }

    fn object_of(id: &Uuid) -> Ref {
        Ref::new(Self::KIND, *id)
    }

    fn name(record: &TermRecord) -> String {
        record.name.clone()
    }

    fn name_wanted(spec: &TermSpec) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn revision(record: &TermRecord) -> u64 {
        record.revision
    }

    fn audited(record: &TermRecord) -> Json {
        present(json!({ "name": record.name, "more": record.extra }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        K::shelf(&world.terms)
    }

    fn make(spec: &TermSpec, making: &Making<'_>, before: Option<&Self>) -> Result<TermRecord, ChangeError> {
        let before = before.map(|before| &before.record);
        let name = match (&spec.name, before) {
            (Some(name), _) => named("name", name)?,
            (None, Some(before)) => before.name.clone(),
            (None, None) => {
                let message = format!("the {} has no name", K::TERM.as_str());
                return Err(ChangeError::Invalid(vec![Diagnostic::error(Code::MissingKey, "name", message)]));
            }
        };
        let mut extra = before.map(|before| before.extra.clone()).unwrap_or_default();
        extra.extend(spec.extra.clone());
        Ok(TermRecord {
            term: K::TERM,
            id: before.map_or_else(|| making.origin.id(), |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            extra,
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            created_at: before.map_or(making.now, |before| before.created_at),
            modified_at: making.now,
        })
    }
}

impl World {
    /// An object as flows name it: a declared term by its name, and any other by its identifier.
    pub(crate) fn as_written(&self, object: &Ref) -> Ref {
        match object.kind {
            Kind::Term(term) => match self.terms.shelf(term).name(object) {
                Some(name) => Ref::written(term, &document::fold_name(&name)),
                None => object.clone(),
            },
            Kind::Route
            | Kind::Flow
            | Kind::Queue
            | Kind::Table
            | Kind::Schedule
            | Kind::Domain
            | Kind::Webhook
            | Kind::DataAction
            | Kind::Secret
            | Kind::Mailbox => object.clone(),
        }
    }

    /// What flows name, as an object; none if it is a term that nobody declared.
    pub(crate) fn as_declared(&self, written: &Ref) -> Option<Ref> {
        match (written.kind, &written.key) {
            (Kind::Term(term), Key::Name(folded)) => self.terms.named(term, folded),
            _ => Some(written.clone()),
        }
    }
}
