//! Names of domains, and how close two of them are.

use super::bounds::NAME;

/// A domain in A-labels and lower case, without a final dot. What is no domain is returned in lower case.
pub(crate) fn domain(text: &str) -> String {
    whole(text).chars().take(NAME).collect()
}

/// The same, however long it is.
fn whole(text: &str) -> String {
    let text = text.trim().trim_end_matches('.');
    idna::domain_to_ascii(text).unwrap_or_else(|_| text.to_lowercase())
}

/// How many labels two domains have in common from the end; one more if they are the same.
pub(crate) fn closeness(one: &str, other: &str) -> usize {
    let common = one.rsplit('.').zip(other.rsplit('.')).take_while(|(one, other)| one == other).count();
    common.saturating_add(usize::from(one == other))
}

/// Whether one of two domains is the other or below it: aligned where nothing says what the organizational domain is.
pub(crate) fn related(one: &str, other: &str) -> bool {
    let below = |sub: &str, top: &str| {
        sub.strip_suffix(top).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')) && top.contains('.')
    };
    below(one, other) || below(other, one)
}

/// The one domain of all authors.
///
/// # Errors
/// There is none, or it proves nothing.
pub(crate) fn only<'a>(domains: impl IntoIterator<Item = &'a str>) -> Result<String, Authors> {
    let mut found: Option<String> = None;
    for one in domains {
        let one = whole(one);
        match &found {
            _ if one.is_empty() => {}
            // Its beginning is another domain, whose owner could prove it.
            _ if one.len() > NAME => return Err(Authors::TooLong),
            None => found = Some(one),
            Some(before) if *before == one => {}
            Some(_) => return Err(Authors::Several),
        }
    }
    found.ok_or(Authors::None)
}

/// Why a mail has no author's domain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Authors {
    /// No From field has an address.
    None,
    /// From names several domains.
    Several,
    /// There are several From fields.
    Repeated,
    /// A domain in From is longer than domains can be.
    TooLong,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domains_are_compared_as_dns_has_them() {
        assert_eq!(domain("MÜNCHEN.example."), "xn--mnchen-3ya.example");
        assert_eq!(closeness("a.b.example", "b.example"), 2);
        assert!(closeness("b.example", "b.example") > closeness("a.b.example", "b.example"));
        assert!(related("mail.b.example", "b.example") && related("b.example", "mail.b.example"));
        assert!(!related("ab.example", "b.example") && !related("a.example", "b.example") && !related("b.com", "com"));
    }

    #[test]
    fn several_authors_of_one_domain_are_one() {
        assert_eq!(only(["a.example", "A.example"]), Ok("a.example".to_owned()));
        assert_eq!(only(["a.example", "b.example"]), Err(Authors::Several));
        assert_eq!(only([""]), Err(Authors::None));
    }

    #[test]
    fn a_domain_that_is_too_long_is_not_taken_for_its_beginning() {
        let padded = format!("{}evil.example", "x.".repeat(120));
        assert_eq!((padded.len(), only([padded.as_str()])), (252, Ok(padded.clone())));
        assert_eq!(only([format!("{padded}.bank.example").as_str()]), Err(Authors::TooLong));
    }
}
