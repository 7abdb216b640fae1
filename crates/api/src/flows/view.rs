//! Flows and versions as they are returned.

use std::sync::Arc;

use axum::Json as Answer;
use axum::http::HeaderName;
use serde_json::{Value as Json, json};
use waypost_catalogue::flows::FlowView;
use waypost_flow::interface::Interface;
use waypost_flow::types::Type;
use waypost_ids::{LabelTarget as Target, Version};
use waypost_store::records::catalogue::{FlowRecord, VersionRecord};
use waypost_wire::Object;
use waypost_wire::change::{Label, LabelTarget};
use waypost_wire::flow::{Flow, FlowVersion};
use waypost_wire::reference::{Division, Reference};

use crate::error::diagnosed;
use crate::revision::tag;

/// A flow with its revision as `ETag`.
pub type Tagged = ([(HeaderName, String); 1], Answer<Flow>);

/// A flow with its content, and its revision as `ETag`.
pub fn tagged(view: &FlowView) -> Tagged {
    ([tag(view.record.revision)], Answer(whole(view)))
}

fn whole(view: &FlowView) -> Flow {
    let content = view.content.as_deref();
    let mut members: Object =
        content.and_then(|version| serde_json::from_str(&version.content).ok()).unwrap_or_default();
    // The flow's own members may have changed since the version was saved.
    for own in ["name", "type", "description"] {
        members.shift_remove(own);
    }
    Flow {
        content: members,
        warnings: diagnosed(&view.warnings),
        may_decide: view.interface.as_ref().map(|interface| interface.may_decide),
        ..summary(&view.record, &view.versions)
    }
}

/// A flow without its content, with the versions that it names.
pub fn summary(record: &FlowRecord, versions: &[Arc<VersionRecord>]) -> Flow {
    let told = |number: Version| match versions.iter().find(|version| version.version == number) {
        Some(version) => self::version(version),
        None => FlowVersion::numbered(record.id, number),
    };
    let deleted = record.deleted_at.is_some();
    let labels = record.labels.iter().map(|(label, targets)| (label.clone(), self::label(targets)));
    Flow {
        id: record.id,
        name: record.name.clone(),
        flow_type: record.type_as_written.clone(),
        description: Some(record.description.clone()).filter(|text| !text.is_empty()),
        division: Division::home(),
        active: record.published.is_some() && !deleted,
        deleted,
        version: record.published.or(record.saved()),
        published_version: record.published.map(told),
        saved_version: record.saved().map(told),
        checked_in_version: record.checked_in().map(told),
        locked_client: record.lock.as_ref().map(|lock| client(&lock.client)),
        input_schema: None,
        output_schema: None,
        content: Object::new(),
        labels: labels.collect(),
        deprecated: record.deprecated.clone(),
        may_decide: None,
        warnings: Vec::new(),
        date_created: record.created_at.into(),
        date_modified: record.modified_at.into(),
        created_by: client(&record.created_by),
        self_uri: format!("/api/v2/flows/{}", record.id),
    }
}

/// What callers map to a flow, and what they get from it, as JSON Schemas.
pub fn schemas(interface: &Interface) -> (Json, Json) {
    let inputs = interface.inputs.iter().map(|input| (input.name.as_str(), &input.data_type, input.required));
    let outputs = interface.outputs.iter().map(|output| (output.name.as_str(), &output.data_type, false));
    (object(inputs), object(outputs))
}

fn object<'i>(members: impl Iterator<Item = (&'i str, &'i Type, bool)>) -> Json {
    let (mut properties, mut required) = (Object::new(), Vec::new());
    for (name, data_type, needed) in members {
        properties.insert(name.to_owned(), schema(data_type));
        if needed {
            required.push(name);
        }
    }
    json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false })
}

fn schema(data_type: &Type) -> Json {
    match data_type {
        Type::String | Type::Duration => json!({ "type": "string" }),
        Type::Integer => json!({ "type": "integer" }),
        Type::Number => json!({ "type": "number" }),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Datetime => json!({ "type": "string", "format": "date-time" }),
        Type::List(element) => json!({ "type": "array", "items": schema(element) }),
        Type::Map(element) => json!({ "type": "object", "additionalProperties": schema(element) }),
        _ => json!({}),
    }
}

/// A version without its content.
pub fn version(record: &VersionRecord) -> FlowVersion {
    let kind = if record.published_at.is_some() { "PUBLISH" } else { "SAVE" };
    let saved = record.created_at.as_millisecond();
    FlowVersion {
        version_type: Some(kind.to_owned()),
        date_created: Some(saved),
        date_saved: Some(saved),
        date_published: record.published_at.map(Into::into),
        created_by_client: Some(client(&record.created_by)),
        content_hash: Some(record.hash.clone()),
        validation: record.validation.iter().filter_map(|one| serde_json::from_value(one.clone()).ok()).collect(),
        ..FlowVersion::numbered(record.flow_id, record.version)
    }
}

/// What a label names. Weights only say something where there are two.
pub fn label(targets: &[Target]) -> Label {
    let weighted = targets.len() > 1;
    let target = |target: &Target| LabelTarget { version: target.version, weight: weighted.then_some(target.weight) };
    Label { targets: targets.iter().map(target).collect() }
}

fn client(id: &str) -> Reference {
    Reference { id: id.to_owned(), ..Reference::default() }
}
