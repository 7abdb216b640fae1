//! What the API offers. Each group of endpoints names path, handler and description in one place; the router and the OpenAPI
//! document (3.1) both come from there, so that nothing is offered that is not described, and the other way round.

mod document;
pub mod operation;
pub mod pages;

use axum::Router;
use axum::handler::Handler;
use axum::routing::{MethodRouter, delete, get, patch, post, put};

use crate::state::ApiState;
use operation::Operation;

pub use document::document;

/// Endpoints with their descriptions.
#[derive(Default)]
pub struct Endpoints {
    router: Router<ApiState>,
    described: Vec<Described>,
}

/// An endpoint as the document tells of it.
#[derive(Debug)]
pub struct Described {
    /// In lower case, as OpenAPI has it.
    method: &'static str,
    /// From the origin, such as `/api/v2/flows/{flowId}`.
    path: String,
    group: &'static str,
    operation: Operation,
}

macro_rules! methods {
    ($($(#[$doc:meta])* $name:ident)*) => {
        $($(#[$doc])*
        #[must_use]
        pub fn $name<H, T>(self, path: &str, handler: H, operation: Operation) -> Self
        where
            H: Handler<T, ApiState>,
            T: 'static,
        {
            self.on(path, stringify!($name), $name(handler), operation)
        })*
    };
}

impl Endpoints {
    methods! {
        /// GET.
        get
        /// POST.
        post
        /// PUT.
        put
        /// PATCH.
        patch
        /// DELETE.
        delete
    }

    fn on(mut self, path: &str, method: &'static str, handler: MethodRouter<ApiState>, operation: Operation) -> Self {
        self.router = self.router.route(path, handler);
        self.described.push(Described { method, path: path.to_owned(), group: "", operation });
        self
    }

    /// Adds another group.
    #[must_use]
    pub fn group(mut self, name: &'static str, group: Self) -> Self {
        self.router = self.router.merge(group.router);
        self.described.extend(group.described.into_iter().map(|one| Described { group: name, ..one }));
        self
    }

    /// The router, and the descriptions with the prefix that the router will be nested below.
    pub fn split(self, prefix: &str) -> (Router<ApiState>, Vec<Described>) {
        let described = self.described.into_iter();
        let below = described.map(|one| Described { path: format!("{prefix}{}", one.path), ..one });
        (self.router, below.collect())
    }
}
