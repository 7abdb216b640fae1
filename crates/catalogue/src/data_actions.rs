//! Data actions as objects of the catalogue.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use waypost_data_action::{DataAction, Field, FieldType, Problem};
use waypost_flow::data_action::Contract;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_flow::interface::{InputType, OutputType};
use waypost_flow::link::CalledAction;
use waypost_flow::types::Type;
use waypost_ids::{DataActionId, Kind, Ref};
use waypost_store::records::catalogue::ObjectRecord;
use waypost_store::records::outside::{DataActionRecord, SecretRecord};
use waypost_store::revisions::Stale;

use crate::error::ChangeError;
use crate::object::{Making, Object, named, present};
use crate::shelf::Shelf;
use crate::world::World;

/// The longest definition, in bytes.
const LONGEST: usize = 1024 * 1024;

/// A data action of the catalogue.
#[derive(Debug)]
pub struct KnownDataAction {
    /// As it is stored.
    pub record: DataActionRecord,
    /// What it does; none if the definition does not read, which only another release can have written.
    pub action: Option<DataAction>,
    /// What it takes and gives, as flows see it.
    pub contract: Arc<Contract>,
}

impl KnownDataAction {
    /// What is known of one that was deleted, by the flows that call it: it can't be called any more.
    pub(crate) fn deleted(id: DataActionId, called: &CalledAction) -> Self {
        let record = DataActionRecord {
            id,
            name: called.name.clone(),
            folded_name: document::fold_name(&called.name),
            definition: "{}".into(),
            revision: 0,
            created_at: Timestamp::UNIX_EPOCH,
            modified_at: Timestamp::UNIX_EPOCH,
        };
        Self { record, action: None, contract: Arc::new(called.contract.clone()) }
    }

    /// The definition's members.
    #[must_use]
    pub fn definition(&self) -> Map<String, Json> {
        serde_json::from_str(&self.record.definition).unwrap_or_default()
    }

    /// Names of the secrets that it shows, as they are written.
    pub(crate) fn credentials(&self) -> impl Iterator<Item = &str> {
        self.action.iter().flat_map(DataAction::credentials).map(String::as_str)
    }

    /// Secrets that it names, as far as there are such, each with its name as it is written.
    pub(crate) fn secrets<'w>(&'w self, world: &'w World) -> impl Iterator<Item = &'w Arc<SecretRecord>> {
        self.credentials().filter_map(|name| world.secrets.named(&document::fold_name(name)))
    }
}

/// What a data action is to be. What is none stays; of a new one it is missing.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct DataActionSpec {
    /// The name.
    pub name: Option<String>,
    /// Members of the definition, each whole: `config`, `contract` and what else clients say of it.
    pub members: Map<String, Json>,
    /// The revision that the change is meant for.
    pub version: Option<u64>,
}

/// Members of a definition that say what it does.
const NEEDED: [&str; 2] = ["config", "contract"];

impl DataActionSpec {
    /// The definition as it is to be: members that are not given stay.
    fn definition(&self, before: Option<&KnownDataAction>) -> Map<String, Json> {
        let mut definition = before.map(KnownDataAction::definition).unwrap_or_default();
        definition.extend(self.members.clone());
        definition
    }

    /// The name, and the definition as text.
    fn read(&self, before: Option<&KnownDataAction>) -> Result<(String, String), ChangeError> {
        let mut problems = Vec::new();
        let name = match (&self.name, before) {
            (None, Some(before)) => before.record.name.clone(),
            (name, _) => named("name", name.as_deref().unwrap_or_default()).unwrap_or_else(|problem| {
                problems.push(*problem);
                String::new()
            }),
        };
        let definition = self.definition(before);
        let lacks = |path: &str| NEEDED.contains(&path) && !definition.contains_key(path);
        let whole = Json::Object(definition.clone());
        let text = whole.to_string();
        if text.len() > LONGEST {
            let problem = Diagnostic::error(Code::InvalidValue, "", "the definition is too long");
            let problem = problem.expected(format!("at most {LONGEST} bytes")).found(format!("{} bytes", text.len()));
            return Err(ChangeError::Invalid(vec![problem]));
        }
        let found = DataAction::read(&whole).err().unwrap_or_default().into_iter().map(Diagnostic::from);
        problems.extend(found.map(|problem| match lacks(&problem.path) {
            true => Diagnostic { code: Code::MissingKey, ..problem },
            false => problem,
        }));
        if problems.is_empty() { Ok((name, text)) } else { Err(ChangeError::Invalid(problems)) }
    }
}

