//! The files of the web console, as `console` built them, in the binary. A build without them works: the page then says how to build it.

use std::borrow::Cow;
use std::io::{self, Read};

use flate2::read::GzDecoder;

/// First segments of paths that are screens, beside `/`: each of them is the one page, whose script reads the path.
pub const SCREENS: &[&str] = &["sign-in", "interactions", "flows", "queues"];

/// The page of a binary without a console.
const NOT_BUILT: File = File {
    path: "index.html",
    media_type: "text/html; charset=utf-8",
    tag: "\"not-built\"",
    coded: false,
    kept: Kept::AskedAnew,
    shows_mail: false,
    bytes: include_bytes!("not-built.html"),
};

static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// How long a browser may keep a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Its name changes with its content.
    ForEver,
    /// Whether it is still the same is asked each time.
    AskedAnew,
}

/// A file.
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

/// Whether the binary has the console.
#[must_use]
pub fn is_built() -> bool {
    !FILES.is_empty()
}

/// All files; none in a binary without the console.
#[must_use]
pub fn files() -> &'static [File] {
    FILES
}

/// The file at a path such as `/interactions/1`. Paths are compared as they are: nothing outside of the list can be reached.
#[must_use]
pub fn find(path: &str) -> Option<&'static File> {
    let path = path.strip_prefix('/')?;
    let screen = path.is_empty() || path.split('/').next().is_some_and(|first| SCREENS.contains(&first));
    let wanted = if screen { "index.html" } else { path };
    let found = FILES.iter().find(|file| file.path == wanted);
    if screen { Some(found.unwrap_or(&NOT_BUILT)) } else { found }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn screens_are_the_page_and_nothing_else_is() {
        for path in ["/", "/interactions", "/interactions/1/trace", "/flows/1?x", "/queues", "/sign-in"] {
            assert_eq!(find(path).map(|file| file.path), Some("index.html"), "{path}");
        }
        for path in ["", "interactions", "/interactionsx", "/api/v2/flows", "//", "//flows", "/../Cargo.toml", "/assets/../index.html"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn every_file_can_be_read() {
        for file in FILES {
            assert!(!file.plain().unwrap().is_empty(), "{}", file.path);
        }
    }
}
