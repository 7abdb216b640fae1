//! `/`: the console's files, beside the API: which path is which, and what a browser may do with them. The files themselves come from whoever
//! makes the server (`waypost-console`).

use std::borrow::Cow;
use std::io::{self, Read};

use axum::Json;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::genesys::unoffered;
use crate::state::ApiState;

/// Everything comes from here or not at all, and nothing stands inline.
const PAGE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; \
     worker-src 'self'; frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// The page that mails are shown in: their own styles and pictures that came with them, no script, no request, no form.
const MAIL: HeaderValue = HeaderValue::from_static(
    "sandbox allow-same-origin; default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'self'",
);

/// First segments of paths that are screens, beside `/`: each of them is the one page, whose script reads the path.
const SCREENS: &[&str] = &[
    "sign-in",
    "interactions",
    "flows",
    "map",
    "queues",
    "deliveries",
    "domains",
    "mailboxes",
    "tables",
    "schedules",
    "data-actions",
    "webhooks",
    "skills",
    "languages",
    "secrets",
    "clients",
    "audit",
];

/// The page of a binary without a console.
static NOT_BUILT: File = File {
    path: "index.html",
    media_type: "text/html; charset=utf-8",
    tag: "\"not-built\"",
    coded: false,
    kept: Kept::AskedAnew,
    shows_mail: false,
    bytes: include_bytes!("not-built.html"),
};

/// How long a browser may keep a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its name changes with its content.
    ForEver,
    /// Whether it is still the same is asked each time.
    AskedAnew,
}

/// A file of the console.
#[derive(Debug)]
pub struct File {
    /// Its path below the server's address, without the first slash.
    pub path: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The strong `ETag` of its content, with quotes.
    pub tag: &'static str,
    /// Whether `bytes` are compressed by gzip.
    pub coded: bool,
    /// How long a browser may keep it.
    pub kept: Kept,
    /// Whether it is the page that mails are shown in.
    pub shows_mail: bool,
    /// Its bytes.
    pub bytes: &'static [u8],
}

impl File {
    /// Its content for whoever can't decompress it.
    ///
    /// # Errors
    /// None that a sound binary has.
    pub fn plain(&self) -> io::Result<Cow<'static, [u8]>> {
        if !self.coded {
            return Ok(Cow::Borrowed(self.bytes));
        }
        let mut plain = Vec::new();
        GzDecoder::new(self.bytes).read_to_end(&mut plain)?;
        Ok(Cow::Owned(plain))
    }
}

/// What is answered where the API offers nothing: the console, or that there is nothing.
pub(crate) async fn fallback(
    State(state): State<ApiState>,
    method: Method,
    uri: OriginalUri,
    headers: HeaderMap,
) -> Response {
    let asks = method == Method::GET || method == Method::HEAD;
    if asks && uri.path() == "/" && is_program(&headers) {
        let vary = [(header::VARY, HeaderValue::from_static("accept"))];
        return (vary, Json(places())).into_response();
    }
    match find(state.settings.console, uri.path()).filter(|_| asks) {
        Some(file) => answer(file, &headers),
        None => unoffered::fallback(method, uri).await.into_response(),
    }
}

/// Where things are, for programs and for people without a browser, such as `curl`.
fn places() -> Value {
    json!({
        "name": "waypost",
        "console": "/",
        "api": "/api/v2",
        "docs": "/api/v2/docs",
        "openapi": "/api/v2/docs/openapi.json",
        "token": "/oauth/token",
        "live": "/health/live",
        "ready": "/health/ready",
        "metrics": "/metrics",
    })
}

/// Whether whoever asks says what it takes, and HTML is not named: browsers always name it.
fn is_program(headers: &HeaderMap) -> bool {
    let mut lists = headers.get_all(header::ACCEPT).into_iter().filter_map(|value| value.to_str().ok()).peekable();
    lists.peek().is_some() && !lists.any(|list| list.to_ascii_lowercase().contains("html"))
}

