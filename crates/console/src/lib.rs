//! The files of the web console, as `console` built them, in the binary. A build without them works: there are none then, and the API's
//! page says how to build them.
//!
//! Nothing but the binary imports this: whenever the console is built anew, so is what imports it.

use waypost_api::console::File;

/// All files; none in a build without the console.
pub static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/files.rs"));

#[cfg(test)]
mod tests {
    use waypost_api::console::Kept;

    use super::*;

    #[test]
    fn every_file_can_be_read() {
        for file in FILES {
            assert!(!file.plain().unwrap().is_empty(), "{}", file.path);
            assert_eq!(file.kept == Kept::ForEver, file.path.starts_with("assets/"), "{}", file.path);
        }
    }
}
