//! What nodes share beside mail and flows.

use async_trait::async_trait;
use tokio::sync::watch;

use super::PostgresStore;
use super::columns::text;
use super::pool::rows;
use crate::error::StoreError;
use crate::records::events::Hint;
use crate::traits::{Heard, PeerStore};

#[async_trait]
impl PeerStore for PostgresStore {
    fn heard(&self) -> Option<watch::Receiver<Heard>> {
        Some(self.signals.heard())
    }

    fn tell(&self, hint: Hint) {
        self.db.tell(hint);
    }

    async fn share_requests(
        &self,
        client: &str,
        admitted: &[(i64, u32)],
        since: i64,
    ) -> Result<Vec<(i64, u32)>, StoreError> {
        let (seconds, counts): (Vec<i64>, Vec<i64>) =
            admitted.iter().map(|(second, count)| (*second, i64::from(*count))).unzip();
        let (client, node) = (text(client).into_owned(), self.node);
        self.db
            .run(move |db| {
                Box::pin(async move {
                    let sql = "WITH told AS (
                            INSERT INTO requests (client, node, second, admitted)
                            SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[])
                            ON CONFLICT (client, node, second) DO UPDATE SET admitted = requests.admitted + excluded.admitted)
                        SELECT second, sum(admitted)::bigint FROM requests
                        WHERE client = $1 AND node <> $2 AND second >= $5 GROUP BY second";
                    let mut others = Vec::new();
                    for row in rows(db, sql, &[&client, &node, &seconds, &counts, &since]).await? {
                        let count: i64 = row.try_get(1)?;
                        others.push((row.try_get(0)?, u32::try_from(count).unwrap_or(u32::MAX)));
                    }
                    Ok(others)
                })
            })
            .await
    }
}
