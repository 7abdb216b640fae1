//! The intake as SMTP sees it.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use waypost_mail::smtp::{Cause, Envelope, Intake, Receipt, Recipient, Refusal};
use waypost_store::error::StoreError;
use waypost_store::records::mail::{AcceptOutcome, Accepted};

use super::intake::{Arrival, Bound};
use super::vetting::Connection;
use crate::App;
use crate::observed::Protocol;

/// Mail from SMTP goes to the app.
#[derive(Clone)]
pub struct SmtpIntake(pub Arc<App>);

impl Intake for SmtpIntake {
    type Ticket = Bound;

    fn opened(&self) {
        self.0.metrics.smtp_opened();
    }

    fn closed(&self) {
        self.0.metrics.smtp_closed();
    }

    async fn recipient(&self, recipient: &Recipient) -> Result<Bound, Refusal> {
        // Nobody need send what would be refused.
        if let Err(error) = self.0.takes_mail() {
            let refusal = refusal(&error);
            self.0.metrics.offered(Protocol::Smtp, 0, Duration::ZERO, &Err(error));
            return Err(refusal);
        }
        // What another node answered a moment ago counts: mail must neither bounce nor go where a route led before.
        let caught_up = self.0.catalogue.catch_up().await;
        let Some(bound) = self.0.bound(recipient) else {
            caught_up.map_err(|error| Refusal::new(Cause::StorageUnavailable, error.to_string()))?;
            self.0.metrics.recipient_refused();
            return Err(Refusal::new(Cause::UnknownRecipient, "no route"));
        };
        Ok(bound)
    }

    async fn message(&self, envelope: Envelope<Bound>, raw: Bytes) -> Result<Receipt, Refusal> {
        let arrival = Arrival {
            protocol: Protocol::Smtp,
            from: envelope.sender,
            recipients: envelope.recipients.into_iter().map(|(_, bound)| bound).collect(),
            raw,
            remote: envelope.remote.ip().to_canonical().to_string(),
            connection: Some(Connection {
                client: envelope.remote.ip(),
                peer: envelope.peer.ip(),
                helo: envelope.helo,
            }),
            idempotency: None,
            taken_from: None,
        };
        match self.0.accept(arrival).await {
            Ok(outcome) => Ok(Receipt { id: receipt(&outcome) }),
            Err(error) => Err(refusal(&error)),
        }
    }
}

fn refusal(error: &StoreError) -> Refusal {
    let cause = if matches!(error, StoreError::Full) { Cause::StorageFull } else { Cause::StorageUnavailable };
    Refusal::new(cause, error.to_string())
}

/// The first interaction's id: sender and receiver can talk about it.
fn receipt(outcome: &AcceptOutcome) -> String {
    let id = match outcome {
        AcceptOutcome::Committed(accepted) => accepted.first().map(|first| match first {
            Accepted::Created { id, .. } | Accepted::Duplicate { of: id } => *id,
        }),
        AcceptOutcome::Replayed(interactions) => interactions.first().copied(),
        AcceptOutcome::KeyReused | AcceptOutcome::Taken => None,
    };
    id.map(|id| id.to_string()).unwrap_or_default()
}
