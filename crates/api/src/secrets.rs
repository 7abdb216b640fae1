//! `/secrets`: values that outside servers are shown, and nobody else. A value goes in, and no answer has it.

use waypost_catalogue::secrets::SecretSpec;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::SecretId;
use waypost_store::records::outside::SecretRecord;
use waypost_wire::secret::{Secret, SecretRequest};

use crate::auth::Admin;
use crate::error::{ApiError, diagnosed};
use crate::fields::Fields;
use crate::objects::{self, Call, Offer, PathParts, Resource, WhereUsed};
use crate::openapi::Endpoints;
use crate::state::ApiState;

/// Members that the server sets itself.
const SET_BY_SERVER: &[&str] = &["id", "dateValueSet", "version", "dateCreated", "dateModified", "selfUri"];

/// The longest value, in bytes.
const LONGEST: usize = 64 * 1024;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    objects::endpoints::<SecretRecord>()
}

impl Resource for SecretRecord {
    type Read = Admin;
    type Write = Admin;
    type View = Secret;
    type Request = SecretRequest;
    type Change = SecretRequest;

    const OFFER: Offer = Offer {
        all: "/secrets",
        one: "/secrets/{secretId}",
        list: ("getSecrets", "List secrets, by name, without their values"),
        create: ("postSecrets", "Create a secret"),
        get: ("getSecret", "Get a secret without its value"),
        change: ("putSecret", "Replace a secret's name and hosts, and its value if there is one"),
        patched: false,
        delete: ("deleteSecret", "Delete a secret that no data action uses"),
        where_used: Some(WhereUsed {
            uses: ("getSecretUses", "What a secret uses"),
            used_by: ("getSecretUsedBy", "What uses a secret"),
        }),
    };

    fn id_in(path: &PathParts) -> Result<SecretId, ApiError> {
        path.id::<Self>("secretId")
    }

    fn order(&self) -> &str {
        &self.folded_name
    }

    fn spec(call: Call, mut body: Fields, path: &PathParts, state: &ApiState) -> Result<SecretSpec, ApiError> {
        let (name, hosts) = (body.required_text("name"), body.texts("hosts").unwrap_or_default());
        let value = body.hidden_text("value");
        body.discard(SET_BY_SERVER);
        body.finish(&["name", "hosts", "value"])?;
        // A value is sealed for the object that has it.
        let id = match call {
            Call::Change => Self::id_in(path)?,
            Call::List | Call::Create | Call::Get | Call::Delete => SecretId(state.app.origin.id()),
        };
        if value.as_ref().is_some_and(|value| value.is_empty() || value.len() > LONGEST) {
            let problem = Diagnostic::error(Code::InvalidValue, "value", "this value can't be kept");
            let problem = problem.expected(format!("1 to {LONGEST} bytes"));
            return Err(ApiError::invalid("invalid.value", diagnosed(&[problem])));
        }
        let value = value.map(|value| state.app.seal(id, value.as_bytes())).transpose()?;
        Ok(SecretSpec { id, name, hosts, value })
    }

    fn view(&self, _: &ApiState, _: bool) -> Secret {
        Secret {
            id: self.id,
            name: self.name.clone(),
            hosts: self.hosts.clone(),
            date_value_set: (!self.value.is_forgotten()).then(|| self.set_at.into()),
            version: self.revision.to_string(),
            date_created: self.created_at.into(),
            date_modified: self.modified_at.into(),
            self_uri: format!("/api/v2/secrets/{}", self.id),
        }
    }
}
