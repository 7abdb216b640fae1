//! What a definition comes to in a world: secrets and routes looked up.

use std::sync::Arc;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{MailboxId, SecretId};
use waypost_store::records::catalogue::{DeliverTo, RouteRecord};
use waypost_store::records::mailboxes::{
    MailboxAfter, MailboxAuth, MailboxOauth, MailboxRecord, MailboxSettings, SubmissionSettings,
};

use super::auth::{DefinitionAuth, DefinitionOauth};
use super::read::Definition;
use super::submission::DefinitionSubmission;
use crate::delivering::same_account;
use crate::object::Object as _;
use crate::routes::{RouteMatch, Routes, is_same_address};
use crate::routing::Wanted;
use crate::world::World;

/// What a definition comes to; `known` is the mailbox that it changes.
pub(super) fn settings(
    written: Definition,
    world: &World,
    known: Option<MailboxId>,
    problems: &mut Vec<Diagnostic>,
) -> Option<MailboxSettings> {
    let hosts = shown_to(&written);
    let Definition { host, port, tls, user, auth, folders, start, after, address, submission } = written;
    let auth = authorised(world, "auth", auth, &hosts, problems);
    let route = route_of(world, &address, problems);
    let submission = match submission {
        None => Some(None),
        Some(written) => {
            if let Some(route) = &route {
                sole_submission(world, route, &address, known, problems);
            }
            submitted(world, written, problems).map(Some)
        }
    };
    let settings = MailboxSettings {
        host,
        port,
        tls,
        user,
        auth: auth?,
        folders,
        start,
        after,
        route: route?.id,
        address,
        submission: submission?,
    };
    no_loop(world, &settings, known, problems);
    no_circle(world, &settings, known, problems);
    Some(settings)
}

/// Secrets that a definition names and can't have.
pub(super) fn lacking(written: Definition, world: &World) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let hosts = shown_to(&written);
    authorised(world, "auth", written.auth, &hosts, &mut problems);
    if let Some(submission) = written.submission {
        submitted(world, submission, &mut problems);
    }
    problems
}

/// Hosts that the mailbox logs in to. A submission server that shares the login is shown what the mailbox is.
fn shown_to(written: &Definition) -> Vec<String> {
    let shared = written.submission.as_ref().filter(|submission| submission.auth.is_none());
    std::iter::once(&written.host).chain(shared.map(|one| &one.host)).cloned().collect()
}

/// Refuses to watch a folder that a queue delivers into: what it puts there would come in again.
fn no_loop(world: &World, settings: &MailboxSettings, known: Option<MailboxId>, problems: &mut Vec<Diagnostic>) {
    for queue in world.queues.values() {
        let Some(DeliverTo::Folder { mailbox, folder }) = queue.record().deliver_to() else { continue };
        let other = world.mailboxes.get(&mailbox);
        let itself = Some(mailbox) == known;
        let same = itself || other.is_some_and(|other| same_account(&other.settings, settings));
        if same && settings.folders.contains(&folder) {
            let message =
                format!("the queue `{}` delivers into `{folder}`: what it puts there would be taken again", queue.name);
            let problem = Diagnostic::error(Code::InvalidValue, "folders", message);
            problems.push(problem.expected("folders that no queue delivers into"));
        }
        // The account that the queue delivers to may be another from now on: one that is watched by somebody else.
        let watches = |other: &&Arc<MailboxRecord>| {
            Some(other.id) != known
                && same_account(&other.settings, settings)
                && other.settings.folders.contains(&folder)
        };
        if itself && let Some(other) = world.mailboxes.values().find(watches) {
            let message = format!(
                "the queue `{}` delivers into `{folder}` of this account, which the mailbox `{}` watches",
                queue.name, other.name
            );
            let problem = Diagnostic::error(Code::InvalidValue, "user", message);
            problems.push(problem.expected("an account of which nobody watches that folder"));
        }
    }
}

/// Refuses to move messages where another mailbox of the account takes them and moves them back, itself or by way of others: each would take
/// them again, for ever.
fn no_circle(world: &World, settings: &MailboxSettings, known: Option<MailboxId>, problems: &mut Vec<Diagnostic>) {
    let watches = |settings: &MailboxSettings, folder: &str| {
        settings.folders.iter().any(|watched| watched.eq_ignore_ascii_case(folder))
    };
    let MailboxAfter::MoveTo(first) = &settings.after else { return };
    let mut left: Vec<&Arc<MailboxRecord>> = world
        .mailboxes
        .values()
        .filter(|other| Some(other.id) != known && same_account(&other.settings, settings))
        .collect();
    left.sort_unstable_by_key(|other| other.id);
    // No mailbox is visited twice; each comes with the one that the message reached first.
    let mut open = vec![(first, None)];
    while let Some((folder, by)) = open.pop() {
        let (takes, others) = left.into_iter().partition(|other| watches(&other.settings, folder));
        left = others;
        for other in Vec::<&Arc<MailboxRecord>>::into_iter(takes) {
            let MailboxAfter::MoveTo(next) = &other.settings.after else { continue };
            let by = by.unwrap_or(other);
            if watches(settings, next) {
                let message = format!(
                    "the mailbox `{}` takes what is moved to `{first}`, and it comes back to `{next}`, which is watched here",
                    by.name
                );
                let problem = Diagnostic::error(Code::InvalidValue, "after.moveTo", message);
                problems.push(problem.expected("a folder from which nothing is moved back"));
                return;
            }
            open.push((next, Some(by)));
        }
    }
}

