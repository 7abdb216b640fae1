//! Email addresses and domains, in texts. `interaction.email` has its own already taken apart.

use super::parts::trimmed;
use super::search::equal_folded;
use super::written::is_address as is_one;
use super::{Answer, BadLiteral, Function, Kind, Style, clip, failed, made, sure, unexpected, unsure};
use crate::expr::EvalError;
use crate::value::{Text, Value};

/// The local part and the domain of an address, such as `ann@example.com`: what RFC 5321 (section 4.1.2) calls a Mailbox, with
/// letters of all scripts (RFC 6531).
fn mailbox(text: &str) -> Option<(&str, &str)> {
    let (local, domain) = text.rsplit_once('@')?;
    let quoted =
        local.len() > 2 && local.starts_with('"') && local.ends_with('"') && !local.contains(|c: char| c.is_control());
    let plain = !local.is_empty()
        && local.split('.').all(|atom| !atom.is_empty())
        && !local.contains(|c: char| c.is_whitespace() || c.is_control() || "()<>[]:;@\\,\"".contains(c));
    let literal = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).is_some_and(|address| {
        !address.is_empty() && address.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == ':')
    });
    ((quoted || plain) && (literal || is_domain_name(domain))).then_some((local, domain))
}

/// A domain's name, with letters of all scripts.
fn is_domain_name(domain: &str) -> bool {
    domain.split('.').all(|label| {
        let inner = |c: char| {
            c == '-' || if c.is_ascii() { c.is_alphanumeric() } else { !c.is_whitespace() && !c.is_control() }
        };
        !label.is_empty() && !label.starts_with('-') && !label.ends_with('-') && label.chars().all(inner)
    })
}

/// Whether a domain that is written out can be one: `@example.com` and `*.example.com` would be of no address.
fn is_domain(domain: &str) -> Result<(), BadLiteral> {
    if is_domain_name(domain.strip_suffix('.').unwrap_or(domain)) {
        return Ok(());
    }
    let bare = domain.trim_start_matches(['@', '*', '.']);
    Err(BadLiteral {
        message: format!("`{}` is not a domain", clip(domain)),
        expected: "a domain such as `example.com`, which stands for those below it as well",
        suggestion: is_domain_name(bare).then(|| format!("write `{bare}`")),
        meant: is_domain_name(bare).then(|| bare.to_owned()),
    })
}

/// The one address that a text is, alone or in angle brackets after a name (RFC 5322, section 3.4).
pub fn only_address(text: &str) -> Option<&str> {
    let text = text.get(trimmed(text)).unwrap_or_default();
    let address = match text.strip_suffix('>') {
        Some(rest) => {
            let (name, address) = rest.rsplit_once('<')?;
            // A name that has brackets or another address outside of quotes is more than one name.
            let name = name.trim();
            let quoted = name.len() > 1 && name.starts_with('"') && name.ends_with('"');
            if !quoted && name.contains(['<', '>', '@', ',', ';']) {
                return None;
            }
            address.trim()
        }
        None => text,
    };
    mailbox(address).map(|_| address)
}

/// Whether a text is one address, alone or in angle brackets after a name: what mail can be forwarded to.
pub fn is_one_address(text: &str) -> bool {
    only_address(text).is_some()
}

fn no_address(text: &str) -> EvalError {
    failed("text", text, "an address")
}

/// A text, what is made of it, and a default where nothing can be.
fn made_of<'m>(arguments: &[Value<'m>], make: fn(&str) -> Option<String>) -> Answer<'m> {
    match arguments {
        [Value::String(text)] => made(make(text.as_str()).ok_or_else(|| no_address(text.as_str()))?),
        [Value::String(text), default] => match make(text.as_str()) {
            Some(text) => made(text),
            None => Ok(default.clone()),
        },
        _ => Err(unexpected()),
    }
}

pub(super) fn address_of<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    made_of(arguments, |text| only_address(text).map(str::to_lowercase))
}

fn local_part<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    made_of(arguments, |text| only_address(text).and_then(mailbox).map(|(local, _)| local.to_owned()))
}

fn domain_of<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    made_of(arguments, |text| only_address(text).and_then(mailbox).map(|(_, domain)| domain.to_lowercase()))
}

fn is_address<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::String(text)] = arguments else { return Err(unexpected()) };
    Ok(Value::Boolean(mailbox(text.as_str()).is_some()))
}

/// Whether an address, or a domain, is of a domain or of one below it.
fn is_in(text: &str, domain: &str) -> bool {
    let found = match only_address(text).and_then(mailbox) {
        Some((_, found)) => found,
        None if text.contains('@') => return false,
        None => text,
    };
    let (found, domain) = (found.strip_suffix('.').unwrap_or(found), domain.strip_suffix('.').unwrap_or(domain));
    if domain.is_empty() {
        return false;
    }
    // Labels are compared from the end: folding may change how many bytes a letter takes.
    let mut labels = found.rsplit('.');
    domain.rsplit('.').all(|wanted| labels.next().is_some_and(|label| equal_folded(label, wanted)))
}

fn in_domain<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    Ok(Value::Boolean(match arguments {
        [Value::String(text), Value::String(domain)] => is_in(text.as_str(), domain.as_str()),
        [Value::String(text), Value::List(domains)] => {
            domains.iter().filter_map(Value::as_str).any(|domain| is_in(Text::as_str(text), domain))
        }
        _ => return Err(unexpected()),
    }))
}

const S: Kind = Kind::String;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "addressOf",
        Style::Function,
        "The address in a text, alone or after a name, in lower case; otherwise the default. Without a default it fails.",
        &[unsure(&[S], S, address_of), sure(&[S, S], S, address_of)],
        &[("addressOf('Ann <Ann@Example.com>')", "ann@example.com"), ("addressOf('Ann', 'nobody')", "nobody")],
    )
    .parsing(is_one),
    Function::new(
        "isAddress",
        Style::Function,
        "Whether a text is an address, without a name.",
        &[sure(&[S], Kind::Boolean, is_address)],
        &[("isAddress('ann@example.com')", "true"), ("isAddress('Ann <ann@example.com>')", "false")],
    ),
    Function::new(
        "localPart",
        Style::Function,
        "The part of an address before the `@`, as written; otherwise the default. Without a default it fails.",
        &[unsure(&[S], S, local_part), sure(&[S, S], S, local_part)],
        &[("localPart('Ann+News@example.com')", "Ann+News"), ("localPart('Ann', '')", "")],
    )
    .parsing(is_one),
    Function::new(
        "domainOf",
        Style::Function,
        "The part of an address after the `@`, in lower case; otherwise the default. Without a default it fails.",
        &[unsure(&[S], S, domain_of), sure(&[S, S], S, domain_of)],
        &[("domainOf('Ann <ann@Mail.Example.com>')", "mail.example.com"), ("domainOf('Ann', 'none')", "none")],
    )
    .parsing(is_one),
    Function::new(
        "inDomain",
        Style::Function,
        "Whether an address or a domain is in the domain or a subdomain of it, or of one in a list, ignoring case. False for any other text.",
        &[sure(&[S, S], Kind::Boolean, in_domain), sure(&[S, super::kind::STRINGS], Kind::Boolean, in_domain)],
        &[
            ("inDomain('ann@mail.example.com', 'Example.com')", "true"),
            ("inDomain('ann@badexample.com', 'example.com')", "false"),
            ("inDomain(interaction.email.from.address, ['example.org', 'example.com'])", "true"),
        ],
    )
    .checking(&[(1, is_domain)]),
];
