//! Mailboxes, measured anew for each scrape: those that are gone leave no series behind.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use waypost_store::error::StoreError;
use waypost_store::records::mailboxes::MailboxRecord;

use super::SecondsGauge;
use crate::App;

/// At most so many mailboxes have series of their own.
const MOST: usize = 100;

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct MailboxLabels {
    mailbox: String,
}

impl App {
    /// How up to [`MOST`] mailboxes are, those that were made first.
    pub(super) async fn measured_mailboxes(&self) -> Result<Registry, StoreError> {
        let mut registry = Registry::with_prefix("waypost");
        let mut mailboxes = self.catalogue.objects::<MailboxRecord>();
        if mailboxes.is_empty() {
            return Ok(registry);
        }
        mailboxes.sort_by_key(|mailbox| (mailbox.created_at, mailbox.id));
        mailboxes.truncate(MOST);
        let alarm = Family::<MailboxLabels, Gauge>::default();
        let set_aside = Family::<MailboxLabels, Gauge>::default();
        let age = Family::<MailboxLabels, SecondsGauge>::default();
        let now = self.origin.now();
        for (mailbox, (health, aside)) in self.mailbox_health(&mailboxes).await? {
            let labels = MailboxLabels { mailbox: mailbox.name.clone() };
            alarm.get_or_create(&labels).set(i64::from(health.alarms(&mailbox, now)));
            set_aside.get_or_create(&labels).set(i64::try_from(aside).unwrap_or(i64::MAX));
            if let Some(look) = health.last_look.filter(|_| mailbox.enabled) {
                age.get_or_create(&labels).set(now.duration_since(look).as_secs_f64().max(0.0));
            }
        }
        registry.register("mailbox_alarm", "Whether a mailbox has failed for 5 minutes, or is silent for 15", alarm);
        registry.register("mailbox_set_aside", "Messages of a mailbox that were set aside", set_aside);
        registry.register_with_unit(
            "mailbox_last_look_age",
            "Time since a check of all folders of a mailbox last completed",
            Unit::Seconds,
            age,
        );
        Ok(registry)
    }
}
