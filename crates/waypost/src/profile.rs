//! Servers under names, in a file of the person who asks them: `waypost --profile staging`.
//!
//! ```toml
//! [staging]
//! url = "https://waypost.staging.example"
//! client-id = "CRM"
//! client-secret = "…"
//! ```

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use toml::de::DeValue;

use crate::failure::Failure;
use crate::toml_file::{self, Problems};

/// The profile of those who name no server.
pub(crate) const DEFAULT: &str = "default";

const URL: &str = "url";
const CLIENT_ID: &str = "client-id";
const CLIENT_SECRET: &str = "client-secret";
const MEMBERS: [&str; 3] = [URL, CLIENT_ID, CLIENT_SECRET];

/// A server and who asks it.
pub(crate) struct Profile {
    name: String,
    /// The server's address.
    pub(crate) url: String,
    /// The OAuth client's id.
    pub(crate) client_id: String,
    /// Its secret.
    pub(crate) client_secret: String,
}

impl Profile {
    /// The profile of this name.
    ///
    /// # Errors
    /// There is no such file or no such profile, others can read the file, or each problem in it.
    pub(crate) fn named(name: &str) -> Result<Self, Failure> {
        let file = file().ok_or_else(|| {
            Failure::Failed("where are the profiles? HOME and XDG_CONFIG_HOME are not set".to_owned())
        })?;
        if !file.exists() {
            return Err(Failure::Failed(format!(
                "there is no profile `{name}`: {} does not exist; expected in it `[{name}]` with {}",
                file.display(),
                MEMBERS.join(", ")
            )));
        }
        let mut profiles = read(&file)?;
        match profiles.iter().position(|profile| profile.name == name) {
            Some(place) => Ok(profiles.swap_remove(place)),
            None => {
                let names: Vec<&str> = profiles.iter().map(|profile| profile.name.as_str()).collect();
                let has = if names.is_empty() { "it has none".to_owned() } else { toml_file::instead(&names, name) };
                Err(Failure::Failed(format!("there is no profile `{name}` in {}: {has}", file.display())))
            }
        }
    }

    /// The profile of those who name no server, if they have one.
    ///
    /// # Errors
    /// Others can read the file, or each problem in it.
    pub(crate) fn default() -> Result<Option<Self>, Failure> {
        let Some(file) = file().filter(|file| file.exists()) else { return Ok(None) };
        Ok(read(&file)?.into_iter().find(|profile| profile.name == DEFAULT))
    }
}

/// `waypost/profiles.toml` in the folder where programs keep their settings (XDG Base Directory Specification).
fn file() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let folder = set("XDG_CONFIG_HOME").or_else(|| Some(set("HOME")?.join(".config")))?;
    Some(folder.join("waypost/profiles.toml"))
}

fn read(file: &Path) -> Result<Vec<Profile>, Failure> {
    let about = fs::metadata(file).map_err(|error| Failure::of(format!("can't read {}", file.display()))(&error))?;
    if about.is_file() && about.permissions().mode() & 0o077 != 0 {
        return Err(Failure::Failed(format!(
            "{0} has secrets, and others on this machine can read it: expected mode 0600; `chmod 600 {0}`",
            file.display()
        )));
    }
    toml_file::read(file, profile)
}

fn profile(name: &str, at: usize, value: &DeValue<'_>, problems: &mut Problems<'_>) -> Option<Profile> {
    let DeValue::Table(table) = value else {
        problems.add(at, format!("`{name}` stands outside of a profile: expected it below `[NAME]`"));
        return None;
    };
    let mut is_right = true;
    for (key, value) in table {
        let key_text: &str = key.get_ref();
        if !MEMBERS.contains(&key_text) {
            let hint = toml_file::instead(&MEMBERS, key_text);
            problems.add(key.span().start, format!("a profile has no `{key_text}`: {hint}"));
            is_right = false;
        } else if value.get_ref().as_str().is_none_or(|text| text.trim().is_empty()) {
            problems.add(key.span().start, format!("`{key_text}` can't be this: expected a text"));
            is_right = false;
        }
    }
    let missing: Vec<&str> = MEMBERS.into_iter().filter(|member| !table.contains_key(*member)).collect();
    if !missing.is_empty() {
        problems.add(
            at,
            format!("profile `{name}` has no `{}`: expected all of {}", missing.join("`, `"), MEMBERS.join(", ")),
        );
        is_right = false;
    }
    let text = |member: &str| Some(table.get(member)?.get_ref().as_str()?.trim().to_owned());
    let found = Profile {
        name: name.to_owned(),
        url: text(URL)?,
        client_id: text(CLIENT_ID)?,
        client_secret: text(CLIENT_SECRET)?,
    };
    is_right.then_some(found)
}
