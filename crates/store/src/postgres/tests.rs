//! The conformance suite on PostgreSQL, and what is PostgreSQL's own. Each test has a database to itself on one scratch server.

use std::sync::OnceLock;

use waypost_scratch_postgres::{Server, Tools};

use super::{PostgresOptions, PostgresStore};

/// The server of this test run; none where PostgreSQL is not installed.
fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    let start = || match Tools::find() {
        Ok(tools) => Some(Server::start(&tools, &[("fsync", "off"), ("max_connections", "300")]).unwrap()),
        Err(why) => {
            eprintln!("skipped: {why}");
            None
        }
    };
    SERVER.get_or_init(start).as_ref()
}

/// A store in a database of its own.
struct Opened {
    store: PostgresStore,
}

async fn open() -> Option<Opened> {
    let url = tokio::task::spawn_blocking(|| server().map(|server| server.fresh_database().unwrap())).await.unwrap()?;
    let store = PostgresStore::connect(PostgresOptions { connections: 4, ..PostgresOptions::new(url) }).await.unwrap();
    Some(Opened { store })
}

mod conformance {
    use super::open;
    crate::conformance::every_rule!(match open().await {
        Some(opened) => opened,
        None => return,
    });
}