/// The file at a path such as `/interactions/1`. Paths are compared as they are: nothing outside of the list can be reached.
fn find(files: &'static [File], path: &str) -> Option<&'static File> {
    let path = path.strip_prefix('/')?;
    let screen = path.is_empty() || path.split('/').next().is_some_and(|first| SCREENS.contains(&first));
    let wanted = if screen { "index.html" } else { path };
    let found = files.iter().find(|file| file.path == wanted);
    if screen { Some(found.unwrap_or(&NOT_BUILT)) } else { found }
}

fn answer(file: &File, headers: &HeaderMap) -> Response {
    let mut response = if matches(headers, file.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if file.coded && accepts_gzip(headers) {
        ([(header::CONTENT_ENCODING, "gzip")], file.bytes).into_response()
    } else {
        match file.plain() {
            Ok(bytes) => bytes.into_response(),
            Err(error) => {
                return ApiError::unavailable("the file can't be read", 1).private(error.to_string()).into_response();
            }
        }
    };
    let fields = response.headers_mut();
    fields.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    fields.insert(header::ETAG, HeaderValue::from_static(file.tag));
    fields.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
    let cached = match file.kept {
        Kept::ForEver => "public, max-age=31536000, immutable",
        Kept::AskedAnew => "no-cache",
    };
    fields.insert(header::CACHE_CONTROL, HeaderValue::from_static(cached));
    fields.insert(header::CONTENT_SECURITY_POLICY, if file.shows_mail { MAIL } else { PAGE });
    fields.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    fields.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
    fields.insert("x-dns-prefetch-control", HeaderValue::from_static("off"));
    response
}

/// Whether the client has the file already (RFC 9110 section 13.1.2).
fn matches(headers: &HeaderMap, tag: &str) -> bool {
    let lists = headers.get_all(header::IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag
    })
}

/// Whether `gzip` is taken (RFC 9110 section 12.5.3): by its own weight or, if it is not named, by that of `*`.
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let (mut named, mut any) = (None, false);
    for one in lists.flat_map(|list| list.split(',')) {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        let weight = weight.trim().to_ascii_lowercase();
        let refused = weight.strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
        let coding = coding.trim();
        if coding.eq_ignore_ascii_case("gzip") || coding.eq_ignore_ascii_case("x-gzip") {
            named = Some(!refused);
        } else if coding == "*" {
            any = !refused;
        }
    }
    named.unwrap_or(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        [(name, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn screens_are_the_page_and_nothing_else_is() {
        for path in ["/", "/interactions", "/interactions/1/trace", "/flows/1", "/queues", "/sign-in"] {
            assert_eq!(find(&[], path).map(|file| file.path), Some("index.html"), "{path}");
        }
        for path in ["", "interactions", "/interactionsx", "/api/v2/flows", "//", "//flows", "/../Cargo.toml"] {
            assert!(find(&[], path).is_none(), "{path}");
        }
    }

    #[test]
    fn browsers_name_html() {
        for (value, is) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false),
            ("*/*", true),
            ("application/json", true),
            ("application/json, text/HTML;q=0.1", false),
        ] {
            assert_eq!(is_program(&with(header::ACCEPT, value)), is, "{value}");
        }
        assert!(!is_program(&HeaderMap::new()));
    }

    #[test]
    fn codings_are_read_with_their_weights() {
        for (value, taken) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
            ("*, gzip;q=0", false),
            ("gzip;Q=0, *", false),
            ("*;q=0, gzip", true),
            ("*;q=0", false),
            ("GZIP", true),
            ("br", false),
            ("", false),
        ] {
            assert_eq!(accepts_gzip(&with(header::ACCEPT_ENCODING, value)), taken, "{value}");
        }
    }

    #[test]
    fn what_a_browser_has_is_not_sent_again() {
        for (value, has) in [("\"a\"", true), ("W/\"a\"", true), ("\"b\", \"a\"", true), ("*", true), ("\"b\"", false)]
        {
            assert_eq!(matches(&with(header::IF_NONE_MATCH, value), "\"a\""), has, "{value}");
        }
    }
}
