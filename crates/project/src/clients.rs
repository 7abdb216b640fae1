//! Clients of a folder: who may ask the server, and for what. They are not part of the catalogue, so they are in no change set, and a folder
//! has none of their secrets.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::diff::{Change, Difference};
use waypost_flow::document::fold_name;
use waypost_flow::source::Node;
use waypost_ids::client::{MAX_DESCRIPTION, MAX_NAME, TOKEN_SECONDS_ALLOWED};
use waypost_ids::scopes::{Scope, Scopes};
use waypost_store::records::audit::SERVER;
use waypost_wire::access::{OAuthClient, OAuthClientRequest};
use waypost_wire::change::FlowDifference;

use crate::difference;
use crate::export::{Bodies, CLIENTS, Exported, sorted};
use crate::kind;
use crate::{At, Entry, Project};
use waypost_flow::source::members::Members;

/// The member that says how long a client's tokens last.
const TOKEN_SECONDS: &str = "accessTokenValiditySeconds";

/// What a client's document may say.
const MEMBERS: [&str; 5] = ["name", "description", "scopes", TOKEN_SECONDS, "state"];

/// Members that would hold a secret.
const SECRETS: [&str; 2] = ["secret", "clientSecret"];

/// What applying a folder does to a client.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlannedClient {
    /// What it is to be.
    pub request: OAuthClientRequest,
    /// The client that is there; none if it is to be made.
    pub base: Option<ClientBase>,
    /// Where the client that is there differs.
    pub members: Vec<FlowDifference>,
}

/// A client that a plan is based on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientBase {
    /// Its identifier.
    pub id: String,
    /// Its revision.
    pub revision: u64,
}

impl PlannedClient {
    /// `created`, `changed` or `unchanged`.
    #[must_use]
    pub fn change(&self) -> &'static str {
        match &self.base {
            None => "created",
            Some(_) if self.members.is_empty() => "unchanged",
            Some(_) => "changed",
        }
    }

    /// What this client was based on and is not any more, in words; none if it is as it was.
    #[must_use]
    pub fn changed_since(&self, there: &[OAuthClient]) -> Option<String> {
        let name = &self.request.name;
        let became = match &self.base {
            None if there.iter().any(|one| is_named(one, name)) => "was created",
            None => return None,
            Some(base) => match there.iter().find(|one| one.id == base.id) {
                None => "was deleted",
                Some(one) if one.revision != base.revision => "was changed",
                Some(_) => return None,
            },
        };
        Some(format!("client {name} {became}"))
    }
}

impl Project {
    /// Reads a client's document.
    pub(crate) fn client(&mut self, at: At, path: Option<&str>, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.add(at, [*problem]),
        };
        let name = members.name(path);
        let description = members.text("description");
        let token_seconds = members.integer(TOKEN_SECONDS);
        let before = members.problems.len();
        let scopes = members.texts("scopes");
        let is_wrong = members.problems.len() > before;
        let state = members.text("state");
        let mut request =
            OAuthClientRequest { name: name.trim().to_owned(), description, state, ..OAuthClientRequest::default() };
        for secret in SECRETS {
            if members.node(secret).is_some() {
                members.problems.push(secret_stays_out(secret));
            }
        }
        match scopes {
            _ if is_wrong => {}
            Some(scopes) => request.scope = known_scopes(&scopes, &mut members.problems),
            None => members.missing("scopes", &format!("a list of {}", ours())),
        }
        request.access_token_validity_seconds = token_seconds.and_then(|seconds| {
            let allowed = u32::try_from(seconds).ok().filter(|seconds| TOKEN_SECONDS_ALLOWED.contains(seconds));
            if allowed.is_none() {
                let expected = format!("{} to {}", TOKEN_SECONDS_ALLOWED.start(), TOKEN_SECONDS_ALLOWED.end());
                let problem = Diagnostic::error(Code::InvalidValue, TOKEN_SECONDS, "tokens can't last this long");
                members.problems.push(problem.expected(expected).found(seconds.to_string()));
            }
            allowed
        });
        members.problems.extend(wrong_texts(&request));
        let problems = members.finish(&MEMBERS);
        let name = (request.name.as_str(), fold_name(&request.name));
        if !problems.is_empty() {
            return self.wrong_one(at, kind::CLIENT, name, ("name", problems));
        }
        if self.first_of_its_name(at, kind::CLIENT, name, "name".to_owned()) {
            self.clients.push(Entry { at, path: String::new(), spec: request });
        }
    }

    /// What the folder's clients are to be.
    pub fn clients(&self) -> impl Iterator<Item = &OAuthClientRequest> {
        self.clients.iter().map(|entry| &entry.spec)
    }

    /// What becomes of each client of the folder on a server that has these.
    ///
    /// # Errors
    /// Names that two of the server's clients have, and clients that the server made for itself, a sentence each.
    pub fn planned_clients(&self, there: &[OAuthClient]) -> Result<Vec<PlannedClient>, Vec<String>> {
        let (mut planned, mut problems) = (Vec::new(), Vec::new());
        for wanted in self.clients() {
            let name = &wanted.name;
            let same: Vec<&OAuthClient> = there.iter().filter(|one| is_named(one, name)).collect();
            match same.as_slice() {
                [] => planned.push(PlannedClient { request: wanted.clone(), ..PlannedClient::default() }),
                [one] if is_built_in(one) => problems
                    .push(format!("the server created the client `{name}` itself: use another name in the folder")),
                [one] => planned.push(against(wanted, one)),
                all => {
                    let ids: Vec<&str> = all.iter().map(|one| one.id.as_str()).collect();
                    problems.push(format!(
                        "{} clients on the server have the name `{name}`: {}",
                        all.len(),
                        ids.join(", ")
                    ));
                }
            }
        }
        if problems.is_empty() { Ok(planned) } else { Err(problems) }
    }
}

