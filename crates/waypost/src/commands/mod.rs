//! One file for each command.

pub(crate) mod apply;
pub(crate) mod audit;
pub(crate) mod check;
pub(crate) mod clients;
pub(crate) mod completions;
pub(crate) mod console;
pub(crate) mod deliveries;
pub(crate) mod dkim;
pub(crate) mod explain;
pub(crate) mod flows;
pub(crate) mod interactions;
pub(crate) mod ledger;
pub(crate) mod mail;
pub(crate) mod queues;
pub(crate) mod reference;
pub(crate) mod replay;
pub(crate) mod run;
pub(crate) mod schedules;
pub(crate) mod schema;
pub(crate) mod secrets;
pub(crate) mod serve;
pub(crate) mod tables;
pub(crate) mod terms;
pub(crate) mod validate;
pub(crate) mod webhooks;
