//! How mail comes in by SMTP, by the arguments of `serve`.

use std::sync::Arc;

use rustls::ServerConfig;
use waypost_admission::Room;
use waypost_mail::smtp::{Listener, Settings};

use crate::commands::serve::{Arguments, BareLf};
use crate::remote::Listeners;
use crate::server::ports::Port;

/// Opens the listeners and notes where they are.
pub(super) fn listen((plain, encrypted): (Port, Option<Port>), bound: &mut Listeners) -> Vec<Listener> {
    let (plain, address) = plain.opened();
    bound.smtp = Some(address.to_string());
    let mut listeners = vec![Listener::plain(plain)];
    if let Some(encrypted) = encrypted {
        let (encrypted, address) = encrypted.opened();
        bound.smtps = Some(address.to_string());
        listeners.push(Listener::encrypted(encrypted));
    }
    listeners
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
