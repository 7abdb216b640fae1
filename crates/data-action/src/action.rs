//! A compiled definition, and what it does.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::failure::{Failure, FailureCode};
use crate::field::{Field, FieldType};
use crate::headers;
use crate::path::{MAX_FOUND, Path};
use crate::read;
use crate::request::{Method, Request};
use crate::schema::Schema;
use crate::target::Target;
use crate::template::{Context, Mapped, Place, Template};
use waypost_problem::{Problem, shown};

/// A data action, compiled from its definition.
#[derive(Debug)]
pub struct DataAction {
    pub(crate) input_fields: Vec<Field>,
    pub(crate) output_fields: Vec<Field>,
    pub(crate) inputs: Schema,
    pub(crate) outputs: Schema,
    pub(crate) credentials: Vec<String>,
    pub(crate) target: Target,
    pub(crate) method: Method,
    pub(crate) url: Template,
    pub(crate) headers: Vec<(String, Template)>,
    pub(crate) body: Option<Template>,
    pub(crate) map: Vec<(String, Path)>,
    /// Texts that are printed as they are.
    pub(crate) defaults: Vec<(String, Json)>,
    pub(crate) success: Template,
    pub(crate) timeout: Duration,
    pub(crate) retries: u32,
    pub(crate) cache_age: Option<Duration>,
}

impl DataAction {
    /// Compiles a definition in Genesys's shape: `config` and `contract`, as its API and its exports have them. `config.retries` and
    /// `config.cacheSeconds` are Waypost's own.
    ///
    /// # Errors
    /// Every problem of the definition.
    pub fn read(definition: &Json) -> Result<Self, Vec<Problem>> {
        read::read(definition)
    }

    /// What it takes, in the contract's order.
    #[must_use]
    pub fn inputs(&self) -> &[Field] {
        &self.input_fields
    }

    /// What it gives, in the contract's order.
    #[must_use]
    pub fn outputs(&self) -> &[Field] {
        &self.output_fields
    }

    /// Names of the credentials in its headers, each once.
    #[must_use]
    pub fn credentials(&self) -> &[String] {
        &self.credentials
    }