/// How the clients of two folders differ, by name: what each was to be and is to be.
#[must_use]
pub fn clients_between(before: &Project, after: &Project) -> Vec<(String, Change, Vec<Difference>)> {
    let mut found = Vec::new();
    let named =
        |project: &Project, name: &str| project.clients().find(|one| fold_name(&one.name) == fold_name(name)).cloned();
    for was in before.clients() {
        match named(after, &was.name) {
            None => found.push((was.name.clone(), Change::Removed, Vec::new())),
            Some(is) => {
                let members = differing(was, &is);
                if !members.is_empty() {
                    found.push((is.name, Change::Changed, members));
                }
            }
        }
    }
    let added = after.clients().filter(|is| named(before, &is.name).is_none());
    found.extend(added.map(|is| (is.name.clone(), Change::Added, Vec::new())));
    found.sort_by(|(a, ..), (b, ..)| a.cmp(b));
    found
}

/// A server's clients as a folder may have them: those that it made for itself stay out, and so does every secret.
#[must_use]
pub fn of_server(clients: &[OAuthClient]) -> Vec<OAuthClientRequest> {
    clients.iter().filter(|one| !is_built_in(one)).map(as_it_is).collect()
}

impl Bodies {
    /// One file for all clients.
    pub(crate) fn clients(&self, folder: &mut Exported) {
        let is_twin = |one: &OAuthClientRequest| {
            self.clients.iter().filter(|other| fold_name(&other.name) == fold_name(&one.name)).count() > 1
        };
        let (twins, clients): (Vec<_>, Vec<_>) = self.clients.iter().partition(|one| is_twin(one));
        let note = |one: &OAuthClientRequest| format!("client `{}` is left out: another has the same name", one.name);
        folder.notes.extend(twins.into_iter().map(note));
        let documents: Vec<Json> = sorted(clients.into_iter().map(|one| (one.name.as_str(), document(one))));
        if !documents.is_empty() {
            folder.file(CLIENTS.to_owned(), &documents);
        }
    }
}

fn document(client: &OAuthClientRequest) -> Json {
    let kind = (kind::KEY.to_owned(), kind::CLIENT.into());
    Json::Object(std::iter::once(kind).chain(says(client)).collect())
}

