//! People who sign in to the console by an identity provider, by the arguments of `serve`.

use std::fs;
use std::sync::Arc;

use waypost_app::access::people::{People, PeopleSettings};
use waypost_reach::Client;

use crate::commands::serve::Arguments;
use crate::failure::Failure;

/// The provider's people; none if there is no provider.
pub(crate) fn people(arguments: &Arguments, http: &Client) -> Result<Option<Arc<People>>, Failure> {
    let options = &arguments.sign_in;
    let (Some(issuer), Some(client_id), Some(public_url)) =
        (&options.oidc_issuer, &options.oidc_client_id, &options.public_url)
    else {
        return Ok(None);
    };
    let secret = match &options.oidc_client_secret_file {
        Some(file) => {
            let fail = Failure::of(format!("can't read --oidc-client-secret-file {}", file.display()));
            let text = fs::read_to_string(file).map_err(|error| fail(&error))?;
            Some(text.trim().to_owned())
        }
        None => options.oidc_client_secret.clone(),
    };
    if secret.as_deref() == Some("") {
        return Err(Failure::Failed("the OpenID Connect client's secret is empty".to_owned()));
    }
    let settings = PeopleSettings {
        name: options.oidc_name.clone(),
        groups_claim: options.oidc_groups_claim.clone(),
        grants: options.oidc_grant.clone(),
        public_url: public_url.clone(),
    };
    Ok(Some(Arc::new(People::new(http.clone(), settings, (issuer.clone(), client_id.clone(), secret)))))
}