fn submitted(
    world: &World,
    written: DefinitionSubmission,
    problems: &mut Vec<Diagnostic>,
) -> Option<Box<SubmissionSettings>> {
    let DefinitionSubmission { host, port, tls, user, auth } = written;
    let auth = match auth {
        None => None,
        Some(auth) => Some(authorised(world, "submission.auth", auth, std::slice::from_ref(&host), problems)?),
    };
    Some(Box::new(SubmissionSettings { host, port, tls, user, auth }))
}

/// What proves who logs in at these hosts: each secret may be shown there. Access tokens are: so may the secrets that they are got by.
fn authorised(
    world: &World,
    path: &str,
    auth: DefinitionAuth,
    hosts: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<MailboxAuth> {
    match auth {
        DefinitionAuth::Secret(secret) => {
            secret_for(world, &format!("{path}.secret"), &secret, hosts, problems).map(MailboxAuth::Secret)
        }
        DefinitionAuth::Oauth(oauth) => {
            let DefinitionOauth { token_url, token_host, device_url, client_id, secret, refresh_token, scopes, grant } =
                oauth;
            let mut shown = vec![token_host];
            shown.extend(hosts.iter().filter(|host| !shown.contains(host)).cloned().collect::<Vec<_>>());
            let mut named = |place: &str, secret: Option<Wanted<SecretId>>| {
                let place = format!("{path}.oauth.{place}");
                secret.map(|secret| secret_for(world, &place, &secret, &shown, problems))
            };
            let (secret, refresh_token) = (named("secret", secret), named("refreshToken", refresh_token));
            let missing = [&secret, &refresh_token].into_iter().any(|one| matches!(one, Some(None)));
            let (secret, refresh_token) = (secret.flatten(), refresh_token.flatten());
            let oauth = MailboxOauth { token_url, device_url, client_id, secret, refresh_token, scopes, grant };
            (!missing).then_some(MailboxAuth::Oauth(oauth))
        }
    }
}

/// A secret that hosts may be shown, itself or as access tokens that it is good for.
fn secret_for(
    world: &World,
    place: &str,
    wanted: &Wanted<SecretId>,
    hosts: &[String],
    problems: &mut Vec<Diagnostic>,
) -> Option<SecretId> {
    let (found, written) = match wanted {
        Wanted::Id(id) => (world.secrets.get(id), id.to_string()),
        Wanted::Name(name) => (world.secrets.named(&document::fold_name(name)), name.clone()),
    };
    let all = |hosts: &[&str]| hosts.iter().map(|host| format!(" --host {host}")).collect::<String>();
    let Some(secret) = found else {
        let problem = Diagnostic::error(Code::InvalidValue, place, format!("there is no secret `{written}`"));
        let known = world.secrets.values().map(|secret| secret.name.as_str());
        let problem = problem.expected("the name or the id of a secret").nearest(&written, known);
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        let set = format!("create it: `waypost secrets set \"{written}\"{}`", all(&hosts));
        problems.push(if problem.suggestion.is_some() { problem } else { problem.suggestion(set) });
        return None;
    };
    let missing: Vec<&str> =
        hosts.iter().map(String::as_str).filter(|host| !secret.hosts.iter().any(|known| known == host)).collect();
    if !missing.is_empty() {
        let list = missing.iter().map(|host| format!("`{host}`")).collect::<Vec<_>>().join(" and ");
        let message = format!("the secret `{}` may not be sent to {list}", secret.name);
        let known: Vec<&str> = secret.hosts.iter().map(String::as_str).chain(missing).collect();
        let problem = Diagnostic::error(Code::InvalidValue, place, message);
        let problem = problem.expected(format!("a secret that has {list} among its hosts"));
        problems.push(problem.suggestion(format!("`waypost secrets set \"{}\"{}`", secret.name, all(&known))));
    }
    Some(secret.id)
}

/// The route that mail to an address goes by.
fn route_of(world: &World, address: &str, problems: &mut Vec<Diagnostic>) -> Option<RouteRecord> {
    let routes = Routes::new(world.domains.keys().map(String::as_str), world.routes.values().cloned());
    if let RouteMatch::Route(route) = routes.find(address) {
        return Some(route.as_ref().clone());
    }
    let problem = Diagnostic::error(Code::InvalidValue, "route", format!("no route takes mail for `{address}`"));
    let known: Vec<String> = world.routes.values().map(|route| RouteRecord::name(route)).collect();
    let problem = problem.expected("an address that a route takes mail for");
    problems.push(problem.nearest(address, known.iter().map(String::as_str)));
    None
}

/// Refuses a second submission server for what is sent from one address.
fn sole_submission(
    world: &World,
    route: &RouteRecord,
    address: &str,
    known: Option<MailboxId>,
    problems: &mut Vec<Diagnostic>,
) {
    let others = world.mailboxes.values().filter(|other| Some(other.id) != known);
    let mut others = others.filter(|other| {
        let settings = &other.settings;
        settings.submission.is_some() && settings.route == route.id && sends_as(route, &settings.address, address)
    });
    if let Some(other) = others.next() {
        let message = format!("the mailbox `{}` has a submission server for this route already", other.name);
        let problem = Diagnostic::error(Code::InvalidValue, "submission", message);
        problems.push(problem.expected("one submission server for each address that mail is sent from"));
    }
}

/// Whether what came to an address by a route is answered from the same address as what came to another: a pattern with a `*` answers from
/// each for itself.
#[must_use]
pub fn sends_as(route: &RouteRecord, one: &str, other: &str) -> bool {
    !route.pattern.contains('*') || is_same_address(one, other)
}
