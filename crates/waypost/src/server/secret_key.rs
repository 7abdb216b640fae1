//! The key that secrets are encrypted with: a file that is made at the first start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use waypost_app::App;
use waypost_app::sealing::{KeyRefused, Seals};
use waypost_origin::Origin;
use waypost_seal::{Key, KeyId, read_key, write_key};
use waypost_store::traits::Store;

use super::private::{self, OTHERS};
use crate::commands::serve::Arguments;
use crate::failure::{Failure, Obstacle};

/// Where the key is kept, and the key that it takes the place of.
pub(crate) struct SecretKey {
    file: PathBuf,
    lost: Option<KeyId>,
    /// Whether other nodes may be at work on the same database.
    shared: bool,
}

impl SecretKey {
    /// The key in its file; none if it is to be made, and has a folder to be made in.
    pub(crate) fn read(arguments: &Arguments) -> Result<Option<Key>, Failure> {
        let file = file(arguments);
        let text = match fs::read_to_string(&file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
                return match folder.filter(|folder| *folder != arguments.data_dir && !folder.is_dir()) {
                    Some(folder) => Err(unusable(&file, &format!("there is no folder {}", folder.display()))),
                    None => Ok(None),
                };
            }
            Err(error) => return Err(unusable(&file, &error)),
        };
        key(&file, &text).map(Some)
    }

    /// Refuses to make a key where the database needs the one that is missing.
    pub(crate) fn refuse_missing(arguments: &Arguments, seals: &Seals) -> Result<(), Obstacle> {
        let Some(known) = seals.needed(arguments.forget_sealed) else { return Ok(()) };
        Err(Obstacle {
            found: format!(
                "the secret key {} is missing: the secrets of this database are encrypted with the key {known}",
                file(arguments).display()
            ),
            advice: format!(
                "copy the file from a backup or another node, or name it with `--secret-key-file`. If the key is lost, start once with \
                 `--forget-sealed {known}`"
            ),
        })
    }

    /// Reads the key. If the file is missing, and nothing was encrypted with another or that one is lost, makes one.
    pub(super) async fn open(
        arguments: &Arguments,
        origin: &Origin,
        store: &dyn Store,
    ) -> Result<(Self, Key), Failure> {
        let file = file(arguments);
        let key = match Self::read(arguments)? {
            Some(key) => {
                if private::open_to(&file, OTHERS).is_some() {
                    tracing::warn!(file = %file.display(), "other users can read the secret key; set the file's mode to 0600");
                }
                key
            }
            None => {
                let seals = Seals::read(store).await.map_err(|error| unusable(&file, &error))?;
                Self::refuse_missing(arguments, &seals)?;
                let text = make(&file, origin).map_err(|error| unusable(&file, &error))?;
                key(&file, &text)?
            }
        };
        Ok((Self { file, lost: arguments.forget_sealed, shared: arguments.database.is_some() }, key))
    }

    /// Makes sure that the key is the database's. While nothing is encrypted, the key of a SQLite database is the one that is here, and nodes of
    /// PostgreSQL may differ: all but those with the first key leave webhooks and secrets alone.
    pub(super) async fn settle(self, app: &App) -> Result<(), Failure> {
        let refused = |refused: KeyRefused| unusable(&self.file, &refused);
        if let Some(lost) = self.lost {
            for what in app.forget_sealed(lost).await.map_err(refused)? {
                tracing::warn!(what, "forgotten with its key: set it again");
            }
        }
        if !self.shared {
            app.take_over_key().await.map_err(refused)?;
        }
        if let Err(another) = app.claim_key().await.map_err(refused)? {
            tracing::warn!(
                "this node creates no webhooks or secrets, and sends to no webhook: {another}. If that key is lost, start once with `--forget-sealed {}`",
                another.known
            );
        }
        Ok(())
    }
}

/// Where the key is kept.
pub(crate) fn file(arguments: &Arguments) -> PathBuf {
    arguments.secret_key_file.clone().unwrap_or_else(|| arguments.data_dir.join("waypost.key"))
}

fn key(file: &Path, text: &str) -> Result<Key, Failure> {
    let bytes = read_key(text).map_err(|error| unusable(file, &error))?;
    Key::new(&bytes).map_err(|error| unusable(file, &error))
}

pub(crate) fn unusable(file: &Path, cause: &dyn std::fmt::Display) -> Failure {
    Failure::of(format!("can't use the secret key {}", file.display()))(cause)
}

/// Makes a key. Another node may make one at the same moment: the file's text is the key of both.
fn make(file: &Path, origin: &Origin) -> io::Result<String> {
    let mut bytes = [0; 32];
    origin.fill(&mut bytes).map_err(io::Error::other)?;
    if private::create(file, write_key(&bytes).as_bytes())? {
        tracing::info!(file = %file.display(), "created the key that encrypts secrets: back it up separately from the data");
    }
    fs::read_to_string(file)
}
