//! What other servers noted that they found: Authentication-Results (RFC 8601).

use mail_auth::AuthenticatedMessage;
use waypost_ids::AuthResult;

use super::author::domain;
use super::bounds::REPORT;
use super::check::is_aligned;
use super::dkim;
use super::finding::{Finding, Found};

/// What a server noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Report {
    /// Who noted it.
    pub(crate) by: String,
    results: Vec<Noted>,
}

/// One result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Noted {
    method: String,
    result: String,
    /// `header.d` and its like, in lower case, with their values.
    properties: Vec<(String, String)>,
}

/// Believes what a trusted server noted: the topmost field that bears one of the names. A server must remove fields that bear its own name
/// from mail that comes in (RFC 8601 section 5); of one that does not, and always adds its own, the topmost is its own as well.
pub(crate) fn believe(found: &mut Found, message: &AuthenticatedMessage<'_>, ids: &[String], author: Option<&str>) {
    let fields = message.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case(b"Authentication-Results"));
    let report = fields.filter_map(|(_, value)| read(&String::from_utf8_lossy(value.get(..REPORT).unwrap_or(value))));
    let Some(report) = report.into_iter().find(|report| ids.contains(&report.by)) else { return };
    let by = format!("`{}`", report.by);
    report.noted_by(by).stand_in(found, author);
}

impl Report {
    /// The same, with who noted it in words for people.
    pub(crate) fn noted_by(self, by: String) -> Self {
        Self { by, ..self }
    }

    /// Takes what was noted where our own check did not pass: a trusted server saw the sender's address, and the mail as it was.
    fn stand_in(&self, found: &mut Found, author: Option<&str>) {
        let said = self.findings(author);
        for (ours, theirs) in both(found, said) {
            if !ours.passed()
                && let Some(theirs) = theirs
            {
                *ours = theirs;
            }
        }
    }

    /// Takes what passed there and did not pass here: the mail was changed on the way.
    pub(crate) fn mend(&self, found: &mut Found, author: Option<&str>) {
        let said = self.findings(author);
        for (ours, theirs) in both(found, said) {
            if !ours.passed()
                && let Some(theirs) = theirs.filter(Finding::passed)
            {
                *ours = theirs;
            }
        }
    }

    /// What it says of SPF, DKIM and DMARC.
    fn findings(&self, author: Option<&str>) -> [Option<Finding>; 3] {
        let of = |method: &str, properties: &[&str]| {
            let noted = self.results.iter().filter(|noted| noted.method == method);
            let findings = noted.filter_map(|noted| {
                let named = properties.iter().find_map(|name| noted.property(name));
                let named =
                    domain(named.map(|value| value.rsplit_once('@').map_or(value, |(_, of)| of)).unwrap_or_default());
                Some(Finding::new(AuthResult::of(&noted.result)?, named, format!("{} noted it", self.by)))
            });
            dkim::best(findings.collect(), author)
        };
        // A mail has one result of DMARC: a second slipped in, with a sender's name that was not quoted. What was found of another author
        // than this mail's says nothing of it, and leaves what we found.
        let is_one = self.results.iter().filter(|noted| noted.method == "dmarc").nth(1).is_none();
        let dmarc = of("dmarc", &["header.from"]).filter(|_| is_one).and_then(|said| match author {
            Some(author) if said.domain == author => Some(Finding { aligned: said.passed(), ..said }),
            Some(_) if said.domain.is_empty() && !said.passed() => Some(said),
            _ => None,
        });
        let proved = dmarc.as_ref().is_some_and(Finding::passed);
        let aligned =
            |said: Finding| Finding { aligned: proved && said.passed() && is_aligned(&said.domain, author), ..said };
        let spf = of("spf", &["smtp.mailfrom", "smtp.helo"]).map(aligned);
        let dkim = of("dkim", &["header.d", "header.i"]).map(aligned);
        [spf, dkim, dmarc]
    }
}

/// Our findings beside theirs.
fn both(found: &mut Found, theirs: [Option<Finding>; 3]) -> impl Iterator<Item = (&mut Finding, Option<Finding>)> {
    [&mut found.spf, &mut found.dkim, &mut found.dmarc].into_iter().zip(theirs)
}

