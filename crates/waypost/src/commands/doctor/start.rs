//! What keeps a server with these options from starting, found by the code that `serve` starts with. Nothing is made or changed.

use std::fs;
use std::io::ErrorKind;

use waypost_app::sealing::{KEY_ID, Seals};
use waypost_flow::diagnostic::counted;
use waypost_outgoing::dkim::Keys;
use waypost_store::error::StoreError;
use waypost_store::held::Held;
use waypost_store::sqlite::stopped::{Stopped, stopped};

use super::report::Report;
use crate::commands::serve::{Arguments, Way};
use crate::failure::{Failure, Obstacle};
use crate::server::private::{OTHERS, WORLD, open_to};
use crate::server::secret_key::{SecretKey, file, unusable};
use crate::server::{given_client, people, post, store, telemetry, vetting};
use crate::shell;

/// Checks what the options say alone, and answers the keys that mail is signed with.
pub(super) fn options(report: &mut Report, arguments: &Arguments) -> Option<Keys> {
    let keys = keys(report, arguments);
    match post::http(arguments) {
        Err(failure) => refused(report, "tls", failure, "install the system's CA certificates"),
        Ok(http) => {
            match post::relay(arguments, &http) {
                Err(obstacle) => stopped_by(report, "smarthost", obstacle),
                // What is wrong with keys was told: nothing is signed here.
                Ok(_) => {
                    if let Err(failure) = post::post(arguments, &http, Keys::default()) {
                        refused(report, "smarthost", failure, "correct --smarthost-ca or --dns");
                    }
                }
            }
            if let Err(failure) = people::people(arguments, &http) {
                refused(report, "sign-in", failure, "correct --oidc-client-secret-file, or leave the secret out");
            }
        }
    }
    if let Err(failure) = vetting::vetting(arguments) {
        refused(report, "scanner", failure, "correct --rspamd");
    }
    if let Err(failure) = given_client() {
        refused(report, "clients", failure, "set it to the client's id, a colon, and its secret");
    }
    if let Err(failure) = telemetry::wanted() {
        refused(report, "traces", failure, "set OTEL_EXPORTER_OTLP_ENDPOINT to a URL, such as http://127.0.0.1:4318");
    }
    let key = file(arguments);
    if let Err(failure) = SecretKey::read(arguments) {
        let advice = match fs::File::open(&key) {
            Err(error) if error.kind() == ErrorKind::PermissionDenied => {
                "run doctor as the user that the server runs as; if it is, give it the file with `chown`"
            }
            _ => "name the file with --secret-key-file, or restore it from a backup",
        };
        refused(report, "secret key", failure, advice);
    }
    if let Some(mode) = open_to(&key, OTHERS) {
        let found = format!("others may read {}: its mode is {mode:04o}", key.display());
        report.warning("secret key", found, format!("run `chmod 600 {}`", shell::path(&key)));
    }
    keys
}

/// Warns of a private key that everybody on the machine may read.
pub(super) fn private(report: &mut Report, check: &'static str, key: &std::path::Path) {
    if let Some(mode) = open_to(key, WORLD) {
        let found = format!("every user of this machine may read {}: its mode is {mode:04o}", key.display());
        report.warning(check, found, format!("run `chmod o= {}`", shell::path(key)));
    }
}

/// The keys that mail is signed with.
fn keys(report: &mut Report, arguments: &Arguments) -> Option<Keys> {
    match post::keys(arguments) {
        Err(failure) => {
            refused(report, "dkim", failure, "see `waypost dkim new --help`");
            None
        }
        Ok(keys) => {
            for key in keys.iter() {
                private(report, "dkim", key.path());
            }
            Some(keys)
        }
    }
}

