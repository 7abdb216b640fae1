//! Clients and tokens.

use super::samples::{at, audit};
use crate::error::ClientError;
use crate::records::access::{ADMIN_SCOPE, ClientRecord, TokenRecord, TokenUse};
use crate::traits::Store;

fn client(id: &str, secret: &str) -> ClientRecord {
    ClientRecord {
        id: id.to_owned(),
        name: format!("the client {id}"),
        secret_hash: secret.to_owned(),
        configured_hash: Some("configured".to_owned()),
        scopes: vec!["flow:read".to_owned(), "flow:write".to_owned()],
        created_at: at(0),
        revoked_at: None,
        description: "what it is for".to_owned(),
        token_seconds: Some(600),
        created_by: "flow:write".to_owned(),
        modified_at: at(1),
        revision: 1,
    }
}

fn token(number: u8, client: &str) -> TokenRecord {
    TokenRecord {
        hash: [number; 32],
        client_id: client.to_owned(),
        scopes: vec!["flow:read".to_owned()],
        issued_at: at(i64::from(number)),
        expires_at: at(i64::from(number) + 100),
        used_as: TokenUse::Bearer,
    }
}

pub(crate) async fn clients_are_replaced(store: &dyn Store) {
    assert_eq!(store.client("a").await.unwrap(), None);
    store.put_client(client("b", "s"), audit(201, "ops")).await.unwrap();
    store.put_client(client("a", "s"), audit(202, "ops")).await.unwrap();
    let revoked = ClientRecord { revoked_at: Some(at(7)), revision: 2, ..client("b", "s") };
    store.put_client(revoked.clone(), audit(203, "ops")).await.unwrap();
    assert_eq!(store.client("b").await.unwrap(), Some(revoked.clone()));
    assert_eq!(store.clients().await.unwrap(), [client("a", "s"), revoked]);
}

pub(crate) async fn a_client_that_changed_meanwhile_is_not_replaced(store: &dyn Store) {
    let of = |revision, name: &str| ClientRecord { revision, name: name.to_owned(), ..client("a", "s") };
    assert!(!store.put_client(of(2, "none"), audit(1, "ops")).await.unwrap(), "there is none to replace");
    assert!(store.put_client(of(1, "first"), audit(2, "ops")).await.unwrap());
    assert!(!store.put_client(of(1, "twin"), audit(3, "ops")).await.unwrap(), "there is one already");
    let (one, other) = (of(2, "one"), of(2, "other"));
    let (one, other) = tokio::join!(store.put_client(one, audit(4, "ops")), store.put_client(other, audit(5, "ops")));
    assert_ne!(one.unwrap(), other.unwrap(), "both meant the first");
    assert!(!store.put_client(of(4, "ahead"), audit(6, "ops")).await.unwrap());
    assert_eq!(store.client("a").await.unwrap().unwrap().revision, 2);
    assert_eq!(store.audit(&Default::default(), None, 10).await.unwrap().len(), 2, "what is refused leaves no entry");
}

pub(crate) async fn a_new_secret_ends_tokens(store: &dyn Store) {
    store.put_client(client("a", "old"), audit(204, "ops")).await.unwrap();
    store.put_client(client("b", "old"), audit(207, "ops")).await.unwrap();
    store.put_token(token(1, "a"), "old").await.unwrap();
    store.put_token(token(2, "b"), "old").await.unwrap();
    store.put_client(ClientRecord { revision: 2, ..client("a", "old") }, audit(205, "ops")).await.unwrap();
    assert!(store.token(&[1; 32]).await.unwrap().is_some());
    store.put_client(ClientRecord { revision: 3, ..client("a", "new") }, audit(206, "ops")).await.unwrap();
    assert_eq!(store.token(&[1; 32]).await.unwrap(), None);
    assert!(store.token(&[2; 32]).await.unwrap().is_some());
}