impl Noted {
    fn property(&self, name: &str) -> Option<&str> {
        self.properties.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a field's value (RFC 8601 section 2.2); none if it names nobody. Results that can't be read are left out.
pub(crate) fn read(value: &str) -> Option<Report> {
    let parts = parts(value);
    let mut parts = parts.iter();
    // A version may follow the name.
    let Some(Token::Word(by)) = parts.next()?.first() else { return None };
    let results = parts.filter_map(|tokens| {
        let mut pairs = pairs(tokens);
        let (method, result) = pairs.next()?;
        let method = method.split('/').next().unwrap_or_default().to_owned();
        Some(Noted { method, result, properties: pairs.collect() })
    });
    // As it is written: what a relay takes for its own name, and removes, is no more than this.
    Some(Report { by: by.to_ascii_lowercase(), results: results.collect() })
}

/// `name=value`, each name in lower case.
fn pairs(tokens: &[Token]) -> impl Iterator<Item = (String, String)> {
    tokens.windows(3).filter_map(|three| match three {
        [Token::Word(name), Token::Equals, Token::Word(value)] => Some((name.to_lowercase(), value.clone())),
        _ => None,
    })
}

/// A piece of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Equals,
}

/// The pieces between semicolons, without comments, quotes undone.
fn parts(value: &str) -> Vec<Vec<Token>> {
    let (mut parts, mut tokens, mut word) = (Vec::new(), Vec::new(), String::new());
    let (mut depth, mut quoted) = (0_usize, false);
    let mut chars = value.chars();
    let end = |word: &mut String, tokens: &mut Vec<Token>| {
        if !word.is_empty() {
            tokens.push(Token::Word(std::mem::take(word)));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '\\' if depth > 0 || quoted => {
                let escaped = chars.next().filter(|_| quoted);
                word.extend(escaped);
            }
            '"' if depth == 0 => quoted = !quoted,
            _ if quoted => word.push(c),
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            ';' => {
                end(&mut word, &mut tokens);
                parts.push(std::mem::take(&mut tokens));
            }
            '=' => {
                end(&mut word, &mut tokens);
                // Within a value, such as of a token in base64, it is one of its characters.
                match tokens.last() {
                    Some(Token::Word(_)) | None => tokens.push(Token::Equals),
                    Some(Token::Equals) => word.push('='),
                }
            }
            c if c.is_whitespace() => end(&mut word, &mut tokens),
            c => word.push(c),
        }
    }
    end(&mut word, &mut tokens);
    parts.push(tokens);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8601, appendix B.
    #[test]
    fn fields_of_rfc_8601_are_read() {
        let text = |value: &str| {
            let report = read(value).unwrap();
            let results = report.results.iter().map(|one| {
                let properties: Vec<_> =
                    one.properties.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                format!("; {}={}{}", one.method, one.result, properties.concat())
            });
            report.by.clone() + &results.collect::<String>()
        };
        for (value, expected) in [
            ("example.org 1; none", "example.org"),
            ("example.com;\r\n\tspf=pass smtp.mailfrom=example.net", "example.com; spf=pass smtp.mailfrom=example.net"),
            (
                "example.com; auth=pass (cram-md5) smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
                "example.com; auth=pass smtp.auth=sender@example.net; spf=pass smtp.mailfrom=example.net",
            ),
            (
                "example.com;\r\n dkim=pass reason=\"good signature\"\r\n header.i=@mail-router.example.net;\r\n dkim=fail reason=\"bad signature\" header.i=@newyork.example.com",
                "example.com; dkim=pass reason=good signature header.i=@mail-router.example.net; dkim=fail reason=bad signature header.i=@newyork.example.com",
            ),
            (
                "foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) fail\r\n policy (A dot can go here) . (like that) expired (this surprised me) = (as I wasn't expecting it) 1362471462",
                // Comments may stand anywhere; white space within a name is nobody's.
                "foo.example.net; 1=fail expired=1362471462",
            ),
        ] {
            assert_eq!(text(value), expected);
        }
        assert_eq!(read("; spf=pass"), None);
        assert_eq!(read(""), None);
    }

    #[test]
    fn a_pass_for_another_author_proves_nothing() {
        let report = read("mx.example; dmarc=pass header.from=evil.example; dkim=pass header.d=evil.example").unwrap();
        let [_, dkim, dmarc] = report.findings(Some("bank.example"));
        assert_eq!(dmarc, None);
        assert!(!dkim.unwrap().aligned);
    }

    #[test]
    fn a_pass_counts_once_and_with_its_author() {
        for (results, expected) in [
            ("dmarc=pass header.from=bank.example", Some(AuthResult::Pass)),
            ("dmarc=pass", None),
            ("dmarc=none", Some(AuthResult::None)),
            ("dmarc=fail header.from=evil.example", None),
            ("dmarc=fail header.from=evil.example; dmarc=pass header.from=bank.example", None),
            // The sender's local part closes the comment.
            (
                "spf=pass (domain of \"x) ; dmarc=pass header.from=bank.example (\"@evil.example); dmarc=fail header.from=bank.example",
                None,
            ),
        ] {
            let report = read(&format!("mx.example; {results}")).unwrap();
            let [.., dmarc] = report.findings(Some("bank.example"));
            assert_eq!(dmarc.map(|said| said.result), expected, "{results}");
        }
    }

    #[test]
    fn a_name_is_no_other_that_looks_like_it() {
        for (field, by) in [
            ("MX.example; none", "mx.example"),
            ("mx.example.; none", "mx.example."),
            ("mx．example; none", "mx．example"),
        ] {
            assert_eq!(read(field).unwrap().by, by);
        }
    }
}
