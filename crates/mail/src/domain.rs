//! Domain names in the one form in which they are kept.

use std::borrow::Cow;

/// A domain in lower case, with U-labels for A-labels (RFC 5890, section 2.3.2.1): it is one text however it is written. What is no domain
/// name, such as an address literal, is only put in lower case.
#[must_use]
pub fn one_form(domain: &str) -> Cow<'_, str> {
    let plain = domain.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    if plain && !domain.split('.').any(|label| label.starts_with("xn--")) {
        return Cow::Borrowed(domain);
    }
    let lower = domain.to_lowercase();
    match idna::domain_to_unicode(&lower) {
        (unicode, Ok(())) => Cow::Owned(unicode),
        _ => Cow::Owned(lower),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_one_text_however_it_is_written() {
        for (expected, written) in [
            (
                "bücher.example",
                &["bücher.example", "BÜCHER.Example", "xn--bcher-kva.example", "XN--BCHER-KVA.EXAMPLE"][..],
            ),
            // Two characters for one letter, and wide ones.
            ("bücher.example", &["bu\u{308}cher.example", "ｂücher.example"]),
            ("a.example", &["a.example", "A.Example"]),
            ("a_b.example", &["A_b.example"]),
            ("straße.example", &["straße.example", "xn--strae-oqa.example"]),
            // No domain names.
            ("xn--a.example", &["XN--a.example"]),
            ("[ipv6:::1]", &["[IPv6:::1]"]),
            ("", &[""]),
        ] {
            for written in written {
                assert_eq!(one_form(written), expected, "{written}");
            }
        }
    }
}