/// Makes the client `a` and gives it a token of that number.
async fn given(store: &dyn Store, number: u8) {
    store.put_client(client("a", "s"), audit(1, "ops")).await.unwrap();
    assert!(store.put_token(token(number, "a"), "s").await.unwrap());
}

pub(crate) async fn tokens_are_found_by_hash(store: &dyn Store) {
    given(store, 1).await;
    assert_eq!(store.token(&[1; 32]).await.unwrap(), Some(token(1, "a")));
    assert_eq!(store.token(&[2; 32]).await.unwrap(), None);
    let renewed = TokenRecord { expires_at: at(900), used_as: TokenUse::Session, ..token(1, "a") };
    assert!(store.put_token(renewed.clone(), "s").await.unwrap(), "the same again is the same anew");
    assert_eq!(store.token(&[1; 32]).await.unwrap(), Some(renewed));
}

pub(crate) async fn ended_tokens_are_removed(store: &dyn Store) {
    given(store, 1).await;
    let mut later = token(2, "a");
    later.issued_at = at(101);
    store.put_token(later.clone(), "s").await.unwrap();
    assert!(store.token(&[1; 32]).await.unwrap().is_some(), "it ends at that very moment");
    later.hash = [3; 32];
    later.issued_at = at(102);
    store.put_token(later, "s").await.unwrap();
    assert_eq!(store.token(&[1; 32]).await.unwrap(), None);
}

pub(crate) async fn a_revoked_client_has_no_tokens(store: &dyn Store) {
    given(store, 1).await;
    let revoked = ClientRecord { revoked_at: Some(at(7)), revision: 2, ..client("a", "s") };
    store.put_client(revoked, audit(2, "ops")).await.unwrap();
    assert_eq!(store.token(&[1; 32]).await.unwrap(), None);
}

pub(crate) async fn a_token_wants_the_secret_that_the_client_still_has(store: &dyn Store) {
    assert!(!store.put_token(token(1, "a"), "old").await.unwrap(), "there is no such client");
    store.put_client(client("a", "old"), audit(1, "ops")).await.unwrap();
    assert!(store.put_token(token(1, "a"), "old").await.unwrap());
    store.put_client(ClientRecord { revision: 2, ..client("a", "new") }, audit(2, "ops")).await.unwrap();
    assert!(!store.put_token(token(2, "a"), "old").await.unwrap(), "the secret is another by now");
    assert!(store.put_token(token(3, "a"), "new").await.unwrap());
    let revoked = ClientRecord { revoked_at: Some(at(7)), revision: 3, ..client("a", "new") };
    store.put_client(revoked, audit(3, "ops")).await.unwrap();
    assert!(!store.put_token(token(4, "a"), "new").await.unwrap(), "it may have none");
    for number in 1..=4 {
        assert_eq!(store.token(&[number; 32]).await.unwrap(), None, "{number}");
    }
}

pub(crate) async fn one_token_goes_alone(store: &dyn Store) {
    given(store, 1).await;
    store.put_token(token(2, "a"), "s").await.unwrap();
    let both = [store.delete_token(&[1; 32]), store.delete_token(&[1; 32])];
    let gone = futures_util::future::join_all(both).await;
    assert_eq!(gone.into_iter().filter(|gone| *gone.as_ref().unwrap()).count(), 1, "one of two removed it");
    assert_eq!(store.token(&[1; 32]).await.unwrap(), None);
    assert!(store.token(&[2; 32]).await.unwrap().is_some());
}

/// Nothing in between: who is answered no has spent nothing, and who is answered yes has the other token.
pub(crate) async fn a_token_is_exchanged_once(store: &dyn Store) {
    given(store, 1).await;
    assert!(!store.exchange_token(&[1; 32], token(2, "a"), "other").await.unwrap());
    assert_eq!(store.token(&[2; 32]).await.unwrap(), None);
    let both = [2, 3].map(|number| store.exchange_token(&[1; 32], token(number, "a"), "s"));
    let done: Vec<bool> = futures_util::future::join_all(both).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "one of two exchanged it");
    assert_eq!(store.token(&[1; 32]).await.unwrap(), None);
    for (number, done) in [2, 3].into_iter().zip(done) {
        assert_eq!(store.token(&[number; 32]).await.unwrap().is_some(), done, "{number}");
    }
}

