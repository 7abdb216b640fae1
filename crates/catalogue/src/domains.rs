//! Domains as objects of the catalogue.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::{Kind, Ref};
use waypost_store::records::catalogue::{DomainRecord, ObjectRecord};

use crate::error::ChangeError;
use crate::object::{Making, Object, present, revision_of};
use crate::routes::one_form;
use crate::shelf::Shelf;
use crate::world::World;

/// What a domain is to be.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DomainSpec {
    /// The domain. One that is there keeps its own.
    pub domain: String,
    /// Members that are only kept. What a domain keeps already stays, unless it is named here.
    pub extra: Map<String, Json>,
}

impl Object for DomainRecord {
    const KIND: Kind = Kind::Domain;

    type Id = String;
    type Record = Self;
    type Spec = DomainSpec;

    fn new(record: Self) -> Self {
        record
    }

    fn record(&self) -> &Self {
        self
    }

    fn stored(record: &ObjectRecord) -> Option<&Self> {
        record.try_into().ok()
    }

    fn id(record: &Self) -> String {
        record.domain.clone()
    }

    fn id_of(object: &Ref) -> String {
        object.to_string()
    }

    fn object_of(id: &String) -> Ref {
        Ref::domain(id)
    }

    fn name(record: &Self) -> String {
        record.domain.clone()
    }

    /// A-label and U-label are one domain.
    fn folded(name: &str) -> String {
        one_form(&name.trim().trim_end_matches('.').to_lowercase()).into_owned()
    }

    fn name_wanted(spec: &DomainSpec) -> String {
        spec.domain.clone()
    }

    fn revision(record: &Self) -> u64 {
        revision_of(&Self::audited(record), record.created_at)
    }

    fn audited(record: &Self) -> Json {
        present(json!({ "name": record.domain, "more": record.extra }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.domains
    }

    fn make(spec: &DomainSpec, making: &Making<'_>, before: Option<&Self>) -> Result<Self, ChangeError> {
        match before {
            None => Ok(Self { domain: valid_domain(&spec.domain)?, extra: spec.extra.clone(), created_at: making.now }),
            Some(before) => {
                let mut record = before.clone();
                record.extra.extend(spec.extra.clone());
                Ok(record)
            }
        }
    }
}

/// A domain in lower case: labels of letters, digits and hyphens (RFC 1035, section 2.3.1), or of other letters for SMTPUTF8.
fn valid_domain(written: &str) -> Result<String, ChangeError> {
    let domain = written.trim().trim_end_matches('.').to_lowercase();
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    if domain.len() > 253 || !domain.split('.').all(label) {
        let problem = Diagnostic::error(Code::InvalidValue, "id", "this is not a domain")
            .expected("a domain such as `example.com`")
            .found(format!("`{written}`"));
        return Err(ChangeError::Invalid(vec![problem]));
    }
    Ok(domain)
}
