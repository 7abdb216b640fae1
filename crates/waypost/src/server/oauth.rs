//! Access tokens for the smarthost, kept as long as they are good.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use tokio::sync::Mutex;
use waypost_oauth::{Grant, OauthClient};
use waypost_outgoing::carry::TokenSource;
use waypost_reach::Client;

/// A token counts as ended so long before it does: what is being sent must not lose it.
const EARLY: Duration = Duration::from_secs(60);

/// A token whose end nobody said is kept for so long.
const UNSAID: Duration = Duration::from_secs(5 * 60);

/// Access tokens, each kept until shortly before its end.
pub(super) struct AccessTokens {
    http: Client,
    client: OauthClient,
    /// With it tokens are asked for by it, else by client credentials.
    refresh_token: Option<String>,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    /// The token, and until when it counts.
    token: Option<(String, Instant)>,
    /// The newest refresh token, where the endpoint gave another than the one that was set.
    rotated: Option<String>,
}

impl AccessTokens {
    /// Asks nothing yet.
    pub(super) fn new(http: Client, client: OauthClient, refresh_token: Option<String>) -> Self {
        Self { http, client, refresh_token, held: Mutex::default() }
    }
}

#[async_trait]
impl TokenSource for AccessTokens {
    async fn token(&self) -> Result<String, String> {
        // Whoever else needs one waits here for the same.
        let mut held = self.held.lock().await;
        if let Some((token, until)) = &held.token
            && Instant::now() < *until
        {
            return Ok(token.clone());
        }
        held.token = None;
        let refresh_token = held.rotated.as_ref().or(self.refresh_token.as_ref()).cloned();
        let grant = refresh_token.as_deref().map_or(Grant::ClientCredentials, Grant::RefreshToken);
        let granted = self.client.ask(&self.http, grant).await.map_err(|refusal| refusal.told)?;
        if let (Some(new), Some(old)) = (granted.refresh_token, refresh_token)
            && new != old
        {
            if held.rotated.is_none() {
                tracing::warn!(
                    "the token endpoint replaced the smarthost's refresh token; the new one is lost when this process ends, \
                     and the one in WAYPOST_SMARTHOST_OAUTH_REFRESH_TOKEN may no longer work then: \
                     prefer client credentials, or a client whose refresh tokens stay"
                );
            }
            held.rotated = Some(new);
        }
        let lasts = granted.expires_in.map_or(UNSAID, Duration::from_secs);
        // A token that lasts a minute or less is used for this one login.
        held.token =
            Instant::now().checked_add(lasts.saturating_sub(EARLY)).map(|until| (granted.access_token.clone(), until));
        Ok(granted.access_token)
    }

    async fn refused(&self, token: &str) -> bool {
        let mut held = self.held.lock().await;
        // Another delivery may have fetched a new one meanwhile.
        if held.token.as_ref().is_some_and(|(kept, _)| kept == token) {
            held.token = None;
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpListener;
    use std::sync::Arc;
    use std::thread::{self, JoinHandle};

    use ipnet::IpNet;
    use waypost_oauth::token_url;
    use waypost_reach::{Guard, SystemNames, Url};

    use super::*;

    /// A token endpoint that gives these answers, each a status and a body, one after the other; it tells the forms that it was sent.
    fn endpoint(answers: &'static [(u16, &'static str)]) -> (Url, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = token_url(&format!("http://{}/token", listener.local_addr().unwrap())).unwrap();
        let served = thread::spawn(move || answers.iter().map(|answer| serve(&listener, *answer)).collect());
        (url, served)
    }

