//! Flows, versions, labels, change sets.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde_json::Value as Json;
use waypost_ids::FlowId;
use waypost_wire::attempt::{Tried, Try};
use waypost_wire::change::{ChangeSet, ChangeSetDone, FlowDiff, FlowEvent, LabelRequest, Note};
use waypost_wire::flow::{Flow, FlowVersion};
use waypost_wire::graph::Graph;
use waypost_wire::position::{NodePositions, NodePositionsChange};
use waypost_wire::text::{PublishedText, TextsDone, TextsRequest};
use waypost_wire::witness::{WitnessRequest, WitnessSearch};

use crate::path::{encode, flag, with_query};
use crate::transport::Body;
use crate::{Client, Error, Result};

/// Calls about flows.
#[derive(Clone, Copy, Debug)]
pub struct Flows<'c>(pub(crate) &'c Client);

/// Which flows to list; what is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct FlowFilter {
    /// A name; `*` at either end stands for anything.
    pub name: Option<String>,
    /// `email` or `shared`, or Genesys's name for it.
    pub flow_type: Option<String>,
    /// Deleted flows as well.
    pub deleted: bool,
}

/// How a document is saved.
#[derive(Clone, Debug, Default)]
pub struct Saving {
    /// As a draft: running flows are not affected.
    pub draft: bool,
    /// Why, for the flow's history.
    pub note: Option<String>,
}

