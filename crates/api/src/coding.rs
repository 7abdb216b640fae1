//! Bodies that come compressed (RFC 9110 section 8.4).

use std::io::{self, Read};

use axum::http::{HeaderMap, StatusCode, header};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use waypost_wire::error::Problem;

use crate::error::ApiError;

/// What is taken.
const TAKEN: &str = "gzip, deflate";

/// How a body is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Not at all.
    Identity,
    /// `gzip`.
    Gzip,
    /// `deflate`, which is zlib's format.
    Deflate,
}

impl Coding {
    /// The coding that a request names.
    ///
    /// # Errors
    /// 415 for another one, or for several on top of each other.
    pub fn of(headers: &HeaderMap) -> Result<Self, ApiError> {
        let mut named = Vec::new();
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let text = value.to_str().unwrap_or("?");
            named.extend(text.split(',').map(|one| one.trim().to_ascii_lowercase()).filter(|one| !one.is_empty()));
        }
        named.retain(|one| one != "identity");
        match named.as_slice() {
            [] => Ok(Self::Identity),
            [one] if one == "gzip" || one == "x-gzip" => Ok(Self::Gzip),
            [one] if one == "deflate" => Ok(Self::Deflate),
            _ => Err(unsupported(&named.join(", "))),
        }
    }

    /// Reads what is coded, decoded: at most `limit` bytes, and then fails with [`io::ErrorKind::FileTooLarge`].
    pub fn decode<'r>(self, coded: impl Read + Send + 'r, limit: u64) -> Limited<Box<dyn Read + Send + 'r>> {
        let decoded: Box<dyn Read + Send + 'r> = match self {
            Self::Identity => Box::new(coded),
            Self::Gzip => Box::new(MultiGzDecoder::new(coded)),
            Self::Deflate => Box::new(ZlibDecoder::new(coded)),
        };
        Limited { decoded, left: limit }
    }
}

/// A reader that fails when there is too much.
pub struct Limited<R> {
    decoded: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.decoded.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or(io::ErrorKind::FileTooLarge)?;
        Ok(read)
    }
}

fn unsupported(found: &str) -> ApiError {
    let problem = Problem {
        path: Some("Content-Encoding".to_owned()),
        expected: Some(TAKEN.to_owned()),
        found: Some(found.to_owned()),
        ..Problem::new("unsupported.media.type", format!("the content coding `{found}` is not supported"))
    };
    let message = format!("the body's content coding must be one of {TAKEN} or none, not `{found}`");
    ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported.media.type", message)
        .problems(vec![problem])
        .header(header::ACCEPT_ENCODING, TAKEN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_coding_is_undone() {
        for (values, coding) in [
            (&[][..], Some(Coding::Identity)),
            (&["identity"], Some(Coding::Identity)),
            (&["GZip"], Some(Coding::Gzip)),
            (&["x-gzip, identity"], Some(Coding::Gzip)),
            (&["deflate"], Some(Coding::Deflate)),
            (&["br"], None),
            (&["gzip, gzip"], None),
            (&["gzip", "deflate"], None),
            (&["chunked"], None),
        ] {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
            }
            assert_eq!(Coding::of(&headers).ok(), coding, "{values:?}");
        }
    }
}
