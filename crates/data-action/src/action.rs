//! A compiled definition.

use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::failure::{Failure, FailureCode};
use crate::field::Field;
use crate::problem::Problem;
use crate::request::Request;

/// A data action, compiled from its definition.
#[derive(Debug)]
pub struct DataAction {
    name: String,
    inputs: Vec<Field>,
    outputs: Vec<Field>,
    credentials: Vec<String>,
    host: String,
    timeout: Duration,
    retries: u32,
    cache_age: Option<Duration>,
}

impl DataAction {
    /// Compiles a definition in Genesys's shape.
    ///
    /// # Errors
    /// Every problem of the definition.
    pub fn read(definition: &Json) -> Result<Self, Vec<Problem>> {
        let name = definition.get("name").and_then(Json::as_str).unwrap_or_default().to_owned();
        Ok(Self {
            name,
            inputs: Vec::new(),
            outputs: Vec::new(),
            credentials: Vec::new(),
            host: String::new(),
            timeout: Duration::from_secs(60),
            retries: 0,
            cache_age: None,
        })
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What it takes, in the contract's order.
    #[must_use]
    pub fn inputs(&self) -> &[Field] {
        &self.inputs
    }

    /// What it gives, in the contract's order.
    #[must_use]
    pub fn outputs(&self) -> &[Field] {
        &self.outputs
    }

    /// Names of the credentials in its headers, each once.
    #[must_use]
    pub fn credentials(&self) -> &[String] {
        &self.credentials
    }

    /// The host that it asks, as it is connected to and without a port. It does not depend on the input.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// How long a call may take with all its tries.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// How often a failed try is made again, within the timeout.
    #[must_use]
    pub fn retries(&self) -> u32 {
        self.retries
    }

    /// How long an answer may be used again for the same input; none if never.
    #[must_use]
    pub fn cache_age(&self) -> Option<Duration> {
        self.cache_age
    }

    /// Makes the request of an input. `credential` gives a credential's value by its name.
    ///
    /// # Errors
    /// The input is not what the contract asks for, a credential is not there, a template fails, or a value would change the shape of URL or headers.
    pub fn request(
        &self,
        input: &Map<String, Json>,
        credential: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Request, Failure> {
        let _ = (input, credential);
        Err(Failure { code: FailureCode::Request, message: "not implemented".to_owned() })
    }

    /// Makes the outputs of an answer: its status and its whole body.
    ///
    /// # Errors
    /// The status is not 2xx, the body is no JSON, a template fails, or the result is not what the contract promises.
    pub fn outcome(&self, status: u16, body: &[u8]) -> Result<Map<String, Json>, Failure> {
        let _ = body;
        Err(Failure { code: FailureCode::Status, message: format!("the server answered {status}") })
    }
}