impl Saving {
    fn on(&self, path: &str) -> String {
        with_query(path, &[("draft", flag(self.draft)), ("note", self.note.clone())])
    }
}

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Flows<'_> {
    /// Flows, without their content.
    #[must_use]
    pub fn list(&self, filter: &FlowFilter) -> BoxStream<'static, Result<Flow>> {
        let parameters = [
            ("name", filter.name.clone()),
            ("type", filter.flow_type.clone()),
            ("deleted", flag(filter.deleted)),
            ("sortBy", Some("name".to_owned())),
        ];
        self.0.pages(&with_query("/flows", &parameters))
    }

    /// A flow with its content.
    pub async fn get(&self, id: FlowId) -> Result<Flow> {
        self.0.get(&format!("/flows/{id}")).await
    }

    /// Creates a flow.
    pub async fn create(&self, document: &Json, saving: &Saving) -> Result<Flow> {
        self.0.post(&saving.on("/flows"), document).await
    }

    /// Changes a flow; with content, a new version.
    pub async fn update(&self, id: FlowId, document: &Json, saving: &Saving) -> Result<Flow> {
        self.0.put(&saving.on(&format!("/flows/{id}")), document).await
    }

    /// Deletes a flow that nothing uses.
    pub async fn delete(&self, id: FlowId) -> Result<()> {
        self.0.delete(&format!("/flows/{id}")).await
    }

    /// Unpublishes it.
    pub async fn deactivate(&self, id: FlowId, note: Option<&str>) -> Result<Flow> {
        let parameters = [("flow", Some(id.to_string())), ("note", note.map(str::to_owned))];
        self.0.post(&with_query("/flows/actions/deactivate", &parameters), &Json::Null).await
    }

    /// Its versions, newest first.
    #[must_use]
    pub fn versions(&self, id: FlowId) -> BoxStream<'static, Result<FlowVersion>> {
        self.0.pages(&format!("/flows/{id}/versions"))
    }

    /// A version: a number, `published`, `newest`, or a label.
    pub async fn version(&self, id: FlowId, version: &str) -> Result<FlowVersion> {
        self.0.get(&format!("/flows/{id}/versions/{}", encode(version))).await
    }

    /// A version's document as it was saved.
    pub async fn document(&self, id: FlowId, version: &str) -> Result<Json> {
        self.0.get(&format!("/flows/{id}/versions/{}/configuration", encode(version))).await
    }

    /// A version as it was written; none if nobody kept that.
    pub async fn text(&self, id: FlowId, version: &str) -> Result<Option<Bytes>> {
        let path = format!("/flows/{id}/versions/{}/text", encode(version));
        match self.0.get_bytes(&path).await {
            Ok(text) => Ok(Some(text)),
            Err(Error::Refused { body, .. }) if body.code == "flow.text.missing" => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Keeps how a version is written: the text must say what the version says.
    pub async fn put_text(&self, id: FlowId, version: &str, text: Bytes, note: Option<&str>) -> Result<()> {
        let path = format!("/flows/{id}/versions/{}/text", encode(version));
        let path = with_query(&path, &[("note", note.map(str::to_owned))]);
        self.0.0.send(Method::PUT, &path, Body::Yaml(text)).await.map(drop)
    }

    /// Keeps how many versions are written, each for itself.
    pub async fn put_texts(&self, texts: &TextsRequest) -> Result<TextsDone> {
        self.0.put("/flows/texts", texts).await
    }

    /// How published versions are written, as far as that was kept.
    #[must_use]
    pub fn texts(&self) -> BoxStream<'static, Result<PublishedText>> {
        self.0.chunks("/flows/texts")
    }

    /// What published versions say, and how they are written, as far as that was kept.
    #[must_use]
    pub fn published(&self) -> BoxStream<'static, Result<PublishedText>> {
        self.0.chunks("/flows/texts?documents=true")
    }

    /// Where people draw its nodes.
    pub async fn positions(&self, id: FlowId) -> Result<NodePositions> {
        self.0.get(&format!("/flows/{id}/positions")).await
    }

    /// Moves nodes, and answers where all of them are.
    pub async fn place(&self, id: FlowId, change: &NodePositionsChange) -> Result<NodePositions> {
        self.0.patch(&format!("/flows/{id}/positions"), change).await
    }

    /// Saves a draft.
    pub async fn draft(&self, id: FlowId, document: &Json, note: Option<&str>) -> Result<FlowVersion> {
        let path = with_query(&format!("/flows/{id}/versions"), &[("note", note.map(str::to_owned))]);
        self.0.post(&path, document).await
    }

    /// Publishes a version.
    pub async fn publish(&self, id: FlowId, version: &str, note: Option<&str>) -> Result<Flow> {
        let body = Note { note: note.map(str::to_owned) };
        self.0.post(&format!("/flows/{id}/versions/{}/publish", encode(version)), &body).await
    }

    /// Gives a label to one version, or to two with weights.
    pub async fn label(&self, id: FlowId, label: &str, targets: &LabelRequest) -> Result<Flow> {
        self.0.put(&format!("/flows/{id}/labels/{}", encode(label)), targets).await
    }

    /// Removes a label.
    pub async fn unlabel(&self, id: FlowId, label: &str, note: Option<&str>) -> Result<()> {
        let path = format!("/flows/{id}/labels/{}", encode(label));
        self.0.delete(&with_query(&path, &[("note", note.map(str::to_owned))])).await
    }

    /// How two versions differ in meaning.
    pub async fn diff(&self, id: FlowId, from: Option<&str>, to: Option<&str>) -> Result<FlowDiff> {
        let parameters = [("from", from.map(str::to_owned)), ("to", to.map(str::to_owned))];
        self.0.get(&with_query(&format!("/flows/{id}/diff"), &parameters)).await
    }

    /// What was done to it, newest first.
    #[must_use]
    pub fn history(&self, id: FlowId) -> BoxStream<'static, Result<FlowEvent>> {
        self.0.pages(&format!("/flows/{id}/history"))
    }

    /// What it uses.
    pub async fn uses(&self, id: FlowId, transitive: bool) -> Result<Graph<'static>> {
        self.0.get(&with_query(&format!("/flows/{id}/uses"), &[("transitive", flag(transitive))])).await
    }

    /// What uses it.
    pub async fn used_by(&self, id: FlowId, transitive: bool) -> Result<Graph<'static>> {
        self.0.get(&with_query(&format!("/flows/{id}/usedby"), &[("transitive", flag(transitive))])).await
    }

    /// Tries it on a mail: nothing is stored, nothing is sent.
    pub async fn attempt(&self, id: FlowId, what: &Try) -> Result<Tried> {
        self.0.post(&format!("/flows/{id}/try"), what).await
    }

    /// Publishes many flows together, or none of them.
    pub async fn change(&self, set: &ChangeSet) -> Result<ChangeSetDone> {
        self.0.post("/changesets", set).await
    }

    /// Searches for a mail that is decided differently once flows are changed. It takes as long as the request says.
    pub async fn witness(&self, request: &WitnessRequest) -> Result<WitnessSearch> {
        self.0.post("/changesets/witness", request).await
    }
}
