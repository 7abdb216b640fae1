//! Genesys's pages.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OriginalUri};
use axum::http::request::Parts;
use waypost_wire::listing::Page;

use crate::query::Query;

/// Most entities on a page.
const MOST: u32 = 500;

/// The page that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// The size of a page.
    pub size: u32,
    /// The page's number, counted from 1.
    pub number: u32,
}

impl Paging {
    /// Reads `pageSize` (25) and `pageNumber` (1).
    pub fn read(query: &mut Query) -> Self {
        Self { size: query.number("pageSize", 1..=MOST, 25), number: query.number("pageNumber", 1..=u32::MAX, 1) }
    }

    /// How many entities stand before the page.
    pub fn offset(self) -> u64 {
        u64::from(self.number - 1) * u64::from(self.size)
    }

    /// The page's part of a whole list.
    pub fn cut<T>(self, all: Vec<T>) -> (Vec<T>, u64) {
        let total = all.len() as u64;
        let offset = usize::try_from(self.offset()).unwrap_or(usize::MAX);
        (all.into_iter().skip(offset).take(self.size as usize).collect(), total)
    }

    /// The envelope of a page.
    pub fn page<T>(self, entities: Vec<T>, total: u64, uri: &ListUri) -> Page<T> {
        let page_count = total.div_ceil(u64::from(self.size));
        let number = u64::from(self.number);
        let at = |number: u64| Some(uri.page(self.size, number));
        Page {
            entities,
            page_size: self.size,
            page_number: self.number,
            total,
            page_count,
            first_uri: at(1),
            last_uri: at(page_count.max(1)),
            self_uri: at(number),
            next_uri: if number < page_count { at(number + 1) } else { None },
            previous_uri: if number > 1 { at((number - 1).min(page_count.max(1))) } else { None },
        }
    }
}

/// A list's address with its filters, for the addresses of its pages.
#[derive(Clone, Debug)]
pub struct ListUri {
    path: String,
    filters: Vec<(String, String)>,
}

impl ListUri {
    fn new(path: &str, query: &str) -> Self {
        let filters = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| name != "pageSize" && name != "pageNumber")
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { path: path.to_owned(), filters }
    }

    fn page(&self, size: u32, number: u64) -> String {
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("pageSize", &size.to_string())
            .append_pair("pageNumber", &number.to_string())
            .extend_pairs(&self.filters)
            .finish();
        format!("{}?{query}", self.path)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ListUri {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Infallible> {
        // The address as the client wrote it: `parts.uri` lacks the base path, which the router has taken off.
        let OriginalUri(uri) = OriginalUri::from_request_parts(parts, state).await?;
        Ok(Self::new(uri.path(), uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: &str, all: usize) -> Page<usize> {
        let mut read = Query::new(query);
        let paging = Paging::read(&mut read);
        let (entities, total) = paging.cut((0..all).collect());
        paging.page(entities, total, &ListUri::new("/api/v2/flows", query))
    }

    #[test]
    fn defaults() {
        let page = page("", 30);
        assert_eq!((page.page_size, page.page_number, page.total, page.page_count), (25, 1, 30, 2));
        assert_eq!(page.entities, (0..25).collect::<Vec<_>>());
        assert_eq!(page.next_uri.as_deref(), Some("/api/v2/flows?pageSize=25&pageNumber=2"));
        assert_eq!(page.previous_uri, None);
    }

    #[test]
    fn filters_stay_and_the_last_page_has_no_next() {
        let page = page("name=a+b&pageNumber=3&pageSize=2", 5);
        assert_eq!(page.entities, [4]);
        assert_eq!(page.next_uri, None);
        assert_eq!(page.previous_uri.as_deref(), Some("/api/v2/flows?pageSize=2&pageNumber=2&name=a+b"));
        assert_eq!(page.last_uri, page.self_uri);
    }

    #[test]
    fn past_the_end_is_empty() {
        let page = page("pageNumber=4294967295&pageSize=500", 5);
        assert_eq!((page.entities.len(), page.total, page.page_count), (0, 5, 1));
        assert_eq!(page.previous_uri.as_deref(), Some("/api/v2/flows?pageSize=500&pageNumber=1"));
    }

    #[test]
    fn nothing_has_no_pages_but_addresses() {
        let page = page("", 0);
        assert_eq!((page.page_count, page.next_uri, page.previous_uri), (0, None, None));
    }
}
