//! A folder's clients: held against a server's before anything is changed, made and changed once everything else is in.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::Serialize;
use waypost_client::Error;
use waypost_flow::document::fold_name;
use waypost_project::Project;
use waypost_project::clients::PlannedClient;
use waypost_wire::access::OAuthClient;

use super::report::{Became, Report};
use crate::failure::Failure;
use crate::remote::Remote;
use crate::screen;
use crate::shell::word;

/// What becomes of the folder's clients. A server is only asked about clients if the folder has any: that needs the scope `admin`.
pub(crate) fn planned(remote: &Remote, project: &Project) -> Result<Vec<PlannedClient>, Failure> {
    if project.clients().next().is_none() {
        return Ok(Vec::new());
    }
    project.planned_clients(&of(remote)?).map_err(|problems| Failure::Refused(problems.join("\n  ")))
}

/// The clients of saved plans that are not as they were planned on, in words.
pub(crate) fn changed_since(remote: &Remote, planned: &[PlannedClient]) -> Result<Vec<String>, Failure> {
    if planned.is_empty() {
        return Ok(Vec::new());
    }
    let there = of(remote)?;
    Ok(planned.iter().filter_map(|one| one.changed_since(&there)).collect())
}

fn of(remote: &Remote) -> Result<Vec<OAuthClient>, Failure> {
    remote.all(remote.access().clients()).map_err(|error| match error.status() {
        Some(403) => Failure::Failed(format!("the folder has clients: {error}")),
        _ => error.into(),
    })
}

/// Where the secrets of new clients go.
pub(crate) enum Secrets {
    /// There are none.
    Nowhere,
    /// Shown once.
    Terminal,
    /// Added to a file, one JSON object a line.
    File(PathBuf, fs::File),
}

/// A new client's secret in a file.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Kept<'c> {
    name: &'c str,
    client_id: &'c str,
    client_secret: &'c str,
}

impl Secrets {
    /// Makes sure, before anything is changed, that no client is made whose secret would be lost.
    pub(crate) fn of(planned: &[PlannedClient], file: Option<&Path>) -> Result<Self, Failure> {
        let new: Vec<&str> =
            planned.iter().filter(|one| one.base.is_none()).map(|one| one.request.name.as_str()).collect();
        match file {
            _ if new.is_empty() => Ok(Self::Nowhere),
            Some(file) => Ok(Self::File(file.to_owned(), opened(file)?)),
            None if io::stdout().is_terminal() => Ok(Self::Terminal),
            None => Err(Failure::Refused(format!(
                "the folder makes clients, and their secrets are shown only once: {}\n  \
                 add --client-secrets FILE, or run it on a terminal; nothing was changed",
                new.join(", ")
            ))),
        }
    }

    fn keep(&mut self, client: &OAuthClient) -> io::Result<()> {
        let secret = client.secret.as_deref().unwrap_or_default();
        match self {
            Self::File(_, file) => {
                let kept = Kept { name: &client.name, client_id: &client.id, client_secret: secret };
                let mut line = serde_json::to_vec(&kept)?;
                line.push(b'\n');
                file.write_all(&line)?;
                file.sync_all()
            }
            Self::Terminal | Self::Nowhere => {
                let mut out = screen::stdout();
                writeln!(out, "client {}: id {}, secret {secret} (shown only now)", client.name, client.id)?;
                out.flush()
            }
        }
    }

    fn place(&self) -> String {
        match self {
            Self::File(path, _) => format!("secret in {}", path.display()),
            Self::Terminal | Self::Nowhere => "secret shown above".to_owned(),
        }
    }
}

/// Opens a file that its owner alone can read.
fn opened(path: &Path) -> Result<fs::File, Failure> {
    let fail = |cause: &dyn std::fmt::Display| Failure::of(format!("can't write {}", path.display()))(cause);
    let mut options = fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| fail(&error))?;
    #[cfg(unix)]
    {
        let known = file.metadata().map_err(|error| fail(&error))?;
        if std::os::unix::fs::PermissionsExt::mode(&known.permissions()) & 0o077 != 0 {
            let path = path.display();
            return Err(Failure::Refused(format!(
                "others can read {path}: run `chmod 600 {path}`; nothing was changed"
            )));
        }
    }
    Ok(file)
}