    fn serve(listener: &TcpListener, (status, body): (u16, &str)) -> String {
        let (mut socket, _) = listener.accept().unwrap();
        let mut lines = BufReader::new(socket.try_clone().unwrap());
        let mut length = 0;
        loop {
            let mut line = String::new();
            lines.read_line(&mut line).unwrap();
            if line == "\r\n" {
                break;
            }
            if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut form = vec![0; length];
        lines.read_exact(&mut form).unwrap();
        let head = format!("HTTP/1.1 {status} Answer\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        socket.write_all(format!("{head}{body}").as_bytes()).unwrap();
        String::from_utf8(form).unwrap()
    }

    fn client(token_url: Url, secret: Option<&str>, refresh_token: Option<&str>) -> AccessTokens {
        reaching(&["127.0.0.0/8"], token_url, secret, refresh_token)
    }

    /// A client that may reach these private networks.
    fn reaching(networks: &[&str], token_url: Url, secret: Option<&str>, refresh_token: Option<&str>) -> AccessTokens {
        let networks: Vec<IpNet> = networks.iter().map(|network| network.parse().unwrap()).collect();
        let http = Client::new(Guard::new(Arc::new(SystemNames), &networks)).unwrap();
        let client = OauthClient {
            token_url,
            client_id: "way post".to_owned(),
            secret: secret.map(str::to_owned),
            scope: Some("https://mail.example/.default".to_owned()),
        };
        AccessTokens::new(http, client, refresh_token.map(str::to_owned))
    }

    /// What is got by asking so many times.
    fn tokens(tokens: &AccessTokens, times: usize) -> Vec<Result<String, String>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut got = Vec::new();
            for _ in 0..times {
                got.push(tokens.token().await);
            }
            got
        })
    }

    #[test]
    fn a_token_is_kept_until_shortly_before_its_end() {
        let (url, served) = endpoint(&[
            (200, r#"{"access_token": "one", "token_type": "Bearer", "expires_in": 60}"#),
            (200, r#"{"access_token": "two", "token_type": "Bearer", "expires_in": 3600}"#),
        ]);
        let got = tokens(&client(url, Some("s&cret"), None), 3);
        assert_eq!(got, ["one", "two", "two"].map(|token| Ok(token.to_owned())));
        let form = "grant_type=client_credentials&client_id=way+post&client_secret=s%26cret\
                    &scope=https%3A%2F%2Fmail.example%2F.default";
        assert_eq!(served.join().unwrap(), [form, form]);
    }

    #[test]
    fn a_token_that_the_smarthost_refused_is_given_no_more() {
        let (url, served) = endpoint(&[
            (200, r#"{"access_token": "one", "expires_in": 3600}"#),
            (200, r#"{"access_token": "two", "expires_in": 3600}"#),
        ]);
        let client = client(url, Some("s3cret"), None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let mut got = tokens(&client, 1);
        for _ in 0..2 {
            // Twice: two deliveries had the same token.
            runtime.block_on(client.refused("one"));
            got.extend(tokens(&client, 1));
        }
        assert_eq!(got, ["one", "two", "two"].map(|token| Ok(token.to_owned())));
        assert_eq!(served.join().unwrap().len(), 2);
    }

    #[test]
    fn a_refresh_token_that_was_replaced_is_used_from_then_on() {
        let (url, served) = endpoint(&[
            (200, r#"{"access_token": "one", "expires_in": 1, "refresh_token": "second"}"#),
            (200, r#"{"access_token": "two", "expires_in": 1}"#),
            (200, r#"{"access_token": "three"}"#),
        ]);
        let got = tokens(&client(url, None, Some("first")), 4);
        assert_eq!(got, ["one", "two", "three", "three"].map(|token| Ok(token.to_owned())));
        let sent = ["first", "second", "second"].map(|token| {
            format!(
                "grant_type=refresh_token&refresh_token={token}&client_id=way+post&scope=https%3A%2F%2Fmail.example%2F.default"
            )
        });
        assert_eq!(served.join().unwrap(), sent);
    }

    #[test]
    fn a_refusal_is_told_in_the_endpoints_words_without_secrets() {
        let (url, served) = endpoint(&[
            (401, r#"{"error": "invalid_client", "error_description": "no such secret:\n s3cret"}"#),
            (400, r#"{"error": "invalid_grant", "error_description": "expired: r3fresh"}"#),
            (503, "<p>s3cret</p>"),
            (200, r#"{"token": "s3cret"}"#),
            (200, r#"{"access_token": "one"}"#),
        ]);
        let host = "the token endpoint at 127.0.0.1 answered";
        assert_eq!(
            tokens(&client(url, Some("s3cret"), Some("r3fresh")), 5),
            [
                Err(format!("{host} 401 Unauthorized: invalid_client, no such secret:  [secret]")),
                Err(format!("{host} 400 Bad Request: invalid_grant, expired: [secret]")),
                Err(format!("{host} 503 Service Unavailable")),
                Err(format!("{host} 200 OK without an access_token")),
                Ok("one".to_owned()),
            ]
        );
        served.join().unwrap();
    }

    #[test]
    fn an_endpoint_at_a_private_address_is_sent_nothing_unless_its_network_is_allowed() {
        for url in ["https://127.0.0.1:9/token", "https://[::1]:9/token", "https://169.254.169.254/token"] {
            let got = tokens(&reaching(&["10.0.0.0/8"], token_url(url).unwrap(), Some("s3cret"), None), 1);
            let refused = got[0].as_ref().unwrap_err();
            assert!(refused.contains("a private address; `--allow-private-targets`"), "{refused}");
        }
    }

    #[test]
    fn without_tls_a_secret_goes_to_this_machine_alone() {
        for url in
            ["https://login.example/token", "http://127.0.0.1:8/token", "http://[::1]/token", "http://localhost/t"]
        {
            assert!(token_url(url).is_ok(), "{url}");
        }
        for url in [
            "http://login.example/token",
            "http://192.0.2.1/token",
            "ftp://127.0.0.1/token",
            "login.example",
            "https://user:s3cret@login.example/token",
        ] {
            assert!(token_url(url).is_err(), "{url}");
        }
    }
}
