//! Starting, running and stopping the server.

mod descriptors;
pub(crate) mod log;
pub(crate) mod oauth;
pub(crate) mod people;
pub(crate) mod ports;
pub(crate) mod post;
pub(crate) mod private;
mod renewal;
pub(crate) mod secret_key;
mod smtp;
pub(crate) mod store;
pub(crate) mod telemetry;
pub(crate) mod tls;
pub(crate) mod vetting;

use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;
use waypost_admission::{Gate, Networks};
use waypost_api::router::router;
use waypost_api::serve::Edge;
use waypost_api::state::{ApiState, Settings as ApiSettings};
use waypost_app::App;
use waypost_app::access::secret::Secret;
use waypost_app::access::{Access, AccessError};
use waypost_app::calls::Calls;
use waypost_app::ingress::{Ingress, Topics};
use waypost_app::mail::smtp::SmtpIntake;
use waypost_app::outbox::carry::{Courier, Filer};
use waypost_app::redaction::Redaction;
use waypost_app::retention::Retention;
use waypost_engine::{Detail, Limits};
use waypost_origin::Origin;

use crate::commands::serve::{Arguments, TraceDetail};
use crate::failure::Failure;
use crate::remote::{AdminClient, Listeners};
use ports::Ports;
use secret_key::SecretKey;
use telemetry::Telemetry;
use tls::{Certificates, Source};

