//! URLs without TLS to which something secret would be sent. The server sends nothing there, and only says so when it would have: who sets
//! the URL is told before.

use std::io::{self, Write};

use waypost_ids::Kind;
use waypost_reach::plain_host;
use waypost_wire::Object;
use waypost_wire::change::ChangeSet;

use crate::screen;

/// What to do about it.
pub(crate) const ADVICE: &str =
    "use https://; without TLS the server sends only to private addresses that `serve --allow-private-targets` allows";

/// What is wrong with a webhook's URL: requests are signed, and hold people's mail.
pub(crate) fn webhook(name: &str, url: &str) -> Option<String> {
    let host = plain_host(url)?;
    Some(format!("the webhook `{name}` would send mail to `{host}` without TLS"))
}

/// What is wrong with a data action's URL, from its `config`. One without credentials sends nothing secret.
pub(crate) fn data_action(name: &str, config: &Object) -> Option<String> {
    let request = config.get("request")?;
    let host = plain_host(request.get("requestUrlTemplate")?.as_str()?)?;
    let headers = request.get("headers")?.as_object()?;
    let has_secret = headers.values().any(|value| value.as_str().is_some_and(|text| text.contains("credentials.")));
    has_secret.then(|| format!("the data action `{name}` would send a credential to `{host}` without TLS"))
}

/// What is wrong with the URLs of the webhooks and data actions that a change set puts.
pub(crate) fn of_set(set: &ChangeSet) -> impl Iterator<Item = String> {
    set.objects.iter().filter_map(|one| {
        let body = one.put.as_ref()?;
        let name = body.get("name")?.as_str()?;
        match Kind::named(&one.kind)? {
            Kind::Webhook => webhook(name, body.get("url")?.as_str()?),
            Kind::DataAction => data_action(name, body.get("config")?.as_object()?),
            _ => None,
        }
    })
}

/// Says it beside what was done.
pub(crate) fn warn(found: impl IntoIterator<Item = String>) -> io::Result<()> {
    found.into_iter().try_for_each(|found| writeln!(screen::stderr(), "warning: {found}: {ADVICE}"))
}
