//! The database's tables: migrations that run forward, one node at a time.

use deadpool_postgres::GenericClient;

use super::locks;
use super::pool::{Database, execute, row, rows};
use crate::error::StoreError;

/// The schema's steps. The table `schema_format` counts those that were taken; a released step never changes.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001-start.sql"),
    include_str!("migrations/0002-tables.sql"),
    include_str!("migrations/0003-replays.sql"),
    include_str!("migrations/0004-attempts.sql"),
    include_str!("migrations/0005-sums.sql"),
    include_str!("migrations/0006-journals.sql"),
    include_str!("migrations/0007-terms.sql"),
    include_str!("migrations/0008-outbox.sql"),
    include_str!("migrations/0009-outbox-indexes.sql"),
    include_str!("migrations/0010-queued.sql"),
    include_str!("migrations/0011-unrouted.sql"),
    include_str!("migrations/0012-outside.sql"),
    include_str!("migrations/0013-data-actions.sql"),
    include_str!("migrations/0014-events-and-pushes.sql"),
    include_str!("migrations/0015-mailboxes.sql"),
    include_str!("migrations/0016-sessions.sql"),
    include_str!("migrations/0017-applied.sql"),
    include_str!("migrations/0018-activity.sql"),
    include_str!("migrations/0019-mailbox-tokens.sql"),
    include_str!("migrations/0020-mail-facts.sql"),
    include_str!("migrations/0021-threads.sql"),
    include_str!("migrations/0022-erasures.sql"),
    include_str!("migrations/0023-annotations.sql"),
];

/// The oldest server that is known to do, as `server_version_num`.
const OLDEST_SERVER: i32 = 150_000;

/// Refuses a server that would not keep what it is given.
pub(super) async fn check(db: &Database) -> Result<(), StoreError> {
    db.run(|db| {
        Box::pin(async move {
            let sql = "SELECT current_setting('server_version_num')::integer, current_setting('server_version'),
                       current_setting('server_encoding'), current_setting('fsync')";
            let Some(said) = row(db, sql, &[]).await? else {
                return Err(StoreError::Failed("the server does not tell its version".to_owned()));
            };
            let (number, name): (i32, String) = (said.try_get(0)?, said.try_get(1)?);
            let (encoding, fsync): (String, String) = (said.try_get(2)?, said.try_get(3)?);
            if number < OLDEST_SERVER {
                return Err(StoreError::Failed(format!("PostgreSQL {name} is too old: 15 or later is needed")));
            }
            if encoding != "UTF8" {
                return Err(StoreError::Failed(format!(
                    "the database's encoding is {encoding}: create it again with ENCODING 'UTF8' TEMPLATE template0"
                )));
            }
            may_write(&*db).await?;
            if fsync == "off" {
                tracing::warn!("the database runs with fsync=off: accepted mail is lost if its machine fails");
            }
            Ok(())
        })
    })
    .await
}

/// Refuses a user who may not do what a server needs. A start asks for tables whether or not they are there, which takes the right to make them.
async fn may_write(db: &impl GenericClient) -> Result<(), StoreError> {
    let sql = "SELECT current_user::text, current_schema()::text, coalesce(has_schema_privilege(current_schema(), 'CREATE'), false),
               coalesce(has_table_privilege(to_regclass('interactions'), 'INSERT')
                        AND has_table_privilege(to_regclass('interactions'), 'UPDATE'), true)";
    let Some(said) = row(db, sql, &[]).await? else { return Ok(()) };
    let (user, schema): (String, Option<String>) = (said.try_get(0)?, said.try_get(1)?);
    let (creates, writes): (bool, bool) = (said.try_get(2)?, said.try_get(3)?);
    let lacks = match schema {
        None => format!("there is no schema for its tables: CREATE SCHEMA AUTHORIZATION \"{user}\""),
        Some(schema) if !creates => {
            format!("`{user}` may not create tables: GRANT CREATE ON SCHEMA \"{schema}\" TO \"{user}\"")
        }
        Some(_) if !writes => format!("`{user}` may not write to its tables: name the user who created them"),
        Some(_) => return Ok(()),
    };
    Err(StoreError::Failed(lacks))
}

/// Brings the database up to the last of `migrations`, all of them in one transaction: other nodes see all or none. It takes as long as the
/// tables are large; for the locks on them it waits no longer than anything else, because mail waits behind it meanwhile.
pub(super) async fn migrate(db: &Database, migrations: &'static [&'static str]) -> Result<(), StoreError> {
    db.unhurried(move |db| {
        Box::pin(async move {
            let transaction = db.transaction().await?;
            locks::migration(&transaction).await?;
            execute(&transaction, "CREATE TABLE IF NOT EXISTS schema_format (step bigint PRIMARY KEY)", &[]).await?;
            let (found, known) = refuse_newer(&transaction, migrations).await?;
            if found > 0 && found < known {
                tracing::info!(from = found, to = known, "upgrading the database; large tables take minutes");
            }
            for (number, step) in (1_u32..).zip(migrations).skip_while(|(number, _)| *number <= found) {
                transaction.batch_execute(step).await?;
                execute(&transaction, "INSERT INTO schema_format VALUES ($1)", &[&i64::from(number)]).await?;
            }
            Ok(transaction.commit().await?)
        })
    })
    .await
}

/// Whether the next start has nothing to bring up to date. Nothing is changed.
pub(super) async fn is_newest(db: &impl GenericClient, migrations: &[&str]) -> Result<bool, StoreError> {
    let Some(_) = row(db, "SELECT 1 WHERE to_regclass('schema_format') IS NOT NULL", &[]).await? else {
        return Ok(false);
    };
    let (found, known) = refuse_newer(db, migrations).await?;
    Ok(found == known)
}

/// The format found and the newest that is known, if that is as new.
async fn refuse_newer(db: &impl GenericClient, migrations: &[&str]) -> Result<(u32, u32), StoreError> {
    let known = u32::try_from(migrations.len()).unwrap_or(u32::MAX);
    let steps = rows(db, "SELECT coalesce(max(step), 0) FROM schema_format", &[]).await?;
    let found: i64 = steps.first().map(|row| row.try_get(0)).transpose()?.unwrap_or(0);
    let found = u32::try_from(found).unwrap_or(u32::MAX);
    if found > known { Err(StoreError::TooNew { found, known }) } else { Ok((found, known)) }
}
