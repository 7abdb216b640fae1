//! `/docs`: the OpenAPI document, a page to browse it, and the schema of flow documents. All of it is in the binary, nothing is
//! fetched from elsewhere, and no token is asked for.

use std::sync::{Arc, OnceLock};

use axum::Extension;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use serde_json::Value as Json;
use waypost_flow::document::schema;

use super::operation::open;
use super::{Described, Endpoints};
use crate::error::ApiError;
use crate::query::Query;

/// The OpenAPI document of a router; written when it is first asked for.
#[derive(Debug)]
pub struct OpenApi {
    described: Vec<Described>,
    text: OnceLock<Bytes>,
}

impl OpenApi {
    /// For some endpoints.
    pub fn new(described: Vec<Described>) -> Self {
        Self { described, text: OnceLock::new() }
    }

    fn text(&self) -> Bytes {
        self.text.get_or_init(|| pretty(&super::document(&self.described))).clone()
    }
}

/// An answer that browsers may show.
type File = ([(HeaderName, HeaderValue); 2], Bytes);

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default()
        .get("/docs", page, open("getDocs", "A page to browse the API").answers_as("text/html; charset=utf-8"))
        .get("/docs/openapi.json", openapi, open("getDocsOpenapi", "The OpenAPI document").answers::<Json>())
        .get(
            "/docs/flow.schema.json",
            flow_schema,
            open("getDocsFlowSchema", "The JSON Schema of flow documents, for editors").answers::<Json>(),
        )
        .get("/docs/assets/{file}", asset, open("getDocsAsset", "Assets of the page").answers_as("*/*"))
}

/// `GET /docs`
async fn page(query: Query) -> Result<File, ApiError> {
    query.finish()?;
    Ok(file("text/html; charset=utf-8", Bytes::from_static(include_bytes!("page.html"))))
}

/// `GET /docs/openapi.json`
async fn openapi(Extension(openapi): Extension<Arc<OpenApi>>, query: Query) -> Result<File, ApiError> {
    query.finish()?;
    Ok(file("application/json", openapi.text()))
}

/// `GET /docs/flow.schema.json`
async fn flow_schema(query: Query) -> Result<File, ApiError> {
    query.finish()?;
    Ok(file("application/json", pretty(&schema::json_schema())))
}

/// `GET /docs/assets/{file}`
async fn asset(Path(name): Path<String>, query: Query) -> Result<([(HeaderName, HeaderValue); 1], File), ApiError> {
    query.finish()?;
    let (media_type, content, encoding): (_, &[u8], _) = match name.as_str() {
        "swagger-ui.css" => ("text/css", include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui.css.gz")), "gzip"),
        "swagger-ui-bundle.js" => {
            ("text/javascript", include_bytes!(concat!(env!("OUT_DIR"), "/swagger-ui-bundle.js.gz")), "gzip")
        }
        "start.js" => ("text/javascript", include_bytes!("start.js"), "identity"),
        _ => return Err(ApiError::not_found("not.found", format!("there is no file `{name}` here"))),
    };
    let encoding = (header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    Ok(([encoding], file(media_type, Bytes::from_static(content))))
}

fn file(media_type: &'static str, content: Bytes) -> File {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        // Everything comes from here or not at all. Swagger UI styles elements by script, which is no inline style.
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            ),
        ),
    ];
    (headers, content)
}

fn pretty(json: &Json) -> Bytes {
    serde_json::to_vec_pretty(json).unwrap_or_default().into()
}
