//! How mail and HTTP requests go out, by the arguments of `serve`.

use std::sync::Arc;

use ipnet::IpNet;
use waypost_app::mailboxes::Mailboxes;
use waypost_app::outbox::carry::Post;
use waypost_mailbox::{Connector, Timeouts};
use waypost_oauth::OauthClient;
use waypost_outgoing::address::Domain;
use waypost_outgoing::carry::{Carrier, Proof, Relay, Settings, Submitter};
use waypost_outgoing::dkim::Keys;
use waypost_reach::{Client, Guard, SystemNames, tls_config};

use crate::commands::serve::{Arguments, Way};
use crate::failure::{Failure, Obstacle};
use crate::server::oauth::AccessTokens;

/// The client for outside HTTP servers.
pub(crate) fn http(arguments: &Arguments) -> Result<Client, Failure> {
    Client::new(guard(arguments)).map_err(|error| Failure::of("cannot prepare TLS for outgoing HTTP requests")(&error))
}

/// What watches mailboxes.
pub(super) fn mailboxes(arguments: &Arguments, http: &Client) -> Result<Mailboxes, Failure> {
    let tls = tls_config().map_err(|error| Failure::of("cannot prepare TLS for mailboxes")(&error))?;
    let tls = Arc::new(tls);
    let connector = Connector::new(guard(arguments), Arc::clone(&tls), Timeouts::default());
    let submitter = Submitter::new(name(arguments)?, guard(arguments), tls, Arc::new(keys(arguments)?));
    Ok(Mailboxes::new(connector, submitter, http.clone(), arguments.mailbox_poll, arguments.max_message_bytes))
}

fn guard(arguments: &Arguments) -> Guard {
    Guard::new(Arc::new(SystemNames), &allowed(arguments))
}

/// Private networks that may be reached.
fn allowed(arguments: &Arguments) -> Vec<IpNet> {
    arguments.allow_private_targets.iter().map(|network| IpNet::from(*network)).collect()
}

/// What carries mail, signed with `keys`; none if nothing is to be sent.
pub(crate) fn post(arguments: &Arguments, http: &Client, keys: Keys) -> Result<Option<Post>, Failure> {
    let relay = relay(arguments, http)?;
    if matches!(arguments.smarthost, Some(Way::Nowhere)) {
        return Ok(None);
    }
    let settings = Settings {
        relay,
        extra_roots: arguments.smarthost_ca.clone(),
        dns: arguments.dns,
        allowed_networks: allowed(arguments),
        keys: Arc::new(keys),
        ..Settings::new(name(arguments)?)
    };
    let carrier = Carrier::new(settings)
        .map_err(|error| Failure::of("can't prepare to send mail (`--smarthost none` sends nothing)")(&error))?;
    Ok(Some(Post::new(carrier, arguments.mail_retry_for)))
}

/// The smarthost, with what proves to it who we are; none if mail goes elsewhere or nowhere.
pub(crate) fn relay(arguments: &Arguments, http: &Client) -> Result<Option<Relay>, Obstacle> {
    let Some(Way::Smarthost(smarthost)) = &arguments.smarthost else { return Ok(None) };
    let proof = proof(arguments, http)?;
    if smarthost.user.is_some() && proof.is_none() {
        return Err(Obstacle {
            found: "--smarthost names a user, and there is nothing to log in with".to_owned(),
            advice: "set WAYPOST_SMARTHOST_PASSWORD, or --smarthost-oauth-token-url".to_owned(),
        });
    }
    if smarthost.user.is_none() && proof.is_some() {
        return Err(Obstacle {
            found: "there is a password or an OAuth client for the smarthost, and no user".to_owned(),
            advice: "name the user: --smarthost smtp://USER@HOST".to_owned(),
        });
    }
    Ok(Some(Relay { smarthost: smarthost.clone(), proof }))
}

/// The keys that mail is signed with.
pub(crate) fn keys(arguments: &Arguments) -> Result<Keys, Failure> {
    let Some(folder) = &arguments.dkim_keys else { return Ok(Keys::default()) };
    Keys::load(folder).map_err(|problems| {
        let told: Vec<String> = problems.iter().map(|problem| format!("--dkim-keys: {problem}")).collect();
        Failure::Failed(told.join("\n"))
    })
}

/// The name of this server in EHLO.
fn name(arguments: &Arguments) -> Result<Domain, Failure> {
    Domain::parse(&arguments.hostname)
        .map_err(|error| Failure::of(format!("--hostname: `{}` is not a host name", arguments.hostname))(&error))
}

/// What proves to the smarthost who we are; none if nothing was set.
fn proof(arguments: &Arguments, http: &Client) -> Result<Option<Proof>, Obstacle> {
    let (Some(token_url), Some(client_id)) =
        (&arguments.smarthost_oauth_token_url, &arguments.smarthost_oauth_client_id)
    else {
        return Ok(arguments.smarthost_password.as_deref().map(|password| Proof::Password(password.into())));
    };
    let (secret, refresh_token) = (&arguments.smarthost_oauth_client_secret, &arguments.smarthost_oauth_refresh_token);
    if secret.is_none() && refresh_token.is_none() {
        return Err(Obstacle {
            found: "--smarthost-oauth-token-url needs a secret or a token".to_owned(),
            advice: "set WAYPOST_SMARTHOST_OAUTH_CLIENT_SECRET, WAYPOST_SMARTHOST_OAUTH_REFRESH_TOKEN, or both"
                .to_owned(),
        });
    }
    let client = OauthClient {
        token_url: token_url.clone(),
        client_id: client_id.clone(),
        secret: secret.clone(),
        scope: arguments.smarthost_oauth_scope.clone(),
    };
    Ok(Some(Proof::Token(Arc::new(AccessTokens::new(http.clone(), client, refresh_token.clone())))))
}
