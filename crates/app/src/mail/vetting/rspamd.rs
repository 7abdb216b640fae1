//! rspamd, asked by HTTP (`POST /checkv2`).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::time::Instant;
use waypost_ids::ScanResult;
use waypost_reach::{Client, HeaderMap, HeaderName, HeaderValue, Limits, Unreached, Url};

use super::Came;
use crate::breaker::{Ended, Targets};

/// Bytes of an answer that are read: it lists every rule that fired.
const ANSWER: usize = 1024 * 1024;

/// Rules whose names end like this found malware: those of rspamd's antivirus module.
const VIRUS: &str = "_VIRUS";

/// An rspamd.
pub struct Rspamd {
    http: Client,
    check: Url,
    /// While it is away mail does not wait for it.
    away: Mutex<Targets<()>>,
}

/// What it answers, as far as it matters.
#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    is_skipped: bool,
    action: String,
    score: f64,
    required_score: f64,
    #[serde(default)]
    symbols: BTreeMap<String, Json>,
}

impl Rspamd {
    /// The rspamd at an address, such as `http://127.0.0.1:11333`. The client must reach it: it is the operator's own.
    #[must_use]
    pub fn new(http: Client, address: &Url) -> Self {
        let mut check = address.clone();
        check.set_path(&format!("{}/checkv2", address.path().trim_end_matches('/')));
        Self { http, check, away: Mutex::default() }
    }

    /// What it says of a mail, and why; within `time`, and noted for the mails that follow.
    pub(super) async fn ask(&self, came: &Came<'_>, raw: &Bytes, time: Duration) -> (ScanResult, String) {
        let Some(asked_again) = self.may_ask() else {
            return (
                ScanResult::Unavailable,
                "rspamd did not answer several times in a row; not asked for a while".to_owned(),
            );
        };
        let limits = Limits { time, answer: ANSWER };
        let answer = self.http.post(&self.check, fields(came), raw.clone(), limits).await;
        let ended = if answer.is_ok() { Ended::Reached } else { Ended::Unreached };
        self.away.lock().unwrap_or_else(PoisonError::into_inner).note(&(), &ended, asked_again, Instant::now());
        match answer {
            Ok(answer) if answer.status.is_success() && !answer.cut => verdict(&answer.body),
            Ok(answer) => (ScanResult::Unavailable, format!("rspamd answered {}", answer.status.as_u16())),
            Err(Unreached::Late(_)) => (ScanResult::Timeout, format!("no answer within {} s", time.as_secs_f32())),
            Err(error) => (ScanResult::Unavailable, error.to_string()),
        }
    }

    /// Whether it is asked now, and if so whether that is to find out whether it is back.
    fn may_ask(&self) -> Option<bool> {
        match self.away.lock().unwrap_or_else(PoisonError::into_inner).pause(&()) {
            None => Some(false),
            Some(pause) => (pause.until <= Instant::now()).then_some(true),
        }
    }
}

/// What rspamd is told of how the mail came.
fn fields(came: &Came<'_>) -> HeaderMap {
    let mut fields = HeaderMap::new();
    let mut tell = |name: &'static str, value: &str| {
        // What is no value of a field, such as an address with a control character, is left out.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            fields.append(HeaderName::from_static(name), value);
        }
    };
    tell("from", came.from);
    for recipient in &came.recipients {
        tell("rcpt", recipient);
    }
    if let Some(connection) = came.connection {
        tell("ip", &connection.client.to_string());
        tell("helo", &connection.helo);
    }
    fields
}

/// What an answer says. What rspamd would do for a while alone, such as greylisting, is no verdict on the mail.
fn verdict(body: &[u8]) -> (ScanResult, String) {
    let said: Said = match serde_json::from_slice(body) {
        Ok(said) => said,
        Err(error) => return (ScanResult::Unavailable, format!("rspamd's answer can't be read: {error}")),
    };
    // A mail that a rule settles before any scan, such as GTUBE's, is skipped as well, and has a verdict.
    if said.is_skipped && said.action == "no action" {
        return (ScanResult::Unknown, "rspamd skipped the mail".to_owned());
    }
    if let Some(virus) = said.symbols.keys().find(|name| name.ends_with(VIRUS)) {
        return (ScanResult::Infected, format!("rule {virus}"));
    }
    let result = match said.action.as_str() {
        "reject" | "add header" | "rewrite subject" | "quarantine" | "discard" => ScanResult::Spam,
        _ => ScanResult::Clean,
    };
    (result, format!("score {} of {}: {}", said.score, said.required_score, said.action))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers as rspamd 3 gives them, cut to what matters.
    #[test]
    fn answers_become_words() {
        let answer = |action: &str, symbols: &str| {
            format!(
                r#"{{"is_skipped":false,"score":15.2,"required_score":15.0,"action":"{action}","symbols":{{{symbols}}},"message-id":"x@y","time_real":0.02}}"#
            )
        };
        let gtube = r#""GTUBE":{"name":"GTUBE","score":0.0,"metric_score":0.0}"#;
        let eicar = r#""CLAM_VIRUS":{"name":"CLAM_VIRUS","score":0.0,"options":["Eicar-Test-Signature"]}"#;
        let failed = r#""CLAM_VIRUS_FAIL":{"name":"CLAM_VIRUS_FAIL","score":0.0}"#;
        for (body, expected) in [
            (answer("reject", gtube), ScanResult::Spam),
            (answer("add header", ""), ScanResult::Spam),
            (answer("rewrite subject", ""), ScanResult::Spam),
            (answer("no action", ""), ScanResult::Clean),
            (answer("greylist", ""), ScanResult::Clean),
            (answer("soft reject", ""), ScanResult::Clean),
            (answer("reject", eicar), ScanResult::Infected),
            (answer("no action", failed), ScanResult::Clean),
            (answer("no action", "").replace("false", "true"), ScanResult::Unknown),
            (answer("reject", gtube).replace("false", "true"), ScanResult::Spam),
            ("{\"error\":\"no\"}".to_owned(), ScanResult::Unavailable),
            (String::new(), ScanResult::Unavailable),
        ] {
            assert_eq!(verdict(body.as_bytes()).0, expected, "{body}");
        }
        assert_eq!(verdict(answer("reject", "").as_bytes()).1, "score 15.2 of 15: reject");
    }
}