/// Runs until a signal, then lets everything finish for at most `drain`.
pub(crate) async fn run(arguments: Arguments, drain: Duration) -> Result<(), Failure> {
    let data_dir = arguments.data_dir.as_path();
    // What can't work is told before anything is made.
    let ports = Ports::take(&arguments)?;
    let http = post::http(&arguments)?;
    let vetting = vetting::vetting(&arguments)?;
    let post = post::post(&arguments, &http, post::keys(&arguments)?)?;
    let mailboxes = post::mailboxes(&arguments, &http)?;
    let people = people::people(&arguments, &http)?;
    let origin = Origin::system();
    // From the first moment: unhandled, it would end the process.
    let hangups = signal(SignalKind::hangup())?;
    let given = given_certificates(&arguments, &origin)?;
    let client = given_client()?;
    SecretKey::read(&arguments)?;
    let telemetry = Telemetry::start()?;
    let elsewhere = store::elsewhere(&arguments, &origin).await?;
    private::directory(data_dir).map_err(|error| Failure::of(format!("can't use {}", data_dir.display()))(&error))?;
    let store = match elsewhere {
        Some(store) => store,
        None => store::here(&arguments, &origin)?,
    };
    let access = Arc::new(Access::new(store.clone(), origin.clone()));
    admin_client(&access, client, data_dir).await?;
    let limits = Limits {
        steps: arguments.run_steps,
        memory: usize::try_from(arguments.run_memory).unwrap_or(usize::MAX).saturating_mul(1024 * 1024),
        detail: detail(arguments.trace_detail),
        ..Limits::default()
    };
    let (secret_key, key) = SecretKey::open(&arguments, &origin, &*store).await?;
    let settings = waypost_app::Settings {
        origin: origin.clone(),
        traces: telemetry.traces(),
        redaction: Redaction::of(&arguments.redact),
        limits,
        notes: Some(data_dir.to_owned()),
        vetting,
        ingress: Ingress::new(arguments.ingress.clone(), Some(Topics::new(http.clone()))),
        post,
        mailboxes: Some(mailboxes),
        courier: Some(Courier::new(http.clone(), arguments.webhook_retry_for)),
        filer: Some(Filer::new(arguments.mail_retry_for)),
        calls: Some(Calls::new(http.clone(), origin.clone())),
        seals: Some(key),
        ..waypost_app::Settings::default()
    };
    let app = App::open(store, settings).await.map_err(|error| Failure::of("can't load the catalogue")(&error))?;
    secret_key.settle(&app).await?;

    let certificates = match given {
        None if arguments.tls_self_signed => Some(loaded(Source::SelfSigned(data_dir.to_owned()), &origin)?),
        given => given,
    };
    let tls = certificates.as_ref().map(Certificates::config).transpose()?;
    tokio::spawn(renewal::follow(hangups, certificates, app.clone()));
    let (stop, stopped) = watch::channel(false);
    let mut tasks = JoinSet::new();
    let mut bound = Listeners { pid: std::process::id(), ..Listeners::default() };

    let (smtp_room, http_room) = descriptors::connections(arguments.smtp_connections, arguments.http_connections);
    let proxies: Networks = arguments.trusted_proxy.iter().copied().collect();
    // A proxy's connections are those of many clients.
    let excepted = arguments.trusted_network.iter().copied().flatten().chain(arguments.trusted_proxy.iter().copied());
    let edge = Arc::new(Edge { gate: Gate::new(http_room, excepted.collect()), proxies, origin });

    let settings = ApiSettings {
        rate_limit: arguments.rate_limit,
        max_message_bytes: arguments.max_message_bytes,
        trusted: trusted(&arguments),
        people,
        console: waypost_console::FILES,
        ..ApiSettings::default()
    };
    let state = ApiState::new(app.clone(), access, settings);
    let draining = state.draining.clone();
    let api = router(state);
    let (http, address) = ports.http.opened();
    bound.http = Some(address.to_string());
    tasks.spawn(waypost_api::serve::serve(http, None, api.clone(), Arc::clone(&edge), stopped.clone()));
    if let (Some(port), Some(tls)) = (ports.https, tls.clone()) {
        let (https, address) = port.opened();
        bound.https = Some(address.to_string());
        tasks.spawn(waypost_api::serve::serve(https, Some(tls), api, edge, stopped.clone()));
    }

    let listeners = smtp::listen((ports.smtp, ports.smtps), &mut bound);
    let settings = Arc::new(smtp::settings(&arguments, smtp_room, tls));
    let intake = Arc::new(SmtpIntake(app.clone()));
    tasks.spawn(waypost_mail::smtp::serve(listeners, settings, intake, stopped.clone()));
    let days = |days: u32| (days > 0).then_some(days);
    let retention = Retention {
        content_days: days(arguments.keep_content_days),
        decision_days: days(arguments.keep_decision_days),
    };
    tasks.spawn(app.clone().retain(retention, stopped.clone()));
    tasks.spawn(app.clone().follow_peers(stopped.clone()));
    tasks.spawn(app.clone().replay_recorded(stopped.clone()));
    tasks.spawn(app.clone().erase_correspondents(stopped.clone()));
    tasks.spawn(app.clone().carry(stopped.clone()));
    tasks.spawn(app.clone().call(stopped.clone()));
    tasks.spawn(app.clone().watch_mailboxes(stopped.clone()));
    tasks.spawn(app.work(stopped));

    // Whoever reads where the server listens may stop it in the same moment.
    let mut stops = Stops::listen()?;
    let _announced = announce(data_dir, &bound)?;
    stops.next().await;
    draining.store(true, Ordering::Relaxed);
    if !arguments.drain_delay.is_zero() {
        tracing::info!(seconds = arguments.drain_delay.as_secs(), "shutting down: no longer ready, still serving");
        tokio::select! {
            () = tokio::time::sleep(arguments.drain_delay) => {}
            () = stops.next() => {}
        }
    }
    tracing::info!("shutting down; finishing in-flight work");
    // Nobody listens any more only if every task has ended, which is what is wanted.
    let _ = stop.send(true);
    let finish = async { while tasks.join_next().await.is_some() {} };
    tokio::select! {
        () = finish => tracing::info!("stopped"),
        () = tokio::time::sleep(drain) => tracing::warn!("stopped: some connections did not finish in time"),
        () = stops.next() => {
            tracing::warn!("stopped immediately by a second signal");
        }
    }
    telemetry.finish().await;
    // Left behind by a crash it does no harm: nobody holds its lock.
    let _ = fs::remove_file(Listeners::file(data_dir));
    Ok(())
}

/// Networks that limits by address and network don't hold for.
fn trusted(arguments: &Arguments) -> Networks {
    arguments.trusted_network.iter().copied().flatten().collect()
}