    /// The host that it asks, as it is connected to and without a port. It does not depend on the input.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.target.host
    }

    /// The method of its requests.
    #[must_use]
    pub fn method(&self) -> Method {
        self.method
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
    /// The input is not what the contract asks for, a credential is not there, a template fails, or a value would change the shape of URL,
    /// headers or body.
    pub fn request(
        &self,
        input: &Map<String, Json>,
        credential: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Request, Failure> {
        self.inputs.check(input).map_err(|problems| {
            Failure::new(FailureCode::Input, format!("the input breaks the contract: {}", problems.join("; ")))
        })?;
        let mut credentials = HashMap::new();
        for name in &self.credentials {
            let missing = || Failure::new(FailureCode::Credential, format!("the secret `{name}` is not there"));
            credentials.insert(name.clone(), credential(name).ok_or_else(missing)?);
        }
        let (whole, mapped) = (Json::Object(input.clone()), HashMap::new());
        let context = Context { whole: Some(&whole), credentials: &credentials, mapped: &mapped, raw: None };
        let failed = |what: &str, why: String| Failure::new(FailureCode::Request, format!("{what}: {why}"));

        let url = self.url.render(&context, Place::Url).map_err(|why| failed("requestUrlTemplate", why))?;
        let url = self.target.url(url.text.trim()).map_err(|why| failed("requestUrlTemplate", why))?;
        let mut headers = Vec::with_capacity(self.headers.len() + 1);
        for (name, template) in &self.headers {
            let failed = |why| failed(&format!("the header `{name}`"), why);
            let value = template.render(&context, Place::Header).map_err(failed)?;
            headers::check_value(&value.text).map_err(failed)?;
            headers.push((name.clone(), value.text.trim().to_owned()));
        }
        let Some(template) = &self.body else { return Ok(Request { method: self.method, url, headers, body: None }) };
        let content_type = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let is_json = content_type.is_none_or(|(_, value)| value.to_ascii_lowercase().contains("json"));
        let place = if is_json { Place::Json } else { Place::Other };
        let body = template.render(&context, place).map_err(|why| failed("requestTemplate", why))?;
        if body.text.trim().is_empty() {
            return Ok(Request { method: self.method, url, headers, body: None });
        }
        if content_type.is_none() {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        if is_json && let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&body.text) {
            return Err(failed("requestTemplate", not_json(&error, &body.unset)));
        }
        Ok(Request { method: self.method, url, headers, body: Some(body.text) })
    }

    /// Makes the outputs of an answer: its status and its whole body.
    ///
    /// # Errors
    /// The status is not 2xx, the body is not JSON, a template fails, or the result is not what the contract promises.
    pub fn outcome(&self, status: u16, body: &[u8]) -> Result<Map<String, Json>, Failure> {
        if !(200..300).contains(&status) {
            return Err(Failure::new(FailureCode::Status, format!("the server answered {status}")));
        }
        let failed = |why: String| Failure::new(FailureCode::Answer, why);
        // Some servers begin with a byte order mark, which a reader may ignore (RFC 8259, section 8.1).
        let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
        // An answer without a body, such as 204, is one without members.
        let raw: Json = if body.trim_ascii().is_empty() {
            Json::Object(Map::new())
        } else {
            serde_json::from_slice(body).map_err(|error| {
                failed(format!("the answer is not JSON (line {}, column {})", error.line(), error.column()))
            })?
        };
        let mut mapped: HashMap<String, Mapped<'_>> = HashMap::new();
        for (name, text) in &self.defaults {
            mapped.insert(name.clone(), Mapped::Default(text));
        }
        let mut left = MAX_FOUND;
        for (name, path) in &self.map {
            let found = path.find(&raw, &mut left).map_err(|why| failed(format!("translationMap.{name}: {why}")))?;
            if let Some(found) = found {
                mapped.insert(name.clone(), Mapped::Found(found));
            }
        }
        let credentials = HashMap::new();
        let context = Context { whole: None, credentials: &credentials, mapped: &mapped, raw: Some(&raw) };
        let printed =
            self.success.render(&context, Place::Json).map_err(|why| failed(format!("successTemplate: {why}")))?;
        let result: Json = serde_json::from_str(&printed.text)
            .map_err(|error| failed(format!("successTemplate: {}", not_json(&error, &printed.unset))))?;
        let Json::Object(mut result) = result else {
            return Err(failed("successTemplate: the result is not an object".to_owned()));
        };
        self.outputs.check(&result).map_err(|problems| {
            Failure::new(FailureCode::Output, format!("the result breaks the contract: {}", problems.join("; ")))
        })?;
        for field in &self.output_fields {
            if result.get_mut(&field.name).is_some_and(|value| !made_whole(value, &field.kind)) {
                let message = format!("{} is a larger integer than flows have", shown(&field.name));
                return Err(Failure::new(FailureCode::Output, format!("the result breaks the contract: {message}")));
            }
        }
        Ok(result)
    }
}

/// Writes integers as flows read them: to a schema 1.0 is one, too. Answers whether they have room for it.
fn made_whole(value: &mut Json, kind: &FieldType) -> bool {
    match (kind, value) {
        (FieldType::Integer, Json::Number(number)) if !number.is_i64() => {
            let whole = number.as_f64().and_then(|number| format!("{number:.0}").parse::<i64>().ok());
            let Some(whole) = whole else { return false };
            *number = whole.into();
            true
        }
        (FieldType::List(kind), Json::Array(list)) => list.iter_mut().all(|element| made_whole(element, kind)),
        _ => true,
    }
}

/// Why a rendered text is not JSON. Of the text itself nothing is repeated.
fn not_json(error: &serde_json::Error, unset: &[String]) -> String {
    let place = format!("what it renders to is not JSON (line {}, column {})", error.line(), error.column());
    let unset: Cow<'_, str> = match unset {
        [] => Cow::Borrowed(""),
        unset => {
            let names: Vec<String> = unset.iter().take(5).map(|name| shown(name)).collect();
            Cow::Owned(format!("; without a value: {}", names.join(", ")))
        }
    };
    format!("{place}{unset}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn integers_are_written_as_flows_read_them() {
        let definition = json!({
            "config": { "request": { "requestUrlTemplate": "https://crm.example/", "requestType": "GET" } },
            "contract": {
                "input": { "inputSchema": { "type": "object" } },
                "output": { "successSchema": { "type": "object", "properties": {
                    "one": { "type": "integer" },
                    "many": { "type": "array", "items": { "type": "integer" } },
                    "number": { "type": "number" }
                } } }
            }
        });
        let action = DataAction::read(&definition).unwrap();
        let outcome = |body: &str| action.outcome(200, body.as_bytes());
        let read = outcome(r#"{"one": 12.0, "many": [1, -2.0], "number": 3.0}"#).unwrap();
        assert_eq!(Json::Object(read).to_string(), r#"{"one":12,"many":[1,-2],"number":3.0}"#);
        let marked = outcome("\u{FEFF}{\"one\": 1}").unwrap();
        assert_eq!(
            (marked["one"].as_i64(), outcome("\u{FEFF}").unwrap().len()),
            (Some(1), 0),
            "a byte order mark is ignored"
        );
        for too_large in [r#"{"one": 1e300}"#, r#"{"many": [9223372036854775808]}"#] {
            assert_eq!(outcome(too_large).unwrap_err().code, FailureCode::Output, "{too_large}");
        }
    }
}
