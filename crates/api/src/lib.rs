//! The HTTP API: axum, one file for each group of endpoints.
//!
//! A request passes, from the outside in: a correlation id and the rendering of errors ([`context`]), what HTTP
//! asks of all ([`protocol`]), the paths of Genesys's
//! that are not offered ([`genesys::unoffered`]), token and rate limit ([`auth`], [`ratelimit`]), then its endpoint, which names the
//! scope that it wants in its signature. Endpoints translate; what happens is decided in `waypost-app`.

pub mod audit;
pub mod auth;
pub mod body;
pub mod changesets;
pub mod claims;
pub mod coding;
pub mod console;
pub mod context;
pub mod correspondents;
mod cursor;
pub mod data_actions;
pub mod deliveries;
pub mod domains;
mod download;
pub mod error;
pub mod executions;
pub mod fields;
pub mod flows;
pub mod forwarded;
pub mod genesys;
pub mod graph;
pub mod health;
mod idempotency;
pub mod incoming;
pub mod ingress;
pub mod interactions;
mod json;
pub mod live;
pub mod mailboxes;
pub mod map;
pub mod measure;
mod names;
pub mod oauth;
mod objects;
pub mod openapi;
pub mod overview;
pub mod pages;
pub mod paging;
pub mod protocol;
pub mod query;
pub mod queues;
pub mod ratelimit;
pub mod replays;
pub mod revision;
pub mod router;
pub mod routes;
pub mod schedules;
pub mod secrets;
pub mod serve;
pub mod sessions;
pub mod sign_in;
pub mod state;
pub mod tables;
pub mod terms;
pub mod token;
pub mod webhooks;
pub mod witnesses;
