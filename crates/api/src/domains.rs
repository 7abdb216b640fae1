//! `/routing/email/domains`: the domains that mail is accepted for.

use axum::http::StatusCode;
use waypost_catalogue::domains::DomainSpec;
use waypost_catalogue::error::ChangeError;
use waypost_store::records::catalogue::DomainRecord;
use waypost_wire::Object;
use waypost_wire::error::Problem;
use waypost_wire::routing::{Domain, DomainRequest};

use crate::auth::{RoutingRead, RoutingWrite};
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::names::fits;
use crate::objects::{self, Call, Listing, Offer, PathParts, Resource};
use crate::openapi::Endpoints;
use crate::openapi::operation::Operation;
use crate::query::Query;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["name", "mxRecordStatus", "dateCreated", "selfUri"];

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    objects::endpoints::<DomainRecord>()
}

impl Resource for DomainRecord {
    type Read = RoutingRead;
    type Write = RoutingWrite;
    type View = Domain;
    type Request = DomainRequest;
    type Change = Object;

    const OFFER: Offer = Offer {
        all: "/routing/email/domains",
        one: "/routing/email/domains/{domainId}",
        list: ("getRoutingEmailDomains", "List domains, by name"),
        create: ("postRoutingEmailDomains", "Accept mail for a domain"),
        get: ("getRoutingEmailDomain", "Get a domain"),
        change: ("patchRoutingEmailDomain", "Change a domain"),
        patched: true,
        delete: ("deleteRoutingEmailDomain", "Delete a domain without routes"),
        where_used: None,
    };

    fn id_in(path: &PathParts) -> Result<String, ApiError> {
        Ok(path.part("domainId").to_lowercase())
    }

    fn order(&self) -> &str {
        &self.domain
    }

    fn listing(query: &mut Query, _: &PathParts) -> Listing<Self> {
        let filter = query.text("filter");
        query.ignore(&["excludeStatus", "expand"]);
        let has = move |record: &Self| filter.as_deref().is_none_or(|filter| fits(filter, &record.domain));
        Listing { has: Box::new(has), descending: false, whole: true }
    }

    fn described(call: Call, operation: Operation) -> Operation {
        match call {
            Call::List => operation
                .text("filter", "A name; `*` at either end stands for anything.")
                .ignored(&["excludeStatus", "expand"]),
            Call::Get => operation.ignored(&["expand"]),
            Call::Create | Call::Change | Call::Delete => operation,
        }
    }

    fn parameters(call: Call, query: &mut Query) {
        if call == Call::Get {
            query.ignore(&["expand"]);
        }
    }

    /// Members that are sent replace those that are kept, the others stay.
    fn spec(call: Call, mut body: Fields, _: &PathParts, _: &ApiState) -> Result<DomainSpec, ApiError> {
        let domain = match call {
            Call::Create => body.required_text("id"),
            _ => body.text("id").unwrap_or_default(),
        };
        no_sub_domain(&mut body);
        body.discard(SET_BY_SERVER);
        Ok(DomainSpec { domain, extra: body.rest()? })
    }

    fn view(&self, _: &ApiState, _: bool) -> Domain {
        Domain {
            id: self.domain.clone(),
            name: self.domain.clone(),
            sub_domain: false,
            mx_record_status: "NOT_AVAILABLE".to_owned(),
            extra: self.extra.clone(),
            date_created: self.created_at.into(),
            self_uri: format!("/api/v2/routing/email/domains/{}", self.domain),
        }
    }

    fn refused(error: ChangeError) -> ApiError {
        match error {
            ChangeError::Invalid(problems) => ApiError::invalid("postino.invalid.domain.name", diagnosed(&problems)),
            // Terraform looks for these words, and then adopts the domain.
            ChangeError::NameTaken { name, holder, .. } => {
                // Its A-label or its U-label may.
                let other = if holder == name { String::new() } else { format!(" as `{holder}`") };
                let message = format!("domain already exists: `{name}`{other}");
                ApiError::new(StatusCode::CONFLICT, "postino.domain.exists", message)
            }
            other => other.into(),
        }
    }
}

fn no_sub_domain(body: &mut Fields) {
    if body.flag("subDomain") == Some(true) {
        body.problem(Problem {
            path: Some("subDomain".to_owned()),
            expected: Some("false".to_owned()),
            found: Some("true".to_owned()),
            suggestion: Some("send the whole domain as `id`".to_owned()),
            ..Problem::new("invalid.value", "the server has no root domain that a subdomain could be of")
        });
    }
}
