//! What is found out about mail as it comes in, by the arguments of `serve`.

use std::sync::Arc;

use ipnet::IpNet;
use waypost_admission::Network;
use waypost_app::mail::vetting::{Rspamd, Scanner, Vetting};
use waypost_authentication::{Authenticator, Settings};
use waypost_reach::{Client, Guard, SystemNames};

use crate::commands::serve::{Arguments, MailAuth};
use crate::failure::Failure;

/// Who is asked about mail that comes in.
pub(crate) fn vetting(arguments: &Arguments) -> Result<Vetting, Failure> {
    let options = &arguments.vetting;
    Ok(Vetting {
        authenticator: authenticator(arguments),
        scanner: scanner(arguments)?,
        scan_time: options.scan_timeout,
        relays: options.trusted_relay.iter().copied().collect(),
    })
}

/// What checks who sent a mail. Without DNS the server runs, and says so: nothing but these checks needs it.
fn authenticator(arguments: &Arguments) -> Option<Authenticator> {
    let options = &arguments.vetting;
    if options.mail_auth == MailAuth::Off {
        return None;
    }
    let networks = |of: &[Network]| of.iter().map(|network| IpNet::from(*network)).collect::<Vec<_>>();
    let balancers: Vec<Network> = arguments.trusted_network.iter().copied().flatten().collect();
    let settings = Settings {
        dns: arguments.dns,
        time: options.auth_timeout,
        hostname: arguments.hostname.clone(),
        relays: networks(&options.trusted_relay),
        front_ends: [balancers, arguments.smtp_trusted_proxy.clone(), arguments.smtp_trusted_xclient.clone()]
            .iter()
            .flat_map(|of| networks(of))
            .collect(),
        authserv_ids: options.trusted_authserv_id.clone(),
        arc_sealers: options.arc_sealer.clone(),
    };
    Authenticator::new(settings)
        .inspect_err(|error| tracing::warn!(%error, "senders are not checked: every result is `unknown`"))
        .ok()
}

/// What says whether a mail is spam or infected.
fn scanner(arguments: &Arguments) -> Result<Option<Scanner>, Failure> {
    let options = &arguments.vetting;
    let Some(url) = &options.rspamd else {
        let fields = options.scan_header.clone();
        return Ok((!fields.is_empty()).then_some(Scanner::Fields(fields)));
    };
    // The operator named it: it may be anywhere, and mostly is on this machine.
    let guard = Guard::new(Arc::new(SystemNames), &[IpNet::default(), IpNet::V6(ipnet::Ipv6Net::default())]);
    let http = Client::new(guard).map_err(|error| Failure::of("cannot prepare TLS for --rspamd")(&error))?;
    Ok(Some(Scanner::Rspamd(Box::new(Rspamd::new(http, url)))))
}