/// Credentials that a data action names and can't have: there is no such secret, or it is not for that host.
fn refused_credentials(world: &World, action: &DataAction) -> Vec<Diagnostic> {
    let refused = action.credentials().iter().filter_map(|name| {
        let error = |message| Diagnostic::error(Code::InvalidValue, "config.request.headers", message);
        match world.secrets.named(&document::fold_name(name)) {
            None => {
                let names: Vec<&str> = world.secrets.values().map(|secret| secret.name.as_str()).collect();
                let problem = error(format!("there is no secret `{name}`")).nearest(name, names);
                let create = || format!("create it: `waypost secrets set {name} --host {}`", action.host());
                Some(if problem.suggestion.is_none() { problem.suggestion(create()) } else { problem })
            }
            Some(secret) if !secret.hosts.iter().any(|host| host == action.host()) => {
                let message = format!("the secret `{name}` must not be sent to `{}`", action.host());
                let problem = error(message).expected(format!("one of its hosts: {}", secret.hosts.join(", ")));
                Some(problem.suggestion("add the host to the secret, or ask another host"))
            }
            Some(_) => None,
        }
    });
    refused.collect()
}

/// What flows see of a data action.
fn contract(action: &DataAction) -> Contract {
    let input = |field: &Field| InputType {
        name: field.name.clone(),
        data_type: flow_type(&field.kind),
        required: field.required,
    };
    let output = |field: &Field| OutputType { name: field.name.clone(), data_type: flow_type(&field.kind) };
    Contract {
        inputs: action.inputs().iter().map(input).collect(),
        outputs: action.outputs().iter().map(output).collect(),
    }
}

fn flow_type(field: &FieldType) -> Type {
    match field {
        FieldType::String => Type::String,
        FieldType::Integer => Type::Integer,
        FieldType::Number => Type::Number,
        FieldType::Boolean => Type::Boolean,
        FieldType::List(element) => Type::List(Box::new(flow_type(element))),
        FieldType::Json => Type::Json,
    }
}

impl Object for KnownDataAction {
    const KIND: Kind = Kind::DataAction;

    type Id = DataActionId;
    type Record = DataActionRecord;
    type Spec = DataActionSpec;

    fn new(record: DataActionRecord) -> Self {
        let definition = serde_json::from_str(&record.definition).unwrap_or_default();
        let action = DataAction::read(&definition)
            .inspect_err(|problems| {
                let problem = problems.first().map(Problem::to_string).unwrap_or_default();
                tracing::error!(data_action = %record.id, problem, "a stored data action can't be read or called");
            })
            .ok();
        let contract = action.as_ref().map(contract).unwrap_or(Contract { inputs: Vec::new(), outputs: Vec::new() });
        Self { record, action, contract: Arc::new(contract) }
    }

    fn record(&self) -> &DataActionRecord {
        &self.record
    }

    fn stored(record: &ObjectRecord) -> Option<&DataActionRecord> {
        record.try_into().ok()
    }

    fn id(record: &DataActionRecord) -> DataActionId {
        record.id
    }

    fn id_of(object: &Ref) -> DataActionId {
        DataActionId(object.uuid())
    }

    fn object_of(id: &DataActionId) -> Ref {
        (*id).into()
    }

    fn name(record: &DataActionRecord) -> String {
        record.name.clone()
    }

    fn name_wanted(spec: &DataActionSpec) -> String {
        spec.name.clone().unwrap_or_default()
    }

    fn revision(record: &DataActionRecord) -> u64 {
        record.revision
    }

    fn audited(record: &DataActionRecord) -> Json {
        let definition: Json = serde_json::from_str(&record.definition).unwrap_or_default();
        present(json!({ "name": record.name, "definition": definition }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.data_actions
    }

    fn lacking(spec: &DataActionSpec, world: &World, before: Option<&Self>) -> Vec<Diagnostic> {
        let definition = Json::Object(spec.definition(before));
        // What does not read is told as such.
        DataAction::read(&definition).map(|action| refused_credentials(world, &action)).unwrap_or_default()
    }

    fn make(
        spec: &DataActionSpec,
        making: &Making<'_>,
        before: Option<&Self>,
    ) -> Result<DataActionRecord, ChangeError> {
        if let (Some(version), Some(before)) = (spec.version, before)
            && version != before.record.revision
        {
            let (name, current) = (before.record.name.clone(), before.record.revision);
            return Err(Stale { kind: Self::KIND.as_str(), name, current }.into());
        }
        let (name, definition) = spec.read(before)?;
        let before = before.map(|before| &before.record);
        Ok(DataActionRecord {
            id: before.map_or_else(|| DataActionId(making.origin.id()), |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            definition: definition.into(),
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            created_at: before.map_or(making.now, |before| before.created_at),
            modified_at: making.now,
        })
    }
}
