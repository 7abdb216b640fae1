//! What must hold for any input. The fuzz targets call these checks, and so does a bounded test that needs no fuzzer.

#![allow(clippy::panic, reason = "a broken promise is found by panicking")]

pub mod cel_expression;
pub mod data_action;
pub mod expression;
pub mod flow_document;
pub mod html_page;
pub mod imap_responses;
pub mod mail_message;
pub mod posted_mail;
pub mod smtp_commands;
pub mod table_file;