/// Does what comes after the change set and the rows of tables, if all of that is done; `out` gets a line for each client.
pub(super) fn after(
    ended: Result<(), Failure>,
    remote: &Remote,
    (planned, secrets): (&[PlannedClient], &mut Secrets),
    told: &mut Report,
) -> Result<(), Failure> {
    if planned.is_empty() {
        return ended;
    }
    if ended.is_err() {
        writeln!(screen::stderr(), "the folder's clients were not applied")?;
        return ended;
    }
    if told.dry_run {
        told.objects.extend(planned.iter().map(would_be));
        return Ok(());
    }
    carry_out(remote, planned, secrets, &mut told.objects)
}

fn became(one: &PlannedClient, outcome: &str, said: String) -> Became {
    Became {
        kind: "client".to_owned(),
        name: one.request.name.clone(),
        outcome: outcome.to_owned(),
        differs: one.members.iter().map(|member| member.path.clone()).collect(),
        said,
        ..Became::default()
    }
}

/// What would become of a client.
fn would_be(one: &PlannedClient) -> Became {
    let said = match one.change() {
        "unchanged" => "unchanged".to_owned(),
        "created" => "would be created".to_owned(),
        change => {
            let members: Vec<&str> = one.members.iter().map(|member| member.path.as_str()).collect();
            format!("would be {change} ({})", members.join(", "))
        }
    };
    became(one, one.change(), said)
}

/// Makes and changes clients, one after the other, and says of each what was done. What is done stays done if a later one fails.
fn carry_out(
    remote: &Remote,
    planned: &[PlannedClient],
    secrets: &mut Secrets,
    told: &mut Vec<Became>,
) -> Result<(), Failure> {
    for one in planned {
        let name = &one.request.name;
        match (&one.base, one.change()) {
            (None, _) => {
                let made = remote.wait(remote.access().create(&one.request)).map_err(|error| stopped(name, error))?;
                match comes_second(remote, &made) {
                    Ok(false) => {}
                    Ok(true) => return Err(undone(remote, &made, "somebody else created one of this name meanwhile")),
                    Err(error) => return Err(undone(remote, &made, &error.to_string())),
                }
                if let Err(error) = secrets.keep(&made) {
                    return Err(undone(remote, &made, &format!("can't write its secret: {error}")));
                }
                told.push(became(one, "created", format!("created, id {}, {}", made.id, secrets.place())));
            }
            (Some(base), "changed") => {
                let access = remote.access();
                let change = access.update(&base.id, &one.request, Some(base.revision));
                remote.wait(change).map_err(|error| stopped(name, error))?;
                told.push(became(one, "changed", "changed".to_owned()));
            }
            (Some(_), _) => told.push(became(one, "unchanged", "unchanged".to_owned())),
        }
    }
    Ok(())
}

/// Why it stopped at a client.
fn stopped(name: &str, error: Error) -> Failure {
    let told = |message: String| {
        format!("client {name}: {message}\n  everything before it is applied; apply again to continue")
    };
    match Failure::from(error) {
        Failure::Refused(message) => Failure::Refused(told(message)),
        Failure::Failed(message) => Failure::Failed(told(format!(
            "{message}\n  if the client is there all the same, get its secret with `waypost clients rotate`"
        ))),
        other => other,
    }
}

/// Pauses before it is asked again whether another client of the same name gives way.
const GIVES_WAY: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(200), Duration::from_millis(400), Duration::from_millis(800)];

/// Whether a client that was just made has to go: a server allows clients of the same name, and somebody else, such as another `apply`, may
/// have made one meanwhile. The later one goes. One that stays beside an earlier one is finished with, so this one goes at last whatever clocks say.
fn comes_second(remote: &Remote, made: &OAuthClient) -> Result<bool, Error> {
    let age = |one: &OAuthClient| (one.date_created, one.id.clone());
    for pause in GIVES_WAY {
        let all = remote.all(remote.access().clients())?;
        let others: Vec<&OAuthClient> =
            all.iter().filter(|one| one.id != made.id && fold_name(&one.name) == fold_name(&made.name)).collect();
        if others.is_empty() {
            return Ok(false);
        }
        if others.iter().any(|other| age(other) < age(made)) {
            return Ok(true);
        }
        thread::sleep(pause);
    }
    Ok(true)
}

/// A client that can't stay, or whose secret is lost, is of no use: it is deleted, so that the next `apply` finds or makes it.
fn undone(remote: &Remote, made: &OAuthClient, why: &str) -> Failure {
    let name = &made.name;
    let then = match remote.wait(remote.access().delete(&made.id)) {
        Ok(()) => "this client was deleted; apply again".to_owned(),
        Err(_) => {
            format!("it could not be deleted, id {}; get its secret: `waypost clients rotate {}`", made.id, word(name))
        }
    };
    Failure::Failed(format!("client {name}: {why}\n  {then}"))
}
