//! Where a request goes: the part of the URL that no input changes.

use url::Url;

use crate::template::Template;
use waypost_problem::Problem;

/// The longest URL of a request, in bytes.
const MAX_URL: usize = 16 * 1024;

/// Scheme, host and port that a definition's requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    scheme: String,
    pub(crate) host: String,
    port: Option<u16>,
}

impl Target {
    /// Reads the constant start of a URL template. An input in the host is refused when the definition is saved: which secrets may go there, and
    /// whether the host may be asked at all, is known before any mail comes in. No problem repeats the URL: it may have a password in it.
    pub(crate) fn read(template: &Template, path: &str) -> Result<Self, Problem> {
        let (start, whole) = template.constant_start();
        let refuse = |message: String| {
            let expected = "the URL of an HTTP server, such as https://crm.example.com/customers/${input.id}";
            Err(Problem::new(path, message).expected(expected).unshown())
        };
        if start.starts_with('/') {
            return refuse("a URL without a host is for Genesys's own API, which is not offered".to_owned());
        }
        let authority = start.find("://").and_then(|at| start.get(at + 3..));
        let ends = authority.is_some_and(|authority| authority.contains(['/', '?', '\\', '#']));
        if !(ends || whole && authority.is_some()) {
            let message = if whole {
                "not a valid URL"
            } else {
                "scheme, host and port must be written out, with a `/` behind them: no input may change them"
            };
            return refuse(message.to_owned());
        }
        let url = match Url::parse(start) {
            Ok(url) => url,
            Err(error) => return refuse(format!("not a valid URL: {error}")),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return refuse("expected https:// or http:// at the beginning".to_owned());
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("a URL must not contain a user or a password".to_owned());
        }
        if start.contains('#') {
            return refuse("a URL must not contain a fragment (`#…`)".to_owned());
        }
        match Self::of(&url) {
            Some(target) => Ok(target),
            None => refuse("the URL has no host".to_owned()),
        }
    }

    fn of(url: &Url) -> Option<Self> {
        Some(Self { scheme: url.scheme().to_owned(), host: url.host_str()?.to_owned(), port: url.port() })
    }

    /// The URL of a request as it is sent.
    ///
    /// # Errors
    /// In words, what is wrong with what was rendered.
    pub(crate) fn url(&self, rendered: &str) -> Result<String, String> {
        if rendered.len() > MAX_URL {
            return Err(format!("the URL is longer than {MAX_URL} bytes"));
        }
        let path = rendered.split_once("://").map_or("", |(_, rest)| rest).split(['?', '#']).next().unwrap_or_default();
        if path.split('/').skip(1).any(is_dots) {
            return Err("a part of the URL's path is `.` or `..`".to_owned());
        }
        let url = Url::parse(rendered).map_err(|error| format!("the URL is not valid: {error}"))?;
        if Self::of(&url).as_ref() != Some(self) || url.fragment().is_some() {
            return Err("an input changes where the URL leads".to_owned());
        }
        Ok(url.into())
    }
}

/// Whether URL parsers take a segment for `.` or `..` (URL standard, section 4.1).
fn is_dots(segment: &str) -> bool {
    let plain = segment.trim().to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}
