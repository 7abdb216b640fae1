//! Reading a definition.

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::{Map, Value as Json};

use crate::action::DataAction;
use crate::headers;
use crate::path::Path;
use crate::request::Method;
use crate::schema::{self, Schema};
use crate::target::Target;
use crate::template::{Known, Template, compile};
use waypost_problem::{Problem, settle, shown};

/// The most headers, and names of the translation map.
const MAX_NAMES: usize = 100;
/// Seconds that a call may take, if the definition says nothing.
const USUAL_TIMEOUT: u64 = 60;
const MAX_TIMEOUT: u64 = 60;
const MAX_RETRIES: u64 = 10;
/// A day, in seconds.
const MAX_CACHE: u64 = 86_400;
/// What Genesys writes where nothing else was said.
const WHOLE_INPUT: &str = "${input.rawRequest}";
const WHOLE_ANSWER: &str = "${rawResult}";

/// Members beside the definition that Genesys's API and exports have. They say nothing about what an action does.
const BESIDE: [&str; 12] = [
    "id",
    "name",
    "integrationId",
    "integrationType",
    "actionType",
    "category",
    "secure",
    "version",
    "selfUri",
    "kind",
    "dateModified",
    "dateCreated",
];

/// Compiles a definition.
///
/// # Errors
/// Every problem, each at its place.
pub(crate) fn read(definition: &Json) -> Result<DataAction, Vec<Problem>> {
    let mut reader = Reader { problems: Vec::new() };
    let read = reader.action(definition);
    settle(&mut reader.problems);
    match read {
        Some(action) if reader.problems.is_empty() => Ok(action),
        _ => Err(reader.problems),
    }
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    /// Keeps what was read, or notes what is wrong.
    fn keep<T>(&mut self, read: Result<T, Vec<Problem>>) -> Option<T> {
        read.map_err(|problems| self.problems.extend(problems)).ok()
    }

    fn action(&mut self, definition: &Json) -> Option<DataAction> {
        let Some(whole) = definition.as_object() else {
            let problem = Problem::new("", "not a data action");
            self.problems.push(problem.expected("an object with `config` and `contract`").found(kind(definition)));
            return None;
        };
        self.members(whole, "", &[BESIDE.as_slice(), &["config", "contract"]].concat());
        let contract = self.object(whole, "contract", "", true);
        self.members_of(contract, "contract", &["input", "output"]);
        let inputs = self.schema(contract, "input", "inputSchema");
        let outputs = self.schema(contract, "output", "successSchema");
        let config = self.object(whole, "config", "", true);
        self.members_of(config, "config", &["request", "response", "timeoutSeconds", "retries", "cacheSeconds"]);
        let (empty, has_config) = (Map::new(), config.is_some());
        let config = config.unwrap_or(&empty);
        let timeout = self.number(config, "timeoutSeconds", 1, MAX_TIMEOUT).unwrap_or(USUAL_TIMEOUT);
        let retries = self.number(config, "retries", 0, MAX_RETRIES).unwrap_or(0);
        let cache = self.number(config, "cacheSeconds", 0, MAX_CACHE).unwrap_or(0);
        // Of what is missing, nothing else is missing as well.
        let request = self.object(config, "request", "config", has_config);
        let response = self.object(config, "response", "config", false);
        let input_fields = inputs.as_ref().map(Schema::fields).unwrap_or_default();
        let names: Vec<&str> = input_fields.iter().map(|field| field.name.as_str()).collect();
        let more_inputs = inputs.as_ref().is_none_or(Schema::allows_more);
        let request = request.map(|request| self.request(request, &names, more_inputs));
        let response = self.response(response.unwrap_or(&empty));
        let (inputs, outputs, request) = (inputs?, outputs?, request?);
        Some(DataAction {
            input_fields,
            output_fields: outputs.fields(),
            inputs,
            outputs,
            credentials: request
                .headers
                .iter()
                .flat_map(|(_, value)| value.credentials.iter().cloned())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            target: request.target?,
            method: request.method?,
            url: request.url?,
            headers: request.headers,
            body: request.body,
            map: response.map,
            defaults: response.defaults,
            success: response.success?,
            timeout: Duration::from_secs(timeout),
            retries: u32::try_from(retries).unwrap_or_default(),
            cache_age: (cache > 0).then(|| Duration::from_secs(cache)),
        })
    }

    /// Refuses members that are none.
    fn members(&mut self, object: &Map<String, Json>, path: &str, known: &[&str]) {
        for name in object.keys().filter(|name| !known.contains(&name.as_str())) {
            let problem = Problem::new(join(path, name), format!("unknown member {}", shown(name)));
            self.problems.push(problem.stranger(path, name, known.iter().copied()));
        }
    }

    fn members_of(&mut self, object: Option<&Map<String, Json>>, path: &str, known: &[&str]) {
        if let Some(object) = object {
            self.members(object, path, known);
        }
    }

    fn object<'j>(
        &mut self,
        of: &'j Map<String, Json>,
        name: &str,
        path: &str,
        required: bool,
    ) -> Option<&'j Map<String, Json>> {
        match of.get(name) {
            Some(Json::Object(object)) => Some(object),
            None | Some(Json::Null) => {
                if required {
                    self.absent(path, name, "an object");
                }
                None
            }
            Some(other) => {
                let problem = Problem::new(join(path, name), format!("`{name}` is no object"));
                self.problems.push(problem.expected("an object").found(kind(other)));
                None
            }
        }
    }

    /// A text; none if it is not there.
    fn text<'j>(&mut self, of: &'j Map<String, Json>, name: &str, path: &str) -> Option<&'j str> {
        match of.get(name) {
            Some(Json::String(text)) => Some(text),
            None | Some(Json::Null) => None,
            Some(other) => {
                let problem = Problem::new(join(path, name), format!("`{name}` is no text"));
                self.problems.push(problem.expected("a text").found(kind(other)));
                None
            }
        }
    }

    fn number(&mut self, of: &Map<String, Json>, name: &str, least: u64, most: u64) -> Option<u64> {
        let value = of.get(name).filter(|value| !value.is_null())?;
        let number = value.as_u64().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let problem = Problem::new(format!("config.{name}"), format!("not a valid `{name}`"));
            self.problems.push(
                problem.expected(format!("a whole number from {least} to {most}")).found(shown(&value.to_string())),
            );
        }
        number
    }

    fn schema(&mut self, contract: Option<&Map<String, Json>>, side: &str, name: &str) -> Option<Schema> {
        let contract = contract?;
        let object = self.object(contract, side, "contract", true)?;
        let path = format!("contract.{side}");
        // What Genesys's API adds when it answers.
        let known = [
            "inputSchema",
            "successSchema",
            "errorSchema",
            "inputSchemaUri",
            "successSchemaUri",
            "errorSchemaUri",
            "inputSchemaFlattened",
            "successSchemaFlattened",
            "errorSchemaFlattened",
        ];
        self.members(object, &path, &known);
        match object.get(name) {
            None | Some(Json::Null) => {
                self.absent(&path, name, "a JSON Schema (draft 4) of an object");
                None
            }
            Some(json) => {
                let read = schema::read(json, &join(&path, name));
                self.keep(read)
            }
        }
    }

    fn request(&mut self, request: &Map<String, Json>, inputs: &[&str], more_inputs: bool) -> ReadRequest {
        let path = "config.request";
        self.members(
            request,
            path,
            &["requestUrlTemplate", "requestTemplate", "requestTemplateUri", "requestType", "headers"],
        );
        let known = Known { inputs: Some(inputs), more_inputs, credentials: false, mapped: None };
        let method = match self.text(request, "requestType", path) {
            Some(word) => {
                let method = Method::ALL.into_iter().find(|method| method.as_str() == word);
                if method.is_none() {
                    let names = Method::ALL.map(Method::as_str);
                    let problem = Problem::new(join(path, "requestType"), format!("unknown method {}", shown(word)));
                    self.problems.push(problem.expected(format!("one of {}", names.join(", "))).nearest(word, names));
                }
                method
            }
            None => {
                self.missing(request, path, "requestType", "an HTTP method, such as `GET`");
                None
            }
        };
        let url_path = join(path, "requestUrlTemplate");
        let url = match self.text(request, "requestUrlTemplate", path) {
            Some(text) => self.keep(compile(text.trim(), &url_path, known)),
            None => {
                self.missing(
                    request,
                    path,
                    "requestUrlTemplate",
                    "a URL, such as `https://crm.example.com/customers/${input.id}`",
                );
                None
            }
        };
        let target = url.as_ref().and_then(|url| {
            let target = Target::read(url, &url_path).map_err(|problem| vec![problem]);
            self.keep(target)
        });
        let body = self.text(request, "requestTemplate", path).unwrap_or(WHOLE_INPUT);
        let body = self.keep(compile(body, &join(path, "requestTemplate"), known));
        // Genesys has the whole input as the body of what has none.
        let has_body = match method {
            Some(Method::Get) => false,
            Some(Method::Delete) => body.as_ref().is_some_and(|body| !body.is_raw_request()),
            _ => true,
        };
        let headers = self.headers(request, Known { credentials: true, ..known });
        ReadRequest { method, target, url, headers, body: body.filter(|_| has_body) }
    }

    fn headers(&mut self, request: &Map<String, Json>, known: Known<'_>) -> Vec<(String, Template)> {
        let path = "config.request.headers";
        let Some(written) = self.object(request, "headers", "config.request", false) else { return Vec::new() };
        self.count(written, path, "headers");
        let mut seen = BTreeSet::new();
        let mut headers = Vec::new();
        for (name, value) in written.iter().take(MAX_NAMES) {
            let place = join(path, name);
            self.keep(headers::check_name(name, &place).map_err(|problem| vec![problem]));
            if !seen.insert(name.to_ascii_lowercase()) {
                self.problems.push(Problem::new(place.clone(), format!("the header {} appears twice", shown(name))));
            }
            if let Some(text) = self.text(written, name, path) {
                let template = self.keep(compile(text, &place, known));
                headers.extend(template.map(|template| (name.clone(), template)));
            } else if value.is_null() {
                self.problems.push(Problem::new(place, "a header needs a value").expected("a text"));
            }
        }
        headers
    }

    fn count(&mut self, written: &Map<String, Json>, path: &str, what: &str) {
        if written.len() > MAX_NAMES {
            let problem = Problem::new(path, format!("too many {what}"));
            self.problems.push(problem.expected(format!("at most {MAX_NAMES}")).found(written.len().to_string()));
        }
    }

    fn missing(&mut self, of: &Map<String, Json>, path: &str, name: &str, expected: &str) {
        if of.get(name).is_none_or(Json::is_null) {
            self.absent(path, name, expected);
        }
    }

    /// Notes that the object at a path lacks a member.
    fn absent(&mut self, path: &str, name: &str, expected: &str) {
        let problem = Problem::new(join(path, name), format!("`{name}` is missing")).expected(expected);
        self.problems.push(problem.lacking(path, &[name]));
    }

    fn response(&mut self, response: &Map<String, Json>) -> ReadResponse {
        let path = "config.response";
        self.members(
            response,
            path,
            &["translationMap", "translationMapDefaults", "successTemplate", "successTemplateUri"],
        );
        let empty = Map::new();
        let map = self.object(response, "translationMap", path, false).unwrap_or(&empty);
        self.count(map, &join(path, "translationMap"), "names");
        let mut paths = Vec::new();
        for name in map.keys().take(MAX_NAMES) {
            let place = format!("{path}.translationMap.{name}");
            self.name(name, &place);
            match self.text(map, name, &format!("{path}.translationMap")) {
                Some(text) => {
                    let read = self.keep(Path::read(text, &place).map_err(|problem| vec![problem]));
                    paths.extend(read.map(|path| (name.clone(), path)));
                }
                None => self.missing(map, &format!("{path}.translationMap"), name, "a JSONPath, such as `$.name`"),
            }
        }
        let written = self.object(response, "translationMapDefaults", path, false).unwrap_or(&empty);
        self.count(written, &join(path, "translationMapDefaults"), "names");
        let mut defaults = Vec::new();
        for name in written.keys().take(MAX_NAMES) {
            let place = format!("{path}.translationMapDefaults");
            self.name(name, &join(&place, name));
            match self.text(written, name, &place) {
                Some(text) => defaults.push((name.clone(), Json::String(text.to_owned()))),
                None => {
                    self.missing(written, &place, name, "a text that is printed as it is, such as `\"\\\"none\\\"\"`")
                }
            }
        }
        let names: Vec<&str> =
            map.keys().chain(written.keys().filter(|name| !map.contains_key(*name))).map(String::as_str).collect();
        let known = Known { inputs: None, more_inputs: false, credentials: false, mapped: Some(&names) };
        let text = self.text(response, "successTemplate", path).filter(|text| !text.trim().is_empty());
        let success = self.keep(compile(text.unwrap_or(WHOLE_ANSWER), &join(path, "successTemplate"), known));
        ReadResponse { map: paths, defaults, success }
    }

    /// A name of the translation map must be one that a template can write.
    fn name(&mut self, name: &str, path: &str) {
        let taken = ["esc", "foreach", "rawResult", "successTemplateUtils", "input", "credentials"].contains(&name);
        let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
        if !valid || taken {
            let problem = Problem::new(path, format!("no template can use the name {}", shown(name)));
            let expected = "a letter, then letters, digits, `_` or `-`, and none of the names of templates";
            self.problems.push(problem.expected(expected));
        }
    }
}

struct ReadRequest {
    method: Option<Method>,
    target: Option<Target>,
    url: Option<Template>,
    headers: Vec<(String, Template)>,
    body: Option<Template>,
}

struct ReadResponse {
    map: Vec<(String, Path)>,
    defaults: Vec<(String, Json)>,
    success: Option<Template>,
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What a value is, in words.
pub(crate) const fn kind(json: &Json) -> &'static str {
    match json {
        Json::Null => "null",
        Json::Bool(_) => "true or false",
        Json::Number(_) => "a number",
        Json::String(_) => "a text",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}
