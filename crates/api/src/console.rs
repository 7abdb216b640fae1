//! `/`: the console's files, beside the API. What a browser may do with them is said here; what they are is in `waypost-console`.

use axum::extract::OriginalUri;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use waypost_console::{File, Kept};

use crate::error::ApiError;
use crate::genesys::unoffered;

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

/// What is answered where the API offers nothing: the console, or that there is nothing.
pub(crate) async fn fallback(method: Method, uri: OriginalUri, headers: HeaderMap) -> Response {
    let asks = method == Method::GET || method == Method::HEAD;
    match waypost_console::find(uri.path()).filter(|_| asks) {
        Some(file) => answer(file, &headers),
        None => unoffered::fallback(method, uri).await.into_response(),
    }
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
    fields.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
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

/// Whether `gzip` is taken (RFC 9110 section 12.5.3).
fn accepts_gzip(headers: &HeaderMap) -> bool {
    let lists = headers.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).any(|one| {
        let (coding, weight) = one.split_once(';').unwrap_or((one, ""));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse() == Ok(0.0_f32));
        ["gzip", "*"].contains(&coding.trim()) && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &'static str) -> HeaderMap {
        [(name, HeaderValue::from_static(value))].into_iter().collect()
    }

    #[test]
    fn codings_are_read_with_their_weights() {
        for (value, taken) in [
            ("gzip", true),
            ("br, gzip;q=0.5", true),
            ("*", true),
            ("gzip;q=0", false),
            ("gzip; q=0.0", false),
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
