//! Every spelling of an address in `spec/reach/forms.txt`, through the client that requests are sent with.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashMap;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use waypost_reach::{Client, Guard, HeaderMap, Limits, Names, PrivateTarget, Unreached, Url, web_url};

/// The names of a case.
struct Given(HashMap<String, Vec<IpAddr>>);

#[async_trait]
impl Names for Given {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.0.get(host).cloned().ok_or_else(|| io::Error::other(format!("the case has no name `{host}`")))
    }
}

fn names(text: &str) -> HashMap<String, Vec<IpAddr>> {
    let Some((name, addresses)) = text.split_once('=') else { return HashMap::new() };
    let addresses = addresses.split_whitespace().map(|address| address.parse().unwrap()).collect();
    HashMap::from([(name.trim().to_owned(), addresses)])
}

/// What the guard lets through of a URL that is public. Nothing is sent: tests don't leave this machine.
async fn passes(url: &Url, guard: &Guard) -> Option<Vec<IpAddr>> {
    let host = url.host_str().unwrap().trim_matches(['[', ']']);
    match host.parse::<IpAddr>() {
        Ok(address) => guard.literal(address).ok().map(|()| vec![address]),
        Err(_) => guard.addresses(host).await.ok(),
    }
}

async fn result(url: &str, given: &str) -> String {
    let url = match web_url(&url.replace('␉', "\t").replace('␊', "\n")) {
        Ok(url) => url,
        Err(_) => return "no URL".to_owned(),
    };
    let guard = Guard::new(Arc::new(Given(names(given))), &[]);
    if let Some(addresses) = passes(&url, &guard).await {
        let told: Vec<String> = addresses.iter().map(ToString::to_string).collect();
        return format!("passes {}", told.join(" "));
    }
    let limits = Limits { time: Duration::from_secs(20), answer: 100 };
    match Client::new(guard).unwrap().post(&url, HeaderMap::new(), Bytes::new(), limits).await {
        Err(Unreached::Private(PrivateTarget { address, .. })) => format!("refused {address}"),
        other => format!("{other:?}"),
    }
}

#[tokio::test]
async fn every_form_leads_where_it_is_said_to() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../spec/reach/forms.txt")).unwrap();
    let (mut wrong, mut refused) = (Vec::new(), 0);
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (case, expected) = line.split_once(" => ").unwrap_or_else(|| panic!("no result: {line}"));
        let (url, given) = case.split_once(" | ").unwrap_or((case, ""));
        let found = result(url, given).await;
        refused += usize::from(!found.starts_with("passes"));
        if found != expected {
            wrong.push(format!("{case} => {found}, expected {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused >= 60, "only {refused} forms are refused");
}
