//! What the server holds: routes and flows that lead nowhere, mail that is stuck, mailboxes, secrets, its clock.

use std::collections::HashSet;

use futures_util::{StreamExt, TryStreamExt};
use waypost_client::Error;
use waypost_client::flows::FlowFilter;
use waypost_flow::diagnostic::counted;
use waypost_ids::{DeliveryKind, DeliveryState};
use waypost_origin::Origin;
use waypost_wire::data_action::DataAction;
use waypost_wire::delivery::DeliveryFilter;
use waypost_wire::flow::Flow;
use waypost_wire::mailbox::{Mailbox, MailboxState};
use waypost_wire::routing::{Queue, Route};

use super::report::Report;
use crate::failure::Failure;
use crate::plain;
use crate::remote::{Remote, Server};
use crate::shell::word;

/// Seconds that clocks may differ by.
const CLOCK: i64 = 30;

/// For so many objects of a kind the server is asked who uses each: it has a limit of requests.
const MOST_ASKED: usize = 50;

/// So many pending deliveries of a kind are counted.
const MOST_COUNTED: usize = 200;

/// Checks what the server holds, and answers its domains; none if they are not known.
pub(super) fn check(report: &mut Report, server: &Server) -> Option<Vec<String>> {
    let remote = match server.connect() {
        Ok(remote) => remote,
        Err(failure) => {
            // Whether it answers can be asked by anybody.
            if server.without_client().is_some_and(|remote| !health(report, &remote)) {
                return None;
            }
            let suggestion = "start the server, or name it with --url and a client's id and secret";
            report.warning("server", format!("what the server holds is not checked: {failure}"), suggestion);
            return None;
        }
    };
    if !health(report, &remote) {
        return None;
    }
    let checked = held(report, &remote);
    let told = |error| {
        let failure = Failure::from(error);
        report.failed(
            "server",
            failure.to_string(),
            "check the client's id, secret and scopes: an admin client sees all",
        );
    };
    checked.map_err(told).ok()
}

/// Whether the server answers at all.
fn health(report: &mut Report, remote: &Remote) -> bool {
    match remote.wait(remote.health()) {
        Err(error) => {
            let untrusted = matches!(&error, Error::NoAnswer { reason, .. } if reason.contains("peer certificate"));
            let suggestion = match untrusted {
                true => {
                    "trust its certificate: SSL_CERT_FILE=FILE, for --tls-self-signed tls/cert.pem of its data directory"
                }
                false => "start the server, or correct its address",
            };
            report.failed("server", Failure::from(error).to_string(), suggestion);
            false
        }
        Ok(health) => {
            if health.ready {
                report.ok("server", format!("{} is ready", remote.url()));
            } else {
                report.failed(
                    "server",
                    format!("{} is not ready: it can't reach its database, or is shutting down", remote.url()),
                    "see the server's log",
                );
            }
            if let Some(date) = health.date {
                let off = Origin::system().now().duration_since(date).as_secs().abs();
                if off > CLOCK {
                    report.failed(
                        "clock",
                        format!("the server's clock and this one differ by {off} s"),
                        "let both keep time by NTP",
                    );
                } else {
                    report.ok("clock", "the server's clock agrees with this one");
                }
            }
            true
        }
    }
}

fn held(report: &mut Report, remote: &Remote) -> Result<Vec<String>, Error> {
    let domains: Vec<String> = remote.all(remote.routing().domains())?.into_iter().map(|domain| domain.id).collect();
    let mut routes: Vec<(String, Route)> = Vec::new();
    for domain in &domains {
        let of = remote.all(remote.routing().routes(domain))?;
        routes.extend(of.into_iter().map(|route| (format!("{}@{domain}", route.pattern), route)));
    }
    let flows = remote.all(remote.flows().list(&FlowFilter::default()))?;
    let queues = remote.all(remote.routing().queues())?;
    let mailboxes = remote.all(remote.mailboxes().list())?;
    targets(report, &domains, &routes, &flows);
    unrouted_flows(report, remote, &routes, &flows)?;
    unused_queues(report, remote, &routes, &queues)?;
    self::mailboxes(report, &mailboxes);
    work(report, remote, &queues)?;
    let actions = remote.all(remote.data_actions().list())?;
    secrets(report, remote, &mailboxes, &actions)?;
    unencrypted(report, remote, &actions)?;
    Ok(domains)
}

