//! Secrets as objects of the catalogue. Their values get here sealed, and never leave in any other form.

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use waypost_data_action::DataAction;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{Kind, Ref, SecretId};
use waypost_reach::web_url;
use waypost_store::records::catalogue::ObjectRecord;
use waypost_store::records::outside::{Sealed, SecretRecord};

use crate::error::ChangeError;
use crate::object::{Making, Object, named, present};
use crate::shelf::Shelf;
use crate::world::World;

/// The most hosts of a secret.
const MOST_HOSTS: usize = 100;

/// What a secret is to be.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SecretSpec {
    /// Its identifier, if it is new.
    pub id: SecretId,
    /// The name.
    pub name: String,
    /// The hosts that it may be sent to.
    pub hosts: Vec<String>,
    /// Its value, sealed for it; none keeps the value it has, a forgotten one takes it away.
    pub value: Option<Sealed>,
}

impl Object for SecretRecord {
    const KIND: Kind = Kind::Secret;

    type Id = SecretId;
    type Record = Self;
    type Spec = SecretSpec;

    fn new(record: Self) -> Self {
        record
    }

    fn record(&self) -> &Self {
        self
    }

    fn stored(record: &ObjectRecord) -> Option<&Self> {
        record.try_into().ok()
    }

    fn id(record: &Self) -> SecretId {
        record.id
    }

    fn id_of(object: &Ref) -> SecretId {
        SecretId(object.uuid())
    }

    fn object_of(id: &SecretId) -> Ref {
        (*id).into()
    }

    fn name(record: &Self) -> String {
        record.name.clone()
    }

    fn name_wanted(spec: &SecretSpec) -> String {
        spec.name.clone()
    }

    fn revision(record: &Self) -> u64 {
        record.revision
    }

    fn audited(record: &Self) -> Json {
        present(json!({
            "name": record.name,
            "hosts": record.hosts,
            "valueSet": (!record.value.is_forgotten()).then(|| record.set_at.to_string()),
        }))
    }

    fn shelf(world: &World) -> &Shelf<Self> {
        &world.secrets
    }

    fn make(spec: &SecretSpec, making: &Making<'_>, before: Option<&Self>) -> Result<Self, ChangeError> {
        let mut problems = Vec::new();
        let name = named("name", &spec.name).unwrap_or_else(|problem| {
            problems.push(*problem);
            String::new()
        });
        let hosts = hosts(&spec.hosts, &mut problems);
        let kept = before.filter(|before| !before.value.is_forgotten());
        let value = spec.value.as_ref().or(kept.map(|kept| &kept.value)).cloned();
        if value.is_none() {
            let message =
                if before.is_some() { "the value was forgotten with its key" } else { "a new secret needs a value" };
            problems.push(Diagnostic::error(Code::MissingKey, "value", message));
        }
        // Otherwise whoever may change a secret could have it shown to a host of their own.
        if let (None, Some(kept)) = (&spec.value, kept) {
            let new: Vec<&str> = hosts.iter().filter(|host| !kept.hosts.contains(host)).map(String::as_str).collect();
            if !new.is_empty() {
                let message = format!("the value must be set again to add a host: {}", new.join(", "));
                problems.push(Diagnostic::error(Code::MissingKey, "value", message));
            }
        }
        if let Some(before) = before {
            problems.extend(still_used(making.world, before, &name, &hosts));
        }
        let Some(value) = value.filter(|_| problems.is_empty()) else { return Err(ChangeError::Invalid(problems)) };
        Ok(Self {
            id: before.map_or(spec.id, |before| before.id),
            folded_name: document::fold_name(&name),
            name,
            hosts,
            value,
            set_at: before.filter(|_| spec.value.is_none()).map_or(making.now, |before| before.set_at),
            revision: before.map_or(1, |before| before.revision.saturating_add(1)),
            created_at: before.map_or(making.now, |before| before.created_at),
            modified_at: making.now,
        })
    }
}

