//! How mail comes in by SMTP, by the arguments of `serve`.

use std::sync::Arc;

use rustls::ServerConfig;
use waypost_admission::Room;
use waypost_mail::smtp::{Listener, Settings};

use crate::commands::serve::{Arguments, BareLf};
use crate::failure::Failure;
use crate::remote::Listeners;

/// Opens the listeners and notes where they are.
pub(super) async fn listen(
    arguments: &Arguments,
    has_certificate: bool,
    bound: &mut Listeners,
) -> Result<Vec<Listener>, Failure> {
    let (plain, address) = super::bind(arguments.smtp).await?;
    bound.smtp = Some(address.to_string());
    let mut listeners = vec![Listener::plain(plain)];
    if let Some(address) = arguments.smtps {
        if !has_certificate {
            return Err(Failure::Failed(
                "--smtps needs a certificate: --tls-cert and --tls-key, or --tls-self-signed".to_owned(),
            ));
        }
        let (encrypted, address) = super::bind(address).await?;
        bound.smtps = Some(address.to_string());
        listeners.push(Listener::encrypted(encrypted));
    }
    Ok(listeners)
}

/// The limits and manners of all listeners together.
pub(super) fn settings(arguments: &Arguments, connections: Room, tls: Option<Arc<ServerConfig>>) -> Settings {
    Settings {
        hostname: arguments.hostname.clone(),
        max_message: arguments.max_message_bytes,
        max_data: arguments.smtp_data_seconds,
        max_session: arguments.smtp_session_seconds,
        bare_lf: match arguments.bare_lf {
            BareLf::Normalise => waypost_mail::smtp::BareLf::Normalise,
            BareLf::Reject => waypost_mail::smtp::BareLf::Reject,
        },
        connections,
        mails_per_minute: arguments.smtp_mails_per_minute,
        commands_per_minute: arguments.smtp_commands_per_minute,
        trusted: super::trusted(arguments),
        proxies: arguments.smtp_trusted_proxy.iter().copied().collect(),
        xclients: arguments.smtp_trusted_xclient.iter().copied().collect(),
        tls,
        ..Settings::default()
    }
}