pub(crate) async fn sessions_go_together(store: &dyn Store) {
    given(store, 1).await;
    store.put_client(client("b", "s"), audit(2, "ops")).await.unwrap();
    let of = |number, client, used_as| TokenRecord { used_as, ..token(number, client) };
    for token in [
        of(2, "a", TokenUse::Session),
        of(3, "a", TokenUse::Session),
        of(4, "a", TokenUse::Link),
        of(5, "b", TokenUse::Session),
    ] {
        assert!(store.put_token(token, "s").await.unwrap());
    }
    assert_eq!(store.delete_sessions("a").await.unwrap(), 2);
    assert_eq!(store.delete_sessions("a").await.unwrap(), 0);
    for (number, there) in [(1, true), (2, false), (3, false), (4, false), (5, true)] {
        assert_eq!(store.token(&[number; 32]).await.unwrap().is_some(), there, "{number}");
    }
}

pub(crate) async fn a_deleted_client_is_gone_with_its_tokens(store: &dyn Store) {
    given(store, 1).await;
    assert!(store.delete_client("a", audit(2, "ops")).await.unwrap());
    assert!(!store.delete_client("a", audit(3, "ops")).await.unwrap());
    assert_eq!((store.client("a").await.unwrap(), store.token(&[1; 32]).await.unwrap()), (None, None));
    assert_eq!(store.audit(&Default::default(), None, 10).await.unwrap().len(), 2);
}

pub(crate) async fn the_last_admin_stays(store: &dyn Store) {
    let admin = |id: &str, revision| ClientRecord { revision, scopes: vec![ADMIN_SCOPE.to_owned()], ..client(id, "s") };
    let plain = |id: &str, revision| ClientRecord { revision, scopes: vec!["flow:read".to_owned()], ..client(id, "s") };
    store.put_client(admin("a", 1), audit(1, "ops")).await.unwrap();
    store.put_client(plain("p", 1), audit(2, "ops")).await.unwrap();
    let refused = |outcome: Result<bool, ClientError>| assert!(matches!(outcome, Err(ClientError::LastAdmin)));
    refused(store.put_client(plain("a", 2), audit(3, "ops")).await);
    refused(store.put_client(ClientRecord { revoked_at: Some(at(1)), ..admin("a", 2) }, audit(3, "ops")).await);
    refused(store.delete_client("a", audit(3, "ops")).await);
    assert!(store.delete_client("p", audit(3, "ops")).await.unwrap());
    assert!(store.put_client(admin("a", 2), audit(4, "ops")).await.unwrap(), "another change of it is well");
    // What a person may do is in the hands of an identity provider.
    let person = ClientRecord { scopes: vec![ADMIN_SCOPE.to_owned()], ..client("n", "oidc:https://login.example ana") };
    store.put_client(person.clone(), audit(8, "ops")).await.unwrap();
    refused(store.delete_client("a", audit(9, "ops")).await);
    let less = ClientRecord { scopes: vec!["flow:read".to_owned()], revision: 2, ..person };
    assert!(store.put_client(less, audit(9, "ops")).await.unwrap());
    assert!(store.delete_client("n", audit(10, "ops")).await.unwrap());
    store.put_client(admin("b", 1), audit(5, "ops")).await.unwrap();
    // Two admins that are taken away at the same moment: one stays.
    let both = [store.delete_client("a", audit(6, "ops")), store.delete_client("b", audit(7, "ops"))];
    let outcomes = futures_util::future::join_all(both).await;
    assert_eq!(outcomes.iter().filter(|outcome| matches!(outcome, Ok(true))).count(), 1, "{outcomes:?}");
    assert_eq!(store.clients().await.unwrap().len(), 1);
}
