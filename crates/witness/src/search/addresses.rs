//! Fields of addresses: which address a part is changed of, and what is made of a text that is to be an address or a part of one.

use super::source::Part;

/// Who writes where a draft does not say.
const AUTHOR: &str = "customer@example.net";

/// The domain of whoever is named alone.
const DOMAIN: &str = "example.net";

/// Addresses of a field; commas within quotes part none.
pub(super) fn each(field: &str) -> Vec<&str> {
    let (mut found, mut start, mut quoted) = (Vec::new(), 0, false);
    for (at, c) in field.char_indices() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => {
                found.extend(field.get(start..at));
                start = at + 1;
            }
            _ => {}
        }
    }
    found.extend(field.get(start..));
    found.into_iter().map(str::trim).filter(|one| !one.is_empty()).collect()
}

/// Name and address of one of them.
fn halves(one: &str) -> (&str, &str) {
    match one.rsplit_once('<') {
        Some((name, rest)) => (name.trim().trim_matches('"'), rest.trim_end_matches('>')),
        None => ("", one),
    }
}

/// What a part of the last address of a field says.
pub(super) fn said(field: Option<&str>, is_author: bool, part: Part) -> String {
    let nobody = if is_author { AUTHOR } else { "" };
    let last = each(field.unwrap_or(nobody)).last().copied().unwrap_or_default().to_owned();
    let (name, address) = halves(&last);
    let said = match part {
        Part::Whole => address,
        Part::Name => name,
        Part::Domain => address.split_once('@').map_or("", |(_, domain)| domain),
    };
    said.to_owned()
}

/// The last address of a field, with a part that says a text. What else it says stays.
pub(super) fn with(field: Option<&str>, part: Part, text: &str) -> String {
    let known = each(field.unwrap_or_default()).last().copied().unwrap_or_default();
    let (name, address) = halves(known);
    let (local, domain) = address.split_once('@').unwrap_or(("a", DOMAIN));
    let (name, address) = match part {
        Part::Name => {
            (text.chars().filter(|c| !matches!(c, '"' | '\\' | '<' | '>')).collect(), format!("{local}@{domain}"))
        }
        Part::Domain => (name.to_owned(), format!("{local}@{text}")),
        Part::Whole => (name.to_owned(), whole(text)),
    };
    if name.is_empty() { address } else { format!("\"{name}\" <{address}>") }
}

/// An address that is a text, or has it at one of its ends.
pub(super) fn whole(text: &str) -> String {
    near(text, "")
}

/// The same, with the other half of a known address if it has one.
pub(super) fn near(text: &str, known: &str) -> String {
    let (own, domain) = known.split_once('@').unwrap_or(("a", DOMAIN));
    match text.split_once('@') {
        Some(("", domain)) => format!("{own}@{domain}"),
        Some((local, "")) => format!("{local}@{domain}"),
        Some(_) => text.to_owned(),
        None if text.contains('.') => format!("{own}@{text}"),
        None => format!("{text}@{domain}"),
    }
}

/// An address that begins with a text, made of another one.
pub(super) fn beginning(text: &str, said: &str) -> String {
    let (local, domain) = said.split_once('@').unwrap_or(("", DOMAIN));
    if text.contains('@') { format!("{text}{domain}") } else { format!("{text}{local}@{domain}") }
}

/// An address that ends with a text, made of another one.
pub(super) fn ending(text: &str, said: &str) -> String {
    let (local, domain) = said.split_once('@').unwrap_or(("a", DOMAIN));
    match text.split_once('@') {
        Some((own, domain)) => format!("{local}{own}@{domain}"),
        None => format!("{local}@{domain}{text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_address_keep_the_others() {
        let named = with(None, Part::Name, "Doe, Ann");
        assert_eq!(named, "\"Doe, Ann\" <a@example.net>");
        let both = with(Some(&format!("b@example.net, {named}")), Part::Domain, "acme.example");
        assert_eq!(both, "\"Doe, Ann\" <a@acme.example>");
        assert_eq!(said(Some(&both), false, Part::Name), "Doe, Ann");
        assert_eq!(beginning("no-reply@", "ann@acme.example"), "no-reply@acme.example");
        assert_eq!(ending("@acme.example", "ann@example.net"), "ann@acme.example");
        assert_eq!(ending(".fr", "ann@example.net"), "ann@example.net.fr");
    }
}
