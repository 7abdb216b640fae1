//! When the certificate of this node expires.

use std::fmt;

use prometheus_client::encoding::{EncodeLabelSet, LabelSetEncoder};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Metrics, timed};

/// A gauge that is only told once it is known, without labels.
pub(super) type Certificate = Family<Unlabelled, Gauge>;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Unlabelled;

impl EncodeLabelSet for Unlabelled {
    fn encode(&self, _: &mut LabelSetEncoder<'_>) -> Result<(), fmt::Error> {
        Ok(())
    }
}

pub(super) fn register(registry: &mut Registry) -> Certificate {
    let help = "When the certificate in use expires, in seconds since 1970";
    timed(registry, "tls_certificate_expiry_timestamp", help, Certificate::default())
}

impl Metrics {
    /// Connections are made with a certificate that expires then, in seconds since 1970.
    pub fn certificate_in_use(&self, expires: u64) {
        self.certificate.get_or_create(&Unlabelled).set(i64::try_from(expires).unwrap_or(i64::MAX));
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use prometheus_client::encoding::text::encode_registry;

    use super::*;

    #[test]
    fn it_is_told_once_it_is_known() {
        let metrics = Metrics::new(Timestamp::UNIX_EPOCH);
        let text = || {
            let mut text = String::new();
            encode_registry(&mut text, &metrics.registry).unwrap();
            text
        };
        let line = "\nwaypost_tls_certificate_expiry_timestamp_seconds{} ";
        assert!(!text().contains(line));
        metrics.certificate_in_use(1_900_000_000);
        assert!(text().contains(&format!("{line}1900000000\n")), "{}", text());
    }
}