fn detail(detail: TraceDetail) -> Detail {
    match detail {
        TraceDetail::Decisions => Detail::Decisions,
        TraceDetail::Steps => Detail::Steps,
        TraceDetail::Everything => Detail::Everything,
    }
}

/// The certificate for HTTPS, SMTP over TLS and STARTTLS, if there are files of one.
fn given_certificates(arguments: &Arguments, origin: &Origin) -> Result<Option<Arc<Certificates>>, Failure> {
    let (Some(certificate), Some(key)) = (&arguments.tls_cert, &arguments.tls_key) else { return Ok(None) };
    loaded(Source::Files { certificate: certificate.clone(), key: key.clone() }, origin).map(Some)
}

fn loaded(source: Source, origin: &Origin) -> Result<Arc<Certificates>, Failure> {
    Certificates::load(source, SystemTime::from(origin.now()))
}

/// The id and secret that `WAYPOST_BOOTSTRAP_CLIENT` has.
pub(crate) fn given_client() -> Result<Option<(String, Secret)>, Failure> {
    let Ok(given) = std::env::var("WAYPOST_BOOTSTRAP_CLIENT") else { return Ok(None) };
    match given.split_once(':').filter(|(id, secret)| !id.is_empty() && !secret.is_empty()) {
        Some((id, secret)) => Ok(Some((id.to_owned(), Secret::new(secret)))),
        None => Err(Failure::Failed("WAYPOST_BOOTSTRAP_CLIENT is not `id:secret`".to_owned())),
    }
}

/// Makes the admin client at the first start, or the client that was given.
async fn admin_client(access: &Access, given: Option<(String, Secret)>, data_dir: &Path) -> Result<(), Failure> {
    let fail = |error: &dyn std::fmt::Display| Failure::of("can't create the admin client")(error);
    if let Some((id, secret)) = given {
        return access.bootstrap(&id, secret).await.map_err(|error| fail(&error));
    }
    let Some(client) = access.first_client().await.map_err(|error| fail(&error))? else { return Ok(()) };
    // The file first: a client whose secret nobody has would lock everybody out.
    let file = AdminClient::file(data_dir);
    let written = AdminClient { client_id: client.id().to_owned(), client_secret: client.secret().expose().to_owned() };
    let text = serde_json::to_string_pretty(&written).map_err(|error| fail(&error))?;
    private::write(&file, text.as_bytes()).map_err(|error| fail(&error))?;
    let id = client.id().to_owned();
    match access.keep(client).await {
        Ok(()) => {}
        // Another node that starts for the first time was quicker, and has the secret.
        Err(AccessError::Exists(_)) => {
            tracing::info!("another node created the admin client");
            return fs::remove_file(&file).map_err(|error| fail(&error));
        }
        Err(error) => return Err(fail(&error)),
    }
    tracing::info!(id, file = %file.display(), "created the admin client; its secret is in this file");
    if io::stderr().is_terminal() {
        let _ = writeln!(io::stderr(), "admin client: {id}\nsecret: {}", written.client_secret);
    }
    Ok(())
}

/// Tells people and tools where the server listens, for as long as what is answered is held.
fn announce(data_dir: &Path, bound: &Listeners) -> Result<File, Failure> {
    let text = serde_json::to_string_pretty(bound).map_err(|error| Failure::Failed(error.to_string()))?;
    let file = Listeners::file(data_dir);
    let held = private::write_held(&file, text.as_bytes())
        .map_err(|error| Failure::of(format!("can't write {}", file.display()))(&error))?;
    tracing::info!(
        http = bound.http.as_deref(),
        https = bound.https.as_deref(),
        smtp = bound.smtp.as_deref(),
        smtps = bound.smtps.as_deref(),
        "listening"
    );
    Ok(held)
}

/// Signals that stop what serves.
pub(crate) struct Stops {
    terminate: Signal,
    interrupt: Signal,
}

impl Stops {
    /// From here on the signals no longer end the process.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// Waits for one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