/// Data actions name a secret by its name, and show it to their host: neither may go while they do.
fn still_used(world: &World, before: &SecretRecord, name: &str, hosts: &[String]) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let users = world.data_actions.values().filter(|action| action.secrets(world).any(|secret| secret.id == before.id));
    let renamed = document::fold_name(name) != before.folded_name;
    for known in users {
        let (action, host) = (&known.record.name, known.action.as_ref().map(DataAction::host).unwrap_or_default());
        if renamed {
            let message = format!("the data action `{action}` names the secret `{}`", before.name);
            let problem = Diagnostic::error(Code::InvalidName, "name", message);
            problems.push(problem.suggestion("create another secret, and change the data action first"));
        }
        if before.hosts.iter().any(|known| known == host) && !hosts.iter().any(|known| known == host) {
            let message = format!("the data action `{action}` sends the secret to `{host}`");
            problems
                .push(Diagnostic::error(Code::InvalidValue, "hosts", message).suggestion("leave the host in the list"));
        }
    }
    problems.sort_by(|a, b| a.message.cmp(&b.message));
    problems
}

/// Hosts as they are compared: each once.
fn hosts(written: &[String], problems: &mut Vec<Diagnostic>) -> Vec<String> {
    if written.is_empty() || written.len() > MOST_HOSTS {
        let problem = Diagnostic::error(Code::InvalidValue, "hosts", "a secret needs at least one host");
        problems.push(problem.expected(format!("1 to {MOST_HOSTS} hosts")).found(written.len().to_string()));
    }
    let mut hosts = Vec::new();
    for (place, written) in written.iter().take(MOST_HOSTS).enumerate() {
        match host(written) {
            Some(host) if hosts.contains(&host) => {}
            Some(host) => hosts.push(host),
            None => {
                let problem =
                    Diagnostic::error(Code::InvalidValue, format!("hosts[{place}]"), "this is not the name of a host")
                        .expected("a host alone, without scheme, port or path, such as api.example.com");
                // What looks like more than a host may have a password in it.
                let problem = match written.contains([':', '@', '%', '/', ' ']) {
                    true => problem.unshown(),
                    false => problem.found(format!("`{written}`")),
                };
                problems.push(match instead(written) {
                    Some(instead) => problem.suggestion(instead),
                    None => problem,
                });
            }
        }
    }
    hosts
}

fn host(written: &str) -> Option<String> {
    let url = web_url(&format!("https://{written}/")).ok()?;
    let alone =
        url.path() == "/" && url.query().is_none() && url.port().is_none() && !written.contains([' ', '/', '\\']);
    let colons = written.contains(':') && !written.starts_with('[');
    // Hosts are compared as wholes: these would never match.
    let never = written.contains('*') || written.ends_with('.');
    url.host_str().filter(|host| alone && !colons && !never && !host.ends_with('.')).map(str::to_owned)
}

/// What to write instead of something that is no host.
fn instead(written: &str) -> Option<String> {
    if written.contains('*') {
        return Some("name each host: there are no wildcards".to_owned());
    }
    let without = written.strip_suffix('.').filter(|without| host(without).is_some())?;
    Some(format!("write `{without}`, without the dot at the end"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_names_or_addresses_alone() {
        for (written, read) in [
            ("api.example.com", Some("api.example.com")),
            ("API.Example.COM", Some("api.example.com")),
            ("bücher.example", Some("xn--bcher-kva.example")),
            ("10.0.0.1", Some("10.0.0.1")),
            ("[2001:db8::1]", Some("[2001:db8::1]")),
            ("https://api.example.com", None),
            ("api.example.com:443", None),
            ("api.example.com/v1", None),
            ("user@api.example.com", None),
            ("api.example.com?x", None),
            ("", None),
            ("a b", None),
            ("*.example.com", None),
            ("api.example.com.", None),
            ("api.example.com\u{3002}", None),
        ] {
            assert_eq!(host(written).as_deref(), read, "{written}");
        }
    }
}
