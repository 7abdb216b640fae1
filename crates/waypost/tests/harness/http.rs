//! The HTTP API as a client program calls it.

use serde_json::Value as Json;
use ureq::http::Request;
use ureq::{Agent, Body, http};

use super::{CLIENT, DEADLINE};

/// A client with a token.
pub struct Api {
    agent: Agent,
    base: String,
    /// The access token.
    pub token: String,
}

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header.
    pub headers: http::HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    fn of(response: Result<http::Response<Body>, ureq::Error>) -> Self {
        Self::read(response).unwrap()
    }

    fn read(response: Result<http::Response<Body>, ureq::Error>) -> Result<Self, ureq::Error> {
        let mut response = response?;
        let body = response.body_mut().with_config().limit(u64::MAX).read_to_vec()?;
        Ok(Self { status: response.status().as_u16(), headers: response.headers().clone(), body })
    }

    /// A header's value.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).to_str().unwrap()
    }

    /// The body as JSON.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    /// The body of a success.
    pub fn ok(&self) -> Json {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// The body of an error, which must be whole.
    pub fn error(&self, status: u16) -> Json {
        let body = String::from_utf8_lossy(&self.body).into_owned();
        assert_eq!(self.status, status, "{body}");
        let json = self.json();
        assert_eq!(json["status"], status, "{body}");
        for member in ["message", "code", "contextId"] {
            assert!(json[member].as_str().is_some_and(|text| !text.is_empty()), "no {member} in {body}");
        }
        assert!(json["errors"].as_array().is_some_and(|errors| !errors.is_empty()), "no errors in {body}");
        json
    }
}

impl Api {
    /// Fetches a token, for fewer scopes if some are named.
    pub fn new(address: &str, scope: Option<&str>) -> Self {
        Self::login(address, CLIENT, scope)
    }

    /// As a client that was just made, and that told its secret.
    pub fn of(address: &str, client: &Json) -> Self {
        let text = |member: &str| client[member].as_str().unwrap();
        Self::login(address, (text("id"), text("secret")), None)
    }

    fn login(address: &str, (id, secret): (&str, &str), scope: Option<&str>) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(DEADLINE))
            .allow_non_standard_methods(true)
            .build()
            .new_agent();
        let mut form = vec![("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        form.extend(scope.map(|scope| ("scope", scope)));
        let token = Answer::of(agent.post(format!("http://{address}/oauth/token")).send_form(form)).ok();
        assert!(token["expires_in"].as_u64().unwrap() > 0);
        let token = token["access_token"].as_str().unwrap().to_owned();
        Self { agent, base: format!("http://{address}/api/v2"), token }
    }

    /// A request as it is.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    pub fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("Authorization", format!("Bearer {}", self.token));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Answer::read(if body.is_empty() {
            self.agent.run(request.body(()).unwrap())
        } else {
            self.agent.run(request.body(body).unwrap())
        })
    }

    fn send_json(&self, method: &str, path: &str, body: &Json) -> Answer {
        self.send(method, path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], &[])
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.send_json("POST", path, body)
    }

    /// GET from a server that may be killed meanwhile; none if it did not answer.
    pub fn try_get(&self, path: &str) -> Option<Answer> {
        self.try_send("GET", path, &[], &[]).ok()
    }

    /// POST of JSON to a server that may be killed meanwhile; none if it did not answer.
    pub fn try_post(&self, path: &str, body: &Json) -> Option<Answer> {
        self.try_send("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes()).ok()
    }

    /// PUT of JSON.
    pub fn put(&self, path: &str, body: &Json) -> Answer {
        self.send_json("PUT", path, body)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, &[], &[])
    }

    /// The interactions of a mail.
    pub fn interactions_of(&self, message_id: &str) -> Vec<Json> {
        let answer = self.get(&format!("/interactions?messageId={message_id}")).ok();
        answer["entities"].as_array().unwrap().clone()
    }

    /// Every interaction there is.
    pub fn all_interactions(&self) -> Vec<Json> {
        self.all("/interactions")
    }

    /// Everything that a list has.
    pub fn all(&self, path: &str) -> Vec<Json> {
        let mut found = Vec::new();
        let mut cursor = String::new();
        loop {
            let mut chunk = self.get(&format!("{path}?pageSize=500{cursor}")).ok();
            found.append(chunk["entities"].as_array_mut().unwrap());
            match chunk["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return found,
            }
        }
    }
}
