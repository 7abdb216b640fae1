//! Data actions: HTTP requests that flows make.

use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::DataActionId;
use waypost_wire::Object;
use waypost_wire::data_action::DataAction;
use waypost_wire::execution::TestExecution;
use waypost_wire::graph::Graph;

use crate::path::{flag, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about data actions.
#[derive(Clone, Copy, Debug)]
pub struct DataActions<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl DataActions<'_> {
    /// Data actions, by name, whole.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<DataAction>> {
        self.0.pages(&with_query("/integrations/actions", &[("includeConfig", Some("true".to_owned()))]))
    }

    /// A data action.
    pub async fn get(&self, id: DataActionId) -> Result<DataAction> {
        self.0.get(&one(id)).await
    }

    /// Creates a data action from a definition in Genesys's format, such as an exported file.
    pub async fn create(&self, definition: &Object) -> Result<DataAction> {
        self.0.post("/integrations/actions", definition).await
    }

    /// Changes a data action: members that are left out stay, others are replaced whole.
    pub async fn update(&self, id: DataActionId, change: &Object) -> Result<DataAction> {
        self.0.0.json(Method::PATCH, &one(id), Body::json_for(change, None)?).await
    }

    /// Calls a data action with an input, and returns each step and the result.
    pub async fn test(&self, id: DataActionId, input: &Object) -> Result<TestExecution> {
        self.0.post(&format!("{}/test", one(id)), input).await
    }

    /// Deletes a data action that no flow uses.
    pub async fn delete(&self, id: DataActionId) -> Result<()> {
        self.0.delete(&one(id)).await
    }

    /// What uses a data action.
    pub async fn used_by(&self, id: DataActionId, transitive: bool) -> Result<Graph<'static>> {
        let path = format!("{}/usedby", one(id));
        self.0.get(&with_query(&path, &[("transitive", flag(transitive))])).await
    }
}

fn one(id: DataActionId) -> String {
    format!("/integrations/actions/{id}")
}
