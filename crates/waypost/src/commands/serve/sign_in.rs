//! Options of `serve` for people who sign in to the console by OpenID Connect.

use std::path::PathBuf;

use waypost_app::access::people::GroupGrant;
use waypost_app::access::scopes::{Scope, Scopes};
use waypost_oauth::{may_have_secrets, token_url};
use waypost_reach::{Url, web_url};

use super::values::name;

/// The identity provider, and what its groups may do.
#[derive(clap::Args)]
pub(crate) struct SignIn {
    /// The address of this server that browsers use, such as `https://waypost.example`
    #[arg(long, env = "WAYPOST_PUBLIC_URL", value_name = "URL", value_parser = public_url)]
    pub(crate) public_url: Option<Url>,
    /// The issuer URL of the OpenID Connect provider for signing in to the console, exactly as the provider writes it
    #[arg(
        long,
        env = "WAYPOST_OIDC_ISSUER",
        value_name = "URL",
        value_parser = issuer,
        requires_all = ["oidc_client_id", "oidc_grant", "public_url"]
    )]
    pub(crate) oidc_issuer: Option<String>,
    /// The client id that the provider gave this server
    #[arg(long, env = "WAYPOST_OIDC_CLIENT_ID", value_name = "ID", value_parser = name, requires = "oidc_issuer")]
    pub(crate) oidc_client_id: Option<String>,
    /// The client's secret; only in the environment or the TOML file, because other users of the machine can see arguments
    #[arg(
        long,
        env = "WAYPOST_OIDC_CLIENT_SECRET",
        hide_env_values = true,
        value_name = "SECRET",
        requires = "oidc_issuer",
        conflicts_with = "oidc_client_secret_file"
    )]
    pub(crate) oidc_client_secret: Option<String>,
    /// A file with the client's secret
    #[arg(long, env = "WAYPOST_OIDC_CLIENT_SECRET_FILE", value_name = "FILE", requires = "oidc_issuer")]
    pub(crate) oidc_client_secret_file: Option<PathBuf>,
    /// The claim of the ID token that names a person's groups
    #[arg(long, env = "WAYPOST_OIDC_GROUPS_CLAIM", value_name = "CLAIM", value_parser = name, default_value = "groups")]
    pub(crate) oidc_groups_claim: String,
    /// The scopes of a group's members: `GROUP=SCOPE,SCOPE`. May be given several times; in the environment separated by `;`, in the TOML
    /// file a table of groups
    #[arg(
        long,
        env = "WAYPOST_OIDC_GRANT",
        value_name = "GROUP=SCOPES",
        value_delimiter = ';',
        value_parser = grant,
        requires = "oidc_issuer"
    )]
    pub(crate) oidc_grant: Vec<GroupGrant>,
    /// The provider's name on the sign-in page
    #[arg(long, env = "WAYPOST_OIDC_NAME", value_name = "NAME", value_parser = name, default_value = "single sign-on")]
    pub(crate) oidc_name: String,
}

/// An address without a path: the console is at `/`. Nothing of the text is repeated: a password may be in it by mistake.
fn public_url(text: &str) -> Result<Url, String> {
    let read = match web_url(text) {
        Err(_) if !text.contains("://") => Err("there is no https:// at the beginning".to_owned()),
        Err(problem) => Err(problem.to_string()),
        Ok(url) if url.path() != "/" || url.query().is_some() => {
            Err("there is something after host and port".to_owned())
        }
        Ok(url) if !may_have_secrets(&url) => Err("only an address of this machine may begin with http://".to_owned()),
        Ok(url) => Ok(url),
    };
    read.map_err(|why| {
        format!("{why}; expected an address such as https://waypost.example or https://waypost.example:8443")
    })
}

/// Kept as it is written: a provider's name is compared letter by letter (OpenID Connect Discovery 1.0 section 4.3).
fn issuer(text: &str) -> Result<String, String> {
    let url = token_url(text)?;
    if url.query().is_some() || text.contains(char::is_whitespace) {
        return Err("an issuer has no query and no spaces".to_owned());
    }
    Ok(text.to_owned())
}

/// Nothing of the text is repeated: a password may stand there by mistake.
fn grant(text: &str) -> Result<GroupGrant, String> {
    let expected = || "expected GROUP=SCOPE,SCOPE, such as Support=email:write,routing:read".to_owned();
    // Names of groups may have `=`, scopes have none.
    let (group, names) = text.rsplit_once('=').ok_or_else(expected)?;
    let (group, names) = (group.trim(), names.trim());
    if group.is_empty() || names.is_empty() {
        return Err(expected());
    }
    let known = |name: &str| Scope::ALL.into_iter().find(|scope| scope.as_str() == name.trim());
    let wrong = names.split(',').zip(1..).filter(|(name, _)| known(name).is_none());
    let wrong: Vec<String> = wrong.map(|(_, place): (_, usize)| place.to_string()).collect();
    if !wrong.is_empty() {
        let ours = Scope::ALL.map(Scope::as_str).join(", ");
        let (scopes, are) = if wrong.len() == 1 { ("scope", "is") } else { ("scopes", "are") };
        return Err(format!("{scopes} {} after `=` {are} unknown: expected some of {ours}", wrong.join(", ")));
    }
    let scopes: Scopes = names.split(',').filter_map(known).collect();
    Ok(GroupGrant { group: group.to_owned(), scopes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_granted_scopes() {
        for (text, group, scopes) in [
            ("Support=email:read,email:write", "Support", "email:read email:write"),
            (" CN=Ops,DC=contoso,DC=example = admin ", "CN=Ops,DC=contoso,DC=example", "admin"),
        ] {
            let granted = grant(text).unwrap();
            assert_eq!((granted.group.as_str(), granted.scopes.to_string().as_str()), (group, scopes));
        }
        for wrong in ["Support", "=admin", "Support=", "Support=email:reed", "Support=email:read,", "Support=architect"]
        {
            assert!(grant(wrong).is_err(), "{wrong}");
        }
        let told = grant("Support=email:reed,admin,x").unwrap_err();
        assert!(told.starts_with("scopes 1, 3 after `=` are unknown: expected some of "), "{told}");
    }

    #[test]
    fn addresses_that_tell_secrets_have_tls() {
        assert!(public_url("https://waypost.example").is_ok() && public_url("http://127.0.0.1:8080").is_ok());
        for wrong in
            ["http://waypost.example", "https://waypost.example/console", "https://waypost.example/?a=1", "waypost"]
        {
            assert!(public_url(wrong).is_err(), "{wrong}");
        }
        assert_eq!(issuer("https://login.example").unwrap(), "https://login.example");
        assert!(issuer("http://login.example").is_err() && issuer("https://login.example?x").is_err());
    }
}