/// The members of a client's document.
fn says(client: &OAuthClientRequest) -> Map<String, Json> {
    let members = [
        ("name", Some(json!(client.name))),
        ("description", client.description.as_ref().filter(|text| !text.is_empty()).map(|text| json!(text))),
        ("scopes", Some(json!(client.scope))),
        (TOKEN_SECONDS, client.access_token_validity_seconds.map(|seconds| json!(seconds))),
        ("state", client.state.as_ref().map(|state| json!(state))),
    ];
    members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// What would make a client as it is.
fn as_it_is(client: &OAuthClient) -> OAuthClientRequest {
    let mut scope = client.scope.clone();
    scope.sort_unstable();
    OAuthClientRequest {
        name: client.name.clone(),
        description: client.description.clone(),
        authorized_grant_type: None,
        scope,
        access_token_validity_seconds: Some(client.access_token_validity_seconds),
        state: Some(client.state.clone()),
    }
}

/// What becomes of a client that is there. State and lifetime that the folder leaves out stay as they are.
fn against(wanted: &OAuthClientRequest, there: &OAuthClient) -> PlannedClient {
    let is = as_it_is(there);
    let request = OAuthClientRequest {
        access_token_validity_seconds: wanted.access_token_validity_seconds.or(is.access_token_validity_seconds),
        state: wanted.state.clone().or_else(|| is.state.clone()),
        ..wanted.clone()
    };
    let base = ClientBase { id: there.id.clone(), revision: there.revision };
    let members = differing(&is, &request).into_iter().map(difference::wire).collect();
    PlannedClient { request, base: Some(base), members }
}

fn differing(was: &OAuthClientRequest, is: &OAuthClientRequest) -> Vec<Difference> {
    let mut found = Vec::new();
    difference::members("", &says(was), &says(is), &mut found);
    found
}

fn is_named(client: &OAuthClient, name: &str) -> bool {
    fold_name(&client.name) == fold_name(name)
}

/// Whether the server made it for itself: the first admin, or the one that its environment names.
fn is_built_in(client: &OAuthClient) -> bool {
    client.created_by.as_ref().is_some_and(|by| by.id == SERVER)
}

fn ours() -> String {
    Scope::ALL.map(Scope::as_str).join(", ")
}

/// Scopes in our names, in the order that a server has them in.
fn known_scopes(written: &[String], problems: &mut Vec<Diagnostic>) -> Vec<String> {
    let before = problems.len();
    let mut scopes = Vec::new();
    for (index, name) in written.iter().enumerate() {
        let known: Vec<String> = Scopes::requested(name)
            .map(|scopes| scopes.iter().map(|scope| scope.as_str().to_owned()).collect())
            .unwrap_or_default();
        if known.is_empty() {
            let problem =
                Diagnostic::error(Code::InvalidValue, format!("scopes[{index}]"), format!("`{name}` is not a scope"));
            problems.push(problem.expected(ours()).nearest(name, Scope::ALL.map(Scope::as_str)));
        }
        scopes.extend(known);
    }
    scopes.sort_unstable();
    scopes.dedup();
    if scopes.is_empty() && problems.len() == before {
        let problem = Diagnostic::error(Code::InvalidValue, "scopes", "a client needs at least one scope");
        problems.push(problem.expected(ours()));
    }
    scopes
}

fn wrong_texts(request: &OAuthClientRequest) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let mut wrong = |member: &str, message: &str, expected: String| {
        problems.push(Diagnostic::error(Code::InvalidValue, member, message).expected(expected));
    };
    let name = &request.name;
    if !name.is_empty() && (name.chars().count() > MAX_NAME || name.chars().any(char::is_control)) {
        wrong("name", "this can't be a client's name", format!("1 to {MAX_NAME} characters, no control characters"));
    }
    if request.description.as_ref().is_some_and(|text| text.chars().count() > MAX_DESCRIPTION) {
        wrong("description", "the description is too long", format!("at most {MAX_DESCRIPTION} characters"));
    }
    if request.state.as_ref().is_some_and(|state| !["active", "inactive"].contains(&state.as_str())) {
        wrong("state", "this is not a state of clients", "active or inactive".to_owned());
    }
    problems
}

/// The problem is told at the document's kind: a line with the secret must not be printed.
fn secret_stays_out(member: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, kind::KEY, format!("a client's `{member}` can't be in a folder"))
        .expected("a document without a secret: the server makes it when the client is made")
        .suggestion(format!(
            "remove `{member}`; if the file was shared, get a new secret: `waypost clients rotate NAME`"
        ))
}
