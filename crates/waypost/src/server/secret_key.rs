//! The key that secrets are encrypted with: a file that is made at the first start.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use waypost_app::App;
use waypost_origin::Origin;
use waypost_seal::{Key, read_key, write_key};

use super::private;
use crate::commands::serve::Arguments;
use crate::failure::Failure;

/// A key, and where it is or will be kept.
pub(super) struct SecretKey {
    file: PathBuf,
    /// Its bytes, if it was made just now and is not kept yet.
    made: Option<[u8; 32]>,
}

impl SecretKey {
    /// Reads the key, or makes one that is not kept yet.
    pub(super) fn open(arguments: &Arguments, origin: &Origin) -> Result<(Self, Key), Failure> {
        let file = arguments.secret_key_file.clone().unwrap_or_else(|| arguments.data_dir.join("waypost.key"));
        let fail =
            |error: &dyn std::fmt::Display| Failure::of(format!("can't use the secret key {}", file.display()))(error);
        let (bytes, made) = match fs::read_to_string(&file) {
            Ok(text) => (read_key(&text).map_err(|error| fail(&error))?, false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; 32];
                origin.fill(&mut bytes).map_err(|error| fail(&error))?;
                (bytes, true)
            }
            Err(error) => return Err(fail(&error)),
        };
        if !made {
            warn_if_open(&file);
        }
        let key = Key::new(&bytes).map_err(|error| fail(&error))?;
        Ok((Self { file, made: made.then_some(bytes) }, key))
    }

    /// Keeps a key that was made, once it is known that nothing is encrypted with another.
    pub(super) fn settle(self, app: &App) -> Result<(), Failure> {
        let Self { file, made } = self;
        if let Err(other) = app.keys_agree() {
            let what = if made.is_some() { "missing" } else { "the wrong one" };
            return Err(Failure::Failed(format!("the secret key {} is {what}: {other}", file.display())));
        }
        let Some(bytes) = made else { return Ok(()) };
        private::write(&file, write_key(&bytes).as_bytes())
            .map_err(|error| Failure::of(format!("can't write the secret key {}", file.display()))(&error))?;
        tracing::info!(file = %file.display(), "made the key that secrets are encrypted with: back it up apart from the data");
        Ok(())
    }
}

fn warn_if_open(file: &Path) {
    let mode = fs::metadata(file).map(|metadata| metadata.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        tracing::warn!(file = %file.display(), "others can read the secret key: give the file mode 0600");
    }
}