/// Routes whose flow has nothing to run, and domains without routes.
fn targets(report: &mut Report, domains: &[String], routes: &[(String, Route)], flows: &[Flow]) {
    let published: HashSet<String> =
        flows.iter().filter(|flow| flow.published_version.is_some()).map(|flow| flow.id.to_string()).collect();
    let before = report.checks.len();
    for (address, route) in routes {
        if let Some(flow) = route.flow.as_ref().filter(|flow| !published.contains(&flow.id)) {
            let name = flow.name.as_deref().unwrap_or(&flow.id);
            report.failed(
                "routes",
                format!("{address} leads to `{name}`, which is not published"),
                "publish the flow, or change the route",
            );
        }
    }
    for domain in domains {
        if !routes.iter().any(|(address, _)| address.rsplit_once('@').is_some_and(|(_, of)| of == domain)) {
            report.warning(
                "routes",
                format!("{domain} has no routes: its mail is refused"),
                "add a route, or delete the domain",
            );
        }
    }
    if report.checks.len() == before {
        report.ok("routes", format!("all routes lead somewhere ({})", routes.len()));
    }
}

/// Flows that no mail comes to.
fn unrouted_flows(
    report: &mut Report,
    remote: &Remote,
    routes: &[(String, Route)],
    flows: &[Flow],
) -> Result<(), Error> {
    let routed: HashSet<&str> = routes.iter().filter_map(|(_, route)| Some(route.flow.as_ref()?.id.as_str())).collect();
    let before = report.checks.len();
    let candidates =
        flows.iter().filter(|flow| flow.published_version.is_some() && !routed.contains(flow.id.to_string().as_str()));
    for flow in candidates.take(MOST_ASKED) {
        if remote.wait(remote.flows().used_by(flow.id, false))?.edges.is_empty() {
            report.warning(
                "flows",
                format!("`{}` is published, and no route or flow leads to it", flow.name),
                "add a route, call it, or delete it",
            );
        }
    }
    if report.checks.len() == before {
        report.ok("flows", format!("every published flow is used (of {})", flows.len()));
    }
    Ok(())
}

/// Queues that nothing puts work in.
fn unused_queues(
    report: &mut Report,
    remote: &Remote,
    routes: &[(String, Route)],
    queues: &[Queue],
) -> Result<(), Error> {
    let targets = routes.iter().flat_map(|(_, route)| [&route.queue, &route.unrouted_queue]).flatten();
    let named: HashSet<&str> = targets.map(|queue| queue.id.as_str()).collect();
    let before = report.checks.len();
    let candidates = queues.iter().filter(|queue| {
        !queue.built_in && queue.waiting.unwrap_or_default() == 0 && !named.contains(queue.id.to_string().as_str())
    });
    for queue in candidates.take(MOST_ASKED) {
        if remote.wait(remote.routing().queue_used_by(queue.id, false))?.edges.is_empty() {
            report.warning(
                "queues",
                format!("nothing leads to the queue `{}`", queue.name),
                "use it in a flow or a route, or delete it",
            );
        }
    }
    if report.checks.len() == before {
        report.ok("queues", format!("every queue is used (of {})", queues.len()));
    }
    Ok(())
}

fn mailboxes(report: &mut Report, mailboxes: &[Mailbox]) {
    for mailbox in mailboxes.iter().filter(|mailbox| mailbox.state == MailboxState::Enabled) {
        let Some(health) = &mailbox.health else { continue };
        let standing = format!("`{}` is {}", mailbox.name, health.status);
        // What is ok had errors before, at most.
        let found = match health.last_error.as_deref() {
            Some(error) if health.status != "ok" => format!("{standing}: {error}"),
            _ => standing,
        };
        let test = || {
            health.suggestion.clone().unwrap_or_else(|| format!("try `waypost mailboxes test {}`", word(&mailbox.name)))
        };
        match health.status.as_str() {
            _ if health.alarm => report.failed("mailboxes", found, test()),
            "failing" => report.warning("mailboxes", found, test()),
            _ if health.set_aside > 0 => {
                let found = format!("`{}`: {} messages are never taken", mailbox.name, health.set_aside);
                report.warning(
                    "mailboxes",
                    found,
                    "look at them in the mailbox: they are too large, or its server can't give them",
                );
            }
            _ => report.ok("mailboxes", found),
        }
    }
}

