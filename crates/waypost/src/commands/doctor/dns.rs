//! What DNS says: who takes mail for the server's domains, and what receivers of its mail look for.

use waypost_outgoing::carry::records::Records;
use waypost_outgoing::dkim::Keys;

use super::report::Report;
use crate::commands::serve::{Arguments, Way};
use crate::shell;

/// Looks at records of the server's domains and of its own name, if that is known.
pub(super) async fn check(
    report: &mut Report,
    arguments: &Arguments,
    signing: Option<&Keys>,
    hostname: Option<&str>,
    records: &Records,
    domains: &[String],
) {
    let sends = !matches!(arguments.smarthost, Some(Way::Nowhere));
    let direct = arguments.smarthost.is_none();
    for domain in domains {
        mx(report, records, domain).await;
        if sends {
            policy(report, records, domain, direct).await;
        }
    }
    if sends {
        keys(report, (arguments, signing), records, domains).await;
    }
    if sends && direct {
        match hostname {
            Some(hostname) => host(report, records, hostname).await,
            None => report.warning(
                "ptr",
                "not checked: the server's own name is not known here",
                "name it: --hostname NAME",
            ),
        }
    }
}

async fn mx(report: &mut Report, records: &Records, domain: &str) {
    match records.mx(domain).await {
        Err(why) => report.failed("dns", why, "check the DNS server, or name one with --dns"),
        Ok(hosts) if hosts.is_empty() => report.warning(
            "dns",
            format!("{domain} has no MX: senders can't find this server"),
            format!("publish `{domain}. IN MX 10 HOST.`, unless another server passes its mail on"),
        ),
        Ok(hosts) => report.ok("dns", format!("mail for {domain} goes to {}", hosts.join(", "))),
    }
}

/// SPF (RFC 7208) and DMARC (RFC 7489).
async fn policy(report: &mut Report, records: &Records, domain: &str, direct: bool) {
    let found = |texts: Result<Vec<String>, String>, version: &str| {
        texts.map(|texts| texts.into_iter().filter(|text| text.to_lowercase().starts_with(version)).collect::<Vec<_>>())
    };
    let sender = if direct { "this server" } else { "the smarthost" };
    match found(records.txt(domain).await, "v=spf1").as_deref() {
        Err(why) => report.failed("spf", why.clone(), "check the DNS server, or name one with --dns"),
        Ok([]) => report.warning(
            "spf",
            format!("{domain} has no SPF record"),
            format!("publish a TXT record that allows {sender}, such as `v=spf1 mx -all`"),
        ),
        Ok([one]) => report.ok("spf", format!("{domain}: {one}")),
        Ok(_) => {
            report.failed("spf", format!("{domain} has several SPF records, which counts as an error"), "publish one")
        }
    }
    let name = format!("_dmarc.{domain}");
    match found(records.txt(&name).await, "v=dmarc1").as_deref() {
        Err(why) => report.failed("dmarc", why.clone(), "check the DNS server, or name one with --dns"),
        Ok([]) => report.warning(
            "dmarc",
            format!("{domain} has no DMARC record"),
            format!("publish `{name}. IN TXT \"v=DMARC1; p=none\"` to begin with"),
        ),
        Ok([one]) => report.ok("dmarc", format!("{domain}: {one}")),
        Ok(_) => {
            report.failed("dmarc", format!("{domain} has several DMARC records, which count as none"), "publish one")
        }
    }
}

/// DKIM keys against their records (RFC 6376 section 3.6.1).
async fn keys(
    report: &mut Report,
    (arguments, signing): (&Arguments, Option<&Keys>),
    records: &Records,
    domains: &[String],
) {
    let Some(folder) = &arguments.dkim_keys else {
        if !domains.is_empty() {
            report.warning("dkim", "mail is not signed", "make keys with `waypost dkim new`, and set --dkim-keys");
        }
        return;
    };
    for key in signing.iter().flat_map(|keys| keys.iter()) {
        let name = key.record_name();
        let publish = format!("publish what `waypost dkim records --dir {}` prints", shell::path(folder));
        match records.txt(&name).await {
            Err(why) => report.failed("dkim", why, "check the DNS server, or name one with --dns"),
            Ok(texts) if texts.is_empty() => report.failed("dkim", format!("{name} is not in DNS"), publish),
            Ok(texts) if texts.iter().any(|text| public(text) == public(&key.record())) => {
                report.ok("dkim", format!("{name} has the key"));
            }
            Ok(_) => report.failed("dkim", format!("{name} has another key"), publish),
        }
    }
}

/// The public key of a record.
fn public(record: &str) -> Option<String> {
    let tag = record.split(';').find_map(|tag| tag.trim().strip_prefix("p="))?;
    Some(tag.chars().filter(|c| !c.is_whitespace()).collect())
}

/// The server's name has an address, and the address has that name.
async fn host(report: &mut Report, records: &Records, hostname: &str) {
    if hostname == super::LOCALHOST {
        return report.warning(
            "ptr",
            "the server calls itself localhost",
            "set --hostname to its name in DNS: receivers compare it",
        );
    }
    let addresses = match records.addresses(hostname).await {
        Err(why) => return report.failed("ptr", why, "check the DNS server, or name one with --dns"),
        Ok(addresses) if addresses.is_empty() => {
            return report.failed(
                "ptr",
                format!("{hostname} has no address"),
                "publish an A or AAAA record, or set --hostname",
            );
        }
        Ok(addresses) => addresses,
    };
    for address in addresses {
        match records.names(address).await {
            Err(why) => report.failed("ptr", why, "check the DNS server, or name one with --dns"),
            Ok(names) if names.iter().any(|name| name.eq_ignore_ascii_case(hostname)) => {
                report.ok("ptr", format!("{address} is {hostname}"));
            }
            Ok(_) => report.warning(
                "ptr",
                format!("{address} does not have the name {hostname} (PTR)"),
                "ask whoever gave you the address to set it: many receivers refuse mail without it",
            ),
        }
    }
}
