//! Mails that people write who have claimed an interaction.

use bytes::Bytes;
use serde::Serialize;
use waypost_catalogue::world::Running;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::DeliveryKind;
use waypost_mail::message::Message;
use waypost_members::email::Envelope;
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::RouteRecord;
use waypost_store::records::mail::InteractionRecord;
use waypost_store::records::outbox::Outgoing;

use super::effects::{About, Author, CannotSend, Letter};
use crate::App;
use crate::interactions::InteractionError;

/// An answer as somebody wrote it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The text.
    pub text: String,
    /// The same as HTML.
    pub html: Option<String>,
    /// The subject; none is that of the mail, with `Re:`.
    pub subject: Option<String>,
    /// Whether it goes to everyone who got the mail.
    pub reply_all: bool,
    /// Whether the mail is attached.
    pub attach_original: bool,
}

/// Composes an answer.
///
/// # Errors
/// Nobody to answer, or nobody whom it could be from.
pub(crate) async fn reply(
    app: &App,
    interaction: &InteractionRecord,
    raw: &Bytes,
    written: Written,
) -> Result<Outgoing, InteractionError> {
    let Written { text, html, subject, reply_all, attach_original } = written;
    let letter = Letter {
        subject: subject.as_deref(),
        text: Some(text.as_str()).filter(|text| !text.trim().is_empty()),
        html: html.as_deref(),
        attach_original,
    };
    compose(app, interaction, raw, |about| about.reply(&letter, reply_all, Author::Person)).await
}

/// Composes a forward, once for each address.
///
/// # Errors
/// An address that can't be used, or nobody whom it could be from.
pub(crate) async fn forward(
    app: &App,
    interaction: &InteractionRecord,
    raw: &Bytes,
    addresses: Vec<String>,
    attach: bool,
    text: Option<String>,
) -> Result<Outgoing, InteractionError> {
    compose(app, interaction, raw, |about| {
        about.forward(&addresses, attach, text.as_deref(), Author::Person, DeliveryKind::Forward)
    })
    .await
}

async fn compose(
    app: &App,
    interaction: &InteractionRecord,
    raw: &Bytes,
    write: impl FnOnce(About<'_, '_>) -> Result<Outgoing, CannotSend> + Send,
) -> Result<Outgoing, InteractionError> {
    let running = app.catalogue.running();
    let route = app.route_of(interaction, &running).await?;
    let message = Message::parse(raw);
    let about = About {
        interaction: interaction.id,
        thread: interaction.its_thread().id,
        at: app.origin.now(),
        message: &message,
        raw,
        envelope: Envelope::of(interaction),
        route: route.as_ref(),
        routes: &running.routes,
        key: &app.desk.key,
        origin: &app.origin,
    };
    write(about).map_err(|CannotSend(why)| {
        InteractionError::Invalid(vec![Diagnostic::error(Code::InvalidValue, "", why.reason)])
    })
}

impl App {
    /// The route that a mail came by, whatever became of it since.
    pub(crate) async fn route_of(
        &self,
        interaction: &InteractionRecord,
        running: &Running,
    ) -> Result<Option<RouteRecord>, StoreError> {
        let Some(id) = interaction.route else { return Ok(None) };
        match running.routes.get(id) {
            Some(route) => Ok(Some(route.as_ref().clone())),
            None => self.store.route(id).await,
        }
    }
}
