//! Flows, versions, labels, change sets.

use futures_util::stream::BoxStream;
use serde_json::Value as Json;
use waypost_ids::FlowId;
use waypost_wire::attempt::{Tried, Try};
use waypost_wire::change::{ChangeSet, ChangeSetDone, FlowDiff, FlowEvent, LabelRequest, Note};
use waypost_wire::flow::{Flow, FlowVersion};
use waypost_wire::graph::Graph;

use crate::path::{encode, flag, with_query};
use crate::{Client, Result};

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
    /// As a draft: nothing that runs changes.
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
    /// Flows, their content left out.
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

    /// Makes a flow.
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

    /// Ends its being published.
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

    /// Takes a label away.
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

    /// Publishes many flows at once, or none of them.
    pub async fn change(&self, set: &ChangeSet) -> Result<ChangeSetDone> {
        self.0.post("/changesets", set).await
    }
}