/// Mail that waits for somebody.
fn work(report: &mut Report, remote: &Remote, queues: &[Queue]) -> Result<(), Error> {
    let ledger = remote.wait(remote.interactions().ledger())?;
    let dead = ledger.deliveries.get(&DeliveryState::Dead).copied().unwrap_or_default();
    if dead > 0 {
        let list = "see `waypost deliveries list --state dead`; `waypost deliveries retry` tries again";
        report.failed("deliveries", counted(dead, "dead letter"), list);
    } else {
        report.ok("deliveries", "no dead letters");
    }
    let pending = ledger.deliveries.get(&DeliveryState::Pending).copied().unwrap_or_default();
    if pending > 0
        && let Some((mails, why)) = unsent(remote)?
    {
        report.warning("deliveries", format!("{mails}; {why}"), super::NO_SMARTHOST);
    }
    if !ledger.agrees {
        report.failed(
            "ledger",
            "the sums don't agree",
            "run `waypost ledger`, and `waypost check` on the data directory",
        );
    } else if ledger.places.stuck > 0 {
        report.failed(
            "ledger",
            format!("{} interactions are stuck", ledger.places.stuck),
            "run `waypost ledger`: it names them",
        );
    } else {
        report.ok("ledger", "no interaction is stuck");
    }
    for queue in queues.iter().filter(|queue| queue.over_service_level.unwrap_or_default() > 0) {
        let over = queue.over_service_level.unwrap_or_default();
        report.warning(
            "queues",
            format!("{over} in `{}` wait longer than its service level", queue.name),
            "claim them, or change the service level",
        );
    }
    Ok(())
}

/// How much mail waits and why, if the server says so. Webhooks wait for something else.
fn unsent(remote: &Remote) -> Result<Option<(String, String)>, Error> {
    let mut unsent = 0;
    let mut why = None;
    for kind in [DeliveryKind::Reply, DeliveryKind::Mail, DeliveryKind::Forward, DeliveryKind::QueuePush] {
        let filter =
            DeliveryFilter { state: Some(DeliveryState::Pending), kind: Some(kind), ..DeliveryFilter::default() };
        let mut list = remote.deliveries().list(&filter).take(MOST_COUNTED);
        while let Some(delivery) = remote.wait(list.try_next())? {
            unsent += u64::from(delivery.notice.is_some());
            why = why.or(delivery.notice);
        }
    }
    let most = u64::try_from(MOST_COUNTED).unwrap_or(u64::MAX);
    let more = if unsent < most { "" } else { "at least " };
    Ok(why.map(|why| (format!("{more}{}", counted(unsent, "pending delivery")), why)))
}

/// Secrets that have no value, and names that nothing has a secret for. Values are not read: nobody can.
fn secrets(report: &mut Report, remote: &Remote, mailboxes: &[Mailbox], actions: &[DataAction]) -> Result<(), Error> {
    let secrets = remote.all(remote.secrets().list())?;
    let mut used =
        serde_json::to_string(&mailboxes.iter().map(|mailbox| &mailbox.auth).collect::<Vec<_>>()).unwrap_or_default();
    used.extend(actions.iter().map(|action| serde_json::to_string(&action.config).unwrap_or_default()));
    let before = report.checks.len();
    for secret in &secrets {
        if secret.date_value_set.is_none() {
            let set = format!("set it: `waypost secrets set {}`", word(&secret.name));
            report.failed("secrets", format!("the value of `{}` was forgotten with its key", secret.name), set);
        } else if !used.contains(&format!("\"{}\"", secret.name))
            && !used.contains(&format!("credentials.{}", secret.name))
        {
            let found = format!("no mailbox and no data action uses `{}`", secret.name);
            report.warning("secrets", found, "delete it, unless an option of the server such as --ingress names it");
        }
    }
    if report.checks.len() == before {
        report.ok("secrets", format!("every secret is used and has a value (of {})", secrets.len()));
    }
    Ok(())
}

/// What would send something secret without TLS. Nothing is sent there: deliveries are dead, and calls fail.
fn unencrypted(report: &mut Report, remote: &Remote, actions: &[DataAction]) -> Result<(), Error> {
    for webhook in remote.all(remote.webhooks().list())? {
        if let Some(found) = plain::webhook(&webhook.name, &webhook.url) {
            report.warning("webhooks", found, plain::ADVICE);
        }
    }
    for action in actions {
        if let Some(found) = plain::data_action(&action.name, &action.config) {
            report.warning("data actions", found, plain::ADVICE);
        }
    }
    Ok(())
}