/// Checks the data of a server that is stopped, or the database that nodes share, and answers what is held there.
pub(super) async fn data(report: &mut Report, arguments: &Arguments, runs: bool) -> Option<Held> {
    let held = match arguments.database {
        Some(_) => database(report, arguments).await,
        None if runs => None,
        None => files(report, arguments),
    }?;
    let seals = Seals::of(held.shared_key, &held.catalogue, &held.tokens);
    secret_key(report, arguments, seals);
    if held.waiting > 0 && matches!(arguments.smarthost, Some(Way::Nowhere)) {
        let found = format!("{} to be sent, and --smarthost none sends nothing", waiting(held.waiting));
        report.warning("deliveries", found, super::NO_SMARTHOST);
    }
    Some(held)
}

fn waiting(mails: u64) -> String {
    let verb = if mails == 1 { "waits" } else { "wait" };
    format!("{} {verb}", counted(mails, "mail"))
}

async fn database(report: &mut Report, arguments: &Arguments) -> Option<Held> {
    match store::look(arguments, KEY_ID).await {
        Err(obstacle) => {
            stopped_by(report, "database", obstacle);
            None
        }
        Ok(held) => {
            let found = match held {
                Some(_) => "the database can be used",
                None => "the database can be used; the next start creates or upgrades its tables",
            };
            report.ok("database", found);
            held
        }
    }
}

/// What the next start would find in the data directory.
fn files(report: &mut Report, arguments: &Arguments) -> Option<Held> {
    let folder = &arguments.data_dir;
    if !folder.exists() {
        return None;
    }
    match stopped(folder, KEY_ID) {
        Ok(Stopped { refused, backup, held }) => {
            for error in refused {
                let advice = match &error {
                    StoreError::TooNew { .. } => "start that release, or restore a backup of this one's",
                    StoreError::Foreign(_) => "name Waypost's own directory with --data-dir, or move that file away",
                    _ => "see docs/operate.md, Damage",
                };
                self::refused(report, "data", Failure::stored("can't open the store", error), advice);
            }
            if let Some(pending) = backup {
                let found = format!(
                    "waypost.db is a restored backup that no server has opened yet, with {}",
                    counted(pending, "pending delivery")
                );
                let advice =
                    "start with `--smarthost none`, and cancel the deliveries that were sent after the backup was made";
                report.warning("data", found, advice);
            }
            held
        }
        Err(error) => {
            let advice = match &error {
                // Another doctor is done by then, too.
                StoreError::InUse(_) => "a server is just starting or stopping there: run doctor again in a moment",
                _ => "run doctor as the user that the server runs as",
            };
            report.failed("data", error.to_string(), advice);
            None
        }
    }
}

/// Whether the key is the one that the secrets are encrypted with.
fn secret_key(report: &mut Report, arguments: &Arguments, seals: Seals) {
    // What is wrong with its file is found with the options.
    let Ok(key) = SecretKey::read(arguments) else { return };
    let path = file(arguments);
    let Some(key) = key else {
        match SecretKey::refuse_missing(arguments, &seals) {
            Err(obstacle) => stopped_by(report, "secret key", obstacle),
            Ok(()) => report.ok("secret key", format!("{} is created when the server starts", path.display())),
        }
        return;
    };
    match seals.claim(key.id(), arguments.forget_sealed) {
        Err(another) => {
            let advice = "restore that key from a backup or another node, or name its file with --secret-key-file. If it is lost, \
                          start once with --forget-sealed and its id";
            refused(report, "secret key", unusable(&path, &another), advice);
        }
        // Without other nodes the key is taken over.
        Ok(Err(another)) if arguments.database.is_some() => {
            let found = format!("{}: {another}", path.display());
            report.warning(
                "secret key",
                found,
                "until then this node creates no webhooks or secrets, and sends to no webhook",
            );
        }
        Ok(_) => report.ok("secret key", format!("{} is the key of this database", path.display())),
    }
}

/// What keeps a server from starting.
pub(super) fn stopped_by(report: &mut Report, check: &'static str, obstacle: Obstacle) {
    report.failed(check, format!("the server would not start: {}", obstacle.found), obstacle.advice);
}

fn refused(report: &mut Report, check: &'static str, failure: Failure, advice: &str) {
    let Failure::Failed(why) = failure else { return };
    for line in why.lines() {
        report.failed(check, format!("the server would not start: {line}"), advice);
    }
}
