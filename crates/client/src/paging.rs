//! Lists as streams: the next page is fetched when the one before was read.

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use serde::de::DeserializeOwned;
use waypost_wire::listing::{Chunk, Page};

use crate::path::encode;
use crate::{Client, Result};

/// As many as a page may have: fewer requests.
const PAGE_SIZE: u32 = 500;

pub(crate) fn pages<T: DeserializeOwned + Send + 'static>(
    client: Client,
    path: String,
) -> BoxStream<'static, Result<T>> {
    let sign = sign(&path);
    let pages = stream::try_unfold(Some(1_u64), move |number| {
        let (client, path) = (client.clone(), path.clone());
        async move {
            let Some(number) = number else { return Ok(None) };
            let page: Page<T> = client.get(&format!("{path}{sign}pageSize={PAGE_SIZE}&pageNumber={number}")).await?;
            let last = page.entities.is_empty() || number >= page.page_count;
            Ok(Some((page.entities, (!last).then_some(number + 1))))
        }
    });
    flat(pages)
}

pub(crate) fn chunks<T: DeserializeOwned + Send + 'static>(
    client: Client,
    path: String,
) -> BoxStream<'static, Result<T>> {
    let sign = sign(&path);
    let chunks = stream::try_unfold(Some(String::new()), move |cursor| {
        let (client, path) = (client.clone(), path.clone());
        async move {
            let Some(cursor) = cursor else { return Ok(None) };
            let chunk: Chunk<T> = client.get(&format!("{path}{sign}pageSize={PAGE_SIZE}{cursor}")).await?;
            let next = chunk.next_cursor.map(|next| format!("&cursor={}", encode(&next)));
            Ok(Some((chunk.entities, next)))
        }
    });
    flat(chunks)
}

fn flat<T: Send + 'static>(
    lists: impl futures_util::Stream<Item = Result<Vec<T>>> + Send + 'static,
) -> BoxStream<'static, Result<T>> {
    lists.map_ok(|list| stream::iter(list.into_iter().map(Ok))).try_flatten().boxed()
}

fn sign(path: &str) -> char {
    if path.contains('?') { '&' } else { '?' }
}
