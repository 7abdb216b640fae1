//! `/routing/skills` and the like: terms, which are names that flows and claims use.

use std::sync::Arc;

use uuid::Uuid;
use waypost_catalogue::edits::AnyEdit;
use waypost_catalogue::object::Object;
use waypost_catalogue::terms::{Declared, ForKind, TermKind, TermSpec, with_kind};
use waypost_ids::Term;
use waypost_wire::reference::Division;
use waypost_wire::term::{Term as View, TermChange, TermRequest};

use crate::auth::{RoutingRead, RoutingWrite};
use crate::changesets::Asked;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::names::{SORT_ORDERS, descending, fits};
use crate::objects::{self, Call, Listing, Offer, PathParts, Resource, WhereUsed};
use crate::openapi::Endpoints;
use crate::openapi::operation::Operation;
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] =
    &["id", "division", "divisionId", "state", "version", "dateCreated", "dateModified", "selfUri"];

/// What the API says of a kind of terms.
pub struct Kept {
    /// What its endpoints are called.
    pub group: &'static str,
    /// What dependency tracking calls one.
    pub dependency: &'static str,
    offer: Offer,
}

/// The kinds of terms. Genesys renames no skill and no language: that PATCH takes a `name` is ours.
pub(crate) const fn kept(term: Term) -> Kept {
    match term {
        Term::Skill => Kept {
            group: "Skills",
            dependency: "ACDSKILL",
            offer: Offer {
                all: "/routing/skills",
                one: "/routing/skills/{skillId}",
                list: ("getRoutingSkills", "List skills, by name"),
                create: ("postRoutingSkills", "Create a skill"),
                get: ("getRoutingSkill", "Get a skill"),
                change: ("patchRoutingSkill", "Change a skill: members that are left out stay"),
                patched: true,
                delete: ("deleteRoutingSkill", "Delete a skill that no flow names"),
                where_used: Some(WhereUsed {
                    uses: ("getRoutingSkillUses", "What a skill uses"),
                    used_by: ("getRoutingSkillUsedBy", "What names a skill"),
                }),
            },
        },
        Term::Language => Kept {
            group: "Languages",
            dependency: "ACDLANGUAGE",
            offer: Offer {
                all: "/routing/languages",
                one: "/routing/languages/{languageId}",
                list: ("getRoutingLanguages", "List languages, by name"),
                create: ("postRoutingLanguages", "Create a language"),
                get: ("getRoutingLanguage", "Get a language"),
                change: ("patchRoutingLanguage", "Change a language: members that are left out stay"),
                patched: true,
                delete: ("deleteRoutingLanguage", "Delete a language that no flow names"),
                where_used: Some(WhereUsed {
                    uses: ("getRoutingLanguageUses", "What a language uses"),
                    used_by: ("getRoutingLanguageUsedBy", "What names a language"),
                }),
            },
        },
    }
}

/// The endpoints of each kind, with what the kind is called.
pub fn groups() -> impl Iterator<Item = (&'static str, Endpoints)> {
    struct OfKind;
    impl ForKind for OfKind {
        type Answer = Endpoints;

        fn with<K: TermKind>(self) -> Endpoints {
            objects::endpoints::<Declared<K>>()
        }
    }
    Term::ALL.into_iter().map(|term| (kept(term).group, with_kind(term, OfKind)))
}

/// What a change set asks for of a term.
impl ForKind for Asked<'_> {
    type Answer = Result<Arc<dyn AnyEdit>, ApiError>;

    fn with<K: TermKind>(self) -> Self::Answer {
        self.edit::<Declared<K>>()
    }
}

impl<K: TermKind> Resource for Declared<K> {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = View;
    type Request = TermRequest;
    type Change = TermChange;

    const OFFER: Offer = kept(K::TERM).offer;

    fn id_in(path: &PathParts) -> Result<Uuid, ApiError> {
        path.id::<Self>(Self::OFFER.parameter())
    }

    fn order(&self) -> &str {
        &self.record().folded_name
    }

    fn listing(query: &mut Query, _: &PathParts) -> Listing<Self> {
        let name = query.text("name");
        let ids = query.ids("id");
        let descending = descending(query);
        let has = move |term: &Self| {
            let record = term.record();
            name.as_deref().is_none_or(|name| fits(name, &record.name))
                && (ids.is_empty() || ids.contains(&record.id.to_string()))
        };
        Listing { has: Box::new(has), descending, whole: true }
    }

    fn described(call: Call, operation: Operation) -> Operation {
        match call {
            Call::List => operation
                .text("name", "A name; `*` at either end stands for anything.")
                .list("id", "Identifiers.")
                .words("sortOrder", SORT_ORDERS, "Ascending by default."),
            _ => operation,
        }
    }

    fn spec(call: Call, mut body: Fields, _: &PathParts, _: &ApiState) -> Result<TermSpec, ApiError> {
        let name = match call {
            Call::Create => Some(body.required_text("name")),
            _ => body.text("name"),
        };
        body.discard(SET_BY_SERVER);
        Ok(TermSpec { name, extra: body.rest()? })
    }

    fn view(&self, _: &ApiState, _: bool) -> View {
        let record = self.record();
        View {
            id: record.id,
            name: record.name.clone(),
            division: Division::home(),
            state: "active".to_owned(),
            version: record.revision.to_string(),
            extra: record.extra.clone(),
            date_created: record.created_at.into(),
            date_modified: record.modified_at.into(),
            self_uri: format!("/api/v2{}/{}", Self::OFFER.all, record.id),
        }
    }
}
